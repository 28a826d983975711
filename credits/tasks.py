"""Work of this room that a worker carries out. Handlers take keys, call one service, and may be repeated.

A handler is an entrance: it binds the reckoning's job account as the actor. Instants and days come with the
job, so that a job that is carried out late, or twice, says the same.
"""

from datetime import date, datetime
from typing import Any

from audit.record import acting
from audit.services import seal_events
from base import clock
from base.jobs import handler
from base.models import User
from contracts.models import Contract, LegalEntity
from credits import services
from credits.services.closing import carry_on
from credits.windows import windows_within


def reckoning_job() -> User:
    """The account in whose name results are reckoned and memos proposed: an actor, but no person (rule 20)."""
    return User.job("reckoning")


@handler("credits.assess")
def assess(
    *, contract_id: int, window_start: str, window_end: str, known_at: str, final: bool = False
) -> dict[str, Any]:
    """Reckon one window of a contract as known at ``known_at``; ``final`` makes the results final as well. A window
    that a change of the terms splits is reckoned part by part.

    Instants are ISO 8601 with an offset. Returns how many results there are by outcome.
    """
    contract = Contract.objects.get(pk=contract_id)
    windows = windows_within(contract, *map(datetime.fromisoformat, (window_start, window_end)))
    act = services.finalise_windows_of if final else services.assess_windows_of
    with acting(reckoning_job(), via="task"):
        results = [
            result
            for window in windows
            for result in act(contract, window=window, known_at=datetime.fromisoformat(known_at))
        ]
    outcomes: dict[str, Any] = {}
    for result in results:
        outcomes[result.outcome] = outcomes.get(result.outcome, 0) + 1
    return outcomes


@handler("credits.propose_memos")
def propose_memos(*, contract_id: int, window_start: str, window_end: str, taken_on: str) -> dict[str, Any]:
    """Propose the memos of a contract's window that are earned. Returns their numbers."""
    contract = Contract.objects.get(pk=contract_id)
    windows = windows_within(contract, *map(datetime.fromisoformat, (window_start, window_end)))
    with acting(reckoning_job(), via="task"):
        memos = [
            memo
            for window in windows
            for memo in services.propose_memos_of(
                contract, window=window, taken_on=date.fromisoformat(taken_on)
            )
        ]
    return {"memos": [memo.pk for memo in memos]}


@handler("credits.forfeit")
def forfeit(*, as_of: str) -> dict[str, Any]:
    """Forfeit the claims whose last day lies before ``as_of``. Returns how many."""
    with acting(reckoning_job(), via="task"):
        steps = services.forfeit_overdue(as_of=date.fromisoformat(as_of))
    return {"forfeited": len(steps)}


@handler("credits.lapse")
def lapse(*, as_of: str) -> dict[str, Any]:
    """Let the credits lapse whose last day lies before ``as_of``. Returns how many."""
    with acting(reckoning_job(), via="task"):
        uses = services.lapse_credits(as_of=date.fromisoformat(as_of))
    return {"lapsed": len(uses)}


@handler("credits.accrue")
def accrue(*, legal_entity: str, effective_on: str) -> dict[str, Any]:
    """Bring a legal entity's provision to what is expected on a day. Returns how many entries that took."""
    entity = LegalEntity.objects.get(code=legal_entity)
    with acting(reckoning_job(), via="task"):
        entries = services.accrue(entity, effective_on=date.fromisoformat(effective_on))
    return {"entries": [entry.reference for entry in entries]}


@handler("credits.close")
def close(*, run_id: int) -> dict[str, Any]:
    """The next stage of a month's closing."""
    return carry_on(run_id, reckoning_job())


@handler("audit.seal")
def seal(**_: Any) -> dict[str, Any]:
    """Seal the events that no block holds yet. Returns the block's number, or null where there was none."""
    block = seal_events(sealed_at=clock.now())
    return {"block": block.number if block else None}
