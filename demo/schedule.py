"""When things happen in the replayed history: pure, from dates alone, the same on every run.

Data of a month arrives on the 2nd of the next one; post-mortems correct it on the 8th; results become final
ten days after their window (``cut_off_days`` of both contracts); persons act some days later.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

FIRST_MONTH = date(2022, 1, 1)
LAST_MONTH = date(2025, 6, 1)


def next_month(month: date) -> date:
    """The first day of the month after ``month``."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def at(day: date, hour: int) -> datetime:
    """That hour of the day, UTC."""
    return datetime.combine(day, time(hour), tzinfo=UTC)


def months() -> tuple[date, ...]:
    """The first days of the months for which there is data."""
    found = [FIRST_MONTH]
    while found[-1] < LAST_MONTH:
        found.append(next_month(found[-1]))
    return tuple(found)


@dataclass(frozen=True)
class MonthPlan:
    """The days on which what concerns ``month`` happens; all of them lie in the month after it."""

    month: date

    @property
    def after(self) -> date:
        """The first day of the next month."""
        return next_month(self.month)

    def day(self, number: int) -> date:
        """That day of the next month."""
        return self.after.replace(day=number)

    @property
    def ends_quarter(self) -> bool:
        """Whether a quarter ends with this month."""
        return self.month.month % 3 == 0

    @property
    def label(self) -> str:
        """Such as 2023-03."""
        return f"{self.month:%Y-%m}"

    @property
    def quarter(self) -> str:
        """Such as 2023-Q1."""
        return f"{self.month.year}-Q{(self.month.month + 2) // 3}"

    @property
    def data_known_at(self) -> datetime:
        """When the month's data arrives."""
        return at(self.day(2), 6)

    @property
    def corrections_known_at(self) -> datetime:
        """When post-mortems correct it."""
        return at(self.day(8), 6)


def plus(day: date, days: int) -> date:
    """``days`` days later."""
    return day + timedelta(days=days)
