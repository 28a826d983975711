"""Terms documents in and out: hostile bytes are refused early, faults are named with their paths."""

import json
from typing import Any

from pydantic import ValidationError

from reckoning.canonical import sha256_hex
from reckoning.errors import TermsError
from reckoning.terms.model import Terms
from reckoning.terms.paths import MAX_FAULTS, faults_of

MAX_BYTES = 1_000_000
MAX_DEPTH = 24
MAX_VALUES = 60_000
MAX_INTEGER = 10**15


def parse_terms(source: Any) -> Terms:
    """Read a terms document from JSON (bytes or text) or from plain Python values.

    Raises TermsError with every fault as (path, sentence). Documents above 1 MB, nested deeper than 24
    levels, with repeated keys, with NaN or with binary floats are refused.
    """
    if isinstance(source, Terms):
        return source
    plain = _load(source) if isinstance(source, (bytes, bytearray, str)) else source
    if not isinstance(plain, dict):
        raise TermsError([("", "is not an object of named values")])
    _guard(plain)
    try:
        return Terms.model_validate(plain)
    except ValidationError as error:
        raise TermsError(faults_of(error, plain)) from None


def terms_sha256(terms: Terms) -> str:
    """SHA-256 of the canonical bytes, as 64 hexadecimal digits (rule 10)."""
    return sha256_hex(terms.canonical())


def terms_json_schema() -> dict[str, Any]:
    """The JSON Schema of a terms document, from the very model that validates it."""
    return Terms.model_json_schema(mode="validation")


def _load(source: bytes | bytearray | str) -> Any:
    if len(source) > MAX_BYTES:
        raise TermsError([("", f"is larger than {MAX_BYTES:,} bytes; terms of that size are refused unread")])
    try:
        text = source if isinstance(source, str) else bytes(source).decode("utf-8")
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except RecursionError:
        raise TermsError([("", f"is nested deeper than {MAX_DEPTH} levels")]) from None
    except UnicodeDecodeError:
        raise TermsError([("", "is not UTF-8 text")]) from None
    except json.JSONDecodeError as error:
        raise TermsError(
            [("", f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}")]
        ) from None
    except TermsError:
        raise
    except ValueError:
        # Python's own limit on the digits of a whole number.
        raise TermsError([("", "holds a number with too many digits")]) from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in pairs:
        if key in plain:
            raise TermsError([(key[:60], "stands twice in the same object; which one is meant?")])
        plain[key] = value
    return plain


def _refuse_constant(name: str) -> Any:
    raise TermsError([("", f"holds {name}, which is not a number")])


def _guard(plain: Any) -> None:
    """Refuse what validation should not have to look at, without recursion."""
    faults: list[tuple[str, str]] = []
    waiting: list[tuple[str, int, Any]] = [("", 0, plain)]
    seen = 0
    while waiting and len(faults) < MAX_FAULTS:
        path, depth, value = waiting.pop()
        seen += 1
        if seen > MAX_VALUES or depth > MAX_DEPTH:
            limit = f"{MAX_VALUES:,} values" if seen > MAX_VALUES else f"{MAX_DEPTH} levels of nesting"
            raise TermsError([(path[:200], f"the document has more than {limit}")])
        if isinstance(value, dict):
            for key, item in value.items():
                if not isinstance(key, str):
                    faults.append((path, "has a key that is not text"))
                waiting.append((f"{path}.{str(key)[:60]}" if path else str(key)[:60], depth + 1, item))
        elif isinstance(value, (list, tuple)):
            waiting.extend((f"{path}.{index}", depth + 1, item) for index, item in enumerate(value))
        elif isinstance(value, float):
            faults.append(
                (path, 'is a binary number, which is not exact; write it as text, for example "0.3"')
            )
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= MAX_INTEGER:
            faults.append((path, "is too large a number"))
    if faults:
        raise TermsError(sorted(faults))
