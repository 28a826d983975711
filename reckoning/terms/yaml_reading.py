"""YAML as far as a document of ours needs it, and nothing beyond.

Only mappings, lists and single values are read, straight from the parser's events, so that no constructor is
ever called. What YAML would guess at stays text: 99.90, 2025-01-31, 12:30, yes, no. Whole numbers, `true`,
`false` and `null` are the only values that are no text. Refused are anchors and aliases (they can grow without
end), tags, merge keys, several documents in one file, repeated keys and numbers with leading zeros.
"""

import re
from typing import Any, NamedTuple

import yaml

from reckoning.errors import TermsError

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_NULLS = ("", "~", "null")

# The parser in C reads a megabyte in a fraction of a second; the one in Python is there where C is not.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Limits(NamedTuple):
    """What a document may have at the most."""

    bytes: int
    depth: int
    values: int


class _Open:
    """A mapping or list that is being filled. `key` is the key that waits for its value."""

    __slots__ = ("key", "value", "waiting")

    def __init__(self, value: dict[str, Any] | list[Any]) -> None:
        self.value = value
        self.key = ""
        self.waiting = False


def read_yaml(text: str, limits: Limits) -> Any:
    """The document as dict, list, str, int, bool and None.

    Raises TermsError at the first fault, with its path and its line.
    """
    loader = None
    try:
        loader = _LOADER(text)
        return _built(loader, limits)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise TermsError([("", f"is not YAML: {error.problem or error.context}{place}")]) from None
    except (yaml.YAMLError, UnicodeError, ValueError) as error:
        if isinstance(error, TermsError):
            raise
        raise TermsError([("", "is not YAML: it holds a character that YAML does not allow")]) from None
    except RecursionError:
        raise TermsError([("", f"is nested deeper than {limits.depth} levels")]) from None
    finally:
        if loader is not None:
            loader.dispose()


def _built(loader: Any, limits: Limits) -> Any:
    stack: list[_Open] = []
    whole: Any = None
    seen = documents = 0
    while loader.check_event():
        event = loader.get_event()
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _at(event, stack, "a second document begins; one file holds one document")
            continue
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            stack.pop()
            continue
        if not isinstance(event, (yaml.NodeEvent,)):
            continue
        seen += 1
        value = _value(event, stack)
        if seen > limits.values:
            raise _at(event, stack, f"the document has more than {limits.values:,} values")
        if not stack:
            whole = value
        else:
            _placed(event, stack, value)
        if isinstance(value, (dict, list)):
            stack.append(_Open(value))
            if len(stack) > limits.depth:
                raise _at(event, stack, f"the document has more than {limits.depth} levels of nesting")
    return whole


def _value(event: Any, stack: list[_Open]) -> Any:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        name = f"{'*' if isinstance(event, yaml.AliasEvent) else '&'}{event.anchor}"
        raise _at(event, stack, f"has {name[:40]}; anchors and aliases are not read: write the value out")
    if event.tag is not None:
        raise _at(event, stack, f"has the tag {event.tag[:60]}; tags are not read: leave it away")
    if isinstance(event, yaml.MappingStartEvent):
        return {}
    if isinstance(event, yaml.SequenceStartEvent):
        return []
    return _scalar(event, stack)


def _scalar(event: Any, stack: list[_Open]) -> Any:
    text: str = event.value
    if event.style in ("|", ">"):
        # The line break that ends a block of text is no part of the text.
        return text.rstrip("\n")
    if not _is_plain(event):
        return text
    if stack and isinstance(stack[-1].value, dict) and not stack[-1].waiting:
        # A key is a name whatever it looks like.
        return text
    if text in _NULLS:
        return None
    if text in ("true", "false"):
        return text == "true"
    if _WHOLE.fullmatch(text):
        return 0 if text == "-0" else int(text)
    if _LEADING_ZERO.fullmatch(text):
        raise _at(
            event,
            stack,
            f"{text[:20]} begins with a zero; quote it if it is a name, else leave the zero away",
        )
    return text


def _is_plain(event: Any) -> bool:
    """Whether a value stands there without quotes."""
    return bool(event.implicit[0])


def _placed(event: Any, stack: list[_Open], value: Any) -> None:
    top = stack[-1]
    if isinstance(top.value, list):
        top.value.append(value)
        return
    if top.waiting:
        top.value[top.key] = value
        top.waiting = False
        return
    if not isinstance(value, str):
        raise _at(event, stack, "has a key that is not text")
    if value == "<<" and _is_plain(event):
        raise _at(event, stack, "has a merge key <<; write the values out")
    if value in top.value:
        raise _at(event, stack, f"{value[:60]!r} stands twice in the same object; which one is meant?")
    top.key, top.waiting = value, True


def _at(event: Any, stack: list[_Open], sentence: str) -> TermsError:
    steps = []
    for one in stack:
        if isinstance(one.value, list):
            # What is being read is not in the list yet; what is open below is its last item.
            steps.append(str(len(one.value) - (one is not stack[-1])))
        elif one.waiting or one is not stack[-1]:
            steps.append(one.key[:60])
    return TermsError([(".".join(steps)[:200], f"{sentence} (line {event.start_mark.line + 1})")])
