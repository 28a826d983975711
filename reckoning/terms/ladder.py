"""The axis of levels, cut into points and gaps at every bound that a schedule or a target names.

Between two neighbouring bounds nothing changes, so that looking at one level of each piece is looking at all.
"""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from reckoning.terms.model import CommitmentTerms

_ZERO, _HUNDRED = Decimal(0), Decimal(100)


class Piece(NamedTuple):
    """A single level (lower equals upper) or the open gap between two neighbouring bounds, in percent."""

    lower: Decimal
    upper: Decimal
    missed: bool
    tiers: tuple[int, ...]
    unsaid: tuple[int, ...]

    @property
    def is_point(self) -> bool:
        """Whether the piece is one level."""
        return self.lower == self.upper

    @property
    def words(self) -> str:
        """The piece in words."""
        if self.is_point:
            return f"of exactly {self.lower:f} %"
        return f"between {self.lower:f} % and {self.upper:f} %"


def pieces(commitment: CommitmentTerms) -> list[Piece]:
    """All pieces from 0 to 100 %, in order. A gap that rounding before comparing leaves empty is left out."""
    bounds = {_ZERO, _HUNDRED, commitment.target_percent}
    for tier in commitment.schedule.tiers:
        bounds.update(bound for bound in (tier.lower, tier.upper) if bound is not None)
    ordered = sorted(bounds)
    found: list[Piece] = []
    for index, bound in enumerate(ordered):
        if _can_occur(commitment, bound, bound):
            found.append(_piece(commitment, bound, bound))
        if index + 1 < len(ordered) and _can_occur(commitment, bound, ordered[index + 1]):
            found.append(_piece(commitment, bound, ordered[index + 1]))
    return found


def _piece(commitment: CommitmentTerms, lower: Decimal, upper: Decimal) -> Piece:
    level = (Fraction(lower) + Fraction(upper)) / 2
    target = Fraction(commitment.target_percent)
    met = level >= target if commitment.target_inclusive else level > target
    inside = [tier.holds(level) for tier in commitment.schedule.tiers]
    return Piece(
        lower,
        upper,
        not met,
        tuple(index for index, one in enumerate(inside) if one is True),
        tuple(index for index, one in enumerate(inside) if one is None),
    )


def _can_occur(commitment: CommitmentTerms, lower: Decimal, upper: Decimal) -> bool:
    """Whether a compared level can lie there: with rounding before comparing, only on the grid of its places."""
    if commitment.level_rounding is None:
        return True
    grid = int(10**commitment.level_rounding.places)
    low, high = Fraction(lower) * grid, Fraction(upper) * grid
    if low == high:
        return low.denominator == 1
    return low.numerator // low.denominator + 1 < high


def joined(parts: list[Piece]) -> list[str]:
    """Neighbouring pieces joined into the fewest words, for example "above 99.49 % and below 99.5 %"."""
    runs: list[list[Piece]] = []
    for part in parts:
        if runs and runs[-1][-1].upper == part.lower:
            runs[-1].append(part)
        else:
            runs.append([part])
    return [_words(run) for run in runs]


def _words(run: list[Piece]) -> str:
    first, last = run[0], run[-1]
    if first.lower == last.upper:
        return first.words
    begin = f"from {first.lower:f} %" if first.is_point else f"above {first.lower:f} %"
    end = f"up to {last.upper:f} %" if last.is_point else f"below {last.upper:f} %"
    return f"{begin} and {end}"
