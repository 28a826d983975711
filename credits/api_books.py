"""The books as a whole: trial balance and statements."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from audit.apibase import ActorView
from base.api.negotiation import download
from contracts.models import LegalEntity
from contracts.visibility import statement_counterparties
from credits import documents
from credits.reading import trial_balance
from credits.statement_files import to_csv, to_json
from credits.statements import Statement, statement
from credits.visibility import as_seen_by

FORMS: dict[str, tuple[str, Callable[[Statement], bytes]]] = {
    "json": ("application/json", to_json),
    "csv": ("text/csv; charset=utf-8", to_csv),
    "pdf": ("application/pdf", lambda value: documents.statement_pdf(value)),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda value: documents.statement_xlsx(value),
    ),
}
DATE = OpenApiTypes.DATE


class BalanceSerializer(serializers.Serializer[Any]):
    account = serializers.IntegerField(source="account.pk")
    legal_entity = serializers.CharField(source="account.legal_entity.code")
    purpose = serializers.CharField(source="account.purpose")
    kind = serializers.CharField(source="account.kind")
    counterparty = serializers.CharField(source="account.counterparty.code")
    currency = serializers.CharField()
    debit = serializers.DecimalField(max_digits=24, decimal_places=3)
    credit = serializers.DecimalField(max_digits=24, decimal_places=3)
    balance = serializers.DecimalField(max_digits=24, decimal_places=3, help_text="Debit less credit.")


class TrialBalanceSerializer(serializers.Serializer[Any]):
    as_of = serializers.DateField(
        allow_null=True, help_text="Entries effective up to and including this day."
    )
    rows = BalanceSerializer(many=True)
    balances = serializers.BooleanField(help_text="Whether debits equal credits in every currency.")


class TrialBalanceQuery(serializers.Serializer[Any]):
    legal_entity = serializers.CharField(required=False)
    as_of = serializers.DateField(required=False)


class StatementQuery(serializers.Serializer[Any]):
    counterparty = serializers.CharField()
    legal_entity = serializers.CharField()
    from_on = serializers.DateField()
    until_on = serializers.DateField()
    form = serializers.ChoiceField(sorted(FORMS), default="json")


def _entity(code: str) -> LegalEntity:
    found = LegalEntity.objects.filter(code=code).first()
    if found is None:
        raise NotFound(f"legal_entity: there is no {code!r}")
    return found


class TrialBalanceView(ActorView):
    """Every account that was posted to. Accounts of different currencies are never added."""

    kind, scope = "trial_balance", "read:ledger"
    pagination_class = None

    @extend_schema(
        parameters=[
            OpenApiParameter("legal_entity", str, description="A code; all of them unless told."),
            OpenApiParameter("as_of", DATE, description="Entries effective up to and including this day."),
        ],
        responses=TrialBalanceSerializer,
    )
    def get(self, request: Request) -> Response:
        """The trial balance."""
        query = TrialBalanceQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        code, as_of = query.validated_data.get("legal_entity"), query.validated_data.get("as_of")
        rows = trial_balance(_entity(code) if code else None, as_of)
        sums: dict[str, Any] = {}
        for row in rows:
            sums[row.currency] = sums.get(row.currency, 0) + row.balance
        body = {"as_of": as_of, "rows": rows, "balances": not any(sums.values())}
        return Response(TrialBalanceSerializer(body).data)


class StatementView(ActorView):
    """What stood between us and one counterparty over [from_on, until_on), in four forms with the same totals."""

    kind, scope = "statement", "read:statements"
    pagination_class = None

    @extend_schema(
        parameters=[
            OpenApiParameter("counterparty", str, required=True, description="A code."),
            OpenApiParameter(
                "legal_entity", str, required=True, description="The code of one of our companies."
            ),
            OpenApiParameter("from_on", DATE, required=True),
            OpenApiParameter("until_on", DATE, required=True, description="The first day after."),
            OpenApiParameter("form", str, enum=sorted(FORMS), description="json unless told."),
        ],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (200, FORMS["xlsx"][0]): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request) -> Any:
        """The statement. A customer's own login gets what is in the books, and nothing that is still open."""
        query = StatementQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        party = statement_counterparties(self.asker).filter(code=asked["counterparty"]).first()
        if party is None:
            raise NotFound(f"counterparty: there is no {asked['counterparty']!r} whose statement you see")
        value = statement(party, _entity(asked["legal_entity"]), asked["from_on"], asked["until_on"])
        value = as_seen_by(self.asker, value)
        content_type, write = FORMS[asked["form"]]
        name = f"statement-{party.code}-{value.from_on}-{value.until_on}.{asked['form']}"
        return download(write(value), content_type, name)
