"""Exchange rates with their day and source; balances in other currencies valued anew at a month's end."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from base.errors import NotAllowed
from credits import services
from credits.errors import RateMissing, WrongAmount
from credits.models import Account, ExchangeRate, JournalEntry, Revaluation
from credits.reading import ledger_balances, trial_balance
from credits.rules import credit, debit
from credits.services.ledger import account_for
from credits.services.rates import rate_on
from tests import factories
from tests.credits.world import as_, as_job, refused

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = date(2023, 3, 31), date(2023, 4, 30), date(2023, 5, 31)


def rate(on: date, value: str, base: str = "USD", quote: str = "EUR") -> ExchangeRate:
    with as_("finance"):
        return services.record_rate(
            base_currency=base, quote_currency=quote, on=on, rate=Decimal(value), source="the central bank"
        )


def owe(amount: str, currency: str = "USD", on: date = date(2023, 4, 10), reference: str = "E-1") -> None:
    entity, party = factories.entity(), factories.counterparty()
    with as_("finance"):
        accounts = [
            account_for(entity, one, party, currency)
            for one in (Account.Purpose.SERVICE_CREDIT_EXPENSE, Account.Purpose.PAYABLE_TO_CUSTOMERS)
        ]
        services.post_entry(
            entity,
            reference=reference,
            description="",
            effective_on=on,
            postings=[debit(accounts[0], Decimal(amount)), credit(accounts[1], Decimal(amount))],
        )


def revalue(on: date) -> list[Revaluation]:
    with as_job():
        return services.revalue(factories.entity(), on=on)


def in_euro() -> dict[str, Decimal]:
    return {
        row.account.purpose: row.balance for row in trial_balance() if row.currency == "EUR" and row.balance
    }


def test_a_debt_that_became_dearer_is_a_loss_and_one_that_became_cheaper_a_gain():
    rate(date(2023, 4, 1), "0.90")
    rate(APRIL, "0.95")
    rate(MAY, "0.92")
    owe("1000.00")
    [row] = revalue(APRIL)
    assert (row.balance_amount, row.carried_amount, row.revalued_amount) == (
        Decimal("-1000.00"),
        Decimal("-900.00"),
        Decimal("-950.00"),
    )
    assert in_euro() == {"fx_loss": Decimal("50.00"), "fx_revaluation": Decimal("-50.00")}
    [row] = revalue(MAY)
    assert (row.carried_amount, row.difference_amount) == (Decimal("-950.00"), Decimal("30.00"))
    assert in_euro() == {
        "fx_gain": Decimal("-30.00"),
        "fx_loss": Decimal("50.00"),
        "fx_revaluation": Decimal("-20.00"),
    }
    assert ledger_balances()


def test_valuing_the_same_day_again_posts_nothing():
    rate(date(2023, 4, 1), "0.90")
    owe("1000.00")
    revalue(APRIL)
    assert revalue(APRIL) == []
    assert Revaluation.objects.get().entry is None  # the rate did not move


def test_currencies_without_and_with_three_decimals():
    rate(date(2023, 4, 1), "0.0068", base="JPY")
    rate(APRIL, "0.0070", base="JPY")
    rate(date(2023, 4, 1), "3.0", base="KWD")
    rate(APRIL, "2.987654", base="KWD")
    owe("12345", "JPY")
    owe("7.125", "KWD", reference="E-2")
    by_currency = {row.account.currency: row for row in revalue(APRIL)}
    assert by_currency["JPY"].revalued_amount == Decimal("-86.42")  # 12,345 x 0.007 = 86.415, half up
    assert by_currency["JPY"].carried_amount == Decimal("-83.95")  # 83.946
    assert by_currency["KWD"].revalued_amount == Decimal("-21.29")  # 21.28703475


def test_what_is_posted_late_into_a_valued_month_is_carried_at_its_own_day():
    rate(date(2023, 4, 1), "0.90")
    rate(APRIL, "0.95")
    owe("1000.00")
    revalue(APRIL)
    owe("100.00", on=date(2023, 4, 20), reference="E-2")
    rate(MAY, "0.95")
    [row] = revalue(MAY)
    assert row.balance_amount == Decimal("-1100.00")


def test_a_rate_is_of_the_day_or_before_and_either_way_round():
    rate(date(2023, 4, 1), "1.25", base="EUR", quote="USD")
    exact, row = rate_on("USD", "EUR", APRIL)
    assert (exact, row.source) == (Fraction(4, 5), "the central bank")
    with pytest.raises(RateMissing, match="USD in EUR for 2023-03-31"):
        rate_on("USD", "EUR", MARCH)
    rate(date(2023, 4, 1), "1.30", base="EUR", quote="USD")  # corrects
    assert rate_on("EUR", "USD", APRIL)[0] == Fraction(13, 10)


def test_without_a_rate_nothing_is_valued():
    owe("1000.00")
    with pytest.raises(RateMissing):
        revalue(APRIL)
    assert JournalEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("value", "base", "quote", "source"),
    [("0", "USD", "EUR", "x"), ("-1", "USD", "EUR", "x"), ("1", "EUR", "EUR", "x"), ("1", "USD", "EUR", " ")],
)
def test_a_rate_is_above_zero_between_two_currencies_and_has_a_source(
    value: str, base: str, quote: str, source: str
):
    with as_("finance"), pytest.raises(WrongAmount):
        services.record_rate(
            base_currency=base, quote_currency=quote, on=APRIL, rate=Decimal(value), source=source
        )
    if source == "x":
        with refused("credits_rate_positive"), as_("finance") as person:
            ExchangeRate.objects.create(
                base_currency=base,
                quote_currency=quote,
                on=APRIL,
                rate=Decimal(value),
                source=source,
                recorded_by=person,
            )


def test_rates_are_recorded_by_finance():
    with as_("legal"), pytest.raises(NotAllowed):
        services.record_rate(base_currency="USD", quote_currency="EUR", on=APRIL, rate=Decimal(1), source="x")
