"""Terms in plain English, complete enough to be laid beside the paper: every field of every block has its
words.
"""

from typing import NamedTuple

from reckoning.kept import Kept
from reckoning.money import minor_digits
from reckoning.terms.blocks import ExclusionTerms
from reckoning.terms.indicators import UptimeFromIntervals, UptimeFromWeightedSeconds
from reckoning.terms.model import CommitmentTerms, Reading, Terms
from reckoning.terms.origin import FilledFrom
from reckoning.terms.wording_dates import window_name, word_calendar, word_claim, word_recurring, word_window
from reckoning.terms.wording_indicators import word_indicator
from reckoning.terms.wording_money import (
    base_name,
    word_base,
    word_cap,
    word_combination,
    word_limit,
    word_minimum,
    word_rounding,
    word_schedule,
)
from reckoning.terms.wording_parts import MODES, all_of, duration, percent, plural, sentence
from reckoning.terms.wording_remedy import word_remedy


class Clause(NamedTuple):
    """One numbered clause with the path of the block that it puts into words."""

    number: str
    path: str
    heading: str
    text: str


_WORDED: Kept[tuple[tuple[str, str, str], ...]] = Kept(1000)
_KINDS = {
    "planned_maintenance": "Planned maintenance",
    "force_majeure": "Force majeure",
    "customer_caused": "Failures that the customer caused",
    "third_party": "Failures of third parties",
    "mandated_change": "Changes that law or an authority demands",
}
_UNKNOWN = {
    "up": "counts as up",
    "down": "counts as down",
    "excluded": "is taken out of the measured time",
    "carry_last": "takes the state that was last known before it; where none was known, a person decides",
    "escalate": "is not decided by these terms: any such time leaves the result open until a person answers",
}
_ALLOWED_FOR = {
    "window": "window",
    "month": "month",
    "quarter": "quarter",
    "calendar_year": "calendar year",
}
_TIMED = (UptimeFromIntervals, UptimeFromWeightedSeconds)


def word(terms: Terms) -> list[Clause]:
    """The whole document as numbered clauses."""
    clauses = [
        Clause(
            "1",
            "currency",
            "Money and time",
            f"{terms.title}. All amounts are in {terms.currency}, "
            f"to {plural(minor_digits(terms.currency), 'decimal')}. "
            f"Days begin and end at midnight in {terms.zone}.",
        )
    ]
    extra = 1
    if terms.dated_text:
        dated = terms.dated_text
        text = f"These terms follow a text of {dated.after}, dated {dated.dated}. {sentence(dated.note)}"
        clauses.append(Clause(f"1.{extra}", "dated_text", "Dated text", text))
        extra += 1
    if terms.filled_from:
        clauses.append(Clause(f"1.{extra}", "filled_from", "Template", _template(terms.filled_from)))
    for index, commitment in enumerate(terms.commitments):
        clauses.extend(_commitment(terms, commitment, index))
    number = len(terms.commitments) + 2
    for index, combination in enumerate(terms.combinations):
        text = word_combination(terms, combination)
        clauses.append(
            Clause(str(number + index), f"combinations.{index}", f"Combination {combination.name}", text)
        )
    return clauses


def _template(origin: FilledFrom) -> str:
    values = all_of([_filled(name, value) for name, value in sorted(origin.values.items())])
    filled = f", filled in so: {values}" if values else ""
    return f"This is a copy of template {origin.template}, version {origin.version}{filled} (SHA-256 {origin.sha256})."


def _filled(name: str, value: object) -> str:
    """What was filled in; a name with a colon is no parameter: it says what of ours took whose place."""
    if name == "replaced:services" and isinstance(value, dict):
        return all_of([f"{all_of(list(codes))} for {theirs}" for theirs, codes in value.items()])
    return f"{name.removeprefix('replaced:')} is {_value(value)}"


def commitment_words(terms: Terms, commitment: CommitmentTerms) -> tuple[tuple[str, str, str], ...]:
    """The clauses of one commitment as (path in it, heading, words); the first, at its empty path, is the promise.

    Of the rest of the document only currency and zone have a say in them.
    """
    key = (commitment.canonical, terms.currency, terms.zone)
    return _WORDED.of(key, lambda: (("", commitment.title, _promise(commitment)), *_parts(terms, commitment)))


def _commitment(terms: Terms, commitment: CommitmentTerms, index: int) -> list[Clause]:
    number, place = str(index + 2), f"commitments.{index}"
    promised, *parts = commitment_words(terms, commitment)
    return [
        Clause(number, place, *promised[1:]),
        *[
            Clause(f"{number}.{at}", f"{place}.{path}", heading, text)
            for at, (path, heading, text) in enumerate(parts, start=1)
        ],
    ]


def _parts(terms: Terms, commitment: CommitmentTerms) -> list[tuple[str, str, str]]:
    zone = terms.zone_of(commitment)
    base = base_name(commitment.fee_base)
    timed = isinstance(commitment.indicator, _TIMED)
    heading = "What counts as down" if timed else "What is measured"
    parts = [("indicator", heading, " ".join(word_indicator(commitment.indicator)))]
    parts.append(("window", "Window", " ".join(word_window(commitment.window, terms.zone))))
    if commitment.part_life is not None:
        parts.append(("part_life", "Part of a window", _part_life(commitment)))
    if commitment.service_hours is not None:
        hours = " ".join(word_calendar(commitment.service_hours, zone))
        parts.append(
            ("service_hours", "Service hours", f"Time is measured within service hours only. {hours}")
        )
    parts += [
        (f"exclusions.{at}", "Exclusion", _exclusion(one, zone))
        for at, one in enumerate(commitment.exclusions)
    ]
    if commitment.excluded_time is not None:
        parts.append(("excluded_time", "Excluded time", _excluded_time(commitment)))
    if commitment.unknown_time is not None:
        unknown = f"Time of which nobody knows the state {_UNKNOWN[commitment.unknown_time]}."
        parts.append(("unknown_time", "Unknown time", unknown))
    if commitment.no_base == "met":
        parts.append(("no_base", "Nothing to measure", "Where nothing can be measured, the promise is kept."))
    parts.append(
        ("target_percent" if commitment.limit is None else "limit", "Comparing", _comparing(commitment))
    )
    parts += [
        (f"bands.{at}", "Band", f"From {percent(band.from_percent)} on, a level is called {band.name}.")
        for at, band in enumerate(commitment.bands)
    ]
    parts += word_schedule(terms, commitment)
    of_base = word_base(commitment.fee_base)
    if of_base is not None:
        parts.append(("fee_base", "Fee base", of_base))
    parts += [(f"caps.{at}", "Cap", word_cap(terms, one, base)) for at, one in enumerate(commitment.caps)]
    if commitment.minimum is not None:
        parts.append(("minimum", "Minimum", word_minimum(terms, commitment)))
    parts.append(("rounding", "Rounding", word_rounding(terms, commitment)))
    parts.append(("claim", "Claim", " ".join(word_claim(commitment.claim, zone))))
    if commitment.remedy is not None:
        parts.append(("remedy", "Remedy", " ".join(word_remedy(commitment.remedy, zone))))
    parts.append(("cut_off_days", "Final results", _cut_off(commitment)))
    parts += [(f"readings.{at}", "Reading", _reading(one)) for at, one in enumerate(commitment.readings)]
    return parts


def _promise(commitment: CommitmentTerms) -> str:
    one = len(commitment.services) == 1
    each = "" if one else ", each by itself"
    window = window_name(commitment.window)
    who = all_of(commitment.services)
    if commitment.limit is not None:
        text = f"For {who}, {word_limit(commitment.limit)} in every {window}{each}."
    elif commitment.target_percent is None:
        text = f"For {who}, the schedule below says what is owed for every {window}{each}."
    else:
        sign = "at least" if commitment.target_inclusive else "more than"
        target = percent(commitment.target_percent)
        if isinstance(commitment.indicator, _TIMED):
            text = f"{who} {'is' if one else 'are'} up {sign} {target} of every {window}{each}."
        else:
            text = (
                f"{who} {'reaches' if one else 'reach'} a level of {sign} {target} in every {window}{each}."
            )
    return f"{text} What decides is the measurement of this source: {commitment.source_role}."


def promise(commitment: CommitmentTerms) -> str:
    """What is promised in a few words: at least 99.9 %; number of outages that count is at most 1."""
    if commitment.limit is not None:
        return word_limit(commitment.limit).removeprefix("the ")
    if commitment.target_percent is None:
        return "what the schedule says"
    return (
        f"{'at least' if commitment.target_inclusive else 'more than'} {percent(commitment.target_percent)}"
    )


def _part_life(commitment: CommitmentTerms) -> str:
    if commitment.part_life == "shorten_window":
        return "Where the service existed for a part of a window only, that part is measured."
    return "Where the service existed for a part of a window only, the rest of the window counts as up."


def _exclusion(clause: ExclusionTerms, zone: str) -> str:
    conditions = ["once it is approved"]
    if clause.notice_seconds:
        conditions.append(f"if announced at least {duration(clause.notice_seconds)} before it begins")
    text = f"{_KINDS[clause.kind]} is excluded {all_of(conditions)}"
    if clause.allowance_seconds is None:
        text = f"{text}, without limit."
        if clause.allowance_period != "window":
            text += f" A limit, were there one, would be per {_ALLOWED_FOR[clause.allowance_period]}."
    else:
        text = (
            f"{text}, up to {duration(clause.allowance_seconds)} per {_ALLOWED_FOR[clause.allowance_period]}, "
            "earliest first; what is above that is not excluded."
        )
    for window in clause.recurring:
        text += f" Excluded without announcement: {' '.join(word_recurring(window, zone))}"
    return text


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
            f"The measured level is first rounded to {plural(rounding.places, 'decimal')} "
            f"of a percent, {MODES[rounding.mode]}"
        )
    if commitment.limit is not None:
        strict = (
            "" if commitment.target_inclusive else " A target, were there one, would have to be exceeded."
        )
        return f"{lead}; the promise is kept while {word_limit(commitment.limit)}.{strict}"
    if commitment.target_percent is None:
        strict = (
            "" if commitment.target_inclusive else " A target, were there one, would have to be exceeded."
        )
        return f"{lead}; no level is promised, and the schedule alone decides.{strict}"
    return f"{lead}; the promise is kept by a level {sign} {percent(commitment.target_percent)}."


def _cut_off(commitment: CommitmentTerms) -> str:
    if not commitment.cut_off_days:
        return "Results are final when the window ends. What becomes known later is a new revision."
    return (
        f"Results are provisional for {plural(commitment.cut_off_days, 'day')} after the window and final then. "
        "What becomes known later is a new revision."
    )


def _reading(reading: Reading) -> str:
    text = (
        f"{sentence(reading.question)} Read as: {sentence(reading.chosen)} "
        f"Chosen by {reading.chosen_by} on {reading.chosen_on.isoformat()}, because: {sentence(reading.why)}"
    )
    for other in reading.alternatives:
        changes = ", ".join(f"{path} would be {_value(value)}" for path, value in other.set.items())
        text += f" Other reading, {other.name}: {changes}."
    return text


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "(" + "; ".join(f"{name}: {_value(one)}" for name, one in value.items()) + ")"
    if isinstance(value, list):
        return "(" + ", ".join(_value(one) for one in value) + ")"
    return "empty" if value is None else str(value)
