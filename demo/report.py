"""The text of the summary: plain lines, the same on every run."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from demo.people import PASSWORD, PEOPLE
from demo.summary import Line, Summary

CLAIMS = {
    "provisional": "provisional",
    "found": "open",
    "sent": "sent, no answer yet",
    "acknowledged": "acknowledged",
    "refused": "refused by the vendor",
    "paid": "paid",
    "claimed": "claimed",
    "waived": "given without a claim",
    "forfeited": "not claimed in time, forfeited",
}
LISTED = {
    "no_component": "name no component",
    "no_length": "have no length",
    "untracked_component": "name only a component that nothing is promised for",
    "in_the_future": "end after they were told",
}


def lines(summary: Summary) -> Iterator[str]:
    """The whole summary, line by line."""
    yield f"SLA Ledger, the demo, as of {summary.as_of}"
    yield "The outages are real and were published by the vendor. Both contracts, the customer, all fees and all people"
    yield "are invented; the vendor's terms follow a text dated 2020-12 that is no longer offered."
    yield ""
    yield f"Breaches by the vendor: {len(summary.vendor)} of {summary.assessed} component-quarters below 99.9 %"
    yield from _table(summary.vendor)
    for reading in summary.readings:
        yield (
            f"  {reading.name}: {reading.below_target} of {summary.assessed} below 99.9 %, "
            f"{reading.below_ninety_nine} below 99.0 %"
        )
    good, months = summary.published
    yield f"  the vendor's published monthly uptime is reproduced in {good} of {months} component-months"
    yield ""
    yield "What we owe the customer, by month"
    yield from _table(summary.customer)
    yield f"  earned: {_total(summary.customer, _is_owed)}; not claimed in time: {_total(summary.customer, _is_lost)}"
    yield f"  changed by post-mortems between provisional and final: {', '.join(summary.corrected) or 'none'}"
    yield ""
    yield "Open questions, which are answered by people and are no zeros"
    yield from (f"  {window}  {service}: {codes}" for window, service, codes in summary.questions)
    yield ""
    yield "Counted"
    yield "  " + ", ".join(f"{name} {count}" for name, count in summary.counts.items())
    yield "  incidents listed, not dropped: " + ", ".join(
        f"{count} {LISTED.get(reason, reason)}" for reason, count in summary.listed.items()
    )
    only_seconds, only_incidents = summary.one_sided
    yield f"  incident codes in one file only: {only_seconds} in the daily seconds, {only_incidents} in the incidents"
    yield ""
    yield "Trial balance"
    yield from _trial(summary)
    yield ""
    yield f"The ledger balances: {_yes(summary.balances)}"
    yield f"The record verifies: {_yes(not summary.record_faults)}"
    yield from (f"  {fault}" for fault in summary.record_faults)


def logins() -> Iterator[str]:
    """Who can log in to the demo."""
    yield f"Logins of the demo, all with the password {PASSWORD}:"
    for person in PEOPLE:
        roles = ", ".join(role.replace("_", " ") for role in person.roles)
        yield f"  {person.username:<8} {roles}"


def _table(rows: Sequence[Line]) -> Iterator[str]:
    yield "  service         window   level %    tier             credit         claim by    state"
    for row in rows:
        amount = f"{_money(row.amount)} {row.currency}" if row.amount is not None else "open"
        state = CLAIMS.get(row.claim, row.claim)
        if row.days_left is not None:
            state += f", {row.days_left} days left"
        if row.memo != "issued" and row.claim not in ("forfeited", "provisional"):
            state += f" (memo {row.memo or 'not proposed yet'})"
        yield (
            f"  {row.service:<15} {row.window:<8} {row.level:<10} {row.tier:<16} {amount:>13}  "
            f"{row.claim_by or '-'!s:<10}  {state}"
        )


def _trial(summary: Summary) -> Iterator[str]:
    for currency in sorted({row[1] for row in summary.trial}):
        rows = [row for row in summary.trial if row[1] == currency]
        for name, _, debit, credit in rows:
            yield f"  {name:<40} {currency}  debit {_money(debit):>12}  credit {_money(credit):>12}"
        debits, credits = sum((row[2] for row in rows), Decimal(0)), sum((row[3] for row in rows), Decimal(0))
        yield f"  {'total':<40} {currency}  debit {_money(debits):>12}  credit {_money(credits):>12}"


def _is_owed(row: Line) -> bool:
    return row.claim in ("claimed", "waived")


def _is_lost(row: Line) -> bool:
    return row.claim == "forfeited"


def _total(rows: Sequence[Line], counts: Callable[[Line], bool]) -> str:
    amounts = [row.amount for row in rows if counts(row) and row.amount is not None]
    currency = rows[0].currency if rows else ""
    return f"{_money(sum(amounts, Decimal(0)))} {currency}"


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _yes(said: bool) -> str:
    return "yes" if said else "NO"
