"""20,000 component-months with 400,000 intervals: the bare sum, the set-based reckoning, the pure one."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.db import connection, transaction

from reckoning.assessment import AssessmentInputs, ExcludedTime, Fee, Interval, KnownTime, reckon
from reckoning.terms import CommitmentTerms, parse_terms, terms_sha256

COMPONENTS = 500
MONTHS = 40
PER_MONTH = 20
BULK = (Path(__file__).parent / "bulk.sql").read_text()

FILL = """
CREATE TEMPORARY TABLE bench_window ON COMMIT DROP AS
    SELECT (row_number() OVER (ORDER BY c, m))::int AS number, 'component-' || c AS component,
        tstzrange(m, m + interval '1 month') AS during, m + interval '2 months' AS known_at,
        (1000 + c * 7.37)::numeric(12, 2) AS fee
    FROM generate_series(1, %(components)s) c,
        generate_series('2022-01-01Z'::timestamptz, '2022-01-01Z'::timestamptz + (%(months)s - 1) * interval '1 month',
            interval '1 month') m;
CREATE TEMPORARY TABLE bench_interval ON COMMIT DROP AS
    SELECT row_number() OVER ()::bigint AS id, 'bench-' || w.number || '-' || n AS external_id,
        -- Long enough to overlap now and then, and a few reach over the month's end.
        tstzrange(lower(w.during) + step, lower(w.during) + step + length) AS during,
        (ARRAY['minor', 'major', 'critical'])[1 + (w.number * 7 + n) %% 3] AS severity,
        ARRAY[w.component]::varchar(60)[] AS components, lower(w.during) + step + length AS known_at,
        false AS withdrawn
    FROM bench_window w, generate_series(1, %(per_month)s) n,
        LATERAL (SELECT ((w.number * 7919 + n * 104729) %% 2670000) * interval '1 second' AS step,
            (30 + (w.number * 31 + n * 17) %% 700) * interval '1 second' AS length) made;
CREATE TEMPORARY TABLE bench_excluded ON COMMIT DROP AS
    SELECT number, tstzmultirange(tstzrange(
        lower(during) + interval '10 days', lower(during) + interval '10 days 4 hours')) AS gone
    FROM bench_window WHERE number %% 5 = 0;
CREATE INDEX ON bench_interval USING gist (during);
CREATE INDEX ON bench_interval ((components[1]), lower(during));
ANALYZE bench_window; ANALYZE bench_interval; ANALYZE bench_excluded;
"""
BARE = """
SELECT components[1], date_trunc('month', lower(during), 'UTC'), sum(extract(epoch FROM upper(during) - lower(during)))
FROM bench_interval GROUP BY 1, 2
"""
FACTS = """
SELECT w.number, w.component, lower(w.during), upper(w.during), w.known_at, w.fee, x.number IS NOT NULL,
    array_agg(ARRAY[i.id::text, i.severity, lower(i.during)::text, upper(i.during)::text])
FROM bench_window w JOIN bench_interval i ON i.components[1] = w.component AND i.during && w.during
    LEFT JOIN bench_excluded x USING (number)
WHERE i.known_at <= w.known_at
GROUP BY w.number, w.component, w.during, w.known_at, w.fee, x.number ORDER BY w.number
"""


@dataclass(frozen=True)
class Speeds:
    """Seconds that each way took over the same intervals, and how many results differed."""

    months: int
    intervals: int
    bare_seconds: float
    bulk_seconds: float
    pure_seconds: float
    differing: int


def measure(*, components: int = COMPONENTS, months: int = MONTHS, per_month: int = PER_MONTH) -> Speeds:
    """Fill temporary tables and take all three ways over them, one transaction that leaves nothing."""
    sizes = {"components": components, "months": months, "per_month": per_month}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'")
        cursor.execute(FILL, sizes)
        bare_seconds, _ = _timed(BARE)
        bulk_seconds, rows = _timed(BULK)
        bulk = {row[0]: row[1:] for row in rows}
        _, facts = _timed(FACTS)
    started = time.perf_counter()
    differing = sum(1 for number, figures in _reckoned(facts) if bulk.get(number) != figures)
    pure_seconds = time.perf_counter() - started
    return Speeds(
        components * months,
        components * months * per_month,
        bare_seconds,
        bulk_seconds,
        pure_seconds,
        differing,
    )


def _timed(query: str) -> tuple[float, list[tuple]]:
    """The best of three runs in seconds, and the rows."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(query)
            rows = cursor.fetchall()
        best = min(best, time.perf_counter() - started)
    return best, rows


def commitment() -> tuple[CommitmentTerms, str]:
    """The customer's commitment of the demo, in UTC and with the affected component as the service itself."""
    document = (Path(__file__).parent.parent / "demo" / "contracts" / "customer.json").read_text()
    terms = parse_terms(document.replace("Europe/Berlin", "UTC").replace('"actions", "api-requests"', ""))
    return terms.commitments[0], terms_sha256(terms)


def _reckoned(facts: list[tuple]) -> Iterator[tuple[int, tuple[Decimal, Decimal, int, Decimal | None]]]:
    clause, sha256 = commitment()
    for number, component, start, end, known_at, fee, excluded, intervals in facts:
        gone = (
            (
                ExcludedTime(
                    id="x",
                    kind="planned_maintenance",
                    start=start.replace(day=11),
                    end=start.replace(day=11, hour=4),
                    announced_at=start,
                    approved=True,
                ),
            )
            if excluded
            else ()
        )
        inputs = AssessmentInputs(
            window_start=start,
            window_end=end,
            known_at=known_at,
            service=component,
            coverage=(KnownTime(start=start, end=end),),
            intervals=tuple(
                Interval(
                    id=key,
                    severity=severity,
                    start=datetime.fromisoformat(begins),
                    end=datetime.fromisoformat(ends),
                    components=(component,),
                    observation=key,
                )
                for key, severity, begins, ends in intervals
            ),
            exclusions=gone,
            fee=Fee(amount=fee, currency="EUR", lines=()),
        )
        result = reckon(clause, inputs, currency="EUR", terms_sha256=sha256, zone="UTC")
        yield (
            number,
            (
                Decimal(result.down_seconds.numerator) / result.down_seconds.denominator,
                Decimal(result.base_seconds.numerator) / result.base_seconds.denominator,
                int(result.tier_percent or 0),
                result.credit_amount,
            ),
        )
