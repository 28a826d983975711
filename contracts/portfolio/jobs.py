"""The jobs of portfolios: rows are looked at in steps and written in steps, each in a transaction of its own.

A worker or a database that dies loses the step at hand and nothing else; the sweep finds its job again.
"""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, OperationalError, connection, transaction

from audit.record import acting, acting_for
from base import jobs
from base.errors import DomainError
from contracts.models import PortfolioImport, PortfolioRow
from contracts.services import portfolio as acts
from contracts.services.portfolio import LOOK, WRITE

State = PortfolioRow.State


@jobs.handler(LOOK)
def look(*, portfolio_id: int, step: int) -> dict[str, Any]:
    """Look at the next rows, and ask for those after them."""
    portfolio = PortfolioImport.objects.get(pk=portfolio_id)
    left = acts.look_at_rows(portfolio)
    if left:
        jobs.enqueue(LOOK, f"{portfolio_id}:{step + 1}", portfolio_id=portfolio_id, step=step + 1)
    return {"left": left}


@jobs.handler(WRITE)
def write(*, portfolio_id: int, number: int) -> dict[str, Any]:
    """Write the rows from ``number`` on in the name of whoever confirmed, and ask for those after them.

    Where one of them is refused, each is written by itself, so that the others are; what is refused stands at its row.
    """
    portfolio = PortfolioImport.objects.select_related("confirmed_by").get(pk=portfolio_id)
    good = PortfolioRow.objects.filter(portfolio=portfolio, number__gte=number, state=State.GOOD)
    good = good.select_for_update(of=("self",)).select_related("portfolio").order_by("number")
    rows = list(good[: acts.AT_ONCE])
    if rows and portfolio.confirmed_by is not None:
        with acting(portfolio.confirmed_by, via="task"):
            if _refused(acts.write_rows, rows):
                for row in good[: acts.AT_ONCE]:
                    _alone(row)
        acts.ask_for_rows(portfolio)
    return {"rows": len(rows)}


def _alone(row: PortfolioRow) -> None:
    with acting_for(acts.reason_of(row)):
        if wrong := _refused(acts.write_row, row):
            row.state, row.version = State.FAILED, None
            row.faults = [["", wrong[:500], "mend the row, and take it in a file again"]]
            row.save(update_fields=["state", "faults", "version"])


def _refused(act: Callable[[Any], None], given: Any) -> str:
    """What an act refused, in words, with nothing of it kept; empty where it was done.

    A guard of the database is told like a refusal of ours: another try would end like this one. A database that went
    away is not, and the job is tried again.
    """
    try:
        with transaction.atomic():
            act(given)
            connection.check_constraints()
    except OperationalError:
        raise
    except DomainError as error:
        return str(error) or error.code
    except DatabaseError as error:
        return f"the database refuses it: {error}"
    return ""
