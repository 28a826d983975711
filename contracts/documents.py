"""Terms documents in and out of a contract: read with every fault's line, compared with what is there, written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from contracts.checks import Standing, findings_in
from contracts.models import Contract, ContractVersion
from contracts.reading import terms_of
from reckoning.errors import TermsError
from reckoning.terms import Terms, terms_sha256
from reckoning.terms.lines import line_of, lines_of
from reckoning.terms.plain import read_plain
from reckoning.terms.redline import Redline, redline
from reckoning.terms.templates import terms_from
from reckoning.terms.yaml_writing import write_yaml

_LINE = re.compile(r"\bline ([0-9]{1,7})\b")
AMENDMENT = "sla-ledger-amendment/1"


class Fault(NamedTuple):
    """What is wrong with a document: on which line, where known, at which path, and in words."""

    line: int | None
    path: str
    sentence: str


@dataclass(frozen=True)
class ReadDocument:
    """A document that was read: its terms, or its faults."""

    terms: Terms | None
    faults: tuple[Fault, ...]

    @property
    def sha256(self) -> str:
        """The hash of its canonical bytes; empty while it makes no terms."""
        return terms_sha256(self.terms) if self.terms else ""


def read_document(content: bytes | str, contract: Contract, parameters: str = "") -> ReadDocument:
    """Read terms, or a template with a line for each parameter, from YAML or JSON. Bounded; never raises.

    A fault of the parameters has no line. A document in another currency than the contract's has that fault.
    """
    try:
        values = read_plain(parameters) if parameters.strip() else None
    except TermsError as error:
        return ReadDocument(
            None, tuple(Fault(None, path, f"parameters: {said}") for path, said in error.findings)
        )
    try:
        plain = read_plain(content)
        if isinstance(plain, Mapping) and plain.get("format") == AMENDMENT:
            raise TermsError(
                [("format", "is that of an amendment, which changes a signed text: draft it there")]
            )
        terms = terms_from(plain, values)
    except TermsError as error:
        return ReadDocument(None, _placed(content, error))
    if terms.currency != contract.currency:
        wrong = f"is {terms.currency}, but the contract is kept in {contract.currency}"
        return ReadDocument(None, _placed(content, TermsError([("currency", wrong)])))
    return ReadDocument(terms, ())


def _placed(content: bytes | str, error: TermsError) -> tuple[Fault, ...]:
    text = content if isinstance(content, str) else bytes(content).decode("utf-8", "replace")
    # A fault of the file itself names its line already, and may be that the file is too large to be looked at again.
    whole = any(" line " in said for _, said in error.findings) or not any(path for path, _ in error.findings)
    lines: dict[str, int] = {} if whole else lines_of(text)
    faults = []
    for path, said in error.findings:
        named = _LINE.search(said)
        line = int(named[1]) if named else line_of(lines, _stands_at(path, lines))
        faults.append(Fault(line, path.lstrip("."), said))
    return tuple(faults)


def _stands_at(path: str, lines: dict[str, int]) -> str:
    """A template's terms lie one step deeper than the paths of the terms that it makes."""
    return f"terms.{path}" if "terms.commitments" in lines and path.split(".")[0] not in lines else path


def findings_of(terms: Terms, contract: Contract) -> list[Standing]:
    """What legal would be asked about the text as a draft of the contract."""
    return list(findings_in(terms, contract))


def compared(before: ContractVersion | None, terms: Terms) -> Redline | None:
    """What changes against a version; None where there is none yet. Raises TermsAltered."""
    return redline(terms_of(before), terms) if before else None


def json_of(version: ContractVersion) -> bytes:
    """The canonical bytes, whose SHA-256 is the version's. Raises TermsAltered."""
    return terms_of(version).canonical()


def yaml_of(version: ContractVersion) -> str:
    """The same document as YAML, which reads back to the canonical bytes. Raises TermsAltered."""
    terms = terms_of(version)
    heading = f"{version.contract.reference}, version {version.number}. SHA-256 of the canonical form:\n"
    document: dict[str, Any] = terms.document()
    return write_yaml(document, heading=heading + terms_sha256(terms))
