"""The pages of legal's desk."""

from django.urls import URLPattern, path

from pages.desk import papers

urlpatterns: list[URLPattern] = [
    path("desk/versions/<int:pk>/paper/", papers.version_paper, name="version_paper"),
    path("desk/versions/<int:pk>/passages/", papers.passage_attach, name="passage_attach"),
    path("desk/versions/<int:pk>/passages/<slug:act>/", papers.passage_act, name="passage_act"),
    path("desk/papers/<int:pk>/paper.pdf", papers.paper_file, name="paper_file"),
    path("desk/papers/<int:pk>/pages/<int:number>.png", papers.paper_picture, name="paper_picture"),
]
