"""Whether a claim was made in time, by whom it may be made, and what is missing to tell (rule 19)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

from pydantic import Field

from reckoning.assessment.claim_result import ClaimResult, Reason, Status, StepResult
from reckoning.assessment.deadlines import Bound, Dates, is_before, is_since
from reckoning.assessment.moments import Moment, MomentText, local_day, moment
from reckoning.assessment.result import OpenQuestion
from reckoning.errors import InputError
from reckoning.fields import Count, Day, Flag, Name, Value
from reckoning.terms.claims import (
    ELAPSED,
    SECONDS,
    AnchorName,
    Arrears,
    AutomaticClaim,
    ClaimByDeadline,
    ClaimInSteps,
    ClaimStep,
    Point,
    as_steps,
    is_period_end,
)
from reckoning.timeline.windows import Window, WindowShape

__all__ = ["ClaimFacts", "ClaimResult", "Debt", "Elapsed", "Reason", "StepResult", "assess_claim"]


class Elapsed(Value):
    """An act of which only the delay from its deadline's anchor is known."""

    after_seconds: Count


class Debt(Value):
    """An invoice of the customer: when it was due, and when it was paid."""

    due_on: Day
    paid_on: Day | None = Field(default=None, description="Empty: not paid yet.")


class ClaimFacts(Value):
    """What is known of a claim. What is not known is left out, never guessed."""

    anchors: dict[AnchorName, MomentText] = Field(
        default={}, max_length=100, description="Moments that deadlines are counted from."
    )
    acts: dict[AnchorName, MomentText | Elapsed] = Field(
        default={}, max_length=100, description="When each step was taken, by its name."
    )
    contents: dict[AnchorName, tuple[Name, ...]] = Field(
        default={}, max_length=100, description="What an act held, by the step's name."
    )
    conditions: dict[AnchorName, Flag] = Field(default={}, max_length=100, description="Answers by name.")
    debts: tuple[Debt, ...] | None = Field(
        default=None, max_length=1000, description="The customer's invoices. Empty: not looked up."
    )
    holidays: tuple[Day, ...] = Field(default=(), max_length=2000, description="Further holidays.")
    as_of: MomentText | None = Field(
        default=None,
        description="The day to look back from: a deadline before it without an act has expired.",
    )


def assess_claim(
    claim: AutomaticClaim | ClaimByDeadline | ClaimInSteps,
    facts: ClaimFacts | None,
    *,
    zone: str,
    window: Window | None = None,
) -> ClaimResult:
    """Hold what was done against what the terms ask for.

    `zone` is the contract's: its days are those of the deadlines. `window` gives the anchors window_start and
    window_end where the facts do not. Without facts the deadlines are told as far as the window tells them,
    and nothing is asked. Raises InputError for facts that name what the terms do not know.
    """
    terms = as_steps(claim)
    known = facts if facts is not None else ClaimFacts()
    _refuse_unknown(terms, known)
    try:
        return _assess(claim.kind, terms, _Desk(terms, known, zone, window), asked=facts is not None)
    except OverflowError:
        raise InputError("claim: a deadline lies outside the calendar", code="CALENDAR") from None


def _assess(kind: str, terms: ClaimInSteps, desk: "_Desk", *, asked: bool) -> ClaimResult:
    steps = tuple(desk.step(index) for index in range(len(terms.steps)))
    answers = [desk.condition(condition.name) for condition in terms.conditions]
    arrears = desk.arrears(terms.arrears, steps)
    in_time = _all(step.in_time for step in steps if step.forfeits)
    lost = [a for a, c in zip(answers, terms.conditions, strict=True) if c.otherwise == "lost"]
    waits = [a for a, c in zip(answers, terms.conditions, strict=True) if c.otherwise == "postponed"]
    if terms.arrears is not None:
        (lost if terms.arrears.otherwise == "lost" else waits).append(arrears)
    eligible, free = _all(lost), _all(waits)
    complete = not any(step.complete is False for step in steps)
    return ClaimResult(
        kind=kind,
        in_time=in_time,
        eligible=eligible,
        due_now=_all([in_time, eligible, free, complete]),
        postponed=None if free is None else not free,
        steps=steps,
        reasons=tuple(desk.reasons),
        open_questions=tuple(desk.questions) if asked else (),
        not_checked=tuple(desk.not_checked),
    )


def _all(values: Iterable[bool | None]) -> bool | None:
    """False where one is false, None where one cannot be told, else true."""
    found = list(values)
    if any(value is False for value in found):
        return False
    return None if any(value is None for value in found) else True


def _any(values: Iterable[bool | None]) -> bool | None:
    found = list(values)
    if any(value is True for value in found):
        return True
    return None if any(value is None for value in found) else False


def _refuse_unknown(terms: ClaimInSteps, facts: ClaimFacts) -> None:
    steps = [step.name for step in terms.steps]
    conditions = [condition.name for condition in terms.conditions]
    for field_name, given, known in (
        ("acts", facts.acts, steps),
        ("contents", facts.contents, steps),
        ("conditions", facts.conditions, conditions),
    ):
        for name in given:
            if name not in known:
                there = ", ".join(known) or "none"
                raise InputError(
                    f"{field_name}.{name}: the terms know no such name; there are {there}", code="CLAIM_FACT"
                )


@dataclass
class _Desk:
    """One claim on the table: finds anchors, resolves points, and notes what is missing."""

    terms: ClaimInSteps
    facts: ClaimFacts
    zone: str
    window: Window | None
    reasons: list[Reason] = field(default_factory=list)
    questions: list[OpenQuestion] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    @cached_property
    def dates(self) -> Dates:
        """What points are resolved with."""
        calendar = self.terms.calendar.calendar(self.zone, self.facts.holidays)
        cycle = self.terms.cycle.shape() if self.terms.cycle else WindowShape("calendar_month")
        return Dates(self.zone, calendar, cycle, self.window)

    def step(self, index: int) -> StepResult:
        step = self.terms.steps[index]
        bounds = [self.bound(point, index, closing=True) for point in step.deadlines]
        opens = self.bound(step.opens, index, closing=False) if step.opens else None
        closes = None
        if bounds and all(bounds):
            pick = min if step.decisive == "earliest" else max
            closes = pick((bound for bound in bounds if bound), key=lambda bound: (bound.at, bound.closed))
        given = self.facts.acts.get(step.name)
        done = given.after_seconds if isinstance(given, Elapsed) else given
        forfeits = step.if_missed == "forfeits" and step.who == "customer"
        result = StepResult(step.name, opens, closes, None, "pending", None, forfeits, self._complete(step))
        if done is None:
            return self._without_act(step, result)
        early, verdict = self._verdict(step, index, bounds, opens)
        shown = f"{done} s after its anchor" if isinstance(done, int) else done
        status: Status = {True: "in_time", False: "late", None: "unknown"}[verdict]  # type: ignore[assignment]
        if early:
            status, verdict = "too_early", False
            opened = f"before {opens.day.isoformat()}" if opens else "before its time"
            self.reasons.append(Reason("TOO_EARLY", f"{step.name} was done {shown}, {opened}."))
        elif verdict is False:
            last = f"; {closes.day.isoformat()} was the last day in time" if closes else ""
            self.reasons.append(Reason("TOO_LATE", f"{step.name} was done {shown}, which is late{last}."))
        elif early is None and verdict is True:
            status, verdict = "unknown", None
        return replace(result, done=shown, status=status, in_time=verdict)

    def _without_act(self, step: ClaimStep, result: StepResult) -> StepResult:
        closes = result.closes
        if closes is not None and self.facts.as_of is not None:
            now = moment(self.facts.as_of, self.zone, name="as_of")
            if is_before(now, closes, self.zone) is False:
                code, sentence = (
                    "NOT_DONE",
                    f"{step.name} was due on {closes.day.isoformat()} and is not on record.",
                )
                self.reasons.append(Reason(code, sentence))
                return replace(result, status="expired", in_time=False)
        if any(self._is_after(step.name, other) for other in self.facts.acts):
            sentence = f"A later step is on record, but nothing says whether {step.name} was done."
            self.questions.append(OpenQuestion("ACT_MISSING", sentence))
        return result

    def _is_after(self, name: str, other: str) -> bool:
        names = [step.name for step in self.terms.steps]
        return names.index(other) > names.index(name)

    def _complete(self, step: ClaimStep) -> bool | None:
        if not step.contents:
            return None
        held = self.facts.contents.get(step.name)
        if held is None:
            self.not_checked.append(f"{step.name}: contents")
            return None
        missing = [one for one in step.contents if one not in held]
        if missing:
            self.reasons.append(Reason("CONTENTS", f"{step.name} does not hold: {', '.join(missing)}."))
        return not missing

    def _verdict(
        self, step: ClaimStep, index: int, bounds: list[Bound | None], opens: Bound | None
    ) -> tuple[bool | None, bool | None]:
        """Whether the act was too early, and whether it was in time; None where it cannot be told."""
        direct = self._by_delay(step)
        if direct is not None:
            return False, direct
        act = self.act(index)
        if act is None:
            return None, None
        verdicts = [None if bound is None else is_before(act, bound, self.zone) for bound in bounds]
        combined = _all(verdicts) if step.decisive == "earliest" else _any(verdicts)
        early: bool | None = False
        if step.opens is not None:
            opened = None if opens is None else is_since(act, opens, self.zone)
            early = None if opened is None else not opened
        in_time = combined if bounds else True
        unresolved = all(bound is not None for bound in bounds) and in_time is None
        if unresolved or (early is None and opens is not None):
            sentence = f"{step.name}: only the day is known, and the deadline falls within it."
            self.questions.append(OpenQuestion("TIME_OF_DAY", sentence))
        return early, in_time

    def _by_delay(self, step: ClaimStep) -> bool | None:
        """The verdict on an act of which only the delay is known, against a deadline by the clock."""
        given = self.facts.acts.get(step.name)
        if not isinstance(given, Elapsed) or len(step.deadlines) != 1 or step.opens is not None:
            return None
        point = step.deadlines[0]
        if point.after is None or point.after.unit not in ELAPSED or point.after.unit == "business_hours":
            return None
        limit = point.after.count * SECONDS[point.after.unit]
        return given.after_seconds <= limit if point.included else given.after_seconds < limit

    def act(self, index: int) -> Moment | None:
        """When a step was taken; a delay is counted from the anchor of the step's first deadline."""
        step = self.terms.steps[index]
        given = self.facts.acts.get(step.name)
        if given is None:
            return None
        if isinstance(given, str):
            return moment(given, self.zone, name=f"acts.{step.name}")
        anchor = self.anchor(step.deadlines[0].anchor, index) if step.deadlines else None
        if anchor is None or anchor.at is None:
            sentence = f"{step.name}: its delay is known, but not the instant that it is counted from."
            self._ask(OpenQuestion("ANCHOR_MISSING", sentence))
            return None
        return anchor.moved(anchor.at + timedelta(seconds=given.after_seconds), self.zone)

    def anchor(self, name: str, index: int, *, ask: bool = True) -> Moment | None:
        """The moment of an anchor; asks for it where it is missing, unless told not to."""
        given = self.facts.anchors.get(name)
        if given is not None:
            return moment(given, self.zone, period_end=is_period_end(name), name=f"anchors.{name}")
        if name == "previous_step":
            return self._told(self.act(index - 1), name, index, ask)
        for at, step in enumerate(self.terms.steps[:index]):
            if step.name == name:
                return self._told(self.act(at), name, index, ask)
        if self.window is not None and name == "window_end":
            return Moment(replace(self.window, zone=self.zone).last_day, self.window.end, True)
        if self.window is not None and name == "window_start":
            return Moment(local_day(self.window.start, self.zone), self.window.start)
        return self._told(None, name, index, ask)

    def _told(self, found: Moment | None, name: str, index: int, ask: bool) -> Moment | None:
        if found is None and ask:
            step = self.terms.steps[index].name
            self._ask(OpenQuestion("ANCHOR_MISSING", f"{step}: nothing says when {name} was."))
        return found

    def _ask(self, question: OpenQuestion) -> None:
        if question not in self.questions:
            self.questions.append(question)

    def bound(self, point: Point, index: int, *, closing: bool) -> Bound | None:
        """A point of a step as an instant; asks for what is missing to tell it."""
        by_delay = self._by_delay(self.terms.steps[index]) is not None
        anchor = self.anchor(point.anchor, index, ask=not by_delay)
        if anchor is None:
            return None
        found = self.dates.bound(point, anchor, closing=closing)
        if isinstance(found, OpenQuestion):
            self._ask(found)
            return None
        return found

    def condition(self, name: str) -> bool | None:
        """The answer to a condition; asks for it where it is missing."""
        answer = self.facts.conditions.get(name)
        condition = next(one for one in self.terms.conditions if one.name == name)
        if answer is None:
            sentence = f"Nothing says whether this is so: {condition.sentence}"
            self.questions.append(OpenQuestion("CONDITION_UNANSWERED", sentence))
        elif not answer:
            code = "NOT_ELIGIBLE" if condition.otherwise == "lost" else "POSTPONED"
            self.reasons.append(Reason(code, f"{name} is not so: {condition.sentence}"))
        return answer

    def arrears(self, terms: Arrears | None, steps: tuple[StepResult, ...]) -> bool | None:
        """Whether the account is free of arrears that count."""
        if terms is None:
            return True
        if self.facts.debts is None:
            self.questions.append(
                OpenQuestion("ARREARS_UNKNOWN", "Nothing says whether invoices are overdue.")
            )
            return None
        if not self.facts.debts:
            return True
        day = self._claim_day(steps)
        if day is None:
            sentence = "Invoices are known, but neither a claim nor a day to look back from."
            self.questions.append(OpenQuestion("ARREARS_UNKNOWN", sentence))
            return None
        since = day
        if terms.within_cycles is not None:
            since = self.dates.period("cycle", day)[0]
            for _ in range(terms.within_cycles):
                since = self.dates.period("cycle", since - timedelta(days=1))[0]
        for debt in self.facts.debts:
            if terms.grace_unit == "business_days":
                late_from = self.dates.calendar.add_days(debt.due_on, terms.grace_count) + timedelta(days=1)
            else:
                late_from = debt.due_on + timedelta(days=terms.grace_count + 1)
            # The day of payment is no day of arrears any more.
            late_until = debt.paid_on or day + timedelta(days=1)
            if late_from <= day and late_from < late_until and late_until > since:
                sentence = (
                    f"An invoice due on {debt.due_on.isoformat()} was overdue from {late_from.isoformat()}."
                )
                self.reasons.append(Reason("ARREARS", sentence))
                return False
        return True

    def _claim_day(self, steps: tuple[StepResult, ...]) -> date | None:
        for index in range(len(steps) - 1, -1, -1):
            if self.terms.steps[index].who == "customer":
                act = self.act(index)
                if act is not None:
                    return act.day
        return moment(self.facts.as_of, self.zone, name="as_of").day if self.facts.as_of else None
