"""How long it takes to lay four sets of terms on two years of the demo's past, against reckoning alone.

The lower bound is the engine on inputs that lie ready: nobody can lay terms on the past with less. On a scratch
database of the same server, which is dropped afterwards.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from unittest import mock

from bench.notices import _scratch_database, _step

AS_OF = date(2024, 4, 20)
KNOWN_AT = datetime(2024, 4, 21, tzinfo=UTC)
TERMS = 4
FEW = 3
"""Months whose queries are counted beside those of two years."""
ROUNDS = 3
"""The best of so many counts, for either side: what else the machine does is no part of it."""


@dataclass(frozen=True)
class Run:
    """One contract: windows that were reckoned, seconds in all and of the reckoning alone, queries, and those of
    ``FEW`` months."""

    contract: str
    windows: int
    seconds: float
    reckoning: float
    queries: int
    few_queries: int


def measure() -> list[Run]:
    """Needs DATABASE_OWNER_URL, whose role may create databases."""
    with _scratch_database() as urls:
        day = {"AS_OF": AS_OF.isoformat(), "DEMO_MODE": "1", "BROKER_URL": "memory://", "LOG_LEVEL": "ERROR"}
        variables = os.environ | urls | day
        _step([sys.executable, "manage.py", "migrate", "--verbosity", "0"], variables)
        said = _step([sys.executable, "-m", "bench.whatif"], variables)
    return [Run(**one) for one in json.loads(said.splitlines()[-1])]


def lines() -> Iterator[tuple[str, str, str]]:
    """Name, value, aim."""
    for one in measure():
        name = f"what-if of {TERMS} terms on {one.contract}, {one.windows} windows"
        yield f"{name}, seconds", f"{one.seconds:.2f}", "< 2"
        yield f"{name} / reckoning alone", f"{one.seconds / one.reckoning:.2f}", "< 6"
        yield f"{name}, queries (those of {FEW} months)", f"{one.queries} ({one.few_queries})", "the same"


def main() -> None:
    """In the scratch database: replay, then lay the terms on the past of both contracts."""
    import django

    django.setup()
    from contracts.models import Contract
    from demo.history import replay
    from demo.stage import Stage

    replay(Stage(inline=True), as_of=AS_OF, say=lambda month: None)
    print(json.dumps([_run(contract) for contract in Contract.objects.order_by("reference")]))


def _run(contract: Any) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from contracts.reading import terms_of
    from credits import whatif

    terms = terms_of(contract.version_in_effect(AS_OF))
    several = [terms] * TERMS
    whatif.what_if(contract, several, KNOWN_AT)
    with CaptureQueriesContext(connection) as few:
        whatif.what_if(contract, several, KNOWN_AT, months=FEW)
    with CaptureQueriesContext(connection) as many:
        whatif.what_if(contract, several, KNOWN_AT)
    laid = whatif.what_if(contract, several, KNOWN_AT)
    ready: list[tuple[Any, Any]] = []
    reckon: Any = vars(whatif)["reckon"]

    def keep(clause: Any, inputs: Any, **given: Any) -> Any:
        ready.append(((clause, inputs), given))
        return reckon(clause, inputs, **given)

    with mock.patch.object(whatif, "reckon", keep):
        whatif.what_if(contract, several, KNOWN_AT)

    def alone() -> None:
        for args, given in ready:
            reckon(*args, **given)

    return {
        "contract": contract.reference,
        "windows": sum(len(one.replays) for one in laid),
        "seconds": _best(lambda: whatif.what_if(contract, several, KNOWN_AT)),
        "reckoning": _best(alone),
        "queries": len(many),
        "few_queries": len(few),
    }


def _best(act: Callable[[], Any]) -> float:
    """Seconds of the fastest of ``ROUNDS`` runs."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return min(taken)


if __name__ == "__main__":
    main()
