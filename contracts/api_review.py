"""How versions were reviewed and signed, and which promises do not fit together, to be read by programs."""

from typing import Any

import django_filters as filters
from django.db.models import Model, Prefetch
from rest_framework import serializers

from audit.apibase import Reading
from contracts.models import (
    Conflict,
    ConflictDecision,
    NamedSigner,
    RemarkAnswer,
    ReviewRemark,
    Signature,
    SignerStep,
)
from contracts.precedence_reading import conflicts_with_state, state_of
from contracts.review_checks import is_open


class _OfVersion(filters.FilterSet):
    """What hangs on a version: by its contract, its number, or its key in ``versions``."""

    contract = filters.CharFilter(field_name="version__contract__reference")
    version = filters.NumberFilter(field_name="version__number")
    version_id = filters.NumberFilter(field_name="version_id")


OF_VERSION = ("id", "contract", "version", "version_id")


# No docstring: the schema would show it at each that inherits.
class _OfVersionSerializer[Row: Model](serializers.ModelSerializer[Row]):
    contract = serializers.CharField(source="version.contract.reference")
    version = serializers.IntegerField(source="version.number")


# The review of a version ---------------------------------------------------------------------------------


class RemarkAnswerSerializer(serializers.ModelSerializer[RemarkAnswer]):
    outcome = serializers.CharField(help_text="reply, accepted, rejected or withdrawn.")
    answered_by = serializers.CharField(source="answered_by.display_name")

    class Meta:
        model = RemarkAnswer
        fields = ["outcome", "words", "from_sha256", "to_sha256", "answered_by", "answered_at"]


class RemarkSerializer(_OfVersionSerializer[ReviewRemark]):
    kind = serializers.CharField(help_text="comment or objection.")
    objection_class = serializers.CharField(help_text="information, trade_off, veto, or empty.")
    made_by = serializers.CharField(source="made_by.display_name")
    is_open = serializers.SerializerMethodField(help_text="An open objection stands against signing.")
    answers = RemarkAnswerSerializer(many=True)

    class Meta:
        model = ReviewRemark
        fields = [
            *OF_VERSION,
            "kind",
            "objection_class",
            "path",
            "words",
            "terms_sha256",
            "made_by",
            "made_at",
            "is_open",
            "answers",
        ]

    def get_is_open(self, row: ReviewRemark) -> bool:
        """Whether nobody has closed it."""
        return is_open(row, (one.outcome for one in row.answers.all()))


class RemarkFilter(_OfVersion):
    class Meta:
        model = ReviewRemark
        fields = ["kind"]


class RemarkView(Reading[ReviewRemark]):
    """Comments and objections to versions, each with its answers."""

    kind, scope = "review", "read:contracts"
    rows = ReviewRemark.objects.select_related("version__contract", "made_by").defer("version__terms")
    rows = rows.prefetch_related("answers__answered_by")
    serializer_class = RemarkSerializer
    filterset_class = RemarkFilter


class NamedSignerSerializer(_OfVersionSerializer[NamedSigner]):
    state = serializers.SerializerMethodField(help_text="waiting, asked, signed, declined or removed.")

    class Meta:
        model = NamedSigner
        fields = [
            *OF_VERSION,
            "party",
            "name",
            "title",
            "position",
            "must_sign",
            "state",
        ]

    def get_state(self, row: NamedSigner) -> str:
        """What became of them: what counts last, and a signature that was not voided above all."""
        steps = [one.kind for one in row.steps.all()]
        if SignerStep.Kind.REMOVED not in steps and row.signatures.all():
            return "signed"
        return steps[-1] if steps else "waiting"


class SignerFilter(_OfVersion):
    class Meta:
        model = NamedSigner
        fields = ["party"]


class SignerView(Reading[NamedSigner]):
    """Who is named to sign versions. Where nobody is named for a party, its signature alone is in ``signatures``."""

    kind, scope = "review", "read:contracts"
    rows = NamedSigner.objects.select_related("version__contract").defer("version__terms")
    rows = rows.prefetch_related("steps", Prefetch("signatures", Signature.objects.live()))
    serializer_class = NamedSignerSerializer
    filterset_class = SignerFilter


class ContractSignatureSerializer(_OfVersionSerializer[Signature]):
    recorded_by = serializers.CharField(source="recorded_by.display_name")
    is_voided = serializers.SerializerMethodField(help_text="The text went back to be edited.")

    class Meta:
        model = Signature
        fields = [
            *OF_VERSION,
            "party",
            "signatory",
            "signed_on",
            "terms_sha256",
            "recorded_by",
            "recorded_at",
            "is_voided",
        ]

    def get_is_voided(self, row: Signature) -> bool:
        """Whether it counts no more."""
        return hasattr(row, "voided")


class SignatureFilter(_OfVersion):
    class Meta:
        model = Signature
        fields = ["party"]


class SignatureView(Reading[Signature]):
    """Signatures under exactly one text each, by its hash; those that were voided too."""

    kind, scope = "review", "read:contracts"
    rows = Signature.objects.select_related("version__contract", "recorded_by", "voided").defer(
        "version__terms"
    )
    serializer_class = ContractSignatureSerializer
    filterset_class = SignatureFilter


# Conflicts -----------------------------------------------------------------------------------------------


class ConflictDecisionSerializer(serializers.ModelSerializer[ConflictDecision]):
    gives_way = serializers.CharField(help_text="first, second or neither.")
    by_order = serializers.SerializerMethodField(
        help_text="By an order of precedence, not by a reason alone."
    )
    decided_by = serializers.CharField(source="decided_by.display_name")
    confirmed_by = serializers.CharField(
        source="confirmation.confirmed_by.display_name",
        default=None,
        allow_null=True,
        help_text="Until a second person confirmed it, it does not count.",
    )

    class Meta:
        model = ConflictDecision
        fields = [
            "number",
            "gives_way",
            "from_on",
            "by_order",
            "reason",
            "decided_by",
            "recorded_at",
            "confirmed_by",
        ]

    def get_by_order(self, row: ConflictDecision) -> bool:
        """Whether an order of precedence said so."""
        return row.order_id is not None


class ConflictSerializer(serializers.ModelSerializer[Conflict]):
    kind = serializers.CharField(help_text="disagree, said_twice or objective.")
    state = serializers.SerializerMethodField(help_text="open, to be confirmed, decided or gone.")
    service = serializers.CharField(source="service.code")
    figure = serializers.CharField()
    first = serializers.CharField(source="first.reference")
    second = serializers.CharField(source="second.reference", default=None, allow_null=True)
    objective = serializers.CharField(source="objective.code", default=None, allow_null=True)
    differences = serializers.JSONField(help_text="The fields that differ, with what either side says.")
    decisions = ConflictDecisionSerializer(many=True)

    class Meta:
        model = Conflict
        fields = [
            "id",
            "kind",
            "state",
            "service",
            "figure",
            "first",
            "second",
            "objective",
            "is_family",
            "differences",
            "decisions",
            "recorded_at",
        ]

    def get_state(self, row: Any) -> str:
        """Where it stands."""
        return state_of(row)


class ConflictFilter(filters.FilterSet):
    service = filters.CharFilter(field_name="service__code")
    first = filters.CharFilter(field_name="first__reference")
    second = filters.CharFilter(field_name="second__reference")

    class Meta:
        model = Conflict
        fields = ["kind", "is_family"]


class ConflictView(Reading[Conflict]):
    """Promises that do not fit together, with what was decided: for legal and whoever answers for either side."""

    kind, scope = "conflict", "read:contracts"
    rows = conflicts_with_state().select_related("service", "first", "second", "objective")
    rows = rows.prefetch_related("decisions__decided_by", "decisions__confirmation__confirmed_by")
    serializer_class = ConflictSerializer
    filterset_class = ConflictFilter


VIEWS = (
    ("remarks", RemarkView),
    ("signers", SignerView),
    ("signatures", SignatureView),
    ("conflicts", ConflictView),
)
