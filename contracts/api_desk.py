"""The text of a contract as of an instant, what it covers, and the dates that it brings, to be read by programs."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import django_filters as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from audit.apibase import ActorView, Reading
from base.access import scopes_of
from base.access_rules import Scope
from contracts.conformed import Chain, text_document
from contracts.dates_ahead import dates_of_contracts
from contracts.errors import TermsRefused
from contracts.models import CoverageEntry, CoverageList, RenewalTerms
from contracts.services.renewals import SAID
from contracts.visibility import visible_contracts
from reckoning.errors import TermsError

DATE, INSTANT = OpenApiTypes.DATE, OpenApiTypes.DATETIME
FIRST, LAST = date(1900, 1, 1), date(2200, 1, 1)
MOST_DAYS = 800


# What is covered, and dates ------------------------------------------------------------------------------

INTERNAL = ("service", "owner", "cost_amount", "cost_currency", "cost_per")


class CoverageEntrySerializer(serializers.ModelSerializer[CoverageEntry]):
    service = serializers.CharField(source="service.code", default=None, allow_null=True)
    cost_per = serializers.CharField(required=False, help_text="month or year.")

    class Meta:
        model = CoverageEntry
        fields = ["position", "journey", "covered", "why_not", *INTERNAL]


class CoverageSerializer(serializers.ModelSerializer[CoverageList]):
    contract = serializers.CharField(source="contract.reference")
    published_on = serializers.DateField(source="publication.published_on", default=None, allow_null=True)
    entries = CoverageEntrySerializer(
        many=True, help_text="For a customer's login without our services, owners and costs."
    )

    class Meta:
        model = CoverageList
        fields = ["id", "contract", "number", "introduction", "drafted_at", "published_on", "entries"]

    def to_representation(self, row: CoverageList) -> dict[str, Any]:
        """As the page shows it: a counterparty's login reads neither services of ours, nor owners and costs."""
        told: dict[str, Any] = super().to_representation(row)
        if not scopes_of(self.context["request"].user, "coverage") - {Scope.OWN}:
            for entry in told["entries"]:
                for name in INTERNAL:
                    entry.pop(name)
        return told


class CoverageFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="contract__reference")
    published = filters.BooleanFilter(field_name="publication", lookup_expr="isnull", exclude=True)

    class Meta:
        model = CoverageList
        fields = ["number"]


class CoverageView(Reading[CoverageList]):
    """What contracts cover and what they do not: drafts and published lists, a customer's login the latter."""

    kind, scope = "coverage", "read:contracts"
    rows = CoverageList.objects.select_related("contract", "publication").prefetch_related("entries__service")
    serializer_class = CoverageSerializer
    filterset_class = CoverageFilter


class RenewalTermsSerializer(serializers.ModelSerializer[RenewalTerms]):
    contract = serializers.CharField(source="contract.reference")
    notice_form = serializers.CharField(help_text="letter, email, portal or unsaid.")
    notice_counts = serializers.CharField(
        help_text="received or sent: what must have happened by the last day."
    )
    entered_by = serializers.CharField(source="entered_by.display_name")

    class Meta:
        model = RenewalTerms
        fields = [
            "id",
            "contract",
            "number",
            *SAID,
            "reason",
            "entered_by",
            "recorded_at",
        ]


class RenewalFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="contract__reference")

    class Meta:
        model = RenewalTerms
        fields = ["number"]


class RenewalView(Reading[RenewalTerms]):
    """What papers say about the end of contracts. Of one contract the row with the highest number counts."""

    kind, scope = "renewal", "read:contracts"
    rows = RenewalTerms.objects.select_related("contract", "entered_by")
    serializer_class = RenewalTermsSerializer
    filterset_class = RenewalFilter


class DatesQuery(serializers.Serializer[Any]):
    since = serializers.DateField()
    until = serializers.DateField(help_text="The last day, itself included.")
    contract = serializers.CharField(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """A span of days that a calendar has."""
        if not FIRST <= given["since"] <= given["until"] <= LAST:
            raise serializers.ValidationError({"until": ["lies before since, or outside of 1900 to 2200"]})
        if given["until"] - given["since"] > timedelta(days=MOST_DAYS):
            raise serializers.ValidationError({"until": [f"lies more than {MOST_DAYS} days after since"]})
        return given


class DateAheadSerializer(serializers.Serializer[Any]):
    ident = serializers.CharField(help_text="Stays the same when the fact is corrected.")
    kind = serializers.CharField()
    on = serializers.DateField(help_text="A whole day in the zone.")
    title = serializers.CharField()
    detail = serializers.CharField()
    contract = serializers.CharField(source="reference")
    zone = serializers.CharField()
    sequence = serializers.IntegerField(help_text="How often the fact was corrected.")
    recorded_at = serializers.DateTimeField(source="stamped")


class DatesView(ActorView):
    """Dates that contracts bring, within [since, until]: nothing here asks what day it is."""

    kind, scope = "renewal", "read:contracts"
    pagination_class = None

    @extend_schema(
        parameters=[
            OpenApiParameter("since", DATE, required=True),
            OpenApiParameter("until", DATE, required=True, description=f"At most {MOST_DAYS} days later."),
            OpenApiParameter("contract", str, description="A reference; all that you see unless told."),
        ],
        responses=DateAheadSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Last days for notice, renewals, first and last days of texts, in their order."""
        query = DatesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        contracts = visible_contracts(self.asker)
        if "contract" in asked:
            contracts = contracts.filter(reference=asked["contract"])
        dues = dates_of_contracts(contracts, asked["since"], asked["until"])
        return Response(DateAheadSerializer(dues, many=True).data)


# The text as of an instant -------------------------------------------------------------------------------


class AwareField(serializers.DateTimeField):
    """An instant that says its offset: no zone is taken for granted."""

    default_error_messages = {
        "naive": "has no offset; write it as 2025-03-30T12:00:00Z",
        "outside": "lies outside of 1900 to 2200",
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        """In UTC."""
        if value.tzinfo is None:
            self.fail("naive")
        if not FIRST.year <= value.year < LAST.year:
            self.fail("outside")
        return value.astimezone(UTC)


class TextQuery(serializers.Serializer[Any]):
    contract = serializers.CharField()
    as_of = AwareField()


class TextPartSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    kind = serializers.CharField()
    effective_from_on = serializers.DateField()
    effective_until_on = serializers.DateField(allow_null=True)
    signed_on = serializers.DateField(allow_null=True)
    terms_sha256 = serializers.CharField()


class ConformedTextSerializer(serializers.Serializer[Any]):
    format = serializers.CharField()
    contract = serializers.CharField()
    as_of = serializers.CharField()
    from_on = serializers.DateField()
    until_on = serializers.DateField(
        allow_null=True, help_text="The first day after; none where no end is set."
    )
    terms_sha256 = serializers.CharField(help_text="Of the canonical form of the terms.")
    made_of = TextPartSerializer(many=True)
    terms = serializers.JSONField()


class ConformedTextView(ActorView):
    """The one text of a contract that stands at an instant, from its signed documents."""

    kind, scope = "version", "read:contracts"
    pagination_class = None

    @extend_schema(
        parameters=[
            OpenApiParameter("contract", str, required=True, description="A reference."),
            OpenApiParameter("as_of", INSTANT, required=True, description="With its offset."),
        ],
        responses=ConformedTextSerializer,
    )
    def get(self, request: Request) -> Response:
        """The text, its hash, from when until when it stands, and what made it."""
        query = TextQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        contract = visible_contracts(self.asker).filter(reference=asked["contract"]).first()
        if contract is None:
            raise NotFound(f"contract: there is no {asked['contract']!r} that you see")
        try:
            stretch = Chain(contract).at(asked["as_of"])
        except TermsError as error:
            raise TermsRefused(error.findings) from None
        if stretch is None:
            raise NotFound(f"as_of: no text of {contract.reference} stood then")
        return Response(ConformedTextSerializer(text_document(contract, asked["as_of"], stretch)).data)


VIEWS = (
    ("coverage", CoverageView),
    ("renewals", RenewalView),
)
