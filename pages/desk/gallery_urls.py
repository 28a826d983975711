"""The addresses of the gallery of templates."""

from django.urls import path

from pages.desk import gallery, gallery_start, gallery_template

urlpatterns = [
    path("templates/", gallery.templates, name="templates"),
    path("templates/new/", gallery_template.template_new, name="template_new"),
    path("templates/<slug:slug>/", gallery_template.template, name="template"),
    path("templates/<slug:slug>/start/", gallery_start.template_start, name="template_start"),
    path("templates/<slug:slug>/<int:number>.json", gallery_template.template_file, name="template_file"),
]
