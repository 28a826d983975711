"""The admin's acts on an issued credit: its uses, and disputes about it."""

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from audit.acts import Act
from credits import services
from credits.admin_forms import AmountForm, DatedForm
from credits.errors import OtherParties, WrongStep
from credits.invoices.models import Invoice
from credits.models import CreditMemo, Dispute, DisputeStep, MemoUse
from credits.reading import is_in_dispute, last_memo_step, memo_balance, open_disputes


class ApplyForm(AmountForm):
    """Which invoice a credit is applied to."""

    reference = forms.CharField(widget=UnfoldAdminTextInputWidget, max_length=100, label="Invoice")


class ClawBackForm(AmountForm):
    """Which claw-back a credit is set off against."""

    reference = forms.RegexField(
        r"^\d{1,18}/\d{1,9}$",
        widget=UnfoldAdminTextInputWidget,
        label="Claw-back",
        help_text="The memo and the number of its use, as 12/3.",
    )


class DecidedForm(DatedForm):
    """How much, where it is not the whole."""

    amount = AmountForm.base_fields["amount"]


class VerdictForm(DecidedForm):
    """What becomes of what was used too much."""

    verdict = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget, choices=[("claw_back", "Claw back"), ("write_off", "Write off")]
    )


class DoubtForm(DatedForm):
    """A reason, and perhaps a reference of the other side."""

    reference = forms.CharField(widget=UnfoldAdminTextInputWidget, max_length=200, required=False)


class ResolveForm(DoubtForm):
    """How a dispute ends."""

    verdict = forms.ChoiceField(widget=UnfoldAdminSelectWidget, choices=DisputeStep.Verdict.choices)


def _usable(memo: CreditMemo) -> bool:
    ours = memo.direction == "promised_by_us" and memo.kind != CreditMemo.Kind.REDUCTION
    return ours and last_memo_step(memo).state == CreditMemo.State.ISSUED


def _invoice(name: str) -> Invoice:
    found = Invoice.objects.filter(external_id=name).first()
    if found is None:
        raise OtherParties(f"reference: there is no invoice {name!r}")
    return found


def _claw_back(name: str) -> MemoUse:
    memo, number = name.split("/")
    found = MemoUse.objects.filter(memo=int(memo), number=int(number)).first()
    if found is None:
        raise OtherParties(f"reference: there is no claw-back {name!r}")
    return found


def _open_dispute(memo: CreditMemo) -> Dispute:
    found = open_disputes().filter(memo=memo).first()
    if found is None:
        raise WrongStep(f"memo: {memo} is in no dispute")
    return found


def _used_too_much(memo: CreditMemo) -> bool:
    return _usable(memo) and memo_balance(memo) < 0


USE_ACTS = (
    Act(
        "apply",
        "Apply to an invoice",
        ("finance",),
        lambda memo, values: services.apply_credit(
            memo,
            invoice=_invoice(values["reference"]),
            taken_on=values["taken_on"],
            amount=values["amount"],
            reason=values["reason"],
        ),
        when=_usable,
        form=ApplyForm,
    ),
    Act(
        "pay-out",
        "Pay out",
        ("finance",),
        lambda memo, values: services.pay_out(memo, **values),
        when=_usable,
        form=AmountForm,
    ),
    Act(
        "set-off",
        "Set off against a claw-back",
        ("finance",),
        lambda memo, values: services.set_off(
            memo,
            against=_claw_back(values["reference"]),
            taken_on=values["taken_on"],
            amount=values["amount"],
            reason=values["reason"],
        ),
        when=_usable,
        form=ClawBackForm,
    ),
    Act(
        "withdraw",
        "Withdraw",
        ("finance_approver",),
        lambda memo, values: services.withdraw_credit(memo, **values),
        when=_usable,
        form=DecidedForm,
        says="For a credit that is wrong and was used: a further entry reduces it, nothing is voided.",
    ),
    Act(
        "decide",
        "Decide about what was used too much",
        ("finance_approver",),
        lambda memo, values: services.decide_used_part(memo, **values),
        when=_used_too_much,
        form=VerdictForm,
    ),
    Act(
        "dispute",
        "Open a dispute",
        ("finance", "customer_success", "vendor_manager"),
        lambda memo, values: services.open_dispute(memo, **values),
        when=lambda memo: last_memo_step(memo).state == CreditMemo.State.ISSUED and not is_in_dispute(memo),
        form=DoubtForm,
        says="While it is open nothing of the credit is used.",
    ),
    Act(
        "answer",
        "Answer the dispute",
        ("finance", "finance_approver", "customer_success", "vendor_manager", "legal"),
        lambda memo, values: services.answer_dispute(_open_dispute(memo), **values),
        when=is_in_dispute,
        form=DoubtForm,
    ),
    Act(
        "resolve",
        "Resolve the dispute",
        ("finance_approver",),
        lambda memo, values: services.resolve_dispute(_open_dispute(memo), **values),
        when=is_in_dispute,
        form=ResolveForm,
    ),
)
