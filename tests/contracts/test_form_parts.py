"""Of a large document only what was edited is read anew; what is answered is what the whole of it would give."""

import re
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.terms_form.edits import apply_edits
from contracts.terms_form.nodes import nearest
from contracts.terms_form.operations import operate, paste
from contracts.terms_form.page import SHAPE, TermsPage
from contracts.terms_form.values import (
    UnknownOperation,
    document,
    number_alternatives,
    posted,
    repeated_names,
    sent,
    shown,
)
from reckoning.errors import TermsError
from reckoning.kept import Kept
from reckoning.terms import parse_terms
from tests import factories
from tests.admin.forms import log_in, page
from tests.contracts.filled import agreement
from tests.contracts.form_driver import Reader

MIXED = ("pfi-fire-police", "uk-msa-points", "verizon-pip", "cherryroad-colo")


def mixed(*names: str) -> Any:
    """The values of a document of several agreements' commitments, each with a key of its own."""
    names = names or MIXED
    whole = shown(SHAPE, agreement(names[0]).document())
    many = [one for name in names for one in shown(SHAPE, agreement(name).document())["commitments"]]
    return whole | {"commitments": [one | {"key": f"c-{at}"} for at, one in enumerate(many)]}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, str):
        return [path]
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [one for step, below in inside for one in leaves(below, (*path, step)) if step != "kind"]


TYPED = st.sampled_from(
    ["", "99.9", "0", "90 min", "soon", "2026-02-30", "c-1", "yes", "x" * 300, "-1", "1e9"]
)
WRITTEN = st.lists(st.tuples(st.integers(0, 10**6), TYPED), max_size=5)
PRESSED = st.lists(
    st.sampled_from(
        [
            "del:commitments.0",
            "dup:commitments.1",
            "up:commitments.2",
            "add:commitments",
            "del:commitments.1.schedule.tiers.0",
            "dup:commitments.0.caps.0",
            "add:commitments.2.exclusions",
            "add:combinations",
        ]
    ),
    max_size=3,
)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(WRITTEN, PRESSED)
def test_the_page_of_known_parts_says_what_the_whole_document_says(written: Any, pressed: Any) -> None:
    values = mixed()
    for number, text in written:
        there = leaves(values)
        *above, last = there[number % len(there)]
        holder = values
        for step in above:
            holder = holder[step]
        holder[last] = text
    for operation in pressed:
        try:
            values = operate(SHAPE, values, operation)
        except UnknownOperation:
            continue
    page = TermsPage(values)
    faults: tuple[tuple[str, str], ...] = tuple(repeated_names(SHAPE, values))
    terms = None
    try:
        terms = None if faults else parse_terms(number_alternatives(document(SHAPE, values)))
    except TermsError as error:
        faults = error.findings
    assert [path for path, _ in page.faults] == [path for path, _ in faults]
    assert (page.terms and page.terms.canonical()) == (terms and terms.canonical())
    lasting = [nearest(SHAPE, values, path) for path, _ in faults]
    assert [at for at, said in page.said.items() if any(kind == "error" for kind, _ in said)] == list(
        dict.fromkeys(lasting)
    )


def test_what_travels_whole_is_read_once_and_never_changed_by_a_button() -> None:
    values = mixed()
    travels = {"terms.commitments.__here": "1"} | {
        f"terms.commitments.{at}.__whole": as_text(one) for at, one in enumerate(values["commitments"])
    }
    first = posted(SHAPE, travels)
    stood = deepcopy(first["commitments"])
    assert stood == values["commitments"]
    for operation in ("del:commitments.0.schedule.tiers.0", "dup:commitments.1.caps.0", "down:commitments.2"):
        try:
            operate(SHAPE, posted(SHAPE, travels), operation)
        except UnknownOperation:
            continue
    paste(SHAPE, posted(SHAPE, travels), "commitments.0.services", "one\ntwo")
    apply_edits(SHAPE, posted(SHAPE, travels), [("commitments.0.title", "Other")])
    assert posted(SHAPE, travels)["commitments"] == stood
    changed = operate(SHAPE, posted(SHAPE, travels), "add:commitments.0.services")
    assert changed["commitments"][0]["services"] == [*stood[0]["services"], ""]


def as_text(one: Any) -> str:
    import json

    shape = SHAPE.by_name["commitments"].shape.item
    return json.dumps(sent(shape, one), ensure_ascii=False, separators=(",", ":"))


@pytest.mark.django_db
def test_an_answer_is_the_same_to_the_byte_with_nothing_kept(monkeypatch: Any) -> None:
    lena = factories.user("legal", name="lena")
    terms = parse_terms(number_alternatives(document(SHAPE, mixed("pfi-fire-police", "commonpaper-2-0"))))
    contract = factories.contract("MIXED", currency=terms.currency)
    version = factories.draft(contract, terms.document(), by=lena)
    client, address = log_in(lena), page("contracts.contractversion", "terms")
    reader = Reader()
    reader.draw(shown(SHAPE, version.terms))
    fields = reader.sent | {"terms_base": version.terms_sha256, "terms_from": "2022-01-01", "terms_until": ""}
    # The last one travels whole.
    last = len(version.terms["commitments"]) - 1
    fields = {name: text for name, text in fields.items() if f"commitments.{last}." not in name}
    fields[f"terms.commitments.{last}.__whole"] = as_text(shown(SHAPE, version.terms)["commitments"][last])

    def answer(operation: str) -> str:
        answered = client.post(f"{address}?version={version.pk}&op={operation}", fields)
        assert answered.status_code == 200
        # When it was kept, in hours, minutes and seconds, is another instant each time.
        return re.sub(r"<time[^>]*>[^<]*</time>", "", answered.content.decode())

    buttons = ("open:commitments.2", f"open:commitments.{last}", "add:combinations")
    for name, text in TYPED_IN:
        fields[f"terms.{name}"] = text
        for operation in ("show", *(buttons if name == "title" else ())):
            answer(operation)
            known = answer(operation)
            with monkeypatch.context() as patch:
                patch.setattr(Kept, "of", lambda self, key, make: make())
                anew = answer(operation)
            assert known == anew
            assert len(known) > 200


TYPED_IN = [
    ("title", "Other"),
    ("commitments.1.target_percent", "98.5"),
    ("commitments.0.title", ""),
    ("commitments.0.title", "<b>&"),
    ("zone", "Asia/Tokyo"),
    ("currency", "JPY"),
]
