"""The addresses of the gallery of templates, and of portfolios that are imported by them."""

from django.urls import path

from pages.desk import gallery, gallery_start, gallery_template, portfolio

urlpatterns = [
    path("templates/", gallery.templates, name="templates"),
    path("templates/new/", gallery_template.template_new, name="template_new"),
    path("templates/<slug:slug>/", gallery_template.template, name="template"),
    path("templates/<slug:slug>/start/", gallery_start.template_start, name="template_start"),
    path(
        "templates/<slug:slug>/<int:number>.json",
        gallery_template.template_file,
        {"form": "json"},
        name="template_file",
    ),
    path(
        "templates/<slug:slug>/<int:number>.yaml",
        gallery_template.template_file,
        {"form": "yaml"},
        name="template_yaml",
    ),
    path("portfolios/", portfolio.portfolios, name="portfolios"),
    path("portfolios/example.xlsx", portfolio.portfolio_example, name="portfolio_example"),
    path("portfolios/<int:pk>/", portfolio.portfolio, name="portfolio"),
    path("portfolios/<int:pk>/confirm/", portfolio.portfolio_confirm, name="portfolio_confirm"),
    path("portfolios/<int:pk>/faults.csv", portfolio.portfolio_faults, name="portfolio_faults"),
]
