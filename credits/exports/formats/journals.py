"""What formats of journals have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from credits.exports.errors import ProfileRefused
from credits.exports.values import Context, Journal

# Accounts of a German chart (SKR04) and plain names: a start that an accountant replaces in the profile.
SKR04 = {
    "payable_to_customers": "3500",
    "service_credit_expense": "4700",
    "receivable_from_vendors": "1300",
    "recoveries": "4830",
    "clearing": "1370",
    "provision": "3070",
    "goodwill": "6300",
    "breakage": "4930",
    "write_off": "6280",
    "applied": "1371",
    "payouts": "1372",
    "receivable_from_customers": "1301",
    "fx_revaluation": "1302",
    "fx_gain": "4840",
    "fx_loss": "6880",
}
XERO = {
    "payable_to_customers": "805",
    "service_credit_expense": "261",
    "receivable_from_vendors": "620",
    "recoveries": "260",
    "clearing": "621",
    "provision": "815",
    "goodwill": "485",
    "breakage": "262",
    "write_off": "486",
    "applied": "622",
    "payouts": "623",
    "receivable_from_customers": "624",
    "fx_revaluation": "625",
    "fx_gain": "497",
    "fx_loss": "498",
}
NAMES = {
    "payable_to_customers": "Service credits payable",
    "service_credit_expense": "Service credits granted",
    "receivable_from_vendors": "Service credits receivable",
    "recoveries": "Recoveries from vendors",
    "clearing": "Service credits clearing",
    "provision": "Provision for service credits",
    "goodwill": "Goodwill credits granted",
    "breakage": "Service credits lapsed",
    "write_off": "Service credits written off",
    "applied": "Service credits applied",
    "payouts": "Service credits payouts",
    "receivable_from_customers": "Service credits clawed back",
    "fx_revaluation": "Service credits revaluation",
    "fx_gain": "Exchange gains",
    "fx_loss": "Exchange losses",
}
OFF_THE_BALANCE_SHEET = "it stands on memorandum accounts only, which are not on the balance sheet"


def no_check(options: Mapping[str, Any], accounts: Mapping[str, str]) -> None:
    """Nothing to refuse."""


def base_currency_only(journal: Journal, context: Context, system: str) -> str:
    """Why a journal in another currency than that of the books is refused; empty where it is not."""
    if journal.currency == context.functional_currency:
        return ""
    return (
        f"it is in {journal.currency}; {system} is in {context.functional_currency}, the currency of the books, "
        "and converts nothing"
    )


def whole_chunks(sizes: Sequence[int], most: int) -> list[range]:
    """Runs of consecutive items whose sizes sum to at most ``most``; an item is never cut.

    Raises ProfileRefused for an item that alone is too large: callers refuse such items first.
    """
    chunks: list[range] = []
    begin = filled = 0
    for at, size in enumerate(sizes):
        if size > most:
            raise ProfileRefused(f"size: an item of {size} rows does not fit into a file of {most}")
        if filled + size > most:
            chunks.append(range(begin, at))
            begin, filled = at, 0
        filled += size
    return [*chunks, range(begin, len(sizes))] if sizes else []
