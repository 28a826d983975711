"""Where the API is: every room's views under /api/v1/, the schema and its page beside them."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from audit import api as audit_api
from base.api.problems import unknown_address
from contracts import api as contracts_api
from contracts import api_desk, api_review
from contracts.api_desk import ConformedTextView, DatesView
from credits import api as credits_api
from credits.api_books import StatementView, TrialBalanceView
from credits.exports import api as exports_api
from credits.exports.api import ExportFileView
from credits.invoices import api as invoices_api
from measurements import api_observations as measurements_api
from measurements import api_push
from notices import api as notices_api

router = SimpleRouter(use_regex_path=True)
for _room in (
    contracts_api,
    api_desk,
    api_review,
    measurements_api,
    api_push,
    credits_api,
    invoices_api,
    exports_api,
    notices_api,
    audit_api,
):
    for _prefix, _view in _room.VIEWS:
        router.register(_prefix, _view, basename=_prefix.replace("/", "-"))

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api:schema", template_name="api/docs.html"),
        name="docs",
    ),
    path("v1/conformed-text/", ConformedTextView.as_view(), name="conformed-text"),
    path("v1/dates-ahead/", DatesView.as_view(), name="dates-ahead"),
    path("v1/trial-balance/", TrialBalanceView.as_view(), name="trial-balance"),
    path("v1/statements/", StatementView.as_view(), name="statements"),
    path("v1/export-files/", ExportFileView.as_view(), name="export-files"),
    path("v1/", include(router.urls)),
    re_path(r"^(?P<rest>.*)$", unknown_address, name="unknown"),
]
