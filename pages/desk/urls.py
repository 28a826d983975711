"""The addresses of legal's desk, in the order of its work: what one starts from, the text and its paper, what it would
have paid, its review and signing, its changes, and where promises disagree."""

from django.urls import URLPattern, path

from pages.desk import (
    amendments,
    calendar,
    candidates,
    conflicts,
    conformed,
    coverage,
    documents,
    explainer,
    gallery,
    gallery_start,
    gallery_template,
    objectives,
    papers,
    past,
    portfolio,
    precedence,
    redline,
    review,
    review_signing,
)

_JSON, _YAML = {"form": "json"}, {"form": "yaml"}

STARTING = [
    path("templates/", gallery.templates, name="templates"),
    path("templates/new/", gallery_template.template_new, name="template_new"),
    path("templates/<slug:slug>/", gallery_template.template, name="template"),
    path("templates/<slug:slug>/start/", gallery_start.template_start, name="template_start"),
    path(
        "templates/<slug:slug>/<int:number>.json", gallery_template.template_file, _JSON, name="template_file"
    ),
    path(
        "templates/<slug:slug>/<int:number>.yaml", gallery_template.template_file, _YAML, name="template_yaml"
    ),
    path("portfolios/", portfolio.portfolios, name="portfolios"),
    path("portfolios/example.xlsx", portfolio.portfolio_example, name="portfolio_example"),
    path("portfolios/<int:pk>/", portfolio.portfolio, name="portfolio"),
    path("portfolios/<int:pk>/confirm/", portfolio.portfolio_confirm, name="portfolio_confirm"),
    path("portfolios/<int:pk>/faults.csv", portfolio.portfolio_faults, name="portfolio_faults"),
    path("explainer/", explainer.explainer, name="explainer"),
]
THE_TEXT = [
    path("desk/contracts/<int:pk>/documents/", documents.contract_documents, name="contract_documents"),
    path("desk/versions/<int:pk>/terms.yaml", documents.version_document, _YAML, name="version_yaml"),
    path("desk/versions/<int:pk>/terms.json", documents.version_document, _JSON, name="version_json"),
    path("desk/versions/<int:pk>/paper/", papers.version_paper, name="version_paper"),
    path("desk/versions/<int:pk>/passages/", papers.passage_attach, name="passage_attach"),
    path("desk/versions/<int:pk>/passages/<slug:act>/", papers.passage_act, name="passage_act"),
    path("desk/papers/<int:pk>/paper.pdf", papers.paper_file, name="paper_file"),
    path("desk/papers/<int:pk>/pages/<int:number>.png", papers.paper_picture, name="paper_picture"),
    path("desk/contracts/<int:pk>/coverage/", coverage.coverage, name="coverage"),
    path("desk/contracts/<int:pk>/coverage/draft/", coverage.coverage_draft, name="coverage_draft"),
    path("desk/contracts/<int:pk>/coverage/publish/", coverage.coverage_publish, name="coverage_publish"),
]
WHAT_IT_WOULD_HAVE_PAID = [
    path("desk/past/", past.past_of_form, name="past_of_form"),
    path("contracts/<int:pk>/past/", past.past, name="past"),
    path("contracts/<int:pk>/past/record/", past.back_test, name="back_test"),
    path("contracts/<int:pk>/past.<slug:ending>", past.past_file, name="past_file"),
    path("desk/candidate/", candidates.candidate_of_form, name="candidate_of_form"),
    path("contracts/<int:pk>/candidates/", candidates.candidates, name="candidates"),
    path("contracts/<int:pk>/candidates/keep/", candidates.keep_candidate, name="keep_candidate"),
    path("desk/candidates/<int:pk>/choose/", candidates.choose_candidate, name="choose_candidate"),
]
REVIEW = [
    path("versions/", review.reviews, name="reviews"),
    path("versions/consulting/", review_signing.consulting, name="consulting"),
    path("versions/<int:pk>/", review.review, name="review"),
    path("versions/<int:pk>/sign/", review_signing.sign, name="sign"),
    path("versions/<int:pk>/stakeholders/", review.stakeholders, name="stakeholders"),
]
CHANGES = [
    path("contracts/as-of/", conformed.find_as_of, name="find_as_of"),
    path("contracts/<int:pk>/as-of/", conformed.terms_as_of, name="terms_as_of"),
    path("contracts/<int:pk>/as-of/terms.json", conformed.terms_as_of_file, name="terms_as_of_file"),
    path("contracts/<int:pk>/change/", amendments.change_draft, name="change_draft"),
    path("contracts/<int:pk>/redline/", redline.redline, name="redline"),
    path("contracts/<int:pk>/redline.pdf", redline.redline_file, {"form": "pdf"}, name="redline_pdf"),
    path("contracts/<int:pk>/redline.docx", redline.redline_file, {"form": "docx"}, name="redline_docx"),
    path("contracts/<int:pk>/renewal/", calendar.renewal, name="renewal"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/dates-ahead.ics", calendar.calendar_download, name="calendar_download"),
    path("calendar/addresses/", calendar.calendar_address_make, name="calendar_address_make"),
    path(
        "calendar/addresses/<int:pk>/revoke/",
        calendar.calendar_address_revoke,
        name="calendar_address_revoke",
    ),
    path("calendar/of/<str:secret>.ics", calendar.calendar_feed, name="calendar_feed"),
]
DISAGREEING = [
    path("conflicts/", conflicts.conflicts, name="conflicts"),
    path("conflicts/look/", conflicts.look, name="conflicts_look"),
    path("conflicts/precedence/", precedence.precedence, name="precedence"),
    path("conflicts/<int:pk>/", conflicts.conflict, name="conflict"),
    path("objectives/", objectives.objectives, name="objectives"),
    path("owners/", objectives.owners, name="owners"),
]
urlpatterns: list[URLPattern] = [
    *STARTING,
    *THE_TEXT,
    *WHAT_IT_WOULD_HAVE_PAID,
    *REVIEW,
    *CHANGES,
    *DISAGREEING,
]
