"""What a back-test on record says against committing to a text, or of a promise that costs nothing to keep.

Pure but for one query: the newest back-test of exactly this text. Where none was run, nothing is said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from contracts.checks import Standing
from contracts.models import BackTest, ContractVersion

UNSIGNED = (ContractVersion.State.DRAFT, ContractVersion.State.IN_REVIEW)
LAST_MONTHS = 12
"""Attainment is told over the last year, so that old trouble that was mended does not count for ever."""
FEWEST_DECIDED = 6
"""Fewer known months of the last twelve say too little to stand in a signature's way."""
RARELY_BELOW = Fraction(1, 2)
"""A promise that was kept in less than half of the months is more likely to be broken than kept."""
LENIENT_MONTHS = 24
"""Two years without a single miss or gap: a shorter run may be luck."""
LENIENT_SHARE = Fraction(1, 4)
"""Wide margin: less than a quarter of the allowed downtime was used in every month. A month four times as bad as the
worst one would still have kept the promise, so it promises nothing that the reader could not have for free."""


@dataclass(frozen=True)
class Attainment:
    """How often one commitment was kept on the past. ``decided`` counts the months of which it is known."""

    key: str
    decided: int
    attained: int
    decided_of_last: int
    attained_of_last: int
    widest_use: Fraction | None

    @property
    def percent_of_last(self) -> int | None:
        """Whole percent of the last twelve months, half up: 4 of 12 are 33."""
        if not self.decided_of_last:
            return None
        return (self.attained_of_last * 200 + self.decided_of_last) // (2 * self.decided_of_last)

    @property
    def is_rare(self) -> bool:
        """Whether a commitment to it would more likely be broken than kept."""
        enough = self.decided_of_last >= FEWEST_DECIDED
        return enough and Fraction(self.attained_of_last, self.decided_of_last) < RARELY_BELOW

    @property
    def is_lenient(self) -> bool:
        """Whether it was kept in every one of two years' months by a wide margin."""
        always = self.decided >= LENIENT_MONTHS and self.attained == self.decided
        return always and self.widest_use is not None and self.widest_use < LENIENT_SHARE


def attainments(figures: Mapping[str, Any]) -> list[Attainment]:
    """What the figures of a back-test say of each commitment. A month's ``outcome`` is "met", "breach" or null, its
    ``used`` the largest share of what was allowed, as p/q, or null where that is not known."""
    found = []
    for one in figures["commitments"]:
        months = one["months"]
        decided = [month for month in months if month["outcome"]]
        last = [month for month in months[-LAST_MONTHS:] if month["outcome"]]
        used = [month["used"] for month in decided]
        whole = bool(used) and None not in used
        found.append(
            Attainment(
                key=one["key"],
                decided=len(decided),
                attained=_met(decided),
                decided_of_last=len(last),
                attained_of_last=_met(last),
                widest_use=max(Fraction(share) for share in used) if whole else None,
            )
        )
    return found


def _met(months: list[dict[str, Any]]) -> int:
    return sum(month["outcome"] == "met" for month in months)


def newest_back_test(version: ContractVersion) -> BackTest | None:
    """The last back-test of exactly the version's text on its contract's past."""
    rows = BackTest.objects.filter(contract=version.contract_id, terms_sha256=version.terms_sha256)
    return rows.select_related("run_by").order_by("-pk").first()


def attainment_standings(version: ContractVersion) -> Iterator[Standing]:
    """Every commitment of a version that is not signed yet which the past says will more likely be broken than kept.

    It stands against signing until legal accepts it with a reason. One query.
    """
    if version.state not in UNSIGNED or (test := newest_back_test(version)) is None:
        return
    keys = [one["key"] for one in version.terms["commitments"]]
    for one in attainments(test.figures):
        if one.is_rare and one.key in keys:
            yield Standing(
                "TARGET_RARELY_ATTAINED",
                f"commitments.{keys.index(one.key)}",
                f"on the past data it was attained in {one.attained_of_last} of the {one.decided_of_last} last months "
                f"of which it is known: {one.percent_of_last} %",
                "Promise less, mend the service first, or accept it with the reason for committing all the same.",
                acceptable=True,
            )
