"""The form as a tree for the template: every node with its widget, its value and what is said at it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from contracts.terms_form.shapes import Group, Leaf, Many, OneOf, Pairs, Shape, words
from contracts.terms_form.values import PREFIX

FIELD_NAMES_OF_ITEMS = {"commitments": "Commitment", "tiers": "Tier", "caps": "Cap", "readings": "Reading"}


def id_of(place: str) -> str:
    """An id for the page, from a path."""
    return "t-" + re.sub(r"[^A-Za-z0-9_]+", "-", place or "document")


@dataclass
class Node:
    """One block or widget. ``type`` chooses the template's branch; ``place`` is its path in the document."""

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
    addable: str = ""
    errors: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """An id for the page, from the path."""
        return id_of(self.place)

    def every(self) -> Iterator["Node"]:
        """This node and all below."""
        yield self
        for child in self.children:
            yield from child.every()


def tree(
    shape: Shape,
    value: Any,
    *,
    faults: Iterable[tuple[str, str]] = (),
    findings: Iterable[tuple[str, str]] = (),
) -> Node:
    """The form of ``value``; each fault and finding (path, sentence) stands at the deepest node on its path."""
    root = _node(shape, value, "", "Terms")
    for path, sentence in faults:
        _nearest(root, path).errors.append(sentence)
    for path, sentence in findings:
        _nearest(root, path).findings.append(sentence)
    return root


def _node(shape: Shape, value: Any, place: str, label: str) -> Node:
    name = PREFIX + place
    match shape:
        case Leaf(kind, choices):
            node = Node(kind, place, name, label, value=value or "")
            node.choices = tuple((choice, words(choice)) for choice in choices)
            return node
        case Group():
            return Node("group", place, name, label, help=shape.title, children=_fields(shape, value, place))
        case OneOf(variants):
            node = Node("oneof", place, name, label, value=value["kind"])
            node.choices = tuple((kind, words(kind)) for kind in variants)
            chosen = variants[value["kind"]]
            node.help, node.children = chosen.title, _fields(chosen, value, place, without="kind")
            return node
        case Many(item):
            return _many(item, value, place, name, label)
        case Pairs(leaf):
            node = Node("pairs", place, name, label, addable="entry")
            node.children = [_pair(leaf, index, pair, place) for index, pair in enumerate(value)]
            return node


def _fields(group: Group, value: Any, place: str, without: str = "") -> list[Node]:
    nodes = []
    for item in group.fields:
        if item.name == without:
            continue
        path = f"{place}.{item.name}" if place else item.name
        given = value.get(item.name)
        if given is None and not isinstance(item.shape, Leaf):
            node = Node("absent", path, PREFIX + path, item.label)
        else:
            node = _node(item.shape, given, path, item.label)
            node.removable = item.nullable and not isinstance(item.shape, Leaf)
        node.help = item.help or node.help
        node.required = item.required and not item.nullable
        if node.type == "flag":
            node.choices = ((("", "The text does not say"),) if item.nullable else ()) + (
                ("yes", "Yes"),
                ("no", "No"),
            )
        elif node.type == "choice":
            node.choices = (("", "—"), *node.choices)
        nodes.append(node)
    return nodes


def _many(item: Shape, values: list[Any], place: str, name: str, label: str) -> Node:
    last = place.rsplit(".", 1)[-1]
    one = FIELD_NAMES_OF_ITEMS.get(last) or words(last.removesuffix("s"))
    node = Node("many", place, name, label, addable=one.lower())
    for index, value in enumerate(values):
        child = _node(item, value, f"{place}.{index}", f"{one} {index + 1}")
        child.removable, child.movable = True, index > 0
        if index:
            # Said once, at the first.
            child.help = ""
        node.children.append(child)
    return node


def _pair(leaf: Leaf, index: int, pair: list[str], place: str) -> Node:
    at = f"{place}.{index}"
    child = Node("pair", at, PREFIX + at, label=pair[0], value=pair[1], removable=True)
    child.help = "as JSON where it is no text" if leaf.kind == "json" else ""
    return child


def _nearest(root: Node, path: str) -> Node:
    """The deepest node on a path of the document; a name among pairs is found by the name itself."""
    here, left = root, path
    while left:
        for child in here.children:
            step = child.label if child.type == "pair" else child.place.rsplit(".", 1)[-1]
            if left == step or left.startswith(f"{step}."):
                here, left = child, left[len(step) + 1 :]
                break
        else:
            break
    return here
