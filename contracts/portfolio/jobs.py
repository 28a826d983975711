"""The jobs of portfolios: rows are looked at in steps, and written one by one, each in a transaction of its own.

A worker or a database that dies loses the row at hand and nothing else; the sweep finds its job again.
"""

from typing import Any

from django.db import transaction

from audit.record import acting
from base import jobs
from base.errors import DomainError
from contracts.models import PortfolioImport, PortfolioRow
from contracts.services.portfolio import LOOK, WRITE, ask_for_row, look_at_rows, write_row

State = PortfolioRow.State


@jobs.handler(LOOK)
def look(*, portfolio_id: int, step: int) -> dict[str, Any]:
    """Look at the next rows, and ask for those after them."""
    portfolio = PortfolioImport.objects.get(pk=portfolio_id)
    left = look_at_rows(portfolio)
    if left:
        jobs.enqueue(LOOK, f"{portfolio_id}:{step + 1}", portfolio_id=portfolio_id, step=step + 1)
    return {"left": left}


@jobs.handler(WRITE)
def write(*, portfolio_id: int, number: int) -> dict[str, Any]:
    """Write one row in the name of whoever confirmed, and ask for the next. What is refused stands at its row."""
    portfolio = PortfolioImport.objects.select_related("confirmed_by").get(pk=portfolio_id)
    row = (
        PortfolioRow.objects.select_for_update(of=("self",))
        .select_related("portfolio")
        .get(portfolio=portfolio, number=number)
    )
    if row.state == State.GOOD and portfolio.confirmed_by is not None:
        with acting(portfolio.confirmed_by, via="task", reason=f"portfolio {portfolio.name}, row {number}"):
            try:
                with transaction.atomic():
                    write_row(row)
            except DomainError as error:
                row.state, row.version = State.FAILED, None
                row.faults = [["", str(error)[:500], "mend the row, and take it in a file again"]]
                row.save(update_fields=["state", "faults", "version"])
    ask_for_row(portfolio)
    return {"state": row.state}
