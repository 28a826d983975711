"""The pages of changes of a contract: drafting them, the text as of an instant, redlines."""

from django.urls import URLPattern, path

from pages.desk import amendments, conformed, redline

urlpatterns: list[URLPattern] = [
    path("contracts/as-of/", conformed.find_as_of, name="find_as_of"),
    path("contracts/<int:pk>/as-of/", conformed.terms_as_of, name="terms_as_of"),
    path("contracts/<int:pk>/as-of/terms.json", conformed.terms_as_of_file, name="terms_as_of_file"),
    path("contracts/<int:pk>/change/", amendments.change_draft, name="change_draft"),
    path("contracts/<int:pk>/redline/", redline.redline, name="redline"),
    path(
        "contracts/<int:pk>/redline.pdf",
        redline.redline_file,
        {"form": "pdf"},
        name="redline_pdf",
    ),
    path(
        "contracts/<int:pk>/redline.docx",
        redline.redline_file,
        {"form": "docx"},
        name="redline_docx",
    ),
]
