"""Ingest of buckets against COPY of the same rows, and levels against the bare sums of what they are levels of.

On a scratch database of the same server, which is dropped afterwards. Ways that are compared take turns, and the
best of three counts for each, so that a machine that is busy for a moment does not decide.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from bench.notices import _scratch_database, _step

SERVICES, DAYS, WIDTH = 2_000, 30, 300
INGEST_DAYS = 2
INCIDENT_SERVICES, PER_SERVICE = 20_000, 20
BULK_CREATED = 20_000
ROUNDS = 3
START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=DAYS)
KNOWN = datetime(2026, 4, 2, tzinfo=UTC)
LATER = KNOWN + timedelta(days=1)
RAW = "service_id bigint, at timestamptz, good bigint, total bigint, segment text"
TYPES = ["int8", "timestamptz", "int8", "int8", "text"]
# The stored month, unpacked into rows again: what a bare sum is taken over.
UNPACKED = """
INSERT INTO bench_raw SELECT series.service_id, to_timestamp((stored.day - DATE '1970-01-01')::bigint * 86400
    + (coalesce(stored.slots[n], stored.first_slot + n - 1)) * %d), run.good, run.good + run.bad, ''
FROM measurements_bucketday stored JOIN measurements_series series ON series.id = stored.series_id
    JOIN measurements_source source ON source.id = series.source_id,
    unnest(stored.good, stored.bad) WITH ORDINALITY run (good, bad, n)
WHERE source.code = 'month'
"""
BARE_SUM = "SELECT service_id, sum(good), sum(total) FROM bench_raw GROUP BY 1"
BARE_LENGTHS = """
SELECT components[1], sum(extract(epoch FROM upper(during) - lower(during)))
FROM measurements_intervalobservation GROUP BY 1
"""


@dataclass(frozen=True)
class Speeds:
    """Seconds, rows and bytes of one run. ``first`` and ``again``: a delivery, and the same rows in another one."""

    rows: int
    copy: float
    copy_prepared: float
    first: float
    again: float
    bulk_created: int
    bulk_create: float
    month_rows: int
    month_bytes: int
    raw_bytes: int
    bare_sum: float
    levels: float
    levels_with_maintenance: float
    differing: int
    incidents: int
    bare_lengths: float
    interval_levels: float


def measure() -> Speeds:
    """Needs DATABASE_OWNER_URL, whose role may create databases. Raises RuntimeError with the last words of a step
    that failed."""
    with _scratch_database() as urls:
        variables = os.environ | urls | {"DEMO_MODE": "1", "BROKER_URL": "memory://", "LOG_LEVEL": "ERROR"}
        _step([sys.executable, "manage.py", "migrate", "--verbosity", "0"], variables)
        said = _step([sys.executable, "-m", "bench.measurements"], variables)
    return Speeds(**json.loads(said.splitlines()[-1]))


def rows(services: list[int], first: int, days: int) -> Iterator[tuple[int, datetime, int, int, str]]:
    """Five-minute buckets, a service after the other; counts differ from bucket to bucket, a few are bad."""
    step = timedelta(seconds=WIDTH)
    instants = [START + n * step for n in range(first * 86_400 // WIDTH, (first + days) * 86_400 // WIDTH)]
    for service in services:
        for number, at in enumerate(instants):
            total = 1000 + (service * 7919 + number * 104_729) % 5000
            yield service, at, total - (number % 97 == 0) * (service % 50), total, ""


def main() -> None:
    """In the scratch database."""
    import django

    django.setup()
    from django.contrib.auth.models import Group
    from django.db import transaction

    from audit.record import acting, record
    from base.models import User
    from contracts.models import Service

    keeper = User.objects.create_user("keeper")
    keeper.groups.add(Group.objects.get(name="vendor_manager"))
    with acting(keeper, via="command", reason="measuring"):
        with transaction.atomic():
            Service.objects.bulk_create(Service(code=f"s-{n}", name=f"s-{n}") for n in range(SERVICES))
            record("service.create", Service.objects.order_by("pk")[0], after={"number": SERVICES})
        services = list(Service.objects.order_by("pk").values_list("pk", flat=True))
        _owner(f"CREATE TABLE bench_raw ({RAW})")
        found = _ingest(services) | _month(services) | _incidents()
    print(json.dumps(asdict(Speeds(**found))))


def _source(code: str, **given: Any) -> Any:
    from measurements import services as measuring

    return measuring.create_source(
        code=code, name=code, kind="server_logs", measurement_point="edge", **given
    )


def _send(source: Any, services: list[int], first: int, days: int, content: bytes) -> None:
    from measurements.ingest import Delivery, record_buckets

    told = Delivery("bench", content, KNOWN, KNOWN, "push", 1)
    record_buckets(source=source, delivery=told, rows=rows(services, first, days))  # type: ignore[arg-type]


def _ingest(services: list[int]) -> dict[str, Any]:
    best: dict[str, float] = {}
    for turn in range(ROUNDS):
        source = _source(f"ingest-{turn}", shape="buckets", width_seconds=WIDTH)
        ways: dict[str, Callable[[], Any]] = {
            "copy": lambda: _copy(services),
            "first": partial(_send, source, services, 0, INGEST_DAYS, b"first"),
            "again": partial(_send, source, services, 0, INGEST_DAYS, b"again"),
            "bulk_create": lambda: _bulk_create(services),
        }
        for name, way in ways.items():
            _owner("TRUNCATE bench_raw")
            best[name] = min(best.get(name, float("inf")), _seconds(way))
        best["copy_prepared"] = min(best.get("copy_prepared", float("inf")), _copy_prepared(services))
    return best | {"rows": len(services) * INGEST_DAYS * 86_400 // WIDTH, "bulk_created": BULK_CREATED}


def _month(services: list[int]) -> dict[str, Any]:
    from django.db import connection

    from measurements.levels import bucket_levels

    source = _source("month", shape="buckets", width_seconds=WIDTH)
    for first in range(0, DAYS, 5):
        _send(source, services, first, 5, b"days from %d" % first)
    _owner("TRUNCATE bench_raw")
    _owner(UNPACKED % WIDTH)
    _owner("VACUUM ANALYZE")
    noon = START + timedelta(days=9, hours=12)
    maintenance = {service: [(noon, noon + timedelta(hours=4))] for service in services[::5]}
    best = _best(
        bare_sum=lambda: _rows(BARE_SUM),
        levels=lambda: bucket_levels(source, START, END, LATER),
        levels_with_maintenance=lambda: bucket_levels(source, START, END, LATER, excluded=maintenance),
    )
    levels = bucket_levels(source, START, END, LATER)
    differing = sum(
        (levels[one, ""].good, levels[one, ""].good + levels[one, ""].bad) != (good, total)
        for one, good, total in _rows(BARE_SUM)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_total_relation_size('bench_raw'), sum(pg_column_size(stored.*) + 24) "
            "FROM measurements_bucketday stored JOIN measurements_series series ON series.id = stored.series_id "
            "WHERE series.source_id = %s",
            [source.pk],
        )
        raw_bytes, month_bytes = cursor.fetchone()
    _owner("TRUNCATE bench_raw")
    return best | {
        "month_rows": len(services) * DAYS * 86_400 // WIDTH,
        "month_bytes": int(month_bytes),
        "raw_bytes": raw_bytes,
        "differing": differing,
    }


def _incidents() -> dict[str, Any]:
    from measurements.ingest import Covered, Delivery, StateInterval, record_state_intervals
    from measurements.levels import interval_levels

    source = _source("incidents", shape="intervals", covers_from=START)

    def told() -> Iterator[StateInterval]:
        for number in range(INCIDENT_SERVICES * PER_SERVICE):
            service, n = divmod(number, PER_SERVICE)
            start = START + timedelta(seconds=(service * 7919 + n * 104_729) % 2_500_000)
            length = timedelta(seconds=30 + (service * 31 + n * 17) % 700)
            severity = ("minor", "major", "critical")[(service * 7 + n) % 3]
            yield StateInterval(number, f"i-{number}", start, start + length, severity, (f"c-{service}",))

    delivery = Delivery("incidents", b"incidents", KNOWN, KNOWN, "push", 1, coverage=(Covered(START, END),))
    record_state_intervals(source=source, delivery=delivery, rows=told())
    _owner("VACUUM ANALYZE")
    noon = START + timedelta(days=9, hours=12)
    maintenance = {
        f"c-{number}": [(noon, noon + timedelta(hours=4))] for number in range(0, INCIDENT_SERVICES, 5)
    }
    best = _best(
        bare_lengths=lambda: _rows(BARE_LENGTHS),
        interval_levels=lambda: interval_levels(
            source, START, END, LATER, severities=["major", "critical"], excluded=maintenance
        ),
    )
    return best | {"incidents": INCIDENT_SERVICES * PER_SERVICE}


def _best(**ways: Callable[[], Any]) -> dict[str, float]:
    """The least seconds of each way; they take turns."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            best[name] = min(best[name], _seconds(way))
    return best


def _seconds(act: Callable[[], Any]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _rows(query: str) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _owner(statement: str) -> None:
    """As the owner of the tables; committed."""
    import psycopg
    from django.conf import settings

    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(statement)
        if statement.startswith("CREATE TABLE"):
            owner.execute(f"GRANT ALL ON bench_raw TO {settings.DATABASE_APPLICATION_ROLE}")


def _copy(services: list[int]) -> None:
    """Raw: the same rows by binary COPY into a table without index or constraint."""
    from django.db import connection, transaction

    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy("COPY bench_raw FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(TYPES)
        for row in rows(services, 0, INGEST_DAYS):
            copy.write_row(row)


def _copy_prepared(services: list[int]) -> float:
    """Raw without Python's part: the same rows, made binary before the clock starts."""
    from django.db import connection, transaction

    _owner("TRUNCATE bench_raw")
    _copy(services)
    with connection.cursor() as cursor, cursor.copy("COPY bench_raw TO STDOUT (FORMAT BINARY)") as copy:
        parts = [bytes(part) for part in copy]
    _owner("TRUNCATE bench_raw")
    blocks = [b"".join(parts[at : at + 4000]) for at in range(0, len(parts), 4000)]

    def send() -> None:
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy("COPY bench_raw FROM STDIN (FORMAT BINARY)") as copy,
        ):
            for block in blocks:
                copy.write(block)

    return _seconds(send)


def _bulk_create(services: list[int]) -> None:
    """The first of the same rows through the ORM, into the same bare table."""
    from django.apps import apps
    from django.db import models, transaction

    model = apps.all_models.get("bench", {}).get("benchrow")
    if model is None:
        fields = {
            "__module__": __name__,
            "Meta": type("Meta", (), {"app_label": "bench", "db_table": "bench_raw"}),
            "service_id": models.BigIntegerField(primary_key=True),
            "at": models.DateTimeField(),
            "good": models.BigIntegerField(),
            "total": models.BigIntegerField(),
            "segment": models.TextField(),
        }
        model = type("BenchRow", (models.Model,), fields)
    with transaction.atomic():
        some = islice(rows(services, 0, INGEST_DAYS), BULK_CREATED)
        model._default_manager.bulk_create([model(*row) for row in some], batch_size=5_000)


if __name__ == "__main__":
    main()
