"""Terms in plain English, complete enough to be laid beside the paper: every field of every block has its
words.
"""

from decimal import Decimal
from typing import NamedTuple

from reckoning.canonical import decimal_text
from reckoning.money import minor_digits
from reckoning.terms.blocks import (
    Cap,
    ClaimByDeadline,
    ExclusionTerms,
)
from reckoning.terms.indicators import UptimeFromIntervals, UptimeFromWeightedSeconds
from reckoning.terms.model import CommitmentTerms, Reading, Terms
from reckoning.terms.schedules import Tier


class Clause(NamedTuple):
    """One numbered clause with the path of the block that it puts into words."""

    number: str
    path: str
    heading: str
    text: str


_MODES = {
    "half_up": "half a unit upwards",
    "half_even": "half a unit to the even neighbour",
    "down": "by cutting off what is below a unit",
    "up": "to the next unit wherever anything is left over",
}
_KINDS = {
    "planned_maintenance": "Planned maintenance",
    "force_majeure": "Force majeure",
    "customer_caused": "Failures that the customer caused",
    "third_party": "Failures of third parties",
    "mandated_change": "Changes that law or an authority demands",
}
_WINDOWS = {"calendar_month": "calendar month", "calendar_quarter": "calendar quarter"}
_UNKNOWN = {
    "up": "counts as up",
    "down": "counts as down",
    "excluded": "is taken out of the measured time",
    "carry_last": "takes the state that was last known before it; where none was known, a person decides",
    "escalate": "is not decided by these terms: any such time leaves the result open until a person answers",
}


def word(terms: Terms) -> list[Clause]:
    """The whole document as numbered clauses."""
    clauses = [
        Clause(
            "1",
            "currency",
            "Money and time",
            f"{terms.title}. All amounts are in {terms.currency}, "
            f"to {_plural(minor_digits(terms.currency), 'decimal')}. "
            f"Days begin and end at midnight in {terms.zone}.",
        )
    ]
    if terms.dated_text:
        dated = terms.dated_text
        text = f"These terms follow a text of {dated.after}, dated {dated.dated}. {_sentence(dated.note)}"
        clauses.append(Clause("1.1", "dated_text", "Dated text", text))
    for index, commitment in enumerate(terms.commitments):
        clauses.extend(_commitment(terms, commitment, index))
    return clauses


def _commitment(terms: Terms, commitment: CommitmentTerms, index: int) -> list[Clause]:
    number, place = str(index + 2), f"commitments.{index}"
    parts = [
        ("indicator", "What counts as down", _indicator(commitment)),
        ("window", "Window", _window(terms, commitment)),
        ("part_life", "Part of a window", _part_life(commitment)),
        *[(f"exclusions.{at}", "Exclusion", _exclusion(one)) for at, one in enumerate(commitment.exclusions)],
        ("excluded_time", "Excluded time", _excluded_time(commitment)),
        (
            "unknown_time",
            "Unknown time",
            f"Time of which nobody knows the state {_UNKNOWN[commitment.unknown_time]}.",
        ),
        ("target_percent", "Comparing", _comparing(commitment)),
        *[(f"schedule.tiers.{at}", "Credit", _tier(one)) for at, one in enumerate(commitment.schedule.tiers)],
        ("schedule", "Which levels earn a credit", _schedule(commitment)),
        *[(f"caps.{at}", "Cap", _cap(terms, one)) for at, one in enumerate(commitment.caps)],
        ("rounding", "Rounding", _rounding(terms, commitment)),
        ("claim", "Claim", _claim(terms, commitment)),
        ("cut_off_days", "Final results", _cut_off(commitment)),
        *[(f"readings.{at}", "Reading", _reading(one)) for at, one in enumerate(commitment.readings)],
    ]
    return [
        Clause(number, place, commitment.title, _promise(commitment)),
        *[
            Clause(f"{number}.{at}", f"{place}.{path}", heading, text)
            for at, (path, heading, text) in enumerate(parts, start=1)
        ],
    ]


def _promise(commitment: CommitmentTerms) -> str:
    sign = "at least" if commitment.target_inclusive else "more than"
    each = ", each by itself" if len(commitment.services) > 1 else ""
    return (
        f"{_and(commitment.services)} {'is' if len(commitment.services) == 1 else 'are'} up {sign} "
        f"{_percent(commitment.target_percent)} of every {_WINDOWS[commitment.window.kind]}{each}. "
        f"What decides is the measurement of this source: {commitment.source_role}."
    )


def _indicator(commitment: CommitmentTerms) -> str:
    indicator = commitment.indicator
    if isinstance(indicator, UptimeFromWeightedSeconds):
        weights = [
            f"a second of {name} outage counts as {_plural_of(one, 'second')} of downtime"
            for name, one in sorted(indicator.weights.items())
        ]
        return (
            f"The source reports seconds of outage per UTC day; {_and(weights)}, "
            "and a day has at most its own length of it."
        )
    named = _or(indicator.down_components) if indicator.down_components else "the service itself"
    text = (
        f"The service is down while an incident of severity {_or(indicator.down_severities)} names {named}. "
        "Incidents that overlap or touch are one outage."
    )
    return f"{text} {_minimum_run(indicator)}"


def _minimum_run(indicator: UptimeFromIntervals) -> str:
    if not indicator.minimum_run_seconds:
        return "Every outage counts, however short."
    short = "of that length or shorter" if indicator.minimum_run_strict else "shorter than that"
    whole = (
        "the length is that of the whole outage, also beyond the window"
        if indicator.run_order == "merge_then_test_then_clip"
        else "the length is that of its part inside the window"
    )
    return (
        f"An outage must last {_duration(indicator.minimum_run_seconds)}; one {short} does not count; {whole}, "
        "before exclusions are taken out."
    )


def _window(terms: Terms, commitment: CommitmentTerms) -> str:
    zone = terms.zone_of(commitment)
    return f"The window is the {_WINDOWS[commitment.window.kind]}, from midnight to midnight in {zone}."


def _part_life(commitment: CommitmentTerms) -> str:
    if commitment.part_life == "shorten_window":
        return "Where the service existed for a part of a window only, that part is measured."
    return "Where the service existed for a part of a window only, the rest of the window counts as up."


def _exclusion(clause: ExclusionTerms) -> str:
    conditions = ["once it is approved"]
    if clause.notice_seconds:
        conditions.append(f"if announced at least {_duration(clause.notice_seconds)} before it begins")
    text = f"{_KINDS[clause.kind]} is excluded {_and(conditions)}"
    if clause.allowance_seconds is None:
        return f"{text}, without limit."
    return (
        f"{text}, up to {_duration(clause.allowance_seconds)} per window, earliest first; "
        "what is above that is not excluded."
    )


def _excluded_time(commitment: CommitmentTerms) -> str:
    if not commitment.exclusions:
        lead = "No time is excluded. If any were, it"
    else:
        lead = "Excluded time is no downtime, and it"
    if commitment.excluded_time == "removed_from_base":
        return f"{lead} is taken out of the measured time."
    return f"{lead} stays in the measured time as up."


def _comparing(commitment: CommitmentTerms) -> str:
    sign = "of at least" if commitment.target_inclusive else "above"
    rounding = commitment.level_rounding
    if rounding is None:
        lead = "The measured level is compared exactly, without rounding"
    else:
        lead = (
            f"The measured level is first rounded to {_plural(rounding.places, 'decimal')} "
            f"of a percent, {_MODES[rounding.mode]}"
        )
    return f"{lead}; the promise is kept by a level {sign} {_percent(commitment.target_percent)}."


def _tier(tier: Tier) -> str:
    return (
        f"A level {_range(tier)} earns {_percent(tier.percent)} of the fee of that service for that window."
    )


def _range(tier: Tier) -> str:
    parts = []
    if tier.lower is not None:
        word = {True: "of at least", False: "above", None: "from (the text does not say whether including)"}
        parts.append(f"{word[tier.lower_inclusive]} {_percent(tier.lower)}")
    if tier.upper is not None:
        word = {True: "of at most", False: "below", None: "up to (the text does not say whether including)"}
        parts.append(f"{word[tier.upper_inclusive]} {_percent(tier.upper)}")
    return _and(parts) if parts else "whatever it is"


def _schedule(commitment: CommitmentTerms) -> str:
    rule = (
        "A level that keeps the promise earns nothing, even where a line above names it."
        if commitment.schedule.requires_missed_target
        else "The lines above decide alone, also for a level that keeps the promise."
    )
    return f"{rule} A missed promise whose level stands in no line, or in several, is decided by a person."


def _cap(terms: Terms, cap: Cap) -> str:
    if cap.kind == "percent_of_fee":
        most = f"{_percent(cap.value)} of the fee of that service for that window"
    elif cap.kind == "days_of_fee":
        most = f"the fee of {_plural_of(cap.value, 'day')} of the window, all its days being worth the same"
    else:
        most = f"{terms.currency} {decimal_text(cap.value)}"
    return f"No window earns more than {most}."


def _rounding(terms: Terms, commitment: CommitmentTerms) -> str:
    return (
        f"Nothing is rounded on the way. The final amount is rounded once, to "
        f"{_plural(minor_digits(terms.currency), 'decimal')}, {_MODES[commitment.rounding.mode]}."
    )


def _claim(terms: Terms, commitment: CommitmentTerms) -> str:
    claim = commitment.claim
    if not isinstance(claim, ClaimByDeadline):
        return "The credit is given without being claimed."
    form = "in writing " if claim.form == "written" else ""
    return (
        f"The credit must be claimed {form}within {_plural(claim.days, 'day')} after the last day of the window; "
        f"the last of these days, in {terms.zone_of(commitment)}, is still in time."
    )


def _cut_off(commitment: CommitmentTerms) -> str:
    if not commitment.cut_off_days:
        return "Results are final when the window ends. What becomes known later is a new revision."
    return (
        f"Results are provisional for {_plural(commitment.cut_off_days, 'day')} after the window and final then. "
        "What becomes known later is a new revision."
    )


def _reading(reading: Reading) -> str:
    text = (
        f"{_sentence(reading.question)} Read as: {_sentence(reading.chosen)} "
        f"Chosen by {reading.chosen_by} on {reading.chosen_on.isoformat()}, because: {_sentence(reading.why)}"
    )
    for other in reading.alternatives:
        changes = ", ".join(f"{path} would be {_value(value)}" for path, value in other.set.items())
        text += f" Other reading, {other.name}: {changes}."
    return text


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "empty" if value is None else str(value)


def _percent(value: Decimal) -> str:
    return f"{decimal_text(value)} %"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _plural_of(count: Decimal, noun: str) -> str:
    return f"{decimal_text(count)} {noun}" if count == 1 else f"{decimal_text(count)} {noun}s"


def _duration(count: int) -> str:
    """A length in the largest units that leave nothing over, with the seconds beside it where that helps."""
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if count and count % size == 0:
            return f"{_plural(count // size, noun)} ({_plural(count, 'second')})"
    return _plural(count, "second")


def _and(parts: tuple[str, ...] | list[str]) -> str:
    return _joined(parts, "and")


def _or(parts: tuple[str, ...]) -> str:
    return _joined(parts, "or")


def _joined(parts: tuple[str, ...] | list[str], last: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"
