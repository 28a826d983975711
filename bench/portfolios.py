"""How fast a portfolio is imported, beside what the database needs to take in the same rows bare.

On a scratch database of the same server, which is dropped afterwards: a file of contracts by several published
templates, each with another side of its own, is looked at and written by its jobs, in this process. Then the very rows
that came of it (contracts, versions, counterparties, their histories, events) are put by COPY into tables of the same
columns without a key, a condition or a guard: a lower bound that nobody who checks anything reaches.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from bench.forms import _lawyer
from bench.notices import _scratch_database, _step

ROWS = 500
TEMPLATES = ("aws-rds-single", "azure-cosmos", "gcp-pubsub", "github-ghec", "slack-2019")
TABLES = (
    "contracts_counterparty",
    "contracts_historicalcounterparty",
    "contracts_contract",
    "contracts_historicalcontract",
    "contracts_contractversion",
    "contracts_historicalcontractversion",
    "audit_event",
)


@dataclass(frozen=True)
class Portfolio:
    """Seconds in which all rows were looked at, written, and put into bare tables; and how many were written."""

    written: int
    looked_seconds: float
    written_seconds: float
    bare_seconds: float


def measure() -> Portfolio:
    """Needs DATABASE_OWNER_URL, whose role may create databases. Raises RuntimeError with the last words of a step
    that failed."""
    with _scratch_database() as urls:
        variables = os.environ | urls | {"BROKER_URL": "memory://", "LOG_LEVEL": "ERROR"}
        _step([sys.executable, "manage.py", "migrate", "--verbosity", "0"], variables)
        said = _step([sys.executable, "-m", "bench.portfolios"], variables)
    return Portfolio(**json.loads(said.splitlines()[-1]))


def main() -> None:
    """In the scratch database: take the file, look at it, write it, and put the rows into bare tables."""
    import django

    django.setup()
    from audit.record import acting
    from contracts.models import PortfolioRow
    from contracts.services import portfolio as acts

    lawyer = _lawyer()
    with acting(lawyer, via="command", reason="a measurement"):
        portfolio = _taken()
    looked = _carried_out()
    with acting(lawyer, via="command", reason="a measurement"):
        acts.confirm_portfolio(portfolio, datetime.now(UTC))
    writing = _carried_out()
    done = portfolio.rows.filter(state=PortfolioRow.State.WRITTEN).count()
    print(json.dumps(asdict(Portfolio(done, looked, writing, _bare()))))


def _taken() -> Any:
    from contracts import services
    from contracts.gallery.published import published

    services.load_templates([one for one in published() if one.slug in TEMPLATES], loaded_on=date(2026, 1, 1))
    services.create_legal_entity(code="us", name="Us", country="DE", functional_currency="EUR")
    rows = [_row(number) for number in range(ROWS)]
    return services.begin_portfolio(
        name="measured.csv",
        sha256="0" * 64,
        headers=list(rows[0]),
        rows=[list(row.values()) for row in rows],
        requested_at=datetime.now(UTC),
    )


def _row(number: int) -> dict[str, str]:
    return {
        "reference": f"M-{number}",
        "title": f"Contract {number}",
        "legal_entity": "us",
        "counterparty": f"side-{number}",
        "counterparty_name": f"Side {number} Ltd",
        "counterparty_country": "GB",
        "direction": "promised_by_us",
        "currency": "EUR",
        "template": TEMPLATES[number % len(TEMPLATES)],
        "effective_from": "2026-01-01",
        "replace_currency": "yes",
    }


def _carried_out() -> float:
    """Carry out the jobs that wait, and those that they ask for."""
    from base import jobs

    started = time.perf_counter()
    while waiting := jobs.waiting():
        for number, _ in waiting:
            jobs.run(number)
    return time.perf_counter() - started


def _bare() -> float:
    from django.db import connection

    seconds = 0.0
    with connection.cursor() as cursor:
        for table in TABLES:
            with cursor.copy(f"COPY {table} TO STDOUT") as out:
                content = b"".join(bytes(part) for part in out)
            cursor.execute(f"CREATE TEMPORARY TABLE bare_{table} (LIKE {table})")
            started = time.perf_counter()
            with cursor.copy(f"COPY bare_{table} FROM STDIN") as into:
                into.write(content)
            seconds += time.perf_counter() - started
    return seconds


def lines() -> list[tuple[str, str, str]]:
    """The lines of ``make bench``: name, value, aim."""
    told = measure()
    named = f"portfolio of {ROWS} contracts"
    return [
        (f"{named}, drafts that were written", f"{told.written}", f"{ROWS}"),
        (f"{named}, looked at, rows a second", f"{ROWS / told.looked_seconds:.0f}", "-"),
        (f"{named}, written, rows a second", f"{told.written / told.written_seconds:.0f}", "-"),
        (
            f"{named}, bare COPY of what was written, rows a second",
            f"{told.written / told.bare_seconds:.0f}",
            "-",
        ),
        (f"{named}, written / bare COPY", f"{told.written_seconds / told.bare_seconds:.0f}", "< 40"),
    ]


if __name__ == "__main__":
    main()
