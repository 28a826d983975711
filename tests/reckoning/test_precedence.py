"""Several documents on one promise: the first prevails, and every disagreement is told with its owners."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reckoning.errors import TermsError
from reckoning.terms.precedence import Conflict, Prevailing, parse_order, prevailing

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "terms" / "examples" / "customer-monthly.json"
TERMS: dict[str, Any] = json.loads(EXAMPLE.read_text())
PLACE = "commitments[build-uptime].target_percent"
AT = datetime(2026, 3, 1, tzinfo=UTC)


def terms(target: str, **more: Any) -> dict[str, Any]:
    plain = copy.deepcopy(TERMS)
    plain["commitments"][0].update(target_percent=target, **more)
    return plain


def document(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "agreement", "owner": f"owner of {name}", **more}


def settled(*documents: dict[str, Any], at: datetime = AT) -> Prevailing:
    order = {"title": "Order", "why": "Clause 2 of the order form.", "documents": list(documents)}
    return prevailing(parse_order(order), at)


def target(found: Prevailing) -> str:
    return str(found.terms.commitments[0].target_percent)


def told(found: Prevailing) -> list[tuple[str, str, str | None, list[str]]]:
    def one(conflict: Conflict) -> tuple[str, str, str | None, list[str]]:
        return conflict.code, conflict.place, conflict.computes, [voice.owner for voice in conflict.voices]

    return [one(conflict) for conflict in found.conflicts]


def objective(percent: str, **more: Any) -> dict[str, Any]:
    aims = [{"commitment": "build-uptime", "target_percent": percent, **more}]
    return document("aims", kind="internal objective", objectives=aims)


def test_a_promise_above_the_internal_objective_is_a_conflict_with_both_owners() -> None:
    found = settled(document("SLA", terms=terms("99.95")), objective("99.90"))
    assert told(found) == [
        ("PROMISE_NOT_BELOW_OBJECTIVE", PLACE, "99.95", ["owner of SLA", "owner of aims"]),
    ]
    assert target(found) == "99.95"
    assert "promises at least 99.95 %" in found.conflicts[0].sentence


@pytest.mark.parametrize(
    ("promise", "inclusive", "aim", "aim_inclusive", "conflict"),
    [
        ("99.9", True, "99.91", True, False),
        ("99.9", True, "99.9", True, True),
        ("99.9", False, "99.9", True, True),
        ("99.9", True, "99.9", False, False),
        ("99.9", False, "99.9", False, True),
        ("99.91", True, "99.9", False, True),
    ],
)
def test_the_objective_must_be_above_the_promise(
    promise: str, inclusive: bool, aim: str, aim_inclusive: bool, conflict: bool
) -> None:
    found = settled(
        document("SLA", terms=terms(promise, target_inclusive=inclusive)),
        objective(aim, target_inclusive=aim_inclusive),
    )
    assert bool(found.conflicts) == conflict


def test_the_first_document_computes_and_the_other_is_told() -> None:
    found = settled(
        document("order form", terms=terms("99.5")), document("SLA", terms=terms("99.9", cut_off_days=5))
    )
    assert (target(found), found.base) == ("99.5", "order form")
    assert [(code, place, computes) for code, place, computes, _ in told(found)] == [
        ("DOCUMENTS_DISAGREE", "commitments[build-uptime].cut_off_days", "10"),
        ("DOCUMENTS_DISAGREE", PLACE, "99.5"),
    ]
    assert not settled(document("one", terms=terms("99.9")), document("two", terms=terms("99.90"))).conflicts


def test_provisions_before_the_terms_are_laid_over_them_and_those_after_are_not() -> None:
    above = document("order form", provisions=[{"at": PLACE, "to": "99.99"}])
    below = document("brochure", provisions=[{"at": PLACE, "to": "100"}])
    found = settled(above, document("SLA", terms=terms("99.9")), below)
    assert (target(found), found.provisions) == ("99.99", {PLACE: "order form"})
    assert told(found) == [
        ("DOCUMENTS_DISAGREE", PLACE, "99.9", ["owner of SLA", "owner of brochure"]),
        ("DOCUMENTS_DISAGREE", PLACE, "99.99", ["owner of order form", "owner of SLA"]),
    ]
    silent = settled(
        document("order form", provisions=[{"at": PLACE, "to": "99.90"}]),
        document("SLA", terms=terms("99.9")),
    )
    assert not silent.conflicts


def test_of_two_provisions_the_first_document_has_the_last_word() -> None:
    first = document("letter", provisions=[{"at": PLACE, "to": "98"}])
    second = document("order form", provisions=[{"at": PLACE, "to": "97"}])
    found = settled(first, second, document("SLA", terms=terms("99.9")), objective("98"))
    assert (target(found), found.provisions) == ("98", {PLACE: "letter"})
    assert told(found)[1][3] == ["owner of letter", "owner of order form"]
    assert told(found)[2][3] == ["owner of letter", "owner of aims"]


def test_a_commitment_that_only_a_later_document_has_computes_as_it_stands_there() -> None:
    other = terms("99")
    other["commitments"][0]["key"] = "other"
    found = settled(document("SLA", terms=terms("99.9")), document("annex", terms=other))
    assert [one.key for one in found.terms.commitments] == ["build-uptime", "other"]
    assert not found.conflicts


def test_only_documents_that_are_live_speak() -> None:
    old = document("old form", terms=terms("99.5"), live_until="2026-03-01T00:00:00Z")
    assert target(settled(old, document("SLA", terms=terms("99.9")))) == "99.9"
    before = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)
    assert target(settled(old, document("SLA", terms=terms("99.9")), at=before)) == "99.5"
    with pytest.raises(TermsError, match="none that is live"):
        settled(old)


def test_a_provision_without_a_place_is_told() -> None:
    lost = [{"at": "commitments[build-uptime].caps[amount].value", "to": "1"}]
    nobody = document("aims", objectives=[{"commitment": "nobody", "target_percent": "99"}])
    found = settled(document("form", provisions=lost), document("SLA", terms=terms("99.9")), nobody)
    assert [code for code, *_ in told(found)] == ["PROVISION_WITHOUT_PLACE"] * 2


@pytest.mark.parametrize(
    ("one", "path"),
    [
        (document("a"), "documents.0"),
        (document("a", terms=TERMS, provisions=[{"at": PLACE, "to": 1}]), "documents.0"),
        (document("a", terms={"title": "x"}), "documents.0.terms.currency"),
        (document("a", provisions=[{"at": "zone", "to": "UTC"}]), "documents.0.provisions.0.at"),
        (
            document("a", terms=TERMS, live_from="2026-01-02T00:00:00Z", live_until="2026-01-02T00:00:00Z"),
            "documents.0.live_until",
        ),
    ],
)
def test_an_order_is_read_strictly(one: dict[str, Any], path: str) -> None:
    with pytest.raises(TermsError) as caught:
        settled(one)
    assert path in dict(caught.value.findings)


def test_provisions_that_make_no_terms_are_refused() -> None:
    wrong = document("form", provisions=[{"at": PLACE, "to": "101"}])
    with pytest.raises(TermsError, match="after all provisions"):
        settled(wrong, document("SLA", terms=TERMS))
