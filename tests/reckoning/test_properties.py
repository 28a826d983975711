"""Properties, held against an oracle that looks at every second by itself."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reckoning.assessment import AssessmentResult
from reckoning.canonical import canonical_json
from reckoning.money import round_amount
from tests.reckoning.build import inputs, result, terms
from tests.reckoning.test_linter import row

ZERO = datetime(2026, 4, 1, tzinfo=UTC)
# Seconds before, in and after a window of 100 s.
BEFORE, LENGTH, AFTER = 20, 100, 20
TIERS = [row("80", "95", "10"), row("50", "80", "30"), row(None, "50", "100")]


def at(second: int) -> datetime:
    return ZERO + timedelta(seconds=second)


stretches = st.tuples(
    st.integers(-BEFORE, LENGTH + AFTER - 1), st.integers(1, 40)
).map(lambda pair: (pair[0], pair[0] + pair[1]))  # fmt: skip
outages = st.lists(stretches, max_size=6)
clauses = st.fixed_dictionaries(
    {
        "excluded_time": st.sampled_from(["removed_from_base", "counted_as_up"]),
        "unknown_time": st.sampled_from(["up", "down", "excluded", "carry_last", "escalate"]),
        "part_life": st.sampled_from(["shorten_window", "deemed_up"]),
        "indicator__minimum_run_seconds": st.sampled_from([0, 1, 5, 12]),
        "indicator__minimum_run_strict": st.booleans(),
        "indicator__run_order": st.sampled_from(["merge_then_test_then_clip", "clip_then_test"]),
        "exclusions": st.sampled_from(
            [
                [],
                [{"kind": "planned_maintenance"}],
                [{"kind": "planned_maintenance", "allowance_seconds": 9}],
                [{"kind": "planned_maintenance", "notice_seconds": 60}],
            ]
        ),
    }
)
facts = st.fixed_dictionaries(
    {
        "outages": outages,
        "maintenance": st.lists(stretches, max_size=3),
        "known": st.lists(stretches, max_size=3) | st.just([(-BEFORE, LENGTH + AFTER)]),
        "life": st.tuples(st.integers(-5, 60), st.integers(61, LENGTH + 5)),
    }
)


def reckoned(clause: dict[str, Any], fact: dict[str, Any]) -> AssessmentResult:
    agreed = terms(target_percent="95", schedule__tiers=TIERS, **clause)
    return result(agreed, stated(fact))


def stated(fact: dict[str, Any]) -> Any:
    return inputs(
        window=(at(0), at(LENGTH)),
        coverage=[{"start": at(a), "end": at(b)} for a, b in fact["known"]],
        existed_from=at(fact["life"][0]),
        existed_until=at(fact["life"][1]),
        intervals=[
            {
                "id": f"o{n}",
                "start": at(a),
                "end": at(b),
                "severity": "major",
                "components": ["shop"],
                "observation": f"o{n}",
            }
            for n, (a, b) in enumerate(fact["outages"])
        ],
        exclusions=[
            {
                "id": f"x{n}",
                "kind": "planned_maintenance",
                "start": at(a),
                "end": at(b),
                "announced_at": at(a - 60) if n % 2 else at(a - 59),
                "approved": True,
            }
            for n, (a, b) in enumerate(fact["maintenance"])
        ],
    )


def oracle(clause: dict[str, Any], fact: dict[str, Any]) -> tuple[Fraction | None, int, int, int, int]:
    """Level, down, base, excluded and unknown seconds, from one character per second."""
    seconds = range(-BEFORE, LENGTH + AFTER + 40)
    reported = {s for s in seconds if any(a <= s < b for a, b in fact["outages"])}
    alive = {s for s in range(LENGTH) if fact["life"][0] <= s < fact["life"][1]}
    runs_of = reported if clause["indicator__run_order"] == "merge_then_test_then_clip" else reported & alive
    down = {s for s in runs_of if _counts(_run(runs_of, s), clause)} & alive
    excluded = _excluded(clause, fact, alive)
    covered = {s for s in seconds if any(a <= s < b for a, b in fact["known"])}
    blind = alive - covered - reported
    unknown = blind - excluded
    base = set(range(LENGTH)) if clause["part_life"] == "deemed_up" else alive
    size = len(base) - (len(excluded) if clause["excluded_time"] == "removed_from_base" else 0)
    count = len(down - excluded)
    if clause["unknown_time"] == "down":
        count += len(unknown)
    elif clause["unknown_time"] == "excluded":
        size -= len(unknown)
    elif clause["unknown_time"] == "escalate" and unknown:
        return None, count, size, len(excluded), len(unknown)
    elif clause["unknown_time"] == "carry_last":
        for second in sorted(unknown):
            last = second - 1
            while last in blind:
                last -= 1
            if last not in covered | reported:
                return None, count, size, len(excluded), len(unknown)
            whole = reported if last not in alive else runs_of
            count += last in whole and _counts(_run(whole, last), clause)
    level = Fraction(size - count, size) if size > 0 else None
    return level, count, size, len(excluded), len(unknown)


def _run(some: set[int], second: int) -> int:
    first = last = second
    while first - 1 in some:
        first -= 1
    while last + 1 in some:
        last += 1
    return last - first + 1


def _counts(length: int, clause: dict[str, Any]) -> bool:
    least = clause["indicator__minimum_run_seconds"]
    return length > least if clause["indicator__minimum_run_strict"] else length >= least


def _excluded(clause: dict[str, Any], fact: dict[str, Any], alive: set[int]) -> set[int]:
    if not clause["exclusions"]:
        return set()
    (rule,) = clause["exclusions"]
    allowed = [
        (a, b) for n, (a, b) in enumerate(fact["maintenance"]) if n % 2 or not rule.get("notice_seconds")
    ]
    asked = sorted(s for s in alive if any(a <= s < b for a, b in allowed))
    return set(asked[: rule.get("allowance_seconds", LENGTH)])


@settings(max_examples=600)
@given(clauses, facts)
def test_every_second_looked_at_by_itself_gives_the_same(
    clause: dict[str, Any], fact: dict[str, Any]
) -> None:
    found = reckoned(clause, fact)
    level, down, base, excluded, unknown = oracle(clause, fact)
    assert found.level == level
    assert (found.excluded_seconds, found.unknown_seconds) == (excluded, unknown)
    if level is not None:
        assert (found.down_seconds, found.base_seconds) == (down, base)
        assert found.outcome == ("met" if level >= Fraction(95, 100) else "breach")
    else:
        assert found.outcome == "open_question"


@settings(max_examples=150)
@given(clauses, facts, stretches)
def test_more_downtime_never_pays_less(
    clause: dict[str, Any], fact: dict[str, Any], more: tuple[int, int]
) -> None:
    # Reporting more also makes more known, and a longer run may reach the minimum: coverage is complete here.
    clear = {**fact, "known": [(-BEFORE, LENGTH + AFTER + 40)]}
    worse = {**clear, "outages": [*fact["outages"], more]}
    one, other = reckoned(clause, clear), reckoned(clause, worse)
    if one.level is not None and other.level is not None:
        assert other.level <= one.level
        assert (other.credit_amount or 0) >= (one.credit_amount or 0)


@settings(max_examples=100)
@given(clauses, facts, st.integers(-BEFORE, LENGTH + AFTER))
def test_splitting_an_outage_changes_no_figure(
    clause: dict[str, Any], fact: dict[str, Any], cut: int
) -> None:
    pieces = [
        part for a, b in fact["outages"] for part in ((a, min(b, cut)), (max(a, cut), b)) if part[0] < part[1]
    ]
    one, other = reckoned(clause, fact), reckoned(clause, {**fact, "outages": pieces})
    assert (one.level, one.down_seconds, one.credit_amount, one.unknown_seconds) == (
        other.level,
        other.down_seconds,
        other.credit_amount,
        other.unknown_seconds,
    )


@settings(max_examples=100)
@given(clauses, facts, stretches)
def test_an_exclusion_never_adds_downtime(
    clause: dict[str, Any], fact: dict[str, Any], more: tuple[int, int]
) -> None:
    plain = {**clause, "unknown_time": "up", "exclusions": [{"kind": "planned_maintenance"}]}
    one = reckoned(plain, fact)
    other = reckoned(plain, {**fact, "maintenance": [*fact["maintenance"], more]})
    assert other.down_seconds <= one.down_seconds <= one.gross_down_seconds
    assert other.excluded_seconds >= one.excluded_seconds


@settings(max_examples=100)
@given(
    clauses,
    facts,
    st.lists(
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["percent_of_fee", "amount", "days_of_fee"]),
                "value": st.decimals(0, 100, places=2).map(str),
            }
        ),
        max_size=3,
    ),
)
def test_a_cap_holds(clause: dict[str, Any], fact: dict[str, Any], caps: list[dict[str, str]]) -> None:
    found = result(terms(target_percent="95", schedule__tiers=TIERS, caps=caps, **clause), stated(fact))
    if found.credit_amount is None or found.uncapped_amount is None:
        return
    worth = {"percent_of_fee": 10, "amount": 1, "days_of_fee": 1000}
    limits = [worth[cap["kind"]] * Fraction(cap["value"]) for cap in caps]
    assert found.credit_amount == round_amount(min([found.uncapped_amount, *limits]), "EUR")


@settings(max_examples=60)
@given(clauses, facts, st.randoms())
def test_the_same_facts_in_any_order_give_the_same_bytes(
    clause: dict[str, Any], fact: dict[str, Any], chance: Any
) -> None:
    given_facts = stated(fact)
    shuffled = list(given_facts.intervals)
    chance.shuffle(shuffled)
    turned = given_facts.model_copy(update={"intervals": tuple(shuffled)})
    agreed = terms(target_percent="95", schedule__tiers=TIERS, **clause)
    assert canonical_json(result(agreed, given_facts).to_json_obj()) == canonical_json(
        result(agreed, turned).to_json_obj()
    )
