"""What an entry must be, in Python: pure checks on its lines, the twins of the triggers in credits/sql."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from credits.errors import EntryIncomplete, EntryNotBalanced, MemorandumMixed, WrongAccount, WrongAmount
from credits.models import Account
from reckoning.money import minor_digits

MOST_LINES = 5000


@dataclass(frozen=True)
class Line:
    """One side of an entry to be: a positive amount, in the currency of its account."""

    account: Account
    side: str
    amount: Decimal


def debit(account: Account, amount: Decimal) -> Line:
    """A line on the debit side."""
    return Line(account, "debit", amount)


def credit(account: Account, amount: Decimal) -> Line:
    """A line on the credit side, in the sense of bookkeeping."""
    return Line(account, "credit", amount)


def require_amount(amount: Decimal, currency: str, field: str = "amount") -> Decimal:
    """An amount above zero in whole minor units of its currency (rule 12). Raises WrongAmount."""
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount <= 0:
        raise WrongAmount(f"{field}: {amount} is not an amount above zero")
    places = minor_digits(currency)
    if amount != round(amount, places):
        raise WrongAmount(f"{field}: {amount} is finer than the {places} decimals of {currency}")
    return amount


def check_lines(lines: Sequence[Line], legal_entity_id: int) -> None:
    """Raise the named error of the first rule that the lines of one entry break.

    At least two lines; every amount above zero in whole minor units; accounts of the entry's legal entity;
    debits equal to credits in every currency, and among memorandum accounts alone as well.
    """
    if not 2 <= len(lines) <= MOST_LINES:
        raise EntryIncomplete(f"postings: {len(lines)} were given; an entry has 2 to {MOST_LINES} of them")
    whole: dict[str, Decimal] = defaultdict(Decimal)
    memorandum: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        currency = line.account.currency
        if line.side not in ("debit", "credit"):
            raise EntryNotBalanced(f"side: {line.side!r} is neither debit nor credit")
        require_amount(line.amount, currency)
        if line.account.legal_entity_id != legal_entity_id:
            raise WrongAccount(f"account: {line.account} belongs to another legal entity than the entry")
        signed = line.amount if line.side == "debit" else -line.amount
        whole[currency] += signed
        if line.account.kind == Account.Kind.MEMORANDUM:
            memorandum[currency] += signed
    for currency, difference in whole.items():
        if difference:
            raise EntryNotBalanced(
                f"postings: debits less credits are {difference} {currency}; they must be 0"
            )
    for currency, difference in memorandum.items():
        if difference:
            raise MemorandumMixed(
                f"postings: the memorandum accounts differ by {difference} {currency}; they balance among "
                "themselves and never against real accounts"
            )
