"""The wider blocks against an oracle that looks at every second, every request and every cent by itself."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reckoning.assessment import AssessmentResult
from reckoning.calculation import calculate
from reckoning.canonical import canonical_json
from tests.reckoning.build import document, inputs, parse_terms, result, terms
from tests.reckoning.test_properties import AFTER, BEFORE, LENGTH, TIERS, at, outages, stretches

ALL = [{"start": at(-BEFORE - 60), "end": at(LENGTH + AFTER + 60)}]


def reckoned(indicator: dict[str, Any], facts: dict[str, Any], **changes: Any) -> AssessmentResult:
    plain = {"kind": "uptime_from_intervals", "down_severities": ["major"], **indicator}
    agreed = terms(target_percent="95", schedule__tiers=TIERS, indicator=plain, **changes)
    return result(agreed, inputs(window=(at(0), at(LENGTH)), coverage=ALL, **facts))


def reports(found: list[tuple[int, int]], **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": f"o{number}",
            "start": at(a),
            "end": at(b),
            "severity": "major",
            "components": ["shop"],
            "observation": f"o{number}",
            **more,
        }
        for number, (a, b) in enumerate(found)
    ]


def planned(found: list[tuple[int, int]]) -> list[dict[str, Any]]:
    return [
        {"id": f"x{n}", "kind": "planned_maintenance", "start": at(a), "end": at(b), "approved": True}
        for n, (a, b) in enumerate(found)
    ]


def runs(some: set[int]) -> list[set[int]]:
    """Maximal runs of neighbouring seconds."""
    found: list[set[int]] = []
    for second in sorted(some):
        if found and second - 1 in found[-1]:
            found[-1].add(second)
        else:
            found.append({second})
    return found


@settings(max_examples=200)
@given(
    outages,
    st.lists(stretches, max_size=3),
    st.sampled_from([0, 1, 4, 9]),
    st.sampled_from([0, 3, 7]),
    st.sampled_from([0, 5, 7]),
    st.sampled_from(["whole_cells", "touched_cells"]),
)
def test_grace_exclusions_and_the_grid_agree_with_the_seconds(
    found: list[tuple[int, int]], gone: list[tuple[int, int]], least: int, grace: int, width: int, rule: str
) -> None:
    indicator = {
        "minimum_run_seconds": least,
        "run_order": "exclude_then_test_then_clip",
        "grace_seconds": grace,
        "grid_seconds": width,
        "grid_rule": rule,
    }
    down = {s for a, b in found for s in range(a, b)}
    # Exclusions are known within the window only.
    excluded = {s for a, b in gone for s in range(max(a, 0), min(b, LENGTH))}
    counted: set[int] = set()
    for run in runs(down - excluded):
        if len(run) >= least:
            counted |= set(sorted(run)[grace:])
    counted = {s for s in counted if 0 <= s < LENGTH} - excluded
    if width:
        cells = [set(range(first, min(first + width, LENGTH))) for first in range(0, LENGTH, width)]
        whole = [
            cell
            for cell in cells
            if (len(cell) == width and cell <= counted if rule == "whole_cells" else cell & counted)
        ]
        counted = set().union(*whole) if whole else set()
    seen = reckoned(indicator, {"intervals": reports(found), "exclusions": planned(gone)})
    assert seen.down_seconds == len(counted)


@settings(max_examples=150)
@given(outages, st.sampled_from([2, 5, 30]))
def test_each_outage_is_rounded_up_to_started_units(found: list[tuple[int, int]], unit: int) -> None:
    down = {s for a, b in found for s in range(a, b)} & set(range(LENGTH))
    expected = sum(-(-len(run) // unit) * unit for run in runs(down))
    if expected <= LENGTH:
        assert (
            reckoned({"started_unit_seconds": unit}, {"intervals": reports(found)}).down_seconds == expected
        )


@settings(max_examples=150)
@given(outages, outages, outages)
def test_all_components_down_at_once_is_the_seconds_that_are_in_each(
    first: list[tuple[int, int]], second: list[tuple[int, int]], third: list[tuple[int, int]]
) -> None:
    given_reports = []
    common = set(range(LENGTH))
    for name, found in (("a", first), ("b", second), ("c", third)):
        given_reports += [{**one, "id": f"{name}{one['id']}", "components": [name]} for one in reports(found)]
        common &= {s for a, b in found for s in range(a, b)}
    indicator = {"component_rule": "all", "down_components": ["a", "b", "c"]}
    assert reckoned(indicator, {"intervals": given_reports}).down_seconds == len(common)


users = st.tuples(st.integers(1, 6), st.integers(1, 6)).map(lambda pair: (min(pair), max(pair)))


@settings(max_examples=150)
@given(st.lists(st.tuples(stretches, users), max_size=4), st.sampled_from(["sum", "once"]))
def test_affected_users_are_counted_second_by_second_and_user_by_user(
    found: list[tuple[tuple[int, int], tuple[int, int]]], overlap: str
) -> None:
    given_reports = [
        {**one, "id": f"r{n}", "users_from": low, "users_to": high}
        for n, (span, (low, high)) in enumerate(found)
        for one in reports([span])
    ]
    every = [
        (second, user)
        for (a, b), (low, high) in found
        for second in range(max(a, 0), min(b, LENGTH))
        for user in range(low, high + 1)
    ]
    down = len(every) if overlap == "sum" else len(set(every))
    seen = reckoned(
        {"weight": "affected_users", "overlap": overlap}, {"intervals": given_reports, "population": 6}
    )
    assert seen.level == 1 - Fraction(down, 6 * LENGTH)


buckets = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 5), st.integers(0, 5)).map(
        lambda one: {"repeat": one[0], "requests": one[1], "errors": min(one[1], one[2])}
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=200)
@given(
    buckets,
    st.sampled_from(["mean_of_intervals", "pooled", "share_of_good_intervals"]),
    st.sampled_from(["no_errors", "left_out", "all_errors"]),
    st.sampled_from([0, 60, 180]),
)
def test_error_rates_agree_with_the_intervals_looked_at_one_by_one(
    given_buckets: list[dict[str, int]], aggregate: str, empty: str, least: int
) -> None:
    indicator = {
        "kind": "error_rate",
        "aggregate": aggregate,
        "interval_seconds": 60,
        "bad_interval": {"op": "more_than", "percent": "20"},
        "empty_interval": empty,
        "minimum_run_seconds": least,
    }
    agreed = terms(target_percent="95", schedule__tiers=TIERS, indicator=indicator, exclusions=[])
    seen = result(agreed, inputs(window=(at(0), at(LENGTH)), buckets=given_buckets))
    rows = [(one["requests"], one["errors"]) for one in given_buckets for _ in range(one["repeat"])]
    rates = [
        Fraction(errors, requests) if requests else Fraction(int(empty == "all_errors"))
        for requests, errors in rows
    ]
    kept = [n for n, (requests, _) in enumerate(rows) if requests or empty != "left_out"]
    above = {n for n, rate in enumerate(rates) if rate > Fraction(1, 5)}
    bad = {n for run in runs(above) if len(run) * 60 >= least for n in run}
    requests, errors = sum(one for one, _ in rows), sum(one for _, one in rows)
    if aggregate == "pooled":
        expected = 1 - Fraction(errors, requests) if requests else None
    elif not kept:
        expected = None
    elif aggregate == "mean_of_intervals":
        expected = 1 - sum((rates[n] for n in kept), Fraction(0)) / len(kept)
    else:
        expected = 1 - Fraction(len(bad & set(kept)), len(kept))
    assert seen.level == expected


@settings(max_examples=150)
@given(
    st.integers(0, 500),
    st.integers(1, 60),
    st.integers(0, 50),
    st.sampled_from(["complete", "started", "proportional"]),
    st.sampled_from(["excess", "all"]),
)
def test_units_beyond_an_allowance_are_counted_as_the_words_say(
    down: int, unit: int, allowed: int, units: str, counts: str
) -> None:
    schedule = {
        "kind": "per_unit",
        "on": "down_seconds",
        "unit": str(unit),
        "units": units,
        "beyond": {"number": str(allowed)},
        "counts": counts,
        "worth": {"amount": "2"},
        "requires_missed_target": False,
    }
    agreed = terms(target_percent=None, schedule=schedule)
    lengths = [{"seconds": str(down)}] if down else []
    # Nothing is down before the first second, so that an empty list of lengths needs its coverage.
    seen = result(agreed, inputs(lengths=lengths))
    beyond = max(0, down - allowed)
    counted = beyond if counts == "excess" else (down if beyond else 0)
    number = {
        "complete": Fraction(counted // unit),
        "started": Fraction(-(-counted // unit)),
        "proportional": Fraction(counted, unit),
    }[units]
    assert Fraction(seen.more["credit_exact"]) == number * 2


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["98.5", "96", "99.95"]), st.integers(0, 2000)), min_size=1, max_size=14
    ),
    st.integers(2, 6),
)
def test_a_rolling_cap_holds_over_every_stretch_of_its_windows(
    months: list[tuple[str, int]], size: int
) -> None:
    plain = document(
        caps=[{"per": "rolling", "windows": size, "kind": "percent_of_fee", "value": "8"}],
        schedule__tiers=[{"upper": "99.9", "upper_inclusive": False, "percent": "10"}],
    )
    windows = []
    for number, (level, fee) in enumerate(months):
        year, month = divmod(number, 12)
        windows.append(
            {
                "window": {"containing": f"{2024 + year}-{month + 1:02d}-15"},
                "facts": {
                    "fee": f"{fee}.00",
                    "given": [{"figure": "level", "value": level, "unit": "percent"}],
                },
            }
        )
    found = calculate(parse_terms(plain), {"windows": windows})
    paid = [Decimal(one["commitments"]["uptime"]["credit_amount"]) for one in found["windows"]]
    for last in range(len(months)):
        if not paid[last]:
            # A stretch that pays nothing itself may look back on one that was paid out of a longer room.
            continue
        first = max(0, last - size + 1)
        fees = sum(fee for _, fee in months[first : last + 1])
        # Each amount is rounded once; a cent for each window of the stretch is what rounding can add.
        assert sum(paid[first : last + 1]) <= Decimal(fees) * 8 / 100 + Decimal("0.01") * size


@settings(max_examples=40)
@given(outages, st.integers(1, 5))
def test_the_same_calculation_gives_the_same_bytes(found: list[tuple[int, int]], times: int) -> None:
    facts = {
        "window": {"start": "2026-04-01", "end": "2026-05-01"},
        "facts": {
            "coverage": "whole_window",
            "fee": "1000.00",
            "outages": [
                {"start": at(a).isoformat(), "end": (at(b) + timedelta(hours=times)).isoformat()}
                for a, b in found
            ],
        },
    }
    one, other = calculate(document(), facts), calculate(parse_terms(document()).canonical(), facts)
    assert canonical_json(one) == canonical_json(other)
