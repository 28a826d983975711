"""What finance does with an issued credit on its page: uses, disputes; and the lists of restatements and goodwill."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from base import clock
from base.access import Asking, may, visible
from base.errors import DomainError
from contracts.models import Contract
from credits import services
from credits.invoices.models import Invoice
from credits.models import Assessment, CreditMemo, DisputeStep, MemoUse, Restatement
from credits.reading import is_in_dispute, memo_balance, open_disputes
from credits.visibility import visible_assessments, visible_memos
from credits.windows import window_of_row
from pages.acting import sentence
from pages.layout import viewing
from pages.statements import Day

PER_PAGE = 50
State = CreditMemo.State


class LifeForm(forms.Form):
    """A day and a reason; each act adds what it needs."""

    taken_on = forms.DateField(label="On", widget=Day)
    reason = forms.CharField(max_length=2000, label="Why", error_messages={"required": "Say why."})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.memo: CreditMemo | None = kwargs.pop("memo", None)
        super().__init__(*args, **kwargs)
        self.fields["taken_on"].initial = clock.as_of
        self.label_suffix = ""
        self.prepare()

    def prepare(self) -> None:
        """What depends on the memo."""


class AmountedForm(LifeForm):
    """With an amount, where it is not the whole."""

    amount = forms.DecimalField(
        required=False, max_digits=21, decimal_places=3, label="Amount; empty: the whole"
    )


class ApplyForm(AmountedForm):
    """Which of the customer's invoices."""

    invoice = forms.ModelChoiceField(Invoice.objects.none(), to_field_name="external_id", empty_label=None)

    def prepare(self) -> None:
        """The invoices of the same parties and currency."""
        if self.memo is not None:
            self.fields["invoice"].queryset = Invoice.objects.filter(  # type: ignore[attr-defined]
                contract__counterparty=self.memo.counterparty_id,
                contract__legal_entity=self.memo.legal_entity_id,
                currency=self.memo.currency,
            ).order_by("-issued_on", "external_id")


class PayForm(AmountedForm):
    """The payment."""

    reference = forms.CharField(max_length=120, label="Payment")


class SetOffForm(AmountedForm):
    """Which claw-back."""

    against = forms.ModelChoiceField(MemoUse.objects.none(), empty_label=None, label="Claw-back")

    def prepare(self) -> None:
        """What was clawed back from the same customer."""
        if self.memo is not None:
            self.fields["against"].queryset = MemoUse.objects.filter(  # type: ignore[attr-defined]
                kind=MemoUse.Kind.CLAWED_BACK,
                memo__counterparty=self.memo.counterparty_id,
                memo__legal_entity=self.memo.legal_entity_id,
                memo__currency=self.memo.currency,
            ).order_by("-pk")


class DecideForm(AmountedForm):
    """What becomes of what was used too much."""

    verdict = forms.ChoiceField(
        choices=[("claw_back", "Claw it back"), ("write_off", "Write it off")], label="Decision"
    )


class ResolveForm(LifeForm):
    """How a dispute ends."""

    verdict = forms.ChoiceField(choices=DisputeStep.Verdict.choices, label="Verdict")


def _of_dispute(service: Callable[..., Any]) -> Callable[..., Any]:
    def act(memo: CreditMemo, **values: Any) -> Any:
        dispute = get_object_or_404(open_disputes(), memo=memo)
        return service(dispute, **values)

    return act


# Name: the words of its button, its form, the service, and what is said afterwards.
ACTS: dict[str, tuple[str, type[LifeForm], Callable[..., Any], str]] = {
    "apply": ("Apply to an invoice", ApplyForm, services.apply_credit, "The credit is applied."),
    "pay-out": ("Pay out", PayForm, services.pay_out, "The credit is paid out."),
    "set-off": ("Set off against a claw-back", SetOffForm, services.set_off, "The credit is set off."),
    "withdraw": ("Withdraw", AmountedForm, services.withdraw_credit, "The credit is withdrawn."),
    "decide": ("Decide about the used part", DecideForm, services.decide_used_part, "It is decided."),
    "dispute": ("Open a dispute", LifeForm, services.open_dispute, "The dispute is open."),
    "answer": ("Answer the dispute", LifeForm, _of_dispute(services.answer_dispute), "It is answered."),
    "resolve": ("Resolve the dispute", ResolveForm, _of_dispute(services.resolve_dispute), "It is resolved."),
}


def life_of(user: Asking, memo: Any) -> dict[str, Any]:
    """What the page of a memo shows of its life: the balance, uses, disputes, approvals, and open acts with forms."""
    if memo.state != State.ISSUED:
        return {"life_acts": [], "approvals": list(memo.approvals.select_related("approved_by"))}
    balance, disputed = memo_balance(memo), is_in_dispute(memo)
    there = _there(memo, balance, disputed)
    acts = [
        (name, label, form(memo=memo, auto_id=f"id_{name}_%s"))
        for name, (label, form, _, _) in ACTS.items()
        if name in there and may(user, name, "memo")
    ]
    return {
        "balance": balance if memo.direction == "promised_by_us" else None,
        "disputed": disputed,
        "uses": list(memo.uses.select_related("taken_by", "invoice").order_by("number")),
        "disputes": [
            (one, list(one.steps.select_related("taken_by").order_by("number")))
            for one in memo.disputes.order_by("number")
        ],
        "approvals": list(memo.approvals.select_related("approved_by")),
        "life_acts": acts,
    }


def _there(memo: Any, balance: Any, disputed: bool) -> set[str]:
    """The acts that make sense now; the services have the last word."""
    found = {"answer", "resolve"} if disputed else {"dispute"}
    if memo.direction != "promised_by_us" or memo.kind == CreditMemo.Kind.REDUCTION:
        return found
    if balance > 0 and not disputed:
        found |= {"apply", "pay-out"}
        if SetOffForm(memo=memo).fields["against"].queryset.exists():  # type: ignore[attr-defined]
            found.add("set-off")
    if balance < 0:
        found.add("decide")
    if memo.uses.exists():
        found.add("withdraw")
    return found


@require_POST
@viewing("memo")
def live(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """One act of a credit's life."""
    if act not in ACTS:
        raise Http404
    if not may(request.user, act, "memo"):
        raise PermissionDenied(f"Your role does not {act.replace('-', ' ')} credits.")
    memo = get_object_or_404(visible_memos(request.user), pk=pk)
    _, form_class, service, said = ACTS[act]
    form = form_class(request.POST, memo=memo)
    told(request, form, lambda values: service(memo, **values), said)
    return redirect("pages:memo", pk=memo.pk)


def told(request: HttpRequest, form: forms.Form, act: Callable[[dict[str, Any]], Any], said: str) -> Any:
    """Call an act with a form's values, and tell what came of it on the next page. None where it was refused."""
    if not form.is_valid():
        for name, errors in form.errors.items():
            label = (
                form.fields[name].label or name.replace("_", " ").capitalize() if name in form.fields else ""
            )
            messages.error(request, f"{label}: {' '.join(str(one) for one in errors)}")
        return None
    try:
        done = act(form.cleaned_data)
    except DomainError as error:
        messages.error(request, f"Refused, and nothing was changed. {sentence(error)}")
        return None
    messages.success(request, said)
    return done


# Restatements ----------------------------------------------------------------------------------------------


class RestateForm(forms.Form):
    """With which knowledge, and why."""

    restated_on = forms.DateField(label="On, in an open month", widget=Day)
    reason = forms.CharField(max_length=2000, error_messages={"required": "Say why."})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["restated_on"].initial = clock.as_of
        self.label_suffix = ""


def visible_restatements(user: Asking) -> QuerySet[Restatement]:
    """The restatements of results that a user may see."""
    if not may(user, "view", "restatement"):
        return Restatement.objects.none()
    return Restatement.objects.filter(assessment__in=visible_assessments(user).values("pk"))


class ChooseForm(RestateForm):
    """Which final result; only those of the last two years are offered."""

    result = forms.ModelChoiceField(Assessment.objects.none(), empty_label=None, label="Final result")
    field_order = ["result", "restated_on", "reason"]

    def __init__(self, *args: Any, user: Asking, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        since = datetime.combine(clock.as_of() - timedelta(days=731), time(0), UTC)
        rows = visible_assessments(user).filter(finalisation__isnull=False, window_end__gte=since)
        rows = rows.select_related("commitment__version__contract", "commitment__service")
        rows = rows.defer("inputs", "result").order_by("-window_start", "pk")
        self.fields["result"].queryset = rows  # type: ignore[attr-defined]


@viewing("restatement")
def restatements(request: HttpRequest) -> HttpResponse:
    """Every restatement, the last one first; and the form to restate a final result."""
    may_restate = may(request.user, "edit", "restatement")
    if request.method == "POST":
        if not may_restate:
            raise PermissionDenied("Your role does not restate results.")
        form = ChooseForm(request.POST, user=request.user)
        done = told(request, form, _restate, "The result is restated; what was final and issued stays.")
        return redirect("pages:restatement", pk=done.pk) if done else redirect("pages:restatements")
    deep = (
        "assessment__commitment__version__contract",
        "assessment__commitment__service",
        "moved_by__assessment",
    )
    rows = visible_restatements(request.user).select_related(*deep).order_by("-restated_on", "-pk")
    rows = rows.defer("assessment__inputs", "assessment__result", "moved_by__assessment__inputs")
    context: dict[str, Any] = {
        "title": "Restatements",
        "crumbs": [],
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "form": ChooseForm(user=request.user) if may_restate else None,
    }
    return render(request, "pages/finance/restatements.html", context)


def _restate(values: dict[str, Any]) -> Restatement:
    """Restate with what is known now. The demo's day stands still: nothing that came after it is known."""
    row = values.pop("result")
    known_at = min(clock.now(), datetime.combine(clock.as_of() + timedelta(days=1), time(0), UTC))
    window = window_of_row(row)
    return services.restate_window(row.commitment, window=window, known_at=known_at, **values)


@require_safe
@viewing("restatement")
def restatement(request: HttpRequest, pk: int) -> HttpResponse:
    """One restatement: what it moved, figure by figure and fact by fact, and the document over the difference."""
    deep = "assessment__commitment__version__contract", "assessment__commitment__service", "restated_by"
    rows = visible_restatements(request.user).select_related(*deep, "previous", "moved_by__assessment")
    row = get_object_or_404(rows.defer("assessment__inputs", "assessment__result"), pk=pk)
    names = {
        "outcome": "Outcome",
        "level_percent": "Level, %",
        "down_seconds": "Down, seconds",
        "excluded_seconds": "Excluded, seconds",
        "unknown_seconds": "Unknown, seconds",
        "tier_label": "Tier",
        "fee_amount": "Fee",
        "credit_amount": "Credit",
        "payable_amount": "Payable",
    }
    figures = [(names[name], *pair) for name, pair in row.differences["figures"].items()]
    context = {
        "title": f"{row.assessment.commitment.service.name}, {row.assessment.window_label}: restated",
        "crumbs": [("Restatements", reverse("pages:restatements"))],
        "row": row,
        "figures": figures,
        "facts": row.differences["facts"],
        "memo": visible_memos(request.user).filter(restatement=row).first(),
        "moves": row.moves.select_related("assessment").order_by("pk"),
    }
    return render(request, "pages/finance/restatement.html", context)


@require_POST
@viewing("restatement")
def restate(request: HttpRequest, pk: int) -> HttpResponse:
    """Restate the final result that a revision belongs to, with what is known now."""
    if not may(request.user, "edit", "restatement"):
        raise PermissionDenied("Your role does not restate results.")
    row = get_object_or_404(
        visible_assessments(request.user).select_related("commitment__version__contract"), pk=pk
    )
    done = told(
        request,
        RestateForm(request.POST),
        lambda values: _restate(values | {"result": row}),
        "The result is restated; what was final and issued stays as it was.",
    )
    return redirect("pages:restatement", pk=done.pk) if done else redirect("pages:assessment", pk=row.pk)


# Goodwill --------------------------------------------------------------------------------------------------


class GoodwillForm(forms.Form):
    """To whom, how much, why."""

    contract = forms.ModelChoiceField(Contract.objects.none(), to_field_name="reference", empty_label=None)
    amount = forms.DecimalField(max_digits=21, decimal_places=3)
    taken_on = forms.DateField(label="On", widget=Day)
    ends_on = forms.DateField(label="Holds until; may be empty", widget=Day, required=False)
    reason = forms.CharField(max_length=2000, error_messages={"required": "Say why."})

    def __init__(self, *args: Any, user: Asking, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = visible(Contract.objects.filter(direction=Contract.Direction.PROMISED_BY_US), user)
        self.fields["contract"].queryset = mine.order_by("reference")  # type: ignore[attr-defined]
        self.fields["taken_on"].initial = clock.as_of
        self.label_suffix = ""


@viewing("goodwill")
def goodwill(request: HttpRequest) -> HttpResponse:
    """Goodwill credits, apart from service credits, and the form to propose one."""
    may_give = may(request.user, "edit", "goodwill")
    if request.method == "POST":
        if not may_give:
            raise PermissionDenied("Your role does not give goodwill.")
        form = GoodwillForm(request.POST, user=request.user)
        told(
            request,
            form,
            lambda values: services.propose_goodwill(values.pop("contract"), **values),
            "The goodwill credit is proposed; a second person approves it.",
        )
        return redirect("pages:goodwill")
    rows = visible_memos(request.user).filter(kind=CreditMemo.Kind.GOODWILL)
    context: dict[str, Any] = {
        "title": "Goodwill",
        "crumbs": [],
        "page": Paginator(rows.select_related("counterparty", "contract").order_by("-pk"), PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "form": GoodwillForm(user=request.user) if may_give else None,
    }
    return render(request, "pages/finance/goodwill.html", context)
