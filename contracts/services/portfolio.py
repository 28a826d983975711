"""Portfolios: a file of contracts is taken, looked at row by row, confirmed, and written row by row as drafts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from audit.record import acting_for, event_of, record, record_all
from base import jobs
from base.access import require_person
from base.models import User
from contracts.errors import FieldsRefused, WrongState
from contracts.models import Contract, ContractVersion, Counterparty, PortfolioImport, PortfolioRow
from contracts.portfolio.columns import MAX_ROWS, faults_of_header
from contracts.portfolio.plans import Known, Plan, known_for, plan_of
from contracts.services.common import columns_of, read_terms, save_together, text_of
from contracts.services.parties import create_contract, create_counterparty
from contracts.services.templates import start_from_template
from reckoning.terms import terms_sha256

State = PortfolioRow.State
LOOK, WRITE = "contracts.look_at_portfolio", "contracts.write_portfolio"
AT_ONCE = 50


@transaction.atomic
def begin_portfolio(
    *, name: str, sha256: str, headers: Sequence[str], rows: Sequence[Sequence[str]], requested_at: datetime
) -> PortfolioImport:
    """Take a file's rows, to be looked at by a job. The same file again is the import that is there.

    Nothing is written to any contract by it. Raises FieldsRefused for columns that are missing or unknown, or too
    many rows, NotAllowed.
    """
    actor = require_person("legal")
    there = PortfolioImport.objects.filter(sha256=sha256).first()
    if there:
        return there
    if faults := faults_of_header(list(headers)):
        raise FieldsRefused({one.column: [f"{one.wrong}; right would be {one.right}"] for one in faults})
    if not rows or len(rows) > MAX_ROWS:
        raise FieldsRefused({"file": [f"has {len(rows):,} rows; 1 to {MAX_ROWS:,} are taken, split it."]})
    portfolio = PortfolioImport.objects.create(
        name=name[:200],
        sha256=sha256,
        headers=list(headers),
        row_total=len(rows),
        requested_by=actor,
        requested_at=requested_at,
    )
    PortfolioRow.objects.bulk_create(
        PortfolioRow(
            portfolio=portfolio,
            number=number,
            cells={name: cell for name, cell in zip(headers, cells, strict=False) if name and cell},
        )
        for number, cells in enumerate(rows, 2)
    )
    record("portfolio.begin", portfolio, after={"name": name, "sha256": sha256, "rows": len(rows)})
    jobs.enqueue(LOOK, f"{portfolio.pk}:0", portfolio_id=portfolio.pk, step=0)
    return portfolio


@transaction.atomic
def look_at_rows(portfolio: PortfolioImport) -> int:
    """Look at the next rows; returns how many are left. Writes nothing but what it found."""
    waiting = portfolio.rows.select_for_update().filter(state=State.WAITING).order_by("number")
    rows = list(waiting[:AT_ONCE])
    known = known_for(portfolio, [row.cells for row in rows])
    for row in rows:
        _note(row, plan_of(row.cells, known))
    PortfolioRow.objects.bulk_update(rows, ["state", "does", "faults", "version"])
    return portfolio.rows.filter(state=State.WAITING).count()


def _note(row: PortfolioRow, plan: Plan) -> None:
    row.faults = [fault.plain() for fault in plan.faults]
    if plan.faults:
        row.state, row.does = State.FAULTY, ""
    elif plan.there is not None:
        row.state, row.does, row.version = State.THERE, plan.does, plan.there
    else:
        row.state, row.does = State.GOOD, plan.does


@transaction.atomic
def confirm_portfolio(portfolio: PortfolioImport, confirmed_at: datetime) -> PortfolioImport:
    """Have the rows written that can be; those with faults are left out. Again is free.

    The versions are drafts by whoever confirms, so that another person must still put each in force (four eyes).
    Raises WrongState while rows have not been looked at, or where none can be written, NotAllowed.
    """
    actor = require_person("legal")
    portfolio = PortfolioImport.objects.select_for_update().get(pk=portfolio.pk)
    if portfolio.confirmed_at is not None:
        return portfolio
    if portfolio.rows.filter(state=State.WAITING).exists():
        raise WrongState("portfolio: its rows are still being looked at; confirm it when that is done")
    good = portfolio.rows.filter(state=State.GOOD).count()
    if not good:
        raise WrongState("portfolio: no row of it is to be written; mend the file and take it again")
    portfolio.confirmed_by, portfolio.confirmed_at = actor, confirmed_at
    portfolio.save(update_fields=["confirmed_by", "confirmed_at"])
    record("portfolio.confirm", portfolio, after={"confirmed_at": confirmed_at, "rows": good})
    ask_for_rows(portfolio)
    return portfolio


def ask_for_rows(portfolio: PortfolioImport) -> bool:
    """Have the next rows written, by a job of its own; asking twice is asking once. False where none is left."""
    row = portfolio.rows.filter(state=State.GOOD).order_by("number").first()
    if row is not None:
        jobs.enqueue(WRITE, f"{portfolio.pk}:{row.number}", portfolio_id=portfolio.pk, number=row.number)
    return row is not None


@transaction.atomic
def write_rows(rows: Sequence[PortfolioRow]) -> None:
    """Write good rows of one portfolio as the actor in force: looked at once more, since the ledger may have moved on.

    Several acts, each with its event: counterparties and contracts where they are new, and drafts. All together, in few
    statements; where one is refused all are, and :func:`write_row` tells which. Raises DomainError; IntegrityError for
    what the database itself refuses, such as a reference that was taken meanwhile; NotAllowed.
    """
    actor = require_person("legal")
    references = [row.cells.get("reference", "") for row in rows]
    # Two portfolios may draft for the same contract: one after the other, in the same order.
    list(Contract.objects.select_for_update().filter(reference__in=references).order_by("pk"))
    known = known_for(rows[0].portfolio, [row.cells for row in rows], whole=False)
    plans = []
    for row in rows:
        plan = plan_of(row.cells, known)
        _note(row, plan)
        if row.state == State.GOOD:
            plans.append((row, plan))
            if plan.counterparty is None:
                # The rows behind it find the other side that this one enters.
                known.counterparties[plan.new_counterparty["code"]] = Counterparty(**plan.new_counterparty)
        elif row.state == State.FAULTY:
            row.state = State.FAILED
    _write_together(plans, known, actor)
    PortfolioRow.objects.bulk_update(rows, ["state", "does", "faults", "version"])


def _write_together(plans: Sequence[tuple[PortfolioRow, Plan]], known: Known, actor: User) -> None:
    save_together([one for one in known.counterparties.values() if one.pk is None], actor)
    contracts = {
        row.pk: plan.contract or _contract(plan, known.counterparties[row.cells["counterparty"].strip()])
        for row, plan in plans
    }
    save_together([one for one in contracts.values() if one.pk is None], actor)
    held = ContractVersion.objects.filter(contract__in=contracts.values()).values_list("contract")
    numbers = dict(held.annotate(Max("number")))
    versions = {row.pk: _draft(contracts[row.pk], plan, numbers, actor) for row, plan in plans}
    save_together(list(versions.values()), actor)
    events = []
    for row, plan in plans:
        contract, version = contracts[row.pk], versions[row.pk]
        row.version, row.state = version, State.WRITTEN
        with acting_for(reason_of(row)):
            if plan.counterparty is None:
                entered = contract.counterparty
                events.append(event_of("counterparty.create", entered, after=columns_of(entered)))
            if plan.contract is None:
                events.append(event_of("contract.create", contract, after=columns_of(contract)))
            events.append(event_of("contract_version.draft", version, after=text_of(version)))
    record_all(events)


def _contract(plan: Plan, counterparty: Counterparty) -> Contract:
    return Contract(
        reference=plan.reference,
        title=plan.title,
        legal_entity=plan.entity,
        counterparty=counterparty,
        direction=plan.direction,
        currency=plan.currency,
    )


def _draft(contract: Contract, plan: Plan, numbers: Mapping[int, int], actor: User) -> ContractVersion:
    terms = read_terms(plan.terms, contract)  # type: ignore[arg-type]  # a plan without faults has them all
    return ContractVersion(
        contract=contract,
        number=numbers.get(contract.pk, 0) + 1,
        terms=terms.document(),
        terms_sha256=terms_sha256(terms),
        effective_from_on=plan.effective_from_on,  # type: ignore[misc]
        effective_until_on=plan.effective_until_on,
        created_by=actor,
    )


def reason_of(row: PortfolioRow) -> str:
    """Why a row is written, for the record."""
    return f"portfolio {row.portfolio.name}, row {row.number}"


@transaction.atomic
def write_row(row: PortfolioRow) -> None:
    """Write one row by itself, by the services that people use one at a time, which say in words what is wrong."""
    plan = plan_of(row.cells, known_for(row.portfolio, [row.cells], whole=False))
    _note(row, plan)
    if row.state == State.GOOD:
        row.version, row.state = _written(plan), State.WRITTEN
    elif row.state == State.FAULTY:
        row.state = State.FAILED
    row.save(update_fields=["state", "does", "faults", "version"])


def _written(plan: Plan) -> ContractVersion:
    contract: Any = plan.contract
    if contract is None:
        contract = create_contract(
            reference=plan.reference,
            title=plan.title,
            legal_entity=plan.entity,  # type: ignore[arg-type]  # a plan without faults has them all
            counterparty=plan.counterparty or create_counterparty(**plan.new_counterparty),
            direction=plan.direction,
            currency=plan.currency,
        )
    return start_from_template(
        plan.template,  # type: ignore[arg-type]
        contract,
        plan.given,
        plan.effective_from_on,  # type: ignore[arg-type]
        plan.effective_until_on,
        number=plan.number,
    )
