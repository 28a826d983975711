"""The list of what a contract covers: drafted, drafted anew, and published by somebody who wrote none of it (A9)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from audit.record import record
from base.access import require_person
from contracts.errors import (
    ChangedMeanwhile,
    CoverageAlreadyPublished,
    CoverageNotWhole,
    DraftedByYourself,
    FieldsRefused,
)
from contracts.models import Contract, CoverageEntry, CoverageList, CoveragePublication, Service
from reckoning.errors import CurrencyError
from reckoning.money import minor_digits

MOST_ENTRIES = 200
LONGEST = 2_000
_GIVEN = ("journey", "service", "covered", "why_not", "owner", "cost_amount", "cost_currency", "cost_per")


@transaction.atomic
def draft_coverage(
    *,
    contract: Contract,
    entries: Sequence[Mapping[str, Any]],
    introduction: str = "",
    begun_from: int | None = None,
) -> CoverageList:
    """Draft the list of a contract anew, whole; an equal draft again is the one that is there.

    An entry has ``journey``, ``covered`` and, where they are known, ``service``, ``why_not``, ``owner``,
    ``cost_amount`` (Decimal), ``cost_currency`` and ``cost_per``. What is missing may be missing until it is
    published. ``begun_from`` is the number of the draft that the editor saw (0: none): where a later one was kept
    meanwhile, this one does not take its place unseen. Raises ChangedMeanwhile then; FieldsRefused, which names the
    entry by its number from 1, NotAllowed.
    """
    actor = require_person("legal")
    Contract.objects.select_for_update().get(pk=contract.pk)
    if not entries or len(entries) > MOST_ENTRIES:
        raise FieldsRefused({"entries": [f"are {len(entries)}; a list has between 1 and {MOST_ENTRIES}."]})
    if len(introduction) > LONGEST:
        raise FieldsRefused({"introduction": [f"has more than {LONGEST:,} characters."]})
    rows = [_entry(position, given) for position, given in enumerate(entries, start=1)]
    _check(rows)
    last = contract.coverage_lists.order_by("-number").first()
    if (
        last
        and last.introduction == introduction
        and [_said(one) for one in last.entries.all()] == [_said(one) for one in rows]
    ):
        return last
    if last and begun_from is not None and begun_from < last.number:
        raise ChangedMeanwhile(
            f"entries: {last.drafted_by.display_name} kept draft {last.number} since you began; look at it first. "
            "Kept again, yours takes its place"
        )
    drafted = CoverageList.objects.create(
        contract=contract,
        number=(last.number if last else 0) + 1,
        introduction=introduction,
        drafted_by=actor,
    )
    for row in rows:
        row.coverage = drafted
    CoverageEntry.objects.bulk_create(rows)
    after = {"number": drafted.number, "introduction": introduction, "entries": [_said(one) for one in rows]}
    record("contract.draft_coverage", contract, after=after)
    return drafted


@transaction.atomic
def publish_coverage(*, coverage: CoverageList, published_on: date) -> CoveragePublication:
    """Publish the newest draft for the customer to read, with its date. Again on the same day is free.

    Raises CoverageNotWhole with every journey that lacks its owner, its cost or its reason, DraftedByYourself for
    whoever wrote any draft since the last publication, CoverageAlreadyPublished, NotAllowed.
    """
    actor = require_person("legal")
    Contract.objects.select_for_update().get(pk=coverage.contract_id)
    done = CoveragePublication.objects.filter(coverage=coverage).first()
    if done and done.published_on == published_on:
        return done
    if done:
        raise CoverageAlreadyPublished(
            f"published_on: {coverage} was published on {done.published_on:%Y-%m-%d} and does not change; "
            "draft the list anew"
        )
    lists = coverage.contract.coverage_lists
    newest = lists.latest("number")
    if newest != coverage:
        raise CoverageAlreadyPublished(
            f"coverage: was drafted anew as draft {newest.number}; publish that one"
        )
    if lacking := lacks(coverage):
        raise CoverageNotWhole(f"entries: {' '.join(lacking)}")
    published = lists.filter(publication__isnull=False).aggregate(last=models.Max("number"))["last"] or 0
    if lists.filter(number__gt=published, drafted_by=actor).exists():
        raise DraftedByYourself(
            f"actor: {actor.display_name} wrote a part of this list; another person of legal must publish it"
        )
    row = CoveragePublication.objects.create(coverage=coverage, published_on=published_on, published_by=actor)
    after = {"number": coverage.number, "published_on": published_on, "replaces": published or None}
    record("contract.publish_coverage", coverage.contract, after=after)
    return row


def lacks(coverage: CoverageList) -> list[str]:
    """What keeps a list from being published, a sentence for each journey."""
    found = []
    for row in coverage.entries.all():
        if not row.covered:
            missing = [] if row.why_not.strip() else ["why it is not covered"]
        else:
            missing = [] if row.owner.strip() else ["its owner"]
            missing += [] if row.cost_amount is not None else ["its cost estimate"]
        if missing:
            found.append(f"{row.journey} lacks {' and '.join(missing)}.")
    return found


def _entry(position: int, given: Mapping[str, Any]) -> CoverageEntry:
    if unknown := set(given) - set(_GIVEN):
        raise TypeError(f"an entry has no {', '.join(sorted(unknown))}")
    values = {name: given[name] for name in _GIVEN if name in given}
    for name in ("journey", "why_not", "owner"):
        values[name] = str(values.get(name) or "").strip()
    return CoverageEntry(position=position, **values)


def _check(rows: Sequence[CoverageEntry]) -> None:
    """Everything that is wrong with the entries, by their number. Raises FieldsRefused."""
    wrong: dict[str, list[str]] = {}
    seen: dict[str, int] = {}
    for row in rows:
        said = wrong.setdefault(f"entry {row.position}", [])
        try:
            row.clean_fields(exclude=["coverage"])
        except ValidationError as error:
            said.extend(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        if before := seen.get(row.journey.casefold()):
            said.append(f"journey: stands at {before} already.")
        seen.setdefault(row.journey.casefold(), row.position)
        if len(row.why_not) > LONGEST:
            said.append(f"why_not: has more than {LONGEST:,} characters.")
        if (row.cost_amount is None) != (not row.cost_currency):
            said.append("cost: is an amount with its currency; give both or neither.")
        elif row.cost_amount is not None and not said:
            said.extend(_wrong_cost(row))
    if found := {name: texts for name, texts in wrong.items() if texts}:
        raise FieldsRefused(found)


def _wrong_cost(row: CoverageEntry) -> list[str]:
    assert row.cost_amount is not None
    try:
        digits = minor_digits(row.cost_currency)
    except CurrencyError as error:
        return [str(error)]
    if row.cost_amount < 0:
        return ["cost: is below 0."]
    if row.cost_amount != round(row.cost_amount, digits):
        return [f"cost: {row.cost_currency} has {digits} decimals."]
    return []


def _said(row: CoverageEntry) -> dict[str, Any]:
    service: Service | None = row.service
    return {
        "journey": row.journey,
        "service": service.code if service else None,
        "covered": row.covered,
        "why_not": row.why_not,
        "owner": row.owner,
        "cost_amount": row.cost_amount,
        "cost_currency": row.cost_currency,
        "cost_per": str(row.cost_per),
    }
