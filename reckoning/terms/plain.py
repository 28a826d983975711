"""Bytes into plain values: JSON or YAML, bounded in size, depth and number before anything looks inside."""

import json
from typing import Any

from pydantic import BaseModel, ValidationError

from reckoning.errors import TermsError
from reckoning.terms.paths import MAX_FAULTS, faults_of

MAX_BYTES = 1_000_000
MAX_DEPTH = 24
MAX_VALUES = 60_000
MAX_INTEGER = 10**15


def read_plain(
    source: bytes | bytearray | str,
    *,
    max_bytes: int = MAX_BYTES,
    max_values: int = MAX_VALUES,
    max_depth: int = MAX_DEPTH,
) -> Any:
    """The document as dict, list, str, int, bool and None, from UTF-8 JSON or YAML.

    What begins with { or [ is read as JSON, anything else as YAML. Numbers with a decimal point stay text in YAML,
    exactly as they are written, and are refused in JSON unless they are quoted. Raises TermsError.
    """
    if len(source) > max_bytes:
        raise TermsError(
            [("", f"is larger than {max_bytes:,} bytes; documents of that size are refused unread")]
        )
    try:
        text = source if isinstance(source, str) else bytes(source).decode("utf-8")
    except UnicodeDecodeError:
        raise TermsError([("", "is not UTF-8 text")]) from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise TermsError([("", "is empty, and so not JSON or YAML")])
    if text.lstrip()[0] in "{[":
        plain = _json(text, max_depth)
    else:
        # Only here: whoever verifies an export, which is JSON, needs no YAML installed.
        from reckoning.terms.yaml_reading import Limits, read_yaml

        plain = read_yaml(text, Limits(max_bytes, max_depth, max_values))
    guard(plain, max_values=max_values, max_depth=max_depth)
    return plain


def object_of(source: Any) -> dict[str, Any]:
    """A document, as bytes, text or plain values already, as an object of named values within the bounds.

    Raises TermsError.
    """
    plain = read_plain(source) if isinstance(source, (bytes, bytearray, str)) else source
    if not isinstance(plain, dict):
        raise TermsError([("", "is not an object of named values")])
    guard(plain)
    return plain


def read_as[Document: BaseModel](model: type[Document], source: Any) -> Document:
    """The document as a typed value. Raises TermsError with every fault and its path."""
    plain = object_of(source)
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        raise TermsError(faults_of(error, plain)) from None


def _json(text: str, max_depth: int) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except RecursionError:
        raise TermsError([("", f"is nested deeper than {max_depth} levels")]) from None
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
            named = key[:60].encode("utf-8", "replace").decode()
            raise TermsError([(named, "stands twice in the same object; which one is meant?")])
        plain[key] = value
    return plain


def _refuse_constant(name: str) -> Any:
    raise TermsError([("", f"holds {name}, which is not a number")])


def guard(plain: Any, *, max_values: int = MAX_VALUES, max_depth: int = MAX_DEPTH) -> int:
    """Refuse what validation should not have to look at, without recursion. How many values there are.

    Raises TermsError.
    """
    faults: list[tuple[str, str]] = []
    waiting: list[tuple[str, int, Any]] = [("", 0, plain)]
    seen = 0
    while waiting and len(faults) < MAX_FAULTS:
        path, depth, value = waiting.pop()
        seen += 1
        if seen > max_values or depth > max_depth:
            limit = f"{max_values:,} values" if seen > max_values else f"{max_depth} levels of nesting"
            raise TermsError([(path[:200], f"the document has more than {limit}")])
        if isinstance(value, dict):
            for key, item in value.items():
                if not isinstance(key, str):
                    faults.append((path, "has a key that is not text"))
                elif _is_unwritable(key):
                    # Nothing below it can be named.
                    faults.append((path, f"has a key that {_UNWRITABLE}"))
                    continue
                waiting.append((f"{path}.{str(key)[:60]}" if path else str(key)[:60], depth + 1, item))
        elif isinstance(value, (list, tuple)):
            waiting.extend((f"{path}.{index}", depth + 1, item) for index, item in enumerate(value))
        elif isinstance(value, str):
            if _is_unwritable(value):
                faults.append((path, _UNWRITABLE))
        elif isinstance(value, float):
            faults.append(
                (path, 'is a binary number, which is not exact; write it as text, for example "0.3"')
            )
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= MAX_INTEGER:
            faults.append((path, "is too large a number"))
    if faults:
        raise TermsError(sorted(faults))
    return seen


_UNWRITABLE = "holds a character that no text can carry: a zero byte, or half of a pair of surrogates"


def _is_unwritable(text: str) -> bool:
    """Whether a text cannot be stored: JSON can escape what UTF-8 and the database have no place for."""
    if "\x00" in text:
        return True
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)
