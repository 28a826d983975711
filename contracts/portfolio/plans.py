"""What a row of a portfolio would do: looked up and tried out, and nothing written."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

from django.db.models import F

from contracts.gallery.reading import root_of, text_of
from contracts.gallery.texts import Given, Text, sample, services_of, started
from contracts.models import (
    Contract,
    ContractVersion,
    Counterparty,
    LegalEntity,
    PortfolioImport,
    Service,
    TermsTemplate,
)
from contracts.portfolio.columns import PARAMETER, Cells, Fault
from reckoning.canonical import canonical_object
from reckoning.errors import TermsError
from reckoning.terms import Terms

Origin = dict[str, Any]
COUNTRY = re.compile(r"[A-Z]{2}")
Withdrawn = ContractVersion.State.WITHDRAWN


@dataclass
class Known:
    """What rows refer to, looked up once for many of them."""

    entities: dict[str, LegalEntity]
    counterparties: dict[str, Counterparty]
    services: set[str]
    templates: dict[str, TermsTemplate]
    contracts: dict[str, Contract]
    twice: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    texts: dict[tuple[str, int | None], Text | str] = field(default_factory=dict)
    named: dict[tuple[str, int | None], list[str]] = field(default_factory=dict)
    filled: dict[str, Terms | TermsError] = field(default_factory=dict)
    versions: dict[int, list[tuple[Origin, date, ContractVersion]]] = field(default_factory=dict)


def known_for(portfolio: PortfolioImport, rows: list[dict[str, str]], *, whole: bool = True) -> Known:
    """Look up what these rows refer to. A fixed number of queries.

    ``whole``: and what the whole file says twice, which is asked once, when its rows are looked at.
    """
    every = (
        list(
            portfolio.rows.values_list("cells__reference", "cells__counterparty", "cells__counterparty_name")
        )
        if whole
        else []
    )
    references = [one[0] for one in every if one[0]]
    names: dict[str, set[str]] = {}
    for _, code, name in every:
        if code and name:
            names.setdefault(code, set()).add(name)
    here = {name: {row.get(name, "") for row in rows} for name in ("reference", "counterparty")}
    contracts = Contract.objects.filter(reference__in=here["reference"])
    held: dict[int, list[tuple[Origin, date, ContractVersion]]] = {}
    versions = ContractVersion.objects.filter(contract__in=contracts).exclude(state=Withdrawn)
    started_with = versions.annotate(origin=F("terms__filled_from")).select_related("contract").defer("terms")
    for version in started_with.order_by("pk"):
        origin = version.origin or {}
        held.setdefault(version.contract_id, []).append((origin, version.effective_from_on, version))
    templates = TermsTemplate.objects.select_related("parent", "legal_entity")
    return Known(
        entities={one.code: one for one in LegalEntity.objects.all()},
        counterparties={one.code: one for one in Counterparty.objects.filter(code__in=here["counterparty"])},
        services=set(Service.objects.values_list("code", flat=True)),
        templates={one.slug: one for one in templates},
        contracts={one.reference: one for one in contracts.select_related("legal_entity", "counterparty")},
        twice={one for one, times in Counter(references).items() if times > 1},
        names={code: sorted(said)[0] for code, said in names.items() if len(said) > 1},
        versions=held,
    )


@dataclass
class Plan:
    """What a row says, read; with what is wrong with it, or with what writing it would do."""

    reference: str
    title: str
    entity: LegalEntity | None
    counterparty: Counterparty | None
    new_counterparty: dict[str, Any]
    direction: str
    currency: str
    contract: Contract | None
    template: TermsTemplate | None
    number: int | None
    given: Given
    effective_from_on: date | None
    effective_until_on: date | None
    faults: list[Fault]
    terms: Terms | None = None
    there: ContractVersion | None = None

    @property
    def does(self) -> str:
        """What writing it does, in words."""
        if self.there is not None:
            return f"{self.there} says exactly this already; nothing is to be done."
        said = [f"enters {self.new_counterparty['name']}"] if self.new_counterparty else []
        said.append(
            "drafts its next version" if self.contract else "enters the contract and drafts its first version"
        )
        what = " and ".join(said)
        return f"{what[:1].upper()}{what[1:]}, from {self.template}"[:300]


def plan_of(given: Mapping[str, str], known: Known) -> Plan:
    """Read one row and try it out. Never raises for what is in it."""
    cells = Cells(given)
    reference, title = cells.text("reference", 60), cells.text("title")
    if reference in known.twice:
        cells.wrong(
            "reference", f"{reference!r} stands in several rows of the file", "each contract in one row"
        )
    entity = _found(cells, "legal_entity", known.entities, "the code of one of our companies")
    direction, currency = cells.direction("direction"), cells.currency("currency")
    counterparty, new = _other_side(cells, known, direction)
    contract = _contract(cells, known, reference, direction, currency)
    template = _found(
        cells, "template", known.templates, "the name of a template, as in the address of its page"
    )
    if template and entity and template.legal_entity_id not in (None, entity.pk):
        cells.wrong(
            "template", f"belongs to {template.legal_entity}", "the template that it was taken over from"
        )
    number = cells.number("template_version")
    begins, ends = cells.day("effective_from"), cells.day("effective_until")
    if begins and ends and ends <= begins:
        cells.wrong("effective_until", "does not lie after effective_from", "a later day, or empty")
    filled, terms = Given(), None
    if template:
        filled, terms = _tried(cells, known, template, number, currency)
    plan = Plan(
        reference,
        title,
        entity,
        counterparty,
        new,
        direction,
        currency,
        contract,
        template,
        number,
        filled,
        begins,
        ends,
        cells.faults,
        terms,
    )
    if contract and terms and begins:
        # By its origin and not by its text, which somebody may have edited since it was drafted.
        held, origin = known.versions.get(contract.pk, ()), _origin(terms)
        plan.there = next((one for there, day, one in held if (there, day) == (origin, begins)), None)
    return plan


def _origin(terms: Terms) -> Origin:
    """Where terms say that they come from, as a document keeps it."""
    origin: Origin = canonical_object(terms.filled_from.model_dump()) if terms.filled_from else {}
    return origin


def _found[Row](cells: Cells, name: str, rows: Mapping[str, Row], what: str) -> Row | None:
    code = cells.code(name)
    if not code:
        return None
    if code not in rows:
        near = get_close_matches(code, list(rows), n=1)
        cells.wrong(name, f"{code!r} is not there", what + (f"; {near[0]}?" if near else ""))
    return rows.get(code)


def _other_side(cells: Cells, known: Known, direction: str) -> tuple[Counterparty | None, dict[str, Any]]:
    """The counterparty that is there, or the values of one to be entered."""
    code = cells.code("counterparty", most=40)
    name, vat_id = cells.text("counterparty_name"), cells.text("counterparty_vat_id", 20)
    country = cells.text("counterparty_country", 10)
    is_vendor = direction == Contract.Direction.PROMISED_TO_US
    found = known.counterparties.get(code)
    if found:
        if direction and not (found.is_vendor if is_vendor else found.is_customer):
            side = "vendor" if is_vendor else "customer"
            cells.wrong(
                "counterparty", f"{found} is no {side}", "another direction, or tick it at the counterparty"
            )
        return found, {}
    if not code:
        return None, {}
    if code in known.names:
        cells.wrong("counterparty_name", f"other rows name {code!r} otherwise", "one name for one code")
    if not name:
        cells.wrong(
            "counterparty", f"{code!r} is not there", "a code that is, or its name and country beside it"
        )
        return None, {}
    if not COUNTRY.fullmatch(country):
        cells.wrong("counterparty_country", f"{country!r} is no country", "two capital letters, such as DE")
    side_of = {"is_vendor": is_vendor, "is_customer": not is_vendor}
    return None, {"code": code, "name": name, "country": country, "vat_id": vat_id} | side_of


def _contract(cells: Cells, known: Known, reference: str, direction: str, currency: str) -> Contract | None:
    """The contract that is there; what the row says of it must be what is entered, for it is given once."""
    contract = known.contracts.get(reference)
    if contract is None:
        return None
    said = {
        "legal_entity": (contract.legal_entity.code, cells.given.get("legal_entity", "").strip()),
        "counterparty": (contract.counterparty.code, cells.given.get("counterparty", "").strip()),
        "direction": (contract.direction, direction),
        "currency": (contract.currency, currency),
    }
    for name, (there, here) in said.items():
        if here and here != there:
            cells.wrong(
                name, f"{reference} is entered with {there!r} and keeps it", f"{there}, or another reference"
            )
    return contract


def _tried(
    cells: Cells, known: Known, template: TermsTemplate, number: int | None, currency: str
) -> tuple[Given, Terms | None]:
    """What is filled in, and the terms that come of it; faults are noted."""
    text = _text(known, template, number)
    if isinstance(text, str):
        cells.wrong(
            "template_version" if number else "template", text, "another version, or another template"
        )
        return Given(), None
    services = cells.services("services", _named(known, text, number))
    for code in {one for codes in services.values() for one in codes} - known.services:
        near = get_close_matches(code, known.services, n=1)
        cells.wrong(
            "services", f"there is no service {code!r}", "enter it first" + (f"; {near[0]}?" if near else "")
        )
    given = Given(cells.values(text.parameters), services, currency if cells.flag("replace_currency") else "")
    terms = _filled(known, text, given)
    if isinstance(terms, TermsError):
        for path, sentence in terms.findings:
            column = path.replace("parameters.", PARAMETER) if path.startswith("parameters.") else "template"
            cells.wrong(column, sentence, "a value that the template takes, as its page says")
        return given, None
    if currency and terms.currency != currency:
        cells.wrong(
            "currency",
            f"the template is in {terms.currency}",
            f"{terms.currency}; or yes in replace_currency, which keeps the figures of amounts",
        )
    return given, terms


def _named(known: Known, text: Text, number: int | None) -> list[str]:
    """The services that a text names; asked once for many rows."""
    key = (text.slug, number)
    if key not in known.named:
        first, _, _ = sample(text)
        known.named[key] = services_of(first.document()) if first else []
    return known.named[key]


def _filled(known: Known, text: Text, given: Given) -> Terms | TermsError:
    """The terms that come of a text, or what is wrong; rows that say the same are tried once."""
    key = json.dumps([text.slug, text.number, given.values, given.services, given.currency], sort_keys=True)
    if key not in known.filled:
        try:
            known.filled[key] = started(text, given)
        except TermsError as error:
            known.filled[key] = error
    return known.filled[key]


def _text(known: Known, template: TermsTemplate, number: int | None) -> Text | str:
    key = (template.slug, number)
    if key not in known.texts:
        versions = root_of(template).versions.order_by("-number")
        version = versions.first() if number is None else versions.filter(number=number).first()
        if version is None:
            known.texts[key] = f"{template.slug} has no version {number or 1}"
        else:
            try:
                known.texts[key] = text_of(version, template)
            except TermsError as error:
                known.texts[key] = f"a value that its company has set does not fit: {error}"
    return known.texts[key]
