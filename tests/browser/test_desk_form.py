"""The form of the terms in a browser: by keyboard alone, kept and undone, for two people, in light and in dark."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from audit.record import acting
from base.models import User
from contracts import services
from contracts.models import ContractVersion, WorkingCopy
from contracts.terms_form.nodes import WEEKDAYS, id_of
from contracts.terms_form.page import SHAPE
from contracts.terms_form.shapes import Group, Leaf, Many, OneOf, Pairs, Shape
from contracts.terms_form.values import shown
from reckoning.terms import parse_terms
from tests import factories
from tests.browser.conftest import ARTEFACTS, NARROW, WIDE
from tests.contracts.filled import agreement

expect.set_options(timeout=15_000)
NASTIEST = ("pfi-fire-police", "uk-msa-points", "verizon-pip")


def legal(name: str) -> User:
    """A person of legal, new or of the demo."""
    found: User | None = User.objects.filter(username=name).first()
    return found or factories.user("legal", name=name)


def draft(by: User, name: str = "commonpaper-2-0") -> ContractVersion:
    """A draft of one of the published agreements."""
    terms = agreement(name)
    contract = factories.contract(f"FORM-{name}", currency=terms.currency)
    return factories.draft(contract, terms.document(), by=by)


def address(version: ContractVersion) -> str:
    return f"/admin/contracts/contractversion/{version.pk}/change/"


def kept(page: Page) -> None:
    """Wait until what was typed is kept."""
    expect(page.locator("#terms-state")).to_contain_text("kept for you")


def test_legal_writes_terms_by_keyboard_and_loses_nothing(visit):
    version = draft(legal("frida"))
    page = visit("frida")
    page.goto(address(version))
    find(page, "title")
    expect(page.locator("#t-title-input")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("Terms by keyboard")
    kept(page)
    look(visit, page, "form")

    # A union is switched by keyboard, and the keyboard stays where it was.
    kind = page.locator("#t-commitments-0-claim-kind")
    steps = page.locator("#t-commitments-0-claim-steps")
    expect(steps).to_be_visible()
    choose(page, kind, "by_deadline")
    expect(steps).to_have_count(0)
    expect(page.locator("#t-commitments-0-claim-days-input")).to_be_visible()
    expect(kind).to_be_focused()

    # Undo outside of a text field, and in one by its other keys; redo; all of it outlives a reload.
    page.locator("#t-commitments-0-claim > summary").focus()
    page.keyboard.press("Control+z")
    expect(page.locator("#terms-state")).to_contain_text("Undone")
    expect(steps).to_be_visible()
    page.locator("#t-title-input").focus()
    page.keyboard.press("Control+Alt+y")
    expect(steps).to_have_count(0)
    page.close()

    page = visit("frida")
    page.goto(address(version))
    expect(page.locator("#t-title-input")).not_to_have_value("Terms by keyboard")
    page.locator("#terms-resume").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#t-title-input")).to_have_value("Terms by keyboard")
    expect(page.locator("#t-commitments-0-claim-days-input")).to_be_visible()


def test_what_is_chosen_or_typed_while_an_answer_is_under_way_stands(visit):
    version = draft(legal("frida"))
    page = visit("frida")
    page.goto(address(version))
    held: list[Any] = []
    page.route(re.compile("op=(switch|add)"), lambda route: held.append(route))
    kind = page.locator("#t-commitments-0-claim-kind")
    kinds = kind.evaluate("one => [...one.options].map(option => option.value)")
    assert kind.input_value() == kinds[-1]
    kind.focus()
    page.keyboard.press("ArrowUp")
    first_answer = on_its_way(page, held)
    # The second choice is made while the answer to the first one is awaited.
    page.keyboard.press("ArrowUp")
    page.wait_for_timeout(300)
    first_answer.continue_()
    second_answer = on_its_way(page, held)
    expect(kind).to_have_value(kinds[-3])
    second_answer.continue_()
    expect(page.locator("#t-commitments-0-claim-steps")).to_have_count(0)
    expect(kind).to_have_value(kinds[-3])

    page.locator("#t-commitments-0-services-add").focus()
    page.keyboard.press("Enter")
    first = page.locator("#t-commitments-0-services-0-input")
    answer = on_its_way(page, held)
    first.fill("typed meanwhile")
    answer.continue_()
    expect(page.locator("#t-commitments-0-services-1-input")).to_be_attached()
    expect(first).to_have_value("typed meanwhile")
    kept(page)


def test_two_people_at_one_draft_are_told_and_merge(visit):
    frida, gustav = legal("frida"), legal("gustav")
    version = draft(frida)
    hers = visit("frida")
    hers.goto(address(version))
    hers.locator("#t-title-input").fill("Frida's title")
    kept(hers)
    his = visit("gustav")
    his.goto(address(version))
    expect(his.locator("#terms-state")).to_contain_text("frida is editing this draft since")
    document = json.loads(json.dumps(version.terms))
    document["commitments"][0]["title"] = "Gustav's commitment"
    with acting(gustav, via="admin"):
        services.edit_draft(ContractVersion.objects.get(pk=version.pk), document)
    hers.locator("input[name=_continue], button[name=_continue]").first.focus()
    hers.keyboard.press("Enter")
    expect(hers.locator(".terms-clash")).to_contain_text("by gustav at")
    look(visit, hers, "form-two-people")
    hers.locator("#terms-merge").focus()
    hers.keyboard.press("Enter")
    expect(hers.locator("#t-commitments-0-title-input")).to_have_value("Gustav's commitment")
    expect(hers.locator("#t-title-input")).to_have_value("Frida's title")
    hers.locator("input[name=_continue], button[name=_continue]").first.focus()
    hers.keyboard.press("Enter")
    expect(hers.locator("#terms-state")).not_to_contain_text("kept for you")
    version.refresh_from_db()
    assert version.terms["title"] == "Frida's title"
    assert version.terms["commitments"][0]["title"] == "Gustav's commitment"
    assert not WorkingCopy.objects.filter(version=version).exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", NASTIEST)
def test_an_agreement_is_built_from_nothing_by_keyboard_and_saved(visit, name):
    terms = agreement(name)
    legal("frida")
    contract = factories.contract(f"BUILT-{name}", currency=terms.currency)
    for code in {code for one in terms.commitments for code in one.services}:
        factories.service(code)
    page = visit("frida")
    page.set_default_timeout(60_000)
    page.goto(f"/admin/contracts/contractversion/add/?contract={contract.pk}")
    Hands(page).build(SHAPE, shown(SHAPE, terms.document()))
    page.locator("#id_effective_from_on").focus()
    page.keyboard.insert_text("2026-01-01")
    page.keyboard.press("Escape")
    visit.shot(page, f"form-built-{name}")
    page.locator("input[name=_continue], button[name=_continue]").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/[0-9]+/change/"))
    assert parse_terms(contract.versions.get().terms).canonical() == terms.canonical()


def look(visit: Any, page: Page, name: str) -> None:
    """No violation of WCAG AA in both of the admin's themes, with pictures of the first screens."""
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.classList.toggle('dark', theme === 'dark')", theme)
        visit.axe(page, f"{name}, {theme}")
        page.screenshot(path=ARTEFACTS / f"{name}-{theme}.png")
    page.evaluate("document.documentElement.classList.remove('dark')")
    page.set_viewport_size(NARROW)
    over = page.evaluate(
        """() => { const section = document.querySelector('section.terms');
                   return section.scrollWidth - section.clientWidth; }"""
    )
    page.screenshot(path=ARTEFACTS / f"{name}-narrow.png")
    page.set_viewport_size(WIDE)
    assert over <= 0, f"{name}: in a narrow window the form is too wide by {over} px"


def on_its_way(page: Page, held: list[Any]) -> Any:
    """The request that is held back, once it was sent."""
    for _ in range(150):
        if held:
            return held.pop()
        page.wait_for_timeout(100)
    raise AssertionError("nothing was sent")


def find(page: Page, label: str) -> None:
    """Go to a field by its label, by keyboard."""
    page.keyboard.press("Control+Alt+f")
    page.keyboard.insert_text(label)
    expect(page.locator("#terms-found a").first).to_be_visible()
    page.keyboard.press("Enter")


def choose(page: Page, select: Any, value: str) -> None:
    """Choose in a list by its arrow keys."""
    select.focus()
    values = select.evaluate("one => [...one.options].map(option => option.value)")
    now = values.index(select.input_value())
    there = values.index(value)
    for _ in range(abs(there - now)):
        page.keyboard.press("ArrowDown" if there > now else "ArrowUp")
    expect(select).to_have_value(value)


class Hands:
    """Somebody who builds terms with a keyboard: no pointer, no script."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, place: str, verb: str) -> None:
        """Press a button of a block, and wait for its answer."""
        button = self.page.locator(f"#{id_of(place)}-{verb}")
        button.focus()
        with self.page.expect_response(lambda answer: f"op={verb}:" in answer.url):
            self.page.keyboard.press("Enter")
        self.settled()

    def settled(self) -> None:
        """Wait until nothing is under way."""
        self.page.wait_for_function(
            "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')"
        )

    def build(self, shape: Shape, wanted: Any, place: str = "") -> None:
        """Make the part of the form at a place say what is wanted."""
        prefix = f"{place}." if place else ""
        match shape:
            case Leaf("constant"):
                return
            case Leaf():
                self.write(f"#{id_of(place)}-input", wanted)
            case OneOf(variants):
                select = self.page.locator(f"#{id_of(place)}-kind")
                if select.input_value() != wanted["kind"]:
                    choose(self.page, select, wanted["kind"])
                    for one in variants[wanted["kind"]].fields:
                        if not isinstance(one.shape, Leaf) or one.shape.kind != "constant":
                            there = self.page.locator(f"#{id_of(prefix + one.name)}")
                            expect(there).to_be_attached(timeout=60_000)
                    self.settled()
                self.fields(variants[wanted["kind"]], wanted, prefix)
            case Group():
                self.fields(shape, wanted, prefix)
            case Many(item):
                self.items(item, wanted, place)
            case Pairs():
                self.count(place, len(wanted))
                for index, (name, value) in enumerate(wanted):
                    self.write(f"#{id_of(f'{place}.{index}')}-name", name)
                    self.write(f"#{id_of(f'{place}.{index}')}-value", value)

    def write(self, selector: str, text: str) -> None:
        """Type into a field, or choose in it, where it does not say so already."""
        widget = self.page.locator(selector)
        if widget.input_value() == text:
            return
        tag = widget.evaluate("one => one.tagName + (one.type || '')")
        if tag.startswith("SELECT"):
            choose(self.page, widget, text)
            return
        widget.focus()
        if tag == "INPUTdate":
            year, month, day = text.split("-")
            self.page.keyboard.type(f"{month}{day}{year}")
            expect(widget).to_have_value(text)
            return
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def fields(self, group: Group, wanted: Any, prefix: str) -> None:
        """Each field of a block."""
        for one in group.fields:
            place = f"{prefix}{one.name}"
            if isinstance(one.shape, Leaf):
                self.build(one.shape, wanted[one.name], place)
                continue
            there = self.page.locator(f"[name='terms.{place}.__here']").count() > 0
            if wanted[one.name] is None:
                if there:
                    self.press(place, "del")
                continue
            if not there:
                self.press(place, "add")
            self.build(one.shape, wanted[one.name], place)

    def items(self, item: Shape, wanted: list[Any], place: str) -> None:
        """The items of a list, or its boxes."""
        boxes = self.page.locator(f"fieldset#{id_of(place)} input[type=checkbox]")
        if boxes.count() == len(WEEKDAYS):
            for index, day in enumerate(WEEKDAYS):
                if boxes.nth(index).is_checked() != (day in wanted):
                    boxes.nth(index).focus()
                    self.page.keyboard.press("Space")
            return
        self.count(place, len(wanted))
        for index, one in enumerate(wanted):
            self.build(item, one, f"{place}.{index}")

    def count(self, place: str, wanted: int) -> None:
        """Press Add or Remove until the list has so many items."""
        there = self.page.evaluate(
            """place => new Set([...document.querySelectorAll('[name]')].map(one => one.name)
               .filter(name => name.startsWith('terms.' + place + '.'))
               .map(name => name.slice(place.length + 7).split('.')[0]).filter(step => /^[0-9]+$/.test(step))).size""",
            place,
        )
        while there != wanted:
            self.press(
                place if there < wanted else f"{place}.{there - 1}", "add" if there < wanted else "del"
            )
            there += 1 if there < wanted else -1
