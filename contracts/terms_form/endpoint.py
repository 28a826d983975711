"""One answer of the form's endpoint: what a button or a keystroke does, what is kept, and what is drawn anew."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe

from contracts.models import Contract, ContractVersion
from contracts.terms_form import working
from contracts.terms_form.meanwhile import Meanwhile, meanwhile, stored_values
from contracts.terms_form.mending import mended
from contracts.terms_form.nodes import field_node, found, id_of, item_node, spoken
from contracts.terms_form.operations import operate, paste, walk
from contracts.terms_form.page import SHAPE, TermsPage, opened_in
from contracts.terms_form.render import OPEN_COMMITMENTS, Form, said_changes
from contracts.terms_form.shapes import Group, Many, OneOf
from contracts.terms_form.steps import Collision, merge
from contracts.terms_form.values import UnknownOperation, blank, field_of, posted, shown

WHOLE = ("undo", "redo", "resume", "leave", "merge", "theirs", "mend")


@dataclass
class State:
    """What stands above the form: what is kept, what may be taken up again, and who else is at it."""

    base_sha256: str = ""
    contract: str = ""
    saved_at: datetime | None = None
    note: str = ""
    offered: working.Shown | None = None
    others: list[working.Presence] = field(default_factory=list)
    meanwhile: Meanwhile | None = None
    collisions: list[tuple[str, str, Collision]] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """What one request is about."""

    where: working.Where
    address: str
    now: datetime
    adopts: bool = False
    """The contract was only just chosen: work on a version without one moves to it."""

    @property
    def version(self) -> ContractVersion | None:
        """The draft, where there is one yet."""
        return self.where.version

    @property
    def contract(self) -> Contract | None:
        """The contract, where it is chosen already."""
        return self.version.contract if self.version else self.where.contract

    def page(self, values: Any, *, quiet: bool = False, opened: set[int] | None = None) -> TermsPage:
        """The form with values."""
        return TermsPage(
            values, self.contract, self.version, quiet=quiet, address=self.address, opened=opened or set()
        )

    @cached_property
    def beginning(self) -> Any:
        """The values with which the form opens: as stored, as the contract's last version has them, or empty."""
        if self.version:
            return shown(SHAPE, self.version.terms)
        # What stands for a time is no text to go on from.
        kinds = [ContractVersion.Kind.WHOLE, ContractVersion.Kind.AMENDMENT]
        texts = self.contract.versions.filter(kind__in=kinds) if self.contract else None
        last = texts.order_by("-number").first() if texts is not None else None
        if last:
            return shown(SHAPE, last.terms)
        values = blank(SHAPE)
        values["currency"] = self.contract.currency if self.contract else ""
        return values

    def keep(self, values: Any, base: str, did: str = "") -> Any:
        """Keep values as the next step."""
        if self.adopts:
            working.adopt(self.where)
        return working.keep(
            self.where, SHAPE, values, lambda: self.beginning, base_sha256=base, at=self.now, did=did
        )

    def state(self, base: str, **said: Any) -> State:
        """What stands above the form now."""
        copy = working.found(self.where)
        return State(
            base_sha256=base,
            contract=str(self.contract.pk) if self.contract else "",
            saved_at=copy.saved_at if copy else None,
            others=working.others(self.version, self.where.owner, self.now),
            meanwhile=meanwhile(self.version, base) if self.version else None,
            **said,
        )


def refused(sheet: Sheet, request: HttpRequest, page: TermsPage) -> State:
    """What stands above a form that could not be saved."""
    page.address, page.opened = sheet.address, opened_in(request.POST)
    return sheet.state(base_in(request.POST), note="Not saved.")


def opened(sheet: Sheet) -> tuple[TermsPage, State]:
    """The form as it opens, with the offer to go on where its owner left off."""
    values = sheet.beginning
    untouched = sheet.version is None and not (sheet.contract and sheet.contract.versions.exists())
    state = sheet.state(sheet.version.terms_sha256 if sheet.version else "")
    left = working.resumed(sheet.where)
    if left is not None and left.values != values:
        state = replace(state, offered=left)
    page = sheet.page(values, quiet=untouched)
    page.later = _is_large(values)
    return page, state


def _is_large(values: Any) -> bool:
    return len(values["commitments"]) > OPEN_COMMITMENTS


def base_in(data: Mapping[str, str]) -> str:
    """The hash of the stored text from which the browser's form was made; empty where it sends none."""
    given = data.get("terms_base", "")
    return given if len(given) == 64 and all(one in "0123456789abcdef" for one in given) else ""


def keep_posted(sheet: Sheet, request: HttpRequest) -> None:
    """Keep what was posted, so that a refused or failed save loses nothing. A post without the form is left."""
    if "terms_base" in request.POST:
        sheet.keep(posted(SHAPE, request.POST), base_in(request.POST))


def answer(request: HttpRequest, sheet: Sheet, operation: str) -> HttpResponse:
    """Carry out an operation on the posted form and give back what it changes. Raises UnknownOperation."""
    verb, _, path = operation.partition(":")
    values, base = posted(SHAPE, request.POST), base_in(request.POST)
    offer_open = request.POST.get("terms_offer") == "1" and values == sheet.beginning
    if not offer_open and verb not in ("resume", "leave", "find", "open"):
        sheet.keep(values, base)
    if verb == "show":
        return _saying(request, sheet, values, base, offer_open)
    if verb in WHOLE:
        return _whole(request, sheet, operation, values, base)
    if verb == "find":
        hits = found(SHAPE, values, request.POST.get("terms_find", "")[:80])
        return render(request, "contracts/terms/found.html", {"hits": hits})
    if verb == "open":
        return _opened_block(sheet, values, path)
    note, drawn = "", _drawn_in(request, values)
    if verb == "paste":
        values, note = paste(SHAPE, values, path, request.POST.get(f"paste:{path}", "")[:100_000])
        sheet.keep(values, base, f"pasted into {spoken(SHAPE, values, path)}")
    else:
        named = spoken(SHAPE, values, path)
        values = operate(SHAPE, values, operation)
        if verb != "switch":
            sheet.keep(values, base, f"{_DONE[verb]} {named}")
    opened = {at for at, one in enumerate(values["commitments"]) if id(one) in drawn}
    # What was only just made is drawn.
    if operation == "add:commitments":
        opened.add(len(values["commitments"]) - 1)
    elif verb == "dup" and path.startswith("commitments.") and path.count(".") == 1:
        opened.add(int(path.split(".")[1]) + 1)
    return _block(request, sheet.page(values, opened=opened), sheet.state(base, note=note), verb, path)


def _drawn_in(request: HttpRequest, values: Any) -> set[int]:
    """The identities of the commitments that the browser has drawn: they stay when others come and go."""
    many = values["commitments"]
    return {id(many[at]) for at in opened_in(request.POST) if at < len(many)}


_DONE = {"add": "added to", "del": "removed", "up": "moved up", "down": "moved down", "dup": "duplicated"}


def _context(page: TermsPage, state: State, **more: Any) -> dict[str, Any]:
    return {
        "terms_page": page,
        "terms_state": state,
        "terms_address": page.address,
        "terms_editable": True,
    } | more


def _saying(request: HttpRequest, sheet: Sheet, values: Any, base: str, offer_open: bool) -> HttpResponse:
    """Only what is said about the values, out of band; the fields stay as they are."""
    page = sheet.page(values)
    state = sheet.state(base, offered=working.resumed(sheet.where) if offer_open else None)
    return render(request, "contracts/terms/said.html", _context(page, state, said=_said(request, page)))


def _said(request: HttpRequest, page: TermsPage) -> SafeString:
    before = request.POST.get("terms_said", "").split()[:4000]
    return mark_safe(said_changes(page.said, before))  # noqa: S308  # escaped where it is written


def _whole(request: HttpRequest, sheet: Sheet, operation: str, values: Any, base: str) -> HttpResponse:
    """What changes the form as a whole."""
    verb = operation.partition(":")[0]
    note, mend = "", None
    collisions: list[tuple[str, str, Collision]] = []
    if verb in ("undo", "redo"):
        step, did = working.move(sheet.where, -1 if verb == "undo" else 1)
        done = "Undone" if verb == "undo" else "Done again"
        note = f"{done}: {did}." if step else f"There is nothing to {verb}."
        if step:
            values, base = step.values, step.base_sha256
    elif verb == "resume":
        left = working.resumed(sheet.where)
        if left is not None:
            values, base = left.values, left.base_sha256
            note = "You go on where you were."
    elif verb == "leave":
        working.leave(sheet.where)
        values, base = sheet.beginning, sheet.version.terms_sha256 if sheet.version else ""
        note = "What you had not saved is gone; the form shows what is stored."
    elif verb == "mend":
        page, mend = mended(sheet.page(values), operation)
        values = page.values
        sheet.keep(values, base, f"mended: {mend.label}")
    else:
        values, base, note, collisions = _taken_in(sheet, verb, values, base)
    state = sheet.state(base, note=note, collisions=collisions)
    page = sheet.page(values, opened=opened_in(request.POST))
    # Who pressed a mend's button looks at the findings next; they are drawn at once.
    page.later = _is_large(values) and mend is None
    context = _context(page, state, terms_mended=mend)
    return render(request, "contracts/terms/whole.html", context)


def _taken_in(
    sheet: Sheet, verb: str, values: Any, base: str
) -> tuple[Any, str, str, list[tuple[str, str, Collision]]]:
    """Go on from the text that somebody else saved, with or without what was written here."""
    version = sheet.version
    if version is None or base == version.terms_sha256:
        return values, base, "Nobody has saved another text.", []
    theirs, began = shown(SHAPE, version.terms), stored_values(version, base)
    if verb == "theirs" or began is None:
        sheet.keep(theirs, version.terms_sha256, "went on from the text as saved")
        return theirs, version.terms_sha256, "You go on from their text. Undo brings yours back.", []
    merged, found = merge(SHAPE, began, values, theirs)
    sheet.keep(merged, version.terms_sha256, "merged with the text as saved")
    note = "Merged. Where both of you changed the same field, yours stands." if found else "Merged."
    told = [(id_of(one.place), spoken(SHAPE, merged, one.place), one) for one in found]
    return merged, version.terms_sha256, note, told


def _opened_block(sheet: Sheet, values: Any, path: str) -> HttpResponse:
    """A block that is opened for the first time."""
    answered = HttpResponse(_drawn(sheet.page(values), path))
    answered["HX-Retarget"] = f"#{id_of(path)}"
    answered["HX-Reswap"] = "outerHTML"
    return answered


def _block(request: HttpRequest, page: TermsPage, state: State, verb: str, path: str) -> HttpResponse:
    """The block that a button changed, and what is said about the whole, out of band."""
    at = path.rpartition(".")[0] if verb in ("up", "down", "dup", "del") and _is_item(path) else path
    context = _context(
        page,
        state,
        block=_drawn(page, at),
        said=_said(request, page),
        outlined=at.split(".")[0] == "commitments",
    )
    answered = render(request, "contracts/terms/block.html", context)
    answered["HX-Retarget"] = f"#{id_of(at)}"
    answered["HX-Reswap"] = "outerHTML"
    answered["HX-Trigger-After-Settle"] = json.dumps({"termsFocus": _focus(page.values, verb, path)})
    return answered


def _is_item(path: str) -> bool:
    return path.rsplit(".", 1)[-1].isdecimal()


def _focus(values: Any, verb: str, path: str) -> str:
    """The id of what the keyboard goes on from."""
    at, _, last = path.rpartition(".")
    if verb == "switch":
        return f"{id_of(path)}-kind"
    if verb == "paste":
        return f"{id_of(path)}-pasted"
    if verb == "add":
        _, holder = walk(SHAPE, values, path.split("."))
        return id_of(f"{path}.{len(holder) - 1}" if isinstance(holder, list) else path)
    if not _is_item(path):
        return f"{id_of(path)}-add"
    _, holder = walk(SHAPE, values, at.split("."))
    index = int(last)
    if verb == "del":
        return id_of(f"{at}.{min(index, len(holder) - 1)}") if holder else f"{id_of(at)}-add"
    moved = {"up": index - 1, "down": index + 1, "dup": index + 1}[verb]
    if verb == "dup":
        return id_of(f"{at}.{moved}")
    # The same button once more, as long as there is further to go.
    ended = moved == 0 if verb == "up" else moved + 1 == len(holder)
    back = {"up": "down", "down": "up"}[verb]
    return f"{id_of(f'{at}.{moved}')}-{back if ended else verb}"


def _drawn(page: TermsPage, place: str) -> SafeString:
    """One block of the form, drawn alone."""
    form = Form(page.address, page.said, page.opened)
    steps = place.split(".")
    try:
        if place == "commitments":
            item = SHAPE.by_name["commitments"]
            written = form.commitments(item.shape, page.values["commitments"], item.label, item.help)  # type: ignore[arg-type]
            return mark_safe(written)  # noqa: S308  # escaped where it is written
        holder_shape, holder = walk(SHAPE, page.values, steps[:-1])
        if isinstance(holder_shape, Group | OneOf):
            node = field_node(field_of(holder_shape, holder, steps[-1]), holder.get(steps[-1]), place)
        elif isinstance(holder_shape, Many):
            node = item_node(holder_shape.item, holder, int(steps[-1]), ".".join(steps[:-1]))
        else:
            raise UnknownOperation(place)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        raise UnknownOperation(place) from None
    return mark_safe(form.node(node, len(steps)))  # noqa: S308  # escaped where it is written
