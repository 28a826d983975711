"""Results, claims, memos and the ledger: facts to look at, and acts that call the services."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.acts import Act
from audit.adminbase import FactsAdmin, FactsInline
from base import clock
from base.access import visible
from credits import services
from credits.admin_forms import AmountForm, DatedForm, KeyForm, NotedForm, ReferenceForm
from credits.admin_uses import USE_ACTS
from credits.models import (
    Account,
    Assessment,
    Breach,
    Claim,
    ClaimStep,
    CreditMemo,
    JournalEntry,
    MemoStep,
    MemoUse,
    OpenQuestion,
    Period,
    PeriodStep,
    Posting,
)
from credits.reading import (
    claims_with_state,
    days_left,
    last_claim_step,
    last_memo_step,
    memos_with_state,
)
from reckoning.money import minor_digits


def money(amount: Decimal | None, currency: str) -> str:
    """An amount with the decimals of its currency, and the currency."""
    return "—" if amount is None else f"{amount:.{minor_digits(currency)}f} {currency}"


OF_ASSESSMENT = ("commitment__version__contract", "commitment__service")


class OpenQuestionInline(FactsInline):
    model = OpenQuestion
    fields = ["code", "sentence", "owner_role"]
    readonly_fields = fields


@admin.register(Assessment)
class AssessmentAdmin(FactsAdmin):
    inlines = [OpenQuestionInline]
    change_form_after_template = "credits/trace.html"
    list_display = [
        "commitment",
        "window_label",
        "revision",
        "outcome",
        "level_percent",
        "credit",
        "is_final",
        "known_at",
    ]
    list_filter = ["outcome", "commitment__version__contract", "commitment__service"]
    search_fields = ["window_label", "commitment__service__code", "commitment__version__contract__reference"]
    exclude = ["inputs", "result"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assessment]:
        """With what the list shows."""
        return super().get_queryset(request).select_related(*OF_ASSESSMENT, "finalisation")

    @admin.display(description="Service credit", ordering="credit_amount")
    def credit(self, row: Assessment) -> str:
        """The amount with its currency; none while a question is open."""
        return money(row.credit_amount, row.currency)

    @admin.display(description="Final", boolean=True)
    def is_final(self, row: Assessment) -> bool:
        """Whether it is the final result of its window."""
        return hasattr(row, "finalisation")


@admin.register(OpenQuestion)
class OpenQuestionAdmin(FactsAdmin):
    list_display = ["assessment", "code", "sentence", "owner_role"]
    list_filter = ["code", "owner_role"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OpenQuestion]:
        """With what the list shows."""
        deep = [f"assessment__{path}" for path in OF_ASSESSMENT]
        return super().get_queryset(request).select_related("assessment", *deep)


@admin.register(Breach)
class BreachAdmin(FactsAdmin):
    list_display = ["assessment", "level", "credit", "found_on"]
    list_filter = ["assessment__commitment__version__contract", "assessment__commitment__service"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Breach]:
        """With what the list shows."""
        deep = [f"assessment__{path}" for path in OF_ASSESSMENT]
        return super().get_queryset(request).select_related("assessment", *deep)

    @admin.display(description="Level, %")
    def level(self, row: Breach) -> str:
        """To six decimals."""
        level = row.assessment.level_percent
        return "—" if level is None else f"{level:.6f}"

    @admin.display(description="Service credit")
    def credit(self, row: Breach) -> str:
        """The amount with its currency."""
        return money(row.assessment.credit_amount, row.assessment.currency)


class ClaimStepInline(FactsInline):
    model = ClaimStep
    fields = ["number", "kind", "taken_on", "amount", "reference", "reason", "taken_by"]
    readonly_fields = fields


def _state_is(*states: str) -> Any:
    return lambda claim: last_claim_step(claim).kind in states


def _ours(claim: Claim) -> bool:
    return claim.breach.assessment.commitment.version.contract.direction == "promised_to_us"


CLAIM_ACTS = (
    Act(
        "send",
        "Claim sent to the vendor",
        ("vendor_manager", "finance"),
        lambda claim, values: services.send_claim(
            claim, sent_on=values["taken_on"], reference=values["reference"]
        ),
        when=lambda claim: _ours(claim) and _state_is("found")(claim),
        form=ReferenceForm,
    ),
    Act(
        "acknowledge",
        "Acknowledged by the vendor",
        ("vendor_manager", "finance"),
        lambda claim, values: services.acknowledge_claim(claim, **values),
        when=_state_is("sent"),
        form=AmountForm,
    ),
    Act(
        "refuse",
        "Refused by the vendor",
        ("vendor_manager", "finance"),
        lambda claim, values: services.refuse_claim(claim, **values),
        when=_state_is("sent"),
        form=DatedForm,
    ),
    Act(
        "receive",
        "Credit received from the vendor",
        ("finance",),
        lambda claim, values: services.receive_payment(
            claim, taken_on=values["taken_on"], amount=values["amount"], reference=values["reference"]
        ),
        when=_state_is("acknowledged"),
        form=AmountForm,
    ),
    Act(
        "claimed",
        "Claimed by the customer",
        ("customer_success", "finance"),
        lambda claim, values: services.record_customer_claim(
            claim, taken_on=values["taken_on"], reference=values["reference"]
        ),
        when=lambda claim: not _ours(claim) and _state_is("found")(claim),
        form=ReferenceForm,
    ),
    Act(
        "waive",
        "Waive the claim: give the credit without one",
        ("finance",),
        lambda claim, values: services.waive_claim(claim, **values),
        when=lambda claim: not _ours(claim) and _state_is("found")(claim),
        form=DatedForm,
    ),
)


@admin.register(Claim)
class ClaimAdmin(FactsAdmin):
    inlines = [ClaimStepInline]
    acts = CLAIM_ACTS
    list_display = ["breach", "state", "state_since", "deadline_on", "left"]
    list_filter = ["breach__assessment__commitment__version__contract"]
    search_fields = ["breach__assessment__window_label", "breach__assessment__commitment__service__code"]
    ordering = ["-deadline_on", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        """With the state of the last step and what the list shows."""
        deep = [f"breach__assessment__{path}" for path in OF_ASSESSMENT]
        rows = visible(claims_with_state(), request.user).select_related("breach__assessment", *deep)
        return rows.order_by(*self.ordering)

    @admin.display(description="State")
    def state(self, row: Any) -> str:
        """The kind of the last step."""
        return str(ClaimStep.Kind(row.state).label)

    @admin.display(description="Since")
    def state_since(self, row: Any) -> date:
        """The day of the last step."""
        return row.state_since

    @admin.display(description="Days left")
    def left(self, row: Any) -> str:
        """Days to the deadline as of today, or of the demo's day, while nothing was done."""
        if row.state != ClaimStep.Kind.FOUND:
            return "—"
        left = days_left(row, clock.as_of())
        return "no deadline" if left is None else str(left)


class MemoStepInline(FactsInline):
    model = MemoStep
    fields = ["number", "state", "taken_on", "document_number", "reason", "taken_by"]
    readonly_fields = fields


def _memo_is(*states: str) -> Any:
    return lambda memo: last_memo_step(memo).state in states


MEMO_ACTS = (
    Act(
        "review",
        "Take into review",
        ("finance", "finance_approver"),
        lambda memo, values: services.review_memo(memo, **values),
        when=_memo_is("proposed"),
        form=NotedForm,
        bulk=True,
    ),
    Act(
        "approve",
        "Approve",
        ("finance_approver",),
        lambda memo, values: services.approve_memo(memo, **values),
        when=_memo_is("proposed", "in_review"),
        form=NotedForm,
        says="Whoever had a hand in what the memo rests on cannot approve it.",
        bulk=True,
    ),
    Act(
        "issue",
        "Issue and post",
        ("finance",),
        lambda memo, values: services.issue_memo(memo, **values),
        when=_memo_is("approved"),
        form=NotedForm,
        says="Gives the memo its number and posts it to the ledger. An issued memo never changes.",
        bulk=True,
    ),
    Act(
        "reverse",
        "Reverse",
        ("finance_approver",),
        lambda memo, values: services.reverse_memo(memo, **values),
        when=_memo_is("issued"),
        form=DatedForm,
    ),
    *USE_ACTS,
)


class MemoUseInline(FactsInline):
    model = MemoUse
    fields = ["number", "kind", "amount", "taken_on", "reference", "reason", "taken_by"]
    readonly_fields = fields


@admin.register(CreditMemo)
class CreditMemoAdmin(FactsAdmin):
    inlines = [MemoStepInline, MemoUseInline]
    acts = MEMO_ACTS
    list_display = ["__str__", "counterparty", "direction", "worth", "state", "document_number"]
    list_filter = ["direction", "counterparty", "currency"]
    search_fields = ["assessment__window_label", "counterparty__name", "steps__document_number"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditMemo]:
        """With the state of the last step and what the list shows."""
        deep = [f"assessment__{path}" for path in OF_ASSESSMENT]
        rows = visible(memos_with_state(), request.user)
        rows = rows.select_related("assessment", "counterparty", "contract", *deep)
        return rows.order_by("-pk")

    @admin.display(description="State")
    def state(self, row: Any) -> str:
        """That of the last step."""
        return str(CreditMemo.State(row.state).label)

    @admin.display(description="Amount", ordering="amount")
    def worth(self, row: CreditMemo) -> str:
        """The amount with its currency."""
        return money(row.amount, row.currency)

    @admin.display(description="Number")
    def document_number(self, row: Any) -> str:
        """Given at issue."""
        return row.document_number or "—"


@admin.register(Account)
class AccountAdmin(FactsAdmin):
    list_display = ["__str__", "legal_entity", "kind", "counterparty", "currency"]
    list_filter = ["kind", "purpose", "currency"]
    list_select_related = ["legal_entity", "counterparty"]


class PostingInline(FactsInline):
    model = Posting
    fields = ["account", "side", "amount", "currency"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        """With the account's name."""
        return super().get_queryset(request).select_related("account__counterparty")


def _is_reversible(entry: JournalEntry) -> bool:
    return entry.reverses_id is None and entry.memo_id is None and not hasattr(entry, "reversed_by")


@admin.register(JournalEntry)
class JournalEntryAdmin(FactsAdmin):
    inlines = [PostingInline]
    acts = (
        Act(
            "reverse",
            "Reverse",
            ("finance",),
            lambda entry, values: services.reverse_entry(
                entry, effective_on=values["taken_on"], reason=values["reason"]
            ),
            when=lambda entry: (
                entry.reverses_id is None and entry.memo_id is None and not hasattr(entry, "reversed_by")
            ),
            form=DatedForm,
            says="The mirror of the entry is posted. Entries of memos are reversed with their memo.",
        ),
    )
    list_display = ["reference", "effective_on", "description", "posted_at", "reverses"]
    list_filter = ["legal_entity"]
    list_select_related = ["reverses"]
    search_fields = ["reference", "description"]
    date_hierarchy = "effective_on"
    exclude = ["transaction_id"]


class PeriodStepInline(FactsInline):
    model = PeriodStep
    fields = ["number", "state", "reason", "taken_by", "recorded_at"]
    readonly_fields = fields


def _is_closed(period: Period) -> bool:
    last = period.steps.order_by("-number").first()
    return last is not None and last.state == PeriodStep.State.CLOSED


def _is_closed_or_locked(period: Period) -> bool:
    last = period.steps.order_by("-number").first()
    return last is not None and last.state != PeriodStep.State.REOPENED


@admin.register(Period)
class PeriodAdmin(FactsAdmin):
    inlines = [PeriodStepInline]
    acts = (
        Act(
            "close",
            "Close",
            ("finance",),
            lambda period, values: services.close_period(
                period.legal_entity, starts_on=period.starts_on, reason=values["reason"]
            ),
            when=lambda period: not _is_closed(period),
        ),
        Act(
            "reopen",
            "Reopen",
            ("finance_approver",),
            lambda period, values: services.reopen_period(
                period.legal_entity, starts_on=period.starts_on, reason=values["reason"]
            ),
            when=_is_closed_or_locked,
        ),
        Act(
            "lock",
            "Lock",
            ("finance",),
            lambda period, values: services.lock_period(
                period.legal_entity, starts_on=period.starts_on, reason=values["reason"]
            ),
            when=lambda period: not _is_closed_or_locked(period),
            says="From then on finance approvers alone post into it.",
        ),
        Act(
            "close-by-job",
            "Close by a worker",
            ("finance",),
            lambda period, values: services.request_close(
                period.legal_entity, starts_on=period.starts_on, as_of=clock.as_of(), reason=values["reason"]
            ),
            when=lambda period: not _is_closed(period),
            says="Accrues, revalues, looks through the checklist and closes; it goes on where it was interrupted.",
        ),
        Act(
            "accept",
            "Accept a finding of the checklist",
            ("finance", "finance_approver", "legal", "vendor_manager"),
            lambda period, values: services.accept_finding(
                period.legal_entity, starts_on=period.starts_on, key=values["key"], reason=values["reason"]
            ),
            when=lambda period: not _is_closed(period),
            form=KeyForm,
        ),
    )
    list_display = ["__str__", "legal_entity", "starts_on"]
    list_filter = ["legal_entity"]
    list_select_related = ["legal_entity"]
