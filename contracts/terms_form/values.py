"""What stands in the form: read from a post, from a document, into a document, and changed by a button.

The form's values have the form of the document, but every leaf is text as it was typed, pairs are a list of
``[name, value]``, and what is left empty is ``None`` (a block) or an empty text (a leaf).
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from contracts.terms_form import durations
from contracts.terms_form.shapes import Field, Group, Leaf, Many, OneOf, Pairs, Shape
from reckoning.kept import Kept

PREFIX = "terms."
HERE = "__here"
WHOLE = "__whole"
"""Under this name a block that is not drawn travels as one text, JSON of what its fields would send."""
FLAGS = {"yes": True, "no": False}
# A number with a point is text in a document: JSON's own would be a binary number.
DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")


class UnknownOperation(Exception):
    """A button's operation that names nothing in the form."""


def blank(shape: Shape) -> Any:
    """The values of an empty form of this shape."""
    match shape:
        case Leaf("constant", choices):
            return choices[0]
        case Leaf():
            return ""
        case Group():
            return {field.name: blank_field(field) for field in shape.fields}
        case OneOf(variants):
            return blank(next(iter(variants.values())))
        case Many(Leaf("choice", choices)) if choices[:1] == ("monday",):
            # Boxes to tick: none is ticked yet.
            return []
        case Many(item, least):
            return [blank(item) for _ in range(least)]
        case Pairs(_, least):
            return [["", ""] for _ in range(least)]


def blank_field(field: Field) -> Any:
    """A field's default as the form shows it."""
    if field.default is not None and field.default != ():
        return shown(field.shape, field.default)
    if field.nullable and not isinstance(field.shape, Leaf):
        return None
    return blank(field.shape)


def shown(shape: Shape, value: Any) -> Any:
    """A document's value as the form shows it."""
    match shape:
        case Leaf(kind):
            return leaf_shown(kind, value)
        case Group():
            given = value if isinstance(value, Mapping) else {}
            return {
                field.name: _field_shown(field, given[field.name])
                if field.name in given
                else blank_field(field)
                for field in shape.fields
            }
        case OneOf(variants):
            return shown(variants[value["kind"]], value)
        case Many(item):
            return [shown(item, one) for one in value]
        case Pairs(leaf):
            return [[name, leaf_shown(leaf.kind, one)] for name, one in value.items()]


def _field_shown(field: Field, value: Any) -> Any:
    if value is None and not isinstance(field.shape, Leaf):
        return None
    return shown(field.shape, value)


def leaf_shown(kind: str, value: Any) -> str:
    """A single value of a document as text in its widget."""
    if value is None:
        return ""
    if kind == "json":
        # Text stands as it is, unless it would be read as something else; a whole number as text has quotes.
        plain = isinstance(value, str) and (not _is_json(value) or DECIMAL.fullmatch(value))
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "duration" and isinstance(value, int):
        return durations.said(value)
    return str(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def document(shape: Shape, value: Any) -> Any:
    """The form's values as a plain document, for the model to judge. What is left empty is left away."""
    match shape:
        case Leaf(kind):
            return _leaf_read(kind, value)
        case Group(fields):
            plain = {}
            for field in fields:
                given = value.get(field.name)
                if given is None or (given == "" and (field.nullable or field.required)):
                    # An empty field that is needed is missing; saying so beats "is too short".
                    continue
                plain[field.name] = document(field.shape, given)
            return plain
        case OneOf(variants):
            chosen = variants.get(value.get("kind", ""))
            return {"kind": value.get("kind")} if chosen is None else document(chosen, value)
        case Many(item):
            return [document(item, one) for one in value]
        case Pairs(leaf):
            return {name: _leaf_read(leaf.kind, one) for name, one in value}


def number_alternatives(plain: dict[str, Any]) -> dict[str, Any]:
    """Make whole numbers of an alternative's values where the commitment has one, and text where it has text.

    A form does not know what type a path leads to before the commitment is there to look at.
    """
    for commitment in plain.get("commitments", ()):
        for reading in commitment.get("readings", ()):
            for alternative in reading.get("alternatives", ()):
                changed = alternative.get("set", {})
                for path, value in changed.items():
                    now = _at(commitment, path)
                    whole = isinstance(now, int) and not isinstance(now, bool)
                    if whole and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
                        changed[path] = int(value)
                    elif isinstance(now, str) and isinstance(value, int) and not isinstance(value, bool):
                        changed[path] = str(value)
    return plain


def _at(plain: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(plain, dict):
            plain = plain.get(step)
        elif isinstance(plain, list) and step.isdecimal() and int(step) < len(plain):
            plain = plain[int(step)]
        else:
            return None
    return plain


def repeated_names(shape: Shape, value: Any, path: str = "") -> list[tuple[str, str]]:
    """Pairs whose name stands twice; a document could not even hold them."""
    match shape:
        case Pairs():
            names = [name for name, _ in value]
            return [
                (f"{path}.{name}", f"the name {name!r} stands there twice")
                for name in dict.fromkeys(names)
                if names.count(name) > 1
            ]
        case Group(fields):
            found = []
            for field in fields:
                if value.get(field.name) is not None:
                    found += repeated_names(field.shape, value[field.name], _joined(path, field.name))
            return found
        case OneOf(variants):
            chosen = variants.get(value.get("kind", ""))
            return repeated_names(chosen, value, path) if chosen else []
        case Many(item):
            return [
                fault
                for index, one in enumerate(value)
                for fault in repeated_names(item, one, _joined(path, str(index)))
            ]
    return []


def _leaf_read(kind: str, text: str) -> Any:
    if kind == "flag":
        return FLAGS.get(text, text)
    if kind == "int" and re.fullmatch(r"-?[0-9]{1,15}", text):
        return int(text)
    if kind == "duration":
        seconds = durations.seconds_of(text)
        return text if seconds is None else seconds
    if kind == "json" and _is_json(text) and not DECIMAL.fullmatch(text):
        return json.loads(text)
    return text


def posted(shape: Shape, data: Mapping[str, str]) -> Any:
    """The form's values from what a browser sent; fields that it did not send have their defaults."""
    nested: dict[str, Any] = {}
    for name, text in data.items():
        if not name.startswith(PREFIX):
            continue
        here = nested
        *steps, last = name.removeprefix(PREFIX).split(".")
        if last == WHOLE:
            _put(nested, steps, _Whole(text))
            continue
        for step in steps:
            here = here.setdefault(step, {})
            if not isinstance(here, dict):
                break
        else:
            here[last] = text.replace("\r\n", "\n").replace("\x00", "").strip()
    return _read(shape, nested)


def sent(shape: Shape, value: Any) -> Any:
    """What the fields of a drawn block would send, nested: the inverse of reading it."""
    match shape:
        case Leaf():
            return value
        case Group(fields):
            return _sent_fields(fields, value)
        case OneOf(variants):
            return _sent_fields(variants[value["kind"]].fields, value) | {"kind": value["kind"]}
        case Many(item):
            return {HERE: "1"} | {str(at): sent(item, one) for at, one in enumerate(value)}
        case Pairs():
            return {HERE: "1"} | {
                str(at): {"name": name, "value": one} for at, (name, one) in enumerate(value)
            }


def _sent_fields(fields: tuple[Field, ...], value: Any) -> dict[str, Any]:
    given = {one.name: sent(one.shape, value[one.name]) for one in fields if value.get(one.name) is not None}
    return {HERE: "1"} | given


def _put(nested: dict[str, Any], steps: list[str], value: Any) -> None:
    here = nested
    for step in steps[:-1]:
        here = here.setdefault(step, {})
        if not isinstance(here, dict):
            return
    if steps:
        here[steps[-1]] = value


class _Whole(NamedTuple):
    """A block that travels as one text."""

    text: str

    def read(self, shape: Group) -> Any:
        """Its values. Those of the same text are shared between requests: nobody may change them."""
        return _WHOLES.of((shape.model, self.text), lambda: _read(shape, self._nested()))

    def _nested(self) -> Any:
        try:
            nested = json.loads(self.text)
            # An escape can say half of a letter, which could not be kept.
            json.dumps(nested, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return {}
        return nested


_WHOLES: Kept[Any] = Kept(400)


def _read(shape: Shape, given: Any) -> Any:
    match shape:
        case Leaf("constant", choices):
            return choices[0]
        case Leaf():
            return given if isinstance(given, str) else ""
        case Group() if isinstance(given, _Whole):
            return given.read(shape)
        case Group(fields):
            given = given if isinstance(given, dict) else {}
            return {field.name: _read_field(field, given) for field in fields}
        case OneOf(variants):
            given = given if isinstance(given, dict) else {}
            kind = given.get("kind")
            return _read(variants[kind if kind in variants else next(iter(variants))], given)
        case Many(item):
            return [_read(item, one) for one in _items(given)]
        case Pairs():
            pairs = [one for one in _items(given) if isinstance(one, dict)]
            return [[str(one.get("name", "")), str(one.get("value", ""))] for one in pairs]


def _read_field(field: Field, given: dict[str, Any]) -> Any:
    if isinstance(field.shape, Leaf):
        return _read(field.shape, given[field.name]) if field.name in given else blank_field(field)
    inside = given.get(field.name)
    if isinstance(inside, dict) and HERE in inside:
        return _read(field.shape, inside)
    # A block that the browser knew nothing of (its kind was only just switched to) begins with its default;
    # one that it knew as left empty says so.
    return None if field.nullable and inside is None else blank_field(field)


def _items(given: Any) -> list[Any]:
    if not isinstance(given, dict):
        return []
    numbered = {int(key): one for key, one in given.items() if key.isdecimal() and len(key) < 6}
    return [numbered[number] for number in sorted(numbered)]


def field_of(shape: Group | OneOf, value: Any, name: str) -> Field:
    """The field of that name in what is chosen there. Raises KeyError."""
    group = shape.variants[value["kind"]] if isinstance(shape, OneOf) else shape
    return group.by_name[name]


def _joined(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step
