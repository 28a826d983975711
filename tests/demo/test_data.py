"""The vendor's data that the project carries, alone and against the files it was made from."""

import csv
from datetime import date
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "demo" / "data"
ORIGINAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "github-status"

against_the_original = pytest.mark.skipif(
    not ORIGINAL.is_dir(), reason="../shared, which the data was made from, is not here"
)


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_files_have_the_rows_that_their_description_counts():
    counts = {path.name: len(rows_of(DATA, path.name)) for path in DATA.glob("*.csv")}
    assert counts.items() >= {
        ("components.csv", 10),
        ("daily_seconds.csv", 12_599),
        ("incidents.csv", 508),
        ("published_uptime.csv", 415),
    }


def test_every_component_has_each_day_of_its_life_once():
    first = {row["name"]: date.fromisoformat(row["first_day"] or "2022-01-01") for row in components()}
    days: dict[str, set[date]] = {name: set() for name in first}
    for row in rows_of(DATA, "daily_seconds.csv"):
        day = date.fromisoformat(row["day"])
        assert day not in days[row["component"]]
        days[row["component"]].add(day)
    for name, present in days.items():
        assert min(present) == first[name]
        assert max(present) == date(2025, 6, 30)
        assert len(present) == (date(2025, 6, 30) - first[name]).days + 1


def test_the_incidents_that_nothing_can_be_reckoned_from_are_carried():
    incidents = rows_of(DATA, "incidents.csv")
    assert sum(row["components"] == "" for row in incidents) == 79
    assert sum(row["start"] == row["end"] for row in incidents) == 14
    assert min(row["start"] for row in incidents) == "2022-03-24T19:11:00Z"


def components() -> list[dict[str, str]]:
    return rows_of(DATA, "components.csv")


@against_the_original
def test_the_daily_seconds_are_the_original_ones_without_copilots_days_before_its_first():
    kept = {
        (row["component"], row["day"]): (row["partial_seconds"], row["major_seconds"], row["incidents"])
        for row in rows_of(DATA, "daily_seconds.csv")
    }
    left_out = []
    for row in rows_of(ORIGINAL, "daily_outage_seconds.csv"):
        facts = (row["partial_outage_s"], row["major_outage_s"], row["incident_codes"])
        if kept.pop((row["component"], row["date_utc"]), None) != facts:
            left_out.append((row["component"], row["date_utc"], facts))
    assert kept == {}
    assert len(left_out) == 171
    assert {name for name, _, _ in left_out} == {"Copilot"}
    assert {facts for _, _, facts in left_out} == {("0", "0", "")}
    assert max(day for _, day, _ in left_out) == "2022-06-20"


@against_the_original
def test_every_incident_is_the_original_one():
    assert [
        (
            row["external_id"],
            row["published_start"],
            row["published_end"],
            row["start"],
            row["end"],
            row["severity"],
            row["components"],
            row["title"],
        )
        for row in rows_of(DATA, "incidents.csv")
    ] == [tuple(row.values()) for row in rows_of(ORIGINAL, "incidents.csv")]


@against_the_original
def test_every_published_uptime_is_the_original_one():
    assert [
        (row["component"], row["month"], row["uptime"]) for row in rows_of(DATA, "published_uptime.csv")
    ] == [
        (row["component"], f"{row['year']}-{int(row['month']):02d}", row["uptime"])
        for row in rows_of(ORIGINAL, "published_monthly_uptime.csv")
    ]
