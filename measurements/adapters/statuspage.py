"""Status pages made with Statuspage: incidents, scheduled maintenance and the states of components.

Percentages that a page publishes are no measurements (rule 6): they are not among the fields that are kept.

The lists hold the newest fifty of each. Where they do not reach back to the last look, older pages are asked for;
where the page has none, the time between is told to be unknown, not up.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from base.csvio import Faults
from measurements.adapters.seam import (
    Blind,
    Cursor,
    Document,
    Fetching,
    IntervalRow,
    KeptPage,
    Kind,
    NoticeRow,
    Page,
    Parsed,
    PullAdapter,
    Settings,
    instant_of,
    listed,
    mapped,
    read_json,
)
from measurements.privacy import PLAIN, TEXT, Spec

INCIDENTS, MAINTENANCE, COMPONENTS = "incidents", "maintenance", "components"
FULL = 50
MOST_PAGES = 20
OVER = ("resolved", "postmortem", "completed")
RUNNING = ("in_progress", "verifying", "completed")
OPERATIONAL = "operational"
PATHS = {
    INCIDENTS: ("/api/v2/incidents.json", "incidents"),
    MAINTENANCE: ("/api/v2/scheduled-maintenances.json", "scheduled_maintenances"),
}

_EVENT: Mapping[str, Spec] = {
    "id": PLAIN,
    "name": TEXT,
    "status": PLAIN,
    "impact": PLAIN,
    "created_at": PLAIN,
    "started_at": PLAIN,
    "resolved_at": PLAIN,
    "scheduled_for": PLAIN,
    "scheduled_until": PLAIN,
    "components": {"id": PLAIN, "name": TEXT},
    "incident_updates": {
        "id": PLAIN,
        "status": PLAIN,
        "created_at": PLAIN,
        "display_at": PLAIN,
        "affected_components": {"code": PLAIN, "name": TEXT, "old_status": PLAIN, "new_status": PLAIN},
    },
}


class StatuspageSettings(Settings):
    """What a person sets."""

    address: str = Field(max_length=500, description="The page's address: https://status.example.com")
    token_variable: str = Field(
        default="",
        pattern=r"^(FEED_TOKEN_[A-Z0-9_]{1,60})?$",
        description="The environment variable, FEED_TOKEN_..., that holds a bearer token; empty: none.",
    )
    take: Literal["incidents", "component_states"] = Field(
        default="incidents",
        description="incidents: one interval each, with the page's impact. component_states: one for each component "
        "and state that an update gave it, such as partial_outage.",
    )


class Statuspage(PullAdapter):
    """See the module."""

    name = "statuspage"
    label = "Statuspage"
    version = 1
    kind = Kind.INTERVALS
    settings = StatuspageSettings
    fields = {
        INCIDENTS: {"incidents": _EVENT},
        MAINTENANCE: {"scheduled_maintenances": _EVENT},
        COMPONENTS: {"components": {"id": PLAIN, "name": TEXT, "status": PLAIN, "group": PLAIN}},
    }

    def fetch(
        self,
        settings: StatuspageSettings,
        fetcher: Fetching,
        cursor: Cursor,
        *,
        begins_at: datetime,
        until: datetime,
    ) -> Page | None:
        """All that the page shows now, back to the last look."""
        since = instant_of(cursor["until"]) if cursor else begins_at
        if until <= since:
            return None
        base = settings.address.rstrip("/")
        documents = [
            Document(
                COMPONENTS, f"{base}/api/v2/components.json", fetcher.get(f"{base}/api/v2/components.json")
            )
        ]
        reaches = {}
        for name, (path, field) in PATHS.items():
            found, reaches[name] = self._back_to(since, base + path, name, field, fetcher)
            documents += found
        return Page(
            name=f"status page at {until:%Y-%m-%dT%H:%M:%SZ}",
            documents=tuple(documents),
            context={
                "asked_at": until.isoformat(),
                "since": since.isoformat(),
                "complete_from": {
                    name: None if moment is None else moment.isoformat() for name, moment in reaches.items()
                },
            },
            cursor={"until": until.isoformat()},
            more=False,
        )

    def fields_of(self, settings: Any) -> Mapping[str, Spec]:
        """The lists, whichever page of them."""
        numbered = {
            f"{name}{number}": self.fields[name] for name in PATHS for number in range(2, MOST_PAGES + 1)
        }
        return {**self.fields, **numbered}

    def _back_to(
        self, since: datetime, url: str, name: str, field: str, fetcher: Fetching
    ) -> tuple[list[Document], datetime | None]:
        """Pages of a list until one reaches back to ``since``; and from when they are complete (None: ``since``)."""
        documents: list[Document] = []
        seen: set[str] = set()
        oldest: datetime | None = None
        for number in range(1, MOST_PAGES + 1):
            body = fetcher.get(url, {"page": str(number)} if number > 1 else None)
            entries = _entries(body, field)
            ids = {str(entry.get("id")) for entry in entries}
            if number > 1 and ids <= seen:
                # A page that knows no older ones shows the first again, or nothing.
                return documents, oldest if entries else None
            documents.append(Document(name if number == 1 else f"{name}{number}", url, body))
            seen |= ids
            moments = [moment for entry in entries if (moment := _created(entry))]
            oldest = min(moments, default=oldest)
            if len(entries) < FULL or oldest is None or oldest <= since:
                return documents, None
        return documents, oldest

    def parse(self, page: KeptPage) -> Parsed:
        """See PullAdapter."""
        parsed = Parsed()
        asked_at, since = page.instant("asked_at"), page.instant("since")
        for name, (_, field) in PATHS.items():
            read: set[str] = set()
            for document_name, document in page.documents.items():
                if document_name.rstrip("0123456789") != name:
                    continue
                value = mapped(document).get(field)
                if not isinstance(value, list):
                    parsed.faults.add(0, document_name, f"holds no list of {field}; is this a status page?")
                    continue
                for number, entry in enumerate(value, start=1):
                    event = _Event(mapped(entry), document_name, number, asked_at, parsed.faults)
                    if event.id not in read:
                        read.add(event.id)
                        event.tell(page.settings, parsed, maintenance=name == MAINTENANCE)
            moment = mapped(page.context.get("complete_from")).get(name)
            if moment is not None and instant_of(moment) > since:
                parsed.blind.append(
                    Blind(since, instant_of(moment), f"The page lists no {name} before this any more.")
                )
        parsed.covers_since, parsed.covers_until = since, asked_at
        return parsed


def _entries(body: bytes, field: str) -> list[Mapping[str, Any]]:
    """The entries of a list, none of what cannot be read: ``kept`` tells the fault."""
    try:
        return [mapped(entry) for entry in listed(mapped(read_json(body)).get(field))]
    except ValueError:
        return []


def _created(entry: Mapping[str, Any]) -> datetime | None:
    try:
        return instant_of(entry.get("created_at"))
    except ValueError:
        return None


class _Event:
    """An incident or a maintenance, being read."""

    def __init__(
        self, entry: Mapping[str, Any], document: str, number: int, asked_at: datetime, faults: Faults
    ) -> None:
        self.entry, self.document, self.number = entry, document, number
        self.asked_at, self.faults = asked_at, faults
        self.id = str(entry.get("id") or "")
        self.status = str(entry.get("status") or "")
        self.title = str(entry.get("name") or "").strip()[:300]
        self.updates = sorted(
            (mapped(update) for update in listed(entry.get("incident_updates"))),
            key=lambda update: (
                str(update.get("display_at") or update.get("created_at")),
                str(update.get("id")),
            ),
        )

    def tell(self, settings: StatuspageSettings, parsed: Parsed, *, maintenance: bool) -> None:
        """Add what it says to ``parsed``, or its faults."""
        before = self.faults.total
        if not self.id or len(self.id) > 60:
            self._fault("id", "is missing or longer than 60 characters; the page's own id is expected")
            return
        start, end = self._start(maintenance), self._end()
        if maintenance:
            self._announce(parsed)
        if self.faults.total > before or start is None:
            return
        if end is not None and end < start:
            self._fault("resolved_at", f"lies before it began, at {start:%Y-%m-%dT%H:%M:%SZ}")
        elif settings.take == "incidents":
            severity = "maintenance" if maintenance else str(self.entry.get("impact") or "none")
            parsed.rows.append(IntervalRow(self.id, start, end, severity, self._components(), self.title))
        else:
            parsed.rows += self._states(end, parsed)

    def _start(self, maintenance: bool) -> datetime | None:
        """When it began; None for maintenance that has not."""
        if not maintenance:
            return self._instant("started_at") or self._instant("created_at", needed=True)
        if self.status not in RUNNING:
            return None
        running = [update for update in self.updates if update.get("status") in RUNNING]
        began = self._moment(running[0]) if running else None
        return began or self._instant("scheduled_for", needed=True)

    def _end(self) -> datetime | None:
        """When it was over; None while it goes on."""
        if self.status not in OVER:
            return None
        said = self._instant("resolved_at")
        if said is not None:
            return said
        closing = [update for update in self.updates if update.get("status") in ("resolved", "completed")]
        if closing:
            return self._moment(closing[0])
        self._fault(
            "resolved_at", f"is missing, and the status is {self.status}; when it was over is expected"
        )
        return None

    def _announce(self, parsed: Parsed) -> None:
        announced = self._instant("created_at", needed=True)
        start, end = (
            self._instant("scheduled_for", needed=True),
            self._instant("scheduled_until", needed=True),
        )
        if announced is None or start is None or end is None:
            return
        if end <= start:
            self._fault("scheduled_until", "is not after scheduled_for")
            return
        parsed.notices.append(
            NoticeRow(self.id, announced, start, end, self.status[:30], self._components(), self.title)
        )

    def _components(self) -> tuple[str, ...]:
        named = [mapped(one).get("name") for one in listed(self.entry.get("components"))]
        named += [one.get("name") for update in self.updates for one in _affected(update)]
        return tuple(sorted({str(name).strip() for name in named if name}))

    def _states(self, end: datetime | None, parsed: Parsed) -> Iterable[IntervalRow]:
        """What its updates made of each component, from the update that said so to the next that said otherwise."""
        rows: list[IntervalRow] = []
        open_rows: dict[str, tuple[str, str, datetime, str]] = {}
        for update in self.updates:
            moment = self._moment(update)
            if moment is None:
                return []
            for one in _affected(update):
                code, state = str(one.get("code") or one.get("name")), str(one.get("new_status") or "")
                running = open_rows.get(code)
                if running and running[1] != state:
                    rows += self._closed(running, moment)
                    del open_rows[code]
                if code not in open_rows and state != OPERATIONAL:
                    open_rows[code] = (
                        f"{self.id}/{update.get('id')}/{code}"[:100],
                        state,
                        moment,
                        str(one.get("name")),
                    )
        for running in open_rows.values():
            external_id, state, moment, name = running
            rows.append(IntervalRow(external_id, moment, end, state, (name.strip(),), self.title))
        return rows

    def _closed(self, running: tuple[str, str, datetime, str], end: datetime) -> list[IntervalRow]:
        external_id, state, moment, name = running
        return [IntervalRow(external_id, moment, end, state, (name.strip(),), self.title)]

    def _moment(self, update: Mapping[str, Any]) -> datetime | None:
        for field in ("display_at", "created_at"):
            if update.get(field):
                return self._read(f"incident_updates.{field}", update[field])
        self._fault("incident_updates.created_at", "is missing; when the update was made is expected")
        return None

    def _instant(self, field: str, *, needed: bool = False) -> datetime | None:
        value = self.entry.get(field)
        if value is None and not needed:
            return None
        return self._read(field, value)

    def _read(self, field: str, value: Any) -> datetime | None:
        try:
            return instant_of(value).replace(microsecond=0)
        except ValueError as error:
            self._fault(field, str(error))
            return None

    def _fault(self, field: str, reason: str) -> None:
        self.faults.add(self.number, f"{self.document}.{self.id or '?'}.{field}", reason)


def _affected(update: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapped(one) for one in listed(update.get("affected_components"))]


STATUSPAGE = Statuspage()
