"""What becomes of credits: when they are paid, earned back, offset, or expire, and which rights arise."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from reckoning.assessment.deadlines import Dates
from reckoning.assessment.moments import Moment
from reckoning.assessment.remedy_facts import MonthAmount, PastWindow, RemedyFacts
from reckoning.assessment.result import OpenQuestion
from reckoning.assessment.rights import RightResult, contradictions, rights_over
from reckoning.errors import InputError
from reckoning.money import minor_digits, round_amount
from reckoning.terms.remedy import EarnBack, Expiry, Offset, PaymentCalendar, RemedyTerms
from reckoning.timeline.windows import WindowShape

__all__ = ["MonthAmount", "PastWindow", "RemedyFacts", "RemedyResult", "assess_remedy"]

_NOTHING = Decimal(0)


class Payment(NamedTuple):
    """One payment: its months, when it is made, and how much."""

    first_month: str
    last_month: str
    paid_in: str
    months: tuple[str, ...]
    amount: Decimal


class PaymentResult(NamedTuple):
    """Credits by payment, and those that a cancellation loses."""

    payments: tuple[Payment, ...]
    lost: tuple[tuple[str, Decimal], ...]
    paid: Decimal


class EarnBackResult(NamedTuple):
    """Whether a credit was earned back; None while the windows after it are not all known."""

    cancelled: bool | None
    earned_back: Decimal | None
    credit_final: Decimal | None


class OffsetDeduction(NamedTuple):
    """One deduction: what could be used against it, what was, and what is left to pay."""

    month: str | None
    gross: Decimal
    usable: Decimal
    offset: Decimal
    net: Decimal


class OffsetResult(NamedTuple):
    """All deductions, and what is left of the earned credits at the end."""

    deductions: tuple[OffsetDeduction, ...]
    unused: Decimal

    @property
    def gross(self) -> Decimal:
        """What would have been paid without earned credits."""
        return sum((one.gross for one in self.deductions), _NOTHING)

    @property
    def net(self) -> Decimal:
        """What is paid."""
        return sum((one.net for one in self.deductions), _NOTHING)

    @property
    def offset(self) -> Decimal:
        """What earned credits cancelled."""
        return sum((one.offset for one in self.deductions), _NOTHING)


class ExpiryResult(NamedTuple):
    """The last day on which a credit can be used, and what becomes of the rest then."""

    last_day: date | None
    then: str
    pay_by: date | None
    lost: Decimal | None
    paid_out: Decimal | None


@dataclass(frozen=True, slots=True)
class RemedyResult:
    """What the remedy of the terms makes of the facts; None where the terms have no such block."""

    rights: tuple[RightResult, ...]
    contradictions: dict[str, bool | None]
    payment: PaymentResult | None
    earn_back: EarnBackResult | None
    offset: OffsetResult | None
    expiry: ExpiryResult | None
    open_questions: tuple[OpenQuestion, ...]
    currency: str

    def to_json_obj(self) -> dict[str, Any]:
        """Plain JSON values; blocks that the terms do not have are left out."""
        plain: dict[str, Any] = {}
        if self.rights:
            plain["rights"] = {right.name: right.to_json_obj() for right in self.rights}
        if self.contradictions:
            plain["contradictions"] = dict(self.contradictions)
        if self.payment is not None:
            plain["payment"] = {
                "paid": self._text(self.payment.paid),
                "payments": [
                    {**one._asdict(), "months": list(one.months), "amount": self._text(one.amount)}
                    for one in self.payment.payments
                ],
                "lost": [
                    {"month": month, "amount": self._text(amount)} for month, amount in self.payment.lost
                ],
            }
        if self.earn_back is not None:
            plain["earn_back"] = {
                "cancelled": self.earn_back.cancelled,
                "earned_back": self._text(self.earn_back.earned_back),
                "credit_final": self._text(self.earn_back.credit_final),
            }
        if self.offset is not None:
            plain["offset"] = {
                "gross": self._text(self.offset.gross),
                "offset": self._text(self.offset.offset),
                "net": self._text(self.offset.net),
                "unused": self._text(self.offset.unused),
                "deductions": [
                    {
                        name: value if name == "month" else self._text(value)
                        for name, value in one._asdict().items()
                    }
                    for one in self.offset.deductions
                ],
            }
        if self.expiry is not None:
            plain["expiry"] = {
                "last_day": self.expiry.last_day.isoformat() if self.expiry.last_day else None,
                "then": self.expiry.then,
                "pay_by": self.expiry.pay_by.isoformat() if self.expiry.pay_by else None,
                "lost": self._text(self.expiry.lost),
                "paid_out": self._text(self.expiry.paid_out),
            }
        plain["open_questions"] = [question._asdict() for question in self.open_questions]
        return plain

    def _text(self, amount: Decimal | None) -> str | None:
        """At least the decimals of the currency."""
        if amount is None:
            return None
        places = minor_digits(self.currency)
        exponent = amount.as_tuple().exponent
        if isinstance(exponent, int) and -exponent >= places:
            return format(amount, "f")
        return f"{amount:.{places}f}"


def assess_remedy(remedy: RemedyTerms, facts: RemedyFacts, *, currency: str, zone: str) -> RemedyResult:
    """What becomes of the credits in `facts`, and which rights their history gives.

    Amounts are exact, in `currency`; only a share of an amount is rounded, half up, to its minor unit. `zone`
    is the contract's, for business days. A block of the terms for which the facts are silent gives nothing;
    what is half known gives an open question. Raises InputError for facts that cannot be.
    """
    calendar = remedy.calendar.calendar(zone, facts.holidays)
    rights = rights_over(remedy.rights, facts.history, calendar) if facts.history else ()
    questions = [question for right in rights for question in right.questions]
    earn_back = None
    if remedy.earn_back is not None and facts.credit_amount is not None:
        earn_back = earned_back(remedy.earn_back, facts.credit_amount, facts.following_met or (), currency)
        if earn_back.cancelled is None:
            sentence = "The windows that follow are not all known; the credit may yet be earned back."
            questions.append(OpenQuestion("EARN_BACK_OPEN", sentence))
    try:
        return RemedyResult(
            rights=rights,
            contradictions=contradictions(remedy.rights, rights) if rights else {},
            payment=paid(remedy.payment, facts) if remedy.payment is not None and facts.credits else None,
            earn_back=earn_back,
            offset=offset(remedy.offset, facts, currency) if remedy.offset and facts.deductions else None,
            expiry=expires(
                remedy.expiry, facts, Dates(zone, calendar, WindowShape("calendar_month")), questions
            )
            if remedy.expiry is not None
            else None,
            open_questions=tuple(questions),
            currency=currency,
        )
    except OverflowError:
        raise InputError("remedy: a day lies outside the calendar", code="CALENDAR") from None


def paid(terms: PaymentCalendar, facts: RemedyFacts) -> PaymentResult:
    """Sum monthly credits by payment period, less what a cancellation loses."""
    amounts: dict[int, Decimal] = {}
    for credit in facts.credits:
        if credit.month is None:
            raise InputError(
                "credits: a credit without its month cannot be put into a payment", code="NO_MONTH"
            )
        number = _number(credit.month)
        amounts[number] = amounts.get(number, _NOTHING) + credit.amount
    cancelled = _number(facts.cancelled_in) if facts.cancelled_in else None
    periods: dict[int, list[int]] = {}
    lost: list[tuple[str, Decimal]] = []
    for number in sorted(amounts):
        begin = _period_of(terms, number)
        if cancelled is not None and _is_lost(terms, number, begin, cancelled):
            lost.append((_month(number), amounts[number]))
        else:
            periods.setdefault(begin, []).append(number)
    payments = tuple(
        Payment(
            first_month=_month(begin),
            last_month=_month(begin + terms.every_months - 1),
            paid_in=_month(begin + terms.every_months - 1 + terms.paid_months_later),
            months=tuple(_month(number) for number in numbers),
            amount=sum((amounts[number] for number in numbers), _NOTHING),
        )
        for begin, numbers in periods.items()
    )
    return PaymentResult(payments, tuple(lost), sum((one.amount for one in payments), _NOTHING))


def _is_lost(terms: PaymentCalendar, number: int, begin: int, cancelled: int) -> bool:
    if terms.on_cancellation == "month_lost":
        return number >= cancelled
    if terms.on_cancellation == "period_lost":
        return begin >= _period_of(terms, cancelled)
    if terms.on_cancellation == "unpaid_lost":
        return begin + terms.every_months - 1 + terms.paid_months_later >= cancelled
    return False


def _period_of(terms: PaymentCalendar, number: int) -> int:
    return number - (number - (terms.first_month - 1)) % terms.every_months


def earned_back(
    terms: EarnBack, credit: Decimal, following_met: tuple[bool, ...], currency: str
) -> EarnBackResult:
    """Whether the windows after a miss cancel its credit; the first `following` of them count."""
    seen = following_met[: terms.following]
    needed = terms.needed if terms.needed is not None else terms.following
    met = sum(seen)
    if met >= needed:
        share = round_amount(Fraction(credit) * Fraction(terms.share_percent) / 100, currency)
        return EarnBackResult(True, share, credit - share)
    if met + terms.following - len(seen) < needed:
        return EarnBackResult(False, _NOTHING, credit)
    return EarnBackResult(None, None, None)


def offset(terms: Offset, facts: RemedyFacts, currency: str) -> OffsetResult:
    """Use earned credits against deductions in order of their months, the oldest credit first.

    Amounts without a month come first, and credits without one serve any deduction.
    """
    earned = sorted(facts.earned, key=lambda one: one.month or "")
    left = [one.amount for one in earned]
    done: list[OffsetDeduction] = []
    for deduction in sorted(facts.deductions, key=lambda one: one.month or ""):
        serving = [at for at, one in enumerate(earned) if _serves(terms, one.month, deduction.month)]
        usable = sum((left[at] for at in serving), _NOTHING)
        most = deduction.amount
        if terms.share_percent != 100:
            most = round_amount(Fraction(most) * Fraction(terms.share_percent) / 100, currency)
        wanted = used = min(usable, most)
        for at in serving:
            taken = min(left[at], wanted)
            left[at] -= taken
            wanted -= taken
        done.append(OffsetDeduction(deduction.month, deduction.amount, usable, used, deduction.amount - used))
    return OffsetResult(tuple(done), sum(left, _NOTHING))


def _serves(terms: Offset, earned: str | None, month: str | None) -> bool:
    if earned is None or month is None:
        return True
    age = _number(month) - _number(earned)
    return (0 if terms.own_month else 1) <= age <= terms.serves_months


def expires(terms: Expiry, facts: RemedyFacts, dates: Dates, questions: list[OpenQuestion]) -> ExpiryResult:
    """Until when a credit can be used; asks for the day that this is counted from."""
    last: date | None = None
    if terms.after is not None:
        origin = facts.issued_on if terms.counted_from == "issued" else facts.window_last_day
        if origin is None:
            name = "issued_on" if terms.counted_from == "issued" else "window_last_day"
            questions.append(OpenQuestion("EXPIRY_ANCHOR", f"The credit expires, but {name} is not known."))
        else:
            anchor = Moment(origin, None, period_end=terms.counted_from == "window_end")
            last = dates.days_after(anchor, terms.after.count, terms.after.unit)
    if terms.at_term_end:
        if facts.term_last_day is None:
            questions.append(
                OpenQuestion("EXPIRY_ANCHOR", "The credit ends with the term; its last day is missing.")
            )
            last = None
        elif terms.after is None or last is not None:
            last = facts.term_last_day if last is None else min(last, facts.term_last_day)
    pay_by = None
    if terms.then == "paid_out" and last is not None and terms.paid_within_days is not None:
        pay_by = last + timedelta(days=terms.paid_within_days)
    rest = facts.left_amount
    return ExpiryResult(
        last,
        terms.then,
        pay_by,
        rest if terms.then == "lost" else None,
        rest if terms.then == "paid_out" else None,
    )


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _month(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
