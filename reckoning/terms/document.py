"""Terms documents in and out: hostile bytes are refused early, faults are named with their paths."""

from typing import Any

from pydantic import ValidationError

from reckoning.canonical import sha256_hex
from reckoning.errors import TermsError
from reckoning.terms.model import Terms
from reckoning.terms.paths import faults_of
from reckoning.terms.plain import object_of

# Every alternative of a reading makes its whole commitment be read again: so many values of commitments in all.
MAX_READ_AGAIN = 20_000


def parse_terms(source: Any) -> Terms:
    """Read a terms document from JSON or YAML (bytes or text) or from plain Python values.

    Raises TermsError with every fault as (path, sentence). Documents above 1 MB, nested deeper than 24
    levels, with repeated keys, with NaN, with binary floats or with characters that no text can carry are refused.
    """
    if isinstance(source, Terms):
        return source
    plain = object_of(source)
    if "terms" in plain and "parameters" in plain and "commitments" not in plain:
        raise TermsError([("", "is a template; fill in its parameters first")])
    _bound_alternatives(plain)
    try:
        return Terms.model_validate(plain)
    except ValidationError as error:
        raise TermsError(faults_of(error, plain)) from None


def _bound_alternatives(plain: dict[str, Any]) -> None:
    """Refuse a document whose alternatives would be read for longer than anybody waits."""
    again = 0
    commitments = plain.get("commitments")
    for index, commitment in enumerate(commitments if isinstance(commitments, list) else []):
        again += read_again(commitment)
        if again > MAX_READ_AGAIN:
            sentence = "state more alternatives than can be read in time; state fewer, or divide the document"
            raise TermsError([(f"commitments.{index}.readings", sentence)])


def read_again(commitment: Any) -> int:
    """How many values are read anew for the alternatives of a plain commitment."""
    readings = commitment.get("readings") if isinstance(commitment, dict) else None
    others = 0
    for reading in readings if isinstance(readings, list) else []:
        stated = reading.get("alternatives") if isinstance(reading, dict) else None
        others += len(stated) if isinstance(stated, list) else 0
    return others * _size(commitment) if others else 0


def _size(plain: Any) -> int:
    """The number of values in a plain value, readings left aside."""
    waiting, size = [plain], 0
    while waiting:
        here = waiting.pop()
        size += 1
        if isinstance(here, dict):
            waiting += [item for name, item in here.items() if name != "readings"]
        elif isinstance(here, list):
            waiting += here
    return size


def terms_sha256(terms: Terms) -> str:
    """SHA-256 of the canonical bytes, as 64 hexadecimal digits (rule 10)."""
    return sha256_hex(terms.canonical())


def terms_json_schema() -> dict[str, Any]:
    """The JSON Schema of a terms document, from the very model that validates it."""
    return Terms.model_json_schema(mode="validation")
