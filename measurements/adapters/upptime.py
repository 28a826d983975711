"""Upptime: the history that its repository keeps, minutes of downtime by site and UTC day.

``history/summary.json`` lists the sites with the days on which they were down; a day that it does not name had no
downtime, if the site was watched on it: from the day after ``startTime`` of ``history/SLUG.yml`` up to the day
before its ``lastUpdated``, a year at most, which is as far back as the summary looks. Its percentages are not kept
(rule 6).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import Field

from measurements.adapters.seam import (
    Cursor,
    DayRow,
    Document,
    Fetching,
    KeptPage,
    Kind,
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

SUMMARY = "summary"
SITE = "site:"
LOOKS_BACK = timedelta(days=364)
ONE_DAY = timedelta(days=1)
DAY_MINUTES = 1_440


class UpptimeSettings(Settings):
    """What a person sets."""

    address: str = Field(
        max_length=500,
        description="The repository's files: https://raw.githubusercontent.com/OWNER/NAME/master",
    )
    token_variable: str = Field(
        default="",
        pattern=r"^(FEED_TOKEN_[A-Z0-9_]{1,60})?$",
        description="The environment variable, FEED_TOKEN_..., that holds a bearer token; empty: none.",
    )
    sites: tuple[str, ...] = Field(
        default=(), max_length=200, description="The slugs of the sites to take; empty: all of them."
    )


class Upptime(PullAdapter):
    """See the module."""

    name = "upptime"
    label = "Upptime"
    version = 1
    kind = Kind.DAILY_SECONDS
    settings = UpptimeSettings
    fields = {SUMMARY: {"name": TEXT, "slug": PLAIN, "dailyMinutesDown": {"*": PLAIN}}}

    def fields_of(self, settings: Any) -> Mapping[str, Spec]:
        """The summary; of a site's own file only since when and until when it was watched."""
        return _Sites(self.fields)

    def fetch(
        self,
        settings: UpptimeSettings,
        fetcher: Fetching,
        cursor: Cursor,
        *,
        begins_at: datetime,
        until: datetime,
    ) -> Page | None:
        """The history as it is now, once for every day that is over."""
        today = until.astimezone(UTC).date()
        if cursor and date.fromisoformat(cursor["day"]) >= today:
            return None
        base = settings.address.rstrip("/")
        summary = Document(
            SUMMARY, f"{base}/history/summary.json", fetcher.get(f"{base}/history/summary.json")
        )
        documents = [summary]
        for slug in _slugs(summary.body, settings):
            url = f"{base}/history/{slug}.yml"
            documents.append(Document(f"{SITE}{slug}", url, fetcher.get(url), _lines))
        return Page(
            name=f"history at {today}",
            documents=tuple(documents),
            context={"asked_at": until.isoformat(), "begins_at": begins_at.isoformat()},
            cursor={"day": today.isoformat()},
            more=False,
        )

    def parse(self, page: KeptPage) -> Parsed:
        """See PullAdapter."""
        parsed = Parsed()
        sites = page.documents.get(SUMMARY)
        if not isinstance(sites, list):
            parsed.faults.add(
                0, SUMMARY, "is no list of sites; is this the history of an Upptime repository?"
            )
            return parsed
        for number, entry in enumerate(sites, start=1):
            site = mapped(entry)
            watched = page.documents.get(f"{SITE}{site.get('slug')}")
            if watched is not None:
                self._read_site(number, site, mapped(watched), page, parsed)
        return parsed

    def _read_site(
        self, number: int, site: Mapping[str, Any], watched: Mapping[str, Any], page: KeptPage, parsed: Parsed
    ) -> None:
        try:
            started, updated = instant_of(watched.get("startTime")), instant_of(watched.get("lastUpdated"))
        except ValueError as error:
            parsed.faults.add(number, f"{SITE}{site.get('slug')}", f"startTime or lastUpdated {error}")
            return
        asked_at = page.instant("asked_at")
        last = min(updated, asked_at).date()
        first = max(started.date() + ONE_DAY, last - LOOKS_BACK, _first_whole_day(page.instant("begins_at")))
        down: dict[date, int] = {}
        for text, minutes in mapped(site.get("dailyMinutesDown")).items():
            try:
                day = date.fromisoformat(text)
            except ValueError:
                parsed.faults.add(
                    number, "dailyMinutesDown", f"names {text[:40]!r}; a day such as 2025-01-31 is expected"
                )
                continue
            if type(minutes) is not int or not 0 <= minutes <= DAY_MINUTES:
                parsed.faults.add(
                    number,
                    f"dailyMinutesDown.{text}",
                    f"is {str(minutes)[:40]}; 0 to {DAY_MINUTES} whole minutes are expected",
                )
            elif day > asked_at.date() + ONE_DAY:
                parsed.faults.add(
                    number, f"dailyMinutesDown.{text}", "lies in the future; nobody can know it"
                )
            else:
                down[day] = minutes
        day = first
        while day < last:
            parsed.rows.append(DayRow(str(site.get("name")), day.isoformat(), 0, down.get(day, 0) * 60))
            day += ONE_DAY


class _Sites(dict[str, Spec]):
    """The fields of the summary, and the same two for whatever site."""

    def get(self, name: str, default: Any = None) -> Any:
        """As a dict's."""
        if name.startswith(SITE):
            return {"startTime": PLAIN, "lastUpdated": PLAIN}
        return super().get(name, default)


def _slugs(summary: bytes, settings: UpptimeSettings) -> list[str]:
    """The sites whose own files are to be read; none of a summary that cannot be read."""
    try:
        sites = [str(mapped(entry).get("slug")) for entry in listed(read_json(summary))]
    except ValueError:
        return []
    plain = [slug for slug in sites if slug and slug.replace("-", "").replace("_", "").isalnum()]
    return [slug for slug in plain if not settings.sites or slug in settings.sites][:200]


def _lines(content: bytes) -> dict[str, str]:
    """A site's file, which is YAML of plain ``key: value`` lines and nothing else."""
    found = {}
    for line in content.decode("utf-8", "replace").splitlines():
        key, colon, value = line.partition(": ")
        if colon and key.isalnum():
            found[key] = value.strip().strip("'\"")
    if not found:
        raise ValueError("no line of it is a name, a colon and a value")
    return found


def _first_whole_day(at: datetime) -> date:
    day = at.astimezone(UTC)
    return day.date() if day.time() == day.time().min else day.date() + ONE_DAY


UPPTIME = Upptime()
