"""A redline of two texts of a contract: what differs in words and fields, and what of it needs somebody's approval."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cached_property

from contracts.models import ContractVersion
from reckoning.terms import Terms
from reckoning.terms.difference import Change
from reckoning.terms.redline import ClauseChange, Part, Redline, redline, words

STATES = {
    "same": "unchanged",
    "changed": "changed",
    "added": "added",
    "removed": "taken out",
    "renumbered": "renumbered",
}
_FINANCE, _OWNER, _LEGAL = "finance approves", "the service's owner approves", "legal's head approves"
# What moves money or what is promised: by the field of a commitment, or of the terms where it stands above them.
POLICY = {
    "caps": ("A cap was moved", _FINANCE),
    "minimum": ("The least amount that is paid was moved", _FINANCE),
    "schedule": ("What a miss pays was changed", _FINANCE),
    "fee_base": ("The fee that a credit is a part of was changed", _FINANCE),
    "rounding": ("How amounts are rounded was changed", _FINANCE),
    "combinations": ("How credits of several promises come together was changed", _FINANCE),
    "services": ("Which services the promise is for was changed", _OWNER),
    "target_percent": ("What is promised was changed", _OWNER),
    "target_inclusive": ("What is promised was changed", _OWNER),
    "limit": ("What is promised was changed", _OWNER),
    "level_rounding": ("How the level is rounded was changed", _OWNER),
    "exclusions": ("What is not counted was changed", _OWNER),
    "excluded_time": ("How excluded time counts was changed", _OWNER),
    "unknown_time": ("What unknown time counts as was changed", _OWNER),
    "no_base": ("What counts where nothing can be measured was changed", _OWNER),
    "part_life": ("How part of a window is measured was changed", _OWNER),
    "service_hours": ("The hours that are measured were changed", _OWNER),
    "indicator": ("What is measured was changed", _OWNER),
    "source_role": ("Whose measurement decides was changed", _OWNER),
    "window": ("The time over which a level is measured was changed", _FINANCE),
    "zone": ("The zone in which days begin was changed", _FINANCE),
    "cut_off_days": ("When results become final was changed", _FINANCE),
    "claim": ("How and until when a credit is claimed was changed", _LEGAL),
    "remedy": ("A remedy was changed", _LEGAL),
    "readings": ("A reading was changed", _LEGAL),
}
HARMLESS = frozenset(
    {"format", "title", "currency", "dated_text", "commitments", "filled_from", "key", "bands"}
)
_FIELD = re.compile(r"(commitments\[[^\]]*\])\.([a-z_]+)|([a-z_]+)")


@dataclass(frozen=True)
class Text:
    """One side: its name, its terms, their hash, and the version that it is dated by."""

    name: str
    terms: Terms
    sha256: str
    version: ContractVersion | None = None

    @property
    def dated(self) -> datetime:
        """The day of signing, else of effect, at midnight UTC: files of a redline carry it, and no other time."""
        day = (self.version.signed_on or self.version.effective_from_on) if self.version else None
        return datetime.combine(day, time(0), UTC) if day else datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Flag:
    """Something that was moved and needs an approval, with the fields in which it shows."""

    said: str
    approval: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """Two texts laid over each other."""

    before: Text
    after: Text

    @cached_property
    def redline(self) -> Redline:
        """Every clause, also those that stayed, and every changed field."""
        return redline(self.before.terms, self.after.terms, also_same=True)

    @property
    def changed(self) -> tuple[ClauseChange, ...]:
        """The clauses that differ."""
        return tuple(one for one in self.redline.clauses if one.state not in ("same", "renumbered"))

    @property
    def fields(self) -> tuple[Change, ...]:
        """The fields that differ."""
        return self.redline.fields

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What was moved and needs somebody's approval. It is said, and stops no signature by itself."""
        return tuple(_flags(self.fields))


def _flags(fields: tuple[Change, ...]) -> Iterator[Flag]:
    come = {one.path.removesuffix(".key") for one in fields if _is_key(one) and one.before is None}
    gone = {one.path.removesuffix(".key") for one in fields if _is_key(one) and one.after is None}
    both = f"{_FINANCE}, {_OWNER}"
    if come:
        yield Flag("A promise was put in", both, tuple(sorted(come)))
    if gone:
        yield Flag("A promise was taken out", both, tuple(sorted(gone)))
    found: dict[tuple[str, str], list[str]] = {}
    for one in fields:
        commitment, name, above = _parts_of(one.path)
        if commitment not in come | gone and (policy := POLICY.get(name or above)):
            found.setdefault(policy, []).append(one.path)
    # In the order of the list above, whatever the order of the fields.
    for policy in dict.fromkeys(POLICY.values()):
        if policy in found:
            yield Flag(*policy, tuple(found[policy]))


def _parts_of(path: str) -> tuple[str, str, str]:
    """The commitment of a path and its field there, or the field of the terms; empty where it is not there."""
    match = _FIELD.match(path)
    commitment, name, above = match.groups() if match else (None, None, None)
    return commitment or "", name or "", above or ""


def _is_key(change: Change) -> bool:
    return _parts_of(change.path)[1] == "key"


def heading_parts(change: ClauseChange) -> tuple[Part, ...]:
    """The heading of a clause with what came and went of it; its number is not part of it."""
    if change.before is None or change.after is None:
        return (Part(change.parts[0].kind, change.heading),)
    return words(change.before.heading, change.after.heading)


def number_of(change: ClauseChange) -> str:
    """The number of a clause in the newer text, or in the older one where it is gone."""
    clause = change.after or change.before
    return clause.number if clause else ""


def shown(value: str | None) -> str:
    """A field's value for people: not there, empty, or the value."""
    return "not there" if value is None else value or "empty"
