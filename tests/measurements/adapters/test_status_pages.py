"""Statuspage and Upptime, by samples in the form in which they answer; the incidents are real ones."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from measurements.adapters.seam import Blind, IntervalRow, Page, Parsed, kept
from measurements.adapters.statuspage import STATUSPAGE, StatuspageSettings
from measurements.adapters.upptime import UPPTIME, UpptimeSettings
from tests.measurements.adapters.serving import Server, fetcher, read, serving

SAMPLES = Path(__file__).parent / "samples"
BEGINS = datetime(2023, 5, 1, tzinfo=UTC)
ASKED = datetime(2023, 6, 1, 6, tzinfo=UTC)


def sample(name: str) -> Any:
    content = (SAMPLES / name).read_bytes()
    return json.loads(content) if name.endswith(".json") else content


@pytest.fixture
def server() -> Any:
    with serving() as found:
        for name in ("incidents", "scheduled-maintenances", "components"):
            found.answers[f"/api/v2/{name}.json"] = sample(f"statuspage/{name}.json")
        found.answers["/history/summary.json"] = sample("upptime/summary.json")
        for slug in ("actions", "api-requests", "copilot"):
            found.answers[f"/history/{slug}.yml"] = sample(f"upptime/{slug}.yml")
        yield found


def look(server: Server, cursor: Any = None, *, until: datetime = ASKED, **given: Any) -> tuple[Page, Parsed]:
    settings = StatuspageSettings(address=server.url, **given)
    page = STATUSPAGE.fetch(settings, fetcher(until), cursor or {}, begins_at=BEGINS, until=until)
    assert page is not None
    return page, read(STATUSPAGE, settings, page)


def incidents(parsed: Parsed) -> dict[str, IntervalRow]:
    return {row.external_id: row for row in parsed.rows if isinstance(row, IntervalRow)}


# Statuspage -----------------------------------------------------------------------------------------------


def test_real_incidents_come_with_their_time_impact_and_components(server: Server) -> None:
    _, parsed = look(server)
    assert not parsed.faults.total
    found = incidents(parsed)
    told = {one["id"]: one for one in sample("statuspage/incidents.json")["incidents"]}
    assert set(found) == set(told) | {"mnt-done"}
    for external_id, one in told.items():
        row = found[external_id]
        assert row.start == datetime.fromisoformat(one["started_at"])
        assert row.end == datetime.fromisoformat(one["resolved_at"])
        assert row.severity == one["impact"]
        assert set(row.components) == {component["name"] for component in one["components"]}
    assert (parsed.covers_since, parsed.covers_until, parsed.blind) == (BEGINS, ASKED, [])


def test_maintenance_counts_from_when_it_ran_and_is_announced_from_when_it_was(server: Server) -> None:
    _, parsed = look(server)
    ran = incidents(parsed)["mnt-done"]
    assert (ran.severity, ran.start.time().isoformat(), ran.end and ran.end.time().isoformat()) == (
        "maintenance",
        "02:05:00",
        "03:40:00",
    )
    notices = {notice.external_id: notice for notice in parsed.notices}
    assert set(notices) == {"mnt-planned", "mnt-done"}
    planned = notices["mnt-planned"]
    assert planned.announced_at == datetime(2023, 5, 30, 10, tzinfo=UTC)
    assert (planned.start, planned.end) == (
        datetime(2023, 6, 10, 2, tzinfo=UTC),
        datetime(2023, 6, 10, 4, tzinfo=UTC),
    )
    assert planned.components == ("Actions",)


def test_states_of_components_come_from_the_updates(server: Server) -> None:
    _, parsed = look(server, take="component_states")
    rows = [row for row in parsed.rows if isinstance(row, IntervalRow)]
    assert {row.severity for row in rows} == {"partial_outage", "under_maintenance"}
    assert all(len(row.components) == 1 for row in rows)
    (ran,) = [row for row in rows if row.severity == "under_maintenance"]
    assert ran.end is not None
    assert ran.end - ran.start == timedelta(minutes=95)


def test_a_state_that_changes_is_two_stretches_and_one_that_lasts_is_open(server: Server) -> None:
    def update(number: int, state: str, at: str) -> dict[str, Any]:
        return {
            "id": f"u{number}",
            "status": "investigating",
            "created_at": at,
            "affected_components": [{"code": "c", "name": "Actions", "new_status": state}],
        }

    server.answers["/api/v2/incidents.json"] = {
        "incidents": [
            {
                "id": "i",
                "name": "x",
                "status": "investigating",
                "impact": "major",
                "created_at": "2023-05-31T10:00:00Z",
                "resolved_at": None,
                "components": [],
                "incident_updates": [
                    update(3, "major_outage", "2023-05-31T11:00:00Z"),
                    update(2, "partial_outage", "2023-05-31T10:30:00Z"),
                    update(1, "partial_outage", "2023-05-31T10:00:00Z"),
                ],
            }
        ]
    }
    _, parsed = look(server, take="component_states")
    rows = [row for row in parsed.rows if isinstance(row, IntervalRow) and row.external_id.startswith("i/")]
    assert [(row.external_id, row.severity, row.end and row.end.hour) for row in rows] == [
        ("i/u1/c", "partial_outage", 11),
        ("i/u3/c", "major_outage", None),
    ]


def test_no_percentage_and_no_body_of_an_update_is_kept(server: Server) -> None:
    settings = StatuspageSettings(address=server.url)
    page, _ = look(server)
    content, counted, _ = kept(STATUSPAGE, settings, page)
    for text in (b"99.98", b"uptime", b"status-desk", b"555-010", b"body"):
        assert text not in content
    assert counted.dropped["uptime_percentage"]
    assert counted.dropped["body"]


def entry(number: int) -> dict[str, Any]:
    at = BEGINS + timedelta(hours=number)
    return {
        "id": f"i{number}",
        "name": "x",
        "status": "resolved",
        "impact": "minor",
        "created_at": at.isoformat(),
        "resolved_at": (at + timedelta(minutes=5)).isoformat(),
        "components": [{"name": "Actions"}],
    }


def test_older_pages_are_asked_for_until_the_last_look(server: Server) -> None:
    every = [entry(number) for number in range(130, 0, -1)]
    server.answers["/api/v2/incidents.json"] = lambda query: {
        "incidents": every[50 * int(query.get("page", 1)) - 50 : 50 * int(query.get("page", 1))]
    }
    _, parsed = look(server)
    assert len(incidents(parsed)) == 131
    assert not parsed.blind
    server.asked.clear()
    look(server, {"until": (BEGINS + timedelta(hours=100)).isoformat()})
    assert [query for path, query, _ in server.asked if "incidents" in path] == [{}]


def test_what_the_page_lists_no_more_is_told_to_be_unknown(server: Server) -> None:
    """A page that knows no older ones shows the same again."""
    every = [entry(number) for number in range(130, 80, -1)]
    server.answers["/api/v2/incidents.json"] = {"incidents": every}
    since = BEGINS + timedelta(hours=10)
    _, parsed = look(server, {"until": since.isoformat()})
    assert len(incidents(parsed)) == 51
    assert [(one.start, one.end) for one in parsed.blind] == [(since, BEGINS + timedelta(hours=81))]
    assert isinstance(parsed.blind[0], Blind)


@pytest.mark.parametrize(
    "wrong",
    [
        {"created_at": "yesterday"},
        {"created_at": "2023-05-02T10:00:00"},
        {"created_at": None},
        {"id": ""},
        {"id": "x" * 61},
        {"resolved_at": "2023-04-01T00:00:00Z"},
        {"resolved_at": None},
        {"resolved_at": 7},
    ],
)
def test_an_incident_that_cannot_be_is_a_fault_that_names_it(server: Server, wrong: dict[str, Any]) -> None:
    server.answers["/api/v2/incidents.json"] = {"incidents": [entry(1), entry(2) | wrong]}
    _, parsed = look(server)
    assert parsed.faults.listed[0].row == 2
    assert "incidents." in parsed.faults.listed[0].column


@pytest.mark.parametrize("body", [{}, [], "x", {"incidents": {}}, {"incidents": [7]}])
def test_anything_else_than_a_list_of_incidents_is_a_fault(server: Server, body: Any) -> None:
    server.answers["/api/v2/incidents.json"] = body
    _, parsed = look(server)
    assert parsed.faults.total
    assert not [row for row in parsed.rows if isinstance(row, IntervalRow) and row.severity != "maintenance"]


# Upptime --------------------------------------------------------------------------------------------------


def history(
    server: Server, *, begins_at: datetime = datetime(2020, 1, 1, tzinfo=UTC), **given: Any
) -> Parsed:
    settings = UpptimeSettings(address=server.url, **given)
    until = datetime(2023, 1, 10, 2, tzinfo=UTC)
    page = UPPTIME.fetch(settings, fetcher(until), {}, begins_at=begins_at, until=until)
    assert page is not None
    assert UPPTIME.fetch(settings, fetcher(until), page.cursor, begins_at=begins_at, until=until) is None
    return read(UPPTIME, settings, page)


def test_a_day_is_known_from_the_day_after_the_start_to_the_day_before_the_last_look(server: Server) -> None:
    parsed = history(server)
    days: dict[str, list[date]] = {}
    for row in parsed.rows:
        days.setdefault(row.component, []).append(date.fromisoformat(row.day))
    # A year is as far back as the summary looks, however long the site has been watched.
    assert (days["Actions"][0], days["Actions"][-1], len(days["Actions"])) == (
        date(2022, 1, 11),
        date(2023, 1, 9),
        364,
    )
    assert days["API Requests"][0] == date(2022, 3, 29)
    assert days["Copilot"][0] == date(2022, 7, 2)
    assert all(len(set(each)) == len(each) for each in days.values())


def test_minutes_are_seconds_of_major_outage_and_other_days_are_zero(server: Server) -> None:
    down = {(row.component, row.day): row.major_seconds for row in history(server).rows if row.major_seconds}
    assert down == {
        ("API Requests", "2022-03-29"): 16 * 60,
        ("API Requests", "2022-06-12"): 21 * 60,
        ("Copilot", "2022-07-08"): 538 * 60,
        ("Copilot", "2022-11-19"): 139 * 60,
        ("Copilot", "2022-11-20"): 86_400,
    }


def test_only_the_sites_that_were_named_are_asked_and_told(server: Server) -> None:
    assert {row.component for row in history(server, sites=("copilot",)).rows} == {"Copilot"}
    assert not [path for path, _, _ in server.asked if "actions" in path]


def test_upptime_s_percentages_are_not_kept(server: Server) -> None:
    settings = UpptimeSettings(address=server.url)
    page = UPPTIME.fetch(settings, fetcher(), {}, begins_at=BEGINS, until=ASKED)
    assert page is not None
    content, counted, _ = kept(UPPTIME, settings, page)
    assert b"%" not in content
    assert counted.dropped["uptimeYear"] == 3


@pytest.mark.parametrize(
    "wrong", [{"2022-06-12": "21"}, {"2022-06-12": 1441}, {"2022-06-12": -1}, {"soon": 1}, {"2023-02-01": 5}]
)
def test_minutes_that_cannot_be_are_faults(server: Server, wrong: dict[str, Any]) -> None:
    summary = sample("upptime/summary.json")
    summary[0]["dailyMinutesDown"] = wrong
    server.answers["/history/summary.json"] = summary
    assert history(server).faults.listed[0].column.startswith("dailyMinutesDown")
