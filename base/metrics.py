"""What is measured of the running system. Rooms register gauges; ``config.metrics`` shows them.

A gauge is asked when somebody reads ``/metrics``, with few and cheap queries: nothing is counted beside the
database, so that every process shows the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from base.models import Job

Sample = tuple[dict[str, str], float]
"""Labels and a value. Metrics are the one place where a float is right: nobody is paid by them."""


@dataclass(frozen=True)
class Gauge:
    """A figure that goes up and down. ``read`` gets the present instant."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    read: Callable[[datetime], Iterable[Sample]]


_gauges: dict[str, Gauge] = {}


def gauge(name: str, meaning: str, *labels: str) -> Callable[[Callable[[datetime], Iterable[Sample]]], None]:
    """Register a function as a gauge ``sla_NAME``; it gives samples, each with exactly these labels."""

    def register(read: Callable[[datetime], Iterable[Sample]]) -> None:
        _gauges[name] = Gauge(f"sla_{name}", meaning, labels, read)

    return register


def gauges() -> list[Gauge]:
    """All that were registered, by name."""
    return [_gauges[name] for name in sorted(_gauges)]


WAITING = Q(done_at=None, failed_at=None)


@gauge("jobs_waiting", "Jobs that are neither done nor given up.", "kind")
def _waiting(now: datetime) -> Iterable[Sample]:
    rows = Job.objects.values("kind").annotate(waiting=Count("pk", filter=WAITING)).order_by("kind")
    return [({"kind": row["kind"]}, float(row["waiting"])) for row in rows]


@gauge("jobs_failed", "Jobs that were given up and wait for a person.", "kind")
def _failed(now: datetime) -> Iterable[Sample]:
    failed = Count("pk", filter=Q(failed_at__isnull=False))
    rows = Job.objects.values("kind").annotate(failed=failed).order_by("kind")
    return [({"kind": row["kind"]}, float(row["failed"])) for row in rows]


@gauge("jobs_oldest_waiting_seconds", "The age of the oldest job that waits; 0 where none does.")
def _lag(now: datetime) -> Iterable[Sample]:
    oldest = Job.objects.filter(WAITING).aggregate(oldest=Min("created_at"))["oldest"]
    return [({}, max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)]
