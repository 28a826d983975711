"""The formats, behind one seam.

A format is given values and hands back files; it reads no database and no clock, so that the same values give the
same bytes. What it cannot take it says, with the reason, and the batch keeps that: nothing is left out silently.
Pushing to a billing system by its API will be a further class here, whose ``write`` gives the requests to send.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from credits.exports.models import Target
from credits.exports.values import Context, Journal, Note, Written

Item = Journal | Note
# How each option is asked for: its meaning and the value that it has unless set.
Options = Mapping[str, tuple[str, str]]


class Format(Protocol):
    """What one other system takes."""

    target: Target
    of_notes: bool
    options: Options
    accounts: Mapping[str, str]

    def check(self, options: Mapping[str, Any], accounts: Mapping[str, str]) -> None:
        """Raise ProfileRefused for settings that it cannot be written with."""

    def external_id(self, item: Any) -> str:
        """The id by which the other side keeps it; stable, and unique within the format."""

    def refusal(self, item: Any, context: Context) -> str:
        """Why it cannot be taken, in a sentence; empty where it can."""

    def write(self, items: Sequence[Any], context: Context) -> list[Written]:
        """The files, in their order."""


def format_of(target: str) -> Format:
    """The format of a target. Raises ValueError for a target that there is none for."""
    from credits.exports.formats import (
        beancount,
        datev,
        hledger,
        journal_csv,
        netsuite,
        quickbooks,
        ubl,
        xero,
    )

    known = (
        beancount.Beancount(),
        datev.Datev(),
        hledger.Hledger(),
        journal_csv.JournalCsv(),
        netsuite.NetSuite(),
        quickbooks.QuickBooks(),
        ubl.Ubl(),
        xero.CreditNotes(),
        xero.ManualJournals(),
    )
    by_target = {one.target.value: cast(Format, one) for one in known}
    return by_target[Target(target).value]


__all__ = ["Context", "Format", "Item", "Journal", "Note", "Written", "format_of"]
