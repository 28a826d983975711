"""The formula block: exact, bounded, and never run as Python."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reckoning.terms.formula import Formula, FormulaError, evaluate, evaluated
from reckoning.terms.formula_words import printed, sentences, worded
from tests.work import at_most

INPUTS = [
    {"name": "a", "meaning": "the first figure"},
    {"name": "b", "meaning": "the second figure", "unit": "seconds"},
    {"name": "used", "kind": "flag", "meaning": "whether it was used anyway"},
    {"name": "rates", "kind": "numbers", "meaning": "one rate per hour"},
]
TABLES = [
    {"name": "factor", "rows": [{"at": 0, "value": 1}, {"at": 5, "value": "1.5"}, {"at": 9, "value": 2}]},
    {"name": "lot", "match": "exactly", "rows": [{"at": 1, "value": 10}, {"at": 2, "value": 30}]},
]
FACTS: dict[str, Any] = {"a": 7, "b": Decimal("0.5"), "used": True, "rates": [Fraction(1, 3), 0, 1]}


def block(result: str, **more: Any) -> Formula:
    return Formula.model_validate({"inputs": INPUTS, "tables": TABLES, "result": result, **more})


def value(result: str, facts: dict[str, Any] | None = None) -> Fraction:
    return evaluate(block(result), FACTS if facts is None else facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 4 - 3", "3"),
        ("a / 3", "7/3"),
        ("a / 2 / 7", "1/2"),
        ("-a + 8", "1"),
        ("- - a", "7"),
        ("99.95% * 2", "1999/1000"),
        ("min(a, b, 3)", "1/2"),
        ("max(rates)", "1"),
        ("mean(rates)", "4/9"),
        ("sum(rates) / count(rates)", "4/9"),
        ("floor(a / 2) + ceil(a / 2)", "7"),
        ("floor(-b)", "-1"),
        ("abs(b - a)", "13/2"),
        ("round(a / 3, 2, half_up)", "233/100"),
        ("round(b, 0, half_up)", "1"),
        ("round(b, 0, half_even)", "0"),
        ("round(a / 8, 1, down)", "4/5"),
        ("if(used, b, 1)", "1/2"),
        ("if(a = 7 and not (b > 1), 1, 2)", "1"),
        ("if(a < 7 or b <= 0.5, 1, 2)", "1"),
        ("if(b = 0, 0, a / b)", "14"),
        ("if(a != 7, a / 0, 4)", "4"),
        ("lookup(factor, a)", "3/2"),
        ("lookup(factor, 5)", "3/2"),
        ("lookup(factor, 4.999999999999)", "1"),
        ("lookup(lot, 2)", "30"),
    ],
)
def test_a_formula_is_exact(text: str, expected: str) -> None:
    assert value(text) == Fraction(expected)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a / (b - 0.5)", "DIVISION_BY_ZERO"),
        ("lookup(factor, 0 - 1)", "NO_ROW"),
        ("lookup(lot, 1.5)", "NO_ROW"),
    ],
)
def test_a_formula_without_a_value_says_why(text: str, code: str) -> None:
    with pytest.raises(FormulaError) as caught:
        value(text)
    assert caught.value.code == code


def test_a_missing_or_wrong_figure_is_named() -> None:
    for change, code in (
        ({"b": None}, "WRONG_KIND"),
        ({"used": 1}, "WRONG_KIND"),
        ({"a": True}, "WRONG_KIND"),
    ):
        with pytest.raises(FormulaError) as caught:
            value("1", {**FACTS, **change})
        assert caught.value.code == code
    with pytest.raises(FormulaError, match="b is missing \\(the second figure\\)"):
        value("1", {"a": 1})
    with pytest.raises(FormulaError) as caught:
        value("mean(rates)", {**FACTS, "rates": []})
    assert caught.value.code == "EMPTY_LIST"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "a.b",
        "a[0]",
        "a ** b",
        "a ^ 2",
        "1e5",
        "0x10",
        "a b",
        "a < b < 1",
        "a == b",
        "lambda: 1",
        "missing + 1",
        "eval(a)",
        "min",
        "used",
        "rates",
        "a + used",
        "if(a, 1, 2)",
        "if(used, 1, false)",
        "round(a, b, half_up)",
        "round(a, 2, up)",
        "lookup(a, a)",
        "(a",
        "a)",
        "",
        "   ",
        "١ + ٢",
        "(" * 900 + "a" + ")" * 900,
        "-" * 1_900 + "a",
        "not " * 400 + "used",
        " + ".join(["a"] * 400),
        "a" * 3_000,
    ],
)
def test_what_is_no_formula_is_refused_at_once(text: str) -> None:
    with at_most(calls=50_000), pytest.raises(ValidationError):
        block(text)


def test_a_long_chain_is_no_deep_nesting() -> None:
    assert value(" + ".join(["a"] * 190)) == 1330


def test_steps_build_on_each_other_and_may_not_hide_a_name() -> None:
    steps = [
        {"name": "rate", "formula": "round(a / 3, 2, half_up)", "meaning": "the rate", "unit": "GBP"},
        {"name": "due", "formula": "rate * lookup(factor, a)", "meaning": "what is due"},
    ]
    shown = evaluated(block("due * 2", steps=steps), FACTS)
    assert shown == {"rate": Fraction(233, 100), "due": Fraction(699, 200), "result": Fraction(699, 100)}
    for name in ("a", "factor", "min", "result", "and"):
        with pytest.raises(ValidationError, match="is taken"):
            block("1", steps=[{**steps[0], "name": name}])
    with pytest.raises(ValidationError, match="no earlier step"):
        block("1", steps=steps[::-1])


def test_figures_that_grow_without_end_are_stopped() -> None:
    steps = [{"name": "s0", "formula": "a * a", "meaning": "x"}] + [
        {"name": f"s{n}", "formula": f"s{n - 1} * s{n - 1}", "meaning": "x"} for n in range(1, 40)
    ]
    many = [Fraction(1, 10**4 + n % 50) for n in range(9_999)]
    different = [Fraction(1, 10**6 + n) for n in range(9_999)]
    slow = [{"name": f"s{n}", "formula": "sum(rates)", "meaning": "x"} for n in range(40)]
    for text, given_steps, rates, code in (
        ("s39", steps, [1], "NUMBER_TOO_LARGE"),
        ("sum(rates)", [], different, "NUMBER_TOO_LARGE"),
        ("s1", slow, many, "TOO_MUCH_WORK"),
    ):
        with at_most(calls=6_000_000), pytest.raises(FormulaError) as caught:
            evaluate(block(text, steps=given_steps), {**FACTS, "rates": rates})
        assert caught.value.code == code


def test_a_table_rises() -> None:
    rows = [{"at": 1, "value": 1}, {"at": 1, "value": 2}]
    with pytest.raises(ValidationError, match="rising order"):
        block("1", tables=[{"name": "t", "rows": rows}])


def test_the_printed_form_is_canonical_and_the_words_keep_the_order_of_computing() -> None:
    assert printed("((a)+b )*(2)/ (a*b)") == "(a + b) * 2 / (a * b)"
    assert printed("a-(b-1)") == "a - (b - 1)"
    assert worded("(a + b_c) * 5%") == "[a plus b c] times 5 %"
    assert worded("round(a / 3, 1, half_up)") == "[a divided by 3] rounded to 1 decimal, half a unit upwards"
    text = " ".join(sentences(block("if(used, a, lookup(factor, b))")))
    assert "B is the second figure, in seconds." in text
    assert "from 0: 1, from 5: 1.5, from 9: 2" in text
    assert "[a if used, otherwise the value of the table factor for [b]]" in text


def _trees() -> st.SearchStrategy[tuple[str, Any]]:
    """A formula as text with as many parentheses as possible, and what it computes, made side by side."""
    leaf = st.one_of(
        st.integers(0, 99).map(lambda n: (str(n), Fraction(n))),
        st.sampled_from([("a", Fraction(7)), ("b", Fraction(1, 2))]),
    )

    def join(sign: str, left: tuple[str, Any], right: tuple[str, Any]) -> tuple[str, Any]:
        found = None
        if left[1] is not None and right[1] is not None:
            if sign == "/":
                found = None if right[1] == 0 else left[1] / right[1]
            else:
                found = {"+": left[1] + right[1], "-": left[1] - right[1], "*": left[1] * right[1]}[sign]
        return f"({left[0]} {sign} {right[0]})", found

    return st.recursive(
        leaf, lambda inner: st.builds(join, st.sampled_from("+-*/"), inner, inner), max_leaves=9
    )


@given(_trees())
def test_a_formula_is_what_exact_fractions_give_and_printing_keeps_it(tree: tuple[str, Any]) -> None:
    text, expected = tree
    for spelling in (text, printed(text)):
        if expected is None:
            with pytest.raises(FormulaError, match="divides by zero"):
                value(spelling)
        else:
            assert value(spelling) == expected
    assert printed(printed(text)) == printed(text)
