"""What a careful reader would ask about terms before anybody signs them (rule 8)."""

from collections.abc import Callable, Collection, Iterator
from typing import Literal, NamedTuple

from reckoning.terms.blocks import ClaimByDeadline
from reckoning.terms.indicators import UptimeFromWeightedSeconds
from reckoning.terms.ladder import Piece, joined, pieces
from reckoning.terms.model import CommitmentTerms, Terms

Severity = Literal["error", "warning"]

_SHORTEST_WINDOW_DAYS = {"calendar_month": 28, "calendar_quarter": 90}


class Finding(NamedTuple):
    """One question about the terms. It stays open until the text is mended or legal accepts it with a reason."""

    code: str
    path: str
    sentence: str
    mend: str
    severity: Severity


def lint(terms: Terms, known_roles: Collection[str] | None = None) -> tuple[Finding, ...]:
    """All findings, in the order of the document. `known_roles` are the source roles that some source plays;
    None leaves that question out. Nothing here refuses terms: a published agreement keeps its holes.
    """
    found: list[Finding] = []
    for index, commitment in enumerate(terms.commitments):
        place = f"commitments.{index}"
        for check in _CHECKS:
            for finding in check(commitment):
                found.append(finding._replace(path=f"{place}.{finding.path}"))
        if known_roles is not None and commitment.source_role not in known_roles:
            found.append(_unplayed(commitment, place, known_roles))
    return tuple(found)


def _unplayed(commitment: CommitmentTerms, place: str, known_roles: Collection[str]) -> Finding:
    known = ", ".join(sorted(known_roles)) or "none"
    return Finding(
        "SOURCE_ROLE_UNPLAYED",
        f"{place}.source_role",
        f"No source plays the role {commitment.source_role!r}; roles that are played: {known}.",
        "Bind a source to this role, or name one that is played.",
        "error",
    )


def _holes(commitment: CommitmentTerms) -> Iterator[Finding]:
    # A point on a bound of which the text does not say is reported as such, not as a hole.
    empty = [one for one in pieces(commitment) if one.missed and not one.tiers and not one.unsaid]
    for words in joined(empty):
        yield Finding(
            "TIER_HOLE",
            "schedule.tiers",
            f"A level {words} misses the target and lies in no tier.",
            "Let a bound include it or move a bound; otherwise such a result becomes an open question.",
            "error",
        )


def _overlaps(commitment: CommitmentTerms) -> Iterator[Finding]:
    by_tiers: dict[tuple[int, ...], list[Piece]] = {}
    for one in pieces(commitment):
        pays = one.missed or not commitment.schedule.requires_missed_target
        if pays and len(one.tiers) > 1:
            by_tiers.setdefault(one.tiers, []).append(one)
    for tiers, parts in by_tiers.items():
        labels = " and ".join(commitment.schedule.tiers[index].label for index in tiers)
        for words in joined(parts):
            yield Finding(
                "TIER_OVERLAP",
                f"schedule.tiers.{tiers[1]}",
                f"A level {words} lies in {labels} at once.",
                "Let exactly one of them include it.",
                "error",
            )


def _unstated(commitment: CommitmentTerms) -> Iterator[Finding]:
    for index, tier in enumerate(commitment.schedule.tiers):
        for side, bound, inclusive in (
            ("lower", tier.lower, tier.lower_inclusive),
            ("upper", tier.upper, tier.upper_inclusive),
        ):
            if bound is not None and inclusive is None:
                yield Finding(
                    "TIER_BOUND_UNSTATED",
                    f"schedule.tiers.{index}.{side}_inclusive",
                    f"The tier does not say whether a level of exactly {bound:f} % belongs to it.",
                    f"Set {side}_inclusive to true or false.",
                    "error",
                )


def _order(commitment: CommitmentTerms) -> Iterator[Finding]:
    """A worse level should never earn less than a better one."""
    tiers = commitment.schedule.tiers
    seen: set[tuple[int, int]] = set()
    best: int | None = None
    for one in reversed(pieces(commitment)):
        for index in one.tiers:
            if best is not None and tiers[index].percent < tiers[best].percent and (index, best) not in seen:
                seen.add((index, best))
                yield Finding(
                    "TIER_NOT_MONOTONE",
                    f"schedule.tiers.{index}.percent",
                    f"{tiers[index].label} earns {tiers[index].percent:f} %, less than the "
                    f"{tiers[best].percent:f} % of the better levels in {tiers[best].label}.",
                    "Let worse levels earn at least as much as better ones.",
                    "error",
                )
        for index in one.tiers:
            if best is None or tiers[index].percent > tiers[best].percent:
                best = index


def _reach(commitment: CommitmentTerms) -> Iterator[Finding]:
    """A tier that no missed level can reach, and a tier that claims a level which meets the target."""
    if not commitment.schedule.requires_missed_target:
        return
    cut = pieces(commitment)
    for index, tier in enumerate(commitment.schedule.tiers):
        mine = [one for one in cut if index in one.tiers or index in one.unsaid]
        kept = [one for one in mine if not one.missed and index in one.tiers]
        if not any(one.missed for one in mine):
            yield Finding(
                "TIER_UNREACHABLE",
                f"schedule.tiers.{index}",
                f"No level that misses the target can lie in {tier.label}.",
                "Remove the tier, or correct its bounds or the target.",
                "error",
            )
        elif kept:
            sign = "at least" if commitment.target_inclusive else "above"
            yield Finding(
                "TARGET_AND_TIER_DISAGREE",
                f"schedule.tiers.{index}.upper",
                f"A level {joined(kept)[0]} meets the target ({sign} {commitment.target_percent:f} %) "
                f"and yet lies in {tier.label}.",
                "Let the tier end below the target, or state by requires_missed_target which of the two decides.",
                "error",
            )


def _caps(commitment: CommitmentTerms) -> Iterator[Finding]:
    highest = max(tier.percent for tier in commitment.schedule.tiers)
    shortest = _SHORTEST_WINDOW_DAYS[commitment.window.kind]
    for index, cap in enumerate(commitment.caps):
        percent = None
        if cap.kind == "percent_of_fee":
            percent = cap.value
        elif cap.kind == "days_of_fee" and cap.value < shortest:
            # In the shortest window a day is worth most, so this is what the cap allows at the most.
            percent = cap.value * 100 / shortest
        if percent is not None and percent < highest:
            yield Finding(
                "CAP_BELOW_TIER",
                f"caps.{index}.value",
                f"The cap allows at most {percent:.4g} % of the fee and a tier promises {highest:f} %.",
                "Raise the cap or lower the tier: the listed credit can never be paid.",
                "error",
            )


def _rounding(commitment: CommitmentTerms) -> Iterator[Finding]:
    rounding = commitment.level_rounding
    if rounding is None:
        return
    exponent = commitment.target_percent.as_tuple().exponent
    target_places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    if rounding.mode != "down":
        yield Finding(
            "ROUNDING_HIDES_BREACH",
            "level_rounding",
            f"Rounding to {rounding.places} places before comparing lifts levels just below "
            f"{commitment.target_percent:f} % to the target.",
            "Compare unrounded, or cut off (down) instead of rounding.",
            "warning",
        )
    if target_places > rounding.places:
        yield Finding(
            "ROUNDING_COARSER_THAN_TARGET",
            "level_rounding.places",
            f"The level is rounded to {rounding.places} places and the target has {target_places}.",
            f"Round to at least {target_places} places.",
            "error",
        )


def _claim(commitment: CommitmentTerms) -> Iterator[Finding]:
    claim = commitment.claim
    if isinstance(claim, ClaimByDeadline) and claim.days <= commitment.cut_off_days:
        yield Finding(
            "CLAIM_AFTER_DEADLINE",
            "claim.days",
            f"The claim must be made within {claim.days} days after the window, and results become final only "
            f"{commitment.cut_off_days} days after it.",
            "Set cut_off_days below the claim's days, or allow more days for the claim.",
            "error",
        )


def _indicator(commitment: CommitmentTerms) -> Iterator[Finding]:
    if commitment.exclusions and isinstance(commitment.indicator, UptimeFromWeightedSeconds):
        yield Finding(
            "EXCLUSIONS_WITHOUT_INTERVALS",
            "exclusions",
            "Exclusions are promised, and daily seconds have no time of day to take them out of.",
            "Measure by intervals, or leave the exclusions away.",
            "error",
        )


def _clauses(commitment: CommitmentTerms) -> Iterator[Finding]:
    for index, clause in enumerate(commitment.exclusions):
        if clause.allowance_seconds == 0:
            yield Finding(
                "EXCLUSION_ALLOWS_NOTHING",
                f"exclusions.{index}.allowance_seconds",
                f"The clause about {clause.kind} has an allowance of 0 s and excludes nothing.",
                "Give it an allowance, empty it for no limit, or remove the clause.",
                "warning",
            )


_CHECKS: tuple[Callable[[CommitmentTerms], Iterator[Finding]], ...] = (
    _indicator,
    _clauses,
    _rounding,
    _holes,
    _overlaps,
    _unstated,
    _order,
    _reach,
    _caps,
    _claim,
)
