"""Candidates for findings about the rows of a schedule. Whether they mend is tried by `mends`, not here."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from reckoning.canonical import decimal_text
from reckoning.terms.ladder import Piece, pieces, runs_of, unit_words, words_of
from reckoning.terms.linter import Finding, order_finding, out_of_order
from reckoning.terms.mend import REMOVED, Edit, Mend
from reckoning.terms.model import CommitmentTerms
from reckoning.terms.schedules import Tier, TierSchedule
from reckoning.terms.wording_parts import plural_of

_NO_BOUND = "no bound"


def tier_mends(commitment: CommitmentTerms, finding: Finding) -> Iterator[Mend]:
    """Candidates for one finding about rows, those that change least first."""
    schedule = commitment.schedule
    if not isinstance(schedule, TierSchedule):
        return
    by_code = {
        "TIER_HOLE": _hole,
        "TIER_OVERLAP": _overlap,
        "TIER_BOTH_ENDS": _overlap,
        "TIER_BOUND_UNSTATED": _unstated,
        "TIER_NOT_MONOTONE": _order,
        "TIER_UNREACHABLE": _unreachable,
        "TARGET_AND_TIER_DISAGREE": _above_target,
    }
    if finding.code in by_code:
        yield from by_code[finding.code](commitment, schedule, finding)


class _Rows:
    """The rows with their words: tier 2 (95 % to 98.99 %)."""

    def __init__(self, commitment: CommitmentTerms, schedule: TierSchedule) -> None:
        self.tiers = schedule.tiers
        self.unit = unit_words(commitment, schedule)
        self.what = "level" if schedule.on == "level" else schedule.on.replace("_", " ")

    def name(self, index: int) -> str:
        return f"tier {index + 1}"

    def figure(self, value: Decimal) -> str:
        return f"{decimal_text(value)}{self.unit}"

    def earns(self, index: int) -> str:
        tier = self.tiers[index]
        value: Decimal = getattr(tier, tier.worth_unit)
        words = {"percent": " % of the fee", "amount": "", "price_multiple": " times the price"}
        if tier.worth_unit in words:
            return f"{decimal_text(value)}{words[tier.worth_unit]}"
        return plural_of(value, tier.worth_unit.removesuffix("s"))

    def moved(self, index: int, side: str, to: Decimal | None, inclusive: bool | None, label: str) -> Mend:
        """Another bound of a row; `to` None: no bound at all."""
        at = f"schedule.tiers.{index}.{side}"
        verb = "begin at" if side == "lower" else "end at"
        if to is None:
            said = f"let {self.name(index)} have no {side} bound"
        else:
            said = f"let {self.name(index)} {verb} {self.figure(to)}, {'' if inclusive else 'not '}included"
        edits = (
            Edit(at, None if to is None else decimal_text(to)),
            Edit(f"{at}_inclusive", None if to is None else inclusive),
        )
        return Mend(f"{label}: {said}.", f"What lies there then earns {self.earns(index)}.", edits)


def _hole(commitment: CommitmentTerms, schedule: TierSchedule, finding: Finding) -> Iterator[Mend]:
    empty = [one for one in pieces(commitment) if one.missed and not one.tiers and not one.unsaid]
    rows = _Rows(commitment, schedule)
    run = next((run for run in runs_of(empty) if f" {words_of(run)} misses" in finding.sentence), None)
    if run is None:
        return
    low, high = run[0].lower, run[-1].upper
    below, above = _row_at(schedule, "upper", low), _row_at(schedule, "lower", high)
    if below is not None and high is not None:
        yield rows.moved(below, "upper", high, run[-1].is_point, "Close the gap")
    elif below is not None:
        yield rows.moved(below, "upper", None, None, "Close the gap")
    if above is not None and low > 0:
        yield rows.moved(above, "lower", low, run[0].is_point, "Close the gap")
    elif above is not None:
        yield rows.moved(above, "lower", None, None, "Close the gap")
    places = _places(schedule)
    if schedule.lookup_rounding is None and commitment.level_rounding is None and 0 < places <= 6:
        yield Mend(
            f"Cut the {rows.what} off after {places} decimals before it is looked up in the rows.",
            "Closes every gap that is narrower than the last decimal; the target is still compared unrounded.",
            (Edit("schedule.lookup_rounding", {"places": places, "mode": "down"}),),
        )
    yield Mend(
        "Say that such a figure earns nothing.",
        "A miss that lies in no row then has a credit of zero, for every gap of this schedule.",
        (Edit("schedule.none", "nothing"),),
    )


def _row_at(schedule: TierSchedule, side: str, bound: Decimal | None) -> int | None:
    """The row that ends (or begins) at a bound; of several the last one."""
    at = [index for index, tier in enumerate(schedule.tiers) if getattr(tier, side) == bound is not None]
    return at[-1] if at else None


def _places(schedule: TierSchedule) -> int:
    bounds = [bound for tier in schedule.tiers for bound in (tier.lower, tier.upper) if bound is not None]
    exponents = [bound.as_tuple().exponent for bound in bounds]
    return max((-one for one in exponents if isinstance(one, int)), default=0)


def _overlap(commitment: CommitmentTerms, schedule: TierSchedule, finding: Finding) -> Iterator[Mend]:
    rows = _Rows(commitment, schedule)
    both = [one for one in pieces(commitment) if len(one.tiers) > 1 and _named(schedule, one, finding)]
    for run in runs_of(both)[:1]:
        first, last = run[0], run[-1]
        for index in first.tiers:
            for other in first.tiers:
                mine, theirs = schedule.tiers[index], schedule.tiers[other]
                if index == other or not _lies_above(mine, theirs):
                    continue
                # The upper row gives way to where the lower one ends, or the lower one to where it begins.
                if theirs.upper is not None:
                    inclusive = not theirs.upper_inclusive
                    yield rows.moved(index, "lower", theirs.upper, inclusive, "Let one row hold it")
                if mine.lower is not None:
                    inclusive = not mine.lower_inclusive
                    yield rows.moved(other, "upper", mine.lower, inclusive, "Let one row hold it")
        for index in last.tiers:
            yield _without(rows, index)


def _named(schedule: TierSchedule, one: Piece, finding: Finding) -> bool:
    labels = " and ".join(schedule.tiers[index].label for index in one.tiers)
    return f" lies in {labels} at once" in finding.sentence


def _lies_above(mine: Tier, theirs: Tier) -> bool:
    begins = mine.lower if mine.lower is not None else Decimal(-1)
    other = theirs.lower if theirs.lower is not None else Decimal(-1)
    return begins > other


def _without(rows: _Rows, index: int) -> Mend:
    label = f"Take {rows.name(index)} ({rows.tiers[index].label}) out of the schedule."
    return Mend(label, "", (Edit(f"schedule.tiers.{index}", REMOVED),))


def _unstated(commitment: CommitmentTerms, schedule: TierSchedule, finding: Finding) -> Iterator[Mend]:
    index, side = int(finding.path.split(".")[2]), finding.path.rsplit(".", 1)[-1].removesuffix("_inclusive")
    rows = _Rows(commitment, schedule)
    bound = getattr(schedule.tiers[index], side)
    words = f"{rows.what} of exactly {rows.figure(bound)}"
    for inclusive, said in ((True, "belongs"), (False, "does not belong")):
        earns = f"It then earns {rows.earns(index)}." if inclusive else ""
        yield Mend(
            f"Say that a {words} {said} to {rows.name(index)}.", earns, (Edit(finding.path, inclusive),)
        )
    # Where two rows meet and neither says, the one that gets the figure takes it from the other.
    opposite = "lower" if side == "upper" else "upper"
    for other, tier in enumerate(schedule.tiers):
        if (
            other != index
            and getattr(tier, opposite) == bound
            and getattr(tier, f"{opposite}_inclusive") is None
        ):
            for inclusive in (True, False):
                mine, theirs = rows.name(index), rows.name(other)
                yield Mend(
                    f"Say that a {words} belongs to {mine if inclusive else theirs} "
                    f"and not to {theirs if inclusive else mine}.",
                    f"It then earns {rows.earns(index if inclusive else other)}.",
                    (
                        Edit(finding.path, inclusive),
                        Edit(f"schedule.tiers.{other}.{opposite}_inclusive", not inclusive),
                    ),
                )


def _order(commitment: CommitmentTerms, schedule: TierSchedule, finding: Finding) -> Iterator[Mend]:
    rows, unit = _Rows(commitment, schedule), schedule.tiers[0].worth_unit
    for index, best in out_of_order(commitment):
        if order_finding(commitment, index, best).sentence != finding.sentence:
            continue
        worse, better = f"schedule.tiers.{index}.{unit}", f"schedule.tiers.{best}.{unit}"
        mine, theirs = (decimal_text(getattr(schedule.tiers[one], unit)) for one in (index, best))
        yield Mend(
            f"Exchange what {rows.name(index)} and {rows.name(best)} earn.",
            f"{rows.name(index).capitalize()} then earns {rows.earns(best)}, "
            f"{rows.name(best)} {rows.earns(index)}.",
            (Edit(worse, theirs), Edit(better, mine)),
        )
        yield Mend(f"Let {rows.name(index)} earn {rows.earns(best)} as well.", "", (Edit(worse, theirs),))
        yield Mend(f"Let {rows.name(best)} earn only {rows.earns(index)}, too.", "", (Edit(better, mine),))


def _unreachable(commitment: CommitmentTerms, schedule: TierSchedule, finding: Finding) -> Iterator[Mend]:
    index = int(finding.path.rsplit(".", 1)[-1])
    rows, tier = _Rows(commitment, schedule), schedule.tiers[index]
    if len(schedule.tiers) > 1:
        yield _without(rows, index)
    if schedule.on == "level" and tier.upper is not None and commitment.target_percent is not None:
        yield _target(commitment, rows, tier)
    if not commitment.level_rounding and schedule.requires_missed_target:
        yield _rows_decide()


def _target(commitment: CommitmentTerms, rows: _Rows, tier: Tier) -> Mend:
    """The target where the row ends; the figure itself is in one of them."""
    assert tier.upper is not None
    inclusive = not tier.upper_inclusive
    said = "is enough" if inclusive else "is not enough"
    edits: tuple[Edit, ...] = (
        Edit("target_percent", decimal_text(tier.upper)),
        Edit("target_inclusive", inclusive),
    )
    return Mend(
        f"Let the target be {rows.figure(tier.upper)}, where the row ends.",
        f"More is promised than before; exactly {rows.figure(tier.upper)} {said}.",
        edits,
    )


def _rows_decide() -> Mend:
    return Mend(
        "Let the rows alone decide, whether the target is met or not.",
        "What lies in a row then earns its credit although the target is met.",
        (Edit("schedule.requires_missed_target", False),),
    )


def _above_target(commitment: CommitmentTerms, schedule: TierSchedule, finding: Finding) -> Iterator[Mend]:
    index = int(finding.path.split(".")[2])
    rows, tier = _Rows(commitment, schedule), schedule.tiers[index]
    target: Any = commitment.target_percent
    if target is not None:
        one = rows.moved(index, "upper", target, not commitment.target_inclusive, "End the row at the target")
        yield one._replace(effect="What meets the target then earns nothing.")
    if tier.upper is not None and target is not None:
        yield _target(commitment, rows, tier)
    yield _rows_decide()
