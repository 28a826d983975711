"""What terms would have paid on what was measured: any terms, signed or not, on a contract's own past. Reading only.

The facts are those of the product (``measurements.past``, invoices, approved exclusions), the reckoning is the engine
that reckons results, and windows follow one another so that a cap over several of them sees what the earlier ones
took. Where a fact is missing a window has no figure and says what is missing; it is never a zero. Terms are laid on
the past as they stand: what anybody would have done differently under them, nobody knows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import islice
from typing import Any, Literal

from contracts.models import Contract, Service
from credits.caps import carried_from, terms_carry_over, terms_reach_over_windows
from credits.gaps import counts_intervals, gap_question, may_be_silent, silence_question
from credits.invoices.fees import FeeBook
from credits.whatif_windows import Replay, replay_of
from measurements.errors import SourceUnbound, WrongShape
from measurements.past import Asked, Past
from reckoning.assessment import reckon
from reckoning.assessment.inputs import EarlierWindow
from reckoning.canonical import canonical_json, sha256_hex
from reckoning.errors import ReckoningError
from reckoning.fields import zone_info
from reckoning.terms import CommitmentTerms, Terms, terms_sha256
from reckoning.timeline import Window, local_instant
from reckoning.timeline.windows import add_months, windows

MONTHS = 24
WARM_UP_MONTHS = 12
"""Windows before the first month that is shown, where a cap or a rise reaches back over several of them."""
MOST_WINDOWS = 1000
"""Windows of one service of one commitment. Hours of two years are more, and nobody reads them month by month."""
MOST_IN_ALL = 6000
"""Windows of one set of terms, some seconds of reckoning: more than contracts have, fewer than a post could ask."""
Outcome = Literal["met", "breach"]


@dataclass(frozen=True)
class Month:
    """One month of one set of terms: every window that ended in it. ``credit`` is None where any amount is unknown."""

    label: str
    replays: tuple[Replay, ...]

    @property
    def outcome(self) -> Outcome | None:
        """Missed where any window was; met where all were; None where nothing ended or a level is unknown."""
        said = {one.outcome for one in self.replays}
        if "breach" in said:
            return "breach"
        return "met" if said == {"met"} else None

    @property
    def credit(self) -> Decimal | None:
        """What all its windows would have paid; None where nothing ended in it or one of them has no figure."""
        amounts = [one.credit for one in self.replays if one.credit is not None]
        return sum(amounts, Decimal(0)) if amounts and len(amounts) == len(self.replays) else None

    @property
    def told_credit(self) -> Decimal:
        """What those windows would have paid that have a figure."""
        return sum((one.credit for one in self.replays if one.credit is not None), Decimal(0))

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, each sentence once."""
        return tuple(dict.fromkeys(said for one in self.replays for said in one.missing))


@dataclass(frozen=True)
class WhatIf:
    """One set of terms on the past. ``not_replayed`` names the clauses that have no windows to lay on it, and why."""

    title: str
    terms_sha256: str
    currency: str
    known_at: datetime
    months: tuple[Month, ...]
    not_replayed: tuple[tuple[str, str], ...]

    @cached_property
    def replays(self) -> tuple[Replay, ...]:
        """Every window, in order of months."""
        return tuple(one for month in self.months for one in month.replays)

    @property
    def ended(self) -> tuple[Month, ...]:
        """The months in which a window ended."""
        return tuple(month for month in self.months if month.replays)

    @property
    def decided(self) -> tuple[Month, ...]:
        """The months of which it is known whether they were met."""
        return tuple(month for month in self.months if month.outcome)

    @property
    def attained(self) -> int:
        """The months that were met."""
        return sum(month.outcome == "met" for month in self.decided)

    @property
    def priced(self) -> tuple[Month, ...]:
        """The months of which the whole amount is known."""
        return tuple(month for month in self.months if month.credit is not None)

    @property
    def total(self) -> Decimal:
        """What would have been paid in the months whose whole amount is known."""
        return sum((month.credit or Decimal(0) for month in self.priced), Decimal(0))

    @property
    def cost_of_a_year(self) -> Fraction | None:
        """Twelve times the mean of the months with an amount: what a year costs that goes like those. Exact."""
        return Fraction(self.total) * 12 / len(self.priced) if self.priced else None

    @property
    def held_back(self) -> Decimal:
        """What caps and minimum payouts kept from being paid."""
        return sum((one.held_back for one in self.replays), Decimal(0))

    @property
    def at_caps(self) -> tuple[Month, Fraction] | None:
        """The last month of which the highest possible cost is known, and that cost: all its windows at their caps."""
        for month in reversed(self.ended):
            amounts = [one.cap_amount for one in month.replays if one.cap_amount is not None]
            if len(amounts) == len(month.replays):
                return month, sum(amounts, Fraction(0))
        return None

    @property
    def paid_months(self) -> int:
        """The months in which anything would have been paid."""
        return sum(bool(month.told_credit) for month in self.months)

    @property
    def worst(self) -> Month | None:
        """The dearest month; of equals, and where none paid, the one with the least room to a target."""
        if not self.ended:
            return None
        return max(self.ended, key=lambda month: (month.told_credit, -_least_room(month), month.label))

    @property
    def least_room(self) -> Fraction | None:
        """Seconds of downtime that were left in the tightest window before its target was missed; below zero: so
        many too many. None where no promise is about time."""
        rooms = [one.room_seconds for one in self.replays if one.room_seconds is not None]
        return min(rooms) if rooms else None

    def document(self) -> dict[str, Any]:
        """Everything as plain values. The same arguments give the same document."""
        return {
            "title": self.title,
            "terms_sha256": self.terms_sha256,
            "currency": self.currency,
            "known_at": self.known_at,
            "months": [
                {
                    "month": month.label,
                    "outcome": month.outcome,
                    "credit": month.credit,
                    "windows": [one.document() for one in month.replays],
                }
                for month in self.months
            ],
            "not_replayed": [list(one) for one in self.not_replayed],
        }

    def sha256(self) -> str:
        """SHA-256 of the canonical bytes of the document."""
        return sha256_hex(canonical_json(self.document()))


def what_if(
    contract: Contract, terms: Sequence[Terms], known_at: datetime, *, months: int = MONTHS
) -> tuple[WhatIf, ...]:
    """Lay each of several terms on the last ``months`` whole months before ``known_at``, in the zone of each.

    ``known_at`` (aware) is also the moment until which knowledge counts. The number of queries depends neither on
    the months nor on the number of terms.
    """
    services = _services(terms)
    plans = [_Plan(one, services, known_at, months) for one in terms]
    asked = [one for plan in plans for one in plan.asked]
    spans = [span for plan in plans for span in plan.spans]
    if not spans:
        return tuple(plan.result(()) for plan in plans)
    start, end = min(one.start for one in spans), max(one.end for one in spans)
    past = Past(contract, asked, start, end, known_at)
    book = FeeBook(
        contract,
        list({one.service.pk: one.service for one in asked}.values()),
        start.date() - timedelta(days=1),
        end.date() + timedelta(days=1),
    )
    return tuple(plan.result(_Run(plan, past, book).all()) for plan in plans)


def _services(terms: Sequence[Terms]) -> dict[str, Service]:
    codes = {code for one in terms for clause in one.commitments for code in clause.services}
    return {service.code: service for service in Service.objects.filter(code__in=codes)}


def _least_room(month: Month) -> Fraction:
    rooms = [one.room_seconds for one in month.replays if one.room_seconds is not None]
    return min(rooms, default=Fraction(10**12))


class _Plan:
    """Which windows of which clauses of one set of terms are laid on the past."""

    def __init__(self, terms: Terms, services: dict[str, Service], known_at: datetime, months: int) -> None:
        self.terms, self.known_at = terms, known_at
        self.digest = terms_sha256(terms)
        local = known_at.astimezone(zone_info(terms.zone)).date()
        until = local.replace(day=1)
        self.first = add_months(until, -months)
        self.labels = [f"{add_months(self.first, at):%Y-%m}" for at in range(months)]
        self.asked: list[Asked] = []
        self.windows: list[list[Window]] = []
        self.not_replayed: list[tuple[str, str]] = []
        for clause in terms.commitments:
            zone = terms.zone_of(clause)
            try:
                found = self._windows_of(clause, zone, until)
            except ReckoningError as error:
                self.not_replayed.append((clause.key, str(error)))
                continue
            for code in clause.services:
                if len(found) + sum(map(len, self.windows)) > MOST_IN_ALL:
                    said = f"together with what comes before it, it has more than {MOST_IN_ALL:,} windows"
                    self.not_replayed.append((clause.key, f"{said}, which is too many to lay out at once"))
                    break
                if code in services:
                    self.asked.append(Asked(clause, services[code], zone))
                    self.windows.append([one for one in found if _lived(services[code], one)])
                else:
                    self.not_replayed.append((clause.key, f"there is no service with the code {code!r}"))

    @property
    def spans(self) -> Iterator[Window]:
        """Every window that is reckoned."""
        return (window for told in self.windows for window in told)

    def _windows_of(self, clause: CommitmentTerms, zone: str, until: date) -> list[Window]:
        """The windows that end in the months, and those before them that a cap looks back at."""
        if clause.window.kind == "anchored":
            raise ReckoningError("its windows begin at an event of their own, which the past does not tell")
        reach = WARM_UP_MONTHS if terms_reach_over_windows(clause) or terms_carry_over(clause) else 0
        begin = local_instant(add_months(self.first, -reach), time(0), zone)
        end = min(local_instant(until, time(0), zone), self.known_at)
        if clause.window.kind == "term":
            begin = local_instant(clause.window.first_on or self.first, time(0), zone)
        told = windows(clause.window, zone, begin, end) if begin < end else iter(())
        found = list(islice(told, MOST_WINDOWS + 1))
        if len(found) > MOST_WINDOWS:
            raise ReckoningError(
                f"has more than {MOST_WINDOWS:,} windows in that time, which is too many to lay out"
            )
        return [one for one in found if begin < one.end <= end]

    def result(self, replays: Sequence[Replay]) -> WhatIf:
        """The months with their windows."""
        by_month: dict[str, list[Replay]] = {label: [] for label in self.labels}
        for one in replays:
            if one.month in by_month:
                by_month[one.month].append(one)
        return WhatIf(
            self.terms.title,
            self.digest,
            self.terms.currency,
            self.known_at,
            tuple(Month(label, tuple(told)) for label, told in by_month.items()),
            tuple(self.not_replayed),
        )


def _lived(service: Service, window: Window) -> bool:
    """A service has no window before its first day or after its last."""
    began = service.existed_from is None or service.existed_from < window.end
    return began and (service.existed_until is None or window.start < service.existed_until)


class _Run:
    """The reckoning of one plan, window by window in order of time."""

    def __init__(self, plan: _Plan, past: Past, book: FeeBook) -> None:
        self.plan, self.past, self.book = plan, past, book

    def all(self) -> list[Replay]:
        """Every window; those of one clause and service one after the other."""
        return [
            replay
            for one, told in zip(self.plan.asked, self.plan.windows, strict=True)
            for replay in self._of(one, told)
        ]

    def _of(self, one: Asked, told: Sequence[Window]) -> Iterator[Replay]:
        earlier: list[EarlierWindow] = []
        carried: Decimal | None = None
        reaches, carries = terms_reach_over_windows(one.terms), terms_carry_over(one.terms)
        for window in told:
            replay = self._replay(
                one, window, tuple(earlier) if reaches else (), carried if carries else None
            )
            yield replay
            if replay.credit is not None and replay.outcome is not None:
                local = zone_info(one.zone)
                earlier.append(
                    EarlierWindow(
                        outcome=replay.outcome,
                        credit_amount=Fraction(replay.credit),
                        starts_on=window.start.astimezone(local).date(),
                        fee_amount=replay.fee,
                    )
                )
                carried = carried_from(replay.more)

    def _replay(
        self, one: Asked, window: Window, earlier: tuple[EarlierWindow, ...], carried: Decimal | None
    ) -> Replay:
        clause = one.terms
        try:
            inputs = self.past.inputs(one, window.start, window.end)
            answer = self.book.fee(one.service, window.start, window.end, window.zone)
            given: dict[str, Any] = {"fee": answer.fee} if answer.fee is not None else {}
            given |= {"earlier": earlier} if earlier else {}
            given |= {"carried_amount": Fraction(carried)} if carried is not None else {}
            inputs = inputs.model_copy(update=given)
            result = reckon(
                clause,
                inputs,
                currency=self.plan.terms.currency,
                terms_sha256=self.plan.digest,
                zone=self.plan.terms.zone,
            )
        except (SourceUnbound, WrongShape, ReckoningError) as error:
            return replay_of(clause, one.service, window, None, (("NOT_RECKONED", str(error)),))
        questions = dict(result.open_questions)
        if "MISSING_FEE" in questions and answer.question:
            questions[answer.question[0]] = answer.question[1]
            del questions["MISSING_FEE"]
        if counts_intervals(clause) and (asked := gap_question(clause, inputs)):
            questions |= dict([asked])
        if may_be_silent(clause):
            asked = silence_question(clause, inputs, lambda: self.past.was_listed(one, window.end))
            questions |= dict([asked]) if asked else {}
        untold = (
            "INTERVALS_MISSING" in questions
            or "EVENTS_NOT_TOLD" in questions
            or "PARTS_NOT_TOLD" in questions
        )
        return replay_of(clause, one.service, window, result, tuple(questions.items()), untold=untold)
