"""The pages of legal's desk."""

from django.urls import URLPattern, path

from pages.desk import (
    candidates,
    conflicts,
    coverage,
    documents,
    objectives,
    papers,
    past,
    precedence,
    review,
    review_signing,
)

urlpatterns: list[URLPattern] = [
    path("conflicts/", conflicts.conflicts, name="conflicts"),
    path("conflicts/look/", conflicts.look, name="conflicts_look"),
    path("conflicts/precedence/", precedence.precedence, name="precedence"),
    path("conflicts/<int:pk>/", conflicts.conflict, name="conflict"),
    path("objectives/", objectives.objectives, name="objectives"),
    path("owners/", objectives.owners, name="owners"),
    path("versions/", review.reviews, name="reviews"),
    path("versions/consulting/", review_signing.consulting, name="consulting"),
    path("versions/<int:pk>/", review.review, name="review"),
    path("versions/<int:pk>/sign/", review_signing.sign, name="sign"),
    path("versions/<int:pk>/stakeholders/", review.stakeholders, name="stakeholders"),
    path("desk/versions/<int:pk>/paper/", papers.version_paper, name="version_paper"),
    path("desk/versions/<int:pk>/passages/", papers.passage_attach, name="passage_attach"),
    path("desk/versions/<int:pk>/passages/<slug:act>/", papers.passage_act, name="passage_act"),
    path("desk/papers/<int:pk>/paper.pdf", papers.paper_file, name="paper_file"),
    path("desk/papers/<int:pk>/pages/<int:number>.png", papers.paper_picture, name="paper_picture"),
    path("desk/contracts/<int:pk>/coverage/", coverage.coverage, name="coverage"),
    path("desk/contracts/<int:pk>/coverage/draft/", coverage.coverage_draft, name="coverage_draft"),
    path("desk/contracts/<int:pk>/coverage/publish/", coverage.coverage_publish, name="coverage_publish"),
    path("desk/contracts/<int:pk>/documents/", documents.contract_documents, name="contract_documents"),
    path(
        "desk/versions/<int:pk>/terms.yaml", documents.version_document, {"form": "yaml"}, name="version_yaml"
    ),
    path(
        "desk/versions/<int:pk>/terms.json", documents.version_document, {"form": "json"}, name="version_json"
    ),
    path("desk/past/", past.past_of_form, name="past_of_form"),
    path("desk/candidate/", candidates.candidate_of_form, name="candidate_of_form"),
    path("contracts/<int:pk>/past/", past.past, name="past"),
    path("contracts/<int:pk>/past/record/", past.back_test, name="back_test"),
    path("contracts/<int:pk>/past.<slug:ending>", past.past_file, name="past_file"),
    path("contracts/<int:pk>/candidates/", candidates.candidates, name="candidates"),
    path("contracts/<int:pk>/candidates/keep/", candidates.keep_candidate, name="keep_candidate"),
    path("desk/candidates/<int:pk>/choose/", candidates.choose_candidate, name="choose_candidate"),
]
