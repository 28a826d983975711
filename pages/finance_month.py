"""Pages of a month's end: the provision rolled forward, exchange rates, the approval matrix, the pass-through."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from base import clock
from base.access import may
from base.api.negotiation import download
from base.svg import Bar
from contracts.models import Contract, LegalEntity
from credits import services
from credits.explained import money
from credits.models import AccrualPolicy, ApprovalRule, ExchangeRate, Revaluation
from credits.passthrough import pass_through
from credits.rollforward import RollForward, roll_forward
from credits.visibility import visible_assessments
from pages import books
from pages.finance_life import told
from pages.layout import viewing
from pages.ledger import day_of
from pages.pictures import bars_of
from pages.statements import Day

SHOWN = 200


def _months(request: HttpRequest) -> tuple[date, date]:
    """The days that were asked for; the last month that is over, unless told."""
    first = books.month_of(clock.as_of(), 1)
    from_on = day_of(request, "from_on", first)
    return from_on, day_of(request, "until_on", books.month_of(from_on, -1))


# The provision -----------------------------------------------------------------------------------------------


class PolicyForm(forms.Form):
    """How expected credits are estimated from a day on."""

    method = forms.ChoiceField(choices=AccrualPolicy.Method.choices)
    claimed_ratio = forms.DecimalField(
        min_value=Decimal(0),
        max_value=Decimal(1),
        decimal_places=6,
        initial=Decimal(1),
        label="Share claimed, 0 to 1",
    )
    effective_from_on = forms.DateField(label="From", widget=Day)
    reason = forms.CharField(max_length=2000, error_messages={"required": "Say on what it rests."})


@viewing("accrual_policy")
def provision(request: HttpRequest, entity: str) -> HttpResponse:
    """The roll-forward of a company's provision, why each line moved, and the method by which it is estimated."""
    legal_entity = get_object_or_404(LegalEntity, code=entity)
    may_decide = may(request.user, "edit", "accrual_policy")
    if request.method == "POST":
        if not may_decide:
            raise PermissionDenied("Your role does not decide how credits are estimated.")
        form = PolicyForm(request.POST)
        told(
            request,
            form,
            lambda values: services.set_accrual_policy(legal_entity, **values),
            "The method is on record.",
        )
        return redirect("pages:provision", legal_entity.code)
    value = roll_forward(legal_entity, *_months(request))
    context = {
        "title": f"{legal_entity.name}: provision",
        "crumbs": [],
        "value": value,
        "lines": value.lines[:SHOWN],
        "more": max(len(value.lines) - SHOWN, 0),
        "pictures": [_waterfall(at, total) for at, total in enumerate(value.totals)],
        "entities": LegalEntity.objects.order_by("code"),
        "policies": legal_entity.accrual_policies.select_related("decided_by").order_by("-effective_from_on"),
        "form": PolicyForm() if may_decide else None,
    }
    return render(request, "pages/finance/provision.html", context)


def _waterfall(at: int, total: Any) -> Any:
    amounts = total.amounts
    rows: list[tuple[str, Decimal, Literal["solid", "hatched"]]] = [
        ("Opening", amounts.opening, "solid"),
        ("Accrued", amounts.accrued, "solid"),
        ("Released", amounts.released, "hatched"),
        ("Issued", amounts.issued, "hatched"),
        ("Closing", amounts.closing, "solid"),
    ]
    bars = [
        Bar(name, max(amount, Decimal(0)), money(amount, total.currency), style)
        for name, amount, style in rows
    ]
    return bars_of(
        bars,
        title=f"Roll-forward in {total.currency}",
        desc="Filled: what stands and what was added. Hatched: what was taken away.",
        id_prefix=f"roll{at}",
    )


@require_safe
@viewing("accrual_policy")
def provision_file(request: HttpRequest, entity: str) -> HttpResponse:
    """The roll-forward as CSV: a row per window, a total per currency, and what the ledger says."""
    legal_entity = get_object_or_404(LegalEntity, code=entity)
    value = roll_forward(legal_entity, *_months(request))
    name = f"provision-{legal_entity.code}-{value.from_on}-{value.until_on}.csv"
    return download(roll_forward_csv(value), "text/csv; charset=utf-8", name)


def roll_forward_csv(value: RollForward) -> bytes:
    """The rows of a roll-forward. Text that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    heads = "currency counterparty contract service window opening accrued released issued closing ledger why"
    write.writerow(heads.split())

    def row(names: list[str], currency: str, amounts: Any, ledger: str, why: str) -> None:
        figures = (amounts.opening, amounts.accrued, amounts.released, amounts.issued, amounts.closing)
        plain = [f"'{one}" if one[:1] in "=+-@" and one else one for one in (*names, why)]
        write.writerow([currency, *plain[:-1], *[f"{one:.3f}" for one in figures], ledger, plain[-1]])

    for line in value.lines:
        names = [line.counterparty, line.contract, line.service, line.window]
        row(names, line.currency, line.amounts, "", line.why)
    for total in value.totals:
        agrees = "agrees with the ledger" if total.agrees else "DIFFERS FROM THE LEDGER"
        row(["Total", "", "", ""], total.currency, total.amounts, f"{total.in_ledger:.3f}", agrees)
    return out.getvalue().encode()


# Rates -------------------------------------------------------------------------------------------------------


class RateForm(forms.Form):
    """A rate with its day and its source."""

    base_currency = forms.RegexField(r"^[A-Z]{3}$", label="One unit of")
    quote_currency = forms.RegexField(r"^[A-Z]{3}$", label="in")
    rate = forms.DecimalField(max_digits=20, decimal_places=10, label="is worth")
    on = forms.DateField(label="On", widget=Day)
    source = forms.CharField(max_length=200, label="Published by")


@viewing("exchange_rate")
def rates(request: HttpRequest) -> HttpResponse:
    """The rates on record, and what was valued with them."""
    may_record = may(request.user, "edit", "exchange_rate")
    if request.method == "POST":
        if not may_record:
            raise PermissionDenied("Your role does not record rates.")
        form = RateForm(request.POST)
        told(request, form, lambda values: services.record_rate(**values), "The rate is on record.")
        return redirect("pages:rates")
    context: dict[str, Any] = {
        "title": "Exchange rates",
        "crumbs": [],
        "rates": ExchangeRate.objects.select_related("recorded_by").order_by("-on", "-pk")[:SHOWN],
        "revaluations": Revaluation.objects.select_related(
            "account__counterparty", "account__legal_entity", "rate", "entry"
        ).order_by("-on", "pk")[:SHOWN],
        "form": RateForm(initial={"on": clock.as_of()}) if may_record else None,
    }
    return render(request, "pages/finance/rates.html", context)


# The approval matrix ---------------------------------------------------------------------------------------


class RuleForm(forms.Form):
    """How many persons approve above an amount."""

    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.order_by("code"),
        to_field_name="code",
        required=False,
        empty_label="All of ours",
        label="Company",
    )
    direction = forms.ChoiceField(choices=Contract.Direction.choices)
    currency = forms.RegexField(r"^[A-Z]{3}$")
    above_amount = forms.DecimalField(max_digits=21, decimal_places=3, min_value=Decimal(0), label="Above")
    approvals = forms.IntegerField(min_value=1, max_value=3, label="Persons")
    reason = forms.CharField(max_length=2000, error_messages={"required": "Say why."})


@viewing("approval_rule")
def matrix(request: HttpRequest) -> HttpResponse:
    """The approval matrix in force, and how it came about."""
    may_decide = may(request.user, "edit", "approval_rule")
    if request.method == "POST":
        if not may_decide:
            raise PermissionDenied("Your role does not change the approval matrix.")
        form = RuleForm(request.POST)
        told(request, form, lambda values: services.set_approval_rule(**values), "The rule is in force.")
        return redirect("pages:matrix")
    rows = list(ApprovalRule.objects.select_related("legal_entity", "decided_by").order_by("pk"))
    last = {(row.legal_entity_id, row.direction, row.currency, row.above_amount): row for row in rows}
    in_force = sorted(
        last.values(),
        key=lambda row: (row.direction, row.currency, row.legal_entity_id or 0, row.above_amount),
    )
    context: dict[str, Any] = {
        "title": "Approval matrix",
        "crumbs": [],
        "rules": in_force,
        "history": rows[::-1][:SHOWN],
        "form": RuleForm() if may_decide else None,
    }
    return render(request, "pages/finance/matrix.html", context)


# The pass-through --------------------------------------------------------------------------------------------


@require_safe
@viewing("restatement")
def passing(request: HttpRequest) -> HttpResponse:
    """Per incident: what we owe customers for it, what vendors owe us, and what is left."""
    until_on = day_of(request, "until_on", books.month_of(clock.as_of(), -1))
    from_on = day_of(request, "from_on", books.month_of(until_on, 12))
    seen = visible_assessments(request.user).values("pk")
    incidents, apart = pass_through(from_on, until_on, seen)
    context = {
        "title": "Incidents, passed through",
        "crumbs": [],
        "from_on": from_on,
        "until_on": until_on,
        "incidents": incidents[:SHOWN],
        "more": max(len(incidents) - SHOWN, 0),
        "apart": apart[:SHOWN],
    }
    return render(request, "pages/finance/pass_through.html", context)
