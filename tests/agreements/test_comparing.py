"""The comparison is exact, and a figure that nobody compares does not count as right."""

from typing import Any

import pytest

from agreements.comparing import differences, differences_of_other, same
from agreements.mapping import Check, mapping_of

CREDIT = {"credit_amount": "1234.57", "credit_exact": "1234567/1000", "currency": "USD", "open_questions": []}


def checks(**expected: Any) -> dict[str, Check]:
    plain = {"format": "sla-ledger-mapping/1", "agreement": "x", "input": {}, "expected": expected}
    return mapping_of(plain, "x").shapes[0].expected


@pytest.mark.parametrize(
    ("left", "right"),
    [("999/1000", "0.999"), ("10", 10), ("1/1", 1), ("10.00", "10"), ([1, "2"], ["1/1", 2]), (None, None),
     ("2024-03-02T07:00:00+00:00", "2024-03-02T07:00:00Z"), ({"a": "1"}, {"a": 1})],
)  # fmt: skip
def test_one_value_in_two_spellings_is_the_same(left: Any, right: Any) -> None:
    assert same(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [("999/1000", "0.998999999999"), ("1/3", "0.333333333333"), (True, 1), (False, 0), (None, 0), (None, "0"),
     ([1], [1, 1]), ({"a": 1}, {"b": 1}), ("met", "breach"), ("2024-03-02T07:00:00Z", "2024-03-02T07:00:01Z")],
)  # fmt: skip
def test_what_differs_in_the_last_digit_differs(left: Any, right: Any) -> None:
    assert not same(left, right)


def test_a_wrong_expectation_is_found() -> None:
    result = {"level": {"exact": "8063/8064"}, "down": "300/1", "outcome": "breach"}
    mine = checks(
        **{
            "measured.exact": "level.exact",
            "down_min": {"at": "down", "in": "minutes", "as": "seconds"},
            "breach": {"at": "outcome", "values": {"true": "breach", "false": "met"}},
        }
    )
    right = {"measured": {"exact": "8063/8064", "decimal": "0.9998"}, "down_min": 5, "breach": True}
    assert differences(right, mine, result) == []
    wrong = {"measured": {"exact": "8062/8064"}, "down_min": 4, "breach": False}
    assert [line.split(":")[0] for line in differences(wrong, mine, result)] == [
        "measured.exact",
        "down_min",
        "breach",
    ]


def test_a_figure_that_no_check_looks_at_is_missing() -> None:
    assert differences({"pct": "10", "credit": {"amount": "1.00"}}, checks(pct="pct"), {"pct": "10"}) == [
        "credit.amount: no check of the mapping looks at it"
    ]
    rows = {"rows": [{"a": 1}, {"a": 2, "b": 3}]}
    assert differences(rows, checks(**{"rows.*.a": "r.*.a"}), {"r": [{"a": 1}, {"a": 2}]}) == [
        "rows.1.b: no check of the mapping looks at it"
    ]


def test_a_place_that_the_result_does_not_have_is_missing() -> None:
    assert differences({"pct": None}, checks(pct="entitlement.value"), {}) == [
        "pct: the result has nothing at entitlement.value"
    ]


@pytest.mark.parametrize(
    ("amount", "exact", "currency", "right"),
    [
        ("1234.57", "1234567/1000", "USD", True),
        ("1234.570", "1234567/1000", "USD", False),
        ("1234.57", "123457/100", "USD", False),
        ("1234.57", "1234567/1000", "EUR", False),
        ("1234.56", "1234567/1000", "USD", False),
    ],
)
def test_an_amount_comes_out_to_its_last_digit(amount: str, exact: str, currency: str, right: bool) -> None:
    expected = {"credit": {"exact": exact, "amount": amount, "currency": currency}}
    mine = checks(credit={"at": "here", "compare": "credit"})
    assert (differences(expected, mine, {"here": CREDIT}) == []) is right


def test_nothing_is_paid_while_a_named_question_is_open() -> None:
    found = {**CREDIT, "credit_amount": None, "credit_exact": None, "open_questions": [{"code": "NO_TIER"}]}
    nothing = {"credit": {"exact": "0/1", "amount": "0.00", "currency": "USD"}}
    named = checks(credit={"at": "here", "compare": "credit", "while_open": ["NO_TIER"]})
    unnamed = checks(credit={"at": "here", "compare": "credit", "while_open": ["NO_FEE"]})
    assert differences(nothing, named, {"here": found}) == []
    assert differences(nothing, unnamed, {"here": found}) != []
    something = {"credit": {"exact": "5/1", "amount": "5.00", "currency": "USD"}}
    assert differences(something, named, {"here": found}) != []


def test_a_row_is_compared_by_its_bounds() -> None:
    mine = checks(tier={"at": "tier", "compare": "row", "values": {"none": None}})
    for expected, found, right in (
        ("[99.0, 99.9)", "[99, 99.9)", True),
        ("[99.0, 99.9)", "[99, 99.9]", False),
        ("(-inf, 95.0)", "(-inf, 95)", True),
        ("none", None, True),
        ("none", "[99, 99.9)", False),
        ([1, 300], "[1, 300]", True),
        ([86401, None], "[86401, +inf)", True),
    ):
        assert (differences({"tier": expected}, mine, {"tier": found}) == []) is right


def test_an_alternative_states_its_figures_bare() -> None:
    mine = checks(**{"measured.exact": "level", "credit": {"at": "here", "compare": "credit"}})
    result = {"level": "79/80", "here": CREDIT}
    assert (
        differences_of_other({"reading": "x", "measured": "79/80", "credit": "1234.57"}, mine, result) == []
    )
    assert differences_of_other({"reading": "x", "measured": "78/80"}, mine, result) != []
    assert differences_of_other({"reading": "x", "units": 3}, mine, result) == [
        "units: no check of the mapping looks at it"
    ]


def test_a_shown_figure_has_the_decimals_that_are_shown() -> None:
    mine = checks(shown={"at": "level", "compare": "shown", "in": "percent", "as": "ratio"})
    assert differences({"shown": "99.19"}, mine, {"level": "123/124"}) == []
    assert differences({"shown": "99.2"}, mine, {"level": "123/124"}) == []
    assert differences({"shown": "99.20"}, mine, {"level": "123/124"}) != []
    assert differences({"shown": "99.193"}, mine, {"level": "123/124"}) != []
