"""What every way in must do, told once: a case makes a source, lets days of it come, and says what is known after.

A case has one component. Its days are 2023-04-01 and later; ``tell(day, down)`` says how many of the day's first
hours were down, in the form of the case. What is known is compared as seconds of the day, so that all cases agree.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.test import Client

from base import jobs
from measurements import services
from measurements.feeding.mapping import Mapping as ColumnMapping
from measurements.feeding.sheets import read_grid
from measurements.models import (
    BucketDaySum,
    Feed,
    FeedState,
    ImportRun,
    IntervalObservation,
    SecondsObservation,
    Source,
)
from measurements.reading import known_intervals
from tests.measurements import world
from tests.measurements.adapters.serving import Server

FIRST = datetime(2023, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def work_off() -> None:
    """Do all the jobs that wait, and those that they ask for."""
    for _ in range(10_000):
        waiting = jobs.waiting()
        if not waiting:
            return
        for number, _ in waiting:
            jobs.run(number)
    raise AssertionError("jobs without end")


@dataclass
class Case:
    """A way in. ``down`` holds the hours that were down, by day from ``FIRST``."""

    server: Server
    vendor: Any
    down: dict[int, int] = field(default_factory=dict)
    source: Source = field(init=False)

    shape = ""
    width: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        given: dict[str, Any] = {} if self.width is None else {"width_seconds": self.width}
        if self.shape == "intervals":
            given["covers_from"] = FIRST
        self.source = world.source(self.shape, self.vendor, code="the-source", **given)
        self.prepare()

    def prepare(self) -> None:
        """Whatever the way in needs beside a source."""

    def deliver(self, now: datetime) -> ImportRun:
        """Begin to let everything in that is there at ``now``."""
        raise NotImplementedError

    def bring(self, now: datetime) -> ImportRun:
        """Let everything in, to the end."""
        run = self.deliver(now)
        work_off()
        run.refresh_from_db()
        return run

    def serve_garbage(self) -> None:
        """From now on something comes that cannot be read."""
        raise NotImplementedError

    def serve_well(self) -> None:
        """And then it is as it was."""

    def known(self, at: datetime) -> Mapping[int, int]:
        """Seconds that were down by day, as known at ``at``; a day that nobody told of is not there."""
        if self.shape == "intervals":
            found: dict[int, int] = {}
            for row in known_intervals(self.source, at):
                day = (row.during.lower - FIRST) // DAY
                found[day] = found.get(day, 0) + int((row.during.upper - row.during.lower).total_seconds())
            return found
        if self.shape == "daily_seconds":
            rows = SecondsObservation.objects.filter(source=self.source, known_at__lte=at).order_by(
                "known_at"
            )
            return {(row.day - FIRST.date()).days: row.major_seconds for row in rows if row.major_seconds}
        sums: dict[int, int] = {}
        for one in BucketDaySum.objects.filter(series__source=self.source, known_at__lte=at):
            day = (one.day - FIRST.date()).days
            sums[day] = sums.get(day, 0) + one.bad * self.seconds_of_a_miss
        return {day: seconds for day, seconds in sums.items() if seconds}

    seconds_of_a_miss = 1

    def rows(self) -> int:
        """How many facts are stored, superseded ones included."""
        return (
            IntervalObservation.objects.filter(source=self.source).count()
            + SecondsObservation.objects.filter(source=self.source).count()
            + BucketDaySum.objects.filter(series__source=self.source).count()
        )


# Pulled ---------------------------------------------------------------------------------------------------


class Pulled(Case):
    """A source that is asked over HTTP."""

    adapter = ""

    def settings(self) -> dict[str, Any]:
        return {"address": self.server.url}

    def prepare(self) -> None:
        self.feed: Feed = services.set_feed(
            source=self.source, adapter=self.adapter, settings=self.settings(), begins_at=FIRST
        )
        self.serve_well()

    def deliver(self, now: datetime) -> ImportRun:
        self.now = now
        return services.pull(feed=self.feed, requested_at=now)

    @property
    def state(self) -> FeedState:
        return FeedState.objects.get(feed=self.feed)


class PrometheusCase(Pulled):
    """A probe every half hour, by a server that answers range selectors as the real one does."""

    adapter, shape, width = "prometheus", "samples", 1800
    seconds_of_a_miss = 1800
    page_seconds = 86_400

    def settings(self) -> dict[str, Any]:
        return {
            "address": self.server.url,
            "measure": "probe",
            "selector": "probe_success",
            "component": "Actions",
            "interval_seconds": 1800,
            "page_seconds": self.page_seconds,
            "settle_seconds": 0,
        }

    def _answer(self, query: Mapping[str, str]) -> Any:
        last = float(query["time"])
        first = last - float(query["query"].split("[")[1].rstrip("ms]")) / 1000
        values = []
        step, begins = 1800, int(FIRST.timestamp())
        at = max(begins, -int(-first // step) * step)
        while at <= min(last, self.now.timestamp()):
            day, second = divmod(at - begins, 86_400)
            values.append([at, "0" if second < self.down.get(day, 0) * 3600 else "1"])
            at += step
        series = [{"metric": {"instance": "10.0.0.1:9115"}, "values": values}]
        return {"status": "success", "data": {"resultType": "matrix", "result": series}}

    def serve_well(self) -> None:
        self.server.answers["/api/v1/query"] = self._answer

    def serve_garbage(self) -> None:
        self.server.answers["/api/v1/query"] = {
            "status": "success",
            "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [["now", "maybe"]]}]},
        }


class StatuspageCase(Pulled):
    """A status page with an incident for each day with hours that were down."""

    adapter, shape = "statuspage", "intervals"

    def incidents(self, until: datetime) -> list[Any]:
        found = []
        for day, hours in sorted(self.down.items(), reverse=True):
            start, end = FIRST + day * DAY, FIRST + day * DAY + hours * HOUR
            if hours and start <= until:
                found.append(
                    {
                        "id": f"day{day}",
                        "name": "Errors, told to ann@example.com",
                        "status": "resolved",
                        "impact": "major",
                        "created_at": stamp(start),
                        "started_at": stamp(start),
                        "resolved_at": stamp(end),
                        "components": [{"id": "c1", "name": "Actions"}],
                        "incident_updates": [],
                    }
                )
        return found

    def _page(self, query: Mapping[str, str]) -> Any:
        number = int(query.get("page", 1))
        return {
            "page": {"updated_at": "x"},
            "incidents": self.incidents(self.now)[50 * number - 50 : 50 * number],
        }

    def serve_well(self) -> None:
        self.server.answers |= {
            "/api/v2/components.json": {
                "components": [{"id": "c1", "name": "Actions", "status": "operational"}]
            },
            "/api/v2/scheduled-maintenances.json": {"scheduled_maintenances": []},
            "/api/v2/incidents.json": self._page,
        }

    def serve_garbage(self) -> None:
        self.server.answers["/api/v2/incidents.json"] = b"<html>down for maintenance</html>"


class UpptimeCase(Pulled):
    """A repository of Upptime with one site."""

    adapter, shape = "upptime", "daily_seconds"

    def _summary(self, query: Mapping[str, str]) -> Any:
        down = {
            f"{FIRST + day * DAY:%Y-%m-%d}": hours * 60
            for day, hours in self.down.items()
            if hours and FIRST + day * DAY <= self.now
        }
        return [{"name": "Actions", "slug": "actions", "uptime": "12.34%", "dailyMinutesDown": down}]

    def _site(self, query: Mapping[str, str]) -> bytes:
        return (
            f"url: https://x\nstartTime: 2023-03-01T00:00:00.000Z\nlastUpdated: {stamp(self.now)}\n".encode()
        )

    def serve_well(self) -> None:
        self.server.answers |= {"/history/summary.json": self._summary, "/history/actions.yml": self._site}

    def serve_garbage(self) -> None:
        self.server.answers["/history/summary.json"] = [
            {"name": "Actions", "slug": "actions", "dailyMinutesDown": {"2023-04-01": "many"}}
        ]


# Sent -----------------------------------------------------------------------------------------------------


class Sent(Case):
    """Rows that somebody sends: the hours that were down as buckets of an hour, one request each."""

    shape, width = "buckets", 3600
    seconds_of_a_miss = 3600
    garbage = False

    def _rows(self, now: datetime) -> list[list[str]]:
        found = []
        for day in range((now - FIRST) // DAY):
            for hour in range(24):
                start = FIRST + day * DAY + hour * HOUR
                found.append(["Actions", stamp(start), "0" if hour < self.down.get(day, 0) else "1", "1"])
        future = self.down.get(-1)
        if future:
            found.append(["Actions", stamp(now.replace(minute=0, second=0) + future * HOUR), "0", "1"])
        if self.garbage:
            found[0][2] = "many"
        return found

    def serve_garbage(self) -> None:
        self.garbage = True

    def serve_well(self) -> None:
        self.garbage = False


class UploadCase(Sent):
    """A file whose columns have other names, mapped."""

    def file(self, now: datetime) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";")
        writer.writerow(["Dienst", "Beginn", "Gut", "Alle", "Bemerkung"])
        writer.writerows([*row, "told to ann@example.com"] for row in self._rows(now))
        return text.getvalue().encode()

    def deliver(self, now: datetime) -> ImportRun:
        grid = read_grid(self.file(now))
        draft = services.draft_upload(
            source=self.source, form="buckets", name="hours.csv", grid=grid, uploaded_at=now
        )
        mapping = ColumnMapping(
            columns={"component": "Dienst", "start": "Beginn", "good": "Gut", "total": "Alle"}, zone="UTC"
        )
        return services.import_draft(draft=draft, mapping=mapping, known_at=now, requested_at=now)


class WorkbookCase(UploadCase):
    """The same as a workbook."""

    def file(self, now: datetime) -> bytes:
        from openpyxl import Workbook

        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["Dienst", "Beginn", "Gut", "Alle", "Bemerkung"])
        for component, start, good, total in self._rows(now):
            number = int(good) if good.isdigit() else good
            sheet.append(
                [component, datetime.fromisoformat(start).replace(tzinfo=None), number, int(total), "x"]
            )
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()


class PushCase(Sent):
    """Batches that are pushed to the API."""

    def prepare(self) -> None:
        from tests.measurements.adapters.pushing import bearer_for

        self.client = Client()
        self.bearer = bearer_for(self.source)
        self.number = 0

    def deliver(self, now: datetime) -> ImportRun:
        names = ("component", "start", "good", "total")
        rows: list[dict[str, Any]] = []
        for row in self._rows(now):
            values: dict[str, Any] = dict(zip(names, row, strict=True))
            rows.append(
                {
                    **values,
                    "good": int(values["good"]) if values["good"].isdigit() else values["good"],
                    "total": int(values["total"]),
                }
            )
        self.number += 1
        answer = self.client.post(
            "/api/v1/pushes/",
            json.dumps({"source": self.source.code, "form": "buckets", "name": "batch", "rows": rows}),
            content_type="application/json",
            HTTP_AUTHORIZATION=self.bearer,
            HTTP_IDEMPOTENCY_KEY=f"batch-{self.number}",
        )
        if answer.status_code != 202:
            raise Refused(answer)
        return ImportRun.objects.get(pk=answer.json()["id"])


class Refused(Exception):
    """The API did not take it."""

    def __init__(self, answer: Any) -> None:
        super().__init__(answer.content)
        self.answer = answer


CASES: dict[str, Callable[..., Case]] = {
    "prometheus": PrometheusCase,
    "statuspage": StatuspageCase,
    "upptime": UpptimeCase,
    "upload": UploadCase,
    "workbook": WorkbookCase,
    "push": PushCase,
}
