"""Which windows a commitment has, and when they become final. Edges come from the zone of the terms (rule 1)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from contracts.conformed import SUCCESSIVE, Chain
from contracts.giving_way import computing
from contracts.models import Commitment, Contract, ContractVersion
from contracts.reading import terms_of
from credits.errors import NotAWindow, NotTheVersionInEffect
from reckoning.errors import InputError
from reckoning.fields import zone_info
from reckoning.timeline import Window, local_instant, window_of
from reckoning.timeline import window_between as placed_between

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PartOfWindow(Window):
    """A part of a window that a change of the terms splits: reckoned by the text of its time, as a window (rule 10).

    ``seconds`` are the lengths of all parts; by them the fee of the whole window is shared.
    """

    whole: Window
    number: int
    seconds: tuple[int, ...]


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
    """The commitment's window with these edges, whatever its windows are counted from, or the part of one that a
    change of the terms makes; None: it has none such."""
    version = commitment.version
    terms = terms_of(version)
    clause = terms.commitment(commitment.key)
    whole = placed_between(clause.window, terms.zone_of(clause), start, end)
    if whole is not None or clause.window.kind not in SUCCESSIVE:
        return whole
    own = _under(Chain(version.contract), version, commitment.key, start)
    return own if own is not None and (own.start, own.end) == (start, end) else None


def _under(chain: Chain, version: ContractVersion, key: str, instant: datetime) -> Window | None:
    """The window of a version's clause, or the part of one, that holds an instant and is reckoned by that version's
    text; None where another text reckons it. Raises InputError outside a term."""
    terms = terms_of(version)
    clause = terms.commitment(key)
    zone = terms.zone_of(clause)
    whole = window_of(clause.window, zone, instant)
    parts = chain.texts_of(whole.start, whole.end, zone, key)
    seconds = tuple((part.end - part.start) // _SECOND for part in parts)
    for number, part in enumerate(parts):
        if part.version is None or part.version.pk != version.pk:
            continue
        if len(parts) == 1:
            return whole
        if part.start <= instant < part.end:
            label = f"{whole.label}, part {number + 1} of {len(parts)}"
            return PartOfWindow(part.start, part.end, zone, label, whole, number, seconds)
    return None


def window_under(commitment: Commitment, instant: datetime, chain: Chain | None = None) -> Window | None:
    """The window of a commitment that holds an instant (as :func:`window_at`), or the part of it, where it is
    reckoned by the text of the commitment's version; None where it is not, or the service did not exist then.

    Raises NotAWindow outside a term.
    """
    try:
        own = _under(chain or Chain(commitment.version.contract), commitment.version, commitment.key, instant)
    except InputError as error:
        raise NotAWindow(f"window: {commitment} has none at {instant.isoformat()}: {error}") from None
    return own if own is not None and _lives_in(commitment, own) else None


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

    Where a part of a longer window has the edges of a window of another clause, it is that window. Raises NotAWindow
    where no clause of theirs has such a window.
    """
    chain = Chain(contract)
    found: Window | None = None
    for version in reversed(chain.rows):
        for clause in terms_of(version).commitments:
            own = _between(chain, version, clause.key, start, end)
            if own is not None and not isinstance(own, PartOfWindow):
                return own
            found = found or own
    if found is not None:
        return found
    raise _no_window(contract, start, end)


def _no_window(contract: Contract, start: datetime, end: datetime) -> NotAWindow:
    return NotAWindow(
        f"window: no version of {contract.reference} in effect at {start.isoformat()} has a window from then to "
        f"{end.isoformat()}"
    )


def windows_within(contract: Contract, start: datetime, end: datetime) -> list[Window]:
    """The window [start, end) as :func:`window_between`, or the parts that changes of the terms make of it, in order;
    both where a change touches some of the clauses only. Raises NotAWindow where there is neither."""
    chain = Chain(contract)
    found: dict[tuple[datetime, datetime], Window] = {}
    for version in chain.rows:
        terms = terms_of(version)
        for clause in terms.commitments:
            zone = terms.zone_of(clause)
            whole = placed_between(clause.window, zone, start, end)
            if whole is None:
                continue
            for part in chain.texts_of(start, end, zone, clause.key):
                own = _between(chain, version, clause.key, part.start, part.end)
                if own is not None:
                    found.setdefault((own.start, own.end), own)
    return sorted(found.values(), key=lambda one: (one.start, one.end)) or [
        window_between(contract, start, end)
    ]


def _between(
    chain: Chain, version: ContractVersion, key: str, start: datetime, end: datetime
) -> Window | None:
    """The window [start, end) of a version's clause where it is reckoned by that version's text."""
    terms = terms_of(version)
    clause = terms.commitment(key)
    zone = terms.zone_of(clause)
    placed = placed_between(clause.window, zone, start, end)
    if placed is None and (clause.window.kind not in SUCCESSIVE or chain.is_plain):
        return None
    if placed is not None and clause.window.kind not in SUCCESSIVE:
        parts = chain.texts_of(start, end, zone, key)
        return placed if len(parts) == 1 and parts[0].version == version else None
    own = _under(chain, version, key, start)
    return own if own is not None and (own.start, own.end) == (start, end) else None


def first_day(window: Window) -> date:
    """The first local day of a window; the version in effect on it is the one that the window is under."""
    return window.start.astimezone(zone_info(window.zone)).date()


def has_window(commitment: Commitment, window: Window) -> bool:
    """Whether ``window`` is one of the commitment's; another kind of window or another zone is not."""
    own = own_window(commitment, window.start, window.end)
    return own is not None and _lives_in(commitment, own)


def _lives_in(commitment: Commitment, window: Window) -> bool:
    """A service has no window before its first day or after its last."""
    service = commitment.service
    began = service.existed_from is None or service.existed_from < window.end
    return began and (service.existed_until is None or window.start < service.existed_until)


def commitments_with(contract: Contract, window: Window) -> list[tuple[Commitment, Window]]:
    """The commitments that have this window, or a part of the same window with these edges, under the text by which
    it is reckoned, each with its own: how many parts there are differs, where a change touches some clauses only.
    Without those that give way to another document in it, by decision of a conflict. Raises NotAWindow as
    :func:`window_between`."""
    if not isinstance(window, PartOfWindow):
        window = window_between(contract, window.start, window.end)
    chain = Chain(contract)
    holding = {
        version.pk: version
        for version in chain.rows
        for clause in terms_of(version).commitments
        if _same_window(_between(chain, version, clause.key, window.start, window.end), window)
    }
    if not holding:
        raise _no_window(contract, window.start, window.end)
    rows = Commitment.objects.filter(version__in=holding).select_related("service").order_by("pk")
    found = []
    for row in computing(rows, first_day(window)):
        row.version = holding[row.version_id]
        own = _between(chain, row.version, row.key, window.start, window.end)
        if own is not None and _same_window(own, window) and _lives_in(row, own):
            found.append((row, own))
    return found


def _same_window(own: Window | None, window: Window) -> bool:
    """Whether both are parts of windows with the same edges, or both are whole."""
    return own is not None and _whole_edges(own) == _whole_edges(window)


def _whole_edges(window: Window) -> tuple[datetime, datetime]:
    whole = window.whole if isinstance(window, PartOfWindow) else window
    return whole.start, whole.end


def require_window(commitment: Commitment, window: Window) -> Window:
    """The commitment's own window with these edges, or the part of one.

    Raises NotAWindow where it has no such window, and NotTheVersionInEffect where it is reckoned by another
    version's terms (or none were in effect at its start), or a change of the terms splits it.
    """
    version = commitment.version
    chain = Chain(version.contract)
    own = _between(chain, version, commitment.key, window.start, window.end)
    if own is not None:
        return own
    placed = _required(commitment, window.start, window.end)
    raise NotTheVersionInEffect(
        f"window: {version} was not in effect on {first_day(placed)}, the first day of {placed.label}, or not in "
        "all of it"
    )


def cut_off_of(commitment: Commitment, window: Window) -> datetime:
    """The instant from which a window's result may become final: ``cut_off_days`` local days after its end; that of a
    part with the whole window's."""
    clause = terms_of(commitment.version).commitment(commitment.key)
    last_day = window.whole.last_day if isinstance(window, PartOfWindow) else window.last_day
    day = last_day + timedelta(days=clause.cut_off_days + 1)
    return local_instant(day, time(0), window.zone)


def local_day(commitment: Commitment, instant: datetime) -> date:
    """The day of an instant in the zone of the contract's terms."""
    return instant.astimezone(zone_info(terms_of(commitment.version).zone)).date()
