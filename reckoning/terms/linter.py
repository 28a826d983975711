"""What a careful reader would ask about terms before anybody signs them (rule 8)."""

from collections.abc import Callable, Collection, Iterator
from fractions import Fraction
from functools import partial
from typing import Literal, NamedTuple

from reckoning.canonical import decimal_text
from reckoning.kept import Kept
from reckoning.money import round_fraction
from reckoning.terms.claims import ClaimByDeadline
from reckoning.terms.figure_names import figure_names
from reckoning.terms.indicators import UptimeFromWeightedSeconds
from reckoning.terms.ladder import Piece, joined, pieces, unit_words
from reckoning.terms.linter_claims import Asked, claim_findings, right_findings
from reckoning.terms.model import CommitmentTerms, Terms
from reckoning.terms.schedules import Flat, PerUnit, Tier, TierSchedule
from reckoning.terms.wording_parts import FIGURES, figure

Severity = Literal["error", "warning"]

SHORTEST_WINDOW_DAYS = {"calendar_month": 28, "calendar_quarter": 90}


class Finding(NamedTuple):
    """One question about the terms. It stays open until the text is mended or legal accepts it with a reason."""

    code: str
    path: str
    sentence: str
    mend: str
    severity: Severity


_LINTED: Kept[tuple[Finding, ...]] = Kept(1000)


def lint(terms: Terms, known_roles: Collection[str] | None = None) -> tuple[Finding, ...]:
    """All findings, in the order of the document. `known_roles` are the source roles that some source plays;
    None leaves that question out. Nothing here refuses terms: a published agreement keeps its holes.
    """
    found: list[Finding] = []
    roles = None if known_roles is None else frozenset(known_roles)
    for index, commitment in enumerate(terms.commitments):
        # While one commitment of forty is edited, the others are not read again.
        key = (commitment.canonical, terms.zone, roles)
        inside = _LINTED.of(key, partial(_found, commitment, terms.zone, roles))
        found += [one._replace(path=f"commitments.{index}.{one.path}") for one in inside]
    return tuple(found)


def _found(commitment: CommitmentTerms, zone: str, roles: frozenset[str] | None) -> tuple[Finding, ...]:
    return tuple(lint_commitment(commitment, zone, roles))


def lint_commitment(
    commitment: CommitmentTerms,
    zone: str,
    known_roles: Collection[str] | None = None,
    *,
    with_dates: bool = True,
) -> Iterator[Finding]:
    """The findings of one commitment, with paths in it. `with_dates` tries deadlines and rights on four years."""
    for check in _CHECKS:
        yield from check(commitment)
    if with_dates:
        for asked in _dates(commitment, zone):
            yield Finding(*asked)
    if known_roles is not None and commitment.source_role not in known_roles:
        yield _unplayed(commitment, known_roles)


def _dates(commitment: CommitmentTerms, zone: str) -> Iterator[Asked]:
    yield from claim_findings(commitment.claim, commitment.window, commitment.cut_off_days, zone)
    yield from right_findings(commitment.remedy, commitment.window, zone)


def _unplayed(commitment: CommitmentTerms, known_roles: Collection[str]) -> Finding:
    known = ", ".join(sorted(known_roles)) or "none"
    return Finding(
        "SOURCE_ROLE_UNPLAYED",
        "source_role",
        f"No source plays the role {commitment.source_role!r}; roles that are played: {known}.",
        "Bind a source to this role, or name one that is played.",
        "error",
    )


def _table(commitment: CommitmentTerms) -> TierSchedule | None:
    return commitment.schedule if isinstance(commitment.schedule, TierSchedule) else None


def _what(commitment: CommitmentTerms) -> str:
    on = commitment.schedule.on
    return "A level" if on == "level" else _begun(figure(on))


def _begun(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _holes(commitment: CommitmentTerms) -> Iterator[Finding]:
    # A point on a bound of which the text does not say is reported as such, not as a hole.
    schedule = _table(commitment)
    if schedule is None or schedule.none == "nothing":
        return
    empty = [one for one in pieces(commitment) if one.missed and not one.tiers and not one.unsaid]
    for words in joined(empty):
        yield Finding(
            "TIER_HOLE",
            "schedule.tiers",
            f"{_what(commitment)} {words} misses the target and lies in no tier.",
            "Let a bound include it or move a bound; otherwise such a result becomes an open question. Where the "
            "text means that it earns nothing, set none to nothing.",
            "error",
        )


def _overlaps(commitment: CommitmentTerms) -> Iterator[Finding]:
    schedule = _table(commitment)
    if schedule is None:
        return
    said = "" if schedule.several == "ask" else f" ({schedule.several} of them applies, as the terms say)"
    by_tiers: dict[tuple[int, ...], list[Piece]] = {}
    for one in pieces(commitment):
        pays = one.missed or not schedule.requires_missed_target
        if pays and len(one.tiers) > 1:
            by_tiers.setdefault(one.tiers, []).append(one)
    for tiers, parts in by_tiers.items():
        labels = " and ".join(schedule.tiers[index].label for index in tiers)
        for words in joined(parts):
            both = all(part.is_point for part in parts)
            yield Finding(
                "TIER_BOTH_ENDS" if both else "TIER_OVERLAP",
                f"schedule.tiers.{tiers[1]}",
                f"{_what(commitment)} {words} lies in {labels} at once{said}.",
                "Let exactly one of them include it, or say by several which of them applies.",
                "warning" if said else "error",
            )


def _unstated(commitment: CommitmentTerms) -> Iterator[Finding]:
    schedule = _table(commitment)
    for index, tier in enumerate(schedule.tiers if schedule else ()):
        for side, bound, inclusive in (
            ("lower", tier.lower, tier.lower_inclusive),
            ("upper", tier.upper, tier.upper_inclusive),
        ):
            if bound is not None and inclusive is None and schedule is not None:
                yield Finding(
                    "TIER_BOUND_UNSTATED",
                    f"schedule.tiers.{index}.{side}_inclusive",
                    f"The tier does not say whether {_what(commitment).lower()} of exactly "
                    f"{bound:f}{unit_words(commitment, schedule)} belongs to it.",
                    f"Set {side}_inclusive to true or false.",
                    "error",
                )


def _order(commitment: CommitmentTerms) -> Iterator[Finding]:
    """A worse figure should never earn less than a better one."""
    for index, best in out_of_order(commitment):
        yield order_finding(commitment, index, best)


def out_of_order(commitment: CommitmentTerms) -> Iterator[tuple[int, int]]:
    """The rows that earn less than a better one, as (the row, the better one), by their index."""
    schedule = _table(commitment)
    if schedule is None or _direction(commitment) == 0:
        return
    tiers = schedule.tiers
    seen: set[tuple[int, int]] = set()
    best: int | None = None
    cut = pieces(commitment)
    for one in reversed(cut) if _direction(commitment) < 0 else cut:
        rows = _applying(schedule, one.tiers)
        for index in rows:
            if best is not None and tiers[index].worth < tiers[best].worth and (index, best) not in seen:
                seen.add((index, best))
                yield index, best
        for index in rows:
            if best is None or tiers[index].worth > tiers[best].worth:
                best = index


def order_finding(commitment: CommitmentTerms, index: int, best: int) -> Finding:
    """What is said about a row that earns less than a better one."""
    schedule = _table(commitment)
    assert schedule is not None
    tiers = schedule.tiers
    unit = tiers[0].worth_unit
    shown = " %" if unit == "percent" else f" {unit.replace('_', ' ')}"
    return Finding(
        "TIER_NOT_MONOTONE",
        f"schedule.tiers.{index}.{unit}",
        f"{tiers[index].label} earns {_number(tiers[index])}{shown}, less than the "
        f"{_number(tiers[best])}{shown} of the better {_kind(commitment)} in {tiers[best].label}.",
        f"Let worse {_kind(commitment)} earn at least as much as better ones.",
        "error",
    )


def _applying(schedule: TierSchedule, matching: tuple[int, ...]) -> tuple[int, ...]:
    """Of several rows the one that applies; none where a person decides, for an overlap is a finding of its own."""
    if len(matching) < 2:
        return matching
    if schedule.several == "ask":
        return ()
    if schedule.several in ("first", "last"):
        return (matching[0 if schedule.several == "first" else -1],)
    best = max if schedule.several == "highest" else min
    return (best(matching, key=lambda row: schedule.tiers[row].worth),)


def _number(tier: Tier) -> str:
    return f"{getattr(tier, tier.worth_unit):f}"


def _kind(commitment: CommitmentTerms) -> str:
    return "levels" if commitment.schedule.on == "level" else "values"


def _direction(commitment: CommitmentTerms) -> int:
    """-1 where lower is worse (a level), 1 where higher is worse (downtime, events), 0 where nobody says."""
    on = commitment.schedule.on
    if on == "level":
        return -1
    if commitment.limit is not None and commitment.limit.on == on:
        return 1 if commitment.limit.op in ("at_most", "less_than") else -1
    unit = figure_names(commitment.indicator).get(on)
    return 1 if unit in ("seconds", "count") or on == "shortfall_percent" else 0


def _reach(commitment: CommitmentTerms) -> Iterator[Finding]:
    """A tier that no missed level can reach, and a tier that claims a level which meets the target."""
    schedule = _table(commitment)
    if schedule is None or not schedule.requires_missed_target:
        return
    cut = pieces(commitment)
    for index, tier in enumerate(schedule.tiers):
        mine = [one for one in cut if index in one.tiers or index in one.unsaid]
        kept = [one for one in mine if not one.missed and index in one.tiers]
        if not any(one.missed for one in mine):
            if not tier.worth:
                continue
            yield Finding(
                "TIER_UNREACHABLE",
                f"schedule.tiers.{index}",
                f"No {FIGURES.get(schedule.on, schedule.on)} that misses the target can lie in {tier.label}.",
                "Remove the tier, or correct its bounds or the target.",
                "error",
            )
        elif kept and commitment.target_percent is not None and schedule.on == "level" and tier.worth:
            sign = "at least" if commitment.target_inclusive else "above"
            yield Finding(
                "TARGET_AND_TIER_DISAGREE",
                f"schedule.tiers.{index}.upper",
                f"A level {joined(kept)[0]} meets the target ({sign} {commitment.target_percent:f} %) "
                f"and yet lies in {tier.label}.",
                "Let the tier end below the target, or state by requires_missed_target which of the two decides.",
                "error",
            )
        elif _shadowed(schedule, index, mine):
            yield Finding(
                "TIER_UNREACHABLE",
                f"schedule.tiers.{index}",
                f"Wherever {tier.label} matches, another row applies ({schedule.several} of several).",
                "Remove the row, or say otherwise which of several rows applies.",
                "warning",
            )


def _shadowed(schedule: TierSchedule, index: int, mine: list[Piece]) -> bool:
    """Whether the rule about several rows never chooses this row."""
    if schedule.several == "ask" or not mine:
        return False
    return all(len(one.tiers) > 1 and index not in _applying(schedule, one.tiers) for one in mine)


def _caps(commitment: CommitmentTerms) -> Iterator[Finding]:
    schedule = _table(commitment)
    shortest = SHORTEST_WINDOW_DAYS.get(commitment.window.kind)
    if schedule is None or schedule.tiers[0].worth_unit != "percent" or schedule.each != "window":
        return
    highest = max(tier.worth for tier in schedule.tiers)
    for index, cap in enumerate(commitment.caps):
        percent: Fraction | None = None
        if cap.per not in ("window", "outage") or cap.of is not None:
            continue
        if cap.kind == "percent_of_fee":
            percent = Fraction(cap.value)
        elif cap.kind == "days_of_fee" and shortest is not None and cap.value < shortest:
            # In the shortest window a day is worth most, so this is what the cap allows at the most.
            percent = Fraction(cap.value) * 100 / shortest
        if percent is not None and percent < highest:
            yield Finding(
                "CAP_BELOW_TIER",
                f"caps.{index}.value",
                f"The cap allows at most {_rounded(percent)} % of the fee and a tier promises "
                f"{_rounded(highest)} %.",
                "Raise the cap or lower the tier: the listed credit can never be paid.",
                "error",
            )


def _rounded(value: Fraction) -> str:
    return decimal_text(round_fraction(value, 2, "half_up"))


def _names(commitment: CommitmentTerms) -> Iterator[Finding]:
    """Figures that are named and that the indicator does not give."""
    known = {*figure_names(commitment.indicator), "shortfall_percent", "missed", "earned"}
    schedule = commitment.schedule
    named: list[tuple[str, str | None]] = []
    if schedule.kind in ("tiers", "per_unit"):
        named.append(("schedule.on", schedule.on))
    if commitment.limit is not None:
        named.append(("limit.on", commitment.limit.on))
    if isinstance(schedule, PerUnit):
        for side in ("beyond", "up_to"):
            bound = getattr(schedule, side)
            if bound is not None and bound.of is not None:
                named.append((f"schedule.{side}.of", bound.of))
    named.extend(
        (f"schedule.factors.{index}.figure", factor.figure)
        for index, factor in enumerate(schedule.factors)
        if factor.figure is not None
    )
    for path, name in named:
        if name not in known:
            listed = ", ".join(sorted(figure_names(commitment.indicator)))
            yield Finding(
                "FIGURE_UNKNOWN",
                path,
                f"The indicator {commitment.indicator.kind} gives no figure {name!r}; it gives {listed}.",
                "Name one of these, or let the facts give the figure already aggregated.",
                "warning",
            )


def _worth(commitment: CommitmentTerms) -> Iterator[Finding]:
    """Entitlements that cannot become an amount."""
    schedule = commitment.schedule
    if isinstance(schedule, TierSchedule):
        units = {tier.worth_unit for tier in schedule.tiers}
    elif isinstance(schedule, (PerUnit, Flat)):
        units = {schedule.worth.worth_unit}
    else:
        units = set()
    if "points" in units and schedule.points_percent is None:
        yield Finding(
            "POINTS_WITHOUT_WORTH",
            "schedule.points_percent",
            "Points are earned, and nothing says what a point is worth.",
            "Say in points_percent how many percent of the fee base a point is.",
            "warning",
        )
    if isinstance(schedule, PerUnit) and schedule.first is not None:
        first = schedule.first.worth.worth_unit
        if first not in units:
            yield Finding(
                "WORTH_UNITS_DIFFER",
                "schedule.first.worth",
                f"The first unit earns in {first} and the others in {', '.join(units)}.",
                "Let both earn in the same unit.",
                "error",
            )
    if schedule.each == "event" and commitment.indicator.kind != "events_on_time":
        yield Finding(
            "NO_ROWS_FOR_EACH",
            "schedule.each",
            f"Each event earns by itself, and {commitment.indicator.kind} has no events.",
            "Use an indicator of events, or apply the schedule to the window or to each outage.",
            "error",
        )
    if schedule.each in ("outage", "day") and commitment.indicator.kind != "uptime_from_intervals":
        yield Finding(
            "NO_ROWS_FOR_EACH",
            "schedule.each",
            f"Each {schedule.each} earns by itself, and {commitment.indicator.kind} has no outages.",
            "Use uptime_from_intervals, or apply the schedule to the window.",
            "error",
        )


def _rounding(commitment: CommitmentTerms) -> Iterator[Finding]:
    rounding = commitment.level_rounding
    if rounding is None or commitment.target_percent is None:
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
    _names,
    _worth,
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
