"""One state of the terms form: the values, the document that they make, and everything that is said about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from contracts.checks import Standing, findings_in, standings
from contracts.models import Contract, ContractVersion
from contracts.terms_form.nodes import Node, tree
from contracts.terms_form.shapes import group_of
from contracts.terms_form.values import document, number_alternatives, operate, posted, repeated_names, shown
from reckoning.errors import TermsError
from reckoning.terms import Terms, parse_terms, terms_sha256
from reckoning.terms.wording import Clause, word

SHAPE = group_of(Terms)

ACTS: dict[str, Callable[["TermsPage", str], dict[str, Any]]] = {}
"""Operations beyond the form's own, by verb: from the page as posted and what follows the verb to new values.

A verb's function works on a copy (``edits.apply_edits`` gives one) and raises UnknownOperation for what it does
not know. The whole form is drawn anew after it.
"""


@dataclass
class TermsPage:
    """The form's values with the contract and version that they belong to, where there are any yet."""

    values: dict[str, Any]
    contract: Contract | None = None
    version: ContractVersion | None = None
    quiet: bool = field(default=False, kw_only=True)
    """Say nothing yet: an untouched form."""

    @classmethod
    def of_document(cls, plain: Mapping[str, Any], **given: Any) -> "TermsPage":
        """The form of a stored document."""
        return cls(shown(SHAPE, plain), **given)

    @classmethod
    def of_post(cls, data: Mapping[str, str], operation: str = "show", **given: Any) -> "TermsPage":
        """The form as a browser sent it, after a button was pressed. Raises UnknownOperation."""
        verb, _, argument = operation.partition(":")
        values = posted(SHAPE, data)
        if verb in ACTS:
            return cls(ACTS[verb](cls(values, **given), argument), **given)
        return cls(operate(SHAPE, values, operation), **given)

    @cached_property
    def _read(self) -> tuple[Terms | None, tuple[tuple[str, str], ...]]:
        if repeated := repeated_names(SHAPE, self.values):
            return None, tuple(repeated)
        try:
            terms = parse_terms(number_alternatives(document(SHAPE, self.values)))
        except TermsError as error:
            return None, error.findings
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

    @property
    def digest(self) -> str:
        """The hash under which this text would be signed."""
        return terms_sha256(self.terms) if self.terms else ""

    @cached_property
    def wording(self) -> list[Clause]:
        """The terms in plain words."""
        return list(word(self.terms)) if self.terms else []

    @cached_property
    def root(self) -> Node:
        """The tree for the template."""
        said = [(item.path, item.sentence) for item in self.standings if item.is_open]
        return tree(SHAPE, self.values, faults=self.faults, findings=said)

    @property
    def nodes(self) -> list[Node]:
        """Every node, for what is swapped out of band."""
        return list(self.root.every())
