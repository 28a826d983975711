"""Invoices: to be read, and to be sent as JSON lines or as a CSV file."""

from typing import Any

import django_filters as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from audit.apibase import Reading
from base.api.idempotency import HEADER, once
from base.api.negotiation import CsvParser, csv_bytes
from contracts.models import Contract, Service
from credits.invoices import services
from credits.invoices.models import Invoice, InvoiceFile, InvoiceLine

MAX_LINES = 20_000
COLUMNS = (
    "invoice_id",
    "contract",
    "issued_on",
    "currency",
    "line_id",
    "service",
    "period_from",
    "period_until",
    "net_amount",
    "tax_category",
    "tax_percent",
    "description",
    "tax_exemption_reason",
)


class LineSerializer(serializers.ModelSerializer[InvoiceLine]):
    service = serializers.SlugRelatedField[Service](slug_field="code", read_only=True)

    class Meta:
        model = InvoiceLine
        fields = [
            "external_id",
            "service",
            "period_from_on",
            "period_until_on",
            "net_amount",
            "tax_category",
            "tax_percent",
            "tax_exemption_reason",
            "description",
        ]


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    contract = serializers.SlugRelatedField[Contract](slug_field="reference", read_only=True)
    lines = LineSerializer(many=True)

    class Meta:
        model = Invoice
        fields = ["id", "external_id", "contract", "issued_on", "currency", "file", "recorded_at", "lines"]


class FileSerializer(serializers.ModelSerializer[InvoiceFile]):
    imported_by = serializers.CharField(source="imported_by.display_name", read_only=True)

    class Meta:
        model = InvoiceFile
        fields = ["id", "name", "sha256", "row_count", "imported_by", "recorded_at"]


class LineRow(serializers.Serializer[Any]):
    """A line as the CSV file has it; docs/invoices.md describes the columns."""

    invoice_id = serializers.CharField(max_length=100)
    contract = serializers.CharField(max_length=60)
    issued_on = serializers.DateField()
    currency = serializers.CharField(max_length=3)
    line_id = serializers.CharField(max_length=100)
    service = serializers.CharField(max_length=60)
    period_from = serializers.DateField()
    period_until = serializers.DateField(help_text="The first day that is not covered.")
    net_amount = serializers.RegexField(r"^[0-9]{1,18}(\.[0-9]{1,4})?$")
    tax_category = serializers.ChoiceField(InvoiceLine.TaxCategory.choices)
    tax_percent = serializers.RegexField(r"^[0-9]{1,3}(\.[0-9]{1,3})?$")
    description = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    tax_exemption_reason = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="Why no tax is charged, as it stands on the invoice.",
    )


class InvoicesBody(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200, help_text="How the file is called in lists.")
    lines = LineRow(many=True, allow_empty=False, max_length=MAX_LINES)  # type: ignore[call-arg]


class NameQuery(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)


class InvoiceFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="contract__reference")
    issued_from = filters.DateFilter(field_name="issued_on", lookup_expr="gte")
    issued_until = filters.DateFilter(field_name="issued_on", lookup_expr="lt")

    class Meta:
        model = Invoice
        fields = ["external_id", "currency", "file"]


class InvoiceView(Reading[Invoice]):
    """Invoices with their lines."""

    kind, scope = "invoice", "read:invoices"
    rows = Invoice.objects.select_related("contract").prefetch_related("lines__service")
    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter


class InvoiceFileView(Reading[InvoiceFile], mixins.CreateModelMixin):
    """The files that invoices came in; POST imports one, all of it or nothing."""

    kind, scope = "invoice_file", "read:invoices"
    write_kind, act, write_scope = "invoice_file", "edit", "write:invoices"
    rows = InvoiceFile.objects.defer("content").select_related("imported_by")
    serializer_class = FileSerializer
    filterset_fields = ["sha256"]
    parser_classes = [JSONParser, CsvParser]

    @extend_schema(
        request={"application/json": InvoicesBody, "text/csv": OpenApiTypes.STR},
        parameters=[
            OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("name", str, description="With CSV: how the file is called in lists."),
        ],
        responses={201: FileSerializer},
        filters=False,
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Import invoices once per key."""
        return once(request, self.asker, lambda: self._import(request))

    def _import(self, request: Request) -> dict[str, Any]:
        if isinstance(request.data, bytes):
            given: serializers.Serializer[Any] = NameQuery(data=request.query_params)
            given.is_valid(raise_exception=True)
            content = request.data
        else:
            given = InvoicesBody(data=request.data)
            given.is_valid(raise_exception=True)
            lines = given.validated_data["lines"]
            content = csv_bytes(COLUMNS, ([str(line[name]) for name in COLUMNS] for line in lines))
        file = services.import_invoices_csv(name=given.validated_data["name"], content=content)
        return dict(FileSerializer(file).data)


VIEWS = (("invoices", InvoiceView), ("invoice-files", InvoiceFileView))
