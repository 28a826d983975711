"""How often something may happen: counted in the database, so that all processes count together.

A fixed window per key: simple, exact enough against guessing and flooding, and one statement per count. Counts
are no record of anybody: they are forgotten after a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from base.models import RateCount

KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """At most ``count`` times in ``seconds``."""

    name: str
    count: int
    seconds: int

    def window(self, now: datetime) -> int:
        """The number of the window that an instant lies in."""
        return int(now.timestamp()) // self.seconds

    def wait_seconds(self, now: datetime) -> int:
        """Seconds until the next window begins, at least 1."""
        return self.seconds - int(now.timestamp()) % self.seconds


def hit(limit: Limit, key: str, now: datetime) -> int:
    """Count once more; returns how often it happened in this window, this time included. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO base_ratecount (key, window_number, count, counted_at) VALUES (%s, %s, 1, %s) "
            "ON CONFLICT (key, window_number) DO UPDATE SET count = base_ratecount.count + 1 RETURNING count",
            [_key(limit, key), limit.window(now), now],
        )
        (count,) = cursor.fetchone()
    return int(count)


def is_exceeded(limit: Limit, key: str, now: datetime) -> bool:
    """Whether the limit is reached already; counts nothing."""
    rows = RateCount.objects.filter(key=_key(limit, key), window_number=limit.window(now))
    return rows.filter(count__gte=limit.count).exists()


def forget(now: datetime) -> int:
    """Drop the counts that no limit asks for any more; returns how many."""
    return RateCount.objects.filter(counted_at__lt=now - KEPT).delete()[0]


def address_of(request: HttpRequest) -> str:
    """Whence a request comes: the peer, or behind our own proxy the last address that the proxy added."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.TRUST_PROXY else ""
    last = forwarded.rpartition(",")[2].strip()
    return (last or str(request.META.get("REMOTE_ADDR", "")))[:100]


def _key(limit: Limit, key: str) -> str:
    """Names and addresses are not kept as they are: a fingerprint is enough to count."""
    return f"{limit.name}:{sha256(key.encode()).hexdigest()[:40]}"
