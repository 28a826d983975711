"""The axis of the figure that a table looks up, cut into points and gaps at every bound that is named.

Between two neighbouring bounds nothing changes, so that looking at one value of each piece is looking at all.
"""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from reckoning.terms.figure_names import figure_names
from reckoning.terms.indicators import EventsOnTime
from reckoning.terms.model import CommitmentTerms
from reckoning.terms.schedules import SECONDS_IN, TierSchedule

_ZERO, _HUNDRED = Decimal(0), Decimal(100)


class Piece(NamedTuple):
    """A single value (lower equals upper), or the open gap between two neighbouring bounds.

    The last gap of a figure without an end has no upper bound. Values are in percent for a level, else in the
    unit of the bounds, which `unit` names.
    """

    lower: Decimal
    upper: Decimal | None
    missed: bool
    tiers: tuple[int, ...]
    unsaid: tuple[int, ...]
    unit: str

    @property
    def is_point(self) -> bool:
        """Whether the piece is one value."""
        return self.lower == self.upper

    @property
    def words(self) -> str:
        """The piece in words."""
        if self.is_point:
            return f"of exactly {self.lower:f}{self.unit}"
        if self.upper is None:
            return f"above {self.lower:f}{self.unit}"
        return f"between {self.lower:f}{self.unit} and {self.upper:f}{self.unit}"


def pieces(commitment: CommitmentTerms) -> tuple[Piece, ...]:
    """All pieces in rising order; none where the schedule is no table.

    A gap that rounding before comparing leaves empty is left out. Cut once for each commitment and kept with it, since
    every check asks for them; a copy forgets them.
    """
    kept: tuple[Piece, ...] | None = commitment.__dict__.get("_pieces")
    if kept is None:
        kept = commitment.__dict__["_pieces"] = tuple(_cut(commitment))
    return kept


def _cut(commitment: CommitmentTerms) -> list[Piece]:
    schedule = commitment.schedule
    if not isinstance(schedule, TierSchedule):
        return []
    level = schedule.on == "level"
    bounds = {_ZERO, _HUNDRED} if level else {_ZERO}
    if level and commitment.target_percent is not None:
        bounds.add(commitment.target_percent)
    limit = commitment.limit
    if limit is not None and limit.on == schedule.on and limit.bounds_in == schedule.bounds_in:
        bounds.add(limit.value)
    deadline = _deadline_of_rows(commitment, schedule)
    if deadline is not None and (exact := _decimal(deadline)) is not None:
        bounds.add(exact)
    for tier in schedule.tiers:
        bounds.update(bound for bound in (tier.lower, tier.upper) if bound is not None)
    ordered = sorted(bound for bound in bounds if bound >= 0)
    found: list[Piece] = []
    for index, bound in enumerate(ordered):
        after = ordered[index + 1] if index + 1 < len(ordered) else None
        if _can_occur(commitment, schedule, bound, bound):
            found.append(_piece(commitment, schedule, bound, bound))
        if after is None and level:
            continue
        if after is None or _can_occur(commitment, schedule, bound, after):
            found.append(_piece(commitment, schedule, bound, after))
    return found


def unit_words(commitment: CommitmentTerms, schedule: TierSchedule) -> str:
    """The unit of the bounds as it follows a number: " %", " minutes", or nothing."""
    unit = figure_names(commitment.indicator).get(schedule.on)
    if unit == "ratio":
        return " %"
    if unit == "seconds":
        return " seconds" if schedule.bounds_in == "as_measured" else f" {schedule.bounds_in}"
    return ""


def _piece(
    commitment: CommitmentTerms, schedule: TierSchedule, lower: Decimal, upper: Decimal | None
) -> Piece:
    value = Fraction(lower) + 1 if upper is None else (Fraction(lower) + Fraction(upper)) / 2
    inside = [tier.holds(value) for tier in schedule.tiers]
    return Piece(
        lower,
        upper,
        _missed(commitment, schedule, value),
        tuple(index for index, one in enumerate(inside) if one is True),
        tuple(index for index, one in enumerate(inside) if one is None),
        unit_words(commitment, schedule),
    )


def _missed(commitment: CommitmentTerms, schedule: TierSchedule, value: Fraction) -> bool:
    """Whether a value misses the promise. Where the promise is about another figure, no downtime keeps it."""
    limit = commitment.limit
    deadline = _deadline_of_rows(commitment, schedule)
    if deadline is not None and isinstance(commitment.indicator, EventsOnTime):
        return value > deadline or (value == deadline and not commitment.indicator.deadline_inclusive)
    if limit is not None and limit.on == schedule.on:
        return not limit.kept(value * SECONDS_IN[schedule.bounds_in])
    if schedule.on != "level":
        return value > 0
    if commitment.target_percent is None:
        return True
    target = Fraction(commitment.target_percent)
    return value < target if commitment.target_inclusive else value <= target


def _deadline_of_rows(commitment: CommitmentTerms, schedule: TierSchedule) -> Fraction | None:
    """The deadline in the unit of the bounds, where each late event is looked up by itself; else None."""
    indicator = commitment.indicator
    if not isinstance(indicator, EventsOnTime) or indicator.deadline_seconds is None:
        return None
    if schedule.each != "event" or schedule.on != "seconds":
        return None
    return Fraction(indicator.deadline_seconds) / SECONDS_IN[schedule.bounds_in]


def _decimal(value: Fraction) -> Decimal | None:
    """The value with at most twelve decimals; None where it has more."""
    scaled = value * 10**12
    return Decimal(int(scaled)).scaleb(-12).normalize() if scaled.denominator == 1 else None


def _can_occur(commitment: CommitmentTerms, schedule: TierSchedule, lower: Decimal, upper: Decimal) -> bool:
    """Whether a compared value can lie there: with rounding before comparing, only on the grid of its places;
    a count only on whole numbers.
    """
    rounding = schedule.lookup_rounding or (commitment.level_rounding if schedule.on == "level" else None)
    if rounding is not None:
        grid = int(10**rounding.places)
    elif figure_names(commitment.indicator).get(schedule.on) == "count":
        grid = 1
    else:
        return True
    low, high = Fraction(lower) * grid, Fraction(upper) * grid
    if low == high:
        return low.denominator == 1
    return low.numerator // low.denominator + 1 < high


def joined(parts: list[Piece]) -> list[str]:
    """Neighbouring pieces joined into the fewest words, for example "above 99.49 % and below 99.5 %"."""
    return [words_of(run) for run in runs_of(parts)]


def runs_of(parts: list[Piece]) -> list[list[Piece]]:
    """Pieces in rising order, with those that touch in one list."""
    runs: list[list[Piece]] = []
    for part in parts:
        if runs and runs[-1][-1].upper == part.lower:
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def words_of(run: list[Piece]) -> str:
    """Pieces that touch, in the fewest words."""
    first, last = run[0], run[-1]
    if first.lower == last.upper:
        return first.words
    begin = f"from {first.lower:f}{first.unit}" if first.is_point else f"above {first.lower:f}{first.unit}"
    if last.upper is None:
        return f"{begin} on" if first.is_point else begin
    end = f"up to {last.upper:f}{last.unit}" if last.is_point else f"below {last.upper:f}{last.unit}"
    return f"{begin} and {end}"
