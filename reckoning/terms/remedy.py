"""The blocks of a remedy: in what form a credit is given, how it may come to an end, and which rights arise."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reckoning.fields import Flag, Name, Number, Percent, Text, Value
from reckoning.terms.calendars import CalendarTerms
from reckoning.terms.claims import After, AnchorName
from reckoning.terms.faults import fault

GivenAs = Literal[
    "next_invoice",
    "future_invoices",
    "refund",
    "payment_card",
    "account_credit",
    "voucher",
    "service_time",
    "cash",
]
_Count = Annotated[int, Field(strict=True, ge=1, le=400)]
_Days = Annotated[int, Field(strict=True, ge=0, le=3660)]


class CreditForm(Value):
    """In what form a credit is given."""

    given_as: tuple[GivenAs, ...] = Field(
        min_length=1, max_length=8, description="Several: chosen_by chooses one of them."
    )
    chosen_by: Literal["provider", "customer"] | None = None
    same_service_only: Flag = Field(default=False, description="Usable only for the service that missed.")
    transferable: Flag = False
    customer_may_deduct: Flag = Field(
        default=False, description="The customer may set the credit off against what it owes by itself."
    )
    fallback: GivenAs | None = Field(
        default=None, description="The form where the first cannot be had, as with no invoice to come."
    )
    fallback_within_days: _Days | None = None
    sole_remedy: Flag = Field(default=False, description="Nothing else can be asked for the miss.")
    note: Text | None = None

    @model_validator(mode="after")
    def _choice_has_a_chooser(self) -> Self:
        if (len(self.given_as) > 1) != (self.chosen_by is not None):
            raise fault("chosen_by", "says who chooses among several forms, and only there")
        if self.fallback_within_days is not None and self.fallback is None:
            raise fault("fallback_within_days", "belongs to a fallback; name its form")
        return self


class Expiry(Value):
    """Until when a credit that was given can be used, and what becomes of the rest."""

    after: After | None = Field(default=None, description="So long after counted_from. Empty: no such limit.")
    counted_from: Literal["issued", "window_end"] = "issued"
    at_term_end: Flag = Field(default=False, description="No longer than the term lasts.")
    then: Literal["lost", "paid_out"] = "lost"
    paid_within_days: _Days | None = Field(default=None, description="Days after the last day of use.")

    @model_validator(mode="after")
    def _ends_somehow(self) -> Self:
        if self.after is None and not self.at_term_end:
            raise fault("after", "or at_term_end must say when a credit ends; else leave the expiry away")
        if self.after is not None and self.after.unit not in ("days", "weeks", "months", "quarters", "years"):
            raise fault("after.unit", "must be days, weeks, months, quarters or years")
        if self.paid_within_days is not None and self.then != "paid_out":
            raise fault("paid_within_days", "belongs to a rest that is paid out")
        return self


class PaymentCalendar(Value):
    """Credits that are computed by the month and paid by longer periods."""

    every_months: Annotated[int, Field(strict=True, ge=1, le=12)] = 3
    first_month: Annotated[int, Field(strict=True, ge=1, le=12)] = Field(
        default=1, description="A month in which a payment period begins."
    )
    paid_months_later: Annotated[int, Field(strict=True, ge=0, le=24)] = Field(
        default=1, description="1: in the month after the period."
    )
    on_cancellation: Literal["nothing_lost", "month_lost", "period_lost", "unpaid_lost"] = Field(
        default="nothing_lost",
        description="Which credits are lost: of the month of cancellation, of its payment period, or all unpaid.",
    )

    @model_validator(mode="after")
    def _periods_fill_the_year(self) -> Self:
        if 12 % self.every_months:
            raise fault("every_months", "must divide the year: 1, 2, 3, 4, 6 or 12")
        return self


class EarnBack(Value):
    """A credit is cancelled when later windows meet the target."""

    following: _Count = Field(description="How many windows after the miss are looked at.")
    needed: _Count | None = Field(default=None, description="How many of them must meet it. Empty: all.")
    share_percent: Percent = Field(default=Decimal(100), description="How much of the credit is cancelled.")

    @model_validator(mode="after")
    def _needs_no_more_than_it_looks_at(self) -> Self:
        if self.needed is not None and self.needed > self.following:
            raise fault("needed", f"{self.needed} of {self.following} windows cannot be")
        return self


class Offset(Value):
    """Credits that the provider earns by good months and that cancel deductions, while they last."""

    serves_months: _Count = Field(
        description="In how many months after its own an earned credit can be used."
    )
    own_month: Flag = Field(default=False, description="Also in its own month.")
    share_percent: Percent = Field(default=Decimal(100), description="How much of a deduction can be offset.")


class Threshold(Value):
    """A bound on a figure of a window, or on the sum of several windows."""

    on: Name = Field(description="The figure, for example down_seconds.")
    op: Literal["at_most", "less_than", "at_least", "more_than"]
    value: Number
    percent_of: Name | None = Field(
        default=None, description="The figure is taken in percent of this one, for example base_seconds."
    )
    summed: Flag = Field(default=False, description="Summed over the windows of of_last, then compared.")

    def passed(self, figure: Fraction) -> bool:
        """Whether a figure lies on the side of the bound that counts. Exact."""
        bound = Fraction(self.value)
        return {
            "at_most": figure <= bound,
            "less_than": figure < bound,
            "at_least": figure >= bound,
            "more_than": figure > bound,
        }[self.op]


class Right(Value):
    """A right that arises when windows count against the provider: k of any n in a row, or a threshold."""

    name: AnchorName
    effect: Literal["termination", "step_up", "renegotiation", "audit", "other"] = "termination"
    sentence: Text = Field(
        description="The right in words, with what it gives: a refund, a higher credit, ..."
    )
    counts: Literal["missed", "credit_owed", "threshold"] = Field(
        default="missed", description="Which windows count: a missed target, an owed credit, or a threshold."
    )
    threshold: Threshold | None = None
    at_least: _Count = Field(default=1, description="So many windows must count.")
    of_last: _Count = Field(default=1, description="Of so many in a row. The same number: consecutive.")
    notified_within_days: _Days | None = Field(
        default=None, description="A window counts only if notified within so many days after its last day."
    )
    exercise: After | None = Field(
        default=None, description="How long it can be exercised after the window in which it arises."
    )
    same_promise: Name | None = Field(
        default=None,
        description="Rights of one name mean the same; where they disagree, the text contradicts itself.",
    )

    @model_validator(mode="after")
    def _counts_something(self) -> Self:
        if (self.counts == "threshold") != (self.threshold is not None):
            raise fault("threshold", "belongs to counts: threshold, and is needed there")
        summed = self.threshold is not None and self.threshold.summed
        if self.at_least > self.of_last:
            raise fault("at_least", f"{self.at_least} of {self.of_last} windows cannot be")
        if summed and self.at_least != 1:
            raise fault("at_least", "is 1 where the figures of of_last windows are summed")
        if self.exercise is not None and self.exercise.unit in (
            "hours",
            "minutes",
            "seconds",
            "business_hours",
            "cycles",
        ):
            raise fault("exercise.unit", "must be days, business_days, weeks, months, quarters or years")
        return self


class RemedyTerms(Value):
    """What a credit is in the end, and what else a miss gives."""

    form: CreditForm | None = None
    expiry: Expiry | None = None
    payment: PaymentCalendar | None = None
    earn_back: EarnBack | None = None
    offset: Offset | None = None
    rights: tuple[Right, ...] = Field(default=(), max_length=50)
    calendar: CalendarTerms = Field(default=CalendarTerms(), description="For business days.")

    @model_validator(mode="after")
    def _rights_have_names_of_their_own(self) -> Self:
        names = [right.name for right in self.rights]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise fault(f"rights.{index}.name", f"{name!r} stands there twice; each right has its name")
        return self
