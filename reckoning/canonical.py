"""One spelling for every value, so that a hash of it means something."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reckoning.errors import InputError


def decimal_text(value: Decimal) -> str:
    """Plain notation without exponent, trailing zeros or a negative zero: 99.90 becomes 99.9."""
    if not value.is_finite():
        raise InputError(f"{value} is not a finite number", code="NOT_FINITE")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def fraction_text(value: Fraction) -> str:
    """Exact, as p/q in lowest terms; a whole number keeps its /1, so that the form never varies."""
    return f"{value.numerator}/{value.denominator}"


def instant_text(value: datetime) -> str:
    """ISO 8601 in UTC with a Z; microseconds only where there are any. Raises InputError for a naive time."""
    if value.tzinfo is None:
        raise InputError(f"{value.isoformat()} has no time zone; give an aware instant", code="NAIVE_TIME")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def canonical_object(value: Any) -> Any:
    """The same value made of dict, list, str, int, bool and None only. Floats are refused with InputError."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        raise InputError(f"{value!r} is a binary float; exact values are kept as strings", code="FLOAT")
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, Fraction):
        return fraction_text(value)
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise InputError(f"key {key!r} is not text", code="KEY")
        return {key: canonical_object(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical_object(item) for item in value]
    raise InputError(f"a {type(value).__name__} has no canonical form", code="NO_CANONICAL_FORM")


def canonical_json(value: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8; decimals and fractions as strings; floats refused.

    Raises InputError for what has no canonical form, a lone surrogate in a text included.
    """
    text = json.dumps(canonical_object(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(
            "a text holds a lone surrogate, which UTF-8 cannot carry", code="SURROGATE"
        ) from None


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of `data` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
