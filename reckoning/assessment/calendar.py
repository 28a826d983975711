"""The window as a calendar: its length, its local days, and time put into these days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from fractions import Fraction

from reckoning.assessment.figures import Row, count, lasting
from reckoning.fields import zone_info
from reckoning.timeline.spans import SECOND, Span, clip, from_us, merge, to_us, total
from reckoning.timeline.windows import Window, local_instant


@dataclass(frozen=True, slots=True)
class Calendar:
    """A window with the zone in which its days begin; `zone` is None where no day matters."""

    start: int
    end: int
    zone: str | None
    days: int

    @classmethod
    def of(cls, window: Window | None, start: int, end: int) -> "Calendar":
        """The calendar of a window; without one, days cannot be told apart and the window counts as one."""
        if window is None:
            return cls(start, end, None, 1)
        return cls(start, end, window.zone, window.days)

    @property
    def seconds(self) -> Fraction:
        """The length of the window."""
        return Fraction(self.end - self.start, SECOND)

    def day_of(self, instant: int) -> date:
        """The local day that holds an instant (UTC days where no zone is known)."""
        return from_us(instant).astimezone(zone_info(self.zone or "UTC")).date()

    def by_day(self, rows: Sequence[Row]) -> list[Row]:
        """The downtime of the rows by local day: a row for each day that has any. Rows without a place in time
        stand for themselves.
        """
        spans = merge(
            Span(row.start, row.end) for row in rows if row.start is not None and row.end is not None
        )
        found: list[Row] = []
        if spans:
            day = self.day_of(max(spans[0].start, self.start))
            while (begin := self._midnight(day)) < min(spans[-1].end, self.end):
                after = self._midnight(day + timedelta(days=1))
                mine = total(clip(spans, Span(max(begin, self.start), min(after, self.end))))
                if mine:
                    figures = {"down_seconds": lasting(Fraction(mine, SECOND)), "runs": count(1)}
                    found.append(Row(day.isoformat(), figures, start=begin, end=after))
                day += timedelta(days=1)
        return [*found, *(row for row in rows if row.start is None)]

    def _midnight(self, day: date) -> int:
        return to_us(local_instant(day, time(0), self.zone or "UTC"))
