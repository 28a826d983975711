"""Moments as facts give them: an instant, a time on the wall, a day, or the end of a named period."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from reckoning.canonical import instant_text
from reckoning.errors import InputError
from reckoning.fields import zone_info
from reckoning.timeline.windows import add_months, last_local_day, local_instant

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)")
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PERIOD = re.compile(r"\d{4}(-(0[1-9]|1[0-2])|-Q[1-4])?")


def _moment_in(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value) if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = value[:40] if isinstance(value, str) else ""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 9999:
        text = f"{value:04d}"
    try:
        if _INSTANT.fullmatch(text):
            return instant_text(datetime.fromisoformat(text))
        if _LOCAL.fullmatch(text):
            return datetime.fromisoformat(text).isoformat()
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        if _PERIOD.fullmatch(text) and not text.startswith("0000"):
            return text
    except (ValueError, OverflowError, InputError):
        pass
    raise ValueError(
        "is no moment; write an instant 2025-01-31T13:45:00Z, a local time 2025-01-31T13:45:00, "
        "a day 2025-01-31, or for the end of a period 2025-01, 2025-Q1 or 2025"
    )


MomentText = Annotated[str, BeforeValidator(_moment_in), Field(max_length=40)]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in a zone: its local day, and its instant where that is known.

    The end of a period is held as the last local day, with the first instant after the period as `at`.
    """

    day: date
    at: datetime | None
    period_end: bool = False

    def moved(self, at: datetime, zone: str) -> "Moment":
        """Another instant in the same zone, no period's end any more."""
        return Moment(local_day(at, zone), at)


def moment(text: str, zone: str, *, period_end: bool = False, name: str = "") -> Moment:
    """What a text of facts means in a zone.

    A day or a named period that ends a period becomes the local midnight after it. Raises InputError for a
    named period where a point in time is wanted: nobody knows which of its days is meant.
    """
    if _PERIOD.fullmatch(text):
        if not period_end:
            raise InputError(
                f"{name or 'moment'}: {text} is a whole period where a day or an instant is wanted",
                code="PERIOD_FOR_POINT",
            )
        return end_of(_last_day(text), zone)
    if _DAY.fullmatch(text):
        day = date.fromisoformat(text)
        return end_of(day, zone) if period_end else Moment(day, None)
    given = datetime.fromisoformat(text)
    local = given.tzinfo is None
    at = local_instant(given.date(), given.time(), zone) if local else given.astimezone(UTC)
    if period_end:
        return Moment(last_local_day(at, zone), at, True)
    return Moment(local_day(at, zone), at)


def end_of(last_day: date, zone: str) -> Moment:
    """The end of a period by its last local day."""
    return Moment(last_day, local_instant(last_day + timedelta(days=1), time(0), zone), True)


def _last_day(period: str) -> date:
    year = int(period[:4])
    if len(period) == 4:
        first, months = date(year, 1, 1), 12
    elif period[5] == "Q":
        first, months = date(year, int(period[6]) * 3 - 2, 1), 3
    else:
        first, months = date(year, int(period[5:]), 1), 1
    return add_months(first, months) - timedelta(days=1)


def local_day(at: datetime, zone: str) -> date:
    """The local day of an instant."""
    return at.astimezone(zone_info(zone)).date()
