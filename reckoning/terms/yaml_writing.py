"""Plain values as YAML that reads back to the very same values, here (`yaml_reading`) and elsewhere.

Block style, two blanks a level. Text that YAML could take for something else is quoted: numbers, dates, yes and no;
so are keys that are no plain names. No anchors, tags or line folding.
"""

import re
from collections.abc import Iterator
from typing import Any

from reckoning.canonical import canonical_json
from reckoning.terms.plain import MAX_BYTES

_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./()%' -]*[A-Za-z0-9_.)%])?")
_GUESSED = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LONG_KEY = 100


def write_yaml(plain: Any, *, heading: str = "") -> str:
    """The document of dict, list, str, int, bool and None as YAML, with ``heading`` as a comment above it.

    A document that would be too large to be read back as YAML is written in its canonical form, which is YAML too.
    """
    comment = "".join(f"# {' '.join(line.split())}\n" for line in heading.splitlines())
    text = comment + "\n".join(_lines(plain, 0)) + "\n"
    if not plain or not isinstance(plain, (dict, list)) or len(text.encode()) > MAX_BYTES:
        return canonical_json(plain).decode() + "\n"
    return text


def _lines(value: Any, depth: int) -> Iterator[str]:
    """The lines of a mapping or list that is not empty."""
    blank = "  " * depth
    if isinstance(value, dict):
        for key, item in value.items():
            name = _scalar(key)
            if len(name) > _LONG_KEY:
                yield f"{blank}? {name}"
                name = ""
            yield from _placed(f"{blank}{name}:", item, depth)
        return
    for item in value:
        if isinstance(item, (dict, list)) and item:
            first, *rest = _lines(item, depth + 1)
            # The first line of an item stands beside its dash.
            yield f"{blank}- {first[len(blank) + 2 :]}"
            yield from rest
        else:
            yield f"{blank}- {_scalar(item)}"


def _placed(begin: str, item: Any, depth: int) -> Iterator[str]:
    if isinstance(item, (dict, list)) and item:
        yield begin
        yield from _lines(item, depth + 1)
    else:
        yield f"{begin} {_scalar(item)}"


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (dict, list)):
        return "{}" if isinstance(value, dict) else "[]"
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} is no plain value")
    if _PLAIN.fullmatch(value) and value.lower() not in _GUESSED:
        return value
    return f'"{"".join(_escaped(letter) for letter in value)}"'


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    code = ord(letter)
    if 0x20 <= code < 0x7F or (letter.isprintable() and code not in (0x85, 0xA0, 0xFEFF)):
        return letter
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
