"""The text of a contract as of any instant, from its signed documents, and the texts of a window (rule 10).

A contract has whole texts and changes of them. A whole text stands until a later one does; its amendments are laid
on it in the order in which they take effect, then the variations that run. What several changes make together is
kept as a conformed text (a version of its own), so that one row holds each text and commitments can be measured by it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

from contracts.models import Contract, ContractVersion
from contracts.reading import terms_of
from reckoning.canonical import canonical_json, instant_text
from reckoning.fields import zone_info
from reckoning.terms import Terms, parse_terms
from reckoning.terms.amendments import (
    Amendment,
    Standing,
    conformed,
    parse_amendment,
    texts,
    texts_of_window,
)
from reckoning.timeline import local_instant

Kind = ContractVersion.Kind
CHANGES = (Kind.AMENDMENT, Kind.VARIATION)
# Windows that follow each other without gap, so that a change lies at an edge of two or inside of one.
SUCCESSIVE = ("calendar_month", "calendar_quarter", "calendar_year", "billing_cycle")


@lru_cache(maxsize=256)
def _amendment(text: str) -> Amendment:
    return parse_amendment(text)


def amendment_of(version: ContractVersion) -> Amendment:
    """The document of a version that changes another. Raises TermsError where it cannot be read."""
    return _amendment(canonical_json(version.amendment).decode())


@lru_cache(maxsize=128)
def _texts(base: str, changes: tuple[str, ...]) -> tuple[Standing, ...]:
    return texts(parse_terms(base), [_amendment(one) for one in changes])


@lru_cache(maxsize=512)
def _texts_of_window(
    base: str, changes: tuple[str, ...], start: datetime, end: datetime
) -> tuple[Standing, ...]:
    return texts_of_window(parse_terms(base), [_amendment(one) for one in changes], start, end)


def _plain(version: ContractVersion) -> str:
    return canonical_json(version.terms).decode()


@dataclass(frozen=True)
class Stretch:
    """The one text of a contract in [from_on, until_on), days in the zone of its terms; an open end is None.

    ``version`` is the row in effect that holds exactly this text; None while no such row is there. ``applied`` are
    the changes that were laid on the whole text, in order.
    """

    from_on: date
    until_on: date | None
    whole: ContractVersion
    applied: tuple[ContractVersion, ...]
    terms: Terms
    sha256: str
    version: ContractVersion | None

    @property
    def made_of(self) -> tuple[ContractVersion, ...]:
        """The documents that made the text: the whole text and its changes."""
        return (self.whole, *self.applied)


@dataclass(frozen=True)
class TextOfPart:
    """The text by which [start, end) of a window is reckoned, and the version that holds it."""

    start: datetime
    end: datetime
    sha256: str
    version: ContractVersion | None


class Chain:
    """The signed documents of one contract, read with one query; ``also`` counts as signed, to see what it would do."""

    def __init__(
        self,
        contract: Contract,
        *,
        also: ContractVersion | None = None,
        without: ContractVersion | None = None,
    ) -> None:
        rows = contract.versions.filter(state=ContractVersion.State.SIGNED).order_by(
            "effective_from_on", "number"
        )
        self.contract = contract
        self.rows = [row for row in rows if without is None or row.pk != without.pk]
        if also is not None and also.pk not in {row.pk for row in self.rows}:
            self.rows = sorted([*self.rows, also], key=lambda row: (row.effective_from_on, row.number))
        for row in self.rows:
            row.contract = contract
        self.by_pk = {row.pk: row for row in self.rows}

    def made_by(self, version: ContractVersion) -> str:
        """The hash of the text that a change makes of the text that it was written upon, by its document."""
        assert version.amends is not None
        base = version.amends
        document = amendment_of(version).model_copy(update={"base_sha256": base.terms_sha256})
        begins = document.begins(terms_of(base).zone)
        return conformed(terms_of(base), [document], begins).sha256

    @property
    def is_plain(self) -> bool:
        """Whether there are whole texts only."""
        return all(row.kind == Kind.WHOLE for row in self.rows)

    def in_effect(self, on: date, rows: Iterable[ContractVersion] | None = None) -> ContractVersion | None:
        """As ``Contract.version_in_effect``: the newest that took effect and has not ended, in no query."""
        held = [row for row in (self.rows if rows is None else rows) if _holds(row, on)]
        return max(held, key=lambda row: (row.effective_from_on, row.number), default=None)

    def root_of(self, version: ContractVersion) -> ContractVersion:
        """The whole text below a version."""
        while version.amends_id is not None:
            version = self.by_pk.get(version.amends_id) or version.amends  # type: ignore[assignment]
        return version

    def changes_of(self, whole: ContractVersion) -> list[ContractVersion]:
        """The amendments and variations of a whole text."""
        return [row for row in self.rows if row.kind in CHANGES and self.root_of(row).pk == whole.pk]

    def whole_in_effect(self, on: date) -> ContractVersion | None:
        """The whole text that stands below everything on a day."""
        return self.in_effect(on, [row for row in self.rows if row.kind == Kind.WHOLE])

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """Every text in order, each as long as it stands. Days without any text are left out.

        Raises TermsError for changes that do not fit together (see ``reckoning.terms.amendments.texts``).
        """
        edges = {row.effective_from_on for row in self.rows}
        edges |= {row.effective_until_on for row in self.rows if row.effective_until_on}
        found: list[Stretch] = []
        for from_on, until_on in pairwise([*sorted(edges), None]):
            assert from_on is not None
            one = self._text_on(from_on, until_on)
            if one is None:
                continue
            last = found[-1] if found else None
            if last and last.until_on == from_on and _alike(last, one):
                found[-1] = replace(last, until_on=until_on)
            else:
                found.append(one)
        return tuple(found)

    def _text_on(self, from_on: date, until_on: date | None) -> Stretch | None:
        whole = self.whole_in_effect(from_on)
        if whole is None:
            return None
        changes = self.changes_of(whole)
        if not changes:
            return Stretch(
                from_on, until_on, whole, (), terms_of(whole), whole.terms_sha256, self.in_effect(from_on)
            )
        zone = terms_of(whole).zone
        at = local_instant(from_on, time(0), zone)
        standing = next(
            one for one in _texts(_plain(whole), _documents(changes)) if one.end is None or at < one.end
        )
        applied = tuple(self._named(changes, one) for one in standing.applied)
        # A row of another time with the same text is not the one in effect here.
        row = self.in_effect(from_on)
        row = row if row is not None and self._holds_text(row, whole, standing.sha256) else None
        return Stretch(from_on, until_on, whole, applied, standing.terms, standing.sha256, row)

    def _named(self, changes: Sequence[ContractVersion], ident: str) -> ContractVersion:
        return next(row for row in changes if amendment_of(row).id == ident)

    def _row_of(
        self, whole: ContractVersion, sha256: str, first: ContractVersion | None
    ) -> ContractVersion | None:
        rows = self.rows if first is None else [first, *self.rows]
        return next((row for row in rows if self._holds_text(row, whole, sha256)), None)

    def _holds_text(self, row: ContractVersion, whole: ContractVersion, sha256: str) -> bool:
        return row.terms_sha256 == sha256 and self.root_of(row).pk == whole.pk

    def at(self, instant: datetime) -> Stretch | None:
        """The one text as of an instant (aware); None before the first and after the last.

        A text changes at midnight in the zone of the whole text that stands there.
        """
        for stretch in reversed(self.stretches):
            zone = terms_of(stretch.whole).zone
            day = instant.astimezone(zone_info(zone)).date()
            if stretch.from_on <= day and (stretch.until_on is None or day < stretch.until_on):
                return stretch
        return None

    def texts_of(self, start: datetime, end: datetime, zone: str, key: str = "") -> tuple[TextOfPart, ...]:
        """The texts by which the window [start, end) is reckoned, each for its part (rule 10).

        The whole text in effect on the window's first local day counts for all of it, as a whole text takes effect
        from the next window on; its changes split the window or wait, as each says. With the ``key`` of a clause of
        commitment the window stays whole where nothing changes for that clause. Empty where there is no text.
        """
        day = start.astimezone(zone_info(zone)).date()
        whole = self.whole_in_effect(day)
        if whole is None:
            return ()
        changes = self.changes_of(whole)
        if not changes:
            row = self.in_effect(day)
            return (TextOfPart(start, end, whole.terms_sha256, row),)
        parts = _texts_of_window(
            _plain(whole), _documents(changes), start.astimezone(UTC), end.astimezone(UTC)
        )
        found = []
        for part in parts:
            assert part.start is not None
            assert part.end is not None
            local = part.start.astimezone(zone_info(zone)).date()
            row = self._row_of(whole, part.sha256, self.in_effect(local))
            found.append((TextOfPart(part.start, part.end, part.sha256, row), _concerning(part.terms, key)))
        return tuple(_joined(found))


def _concerning(terms: Terms, key: str) -> bytes:
    """What of a text concerns one clause: the clause itself and everything that is said for all."""
    plain = terms.document()
    if key:
        plain["commitments"] = [one for one in plain["commitments"] if one["key"] == key]
    return canonical_json(plain)


def _joined(parts: Sequence[tuple[TextOfPart, bytes]]) -> list[TextOfPart]:
    """Parts that follow each other with the same text, as one under the first's version."""
    found: list[tuple[TextOfPart, bytes]] = []
    for part, text in parts:
        if found and found[-1][1] == text:
            found[-1] = (replace(found[-1][0], end=part.end), text)
        else:
            found.append((part, text))
    return [part for part, _ in found]


def _documents(changes: Iterable[ContractVersion]) -> tuple[str, ...]:
    return tuple(canonical_json(row.amendment).decode() for row in changes)


def _holds(row: ContractVersion, on: date) -> bool:
    ended = row.effective_until_on is not None and row.effective_until_on <= on
    return row.effective_from_on <= on and not ended


def _alike(one: Stretch, other: Stretch) -> bool:
    same_row = (one.version and one.version.pk) == (other.version and other.version.pk)
    return same_row and one.made_of == other.made_of and one.sha256 == other.sha256


def text_document(contract: Contract, at: datetime, stretch: Stretch) -> dict[str, Any]:
    """A conformed text as of an instant (aware) as plain values; the same arguments give the same bytes."""
    return {
        "format": "sla-ledger-conformed-text/1",
        "contract": contract.reference,
        "as_of": instant_text(at),
        "from_on": stretch.from_on,
        "until_on": stretch.until_on,
        "terms_sha256": stretch.sha256,
        "made_of": [
            {
                "version": one.number,
                "kind": one.kind,
                "effective_from_on": one.effective_from_on,
                "effective_until_on": one.effective_until_on,
                "signed_on": one.signed_on,
                "terms_sha256": one.terms_sha256,
            }
            for one in stretch.made_of
        ],
        "terms": stretch.terms.document(),
    }
