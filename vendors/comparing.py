"""A vendor's own two lists beside each other, day by day: the seconds that it counts, and the incidents that it tells.

Neither is taken for the truth. Where they differ by more than a minute on a day, the first cause that fits is
named, in the order of :class:`Cause`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, Max, OuterRef

from contracts.models import Counterparty
from measurements.models import (
    IntervalObservation,
    ListedRow,
    Payload,
    SecondsObservation,
    Source,
    SourceBinding,
)
from measurements.reading import known_intervals

TOLERANCE = timedelta(seconds=60)
ONE_DAY = timedelta(days=1)
NO_OUTAGE = ("maintenance", "none")  # severities with which a list tells of something that was no outage
NOTHING = timedelta(0)


class Cause(StrEnum):
    """Why the two lists differ on a day of a component."""

    UNNAMED = "unnamed"
    NOT_LISTED = "not_listed"
    NO_COMPONENT = "no_component"
    NO_LENGTH = "no_length"
    NO_OUTAGE = "no_outage"
    OTHER_COMPONENTS = "other_components"
    LIST_ONLY = "list_only"
    NOT_COUNTED = "not_counted"
    POST_MORTEM = "post_mortem"
    OTHER_DAY = "other_day"
    OTHER_MINUTES = "other_minutes"


CAUSE_WORDS = {
    Cause.UNNAMED: "The seconds count an outage and name no incident",
    Cause.NOT_LISTED: "An incident stands in the seconds only",
    Cause.NO_COMPONENT: "The list tells of the incident and names no component",
    Cause.NO_LENGTH: "The list tells of the incident without any length",
    Cause.NO_OUTAGE: "The list calls the incident no outage",
    Cause.OTHER_COMPONENTS: "The list names other components for the incident",
    Cause.LIST_ONLY: "An incident stands in the list only",
    Cause.NOT_COUNTED: "The seconds name the incident and count nothing for it, or elsewhere only",
    Cause.POST_MORTEM: "The list's times were corrected after a post-mortem",
    Cause.OTHER_DAY: "The list has the incident on other days",
    Cause.OTHER_MINUTES: "The same incidents, another number of minutes on the day",
}


# The causes as the categories under which a difference is explained (measurements.models.DifferenceDecision).
CATEGORIES: dict[Cause | None, str] = {
    Cause.UNNAMED: "one_sided",
    Cause.NOT_LISTED: "one_sided",
    Cause.NO_COMPONENT: "one_sided",
    Cause.NO_LENGTH: "one_sided",
    Cause.NO_OUTAGE: "one_sided",
    Cause.LIST_ONLY: "one_sided",
    Cause.NOT_COUNTED: "one_sided",
    Cause.OTHER_COMPONENTS: "scope",
    Cause.OTHER_DAY: "date_shift",
    Cause.POST_MORTEM: "length",
    Cause.OTHER_MINUTES: "length",
    None: "rounding",
}


@dataclass(frozen=True)
class Lists:
    """The two lists of a vendor."""

    seconds: Source
    intervals: Source


@dataclass(frozen=True)
class DayPair:
    """One day (UTC) of one component in both lists. ``listed`` is None where the list knows nothing of the day.

    ``cause`` is empty where the two agree to a minute or cannot be compared.
    """

    service: str
    day: date
    partial: timedelta
    major: timedelta
    listed: timedelta | None
    named: tuple[str, ...]
    told: tuple[str, ...]
    cause: Cause | None

    @property
    def reported(self) -> timedelta:
        """Partial and major outage together, unweighted."""
        return self.partial + self.major

    @property
    def difference(self) -> timedelta | None:
        """What the seconds have more than the list; negative where they have less."""
        return None if self.listed is None else self.reported - self.listed


@dataclass(frozen=True)
class MonthPair:
    """A month of one component: the sum of its days. ``listed`` is None where the list knows not the whole month."""

    service: str
    month: date
    reported: timedelta
    listed: timedelta | None
    causes: tuple[tuple[Cause, int], ...]

    @property
    def disputed(self) -> bool:
        """Whether any day differs by more than a minute."""
        return bool(self.causes)


def lists_of(vendor: Counterparty) -> Lists | None:
    """The vendor's first source of each shape, those that a contract relies on before others; None where it has
    not both.
    """
    by_shape: dict[str, Source] = {}
    bound = Exists(SourceBinding.objects.filter(source=OuterRef("pk")))
    for source in Source.objects.filter(vendor=vendor).annotate(bound=bound).order_by("-bound", "code"):
        by_shape.setdefault(source.shape, source)
    seconds, intervals = by_shape.get(Source.Shape.DAILY_SECONDS), by_shape.get(Source.Shape.INTERVALS)
    return Lists(seconds, intervals) if seconds and intervals else None


def compare_days(lists: Lists, *, first: date, until: date, known_at: datetime) -> list[DayPair]:
    """Every day in [first, until) on which either list tells of something, as known at ``known_at``.

    In order of day and component. The number of queries is fixed.
    """
    told = _Told(lists, first, until, known_at)
    keys = {*told.seconds, *told.listed}
    return [told.pair(service, day) for day, service in sorted((day, service) for service, day in keys)]


def by_category(pairs: Iterable["DayPair"]) -> dict[str, tuple[int, timedelta]]:
    """How many compared days fall under each category, and what they differ by with its sign; these sum exactly.

    Days on which both agree to a minute are "rounding". Days that one of the lists does not know are left out.
    """
    found: dict[str, tuple[int, timedelta]] = {}
    for pair in pairs:
        if pair.difference is not None:
            days, apart = found.get(CATEGORIES[pair.cause], (0, NOTHING))
            found[CATEGORIES[pair.cause]] = (days + 1, apart + pair.difference)
    return found


def by_month(
    pairs: Iterable[DayPair], service: str, months: Sequence[date], known: "Known"
) -> list[MonthPair]:
    """The given months of a component."""
    found: dict[date, list[DayPair]] = defaultdict(list)
    for pair in pairs:
        if pair.service == service:
            found[pair.day.replace(day=1)].append(pair)
    return [_month(service, month, found[month], known) for month in months]


def _month(service: str, month: date, pairs: list[DayPair], known: "Known") -> MonthPair:
    causes: dict[Cause, int] = defaultdict(int)
    for pair in pairs:
        if pair.cause:
            causes[pair.cause] += 1
    listed = None
    if known.covers(month, _next_month(month)):
        listed = sum((pair.listed for pair in pairs if pair.listed is not None), NOTHING)
    reported = sum((pair.reported for pair in pairs), NOTHING)
    return MonthPair(service, month, reported, listed, tuple(sorted(causes.items(), key=lambda one: -one[1])))


def _next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True)
class Known:
    """The time that a list of incidents knows: outside of it nothing is known, not nothing happened."""

    start: datetime | None
    end: datetime | None

    def covers(self, first: date, until: date) -> bool:
        """Whether all of [first, until) lies inside."""
        start, end = _midnight(first), _midnight(until)
        return bool(self.start and self.end and self.start <= start and end <= self.end)


def known_time(source: Source, known_at: datetime) -> Known:
    """From when to when a source of intervals knows, as known at ``known_at``."""
    until = Payload.objects.filter(source=source, known_at__lte=known_at).aggregate(last=Max("covers_until"))
    return Known(source.covers_from, until["last"])


class _Told:
    """What both lists tell of some days, fetched at once."""

    def __init__(self, lists: Lists, first: date, until: date, known_at: datetime) -> None:
        self.lists, self.first, self.until, self.known_at = lists, first, until, known_at
        self.known = known_time(lists.intervals, known_at)
        self.seconds = self._fetch_seconds()
        self.incidents = self._fetch_incidents()
        self.listed = self._by_day()
        named = {name for _, _, names in self.seconds.values() for name in names}
        self.elsewhere = self._fetch_elsewhere(named)
        self.reasons = self._fetch_reasons(named)
        self.corrected = self._fetch_corrected()
        self.counted = self._fetch_counted(named)

    def _fetch_seconds(self) -> dict[tuple[str, date], tuple[int, int, tuple[str, ...]]]:
        """Days on which the seconds tell of anything."""
        rows = (
            SecondsObservation.objects.filter(
                source=self.lists.seconds,
                day__gte=self.first,
                day__lt=self.until,
                known_at__lte=self.known_at,
            )
            .order_by("service_id", "day", "-known_at")
            .distinct("service_id", "day")
            .values_list("service__code", "day", "partial_seconds", "major_seconds", "incidents")
        )
        return {
            (code, day): (partial, major, tuple(names))
            for code, day, partial, major, names in rows
            if partial or major or names
        }

    def _fetch_incidents(self) -> list[IntervalObservation]:
        near = DateTimeTZRange(_midnight(self.first), _midnight(self.until), "[)")
        return list(known_intervals(self.lists.intervals, self.known_at).filter(during__overlap=near))

    def _by_day(self) -> dict[tuple[str, date], list[IntervalObservation]]:
        """The incidents that were outages, by component and day."""
        found: dict[tuple[str, date], list[IntervalObservation]] = defaultdict(list)
        for one in self.incidents:
            if one.severity in NO_OUTAGE:
                continue
            day = max(one.during.lower.astimezone(UTC).date(), self.first)
            while day < self.until and _midnight(day) < one.during.upper:
                for service in one.components:
                    found[service, day].append(one)
                day += ONE_DAY
        return found

    def _fetch_elsewhere(self, named: set[str]) -> dict[str, list[IntervalObservation]]:
        """The list's rows of the incidents that the seconds name, whenever they were."""
        rows = known_intervals(self.lists.intervals, self.known_at).filter(external_id__in=named)
        found: dict[str, list[IntervalObservation]] = defaultdict(list)
        for row in rows:
            found[row.external_id].append(row)
        return found

    def _fetch_reasons(self, named: set[str]) -> dict[str, set[str]]:
        """Why nothing can be reckoned from an incident that the list tells."""
        rows = ListedRow.objects.filter(
            payload__source=self.lists.intervals, payload__known_at__lte=self.known_at, external_id__in=named
        ).values_list("external_id", "reason")
        found: dict[str, set[str]] = defaultdict(set)
        for name, reason in rows:
            found[name].add(reason)
        return found

    def _fetch_corrected(self) -> set[str]:
        """The incidents whose times were told otherwise before."""
        names = {one.external_id for one in self.incidents}
        rows = IntervalObservation.objects.filter(
            source=self.lists.intervals, external_id__in=names, known_at__lte=self.known_at
        ).values_list("external_id", "during")
        times: dict[str, set[tuple[datetime, datetime]]] = defaultdict(set)
        for name, during in rows:
            times[name].add((during.lower, during.upper))
        return {name for name, told in times.items() if len(told) > 1}

    def _fetch_counted(self, named: set[str]) -> set[str]:
        """The incidents that the seconds name on any day, of those that the list tells."""
        names = sorted({one.external_id for one in self.incidents} - named)
        rows = SecondsObservation.objects.filter(
            source=self.lists.seconds, incidents__overlap=names, known_at__lte=self.known_at
        ).values_list("incidents", flat=True)
        return named | ({name for every in rows for name in every} if names else set())

    def pair(self, service: str, day: date) -> DayPair:
        """One day of one component."""
        partial, major, named = self.seconds.get((service, day), (0, 0, ()))
        rows = self.listed.get((service, day), [])
        knows = self.known.covers(day, day + ONE_DAY)
        listed = _together(rows, day) if knows else None
        reported = timedelta(seconds=partial + major)
        cause = None
        if listed is not None and abs(reported - listed) > TOLERANCE:
            cause = self._cause(service, reported, set(named), rows)
        told = tuple(sorted({row.external_id for row in rows}))
        return DayPair(
            service,
            day,
            timedelta(seconds=partial),
            timedelta(seconds=major),
            listed,
            tuple(named),
            told,
            cause,
        )

    def _cause(
        self, service: str, reported: timedelta, named: set[str], rows: list[IntervalObservation]
    ) -> Cause:
        told = {row.external_id for row in rows}
        if reported and not named:
            return Cause.UNNAMED
        for name in sorted(named - told):
            reasons = self.reasons.get(name, set())
            if name not in self.elsewhere and not reasons:
                return Cause.NOT_LISTED
            if ListedRow.Reason.NO_COMPONENT in reasons:
                return Cause.NO_COMPONENT
            if ListedRow.Reason.NO_LENGTH in reasons:
                return Cause.NO_LENGTH
            listed = self.elsewhere.get(name, [])
            if any(row.severity in NO_OUTAGE for row in listed):
                return Cause.NO_OUTAGE
            if not any(service in row.components for row in listed):
                return Cause.OTHER_COMPONENTS
        if told - self.counted:
            return Cause.LIST_ONLY
        if (told - named) or not reported:
            return Cause.NOT_COUNTED
        if told & self.corrected:
            return Cause.POST_MORTEM
        return Cause.OTHER_DAY if named - told else Cause.OTHER_MINUTES


def _together(rows: list[IntervalObservation], day: date) -> timedelta:
    """How long any of the incidents was open on the day; overlaps count once (rule 3)."""
    start, end = _midnight(day), _midnight(day) + ONE_DAY
    total, reached = NOTHING, start
    for lower, upper in sorted((max(row.during.lower, start), min(row.during.upper, end)) for row in rows):
        begin = max(lower, reached)
        if upper > begin:
            total += upper - begin
            reached = upper
    return total


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=UTC)
