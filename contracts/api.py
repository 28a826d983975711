"""What was promised, to be read."""

import django_filters as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from audit.apibase import Reading
from contracts.gallery.reading import with_newest
from contracts.models import (
    Commitment,
    Contract,
    ContractVersion,
    Counterparty,
    Service,
    TermsTemplate,
)
from contracts.reading import terms_of
from contracts.redlines import Compared, Flag, Text, heading_parts, number_of
from reckoning.terms.difference import Change
from reckoning.terms.redline import ClauseChange, Part


class CounterpartySerializer(serializers.ModelSerializer[Counterparty]):
    class Meta:
        model = Counterparty
        fields = ["id", "code", "name", "country", "vat_id", "is_customer", "is_vendor"]


class ServiceSerializer(serializers.ModelSerializer[Service]):
    vendor = serializers.SlugRelatedField[Counterparty](slug_field="code", read_only=True, allow_null=True)

    class Meta:
        model = Service
        fields = ["id", "code", "name", "vendor", "external_name", "existed_from", "existed_until"]


class ContractSerializer(serializers.ModelSerializer[Contract]):
    legal_entity = serializers.SlugRelatedField[Counterparty](slug_field="code", read_only=True)
    counterparty = serializers.SlugRelatedField[Counterparty](slug_field="code", read_only=True)

    class Meta:
        model = Contract
        fields = ["id", "reference", "title", "legal_entity", "counterparty", "direction", "currency"]


class VersionSerializer(serializers.ModelSerializer[ContractVersion]):
    contract = serializers.SlugRelatedField[Contract](slug_field="reference", read_only=True)
    kind = serializers.CharField(
        help_text="whole, amendment, variation, or conformed: what changes make together."
    )
    amends = serializers.IntegerField(
        source="amends.number",
        default=None,
        allow_null=True,
        help_text="The number of the version that it changes.",
    )

    class Meta:
        model = ContractVersion
        fields = [
            "id",
            "contract",
            "number",
            "kind",
            "amends",
            "state",
            "effective_from_on",
            "effective_until_on",
            "signed_on",
            "recorded_at",
            "terms_sha256",
        ]


class WholeVersionSerializer(VersionSerializer):
    terms = serializers.JSONField(help_text="The document of the terms; docs/terms.md describes it.")
    amendment = serializers.JSONField(
        help_text="Of a change: its document, with every place that it changes."
    )

    class Meta(VersionSerializer.Meta):
        fields = [*VersionSerializer.Meta.fields, "terms", "amendment"]


class RedlineTextSerializer(serializers.Serializer[Text]):
    version = serializers.IntegerField(source="version.number")
    terms_sha256 = serializers.CharField(source="sha256")


class RedlinePartSerializer(serializers.Serializer[Part]):
    kind = serializers.CharField(help_text="same, added or removed.")
    text = serializers.CharField()


class RedlineClauseSerializer(serializers.Serializer[ClauseChange]):
    state = serializers.CharField(help_text="changed, added or removed.")
    place = serializers.CharField()
    number = serializers.SerializerMethodField()
    heading = serializers.SerializerMethodField()
    parts = RedlinePartSerializer(
        many=True, help_text="The words: without the removed ones they are the newer text."
    )

    def get_number(self, change: ClauseChange) -> str:
        """In the newer text, or in the older one where the clause is gone."""
        return number_of(change)

    @extend_schema_field(RedlinePartSerializer(many=True))
    def get_heading(self, change: ClauseChange) -> list[dict[str, str]]:
        """Its words, as those of the clause."""
        return [part._asdict() for part in heading_parts(change)]


class RedlineFieldSerializer(serializers.Serializer[Change]):
    path = serializers.CharField()
    before = serializers.CharField(allow_null=True, help_text="null: it was not there.")
    after = serializers.CharField(allow_null=True, help_text="null: it is not there any more.")


class RedlineFlagSerializer(serializers.Serializer[Flag]):
    said = serializers.CharField()
    approval = serializers.CharField()
    fields_moved = serializers.ListField(source="fields", child=serializers.CharField())


class RedlineSerializer(serializers.Serializer[Compared]):
    before = RedlineTextSerializer()
    after = RedlineTextSerializer()
    needs_approval = RedlineFlagSerializer(source="flags", many=True)
    clauses = RedlineClauseSerializer(source="changed", many=True)
    fields_changed = RedlineFieldSerializer(source="fields", many=True)


class RedlineQuery(serializers.Serializer[None]):
    before = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="The number of the older version of the same contract."
    )


class CommitmentSerializer(serializers.ModelSerializer[Commitment]):
    contract = serializers.CharField(source="version.contract.reference")
    version = serializers.IntegerField(source="version.number")
    service = serializers.SlugRelatedField[Service](slug_field="code", read_only=True)

    class Meta:
        model = Commitment
        fields = ["id", "contract", "version", "key", "service"]


class CounterpartyFilter(filters.FilterSet):
    class Meta:
        model = Counterparty
        fields = ["code", "is_customer", "is_vendor"]


class ServiceFilter(filters.FilterSet):
    vendor = filters.CharFilter(field_name="vendor__code")

    class Meta:
        model = Service
        fields = ["code"]


class ContractFilter(filters.FilterSet):
    counterparty = filters.CharFilter(field_name="counterparty__code")

    class Meta:
        model = Contract
        fields = ["reference", "direction", "currency"]


class VersionFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="contract__reference")

    class Meta:
        model = ContractVersion
        fields = ["state", "kind", "number"]


class CommitmentFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="version__contract__reference")
    service = filters.CharFilter(field_name="service__code")

    class Meta:
        model = Commitment
        fields = ["key"]


class CounterpartyView(Reading[Counterparty]):
    """The other sides: customers and vendors."""

    kind, scope = "counterparty", "read:contracts"
    rows = Counterparty.objects.all()
    serializer_class = CounterpartySerializer
    filterset_class = CounterpartyFilter


class ServiceView(Reading[Service]):
    """Services of ours and components of vendors."""

    kind, scope = "service", "read:contracts"
    rows = Service.objects.select_related("vendor")
    serializer_class = ServiceSerializer
    filterset_class = ServiceFilter


class ContractView(Reading[Contract]):
    """Contracts in both directions."""

    kind, scope = "contract", "read:contracts"
    rows = Contract.objects.select_related("legal_entity", "counterparty")
    serializer_class = ContractSerializer
    filterset_class = ContractFilter


class VersionView(Reading[ContractVersion]):
    """The versions of contracts; a single one with its terms."""

    kind, scope = "version", "read:contracts"
    rows = ContractVersion.objects.select_related("contract", "amends").defer(
        "amends__terms", "amends__amendment"
    )
    filterset_class = VersionFilter

    def get_serializer_class(self) -> type[VersionSerializer]:
        """The terms only with a single one."""
        return WholeVersionSerializer if self.action == "retrieve" else VersionSerializer

    @extend_schema(parameters=[RedlineQuery], responses=RedlineSerializer, filters=False)
    @action(detail=True, pagination_class=None, filterset_class=None)
    def redline(self, request: Request, pk: str) -> Response:
        """What this version changes against another one: clauses with their words, fields, and who approves it."""
        query = RedlineQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        after = self.get_object()
        number = query.validated_data["before"]
        before = self.get_queryset().filter(contract=after.contract, number=number).first()
        if before is None:
            raise NotFound(f"before: there is no version {number} of {after.contract.reference} that you see")
        return Response(RedlineSerializer(Compared(_text(before), _text(after))).data)


def _text(version: ContractVersion) -> Text:
    return Text(f"version {version.number}", terms_of(version), version.terms_sha256, version)


class CommitmentView(Reading[Commitment]):
    """What signed versions promise, one row for each service."""

    kind, scope = "commitment", "read:contracts"
    rows = Commitment.objects.select_related("version__contract", "service")
    serializer_class = CommitmentSerializer
    filterset_class = CommitmentFilter


class TemplateSerializer(serializers.ModelSerializer[TermsTemplate]):
    newest = serializers.IntegerField(help_text="Number of the version that it says now.", allow_null=True)
    parent_slug = serializers.CharField(
        source="parent.slug",
        default=None,
        help_text="The template that a unit has taken over.",
        allow_null=True,
    )
    legal_entity = serializers.SlugRelatedField[Counterparty](
        slug_field="code", read_only=True, allow_null=True
    )

    class Meta:
        model = TermsTemplate
        fields = [
            "id",
            "slug",
            "title",
            "provider",
            "industry",
            "source_addresses",
            "text_dated",
            "is_published",
            "parent_slug",
            "legal_entity",
            "preset",
            "next_review_on",
            "newest",
        ]


class TemplateFilter(filters.FilterSet):
    class Meta:
        model = TermsTemplate
        fields = ["slug", "provider", "industry", "is_published"]


class TemplateView(Reading[TermsTemplate]):
    """Texts that contracts can start from. A published one is a fact of its date, not what is offered today."""

    kind, scope = "template", "read:contracts"
    rows = with_newest(TermsTemplate.objects.select_related("parent", "legal_entity"))
    serializer_class = TemplateSerializer
    filterset_class = TemplateFilter


VIEWS = (
    ("counterparties", CounterpartyView),
    ("services", ServiceView),
    ("contracts", ContractView),
    ("versions", VersionView),
    ("commitments", CommitmentView),
    ("templates", TemplateView),
)
