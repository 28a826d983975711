"""The form's fields as HTML, written without templates: forty commitments are some five thousand widgets.

Everything that comes from values passes through :func:`escape`; the rest is made here.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from contracts.terms_form.nodes import WEEKDAYS, Node, field_node, id_of, is_ticked, item_node
from contracts.terms_form.parts import text_of
from contracts.terms_form.shapes import Group, Many
from contracts.terms_form.values import WHOLE, sent
from reckoning.kept import Kept

Said = Mapping[str, list[tuple[str, str]]]
"""By place: sentences with their class: "error", "finding" or "reads"."""

OPEN_COMMITMENTS = 3
"""So many commitments are drawn from the start; of more, those that somebody opens, and the first with a fault. The
others travel as one text each until they are opened."""
# The last written commitments.
_FRAGMENTS: Kept[str] = Kept(200)
# What a commitment that is not drawn travels as, in an attribute.
_WHOLES: Kept[str] = Kept(400)

_INPUTS = {"day": ' type="date"', "number": ' inputmode="decimal"', "int": ' inputmode="numeric"'}
_HIDDEN_CONSTANTS = ("kind", "format")


def sentences(place_id: str, said: Iterable[tuple[str, str]], oob: bool = False) -> str:
    """What is said at one place."""
    told = "".join(
        f'<p class="terms-{kind}">{escape(text[:1].upper() + text[1:])}</p>' for kind, text in said
    )
    swap = ' hx-swap-oob="true"' if oob else ""
    return f'<div id="{place_id}-said" class="terms-said"{swap}>{told}</div>'


class Form:
    """Writes nodes. ``address`` is that of the endpoint, up to the operation."""

    def __init__(self, address: str, said: Said, opened: Iterable[int] = ()) -> None:
        self.address = escape(address)
        self.said = said
        self.opened = set(opened)

    def document(self, shape: Group, values: dict[str, Any]) -> SafeString:
        """The whole form. Commitments that did not change since they were last written are not written again."""
        parts: list[str] = []
        for item in shape.fields:
            if item.name == "commitments" and isinstance(item.shape, Many):
                parts.append(self.commitments(item.shape, values[item.name], item.label, item.help))
            else:
                parts.append(self.node(field_node(item, values.get(item.name), item.name), 1))
        return mark_safe("".join(parts))  # noqa: S308  # escaped where it is written

    def node(self, node: Node, depth: int, *, is_open: bool = True) -> str:
        """One node with all below it."""
        if node.type == "constant":
            return self._constant(node)
        if is_ticked(node):
            return self._ticks(node)
        if node.type == "absent" or (node.type in ("many", "pairs") and not node.children):
            return self._nothing_yet(node)
        if node.is_block:
            return self._block(
                node, depth, "".join(self.node(child, depth + 1) for child in node.children), is_open
            )
        if node.type == "pair":
            return self._pair(node)
        return self._field(node)

    # Blocks ------------------------------------------------------------------------------------------------

    def commitments(self, shape: Many, values: list[Any], label: str, help_text: str) -> str:
        """The list of commitments."""
        node = Node("many", "commitments", "terms.commitments", label, help_text, addable="commitment")
        told = list(dict.fromkeys(int(at.split(".")[1]) for at in self.said if at.startswith("commitments.")))
        drawn = self.opened | set(told[:OPEN_COMMITMENTS])
        if len(values) <= OPEN_COMMITMENTS:
            drawn = set(range(len(values)))
        inside = "".join(
            self.commitment(shape, values, index) if index in drawn else self._closed(shape, values, index)
            for index in range(len(values))
        )
        return self._block(node, 1, inside, True) if values else self._nothing_yet(node)

    def commitment(self, shape: Many, values: list[Any], index: int) -> str:
        """One commitment, from the fragments kept where nothing about it changed."""
        place = f"commitments.{index}"
        said = tuple(
            (at, tuple(what)) for at, what in self.said.items() if at == place or at.startswith(f"{place}.")
        )
        key = (self.address, index, index + 1 == len(values), text_of(values[index]), said)
        return _FRAGMENTS.of(key, lambda: self.node(item_node(shape.item, values, index, "commitments"), 2))

    def _closed(self, shape: Many, values: list[Any], index: int) -> str:
        """A commitment that is not drawn yet: opening it asks for its fields; until then it travels as one text."""
        here, one = id_of(f"commitments.{index}"), values[index]
        whole = _WHOLES.of(text_of(one), lambda: _quoted(text_of(sent(shape.item, one))))
        name = one.get("title") or one.get("key") or ""
        return (
            f'<details class="terms-block terms-group terms-depth-2" id="{here}" '
            f'hx-post="{self.address}open:commitments.{index}" hx-trigger="toggle once">'
            f'<summary><span class="terms-name">Commitment {index + 1}</span> '
            f'<span class="terms-digest">{escape(name[:80])}</span></summary>'
            f'<input type="hidden" name="terms.commitments.{index}.{WHOLE}" value=\'{whole}\'>'
            f'<p class="terms-none">One moment…</p></details>'
        )

    def _block(self, node: Node, depth: int, inside: str, is_open: bool) -> str:
        here = node.id
        kind = self._kind(node) if node.type == "oneof" else ""
        add = self._button(node, "add", f"Add {node.addable}") if node.addable else ""
        more = self._paste(node) if node.leaves in ("text", "day") else ""
        return (
            f'<details class="terms-block terms-{node.type} terms-depth-{depth}" id="{here}"'
            f"{' open' if is_open else ''}>"
            f'<summary><span class="terms-name">{escape(node.label)}</span>{self._digest(node)}</summary>'
            f'<div role="group" aria-label="{escape(node.label)}">'
            f'<input type="hidden" name="{escape(node.name)}.__here" value="1">'
            f"{self._tools(node)}{self._help(node)}{sentences(here, self.said.get(node.place, ()))}{kind}"
            f'<div class="terms-children">{inside}</div>{add}{more}</div></details>'
        )

    def _digest(self, node: Node) -> str:
        """What a closed block holds, in a few words."""
        if node.type == "oneof":
            text = dict(node.choices).get(node.value, "")
        elif node.type in ("many", "pairs"):
            return ""
        else:
            named = [
                child.value
                for child in node.children
                if child.value and child.type in ("text", "number", "int", "day")
            ]
            text = " · ".join(named[:2])
        return f' <span class="terms-digest">{escape(text[:80])}</span>' if text else ""

    def _nothing_yet(self, node: Node) -> str:
        here = node.id
        what = f"Add {node.addable}" if node.addable else "Add"
        hidden = (
            ""
            if node.type == "absent"
            else f'<input type="hidden" name="{escape(node.name)}.__here" value="1">'
        )
        removal = self._button(node, "del", "Remove") if node.removable else ""
        more = self._paste(node) if node.leaves in ("text", "day") else ""
        return (
            f'<div class="terms-absent" id="{here}" role="group" aria-label="{escape(node.label)}">'
            f'<span class="terms-label">{escape(node.label)}</span> <span class="terms-none">none</span>{hidden} '
            f"{self._button(node, 'add', what)}{removal}{self._help(node)}"
            f"{sentences(here, self.said.get(node.place, ()))}{more}</div>"
        )

    def _kind(self, node: Node) -> str:
        here = node.id
        return (
            f'<div class="terms-field"><label class="terms-label" for="{here}-kind">Kind</label>'
            f'<select class="terms-input" id="{here}-kind" name="{escape(node.name)}.kind" '
            f'hx-post="{self.address}switch:{escape(node.place)}" hx-trigger="change delay:150ms">'
            f"{_options(node)}</select></div>"
        )

    def _ticks(self, node: Node) -> str:
        here = node.id
        given = {child.value for child in node.children}
        boxes = "".join(
            f'<label class="terms-tick" for="{here}-{index}"><input type="checkbox" id="{here}-{index}" '
            f'name="{escape(node.name)}.{index}" value="{day}"{" checked" if day in given else ""}> {word}</label>'
            for index, (day, word) in enumerate(
                zip(WEEKDAYS, (day.capitalize() for day in WEEKDAYS), strict=True)
            )
        )
        return (
            f'<fieldset class="terms-ticks" id="{here}"><legend class="terms-label">{escape(node.label)}</legend>'
            f'<input type="hidden" name="{escape(node.name)}.__here" value="1">{boxes}{self._help(node)}'
            f"{sentences(here, self.said.get(node.place, ()))}</fieldset>"
        )

    # Single values -----------------------------------------------------------------------------------------

    def _constant(self, node: Node) -> str:
        if node.place.rsplit(".", 1)[-1] in _HIDDEN_CONSTANTS:
            return ""
        word = node.choices[0][1] if node.choices else ""
        return (
            f'<div class="terms-field"><span class="terms-label">{escape(node.label)}</span>'
            f'<span class="terms-fixed">{escape(word)}</span>{self._help(node)}</div>'
        )

    def _field(self, node: Node) -> str:
        here = node.id
        said = self.said.get(node.place, ())
        described = f"{here}-help {here}-said" if node.help else f"{here}-said"
        wrong = ' aria-invalid="true"' if any(kind == "error" for kind, _ in said) else ""
        common = f'class="terms-input" id="{here}-input" name="{escape(node.name)}"'
        told = f' aria-describedby="{described}"{wrong}'
        if node.type in ("choice", "flag"):
            widget = f"<select {common}{told}>{_options(node)}</select>"
        elif node.type == "long":
            widget = f'<textarea {common}{told} rows="3">\n{escape(node.value)}</textarea>'
        else:
            kind = _INPUTS.get(node.type, "")
            widget = f'<input {common} value="{escape(node.value)}"{told} autocomplete="off"{kind}>'
        star = ' <span class="terms-required" title="needed">*</span>' if node.required else ""
        classes = "terms-field"
        if node.type == "long":
            classes += " terms-wide"
        if node.removable:
            classes += " terms-item"
        return (
            f'<div class="{classes}" id="{here}"><label class="terms-label" for="{here}-input">'
            f"{escape(node.label)}{star}</label>{widget}{self._tools(node)}{self._help(node)}"
            f"{sentences(here, said)}</div>"
        )

    def _pair(self, node: Node) -> str:
        here, name = node.id, escape(node.name)
        return (
            f'<div class="terms-pair" id="{here}"><label class="terms-sr" for="{here}-name">Name</label>'
            f'<input class="terms-input" id="{here}-name" name="{name}.name" value="{escape(node.label)}" '
            f'placeholder="name" autocomplete="off"><label class="terms-sr" for="{here}-value">Value</label>'
            f'<input class="terms-input" id="{here}-value" name="{name}.value" value="{escape(node.value)}" '
            f'placeholder="value" autocomplete="off">{self._button(node, "del", "Remove")}{self._help(node)}'
            f"{sentences(here, self.said.get(node.place, ()))}</div>"
        )

    # Buttons and help --------------------------------------------------------------------------------------

    def _tools(self, node: Node) -> str:
        buttons = ""
        if node.movable:
            buttons += self._button(node, "up", "Up", "Move up")
        if node.lowerable:
            buttons += self._button(node, "down", "Down", "Move down")
        if node.removable and node.place.rsplit(".", 1)[-1].isdecimal() and node.is_block:
            buttons += self._button(node, "dup", "Duplicate")
        if node.removable:
            buttons += self._button(node, "del", "Remove")
        return f'<div class="terms-tools">{buttons}</div>' if buttons else ""

    def _button(self, node: Node, verb: str, word: str, said: str = "") -> str:
        return (
            f'<button type="button" class="terms-button" id="{node.id}-{verb}" '
            f'aria-label="{escape(said or word)}: {escape(node.label)}" '
            f'hx-post="{self.address}{verb}:{escape(node.place)}">{escape(word)}</button>'
        )

    def _paste(self, node: Node) -> str:
        here = node.id
        what = "Paste several days" if node.leaves == "day" else "Paste several, one per line"
        return (
            f'<details class="terms-paste"><summary>{what}</summary>'
            f'<label class="terms-sr" for="{here}-paste">{what}: {escape(node.label)}</label>'
            f'<textarea class="terms-input" id="{here}-paste" name="paste:{escape(node.place)}" rows="3"></textarea>'
            f'<button type="button" class="terms-button" id="{here}-pasted" aria-label="Add what is pasted: '
            f'{escape(node.label)}" hx-post="{self.address}paste:{escape(node.place)}">Add these</button></details>'
        )

    def _help(self, node: Node) -> str:
        return f'<p class="terms-help" id="{node.id}-help">{escape(node.help)}</p>' if node.help else ""


def _quoted(text: str) -> str:
    """Escaped for an attribute in single quotes, so that the double ones of JSON need no escape."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#x27;")


def _options(node: Node) -> str:
    choices = node.choices
    if node.value and all(value != node.value for value, _ in choices):
        # A browser would send the first choice instead, and the value would be lost without a word.
        choices = ((node.value, f"{node.value} (not known)"), *choices)
    elif not node.value and choices and choices[0][0]:
        # Nothing was chosen yet: a browser would send the first choice as if somebody had chosen it.
        choices = (("", "—"), *choices)
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == node.value else ""}>{escape(word)}</option>'
        for value, word in choices
    )


def outline(entries: Iterable[Any]) -> SafeString:
    """Entries (id, label, those inside) as nested links."""
    return mark_safe(_links(entries))  # noqa: S308  # escaped where it is written


def _links(entries: Iterable[Any]) -> str:
    lines = []
    for entry in entries:
        inside = ""
        if entry.inside:
            inside = (
                f'<details><summary class="terms-help">its blocks</summary>{_links(entry.inside)}</details>'
            )
        lines.append(f'<li><a href="#{entry.id}">{escape(entry.label)}</a>{inside}</li>')
    return f"<ul>{''.join(lines)}</ul>"


def said_changes(now: Said, before: Iterable[str]) -> str:
    """What is said now, and silence where something was said before: for swaps out of band.

    ``before`` are ids of the page as the browser sent them; what does not look like one is left out.
    """
    ids = {id_of(place): said for place, said in now.items()}
    silent = [
        one
        for one in before
        if one not in ids and one.startswith("t-") and one.replace("-", "").isidentifier()
    ]
    told = (sentences(one, said, oob=True) for one, said in ids.items())
    return "".join((*told, *(sentences(one, (), oob=True) for one in silent[:2000])))
