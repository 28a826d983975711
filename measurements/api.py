"""What happened, to be read."""

import django_filters as filters
from rest_framework import serializers

from audit.apibase import Reading
from base.api.filters import InstantFilter
from contracts.models import Contract, Counterparty, Service
from measurements.models import (
    Exclusion,
    IntervalObservation,
    Payload,
    SecondsObservation,
    Source,
    VendorFigure,
)

SCOPE = "read:measurements"


class SourceSerializer(serializers.ModelSerializer[Source]):
    vendor = serializers.SlugRelatedField[Counterparty](slug_field="code", read_only=True, allow_null=True)

    class Meta:
        model = Source
        fields = [
            "id",
            "code",
            "name",
            "kind",
            "shape",
            "measurement_point",
            "vendor",
            "covers_from",
            "untracked_components",
        ]


class PayloadSerializer(serializers.ModelSerializer[Payload]):
    source = serializers.SlugRelatedField[Source](  # type: ignore[assignment]
        slug_field="code", read_only=True
    )
    imported_by = serializers.CharField(source="imported_by.display_name", read_only=True)

    class Meta:
        model = Payload
        fields = [
            "id",
            "source",
            "name",
            "sha256",
            "origin",
            "parser",
            "parser_version",
            "retrieved_at",
            "known_at",
            "covers_until",
            "row_count",
            "accepted",
            "repeated",
            "listed",
            "imported_by",
            "recorded_at",
        ]


class IntervalSerializer(serializers.ModelSerializer[IntervalObservation]):
    source = serializers.SlugRelatedField[Source](  # type: ignore[assignment]
        slug_field="code", read_only=True
    )
    start = serializers.DateTimeField(source="during.lower")
    end = serializers.DateTimeField(source="during.upper", help_text="The first instant after it.")

    class Meta:
        model = IntervalObservation
        fields = [
            "id",
            "source",
            "external_id",
            "start",
            "end",
            "severity",
            "components",
            "title",
            "withdrawn",
            "known_at",
            "payload",
            "row_number",
        ]


class SecondsSerializer(serializers.ModelSerializer[SecondsObservation]):
    source = serializers.SlugRelatedField[Source](  # type: ignore[assignment]
        slug_field="code", read_only=True
    )
    service = serializers.SlugRelatedField[Service](slug_field="code", read_only=True)

    class Meta:
        model = SecondsObservation
        fields = [
            "id",
            "source",
            "service",
            "day",
            "partial_seconds",
            "major_seconds",
            "incidents",
            "known_at",
            "payload",
            "row_number",
        ]


class FigureSerializer(serializers.ModelSerializer[VendorFigure]):
    source = serializers.SlugRelatedField[Source](  # type: ignore[assignment]
        slug_field="code", read_only=True
    )
    service = serializers.SlugRelatedField[Service](slug_field="code", read_only=True)

    class Meta:
        model = VendorFigure
        fields = ["id", "source", "service", "month_on", "uptime_ratio", "known_at", "payload", "row_number"]


class ExclusionSerializer(serializers.ModelSerializer[Exclusion]):
    contract = serializers.SlugRelatedField[Contract](slug_field="reference", read_only=True)
    service = serializers.SlugRelatedField[Service](slug_field="code", read_only=True)
    start = serializers.DateTimeField(source="during.lower")
    end = serializers.DateTimeField(source="during.upper", help_text="The first instant after it.")
    proposed_by = serializers.CharField(source="proposed_by.display_name")
    verdict = serializers.CharField(source="decision.verdict", default=None, allow_null=True)
    decided_by = serializers.CharField(
        source="decision.decided_by.display_name", default=None, allow_null=True
    )
    decided_at = serializers.DateTimeField(source="decision.decided_at", default=None, allow_null=True)

    class Meta:
        model = Exclusion
        fields = [
            "id",
            "contract",
            "service",
            "kind",
            "start",
            "end",
            "announced_at",
            "external_id",
            "evidence",
            "proposed_by",
            "proposed_at",
            "verdict",
            "decided_by",
            "decided_at",
        ]


class SourceFilter(filters.FilterSet):
    vendor = filters.CharFilter(field_name="vendor__code")

    class Meta:
        model = Source
        fields = ["code", "kind", "shape"]


class PayloadFilter(filters.FilterSet):
    source = filters.CharFilter(field_name="source__code")

    class Meta:
        model = Payload
        fields = ["parser", "sha256"]


class IntervalFilter(filters.FilterSet):
    source = filters.CharFilter(field_name="source__code")
    component = filters.CharFilter(field_name="components", method="naming")
    starts_from = InstantFilter(field_name="during__startswith", lookup_expr="gte")
    starts_until = InstantFilter(field_name="during__startswith", lookup_expr="lt")

    class Meta:
        model = IntervalObservation
        fields = ["external_id", "severity", "payload"]

    def naming(self, queryset: "filters.QuerySet", name: str, value: str) -> "filters.QuerySet":
        """Those that name a service, by its code."""
        return queryset.filter(components__contains=[value])


class SecondsFilter(filters.FilterSet):
    source = filters.CharFilter(field_name="source__code")
    service = filters.CharFilter(field_name="service__code")
    day_from = filters.DateFilter(field_name="day", lookup_expr="gte")
    day_until = filters.DateFilter(field_name="day", lookup_expr="lt")

    class Meta:
        model = SecondsObservation
        fields = ["payload"]


class FigureFilter(filters.FilterSet):
    source = filters.CharFilter(field_name="source__code")
    service = filters.CharFilter(field_name="service__code")

    class Meta:
        model = VendorFigure
        fields = ["month_on"]


class ExclusionFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="contract__reference")
    service = filters.CharFilter(field_name="service__code")

    class Meta:
        model = Exclusion
        fields = ["kind", "external_id"]


class SourceView(Reading[Source]):
    """Whoever or whatever measures."""

    kind, scope = "source", SCOPE
    rows = Source.objects.select_related("vendor")
    serializer_class = SourceSerializer
    filterset_class = SourceFilter


class PayloadView(Reading[Payload]):
    """The files that came in, without their bytes."""

    kind, scope = "payload", SCOPE
    rows = Payload.objects.defer("content").select_related("source", "imported_by")
    serializer_class = PayloadSerializer
    filterset_class = PayloadFilter


class FigureView(Reading[VendorFigure]):
    """What vendors publish: claims, not measurements."""

    kind, scope = "figure", SCOPE
    rows = VendorFigure.objects.select_related("source", "service")
    serializer_class = FigureSerializer
    filterset_class = FigureFilter


class ExclusionView(Reading[Exclusion]):
    """Time that somebody says should not count, and what was decided."""

    kind, scope = "exclusion", SCOPE
    rows = Exclusion.objects.select_related("contract", "service", "proposed_by", "decision__decided_by")
    serializer_class = ExclusionSerializer
    filterset_class = ExclusionFilter
