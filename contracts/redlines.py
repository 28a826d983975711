"""A redline of two texts of a contract: what differs in words and fields, and what of it needs somebody's approval."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cached_property

from contracts.models import ContractVersion
from reckoning.terms import Terms
from reckoning.terms.difference import Change
from reckoning.terms.redline import ClauseChange, Redline, redline

STATES = {
    "same": "unchanged",
    "changed": "changed",
    "added": "added",
    "removed": "taken out",
    "renumbered": "renumbered",
}
# What moves money or what is promised: the part of a field's path by which it is known, and what to say of it.
POLICY = (
    (".caps", "A cap was moved", "finance approves"),
    (".minimum_payout", "The least amount that is paid was moved", "finance approves"),
    (".schedule", "What a miss pays was changed", "finance approves"),
    (".target", "What is promised was changed", "the service's owner approves"),
    (".exclusions", "What is not counted was changed", "the service's owner approves"),
    ("excluded_time", "How excluded time counts was changed", "the service's owner approves"),
    (".unknown_time", "What unknown time counts as was changed", "the service's owner approves"),
    (".indicator", "What is measured was changed", "the service's owner approves"),
    (".window", "The time over which a level is measured was changed", "finance approves"),
    (".claim", "How and until when a credit is claimed was changed", "legal's head approves"),
    ("remed", "A remedy was changed", "legal's head approves"),
    (".readings", "A reading was changed", "legal's head approves"),
)


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
    for part, said, approval in POLICY:
        found = tuple(one.path for one in fields if part in one.path)
        if found:
            yield Flag(said, approval, found)


def shown(value: str | None) -> str:
    """A field's value for people: not there, empty, or the value."""
    return "not there" if value is None else value or "empty"
