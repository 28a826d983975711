"""Somebody at the form of the terms: reads the fields and buttons of its HTML, types, ticks, chooses and presses."""

import html
import re
from typing import Any

from contracts.terms_form.nodes import WEEKDAYS
from contracts.terms_form.operations import operate
from contracts.terms_form.page import SHAPE, TermsPage
from contracts.terms_form.render import Form
from contracts.terms_form.shapes import Group, Leaf, Many, OneOf, Pairs, Shape
from contracts.terms_form.values import blank, posted

_TAG = re.compile(
    r"<(?:input ([^>]*)|textarea ([^>]*)>\n?(.*?)</textarea|select ([^>]*)>(.*?)</select)>", re.DOTALL
)
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_OPTION = re.compile(r'<option value="([^"]*)"( selected)?>')
_BUTTON = re.compile(r'hx-post="[^"]*op=([^"]*)"')


class Reader:
    """One state of the form as a browser has it."""

    def __init__(self) -> None:
        self.sent: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        self.boxes: set[str] = set()
        self.buttons: set[str] = set()
        self.draw(blank(SHAPE))

    def draw(self, values: Any) -> None:
        """Read the fields of the form of these values."""
        written = Form("/terms/?op=", {}, range(len(values["commitments"]))).document(SHAPE, values)
        self.sent, self.choices, self.boxes = {}, {}, set()
        self.buttons = {html.unescape(one) for one in _BUTTON.findall(written)}
        for tag in _TAG.finditer(written):
            attributes = dict(_ATTRIBUTE.findall(tag[1] or tag[2] or tag[4]))
            name = html.unescape(attributes.get("name", ""))
            if not name.startswith("terms."):
                continue
            if tag[4]:
                options = _OPTION.findall(tag[5])
                self.choices[name] = [html.unescape(value) for value, _ in options]
                chosen = [value for value, selected in options if selected]
                self.sent[name] = html.unescape((chosen or self.choices[name])[0])
            elif attributes.get("type") == "checkbox":
                self.boxes.add(name)
                self.choices[name] = [attributes["value"]]
                if " checked" in tag[1]:
                    self.sent[name] = attributes["value"]
            else:
                self.sent[name] = html.unescape(tag[3] if tag[2] else attributes.get("value", ""))

    def press(self, operation: str) -> None:
        """Press a button that the page has."""
        assert operation in self.buttons, f"the form has no button for {operation}"
        values = operate(SHAPE, posted(SHAPE, self.sent), operation)
        self.draw(values)
        # What is drawn is what would be sent: else merely looking at a form would change it.
        assert posted(SHAPE, self.sent) == values, operation

    def write(self, place: str, text: str) -> None:
        """Type into a field that the page has, or choose in it."""
        name = f"terms.{place}"
        assert name in self.sent, f"the form has no field {name}"
        assert name not in self.choices or text in self.choices[name], f"{name} has no choice {text!r}"
        self.sent[name] = text.replace("\n", "\r\n")

    def build(self, shape: Shape, wanted: Any, place: str = "") -> None:
        """Make the part of the form at a place say what is wanted."""
        prefix = f"{place}." if place else ""
        match shape:
            case Leaf("constant"):
                return
            case Leaf():
                self.write(place, wanted)
            case OneOf(variants):
                if self.sent[f"terms.{place}.kind"] != wanted["kind"]:
                    self.write(f"{place}.kind", wanted["kind"])
                    self.press(f"switch:{place}")
                self.build_fields(variants[wanted["kind"]], wanted, prefix)
            case Group():
                self.build_fields(shape, wanted, prefix)
            case Many(item):
                self.build_list(item, wanted, place)
            case Pairs():
                self.count(place, len(wanted), f"terms.{place}.{{}}.name")
                for index, (name, value) in enumerate(wanted):
                    self.write(f"{place}.{index}.name", name)
                    self.write(f"{place}.{index}.value", value)

    def build_fields(self, group: Group, wanted: Any, prefix: str) -> None:
        """Each field of a block; one that is left empty is taken away, one that is missing is added."""
        for one in group.fields:
            place = f"{prefix}{one.name}"
            if isinstance(one.shape, Leaf):
                if one.name != "kind" or one.shape.kind != "constant":
                    self.build(one.shape, wanted[one.name], place)
                continue
            there = f"terms.{place}.__here" in self.sent
            if wanted[one.name] is None:
                if there:
                    self.press(f"del:{place}")
                continue
            if not there:
                self.press(f"add:{place}")
            self.build(one.shape, wanted[one.name], place)

    def build_list(self, item: Shape, wanted: list[Any], place: str) -> None:
        """The items of a list, or its boxes."""
        if f"terms.{place}.6" in self.boxes:
            for index, day in enumerate(WEEKDAYS):
                name = f"terms.{place}.{index}"
                self.sent.pop(name, None)
                if day in wanted:
                    self.sent[name] = day
            return
        self.count(place, len(wanted), "")
        for index, one in enumerate(wanted):
            self.build(item, one, f"{place}.{index}")

    def count(self, place: str, wanted: int, _name: str) -> None:
        """Press Add or Remove until the list has so many items."""
        stem = re.compile(rf"terms\.{re.escape(place)}\.([0-9]+)(?:\.|$)")
        while True:
            there = {found[1] for found in map(stem.match, self.sent) if found}
            if len(there) == wanted:
                return
            self.press(f"add:{place}" if len(there) < wanted else f"del:{place}.{len(there) - 1}")

    def page(self) -> TermsPage:
        """What the form makes of what was typed."""
        return TermsPage.of_post(self.sent)
