"""One state of the terms form: the values, the document that they make, and everything that is said about it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString

from contracts.checks import Standing, findings_in, standings
from contracts.models import Contract, ContractVersion
from contracts.terms_form.durations import REFUSAL, seconds_of
from contracts.terms_form.nodes import id_of, nearest, spoken
from contracts.terms_form.operations import operate, walk
from contracts.terms_form.parts import Part, lengths, part_of
from contracts.terms_form.render import Form, outline
from contracts.terms_form.shapes import Group, Leaf, Many, Shape, group_of
from contracts.terms_form.values import (
    HERE,
    WHOLE,
    document,
    posted,
    repeated_names,
    shown,
)
from reckoning.errors import TermsError
from reckoning.terms import Terms, terms_sha256
from reckoning.terms.parts import parse_parts
from reckoning.terms.wording import Clause, word

SHAPE = group_of(Terms)
_SENT = re.compile(rf"terms\.commitments\.([0-9]{{1,5}})\.({HERE}|{WHOLE})")


@dataclass(frozen=True)
class Line:
    """A line of the summary: the id of its field, where that is in words, and what is said."""

    id: str
    where: str
    sentence: str


@dataclass(frozen=True)
class Entry:
    """An entry of the outline, with those below it."""

    id: str
    label: str
    inside: tuple["Entry", ...] = ()


@dataclass
class TermsPage:
    """The form's values with the contract and version that they belong to, where there are any yet."""

    values: dict[str, Any]
    contract: Contract | None = None
    version: ContractVersion | None = None
    quiet: bool = field(default=False, kw_only=True)
    """Say nothing yet: an untouched form."""
    address: str = field(default="", kw_only=True)
    """Of the endpoint of the form, up to the operation."""
    later: bool = field(default=False, kw_only=True)
    """What is said about the values is asked for when the page is there: of a large document."""
    opened: set[int] = field(default_factory=set, kw_only=True)
    """Commitments of a large document that the browser has drawn, by their numbers from 0."""

    @classmethod
    def of_document(cls, plain: Mapping[str, Any], **given: Any) -> "TermsPage":
        """The form of a stored document."""
        return cls(shown(SHAPE, plain), **given)

    @classmethod
    def of_post(cls, data: Mapping[str, str], operation: str = "show", **given: Any) -> "TermsPage":
        """The form as a browser sent it, after a button was pressed. Raises UnknownOperation."""
        return cls(operate(SHAPE, posted(SHAPE, data), operation), **given)

    @cached_property
    def _parts(self) -> tuple[Part, ...]:
        """What is known of each commitment."""
        return tuple(part_of(one) for one in self.values["commitments"])

    @property
    def _around(self) -> dict[str, Any]:
        """The values without the commitments, which are known by themselves."""
        return self.values | {"commitments": []}

    def _repeated(self) -> tuple[tuple[str, str], ...]:
        around = repeated_names(SHAPE, self._around)
        inside = [
            (f"commitments.{at}.{path}", sentence)
            for at, part in enumerate(self._parts)
            for path, sentence in part.repeated
        ]
        return (*inside, *around)

    @cached_property
    def _read(self) -> tuple[Terms | None, tuple[tuple[str, str], ...]]:
        if repeated := self._repeated():
            return None, repeated
        try:
            terms = parse_parts(document(SHAPE, self._around), [one.read for one in self._parts])
        except TermsError as error:
            return None, tuple(self._plainly(path, sentence) for path, sentence in error.findings)
        if self.contract and terms.currency != self.contract.currency:
            return terms, (
                ("currency", f"is {terms.currency}, but the contract is kept in {self.contract.currency}"),
            )
        return terms, ()

    @property
    def terms(self) -> Terms | None:
        """The terms, or None while the values make none."""
        return self._read[0]

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        """What keeps the values from being terms of this contract, as (path, sentence)."""
        return () if self.quiet else self._read[1]

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """What legal is asked about the text, with what was accepted for exactly this text."""
        if self.terms is None:
            return ()
        if self.version and terms_sha256(self.terms) == self.version.terms_sha256:
            return standings(self.version, self.terms)
        return tuple(findings_in(self.terms, self.contract))

    @cached_property
    def digest(self) -> str:
        """The hash under which this text would be signed."""
        return terms_sha256(self.terms) if self.terms else ""

    @cached_property
    def wording(self) -> list[Clause]:
        """The terms in plain words."""
        return list(word(self.terms)) if self.terms else []

    @cached_property
    def said(self) -> dict[str, list[tuple[str, str]]]:
        """What is said at each place of the form: (error, finding or reads, sentence)."""
        told: dict[str, list[tuple[str, str]]] = {}
        if self.later:
            return told
        for path, sentence in self.faults:
            told.setdefault(nearest(SHAPE, self.values, path), []).append(("error", sentence))
        for item in () if self.quiet else self.standings:
            if item.is_open:
                at = nearest(SHAPE, self.values, item.path)
                told.setdefault(at, []).append(("finding", item.sentence))
        for number, part in enumerate(self._parts):
            for place, reading in part.lengths:
                told.setdefault(f"commitments.{number}.{place}", []).append(("reads", reading))
        for place, reading in lengths(SHAPE, self._around):
            told.setdefault(place, []).append(("reads", reading))
        return told

    @cached_property
    def summary(self) -> list[Line]:
        """Every fault with a link to its field, in the order of the document."""
        if self.later:
            return []
        places = [nearest(SHAPE, self.values, path) for path, _ in self.faults]
        return [
            Line(id_of(place), spoken(SHAPE, self.values, place), sentence)
            for place, (_, sentence) in zip(places, self.faults, strict=True)
        ]

    @property
    def said_ids(self) -> str:
        """The ids of the places at which something is said, for the browser to send back."""
        return " ".join(id_of(place) for place in self.said)

    @property
    def html(self) -> SafeString:
        """The fields."""
        return Form(self.address, self.said, self.opened).document(SHAPE, self.values)

    @property
    def outline(self) -> SafeString:
        """The outline as nested links."""
        return outline(self.entries)

    @property
    def entries(self) -> list[Entry]:
        """What to jump to: every block of the document and of each commitment."""
        entries = []
        for item in SHAPE.fields:
            if isinstance(item.shape, Leaf):
                continue
            if item.name == "commitments" and isinstance(item.shape, Many):
                entries += [_entry(item.shape.item, one, at) for at, one in enumerate(self.values[item.name])]
            else:
                entries.append(Entry(id_of(item.name), item.label))
        return entries

    def _plainly(self, path: str, sentence: str) -> tuple[str, str]:
        """A fault in the words of the form: what the model calls a whole number may be a length of time here."""
        try:
            shape, text = walk(SHAPE, self.values, path.split("."))
        except (KeyError, IndexError, ValueError, TypeError, AttributeError):
            return path, sentence
        unread = shape == Leaf("duration") and isinstance(text, str) and text and seconds_of(text) is None
        return path, REFUSAL if unread else sentence


def opened_in(data: Mapping[str, str]) -> set[int]:
    """The commitments that a post has as fields, and not as one text each, by their places in the list."""
    sent = {(int(one[1]), one[2]) for one in map(_SENT.fullmatch, data) if one}
    order = sorted({number for number, _ in sent})
    return {at for at, number in enumerate(order) if (number, HERE) in sent}


def _entry(shape: Shape, values: Any, at: int) -> Entry:
    """A commitment with its blocks."""
    assert isinstance(shape, Group)
    place = f"commitments.{at}"
    inside = tuple(
        Entry(id_of(f"{place}.{item.name}"), item.label)
        for item in shape.fields
        if not isinstance(item.shape, Leaf)
    )
    return Entry(id_of(place), values.get("title") or values.get("key") or f"Commitment {at + 1}", inside)
