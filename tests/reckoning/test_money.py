"""Rule 12: minor units, rounding once, allotting without losing a cent."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reckoning.errors import CurrencyError, InputError
from reckoning.money import allot, known_currencies, minor_digits, round_amount


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_a_currency_has_its_own_minor_unit(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize("currency", ["", "eur", "XXX", "EURO", "BTC"])
def test_an_unknown_currency_is_refused(currency: str) -> None:
    with pytest.raises(CurrencyError, match="ISO 4217"):
        minor_digits(currency)


def test_no_currency_stands_in_two_rows_of_the_table() -> None:
    assert len(known_currencies()) == len(set(known_currencies())) > 150


@pytest.mark.parametrize(
    ("value", "mode", "expected"),
    [
        ("0.004", "half_up", "0.00"),
        ("0.005", "half_up", "0.01"),
        ("-0.005", "half_up", "-0.01"),
        ("0.005", "half_even", "0.00"),
        ("0.015", "half_even", "0.02"),
        ("0.0051", "half_even", "0.01"),
        ("0.009", "down", "0.00"),
        ("-0.009", "down", "0.00"),
        ("123456789012345678901234567890.125", "half_up", "123456789012345678901234567890.13"),
    ],
)
def test_an_amount_is_rounded_once_in_the_named_mode(value: str, mode: str, expected: str) -> None:
    assert str(round_amount(Decimal(value), "EUR", mode)) in (expected, f"-{expected}")  # type: ignore[arg-type]
    assert round_amount(Decimal(value), "EUR", mode) == Decimal(expected)  # type: ignore[arg-type]


def test_amounts_have_exactly_the_decimals_of_their_currency() -> None:
    assert str(round_amount(Fraction(5), "EUR")) == "5.00"
    assert str(round_amount(Fraction(1, 2), "JPY")) == "1"
    assert str(round_amount(Fraction(1, 3), "KWD")) == "0.333"


def test_ten_euros_among_three_are_334_333_333() -> None:
    assert allot(Decimal("10.00"), [1, 1, 1], "EUR") == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]


def test_a_negative_total_is_the_mirror_of_the_positive_one() -> None:
    assert allot(Decimal("-10"), [1, 1, 1], "EUR") == [Decimal("-3.34"), Decimal("-3.33"), Decimal("-3.33")]


@pytest.mark.parametrize(("total", "weights"), [("1.001", [1]), ("1", [0, 0]), ("1", [1, -1]), ("1", [])])
def test_what_cannot_be_allotted_is_refused(total: str, weights: list[int]) -> None:
    with pytest.raises(InputError):
        allot(Decimal(total), weights, "EUR")


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.fractions(0, 1000, max_denominator=997), min_size=1, max_size=20).filter(any),
)
def test_shares_sum_to_the_whole_and_miss_their_exact_part_by_less_than_a_unit(
    units: int, weights: list[Fraction]
) -> None:
    total = Decimal(units).scaleb(-2)
    shares = allot(total, weights, "EUR")
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(Fraction(share) - Fraction(total) * weight / sum(weights)) < Fraction(1, 100)


@given(st.fractions(-1000, 1000), st.sampled_from(["half_up", "half_even", "down"]))
def test_rounding_agrees_with_the_decimal_module(value: Fraction, mode: str) -> None:
    """Decimals of few digits are exact, so that the standard library is an oracle for them."""
    import decimal

    exact = Decimal(value.numerator * 1000 // value.denominator).scaleb(-3)
    names = {"half_up": "ROUND_HALF_UP", "half_even": "ROUND_HALF_EVEN", "down": "ROUND_DOWN"}
    assert round_amount(exact, "EUR", mode) == exact.quantize(  # type: ignore[arg-type]
        Decimal("0.01"), rounding=getattr(decimal, names[mode])
    )
