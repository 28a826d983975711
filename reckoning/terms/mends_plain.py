"""Candidates for findings about caps, figures, rounding, roles and exclusions."""

from collections.abc import Collection, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from difflib import get_close_matches
from typing import Any

from reckoning.canonical import decimal_text
from reckoning.terms.figure_names import figure_names
from reckoning.terms.linter import SHORTEST_WINDOW_DAYS, Finding
from reckoning.terms.mend import REMOVED, Edit, Mend
from reckoning.terms.model import CommitmentTerms
from reckoning.terms.schedules import TierSchedule

_ROLES = 4


def plain_mends(
    commitment: CommitmentTerms, finding: Finding, known_roles: Collection[str] | None
) -> Iterator[Mend]:
    """Candidates for one finding that is about no row and no date."""
    if finding.code == "SOURCE_ROLE_UNPLAYED":
        for role in _nearest(commitment.source_role, known_roles or ()):
            yield Mend(f"Let the source in the role “{role}” decide.", "", (Edit("source_role", role),))
    by_code = {
        "CAP_BELOW_TIER": _cap,
        "FIGURE_UNKNOWN": _figure,
        "NO_ROWS_FOR_EACH": _each,
        "ROUNDING_HIDES_BREACH": _rounding,
        "ROUNDING_COARSER_THAN_TARGET": _coarse,
        "EXCLUSIONS_WITHOUT_INTERVALS": _exclusions,
        "EXCLUSION_ALLOWS_NOTHING": _allowance,
    }
    if finding.code in by_code:
        yield from by_code[finding.code](commitment, finding)


def _nearest(name: str, known: Collection[str]) -> list[str]:
    """The names that are spelled alike first, then the others."""
    close = get_close_matches(name, sorted(known), n=_ROLES)
    return [*close, *(one for one in sorted(known) if one not in close)][:_ROLES]


def _cap(commitment: CommitmentTerms, finding: Finding) -> Iterator[Mend]:
    schedule = commitment.schedule
    assert isinstance(schedule, TierSchedule)
    index = int(finding.path.split(".")[1])
    cap = commitment.caps[index]
    days = SHORTEST_WINDOW_DAYS.get(commitment.window.kind, 1)
    highest = max(Decimal(tier.percent or 0) for tier in schedule.tiers)
    cent = Decimal("0.01")
    if cap.kind == "percent_of_fee":
        least, most, unit = highest, cap.value, "% of the fee"
    else:
        least = (highest * days / 100).quantize(cent, ROUND_CEILING)
        most, unit = (cap.value * 100 / days).quantize(cent, ROUND_FLOOR), "days of the fee"
    shown = decimal_text(least)
    yield Mend(
        f"Raise the cap to {shown} {unit}.",
        "The highest row can then be paid in full.",
        (Edit(f"caps.{index}.value", shown),),
    )
    above = [at for at, tier in enumerate(schedule.tiers) if Decimal(tier.percent or 0) > most]
    rows = ", ".join(f"tier {at + 1}" for at in above)
    yield Mend(
        f"Lower what {rows} {'earns' if len(above) == 1 else 'earn'} to {decimal_text(most)} %, as the cap has it.",
        "The rows then promise no more than the cap lets through.",
        tuple(Edit(f"schedule.tiers.{at}.percent", decimal_text(most)) for at in above),
    )


def _figure(commitment: CommitmentTerms, finding: Finding) -> Iterator[Mend]:
    name: Any = commitment
    for step in finding.path.split("."):
        name = name[int(step)] if step.isdecimal() else getattr(name, step)
    # Only what looks like a slip of the pen: which other figure is meant, a person must know.
    for close in get_close_matches(str(name), sorted(figure_names(commitment.indicator)), n=2):
        yield Mend(f"Write {close} for {name}.", "", (Edit(finding.path, close),))


def _each(commitment: CommitmentTerms, finding: Finding) -> Iterator[Mend]:
    yield Mend(
        "Apply the schedule to the window as a whole.",
        "One figure of the whole window then earns, once.",
        (Edit(finding.path, "window"), Edit("schedule.one_per", "none")),
    )


def _rounding(commitment: CommitmentTerms, finding: Finding) -> Iterator[Mend]:
    yield _unrounded()
    yield Mend(
        "Cut the level off instead of rounding it up.",
        "A level just below the target then stays below it.",
        (Edit("level_rounding.mode", "down"),),
    )


def _unrounded() -> Mend:
    return Mend(
        "Compare the level unrounded.", "Not a millionth is given away.", (Edit("level_rounding", None),)
    )


def _coarse(commitment: CommitmentTerms, finding: Finding) -> Iterator[Mend]:
    target = commitment.target_percent
    exponent = target.as_tuple().exponent if target is not None else 0
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    yield Mend(
        f"Round to {places} decimals, as many as the target has.",
        "",
        (Edit("level_rounding.places", places),),
    )
    yield _unrounded()


def _exclusions(commitment: CommitmentTerms, finding: Finding) -> Iterator[Mend]:
    yield Mend(
        "Leave the exclusions away.",
        "Maintenance and the like then count as they were reported.",
        (Edit("exclusions", []),),
    )


def _allowance(commitment: CommitmentTerms, finding: Finding) -> Iterator[Mend]:
    index = finding.path.split(".")[1]
    kind = commitment.exclusions[int(index)].kind.replace("_", " ")
    yield Mend(
        f"Leave the clause about {kind} away.",
        "Nothing changes: it excludes nothing.",
        (Edit(f"exclusions.{index}", REMOVED),),
    )
    yield Mend(
        f"Let {kind} be excluded without limit.",
        "All such time that was approved is then left out.",
        (Edit(finding.path, None),),
    )
