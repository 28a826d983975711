"""What is not known is never a zero: limits and schedules over facts that leave something open."""

from pathlib import Path
from typing import Any

import pytest

from reckoning.calculation import calculate
from reckoning.errors import InputError
from reckoning.terms.plain import read_plain

SHOP: dict[str, Any] = read_plain((Path(__file__).parents[2] / "docs/terms/examples/shop.yaml").read_text())
WINDOW = {"containing": "2026-04-15"}
FLAT = {"kind": "flat", "worth": {"percent": 10}}
HALF_KNOWN = [{"start": "2026-04-01T00:00:00Z", "end": "2026-04-16T00:00:00Z"}]
HOUR = [{"start": "2026-04-10T10:00:00Z", "end": "2026-04-10T11:00:00Z"}]


def reckoned(changes: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """The result of April for the shop, with blocks of its commitment replaced."""
    commitment = {**SHOP["commitments"][0], "target_percent": None, "schedule": FLAT, **changes}
    plain = {"window": WINDOW, "facts": {"fee": 1000, **facts}}
    found = calculate({**SHOP, "commitments": [commitment]}, plain)
    result: dict[str, Any] = found["windows"][0]["commitments"]["uptime"]
    return result


def told(result: dict[str, Any]) -> tuple[str, str | None, list[str]]:
    return result["outcome"], result["credit_amount"], [one["code"] for one in result["open_questions"]]


@pytest.mark.parametrize(
    "limit",
    [
        {"on": "down_seconds", "op": "at_most", "value": 3600},
        {"on": "runs", "op": "at_most", "value": 1},
        {"on": "longest_run_seconds", "op": "less_than", "value": 3601},
    ],
)
def test_a_limit_that_looks_kept_is_open_while_time_is_unknown(limit: dict[str, Any]) -> None:
    facts = {"coverage": HALF_KNOWN, "outages": HOUR}
    assert told(reckoned({"limit": limit}, facts)) == ("open_question", None, ["UNKNOWN_TIME"])
    whole = {"coverage": "whole_window", "outages": HOUR}
    assert told(reckoned({"limit": limit}, whole)) == ("met", "0.00", [])


def test_a_limit_that_is_broken_stays_broken_and_its_amount_is_open_while_time_is_unknown() -> None:
    limit = {"on": "down_seconds", "op": "at_most", "value": 3599}
    facts = {"coverage": HALF_KNOWN, "outages": HOUR}
    assert told(reckoned({"limit": limit}, facts)) == ("breach", None, ["UNKNOWN_TIME"])


def test_a_limit_on_a_given_figure_asks_nothing() -> None:
    limit = {"on": "runs", "op": "at_most", "value": 1}
    given = {"coverage": HALF_KNOWN, "given": [{"figure": "runs", "value": 1, "unit": "count"}]}
    assert told(reckoned({"limit": limit}, given)) == ("met", "0.00", [])


def test_a_schedule_that_decides_alone_pays_nothing_while_a_clock_has_no_instant() -> None:
    schedule = {
        "kind": "per_unit",
        "each": "outage",
        "on": "down_seconds",
        "bounds_in": "hours",
        "unit": 1,
        "units": "started",
        "requires_missed_target": False,
        "worth": {"percent": 5},
    }
    indicator = {**SHOP["commitments"][0]["indicator"], "clock_starts": "report"}
    changes = {"schedule": schedule, "indicator": indicator, "unknown_time": "up"}
    outcome = told(reckoned(changes, {"outages": HOUR}))
    assert outcome == ("open_question", None, ["CLOCK_WITHOUT_INSTANT"])
    reported = [{**HOUR[0], "reported_at": "2026-04-10T10:00:00Z"}]
    assert told(reckoned(changes, {"outages": reported})) == ("breach", "50.00", [])


EVENTS = {
    "indicator": {"kind": "events_on_time", "deadline_seconds": 14400},
    "limit": {"on": "late", "op": "at_most", "value": 0},
    "schedule": {"kind": "flat", "each": "event", "worth": {"amount": 30}},
    **dict.fromkeys(("excluded_time", "unknown_time", "part_life")),
}


@pytest.mark.parametrize("no_base", ["ask", "met"])
def test_an_event_that_has_not_ended_is_neither_on_time_nor_late(no_base: str) -> None:
    events = [{"id": "a", "started_at": "2026-04-10T10:00:00Z"}, {"id": "b", "seconds": 60}]
    result = reckoned({**EVENTS, "no_base": no_base}, {"events": events})
    assert told(result) == ("open_question", None, ["EVENT_LENGTH_UNKNOWN"])
    assert result["figures"]["events"]["exact"] == "2/1"
    assert not {"late", "on_time", "total_seconds", "longest_seconds"} & set(result["figures"])


def test_an_event_of_unknown_length_leaves_what_each_late_one_earns_open() -> None:
    changes = {**EVENTS, "limit": {"on": "events", "op": "at_most", "value": 0}}
    events = [{"id": "a", "started_at": "2026-04-10T10:00:00Z"}, {"id": "b", "seconds": 14401}]
    outcome, credit, _ = told(reckoned(changes, {"events": events}))
    assert (outcome, credit) == ("breach", None)


def test_a_sum_of_lengths_needs_the_length_of_every_event() -> None:
    changes = {**EVENTS, "indicator": {"kind": "events_on_time"}, "schedule": FLAT}
    changes["limit"] = {"on": "longest_seconds", "op": "at_most", "value": 10}
    known = {"id": "a", "seconds": 10}
    assert told(reckoned(changes, {"events": [known]})) == ("met", "0.00", [])
    assert told(reckoned(changes, {"events": [known, {"id": "b"}]}))[:2] == ("open_question", None)


def test_windows_of_an_input_come_in_the_order_of_time() -> None:
    windows = [{"window": {"containing": f"2026-0{month}-15"}, "facts": {"fee": 1}} for month in (5, 4)]
    with pytest.raises(InputError) as caught:
        calculate(SHOP, {"windows": windows})
    assert caught.value.code == "WINDOW_ORDER"
    assert str(caught.value).startswith("windows.1: 2026-04 of uptime stands after 2026-05; ")
    assert len(calculate(SHOP, {"windows": windows[::-1]})["windows"]) == 2


def test_totals_show_the_points_of_each_window_also_after_one_without() -> None:
    schedule = {"kind": "flat", "worth": {"points": 2}, "points_percent": "0.5"}
    commitment = {**SHOP["commitments"][0], "schedule": schedule}
    lengths: list[list[dict[str, int]]] = [[], [{"seconds": 9999}]]
    windows = [
        {
            "window": {"containing": f"2026-0{month}-15"},
            "facts": {"fee": 1, "lengths": some, "coverage": "whole_window"},
        }
        for month, some in zip((4, 5), lengths, strict=True)
    ]
    found = calculate({**SHOP, "commitments": [commitment]}, {"windows": windows})
    assert found["totals"]["uptime"]["points"] == ["0/1", "2/1"]
