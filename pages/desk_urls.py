"""The pages of legal's desk."""

from django.urls import URLPattern, path

from pages.desk import coverage, documents, papers

urlpatterns: list[URLPattern] = [
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
]
