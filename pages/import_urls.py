"""The pages of imports."""

from django.urls import path

from pages import imports

urlpatterns = [
    path("imports/", imports.imports, name="imports"),
    path("imports/upload/", imports.upload, name="upload"),
    path("imports/drafts/<int:pk>/", imports.import_draft, name="import_draft"),
    path("imports/<int:pk>/", imports.import_run, name="import_run"),
]
