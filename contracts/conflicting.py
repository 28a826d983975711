"""Where two signed promises, or a promise and an objective of ours, do not fit together. Reads, writes nothing.

Two promises are about the same thing where they are promised in the same direction between us and the same party, for
the same service, by the same figure, under one key or over the same kind of window. They are a conflict where they
disagree; and, where the documents are of one family (one stands under the other, or both under the same one), also
where they say the very same, because then one credit would be paid twice.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import Q

from contracts.models import Commitment, Conflict, Contract, ContractVersion, Figure, ServiceLevelObjective
from contracts.terms_form.labels import label_of
from reckoning.canonical import canonical_json, sha256_hex
from reckoning.terms import CommitmentTerms, Terms, parse_terms
from reckoning.terms.precedence import differing_fields, level_words, reaches

FIGURES: Mapping[str, Figure] = {
    "uptime_from_intervals": Figure.AVAILABILITY,
    "uptime_from_weighted_seconds": Figure.AVAILABILITY,
    "error_rate": Figure.ERROR_RATE,
    "events_on_time": Figure.ON_TIME,
    "quantity": Figure.QUANTITY,
    "weighted_parts": Figure.PARTS,
    "composite": Figure.COMPOSITE,
    "formula": Figure.FORMULA,
}
# The service is the same by what a conflict is; the other services of a clause are no matter of it.
_NOT_COMPARED = ("key", "title", "readings", "services")
Span = tuple[date, date | None]
Difference = dict[str, str]


@dataclass(frozen=True)
class Promise:
    """One clause as it is promised for one service: what of it is compared, and what it is told apart by."""

    terms: Terms
    clause: CommitmentTerms
    commitment_id: int | None = None

    @property
    def figure(self) -> Figure:
        """What it is measured by."""
        return FIGURES[self.clause.indicator.kind]

    @property
    def zone(self) -> str:
        """The zone of its windows."""
        return self.terms.zone_of(self.clause)

    def document(self) -> dict[str, Any]:
        """What it says, as plain values, with the currency and the zone that hold for it."""
        return self.clause.document() | {"currency": self.terms.currency, "zone": self.zone}


@dataclass
class Found:
    """A conflict as it was found: what it is told by, the pairs of commitments, and the last day on which it holds
    (None: without end)."""

    kind: Conflict.Kind
    service_id: int
    service: str
    figure: Figure
    first: Contract
    second: Contract | None
    objective: ServiceLevelObjective | None
    is_family: bool
    differences: list[Difference]
    keys: tuple[str, str]
    pairs: list[tuple[Promise, Promise | None]] = field(default_factory=list)
    ends_on: date | None = date.min

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of what is in conflict and what either side says of it."""
        other = self.second.reference if self.second else getattr(self.objective, "code", "")
        told = [self.kind.value, self.service, self.figure.value, self.first.reference, other]
        return sha256_hex(canonical_json([*told, *self.keys, self.is_family, self.differences]))


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Terms:
    return parse_terms(text)


def terms_from_row(terms: Mapping[str, Any]) -> Terms:
    """The typed terms of a stored document; the same text is read once."""
    return _parsed(json.dumps(terms, sort_keys=True))


def same_promise(one: Promise, other: Promise) -> bool:
    """Whether two clauses for one service are about the same thing."""
    if one.figure != other.figure:
        return False
    return one.clause.key == other.clause.key or one.clause.window.kind == other.clause.window.kind


def differences_of(one: Promise, other: Promise) -> list[Difference]:
    """The fields in which two promises differ, with what either says, in canonical spelling."""
    first, second = one.document(), other.document()
    return [
        {"field": name, "first": _said(first.get(name)), "second": _said(second.get(name))}
        for name in differing_fields(first, second, _NOT_COMPARED)
    ]


def field_words(name: str) -> str:
    """A field of a commitment in plain words."""
    label = {"zone": "time zone", "target_percent": "target"}.get(name) or label_of("CommitmentTerms", name)
    return label[:1].lower() + label[1:]


def _said(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value).decode()


# Families and days ---------------------------------------------------------------------------------------


def roots(contracts: Iterable[Contract]) -> dict[int, int]:
    """By contract the one on top of the documents that it stands under; itself where it stands under none."""
    above = dict(Contract.objects.exclude(under=None).values_list("pk", "under_id"))
    found = {}
    for contract in contracts:
        top, seen = contract.pk, {contract.pk}
        while (following := above.get(top)) is not None and following not in seen:
            seen.add(following)
            top = following
        found[contract.pk] = top
    return found


def spans(versions: Iterable[ContractVersion]) -> dict[int, list[Span]]:
    """By version of one contract the stretches of days on which it is the one in effect: on each day the signed one
    that took effect last, of two of one day the later number. The end of a stretch no longer belongs to it."""
    signed = sorted(versions, key=lambda one: (one.effective_from_on, one.number))
    edges = {one.effective_from_on for one in signed}
    edges |= {one.effective_until_on for one in signed if one.effective_until_on is not None}
    days: list[date | None] = [*sorted(edges), None]
    found: dict[int, list[Span]] = defaultdict(list)
    for start, end in pairwise(days):
        if start is None:
            break
        covering = [
            one
            for one in signed
            if one.effective_from_on <= start
            and (one.effective_until_on is None or start < one.effective_until_on)
        ]
        if not covering:
            continue
        own = found[covering[-1].pk]
        if own and own[-1][1] == start:
            own[-1] = (own[-1][0], end)
        else:
            own.append((start, end))
    return found


def last_common_day(one: Sequence[Span], other: Sequence[Span]) -> date | None:
    """The end of the last stretch that both have (excluded): None without end, ``date.min`` where they share none."""
    last: date = date.min
    for start, end in one:
        for since, until in other:
            if (end is None or since < end) and (until is None or start < until):
                if end is None and until is None:
                    return None
                last = max(last, min(day for day in (end, until) if day is not None))
    return last


# The books of all that is signed -------------------------------------------------------------------------

# Pairs of commitments that could be about the same thing: one service, one party, one direction, two contracts, and
# versions whose days meet. Which of them do is looked at one by one.
_PAIRS = """
    SELECT a.id, b.id
      FROM contracts_commitment a
      JOIN contracts_contractversion va ON va.id = a.version_id AND va.state = 'signed'
      JOIN contracts_contract ca ON ca.id = va.contract_id
      JOIN contracts_contract cb ON cb.counterparty_id = ca.counterparty_id AND cb.direction = ca.direction
       AND cb.id > ca.id
      JOIN contracts_contractversion vb ON vb.contract_id = cb.id AND vb.state = 'signed'
      JOIN contracts_commitment b ON b.version_id = vb.id AND b.service_id = a.service_id
     WHERE va.effective_from_on < coalesce(vb.effective_until_on, 'infinity')
       AND vb.effective_from_on < coalesce(va.effective_until_on, 'infinity')
       AND (%(counterparty)s::bigint IS NULL OR ca.counterparty_id = %(counterparty)s)
       AND (%(direction)s::text IS NULL OR ca.direction = %(direction)s)
     ORDER BY a.id, b.id
"""


def conflicts_of_documents(
    counterparty_id: int | None = None, direction: str | None = None
) -> Iterator[Found]:
    """Every conflict of two signed documents, of all or of one counterparty and direction."""
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"counterparty": counterparty_id, "direction": direction})
        pairs = cursor.fetchall()
    if not pairs:
        return
    rows = _commitments({pk for pair in pairs for pk in pair})
    effective = effective_spans({row.version.contract_id for row in rows.values()})
    tops = roots({row.version.contract for row in rows.values()})
    keyed = {(row.version_id, row.service_id, row.key) for row in rows.values()}
    found: dict[str, Found] = {}
    for first_id, second_id in pairs:
        first, second = rows[first_id], rows[second_id]
        ends_on = last_common_day(effective.get(first.version_id, ()), effective.get(second.version_id, ()))
        if ends_on == date.min or _has_a_nearer(first, second, keyed):
            continue
        family = tops[first.version.contract_id] == tops[second.version.contract_id]
        conflict = _of_pair(first, second, family)
        if conflict is None:
            continue
        held = found.setdefault(conflict.fingerprint, conflict)
        if held is not conflict:
            held.pairs += conflict.pairs
        held.ends_on = _later(held.ends_on, ends_on)
    yield from found.values()


def _has_a_nearer(first: Commitment, second: Commitment, keyed: Collection[tuple[int, int, str]]) -> bool:
    """Whether either side has another clause under the other's very key: that one is meant, then."""
    if first.key == second.key:
        return False
    return (second.version_id, first.service_id, first.key) in keyed or (
        first.version_id,
        first.service_id,
        second.key,
    ) in keyed


def _of_pair(first: Commitment, second: Commitment, family: bool) -> Found | None:
    one, other = promise_of(first), promise_of(second)
    if not same_promise(one, other):
        return None
    differ = differences_of(one, other)
    if not differ and not family:
        return None
    return Found(
        Conflict.Kind.DISAGREE if differ else Conflict.Kind.SAID_TWICE,
        first.service_id,
        first.service.code,
        one.figure,
        first.version.contract,
        second.version.contract,
        None,
        family,
        differ,
        (first.key, second.key),
        [(one, other)],
    )


def promise_of(row: Commitment) -> Promise:
    """A stored commitment as it is compared."""
    terms = terms_from_row(row.version.terms)
    return Promise(terms, terms.commitment(row.key), row.pk)


def _commitments(keys: Collection[int]) -> dict[int, Commitment]:
    rows = Commitment.objects.filter(pk__in=keys).select_related("service", "version__contract")
    return {row.pk: row for row in rows}


def effective_spans(contract_ids: Collection[int]) -> dict[int, list[Span]]:
    """By signed version of these contracts the days on which it is in effect. One query, none for no contract."""
    if not contract_ids:
        return {}
    rows = ContractVersion.objects.filter(contract__in=contract_ids, state=ContractVersion.State.SIGNED)
    by_contract: dict[int, list[ContractVersion]] = defaultdict(list)
    for row in rows.defer("terms"):
        by_contract[row.contract_id].append(row)
    found: dict[int, list[Span]] = {}
    for versions in by_contract.values():
        found |= spans(versions)
    return found


def _later(one: date | None, other: date | None) -> date | None:
    return None if one is None or other is None else max(one, other)


# Objectives ----------------------------------------------------------------------------------------------


def objective_spans(objectives: Iterable[ServiceLevelObjective]) -> dict[int, list[Span]]:
    """By version the days on which it is the one that counts: on each day the highest number that covers it."""
    by_code: dict[str, list[ServiceLevelObjective]] = defaultdict(list)
    for one in objectives:
        by_code[one.code].append(one)
    found: dict[int, list[Span]] = defaultdict(list)
    for versions in by_code.values():
        edges = {one.from_on for one in versions} | {one.until_on for one in versions if one.until_on}
        days: list[date | None] = [*sorted(edges), None]
        for start, end in pairwise(days):
            if start is None:
                break
            covering = [
                one
                for one in versions
                if one.from_on <= start and (one.until_on is None or start < one.until_on)
            ]
            if covering:
                found[max(covering, key=lambda one: one.number).pk].append((start, end))
    return found


def conflicts_with_objectives(
    on: date, service_id: int | None = None, counterparty_id: int | None = None
) -> Iterator[Found]:
    """Every promise to a customer that is as high as an internal objective for its service, from a day on."""
    objectives = ServiceLevelObjective.objects.select_related("service", "owner")
    if service_id is not None:
        objectives = objectives.filter(service=service_id)
    counts = objective_spans(list(objectives))
    wanted = [one for one in objectives if counts.get(one.pk)]
    if not wanted:
        return
    rows = Commitment.objects.filter(
        service__in={one.service_id for one in wanted},
        version__state=ContractVersion.State.SIGNED,
        version__contract__direction=Contract.Direction.PROMISED_BY_US,
    ).filter(Q(version__effective_until_on=None) | Q(version__effective_until_on__gt=on))
    if counterparty_id is not None:
        rows = rows.filter(version__contract__counterparty=counterparty_id)
    held = list(rows.select_related("service", "version__contract").order_by("pk"))
    effective = effective_spans({row.version.contract_id for row in held})
    found: dict[str, Found] = {}
    for objective in wanted:
        for row in held:
            if row.service_id != objective.service_id:
                continue
            ends_on = last_common_day(effective.get(row.version_id, ()), counts[objective.pk])
            if ends_on is not None and ends_on <= on:
                continue
            conflict = _with_objective(row, objective)
            if conflict is not None:
                one = found.setdefault(conflict.fingerprint, conflict)
                if one is not conflict:
                    one.pairs += conflict.pairs
                one.ends_on = _later(one.ends_on, ends_on)
    yield from found.values()


def _with_objective(row: Commitment, objective: ServiceLevelObjective) -> Found | None:
    promise = promise_of(row)
    differ = reached(promise, objective)
    if differ is None:
        return None
    return Found(
        Conflict.Kind.OBJECTIVE,
        row.service_id,
        row.service.code,
        promise.figure,
        row.version.contract,
        None,
        objective,
        False,
        [differ],
        (row.key, objective.code),
        [(promise, None)],
    )


def reached(promise: Promise, objective: ServiceLevelObjective) -> Difference | None:
    """What a promise says that is as high as an objective of ours; None where it is below, or about something else."""
    clause = promise.clause
    target = clause.target_percent
    if target is None or promise.figure != objective.figure:
        return None
    if objective.window and objective.window != clause.window.kind:
        return None
    aim = Decimal(objective.target_percent)
    if not reaches(target, clause.target_inclusive, aim, objective.target_inclusive):
        return None
    return {
        "field": "target_percent",
        "first": level_words(target, clause.target_inclusive),
        "second": level_words(aim, objective.target_inclusive),
    }
