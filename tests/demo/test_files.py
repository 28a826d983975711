"""The data as it arrived month by month: everything once, corrections after, nothing before its time."""

import csv
import io
from datetime import date, datetime

from demo import files
from demo.schedule import MonthPlan, months


def _rows(content: bytes | None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((content or b"").decode())))


def test_every_incident_arrives_once_and_after_it_was_over() -> None:
    seen = []
    for month in months():
        for row in _rows(files.incidents(month)):
            seen.append(row["external_id"])
            assert datetime.fromisoformat(row["end"]) <= MonthPlan(month).data_known_at
    assert sorted(seen) == sorted(row["external_id"] for row in files.table("data/incidents.csv").rows)


def test_every_day_and_every_published_figure_arrives_once() -> None:
    assert sum(len(_rows(files.daily_seconds(month))) for month in months()) == 12_599
    assert sum(len(_rows(files.published_uptime(month))) for month in months()) == 415


def test_a_corrected_incident_is_shown_first_as_the_status_page_had_it() -> None:
    month = date(2024, 7, 1)
    first = {row["external_id"]: row for row in _rows(files.incidents(month))}
    corrected = {row["external_id"]: row for row in _rows(files.corrected_incidents(month))}
    assert first["5yx1d67vq9hg"]["end"] == "2024-07-05T20:57:00Z"
    assert corrected["5yx1d67vq9hg"]["end"] == "2024-07-05T18:08:00Z"
    assert set(corrected) < set(first)


def test_an_incident_that_nothing_is_reckoned_from_is_not_corrected() -> None:
    corrected = [row for month in months() for row in _rows(files.corrected_incidents(month))]
    assert len(corrected) == 48
    assert all(row["components"] for row in corrected)


def test_invoices_come_after_what_they_are_for() -> None:
    for month in months():
        for name in ("customer", "vendor"):
            for row in _rows(files.invoices(name, month)):
                assert date.fromisoformat(row["period_until"]) == MonthPlan(month).after


def test_the_same_month_gives_the_same_bytes() -> None:
    month = date(2023, 3, 1)
    assert files.incidents(month) == files.incidents(month)
    assert files.daily_seconds(month) == files.daily_seconds(month)
