"""The eligibility worksheet: every condition that a clause sets for an incident, met, not met or unknown, with why.

Only what measurements know stands here; whether the window's level earns anything, and whether a claim is in time, are
questions to the rooms above. Conditions carry the path of their clause in the terms, so that a page can lead to it.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Literal

from measurements.bases import sources_of
from measurements.models import Exclusion, IntervalObservation, SecondsObservation, Source
from measurements.reading import Clause, inputs_of_clauses
from reckoning.assessment.measure import measure
from reckoning.money import round_fraction
from reckoning.terms.indicators import UptimeFromIntervals, UptimeFromWeightedSeconds
from reckoning.timeline import Window
from reckoning.timeline.spans import SECOND, Span, clip, intersect, merge, seconds, to_us, total

State = Literal["met", "not_met", "unknown"]


@dataclass(frozen=True)
class Condition:
    """One condition. ``path`` is the clause's in the commitment; ``about`` names what ``pk`` is of, for a link."""

    name: str
    state: State
    words: str
    path: str = ""
    about: str = ""
    pk: int | None = None


def worksheet(
    clause: Clause, source: Source, incident: IntervalObservation, window: Window, known_at: datetime
) -> list[Condition]:
    """What the terms of ``clause`` ask of an incident in one of their windows, as known at ``known_at``.

    Raises SourceUnbound, WrongShape where nothing plays the role that the terms name.
    """
    bound = sources_of([clause])[clause.commitment.pk]
    indicator = clause.terms.indicator
    # Daily seconds tell of incidents by naming them: whoever lists the incident, that is the condition.
    by_seconds = isinstance(indicator, UptimeFromWeightedSeconds)
    found = [] if by_seconds else [_decides(clause, source, bound)]
    found += _in_time(clause, incident, window)
    if by_seconds:
        found.append(_named_by_seconds(bound, clause, incident, window, known_at))
    elif isinstance(indicator, UptimeFromIntervals):
        found += _of_intervals(clause, indicator, source, bound, incident, window, known_at)
    else:
        found.append(
            Condition(
                "The terms measure downtime",
                "not_met",
                f"they measure {indicator.kind.replace('_', ' ')}; an incident is no part of that",
                "indicator",
            )
        )
    return found


def _decides(clause: Clause, source: Source, bound: Source) -> Condition:
    if source.pk == bound.pk:
        return Condition(
            "The contract's own source tells of it", "met", f"{source.name} decides", "source_role"
        )
    return Condition(
        "The contract's own source tells of it",
        "not_met",
        f"{bound.name} decides; what {source.name} tells is not contractual",
        "source_role",
    )


def _in_time(clause: Clause, incident: IntervalObservation, window: Window) -> list[Condition]:
    start, end = incident.during.lower, incident.during.upper
    inside = max(start, window.start) < min(end, window.end)
    whole = window.start <= start and end <= window.end
    words = "wholly" if whole else "in part" if inside else "not at all"
    service = clause.commitment.service
    lived = (service.existed_from is None or service.existed_from < end) and (
        service.existed_until is None or start < service.existed_until
    )
    return [
        Condition(f"It lies in {window.label}", "met" if inside else "not_met", words, "window"),
        Condition(
            "The service existed",
            "met" if lived else "not_met",
            "it did" if lived else "not yet, or no longer",
            "part_life",
        ),
    ]


def _named_by_seconds(
    bound: Source, clause: Clause, incident: IntervalObservation, window: Window, known_at: datetime
) -> Condition:
    """Daily seconds have no time of day: what counts is whether their days name the incident."""
    rows = (
        SecondsObservation.objects.filter(
            source=bound,
            service=clause.commitment.service_id,
            day__gte=window.start.date(),
            day__lt=window.end.date(),
            incidents__contains=[incident.external_id],
            known_at__lte=known_at,
        )
        .order_by("day", "-known_at")
        .distinct("day")
    )
    days = list(rows)
    if not days:
        return Condition(
            "The seconds that decide name it",
            "not_met",
            f"no day of {bound.name} in the window names it",
            "indicator",
        )
    counted = sum(one.partial_seconds + one.major_seconds for one in days)
    return Condition(
        "The seconds that decide name it",
        "met" if counted else "not_met",
        f"{len(days)} day{'s' if len(days) > 1 else ''} name it, with {counted} s of outage",
        "indicator",
    )


def _of_intervals(
    clause: Clause,
    indicator: UptimeFromIntervals,
    source: Source,
    bound: Source,
    incident: IntervalObservation,
    window: Window,
    known_at: datetime,
) -> list[Condition]:
    wanted = set(indicator.down_components) or {clause.commitment.service.code}
    named = sorted(wanted & set(incident.components))
    severe = incident.severity in indicator.down_severities
    found = [
        Condition(
            "It names a component that is promised",
            "met" if named else "not_met",
            ", ".join(named) or f"it names {', '.join(incident.components) or 'none'}",
            "indicator",
        ),
        Condition(
            "It is severe enough",
            "met" if severe else "not_met",
            f"{incident.severity}; {', '.join(indicator.down_severities)} count",
            "indicator",
        ),
    ]
    if not (named and severe):
        return found
    [inputs] = inputs_of_clauses(
        [clause], window.start, window.end, known_at, sources={clause.commitment.pk: source}
    ).values()
    measured = measure(clause.terms, inputs)
    span = Span(to_us(incident.during.lower), to_us(incident.during.upper))
    run = next(
        (one for one in measured.whole if one.start <= span.start and span.end <= one.end),
        span,
    )
    found.append(_long_enough(indicator, run))
    part = clip([span], measured.life)
    excluded = total(intersect(merge(part), measured.excluded.spans))
    found.append(_not_excluded(clause, incident, total(part), excluded, known_at))
    found.append(
        Condition(
            "Everything of the window is known",
            "unknown" if measured.unknown else "met",
            f"{_words(measured.unknown)} of it nobody knows" if measured.unknown else "no time is unknown",
            "unknown_time",
        )
    )
    return found


def _long_enough(indicator: UptimeFromIntervals, run: Span) -> Condition:
    least = indicator.minimum_run_seconds
    length = run.end - run.start
    enough = length > least * SECOND if indicator.minimum_run_strict else length >= least * SECOND
    rule = (
        "no least length"
        if not least
        else f"{'more than' if indicator.minimum_run_strict else 'at least'} {least} s"
    )
    return Condition(
        "It lasted long enough",
        "met" if enough else "not_met",
        f"{_words(length)} with what it merges with; {rule}",
        "indicator",
    )


def _not_excluded(
    clause: Clause, incident: IntervalObservation, part: int, excluded: int, known_at: datetime
) -> Condition:
    name = "No exclusion takes it away"
    over = (
        Exclusion.objects.filter(
            contract=clause.commitment.version.contract_id,
            service=clause.commitment.service_id,
            during__overlap=incident.during,
            proposed_at__lte=known_at,
        )
        .select_related("decision")
        .order_by("pk")
    )
    rows = list(over)
    waiting = [row for row in rows if not hasattr(row, "decision") or row.decision.decided_at > known_at]
    pk = rows[0].pk if rows else None
    if excluded and excluded >= part:
        return Condition(name, "not_met", "all of it is excluded", "exclusions", "exclusion", pk)
    if waiting:
        return Condition(
            name,
            "unknown",
            "an exclusion over it waits for a decision",
            "exclusions",
            "exclusion",
            waiting[0].pk,
        )
    if excluded:
        words = f"{_words(excluded)} of it are excluded, {_words(part - excluded)} count"
        return Condition(name, "met", words, "exclusions", "exclusion", pk)
    words = "what was asked for excludes nothing of it" if rows else "none was asked for"
    return Condition(name, "met", words, "exclusions", "exclusion", pk)


def _words(us: int) -> str:
    value: Fraction = seconds(us)
    return f"{round_fraction(value, 6, 'half_even').normalize():f} s"
