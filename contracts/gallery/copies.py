"""What a template's newest version would make of the contracts that were started from an earlier one.

Nothing is changed by asking. What a contract's own text was edited to say is told apart from what the template's
change brings, so that a hand-made difference does not look like news.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.errors import TermsAltered
from contracts.gallery.texts import Given, Text, given_in, sample, services_of, started
from contracts.models import ContractVersion
from contracts.reading import terms_of
from reckoning.errors import TermsError
from reckoning.terms import Terms
from reckoning.terms.difference import Change, diff

Standing = Literal["newest", "same", "differs", "refused", "altered"]
WORDS: dict[Standing, str] = {
    "newest": "started from the newest version",
    "same": "the newest version would say the same",
    "differs": "the newest version would say otherwise",
    "refused": "the newest version does not take its values",
    "altered": "its stored text was changed round the application",
}


@dataclass(frozen=True)
class Clause:
    """The fields of one clause that would change."""

    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Copy:
    """One version of a contract that was started from a template, and how it stands to the newest version."""

    version: ContractVersion
    number: int
    state: Standing
    clauses: tuple[Clause, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    edited: int = 0
    """Fields in which the contract's own text was edited since it was started."""

    @property
    def words(self) -> str:
        """The standing in plain words."""
        return WORDS[self.state]


def compared(version: ContractVersion, newest: Text, earlier: Mapping[int, Text]) -> Copy:
    """How one version of a contract stands to the newest text. ``earlier`` holds the template's other texts."""
    try:
        terms = terms_of(version)
    except TermsAltered:
        return Copy(version, 0, "altered")
    origin = terms.filled_from
    number = origin.version if origin else 0
    before = _again(earlier[number], terms) if number in earlier else None
    edited = {change.path for change in _own(before, terms)} if before else set()
    if number == newest.number:
        return Copy(version, number, "newest", edited=len(edited))
    try:
        again = started(newest, given_known(terms, newest))
    except TermsError as error:
        return Copy(version, number, "refused", faults=tuple(error.findings), edited=len(edited))
    changes = _own(terms, again)
    if before is not None:
        brought = {change.path for change in _own(before, again)}
        changes = [change for change in changes if change.path in brought]
    state: Standing = "differs" if changes else "same"
    return Copy(version, number, state, _by_clause(changes, terms, again), edited=len(edited))


def given_known(terms: Terms, text: Text) -> Given:
    """What was filled in, without the parameters and services that a later text does not have any more."""
    given = given_in(terms)
    known = {one.name for one in text.parameters}
    first, _, _ = sample(text)
    named = set(services_of(first.document())) if first else set()
    return Given(
        {name: value for name, value in given.values.items() if name in known},
        {name: codes for name, codes in given.services.items() if name in named},
        given.currency,
    )


def _again(text: Text, terms: Terms) -> Terms | None:
    try:
        return started(text, given_known(terms, text))
    except TermsError:
        return None


def _own(before: Terms, after: Terms) -> list[Change]:
    return [change for change in diff(before, after) if not change.path.startswith("filled_from")]


def _by_clause(changes: list[Change], before: Terms, after: Terms) -> tuple[Clause, ...]:
    """The changes under the titles of their commitments, those of the whole document first."""
    titles = {one.key: one.title for terms in (before, after) for one in terms.commitments}
    found: dict[str, list[Change]] = {}
    for change in changes:
        key = (
            change.path.partition("[")[2].partition("]")[0] if change.path.startswith("commitments[") else ""
        )
        title = titles.get(key, key) if key else "The whole agreement"
        path = change.path.partition("].")[2] if key else change.path
        found.setdefault(title, []).append(change._replace(path=path or change.path))
    return tuple(Clause(title, tuple(items)) for title, items in found.items())
