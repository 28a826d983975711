"""Statements: what stood between us and a counterparty, as a page and as the same thing in four files."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from base import clock
from base.access import may
from base.api.negotiation import download
from contracts.models import Counterparty, LegalEntity
from contracts.visibility import statement_counterparties
from credits.documents import statement_pdf, statement_xlsx
from credits.errors import StatementRefused
from credits.models import Account
from credits.statement_documents import is_provisional
from credits.statement_files import document_of, to_csv, to_json
from credits.statements import SECTIONS, Balance, SectionSum, Statement, statement
from credits.visibility import as_seen_by
from pages.acting import sentence
from pages.books import month_of
from pages.layout import viewing
from reckoning.canonical import sha256_hex

SHOWN = 400
SIZES = ("A4", "Letter")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES: dict[str, tuple[str, Callable[[Statement], bytes]]] = {
    "xlsx": (XLSX, lambda value: statement_xlsx(value)),
    "csv": ("text/csv; charset=utf-8", to_csv),
    "json": ("application/json", to_json),
}


class Day(forms.DateInput):
    """A date as browsers ask for it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class StatementForm(forms.Form):
    """Whose statement, and over which days."""

    counterparty = forms.ModelChoiceField(Counterparty.objects.none(), to_field_name="code", empty_label=None)
    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.none(), to_field_name="code", empty_label=None, label="Our company"
    )
    from_on = forms.DateField(label="From", widget=Day)
    until_on = forms.DateField(label="Until, excluded", widget=Day)

    def __init__(
        self, *args: Any, parties: QuerySet[Counterparty], ours: QuerySet[LegalEntity], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counterparty"].queryset = parties  # type: ignore[attr-defined]
        self.fields["legal_entity"].queryset = ours  # type: ignore[attr-defined]
        for name in ("counterparty", "legal_entity"):
            self.fields[name].label_from_instance = lambda one: one.name  # type: ignore[attr-defined]
        self.label_suffix = ""


def last_quarter(on: date) -> tuple[date, date]:
    """The first day of the calendar quarter before a day's own, and the first day after it."""
    this = on.replace(month=on.month - (on.month - 1) % 3, day=1)
    return month_of(this, 3), this


def _form(request: HttpRequest) -> StatementForm:
    """What was asked for; what was left out is the first counterparty and the last quarter that is over."""
    parties = statement_counterparties(request.user).order_by("name", "code")
    ours = LegalEntity.objects.filter(contracts__counterparty__in=parties).order_by("code").distinct()
    from_on, until_on = last_quarter(clock.as_of())
    party = (
        parties.filter(code=request.GET.get("counterparty", "").replace("\0", "")).first() or parties.first()
    )
    entity = ours.filter(contracts__counterparty=party).first() if party else None
    asked = {
        "counterparty": party.code if party else "",
        "legal_entity": entity.code if entity else "",
        "from_on": from_on.isoformat(),
        "until_on": until_on.isoformat(),
    }
    return StatementForm(asked | request.GET.dict(), parties=parties, ours=ours)


def _statement(request: HttpRequest, form: StatementForm) -> Statement:
    """The statement that a valid form asks for, as its reader may see it. Raises StatementRefused."""
    given = form.cleaned_data
    value = statement(given["counterparty"], given["legal_entity"], given["from_on"], given["until_on"])
    return as_seen_by(request.user, value)


@require_safe
@viewing("statement")
def statements(request: HttpRequest) -> HttpResponse:
    """A statement with its parameters and control totals, and the links to its files."""
    form = _form(request)
    context: dict[str, Any] = {"title": "Statements", "form": form, "sizes": SIZES}
    if form.is_valid():
        try:
            value = _statement(request, form)
        except StatementRefused as refusal:
            context["refusal"] = sentence(refusal)
        else:
            purposes = dict(Account.Purpose.choices)
            context |= {
                "statement": value,
                "movements": [
                    (row, purposes[row.account], SECTIONS[row.section]) for row in value.movements[:SHOWN]
                ],
                "waterfall": [
                    (balance, purposes[balance.account], _rows_of(value, balance))
                    for balance in value.balances
                ],
                "balances": [(row, purposes[row.account]) for row in value.balances],
                "not_posted": value.not_posted[:SHOWN],
                "left_out": max(0, len(value.movements) - SHOWN) + max(0, len(value.not_posted) - SHOWN),
                "control": document_of(value)["control"],
                "sha256": sha256_hex(to_json(value)),
                "provisional": is_provisional(value),
                "query": form_query(form),
                "may_see_entries": may(request.user, "view", "entry"),
            }
    return render(request, "pages/finance/statements.html", context)


def _rows_of(value: Statement, balance: Balance) -> list[SectionSum]:
    """What stands between the opening and the closing of one balance."""
    own = balance.account, balance.currency
    return [row for row in value.sections if (row.account, row.currency) == own]


def form_query(form: StatementForm) -> str:
    """The parameters of a valid form as its files' addresses carry them."""
    given = form.cleaned_data
    return urlencode(
        {
            "counterparty": given["counterparty"].code,
            "legal_entity": given["legal_entity"].code,
            "from_on": given["from_on"].isoformat(),
            "until_on": given["until_on"].isoformat(),
        }
    )


@require_safe
@viewing("statement")
def statement_file(request: HttpRequest, ending: str) -> HttpResponse:
    """The statement as PDF (``?size=Letter`` for the other paper), workbook, CSV or JSON: the same totals in all."""
    form = _form(request)
    size = request.GET.get("size", "A4")
    if ending not in (*FILES, "pdf") or size not in SIZES or not form.is_valid():
        raise Http404("There is no such statement, or none that your role may see.")
    try:
        value = _statement(request, form)
    except StatementRefused as refusal:
        raise Http404(sentence(refusal)) from refusal
    name = f"statement-{value.counterparty.code}-{value.from_on}-{value.until_on}.{ending}"
    if ending == "pdf":
        return download(statement_pdf(value, size), "application/pdf", name)  # type: ignore[arg-type]
    content_type, write = FILES[ending]
    return download(write(value), content_type, name)
