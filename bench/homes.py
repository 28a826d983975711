"""How long each role's home page takes with 20,000 commitments: the 95th percentile, and its queries beside those
with a tenth of them. On a scratch database of the same server, which is dropped afterwards.

A short history is replayed for its people, terms and ledger. Then contracts with many services are signed through
the services, and each of their commitments gets a final result of one window, every tenth of them a breach with a
claim, written as rows: the pages read columns, and reckoning them all would measure something else.
"""

import json
import os
import sys
import time
from copy import deepcopy
from dataclasses import dataclass
from datetime import date

from bench.notices import _scratch_database, _step

COMMITMENTS, PER_CONTRACT = 20_000, 200
FEW = 2_000
AS_OF = date(2022, 5, 12)  # the first quarter of the vendor and April of the customer are final
LOOKS = 30
EVERY = 10
PEOPLE = {
    "legal": "lena",
    "finance": "fay",
    "finance_approver": "ada",
    "vendor_manager": "vera",
    "customer_success": "cleo",
    "auditor": "audrey",
    "executive": "emil",
}


@dataclass(frozen=True)
class Home:
    """One role's home: milliseconds of the 95th percentile, and queries with few and with all commitments."""

    role: str
    milliseconds: float
    few_queries: int
    queries: int


def measure() -> list[Home]:
    """Needs DATABASE_OWNER_URL, whose role may create databases. Raises RuntimeError with the last words of a step
    that failed."""
    with _scratch_database() as urls:
        day = {"AS_OF": AS_OF.isoformat(), "DEMO_MODE": "1", "BROKER_URL": "memory://", "LOG_LEVEL": "ERROR"}
        variables = os.environ | urls | day
        _step([sys.executable, "manage.py", "migrate", "--verbosity", "0"], variables)
        said = _step([sys.executable, "-m", "bench.homes"], variables)
    return [Home(**one) for one in json.loads(said.splitlines()[-1])]


def main() -> None:
    """In the scratch database: build, look, build more, look again."""
    import django

    django.setup()
    from django.db import connection

    from demo.history import replay
    from demo.stage import Stage

    replay(Stage(inline=True), as_of=AS_OF, say=lambda month: None)
    _contracts(range(FEW // PER_CONTRACT))
    few = {role: _look(name, 1)[1] for role, name in PEOPLE.items()}
    _contracts(range(FEW // PER_CONTRACT, COMMITMENTS // PER_CONTRACT))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    found = []
    for role, name in PEOPLE.items():
        milliseconds, queries = _look(name, LOOKS)
        found.append(
            {"role": role, "milliseconds": milliseconds, "few_queries": few[role], "queries": queries}
        )
    print(json.dumps(found))


def _look(name: str, times: int) -> tuple[float, int]:
    """The 95th percentile of the time of a person's home, and the number of queries of the last look."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from demo.people import person

    client = Client(SERVER_NAME="localhost")
    client.force_login(person(name))
    client.get("/")
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        answer = client.get("/")
        taken.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"the home of {name} answered {answer.status_code}")
    with CaptureQueriesContext(connection) as captured:
        client.get("/")
    return sorted(taken)[int(len(taken) * 0.95) - 1 if len(taken) > 1 else 0], len(captured)


def _contracts(numbers: range) -> None:
    """Contracts in turn with vendors and customers, each with its services and their results."""
    from contracts.models import Contract
    from credits.models import Assessment

    templates = [
        Assessment.objects.exclude(finalisation=None)
        .filter(commitment__version__contract__direction=one)
        .first()
        for one in Contract.Direction.values
    ]
    for number in numbers:
        _contract(number, templates[number % 2])


def _contract(number: int, template: object) -> None:
    from django.db import transaction

    from audit.record import acting
    from contracts import services
    from contracts.checks import standings
    from contracts.models import Service
    from contracts.reading import terms_of
    from demo.people import person
    from demo.reviewing import CHECKLIST

    like = template.commitment.version.contract  # type: ignore[attr-defined]
    codes = [f"bench-{number}-{at}" for at in range(PER_CONTRACT)]
    document = deepcopy(like.versions.get(number=1).terms)
    document["commitments"][0]["services"] = codes
    with acting(person("lena"), via="command", reason="measuring"), transaction.atomic():
        contract = services.create_contract(
            reference=f"BENCH-{number}",
            title="A contract to measure with",
            legal_entity=like.legal_entity,
            counterparty=like.counterparty,
            direction=like.direction,
            currency=like.currency,
        )
        for code in codes:
            Service.objects.create(code=code, name=code)
        version = services.draft_version(contract, document, date(2022, 1, 1))
        services.submit_for_review(version)
        services.answer_checklist(version, CHECKLIST)
        for finding in standings(version):
            if finding.is_open and finding.acceptable:
                services.accept_finding(version, finding.code, finding.path, "measuring")
        for commitment in terms_of(version).commitments:
            for one in commitment.readings:
                services.choose_reading(version, commitment.key, one.name, one.chosen, one.why, one.chosen_on)
    with acting(person("leo"), via="command", reason="measuring"), transaction.atomic():
        for party in (contract.legal_entity.name, contract.counterparty.name):
            services.record_signature(version, party, "A. Signatory", date(2021, 12, 15))
        version.refresh_from_db()
        _results(version, template)


def _results(version: object, template: object) -> None:
    """A final result for each commitment of a version; every tenth is a breach with a claim."""
    from credits.models import Assessment, Breach, Claim, ClaimStep, Finalisation
    from demo.people import person

    copied = [
        *("window_start", "window_end", "window_label", "known_at", "level_exact", "level_percent"),
        *("down_seconds", "excluded_seconds", "unknown_seconds", "currency"),
        *("terms_sha256", "inputs_sha256", "result_sha256", "engine_version"),
    ]
    facts = {name: getattr(template, name) for name in copied}
    result = {"level": template.result["level"], "open_questions": []}  # type: ignore[attr-defined]
    rows = Assessment.objects.bulk_create(
        Assessment(
            **facts,
            commitment=commitment,
            revision=1,
            outcome="met" if at % EVERY else "breach",
            credit_amount=0 if at % EVERY else 100,
            claim_deadline_on=None if at % EVERY else date(2022, 5, 30),
            inputs={},
            result=result,
        )
        for at, commitment in enumerate(version.commitments.order_by("pk"))  # type: ignore[attr-defined]
    )
    Finalisation.objects.bulk_create(
        Finalisation(
            assessment=row, commitment=row.commitment, window_start=row.window_start, known_at=row.known_at
        )
        for row in rows
    )
    missed = [row for row in rows if row.outcome == "breach"]
    breaches = Breach.objects.bulk_create(Breach(assessment=row, found_on=AS_OF) for row in missed)
    claims = Claim.objects.bulk_create(Claim(breach=one, deadline_on=date(2022, 5, 30)) for one in breaches)
    ClaimStep.objects.bulk_create(
        ClaimStep(claim=one, number=1, kind="found", taken_on=AS_OF, taken_by=person("vera"))
        for one in claims
    )


if __name__ == "__main__":
    main()
