"""The form as a tree: every node with its widget and its value, and the places of the form in words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from contracts.terms_form.labels import choice_of, words
from contracts.terms_form.shapes import Field, Group, Leaf, Many, OneOf, Pairs, Shape
from contracts.terms_form.values import PREFIX

ITEMS = {
    "commitments": "Commitment", "tiers": "Tier", "caps": "Cap", "readings": "Reading", "of": "Level",
    "hours": "Hours", "services": "Service", "holidays": "Holiday", "extra_working_days": "Day",
    "except_days": "Day", "alternatives": "Other reading", "recurring": "Window", "bands": "Band",
    "given_as": "Form", "contents": "Entry", "kinds": "Kind", "down_severities": "Severity",
    "down_components": "Component", "exclusions": "Exclusion", "tables": "Table", "inputs": "Figure",
    "steps": "Step", "rows": "Row", "factors": "Factor", "ratios": "Step", "parts": "Part",
    "conditions": "Condition", "deadlines": "Deadline", "rights": "Right", "months": "Month",
    "combinations": "Combination", "working_days": "Day", "weekdays": "Weekday",
}  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BLOCKS = ("group", "oneof", "many", "pairs")
YES_OR_NO = (("yes", "Yes"), ("no", "No"))
SILENT = (("", "The text does not say"),)


def id_of(place: str) -> str:
    """An id for the page, from a path."""
    return "t-" + re.sub(r"[^A-Za-z0-9_]+", "-", place or "document")


@dataclass(slots=True)
class Node:
    """One block or widget. ``type`` is a leaf's kind or a block's; ``place`` is its path in the document."""

    type: str
    place: str
    name: str
    label: str = ""
    help: str = ""
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    children: list["Node"] = field(default_factory=list)
    required: bool = False
    removable: bool = False
    movable: bool = False
    lowerable: bool = False
    addable: str = ""
    leaves: str = ""

    @property
    def id(self) -> str:
        """An id for the page, from the path."""
        return id_of(self.place)

    @property
    def is_block(self) -> bool:
        """Whether it holds other nodes."""
        return self.type in BLOCKS

    def every(self) -> Iterator["Node"]:
        """This node and all below."""
        yield self
        for child in self.children:
            yield from child.every()


def node_of(shape: Shape, value: Any, place: str, label: str) -> Node:
    """The node of a value, with all below it."""
    name = PREFIX + place
    match shape:
        case Leaf(kind, choices):
            return Node(kind, place, name, label, value=value or "", choices=_choices(choices))
        case Group():
            return Node("group", place, name, label, help=shape.title, children=_fields(shape, value, place))
        case OneOf(variants):
            chosen = variants[value["kind"]]
            node = Node("oneof", place, name, label, help=chosen.title, value=value["kind"])
            node.choices = _choices(tuple(variants))
            node.children = _fields(chosen, value, place, without="kind")
            return node
        case Many(item):
            return _many(item, value, place, name, label)
        case Pairs(leaf):
            node = Node("pairs", place, name, label, addable="entry")
            node.children = [_pair(leaf, index, pair, place) for index, pair in enumerate(value)]
            return node


@cache
def _choices(values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((value, choice_of(value)) for value in values)


@cache
def _leaf_choices(leaf: Leaf, nullable: bool) -> tuple[tuple[str, str], ...]:
    if leaf.kind == "flag":
        return (SILENT if nullable else ()) + YES_OR_NO
    if leaf.kind == "choice":
        return (("", "—"), *_choices(leaf.choices))
    return _choices(leaf.choices)


def _fields(group: Group, value: Any, place: str, without: str = "") -> list[Node]:
    prefix = f"{place}." if place else ""
    return [
        field_node(item, value.get(item.name), prefix + item.name)
        for item in group.fields
        if item.name != without
    ]


def field_node(item: Field, given: Any, path: str) -> Node:
    """The node of a named field."""
    shape = item.shape
    if isinstance(shape, Leaf):
        node = Node(shape.kind, path, PREFIX + path, item.label, item.help, value=given or "")
        node.choices = _leaf_choices(shape, item.nullable)
    else:
        if given is None:
            node = Node("absent", path, PREFIX + path, item.label)
        else:
            node = node_of(shape, given, path, item.label)
            node.removable = item.nullable
        node.help = item.help or node.help
    node.required = item.required and not item.nullable
    return node


@cache
def item_label(name: str) -> str:
    """What one item of the list of that name is called."""
    return ITEMS.get(name) or words(name.removesuffix("s"))


def _many(item: Shape, values: list[Any], place: str, name: str, label: str) -> Node:
    one = item_label(place.rsplit(".", 1)[-1])
    node = Node("many", place, name, label, addable=one.lower())
    if isinstance(item, Leaf):
        node.leaves = item.kind
        node.choices = _choices(item.choices)
    for index in range(len(values)):
        node.children.append(item_node(item, values, index, place))
    return node


def item_node(item: Shape, values: list[Any], index: int, place: str) -> Node:
    """The node of one item of a list."""
    one = item_label(place.rsplit(".", 1)[-1])
    node = node_of(item, values[index], f"{place}.{index}", f"{one} {index + 1}")
    node.removable, node.movable, node.lowerable = True, index > 0, index + 1 < len(values)
    if isinstance(item, Leaf) and item.kind == "choice":
        node.choices = _leaf_choices(item, False)
    if index:
        # Said once, at the first.
        node.help = ""
    return node


def _pair(leaf: Leaf, index: int, pair: list[str], place: str) -> Node:
    at = f"{place}.{index}"
    node = Node("pair", at, PREFIX + at, label=pair[0], value=pair[1], removable=True)
    node.help = "A number or words; anything else as JSON." if leaf.kind == "json" and not index else ""
    return node


def is_ticked(node: Node) -> bool:
    """Whether a list is shown as boxes to tick: weekdays, in the week's order and each once."""
    if node.type != "many" or tuple(value for value, _ in node.choices) != WEEKDAYS:
        return False
    given = [child.value for child in node.children if child.value]
    return given == [day for day in WEEKDAYS if day in given] and len(given) == len(set(given))


def nearest(shape: Shape, value: Any, path: str) -> str:
    """The place in the form that a path of the document leads to: as deep as the form's values go."""
    place, left = "", path
    while left:
        step, _, rest = left.partition(".")
        match shape:
            case Group() | OneOf():
                group = shape.variants[value["kind"]] if isinstance(shape, OneOf) else shape
                item = group.by_name.get(step)
                if item is None:
                    return place
                shape, value = item.shape, value.get(step)
                place = f"{place}.{step}" if place else step
                if value is None:
                    return place
            case Many(item_shape):
                if not step.isdecimal() or int(step) >= len(value):
                    return place
                shape, value, place = item_shape, value[int(step)], f"{place}.{step}"
            case Pairs():
                for index, (name, _) in enumerate(value):
                    if left == name or left.startswith(f"{name}."):
                        return f"{place}.{index}"
                return place
            case _:
                return place
        left = rest
    return place


def spoken(shape: Shape, value: Any, place: str) -> str:
    """A place in words: Commitment 2 › What a miss earns › Tier 1 › Percent."""
    said: list[str] = []
    last = ""
    for step in place.split(".") if place else []:
        match shape:
            case Group() | OneOf():
                group = shape.variants[value["kind"]] if isinstance(shape, OneOf) else shape
                item = group.by_name.get(step)
                if item is None:
                    break
                shape, value, last = item.shape, (value or {}).get(step), step
                said.append(item.label)
            case Many(item_shape):
                if not step.isdecimal():
                    break
                shape, value = item_shape, value[int(step)] if int(step) < len(value) else None
                said[-1] = f"{item_label(last)} {int(step) + 1}"
            case Pairs():
                said.append(value[int(step)][0] if step.isdecimal() and int(step) < len(value) else step)
                break
        if value is None:
            break
    return " › ".join(said) or "Terms"


MOST_FOUND = 12


def found(shape: Shape, value: Any, text: str) -> list[tuple[str, str]]:
    """Fields and blocks whose label holds a text: (id, place in words), those that begin with it first."""
    wanted = text.strip().lower()
    if len(wanted) < 2:
        return []
    hits = [
        (label.lower().index(wanted) > 0, number, id_of(place), " › ".join((*above, label)))
        for number, (place, above, label) in enumerate(_labels(shape, value, "", ()))
        if wanted in label.lower()
    ]
    return [(one, said) for _, _, one, said in sorted(hits)[:MOST_FOUND]]


def _labels(
    shape: Shape, value: Any, place: str, above: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...], str]]:
    prefix = f"{place}." if place else ""
    match shape:
        case Group() | OneOf():
            group = shape.variants[value["kind"]] if isinstance(shape, OneOf) else shape
            for one in group.fields:
                if isinstance(one.shape, Leaf) and one.shape.kind == "constant":
                    continue
                yield prefix + one.name, above, one.label
                if value.get(one.name) is not None and not isinstance(one.shape, Leaf):
                    yield from _labels(one.shape, value[one.name], prefix + one.name, (*above, one.label))
        case Many(item) if not isinstance(item, Leaf):
            for index, one in enumerate(value):
                named = f"{item_label(place.rsplit('.', 1)[-1])} {index + 1}"
                yield f"{prefix}{index}", above[:-1], named
                yield from _labels(item, one, f"{prefix}{index}", (*above[:-1], named))
