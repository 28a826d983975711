"""What must be looked at before a month is closed: a registry that the rooms fill.

An item finds sentences. One that blocks refuses the closing while it finds something; any other may be accepted as
it stands, by its owner, with a reason. What is accepted is the very findings: others are accepted anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from base.errors import DomainError
from contracts.models import LegalEntity
from credits.models import ChecklistNote
from reckoning.canonical import canonical_json, sha256_hex

MOST_FINDINGS = 50
Check = Callable[[LegalEntity, date], Sequence[str]]


@dataclass(frozen=True)
class Item:
    """One line of the checklist. ``owners`` are the roles that answer for it; the first one is named."""

    key: str
    label: str
    owners: tuple[str, ...]
    blocks: bool
    find: Check


@dataclass(frozen=True)
class Line:
    """An item with what it found for one month, and who accepted that."""

    item: Item
    findings: tuple[str, ...]
    note: ChecklistNote | None

    @property
    def is_done(self) -> bool:
        """Whether nothing stands against the closing here."""
        return not self.findings or (self.note is not None and not self.item.blocks)

    @property
    def owner(self) -> str:
        """The role that answers for it, in words."""
        return self.item.owners[0].replace("_", " ")

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the findings."""
        return fingerprint_of(self.findings)


_items: dict[str, Item] = {}


def register(item: Item) -> None:
    """Add an item; a room does so when it is set up. A second one with the same key is a mistake."""
    if item.key in _items and _items[item.key] != item:
        raise RuntimeError(f"two items of the close checklist are called {item.key}")
    _items[item.key] = item


def items() -> tuple[Item, ...]:
    """What is looked at: blocking items first."""
    return tuple(sorted(_items.values(), key=lambda one: (not one.blocks, one.key)))


def fingerprint_of(findings: Sequence[str]) -> str:
    """The SHA-256 of findings, by which an acceptance stands or falls."""
    return sha256_hex(canonical_json(list(findings)))


def checklist(legal_entity: LegalEntity, starts_on: date) -> list[Line]:
    """Every item with what it finds for the month that starts on a day."""
    notes = ChecklistNote.objects.filter(
        period__legal_entity=legal_entity, period__starts_on=starts_on
    ).select_related("accepted_by")
    accepted: dict[tuple[str, str], ChecklistNote] = {(note.key, note.fingerprint): note for note in notes}
    lines = []
    for item in items():
        found = _found(item, legal_entity, starts_on)
        note = accepted.get((item.key, fingerprint_of(found))) if found else None
        lines.append(Line(item, found, note))
    return lines


def _found(item: Item, legal_entity: LegalEntity, starts_on: date) -> tuple[str, ...]:
    try:
        found = list(item.find(legal_entity, starts_on))
    except DomainError as error:
        return (f"It could not be looked at: {error}",)
    more = len(found) - MOST_FINDINGS
    return tuple(found[:MOST_FINDINGS] + ([f"... and {more} more"] if more > 0 else []))


def standing_against(lines: Sequence[Line]) -> list[Line]:
    """The lines that keep a month from being closed."""
    return [line for line in lines if not line.is_done]


def told(lines: Sequence[Line]) -> dict[str, Any]:
    """The checklist as the record keeps it: what was found, and what was accepted."""
    return {
        line.item.key: {"found": len(line.findings), "accepted": line.note is not None}
        for line in lines
        if line.findings
    }
