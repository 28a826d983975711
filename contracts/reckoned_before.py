"""Windows that have results already: a text that would reckon one of them once more comes too late."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from contracts.checks import Standing
from contracts.conformed import CHANGES, SUCCESSIVE, Chain
from contracts.models import Contract, ContractVersion
from contracts.reading import terms_of
from reckoning.errors import TermsError
from reckoning.timeline import Window, local_instant, window_of

_TOLD = 3


class Reckoned(NamedTuple):
    """A window, or a part of one, with a result under a version's clause."""

    version_id: int
    key: str
    start: datetime
    end: datetime
    label: str
    is_final: bool


ReckonedFinder = Callable[[Contract, datetime], Iterable[Reckoned]]
_find_reckoned: list[ReckonedFinder] = []


def reckoned_windows_come_from(find: ReckonedFinder) -> None:
    """Register how to find the windows of a contract with results that end after an instant, in their order."""
    if find not in _find_reckoned:
        _find_reckoned.append(find)


def reckoned_standings(version: ContractVersion) -> Iterator[Standing]:
    """What has a final result, or a result and would be split, is not reckoned once more by another text."""
    begins = local_instant(version.effective_from_on, time(0), terms_of(version).zone)
    # A day more: windows of a clause may begin at midnight of another zone.
    rows = [row for find in _find_reckoned for row in find(version.contract, begins - timedelta(days=1))]
    if not rows:
        return
    chain = Chain(version.contract, also=version)
    lost: dict[str, date] = {}
    for row in rows:
        whole = _loses(chain, row)
        if whole is not None:
            lost[whole.label] = whole.last_day + timedelta(days=1)
    if lost:
        more = f" and {len(lost) - _TOLD} more" if len(lost) > _TOLD else ""
        yield Standing(
            "WINDOW_RECKONED_ALREADY",
            "amendment.effective_from" if version.kind in CHANGES else "effective_from_on",
            f"{', '.join([*lost][:_TOLD])}{more}: there are results already, and another text would reckon that time "
            "once more",
            f"Let the text take effect on {max(lost.values())} or at a later edge of windows. What is owed for the "
            "time before is a matter of restating results, or of goodwill.",
            acceptable=False,
        )


def _loses(chain: Chain, row: Reckoned) -> Window | None:
    """The whole window of a result whose time would be reckoned once more; None where it would not."""
    version = chain.by_pk.get(row.version_id)
    if version is None:
        return None
    terms = terms_of(version)
    clause = terms.commitment(row.key)
    zone = terms.zone_of(clause)
    whole = Window(row.start, row.end, zone, row.label)
    if clause.window.kind in SUCCESSIVE:
        whole = window_of(clause.window, zone, row.start)
    try:
        parts = chain.texts_of(whole.start, whole.end, zone, row.key)
    except TermsError:
        return whole
    same = [part.version for part in parts if (part.start, part.end) == (row.start, row.end)]
    if not same:
        return whole
    return whole if row.is_final and version not in same else None
