"""Remedies in plain English, every field in its words."""

from reckoning.canonical import decimal_text
from reckoning.terms.calendars import CalendarTerms
from reckoning.terms.remedy import (
    CreditForm,
    EarnBack,
    Expiry,
    Offset,
    PaymentCalendar,
    RemedyTerms,
    Right,
    Threshold,
)
from reckoning.terms.wording_dates import after_words, named, word_calendar
from reckoning.terms.wording_parts import any_of, plural

_GIVEN_AS = {
    "next_invoice": "a deduction from the next invoice",
    "future_invoices": "a deduction from future invoices",
    "refund": "a refund",
    "payment_card": "a payment to the payment card",
    "account_credit": "a credit on the account",
    "voucher": "a voucher",
    "service_time": "time of service",
    "cash": "money",
}
_OPS = {
    "at_most": "is at most",
    "less_than": "is less than",
    "at_least": "is at least",
    "more_than": "is more than",
}
_LOST = {
    "nothing_lost": "A cancellation loses no credit.",
    "month_lost": "A cancellation loses the credits of its month and after.",
    "period_lost": "A cancellation loses the credits of its payment period and after.",
    "unpaid_lost": "A cancellation loses all credits not paid before its month.",
}
_EFFECTS = {
    "termination": "Right to terminate",
    "step_up": "Step-up",
    "renegotiation": "Right to renegotiate",
    "audit": "Right to an audit",
    "other": "Right",
}


def word_remedy(remedy: RemedyTerms, zone: str) -> list[str]:
    """The sentences of a remedy; `zone` is the contract's."""
    sentences: list[str] = []
    if remedy.form is not None:
        sentences += _form(remedy.form)
    if remedy.expiry is not None:
        sentences.append(_expiry(remedy.expiry))
    if remedy.payment is not None:
        sentences += _payment(remedy.payment)
    if remedy.earn_back is not None:
        sentences.append(_earn_back(remedy.earn_back))
    if remedy.offset is not None:
        sentences.append(_offset(remedy.offset))
    sentences += [_right(right) for right in remedy.rights]
    if remedy.calendar != CalendarTerms() or any(
        right.exercise is not None and right.exercise.unit == "business_days" for right in remedy.rights
    ):
        sentences += word_calendar(remedy.calendar, zone)
    return sentences


def _form(form: CreditForm) -> list[str]:
    given = any_of([_GIVEN_AS[one] for one in form.given_as])
    choice = f", as the {form.chosen_by} chooses" if form.chosen_by else ""
    sentences = [f"The credit is given as {given}{choice}."]
    if form.same_service_only:
        sentences.append("It can be used for the same service only.")
    sentences.append(f"It {'can' if form.transferable else 'cannot'} be transferred.")
    if form.customer_may_deduct:
        sentences.append("The customer may deduct it from what it owes by itself.")
    if form.fallback is not None:
        within = (
            "" if form.fallback_within_days is None else f" within {plural(form.fallback_within_days, 'day')}"
        )
        sentences.append(f"Where that cannot be had, it is given as {_GIVEN_AS[form.fallback]}{within}.")
    if form.sole_remedy:
        sentences.append("Nothing else can be asked for the miss.")
    if form.note is not None:
        sentences.append(form.note)
    return sentences


def _expiry(expiry: Expiry) -> str:
    limits: list[str] = []
    if expiry.after is not None:
        origin = "it was issued" if expiry.counted_from == "issued" else "the last day of the window"
        limits.append(f"until {after_words(expiry.after)} after {origin}")
    if expiry.at_term_end:
        limits.append("until the term ends")
    which = ", whichever is earlier" if len(limits) > 1 else ""
    rest = "The rest is lost."
    if expiry.then == "paid_out":
        rest = "The rest is paid out."
        if expiry.paid_within_days is not None:
            rest = f"The rest is paid out within {plural(expiry.paid_within_days, 'day')} after that."
    return f"A credit can be used {any_of(limits)}{which}. {rest}"


def _payment(payment: PaymentCalendar) -> list[str]:
    later = "in the last month of the period"
    if payment.paid_months_later:
        later = f"{plural(payment.paid_months_later, 'month')} after the last month of the period"
    return [
        f"Credits are computed by the month and paid for {plural(payment.every_months, 'month')} at a time, {later}.",
        f"A period begins in month {payment.first_month} of the year.",
        _LOST[payment.on_cancellation],
    ]


def _earn_back(terms: EarnBack) -> str:
    needed = terms.needed if terms.needed is not None else terms.following
    return (
        f"If {needed} of the {plural(terms.following, 'window')} after the miss meet the target, "
        f"{decimal_text(terms.share_percent)} % of the credit is cancelled."
    )


def _offset(terms: Offset) -> str:
    own = "its own month and " if terms.own_month else ""
    return (
        f"Credits earned by good performance cancel up to {decimal_text(terms.share_percent)} % of a deduction in "
        f"{own}the {plural(terms.serves_months, 'month')} after their own, the oldest first; then they expire."
    )


def _right(right: Right) -> str:
    if right.threshold is not None and right.threshold.summed:
        when = f"when {_threshold(right.threshold)}, summed over {plural(right.of_last, 'window')} in a row"
    else:
        if right.at_least == right.of_last:
            times = "in a window" if right.at_least == 1 else f"in {right.at_least} windows in a row"
        else:
            times = f"in {right.at_least} of any {right.of_last} windows in a row"
        what = {"missed": "the target is missed", "credit_owed": "a credit is owed"}.get(right.counts, "")
        when = f"when {what or (_threshold(right.threshold) if right.threshold else '')} {times}"
    text = f"{_EFFECTS[right.effect]}, {named(right.name)}: {right.sentence} It arises {when}."
    if right.notified_within_days is not None:
        days = plural(right.notified_within_days, "day")
        text += f" A window counts only if it was notified within {days} after its last day."
    if right.exercise is not None:
        text += (
            f" It can be exercised within {after_words(right.exercise)} after the window in which it arises."
        )
    if right.same_promise is not None:
        text += f" It says the same as every other right marked {right.same_promise}."
    return text


def _threshold(threshold: Threshold) -> str:
    of = f" in percent of {named(threshold.percent_of)}" if threshold.percent_of else ""
    return f"{named(threshold.on)}{of} {_OPS[threshold.op]} {decimal_text(threshold.value)}"
