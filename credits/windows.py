"""Which windows a commitment has, and when they become final. Edges come from the zone of the terms (rule 1)."""

from datetime import date, datetime, time, timedelta
from typing import Protocol

from contracts.models import Commitment, Contract, ContractVersion
from contracts.reading import terms_of
from credits.errors import NotAWindow, NotTheVersionInEffect
from reckoning.errors import InputError
from reckoning.fields import zone_info
from reckoning.timeline import Window, local_instant, window_of
from reckoning.timeline import window_between as placed_between


class HasWindow(Protocol):
    """A stored result: the window of a commitment."""

    @property
    def commitment(self) -> Commitment: ...

    @property
    def window_start(self) -> datetime: ...

    @property
    def window_end(self) -> datetime: ...


def window_at(commitment: Commitment, instant: datetime) -> Window:
    """The window of a commitment that holds ``instant`` (aware); of rolling days, the one of which it is in the last
    day; of a window that is anchored, the one whose anchor it is. Raises NotAWindow outside a term."""
    terms = terms_of(commitment.version)
    clause = terms.commitment(commitment.key)
    try:
        return window_of(clause.window, terms.zone_of(clause), instant)
    except InputError as error:
        raise NotAWindow(f"window: {commitment} has none at {instant.isoformat()}: {error}") from None


def own_window(commitment: Commitment, start: datetime, end: datetime) -> Window | None:
    """The commitment's window with these edges, whatever its windows are counted from; None: it has none such."""
    terms = terms_of(commitment.version)
    clause = terms.commitment(commitment.key)
    return placed_between(clause.window, terms.zone_of(clause), start, end)


def window_of_row(row: HasWindow) -> Window:
    """The window of a stored result. Raises NotAWindow where the terms have no such window (any more)."""
    return _required(row.commitment, row.window_start, row.window_end)


def _required(commitment: Commitment, start: datetime, end: datetime) -> Window:
    own = own_window(commitment, start, end)
    if own is None:
        near = window_at(commitment, start)
        raise NotAWindow(
            f"window: {commitment} has no window from {start.isoformat()} to {end.isoformat()}; the one at that start "
            f"is {near.label}, {near.start.isoformat()} to {near.end.isoformat()}"
        )
    return own


def window_between(contract: Contract, start: datetime, end: datetime) -> Window:
    """The window [start, end) as the terms in effect on its first day have it, with their zone and its label.

    Raises NotAWindow where no clause of theirs has such a window.
    """
    signed = contract.versions.filter(state=ContractVersion.State.SIGNED).select_related("contract")
    for version in signed.order_by("-effective_from_on"):
        terms = terms_of(version)
        for clause in terms.commitments:
            own = placed_between(clause.window, terms.zone_of(clause), start, end)
            if own is not None and contract.version_in_effect(first_day(own)) == version:
                return own
    raise NotAWindow(
        f"window: no version of {contract.reference} in effect at {start.isoformat()} has a window from then to "
        f"{end.isoformat()}"
    )


def first_day(window: Window) -> date:
    """The first local day of a window; the version in effect on it is the one that the window is under."""
    return window.start.astimezone(zone_info(window.zone)).date()


def has_window(commitment: Commitment, window: Window) -> bool:
    """Whether ``window`` is one of the commitment's; another kind of window or another zone is not."""
    own = own_window(commitment, window.start, window.end)
    if own is None:
        return False
    # A service has no window before its first day or after its last.
    service = commitment.service
    began = service.existed_from is None or service.existed_from < own.end
    return began and (service.existed_until is None or own.start < service.existed_until)


def require_window(commitment: Commitment, window: Window) -> Window:
    """The commitment's own window with these edges.

    Raises NotAWindow where it has no such window, and NotTheVersionInEffect where another version's terms (or
    none) were in effect at its start.
    """
    own = _required(commitment, window.start, window.end)
    version = commitment.version
    if version.contract.version_in_effect(first_day(own)) != version:
        raise NotTheVersionInEffect(
            f"window: {version} was not in effect on {first_day(own)}, the first day of {own.label}"
        )
    return own


def cut_off_of(commitment: Commitment, window: Window) -> datetime:
    """The instant from which a window's result may become final: ``cut_off_days`` local days after its end."""
    clause = terms_of(commitment.version).commitment(commitment.key)
    day = window.last_day + timedelta(days=clause.cut_off_days + 1)
    return local_instant(day, time(0), window.zone)


def local_day(commitment: Commitment, instant: datetime) -> date:
    """The day of an instant in the zone of the contract's terms."""
    return instant.astimezone(zone_info(terms_of(commitment.version).zone)).date()
