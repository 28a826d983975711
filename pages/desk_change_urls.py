"""The pages of changes of a contract: drafting them, the text as of an instant, redlines, dates ahead."""

from django.urls import URLPattern, path

from pages.desk import amendments, calendar, conformed, redline

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
