"""A calculation: each window in turn, each commitment in it, their combinations, and what the series gives."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from pydantic import ValidationError

from reckoning import ENGINE_VERSION
from reckoning.assessment.inputs import AssessmentInputs, EarlierWindow, Fee, GivenFigure
from reckoning.assessment.reckon import reckon
from reckoning.assessment.remedy import assess_remedy
from reckoning.assessment.remedy_facts import PastWindow, RemedyFacts
from reckoning.assessment.result import AssessmentResult
from reckoning.calculation.combining import combine
from reckoning.calculation.documents import (
    CalculationInput,
    CommitmentFacts,
    WindowFacts,
    WindowRef,
    parse_input,
)
from reckoning.canonical import instant_text
from reckoning.errors import InputError, TermsError
from reckoning.fields import zone_info
from reckoning.terms import CommitmentTerms, Terms, terms_sha256
from reckoning.terms.indicators import Composite, UptimeFromIntervals
from reckoning.terms.paths import faults_of
from reckoning.terms.recurring import occurrences_json, occurrences_of
from reckoning.terms.templates import terms_from
from reckoning.timeline.windows import Window, local_instant, window_of, windows

MAX_WINDOWS = 10_000
_SMALL = ("hour", "day")


class _Run(NamedTuple):
    """One commitment in one window."""

    commitment: CommitmentTerms
    window: Window
    inputs: AssessmentInputs
    result: AssessmentResult
    cause: str | None
    # What it is for later windows, made once: a year of hours has thousands of them.
    as_earlier: EarlierWindow


def calculate(terms: Any, inputs: Any) -> dict[str, Any]:
    """The result document of a calculation, as plain JSON values in a stable order.

    `terms` is a terms document or a template, `inputs` an input document; each as text, bytes or plain values.
    Raises TermsError for a document that cannot be read, InputError for facts that contradict each other.
    """
    given = parse_input(inputs)
    agreed = terms if isinstance(terms, Terms) else terms_from(terms, given.parameters)
    sha256 = terms_sha256(agreed)
    history: dict[str, list[_Run]] = {commitment.key: [] for commitment in agreed.commitments}
    rows = [
        _window_row(agreed, sha256, wanted, history, f"windows.{index}")
        for index, wanted in enumerate(given.windows)
    ]
    return {
        "format": "sla-ledger-result/1",
        "engine_version": ENGINE_VERSION,
        "terms_sha256": sha256,
        "input_sha256": given.sha256(),
        "title": agreed.title,
        "currency": agreed.currency,
        "windows": [row for found in rows for row in found],
        "totals": {key: _total(runs) for key, runs in history.items() if runs},
        "remedy": _remedies(agreed, given, history),
    }


def _window_row(
    agreed: Terms, sha256: str, wanted: WindowFacts, history: dict[str, list[_Run]], place: str
) -> list[dict[str, Any]]:
    facts = _facts_by_key(agreed, wanted, place)
    small = {agreed.commitment(key).window.kind for key in facts} & set(_SMALL)
    if small:
        return _small_rows(agreed, sha256, wanted, facts, history, place)
    found: dict[str, _Run] = {}
    # Composites come last: they are made of the levels of the others.
    for key in sorted(facts, key=lambda one: isinstance(agreed.commitment(one).indicator, Composite)):
        commitment = agreed.commitment(key)
        window = _window(agreed, commitment, wanted.window, place)
        found[key] = _run(agreed, sha256, commitment, window, facts[key], history[key], found, place)
        history[key].append(found[key])
    return [_row(agreed, found, wanted.choices)]


def _small_rows(
    agreed: Terms,
    sha256: str,
    wanted: WindowFacts,
    facts: Mapping[str, CommitmentFacts],
    history: dict[str, list[_Run]],
    place: str,
) -> list[dict[str, Any]]:
    """Hours and days: the given window is a stretch of time, and every hour or day in it is a window."""
    rows: list[dict[str, Any]] = []
    for key, one in facts.items():
        commitment = agreed.commitment(key)
        zone = agreed.zone_of(commitment)
        if commitment.window.kind not in _SMALL:
            raise InputError(
                f"{place}: {key} has windows of another kind than hours and days; give it a window of its own",
                code="WINDOW_KIND",
            )
        first, last = _edges(wanted.window, zone, place)
        for number, window in enumerate(windows(commitment.window, zone, first, last)):
            if number >= MAX_WINDOWS:
                raise InputError(
                    f"{place}: more than {MAX_WINDOWS:,} windows; give a shorter stretch", code="TOO_LONG"
                )
            if number == 1:
                _refuse_without_place(one, f"{place}: {key}")
            run = _run(agreed, sha256, commitment, window, one, history[key], {}, place)
            history[key].append(run)
            rows.append(_row(agreed, {key: run}, wanted.choices))
    return rows


def _refuse_without_place(facts: CommitmentFacts, place: str) -> None:
    """Raise InputError for facts without a place in time, which would count again in every hour or day."""
    named: dict[str, Sequence[object]] = {
        "given": facts.given,
        "lengths": facts.lengths,
        "events": [event for event in facts.events if event.at is None and event.started_at is None],
        "buckets": facts.buckets,
        "samples": facts.samples,
        "failed_parts": facts.failed_parts,
    }
    for name, some in named.items():
        if some:
            raise InputError(
                f"{place}: {name} have no place in time and would count in every hour or day; give them their "
                "instants, or each hour or day as a window of its own",
                code="LENGTHS_WITHOUT_PLACE",
            )


def _facts_by_key(agreed: Terms, wanted: WindowFacts, place: str) -> dict[str, CommitmentFacts]:
    known = [commitment.key for commitment in agreed.commitments]
    if wanted.commitments:
        for key in wanted.commitments:
            if key not in known:
                sentence = f"the terms have no such commitment; they have {', '.join(known)}"
                raise TermsError([(f"{place}.commitments.{key}", sentence)])
        return dict(wanted.commitments)
    if len(agreed.commitments) > 1:
        keys = ", ".join(known)
        raise TermsError(
            [(f"{place}.facts", f"whose facts? The terms have {keys}; use commitments with these keys")]
        )
    return {agreed.commitments[0].key: wanted.facts or CommitmentFacts()}


def _run(
    agreed: Terms,
    sha256: str,
    commitment: CommitmentTerms,
    window: Window,
    facts: CommitmentFacts,
    history: list[_Run],
    beside: Mapping[str, _Run],
    place: str,
) -> _Run:
    if history and window.start < history[-1].window.start and commitment.window.kind != "anchored":
        before = history[-1].window.label
        raise InputError(
            f"{place}: {window.label} of {commitment.key} stands after {before}; give windows in order of time",
            code="WINDOW_ORDER",
        )
    try:
        inputs = _inputs(agreed, commitment, window, facts)
    except ValidationError as error:
        found = faults_of(error, {})
        raise TermsError([(f"{place}.{path}".rstrip("."), sentence) for path, sentence in found]) from None
    inputs = inputs.model_copy(update=_from_history(commitment, inputs, history))
    indicator = commitment.indicator
    if isinstance(indicator, Composite):
        named = {one.figure for one in inputs.given}
        added = [
            GivenFigure(figure=part.commitment, value=level, unit="ratio")
            for part in indicator.of
            if part.commitment not in named
            and part.commitment in beside
            and (level := beside[part.commitment].result.level) is not None
        ]
        inputs = inputs.model_copy(update={"given": (*inputs.given, *added)})
    result = reckon(
        commitment, inputs, currency=agreed.currency, terms_sha256=sha256, zone=agreed.zone, full=True
    )
    return _Run(commitment, window, inputs, result, facts.cause, _earlier(window, inputs, result))


def _inputs(
    agreed: Terms, commitment: CommitmentTerms, window: Window, facts: CommitmentFacts
) -> AssessmentInputs:
    service = facts.service or commitment.services[0]
    indicator = commitment.indicator
    plain = {name: getattr(facts, name) for name in facts.later}
    coverage: Any = facts.coverage
    if coverage == "whole_window":
        coverage = [{"start": window.start, "end": window.end}]
    intervals = []
    for number, outage in enumerate(facts.outages, start=1):
        changes: dict[str, Any] = {"id": outage.id or f"outage-{number}"}
        changes["observation"] = outage.observation or changes["id"]
        if isinstance(indicator, UptimeFromIntervals):
            changes["severity"] = outage.severity or indicator.down_severities[0]
            whole = indicator.down_components or (service,)
            changes["components"] = outage.components or (*whole, *facts.components_in_use)
        intervals.append({**outage.model_dump(), **changes})
    exclusions = [
        {**one.model_dump(), "id": one.id or f"exclusion-{number}"}
        for number, one in enumerate(facts.exclusions, start=1)
    ]
    fee = facts.fee
    if fee is not None and not isinstance(fee, Fee):
        fee = Fee(amount=fee, currency=agreed.currency)
    return AssessmentInputs.model_validate(
        {
            **plain,
            "window_start": window.start,
            "window_end": window.end,
            "known_at": facts.known_at or window.end,
            "service": service,
            "existed_from": facts.existed_from,
            "existed_until": facts.existed_until,
            "coverage": coverage,
            "intervals": intervals,
            "seconds": facts.daily_seconds,
            "exclusions": exclusions,
            "fee": fee,
        }
    )


def _from_history(
    commitment: CommitmentTerms, inputs: AssessmentInputs, history: list[_Run]
) -> dict[str, Any]:
    """What the windows before this one of the same calculation are facts for, where none were given."""
    found: dict[str, Any] = {}
    looks_back = commitment.schedule.repetition is not None or any(
        cap.per in ("rolling", "year", "term") for cap in commitment.caps
    )
    if history and looks_back and not inputs.earlier:
        found["earlier"] = (*history[-1].inputs.earlier, history[-1].as_earlier)
    if history and inputs.carried_amount is None and any(cap.carry_over for cap in commitment.caps):
        carried = Fraction(history[-1].result.more.get("carried_amount") or 0)
        if carried:
            found["carried_amount"] = carried
    return found


def _earlier(window: Window, inputs: AssessmentInputs, result: AssessmentResult) -> EarlierWindow:
    outcome = result.outcome if result.outcome != "open_question" else None
    base = result.more.get("base_amount")
    fee = inputs.fee.amount if inputs.fee else None
    # Built without validation: an amount of this calculation may be larger than one that can be written down.
    return EarlierWindow.model_construct(
        outcome=outcome,
        credit_amount=None if result.credit_amount is None else Fraction(result.credit_amount),
        starts_on=window.start.astimezone(zone_info(window.zone)).date(),
        fee_amount=Fraction(base) if base is not None else (None if fee is None else Fraction(fee)),
    )


def _window(agreed: Terms, commitment: CommitmentTerms, wanted: WindowRef, place: str) -> Window:
    zone = agreed.zone_of(commitment)
    if wanted.containing is not None:
        return window_of(
            commitment.window, zone, instant_in(wanted.containing, zone, f"{place}.window.containing")
        )
    start, end = _edges(wanted, zone, place)
    if end <= start:
        raise TermsError([(f"{place}.window.end", "is not after the start")])
    if commitment.window.kind.startswith("calendar"):
        own = window_of(commitment.window, zone, start)
        if (own.start, own.end) != (start, end):
            raise TermsError(
                [
                    (
                        f"{place}.window",
                        f"is not a window of {commitment.key}: that runs from {instant_text(own.start)} to "
                        f"{instant_text(own.end)} ({commitment.window.kind} in {zone}); for a service that lived "
                        "for a part of it, give existed_from and existed_until",
                    )
                ]
            )
        return own
    return Window(start, end, zone, f"{instant_text(start)}/{instant_text(end)}")


def _edges(wanted: WindowRef, zone: str, place: str) -> tuple[datetime, datetime]:
    if wanted.start is None or wanted.end is None:
        one = window_of(
            "calendar_month", zone, instant_in(wanted.containing or "", zone, f"{place}.window.containing")
        )
        return one.start, one.end
    return (
        instant_in(wanted.start, zone, f"{place}.window.start"),
        instant_in(wanted.end, zone, f"{place}.window.end"),
    )


def instant_in(text: str, zone: str, place: str) -> datetime:
    """An instant from text: with its offset, or a local time or day in `zone`. Raises TermsError."""
    try:
        if len(text) == 10:
            return local_instant(date.fromisoformat(text), time(0), zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TermsError(
            [(place, "is neither a day (2024-04-01) nor a time (2024-04-01T00:00:00, or with Z or +02:00)")]
        ) from None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=zone_info(zone)).astimezone(zone_info("UTC"))
    return moment.astimezone(zone_info("UTC"))


def _row(agreed: Terms, found: Mapping[str, _Run], choices: Mapping[str, str]) -> dict[str, Any]:
    first = next(iter(found.values()))
    return {
        "window": {
            "start": instant_text(first.window.start),
            "end": instant_text(first.window.end),
            "zone": first.window.zone,
            "label": first.window.label,
            "seconds": (first.window.end - first.window.start) // timedelta(seconds=1),
        },
        "commitments": {key: _assessment(agreed, run) for key, run in found.items()},
        "combinations": {
            combination.name: combine(
                agreed,
                combination,
                {key: (run.commitment, run.inputs, run.result, run.cause) for key, run in found.items()},
                choices.get(combination.name),
            )
            for combination in agreed.combinations
            if any(key in found for key in combination.commitments)
        },
    }


def _assessment(agreed: Terms, run: _Run) -> dict[str, Any]:
    plain = run.result.to_json_obj()
    times = []
    for clause in run.commitment.exclusions:
        for recurring in clause.recurring:
            zone = recurring.zone or agreed.zone_of(run.commitment)
            times.extend(
                occurrences_json(recurring, occurrences_of(recurring, zone, run.window.start, run.window.end))
            )
    plain["recurring_windows"] = times
    return plain


def _total(runs: list[_Run]) -> dict[str, Any]:
    """The sum over the windows of the calculation; null while any of them has no amount."""
    credits = [run.result.credit_amount for run in runs]
    known = [amount for amount in credits if amount is not None]
    exact = [run.result.more["credit_exact"] for run in runs]
    points = [run.result.more["points"] or ("0/1" if run.result.outcome == "met" else None) for run in runs]
    total = sum(known[1:], start=known[0]) if known and len(known) == len(credits) else None
    return {
        "windows": len(runs),
        "breaches": sum(1 for run in runs if run.result.outcome == "breach"),
        "credit_amount": None if total is None else format(total, "f"),
        "credit_exact": None if total is None else _exact(sum((Fraction(one) for one in exact), Fraction(0))),
        "points": points if any(run.result.more["points"] for run in runs) else None,
    }


def _exact(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _remedies(agreed: Terms, given: CalculationInput, history: Mapping[str, list[_Run]]) -> dict[str, Any]:
    """What becomes of credits, and which rights arise, by commitment.

    Where no history is given, the windows of the calculation are the history.
    """
    for key in given.remedy:
        if agreed.commitment(key).remedy is None:
            raise TermsError([(f"remedy.{key}", "the terms of this commitment have no remedy block")])
    found: dict[str, Any] = {}
    for commitment in agreed.commitments:
        key, remedy = commitment.key, commitment.remedy
        facts = given.remedy.get(key)
        if remedy is None or (facts is None and not (remedy.rights and history[key])):
            continue
        facts = facts or RemedyFacts()
        if not facts.history and remedy.rights:
            told = tuple(_past(run) for run in history[key])
            facts = facts.model_copy(update={"history": told})
        found[key] = assess_remedy(
            remedy, facts, currency=agreed.currency, zone=agreed.zone_of(commitment)
        ).to_json_obj()
    return found


def _past(run: _Run) -> PastWindow:
    """A window of the calculation as the history of rights has it. What is open there is left out here."""
    result = run.result
    known = result.outcome != "open_question"
    return PastWindow(
        label=run.window.label,
        last_day=run.window.last_day,
        missed=result.outcome == "breach" if known else None,
        credit_owed=None if result.credit_amount is None else result.credit_amount > 0,
        figures={name: one["exact"] for name, one in result.more["figures"].items()},
    )
