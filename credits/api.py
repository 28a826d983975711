"""What is owed, to be read: results, breaches, claims, memos and entries."""

import django_filters as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from audit.apibase import Reading
from base.access import may
from base.api.filters import InstantFilter
from base.api.negotiation import download
from contracts.models import Contract, Counterparty, LegalEntity
from credits.documents import evidence_pdf_of
from credits.evidence import evidence_file
from credits.knowledge import knowledge_document
from credits.models import (
    Account,
    Assessment,
    Breach,
    Claim,
    ClaimStep,
    CreditMemo,
    JournalEntry,
    MemoStep,
    OpenQuestion,
    Posting,
)
from credits.reading import claims_with_state, memos_with_state

DIRECTIONS = Contract.Direction.choices
OF_RESULT = ("commitment__service", "commitment__version__contract__counterparty", "finalisation")


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    contract = serializers.CharField(source="commitment.version.contract.reference")
    direction = serializers.ChoiceField(DIRECTIONS, source="commitment.version.contract.direction")
    version = serializers.IntegerField(source="commitment.version.number")
    commitment = serializers.CharField(source="commitment.key")
    service = serializers.CharField(source="commitment.service.code")
    is_final = serializers.SerializerMethodField()

    class Meta:
        model = Assessment
        fields = [
            "id",
            "contract",
            "direction",
            "version",
            "commitment",
            "service",
            "window_label",
            "window_start",
            "window_end",
            "revision",
            "known_at",
            "is_final",
            "outcome",
            "level_exact",
            "level_percent",
            "down_seconds",
            "excluded_seconds",
            "unknown_seconds",
            "tier_label",
            "credit_amount",
            "currency",
            "claim_deadline_on",
            "terms_sha256",
            "inputs_sha256",
            "result_sha256",
            "engine_version",
            "recorded_at",
        ]

    def get_is_final(self, row: Assessment) -> bool:
        """Whether it is the final result of its window."""
        return hasattr(row, "finalisation")


class QuestionSerializer(serializers.ModelSerializer[OpenQuestion]):
    class Meta:
        model = OpenQuestion
        fields = ["code", "sentence", "owner_role"]


class ExplainedSerializer(AssessmentSerializer):
    trace = serializers.SerializerMethodField(
        help_text="Each stage: clause, rule, what went in, what came out."
    )
    other_readings = serializers.SerializerMethodField(
        help_text="What other readings of the text would give."
    )
    open_questions = QuestionSerializer(many=True)

    class Meta(AssessmentSerializer.Meta):
        fields = [*AssessmentSerializer.Meta.fields, "trace", "other_readings", "open_questions"]

    @extend_schema_field({"type": "array", "items": {"type": "object"}})
    def get_trace(self, row: Assessment) -> list[dict[str, object]]:
        """As the engine wrote it."""
        return list(row.result.get("trace", []))

    @extend_schema_field({"type": "array", "items": {"type": "object"}})
    def get_other_readings(self, row: Assessment) -> list[dict[str, object]]:
        """As the engine wrote them."""
        return list(row.result.get("other_readings", []))


class BreachSerializer(serializers.ModelSerializer[Breach]):
    contract = serializers.CharField(source="assessment.commitment.version.contract.reference")
    service = serializers.CharField(source="assessment.commitment.service.code")
    window_label = serializers.CharField(source="assessment.window_label")
    level_percent = serializers.DecimalField(
        source="assessment.level_percent", max_digits=15, decimal_places=12, allow_null=True
    )
    credit_amount = serializers.DecimalField(
        source="assessment.credit_amount", max_digits=21, decimal_places=3, allow_null=True
    )
    currency = serializers.CharField(source="assessment.currency")

    class Meta:
        model = Breach
        fields = [
            "id",
            "assessment",
            "contract",
            "service",
            "window_label",
            "level_percent",
            "credit_amount",
            "currency",
            "found_on",
            "recorded_at",
        ]


class ClaimStepSerializer(serializers.ModelSerializer[ClaimStep]):
    taken_by = serializers.CharField(source="taken_by.display_name")

    class Meta:
        model = ClaimStep
        fields = ["number", "kind", "taken_on", "amount", "reference", "reason", "taken_by", "recorded_at"]


class ClaimSerializer(serializers.ModelSerializer[Claim]):
    contract = serializers.CharField(source="breach.assessment.commitment.version.contract.reference")
    direction = serializers.ChoiceField(
        DIRECTIONS, source="breach.assessment.commitment.version.contract.direction"
    )
    assessment = serializers.IntegerField(source="breach.assessment_id")
    state = serializers.ChoiceField(ClaimStep.Kind.choices, read_only=True)
    state_since = serializers.DateField(read_only=True)
    steps = ClaimStepSerializer(many=True)

    class Meta:
        model = Claim
        fields = [
            "id",
            "contract",
            "direction",
            "breach",
            "assessment",
            "deadline_on",
            "state",
            "state_since",
            "steps",
        ]


class MemoStepSerializer(serializers.ModelSerializer[MemoStep]):
    taken_by = serializers.CharField(source="taken_by.display_name")

    class Meta:
        model = MemoStep
        fields = ["number", "state", "taken_on", "reason", "document_number", "taken_by", "recorded_at"]


class MemoSerializer(serializers.ModelSerializer[CreditMemo]):
    contract = serializers.SlugRelatedField[Contract](slug_field="reference", read_only=True)
    legal_entity = serializers.SlugRelatedField[LegalEntity](slug_field="code", read_only=True)
    counterparty = serializers.SlugRelatedField[Counterparty](slug_field="code", read_only=True)
    state = serializers.ChoiceField(CreditMemo.State.choices, read_only=True)
    state_since = serializers.DateField(read_only=True)
    document_number = serializers.CharField(read_only=True, allow_null=True)
    steps = MemoStepSerializer(many=True)

    class Meta:
        model = CreditMemo
        fields = [
            "id",
            "assessment",
            "contract",
            "legal_entity",
            "counterparty",
            "direction",
            "amount",
            "currency",
            "state",
            "state_since",
            "document_number",
            "facts",
            "steps",
        ]


class AccountSerializer(serializers.ModelSerializer[Account]):
    legal_entity = serializers.SlugRelatedField[LegalEntity](slug_field="code", read_only=True)
    counterparty = serializers.SlugRelatedField[Counterparty](slug_field="code", read_only=True)

    class Meta:
        model = Account
        fields = ["id", "legal_entity", "purpose", "kind", "counterparty", "currency"]


class PostingSerializer(serializers.ModelSerializer[Posting]):
    purpose = serializers.CharField(source="account.purpose")

    class Meta:
        model = Posting
        fields = ["account", "purpose", "side", "amount", "currency"]


class EntrySerializer(serializers.ModelSerializer[JournalEntry]):
    legal_entity = serializers.SlugRelatedField[LegalEntity](slug_field="code", read_only=True)
    reverses = serializers.SlugRelatedField[JournalEntry](slug_field="reference", read_only=True)
    postings = PostingSerializer(many=True)

    class Meta:
        model = JournalEntry
        fields = [
            "id",
            "reference",
            "legal_entity",
            "description",
            "effective_on",
            "posted_at",
            "reverses",
            "memo",
            "postings",
        ]


class AssessmentFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="commitment__version__contract__reference")
    direction = filters.ChoiceFilter(
        field_name="commitment__version__contract__direction", choices=DIRECTIONS
    )
    commitment = filters.CharFilter(field_name="commitment__key")
    service = filters.CharFilter(field_name="commitment__service__code")
    final = filters.BooleanFilter(field_name="finalisation", lookup_expr="isnull", exclude=True)
    window_from = InstantFilter(field_name="window_start", lookup_expr="gte")
    window_until = InstantFilter(field_name="window_end", lookup_expr="lte")

    class Meta:
        model = Assessment
        fields = ["outcome", "window_label", "revision", "currency"]


class BreachFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="assessment__commitment__version__contract__reference")
    service = filters.CharFilter(field_name="assessment__commitment__service__code")
    found_from = filters.DateFilter(field_name="found_on", lookup_expr="gte")
    found_until = filters.DateFilter(field_name="found_on", lookup_expr="lt")

    class Meta:
        model = Breach
        fields = ["assessment"]


class ClaimFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="breach__assessment__commitment__version__contract__reference")
    direction = filters.ChoiceFilter(
        field_name="breach__assessment__commitment__version__contract__direction", choices=DIRECTIONS
    )
    state = filters.ChoiceFilter(choices=ClaimStep.Kind.choices)
    deadline_until = filters.DateFilter(field_name="deadline_on", lookup_expr="lte")

    class Meta:
        model = Claim
        fields = ["breach"]


class MemoFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="contract__reference")
    counterparty = filters.CharFilter(field_name="counterparty__code")
    state = filters.ChoiceFilter(choices=CreditMemo.State.choices)
    document_number = filters.CharFilter()

    class Meta:
        model = CreditMemo
        fields = ["direction", "currency", "assessment"]


class AccountFilter(filters.FilterSet):
    counterparty = filters.CharFilter(field_name="counterparty__code")

    class Meta:
        model = Account
        fields = ["purpose", "kind", "currency"]


class EntryFilter(filters.FilterSet):
    legal_entity = filters.CharFilter(field_name="legal_entity__code")
    effective_from = filters.DateFilter(field_name="effective_on", lookup_expr="gte")
    effective_until = filters.DateFilter(field_name="effective_on", lookup_expr="lt")

    class Meta:
        model = JournalEntry
        fields = ["reference", "memo"]


class KnownQuery(serializers.Serializer[None]):
    known_at = serializers.DateTimeField(help_text="The moment whose knowledge is taken.")
    since = serializers.DateTimeField(required=False, help_text="An earlier one: what became known after it.")


class EvidenceQuery(serializers.Serializer[None]):
    form = serializers.ChoiceField(["json", "pdf"], default="json")
    page_size = serializers.ChoiceField(["A4", "Letter"], default="A4")


class AssessmentView(Reading[Assessment]):
    """Results of every revision; a single one with its trace, other readings and open questions."""

    kind, scope = "assessment", "read:assessments"
    rows = Assessment.objects.select_related(*OF_RESULT).defer("inputs", "result")
    filterset_class = AssessmentFilter

    def get_queryset(self):  # type: ignore[no-untyped-def]
        """The documents only with a single one; and for evidence what may be proven."""
        rows = super().get_queryset()
        return rows if self.action == "list" else rows.defer(None).prefetch_related("open_questions")

    def get_serializer_class(self) -> type[AssessmentSerializer]:
        """The trace only with a single one."""
        return AssessmentSerializer if self.action == "list" else ExplainedSerializer

    @extend_schema(
        parameters=[
            OpenApiParameter("form", str, enum=["json", "pdf"], description="json unless told."),
            OpenApiParameter(
                "page_size", str, enum=["A4", "Letter"], description="Of the PDF; A4 unless told."
            ),
        ],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "application/pdf"): OpenApiTypes.BINARY,
        },
        filters=False,
    )
    @action(detail=True, kind="evidence", scope="read:evidence", pagination_class=None, filterset_class=None)
    def evidence(self, request: Request, pk: str) -> Response:
        """What an outsider needs to recompute the result: ``python -m verifier FILE``. Bytes are reproducible."""
        query = EvidenceQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        row = self.get_object()
        name = f"evidence-{row.pk}-r{row.revision}"
        if asked["form"] == "pdf":
            content = evidence_pdf_of(row, asked["page_size"])
            return download(content, "application/pdf", f"{name}.pdf")  # type: ignore[return-value]
        return download(evidence_file(row), "application/json", f"{name}.json")  # type: ignore[return-value]

    @extend_schema(
        parameters=[KnownQuery], responses={(200, "application/json"): OpenApiTypes.OBJECT}, filters=False
    )
    @action(detail=True, url_path="as-known", pagination_class=None, filterset_class=None)
    def as_known(self, request: Request, pk: str) -> Response:
        """The result recomputed as it was known at a moment, and with ``since`` what moved, fact by fact.

        Nothing is stored. Who sees no observations sees none here.
        """
        query = KnownQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        if not may(request.user, "view", "observation"):
            raise PermissionDenied("Results of other moments are for whoever may see observations.")
        if asked.get("since", asked["known_at"]) > asked["known_at"]:
            raise serializers.ValidationError({"since": ["lies after known_at"]})
        row = self.get_object()
        return Response(knowledge_document(row.commitment, row.window_start, **asked))


class BreachView(Reading[Breach]):
    """Final results that fall short of their promise."""

    kind, scope = "breach", "read:assessments"
    rows = Breach.objects.select_related(
        "assessment__commitment__service", "assessment__commitment__version__contract"
    ).defer("assessment__inputs", "assessment__result")
    serializer_class = BreachSerializer
    filterset_class = BreachFilter


class ClaimView(Reading[Claim]):
    """Claims in both directions, each with its steps."""

    kind, scope = "claim", "read:claims"
    rows = (
        claims_with_state()
        .select_related("breach__assessment__commitment__version__contract")
        .defer("breach__assessment__inputs", "breach__assessment__result")
        .prefetch_related("steps__taken_by")
    )
    serializer_class = ClaimSerializer
    filterset_class = ClaimFilter


class MemoView(Reading[CreditMemo]):
    """Credit memos in both directions, each with its steps."""

    kind, scope = "memo", "read:memos"
    rows = (
        memos_with_state()
        .select_related("contract", "legal_entity", "counterparty")
        .prefetch_related("steps__taken_by")
    )
    serializer_class = MemoSerializer
    filterset_class = MemoFilter


class AccountView(Reading[Account]):
    """The accounts of the ledger."""

    kind, scope = "account", "read:ledger"
    rows = Account.objects.select_related("legal_entity", "counterparty")
    serializer_class = AccountSerializer
    filterset_class = AccountFilter


class EntryView(Reading[JournalEntry]):
    """Journal entries with their postings."""

    kind, scope = "entry", "read:ledger"
    rows = JournalEntry.objects.select_related("legal_entity", "reverses").prefetch_related(
        "postings__account"
    )
    serializer_class = EntrySerializer
    filterset_class = EntryFilter


VIEWS = (
    ("assessments", AssessmentView),
    ("breaches", BreachView),
    ("claims", ClaimView),
    ("memos", MemoView),
    ("accounts", AccountView),
    ("entries", EntryView),
)
