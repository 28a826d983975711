"""Portfolios: a file of contracts is taken, looked at row by row, confirmed, and written row by row as drafts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.record import record
from base import jobs
from base.access import require_person
from contracts.errors import FieldsRefused, WrongState
from contracts.models import ContractVersion, PortfolioImport, PortfolioRow
from contracts.portfolio.columns import MAX_ROWS, faults_of_header
from contracts.portfolio.plans import Plan, known_for, plan_of
from contracts.services.parties import create_contract, create_counterparty
from contracts.services.templates import start_from_template

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
    ask_for_row(portfolio)
    return portfolio


def ask_for_row(portfolio: PortfolioImport) -> bool:
    """Have the next row written, by a job of its own; asking twice is asking once. False where none is left."""
    row = portfolio.rows.filter(state=State.GOOD).order_by("number").first()
    if row is not None:
        jobs.enqueue(WRITE, f"{portfolio.pk}:{row.number}", portfolio_id=portfolio.pk, number=row.number)
    return row is not None


def write_row(row: PortfolioRow) -> None:
    """Write one row as the actor in force: looked at once more, since the ledger may have moved on meanwhile.

    Several acts, each with its event: the counterparty and the contract where they are new, and the draft.
    """
    portfolio = row.portfolio
    plan = plan_of(row.cells, known_for(portfolio, [row.cells], whole=False))
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
