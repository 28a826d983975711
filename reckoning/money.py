"""Amounts: minor units per currency, rounding once, and allotting a sum without losing a cent (rule 12)."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from reckoning.errors import CurrencyError, InputError

RoundingMode = Literal["half_up", "half_even", "down", "up"]

_NO_MINOR_UNIT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DIGITS = "CLF UYW"
_TWO_DIGITS = """
         AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
    CAD CDF CHE CHF     CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
    GHS GIP GMD GTQ GYD HKD HNL HTG     HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR
    LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR     MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD
    PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD     SHP SLE SOS SRD SSP STN SVC
    SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER     ZAR ZMW ZWG
"""
_MINOR_DIGITS: dict[str, int] = {
    code: digits
    for digits, codes in ((0, _NO_MINOR_UNIT), (2, _TWO_DIGITS), (3, _THREE_DIGITS), (4, _FOUR_DIGITS))
    for code in codes.split()
}


def minor_digits(currency: str) -> int:
    """The number of decimal places of `currency` in ISO 4217.

    Raises CurrencyError for a code not in the table.
    """
    try:
        return _MINOR_DIGITS[currency]
    except (KeyError, TypeError):
        raise CurrencyError(
            f"currency: {currency!r} is not an ISO 4217 code; three capital letters such as EUR are expected"
        ) from None


def known_currencies() -> tuple[str, ...]:
    """All codes of the table, sorted."""
    return tuple(sorted(_MINOR_DIGITS))


def round_units(value: Fraction, mode: RoundingMode) -> int:
    """Round `value` to a whole number.

    Half up and half even treat negative values as mirrored; down is toward zero and up away from it.
    """
    sign = -1 if value < 0 else 1
    numerator, denominator = abs(value.numerator), value.denominator
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if mode == "half_up":
        whole += twice >= denominator
    elif mode == "half_even":
        whole += twice > denominator or (twice == denominator and whole % 2 == 1)
    elif mode == "up":
        whole += rest > 0
    elif mode != "down":
        raise InputError(
            f"rounding mode: {mode!r} is unknown; one of half_up, half_even, down, up is expected"
        )
    return sign * whole


def scaled(units: int, places: int) -> Decimal:
    """`units` of 10**-places as a Decimal with exactly `places` decimals, whatever the decimal context."""
    digits = tuple(int(digit) for digit in str(abs(units)))
    return Decimal((1 if units < 0 else 0, digits, -places))


def round_fraction(value: Fraction, places: int, mode: RoundingMode) -> Decimal:
    """Round an exact value to `places` decimals, without passing through a rounded intermediate."""
    return scaled(round_units(value * 10**places, mode), places)


def round_amount(value: Fraction | Decimal | int, currency: str, mode: RoundingMode = "half_up") -> Decimal:
    """Round an exact amount to the minor unit of `currency` (rule 12). Raises CurrencyError."""
    return round_fraction(Fraction(value), minor_digits(currency), mode)


def allot(total: Decimal, weights: Sequence[Fraction | Decimal | int], currency: str) -> list[Decimal]:
    """Share `total` by `weights` so that the shares are whole minor units and sum to the whole.

    Largest remainder; equal remainders go to the earlier share. A negative total is the mirror of the
    positive one. Raises InputError when the total is not in whole minor units, a weight is negative, or all
    are zero.
    """
    places = minor_digits(currency)
    units = Fraction(total) * 10**places
    if units.denominator != 1:
        raise InputError(f"total: {total} is not a whole number of minor units of {currency}")
    parts = [Fraction(weight) for weight in weights]
    whole = sum(parts, Fraction(0))
    if any(part < 0 for part in parts) or whole == 0:
        raise InputError("weights: none may be negative and at least one must be above zero")
    sign = -1 if units < 0 else 1
    exact = [abs(units) * part / whole for part in parts]
    shares = [share.numerator // share.denominator for share in exact]
    missing = int(abs(units)) - sum(shares)
    by_remainder = sorted(range(len(parts)), key=lambda index: (shares[index] - exact[index], index))
    for index in by_remainder[:missing]:
        shares[index] += 1
    return [scaled(sign * share, places) for share in shares]
