"""How long the form of the terms takes: to open, and to answer a keystroke and a button. The median, in milliseconds.

Two documents: forty commitments of four published agreements in one, and the largest published agreement (six
commitments, some 660 fields). On a scratch database of the same server, which is dropped afterwards. A keystroke is
the whole round: the form is read, kept as a step, judged, linted, worded, and what changed is written. The first look
is at a text that this process never read; it is measured once.
"""

import json
import os
import re
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path
from statistics import median
from typing import Any

from bench.notices import _scratch_database, _step

FOLDER = Path(__file__).parent.parent / "agreements"
LARGEST = "cherryroad-colo"
MIXED = (LARGEST, "azure-cosmos", "github-ghec", "pfi-fire-police")
OTHER = "commonpaper-2-0"
BLOCKS, ROUNDS = 40, 9


@dataclass(frozen=True)
class Form:
    """Milliseconds for one document: to open its page for the first time and again, to answer a keystroke in its title
    and in a commitment, to add a row."""

    name: str
    first: float
    opened: float
    keystroke: float
    inside: float
    button: float


def measure() -> list[Form]:
    """Needs DATABASE_OWNER_URL, whose role may create databases. Raises RuntimeError with the last words of a step
    that failed."""
    with _scratch_database() as urls:
        variables = os.environ | urls | {"BROKER_URL": "memory://", "LOG_LEVEL": "ERROR"}
        _step([sys.executable, "manage.py", "migrate", "--verbosity", "0"], variables)
        said = _step([sys.executable, "-m", "bench.forms"], variables)
    return [Form(**one) for one in json.loads(said.splitlines()[-1])]


def main() -> None:
    """In the scratch database: draft both documents, and work at their forms."""
    import django

    django.setup()
    from audit.record import acting

    documents = {f"{BLOCKS} commitments": forty(), LARGEST: _agreement(LARGEST)}
    lawyer = _lawyer()
    with acting(lawyer, via="command", reason="a measurement"):
        versions = {name: _draft(number, one) for number, (name, one) in enumerate(documents.items())}
        other = _draft(len(versions), _agreement(OTHER))
    # What every first request of a process pays, such as reading the templates, is not the form's.
    _worked_at(OTHER, other, lawyer)
    print(json.dumps([_worked_at(name, version, lawyer) for name, version in versions.items()]))


def forty() -> Any:
    """Forty commitments of published agreements as one document, each with a key of its own."""
    from reckoning.terms import parse_terms

    whole = _agreement(LARGEST).document()
    pool = [one for name in MIXED for one in _agreement(name).document()["commitments"]]
    pool = [one for one in pool if one["indicator"]["kind"] != "composite"]
    whole["commitments"] = [
        deepcopy(pool[at % len(pool)]) | {"key": f"commitment-{at}"} for at in range(BLOCKS)
    ]
    whole["combinations"] = []
    return parse_terms(whole)


def _agreement(name: str) -> Any:
    from reckoning.terms.plain import read_plain
    from reckoning.terms.templates import terms_from

    return terms_from(read_plain((FOLDER / f"{name}.yaml").read_bytes()))


def _lawyer() -> Any:
    from django.contrib.auth.models import Group

    from audit.record import acting
    from base.models import User

    first = User(username="first")
    first.set_unusable_password()
    first.save()
    lawyer = User(username="lawyer", is_staff=True)
    lawyer.set_unusable_password()
    with acting(first, via="command", reason="a measurement"):
        lawyer.save()
        lawyer.groups.set(Group.objects.filter(name="legal"))
    return lawyer


def _draft(number: int, terms: Any) -> Any:
    from contracts import services
    from contracts.models import Counterparty, LegalEntity, Service

    us = LegalEntity.objects.first() or services.create_legal_entity(
        code="us", name="Us", country="DE", functional_currency="EUR"
    )
    them = Counterparty.objects.first() or services.create_counterparty(
        code="them", name="Them", country="DE", is_customer=True
    )
    for code in {code for one in terms.commitments for code in one.services}:
        if not Service.objects.filter(code=code).exists():
            services.create_service(code=code, name=code)
    contract = services.create_contract(
        reference=f"F-{number}",
        title="A form",
        legal_entity=us,
        counterparty=them,
        direction="promised_by_us",
        currency=terms.currency,
    )
    return services.draft_version(contract, terms, date(2026, 1, 1))


def _worked_at(name: str, version: Any, lawyer: Any) -> dict[str, Any]:
    from django.test import Client
    from django.urls import reverse

    client = Client(SERVER_NAME="localhost")
    client.force_login(lawyer)
    page = reverse("admin:contracts_contractversion_change", args=[version.pk])
    endpoint = f"{reverse('admin:contracts_contractversion_terms')}?version={version.pk}&op="
    started = time.perf_counter()
    html = client.get(page).content.decode()
    first = (time.perf_counter() - started) * 1000
    fields = sent(html)
    at = len(version.terms["commitments"]) - 1
    block = sent(client.post(f"{endpoint}open:commitments.{at}", fields).content.decode())
    place = f"terms.commitments.{at}."
    drawn = {name: text for name, text in fields.items() if not name.startswith(place)} | block
    texts = iter(range(1000))

    def typed(form: dict[str, str], name: str) -> float:
        return _median(lambda: client.post(f"{endpoint}show", form | {name: f"Typed {next(texts)}"}))

    return {
        "name": name,
        "first": first,
        "opened": _median(lambda: client.get(page)),
        "keystroke": typed(fields, "terms.title"),
        "inside": typed(drawn, f"{place}title"),
        "button": _median(lambda: client.post(f"{endpoint}add:combinations", fields)),
    }


_FIELD = re.compile(
    r"""<input (?!type="checkbox")[^>]*?name="(terms[^"]*)" value=(?:"([^"]*)"|'([^']*)')"""
    r"""|<select [^>]*?name="(terms\.[^"]*)".*?</select>"""
    r"""|<textarea [^>]*?name="(terms\.[^"]*)"[^>]*>\n?([^<]*)<"""
    r"""|<input type="checkbox" [^>]*?name="(terms[^"]*)" value="([^"]*)" checked""",
    re.DOTALL,
)
_CHOSEN = re.compile(r'value="([^"]*)" selected')


def sent(html: str) -> dict[str, str]:
    """What a browser would send of the form's fields."""
    found = {}
    for one in _FIELD.finditer(html):
        if one[1]:
            found[one[1]] = unescape(one[2] or one[3] or "")
        elif one[4]:
            chosen = _CHOSEN.search(one[0])
            found[one[4]] = unescape(chosen[1]) if chosen else ""
        elif one[5]:
            found[one[5]] = unescape(one[6])
        else:
            found[one[7]] = one[8]
    return found


def _median(look: Callable[[], Any]) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answer = look()
        taken.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"the form answered {answer.status_code}")
    return median(taken)


if __name__ == "__main__":
    main()
