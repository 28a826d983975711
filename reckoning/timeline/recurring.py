"""Windows that come back in local time: every Saturday at two, the last Sunday of a quarter, every night.

A date and a time of the clock are found first and made instants after, start and end separately (rule 1), so
that an occurrence moves against UTC when the clocks change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple

from reckoning.errors import InputError
from reckoning.fields import zone_info
from reckoning.timeline.calendars import END_OF_DAY
from reckoning.timeline.spans import Span, clip, merge, to_us
from reckoning.timeline.windows import add_months, local_instant

MAX_OCCURRENCES = 100_000


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When a window comes back. Weekdays are numbered from Monday, 0.

    `every` "week": on each of `weekdays` (all of them where it is empty). `every` "month": on `month_day` (-1
    is the last day; a day that the month lacks is left out), or on the `nth` of each of `weekdays` (-1 is the
    last). `months` keeps only the occurrences of these months. `interval` skips: every second week counts from
    the week of `from_day`, every second month from its month.
    """

    every: Literal["week", "month"]
    starts: time
    zone: str
    ends: time | None = None
    lasts_minutes: int | None = None
    weekdays: frozenset[int] = frozenset()
    nth: int | None = None
    month_day: int | None = None
    months: frozenset[int] = frozenset()
    interval: int = 1
    from_day: date | None = None
    until_day: date | None = None
    except_days: frozenset[date] = frozenset()


class Occurrence(NamedTuple):
    """One occurrence: its local day, its instants in UTC, and how the clock on the wall shows it."""

    day: date
    start: datetime
    end: datetime
    local: str


def occurrences(rule: Recurrence, first: datetime, last: datetime) -> Iterator[Occurrence]:
    """The occurrences that share time with [first, last), in order of their local days.

    An occurrence that began before `first` and lasts into it is among them; none is clipped, and one that the
    change of clocks swallows is left out. Raises InputError for naive instants and beyond 100,000 days.
    """
    begin, finish = to_us(first), to_us(last)
    if finish <= begin:
        return
    info = zone_info(rule.zone)
    longest = max(1, -(-(rule.lasts_minutes or 0) // 1440)) + 1
    day = first.astimezone(info).date() - timedelta(
        days=min(longest, first.astimezone(info).date().toordinal() - 1)
    )
    end_day = last.astimezone(info).date()
    if (end_day - day).days > MAX_OCCURRENCES:
        raise InputError(
            f"recurring window: {(end_day - day).days} days are asked for; at most {MAX_OCCURRENCES}",
            code="TOO_MANY_OCCURRENCES",
        )
    while day <= end_day:
        if _falls_on(rule, day):
            found = _occurrence(rule, day)
            if found.start < found.end and to_us(found.start) < finish and to_us(found.end) > begin:
                yield found
        day += timedelta(days=1)


def recurring_spans(rule: Recurrence, first: datetime, last: datetime) -> list[Span]:
    """The time of all occurrences within [first, last), merged and clipped."""
    spans = [Span(to_us(one.start), to_us(one.end)) for one in occurrences(rule, first, last)]
    return clip(merge(spans), Span(to_us(first), to_us(last)))


def _falls_on(rule: Recurrence, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if (rule.from_day and day < rule.from_day) or (rule.until_day and day > rule.until_day):
        return False
    if day in rule.except_days:
        return False
    if rule.interval > 1 and not _in_turn(rule, day):
        return False
    if rule.weekdays and day.weekday() not in rule.weekdays:
        return False
    if rule.every == "week":
        return True
    length = (add_months(day.replace(day=1), 1) - timedelta(days=1)).day
    if rule.month_day is not None:
        return day.day == (rule.month_day if rule.month_day > 0 else length + 1 + rule.month_day)
    if rule.nth is None:
        return True
    if rule.nth > 0:
        return (day.day - 1) // 7 + 1 == rule.nth
    return (length - day.day) // 7 + 1 == -rule.nth


def _in_turn(rule: Recurrence, day: date) -> bool:
    origin = rule.from_day or date(1970, 1, 5)
    if rule.every == "month":
        return ((day.year - origin.year) * 12 + day.month - origin.month) % rule.interval == 0
    weeks = ((day - timedelta(days=day.weekday())) - (origin - timedelta(days=origin.weekday()))).days // 7
    return weeks % rule.interval == 0


def _occurrence(rule: Recurrence, day: date) -> Occurrence:
    start = local_instant(day, rule.starts, rule.zone)
    if rule.ends is None:
        end = start + timedelta(minutes=rule.lasts_minutes or 0)
    elif rule.ends == END_OF_DAY:
        end = local_instant(day + timedelta(days=1), time(0), rule.zone)
    else:
        end_day = day if rule.ends > rule.starts else day + timedelta(days=1)
        end = local_instant(end_day, rule.ends, rule.zone)
    end = max(start, end)
    shown, until = start.astimezone(zone_info(rule.zone)), end.astimezone(zone_info(rule.zone))
    local = f"{shown:%Y-%m-%d %H:%M}-{until:%H:%M}"
    if until.date() != shown.date():
        local = f"{shown:%Y-%m-%d %H:%M}-{until:%Y-%m-%d %H:%M}"
    return Occurrence(day, start, end, local)
