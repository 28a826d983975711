"""Books to export: a small one with both directions, and a random year of postings in several currencies."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from contracts.models import LegalEntity
from credits import services
from credits.exports import services as exports
from credits.exports.models import ExportBatch
from credits.models import Account, JournalEntry
from credits.rules import Line, credit, debit
from credits.services.ledger import account_for
from reckoning.money import minor_digits
from tests import factories
from tests.credits import world
from tests.credits.world import as_

Purpose = Account.Purpose
EXPORTED_AT = datetime(2023, 7, 1, 8, 30, tzinfo=UTC)
SPAN = (date(2023, 1, 1), date(2024, 1, 1))
REAL = (
    Purpose.PAYABLE_TO_CUSTOMERS,
    Purpose.SERVICE_CREDIT_EXPENSE,
    Purpose.RECEIVABLE_FROM_VENDORS,
    Purpose.RECOVERIES,
    Purpose.CLEARING,
)
MEMORANDUM = (Purpose.CLAIMS_NOT_ACKNOWLEDGED, Purpose.CLAIMS_CONTRA)


def export(target: str, *, span: tuple[date, date] = SPAN, entity: LegalEntity | None = None) -> ExportBatch:
    """A batch, exported by somebody new of finance."""
    with as_("finance"):
        return exports.export_batch(
            entity or factories.entity(),
            target=target,
            from_on=span[0],
            until_on=span[1],
            exported_at=EXPORTED_AT,
        )


def contents(batch: ExportBatch) -> list[bytes]:
    """The bytes of its files, in their order."""
    return [bytes(file.content) for file in batch.files.order_by("number")]


def small() -> world.World:
    """Our credit to a customer, issued; a vendor's credit, acknowledged in part and received. EUR and USD."""
    ours, theirs = world.customer(), world.vendor()
    ours.issue()
    claim = theirs.send()
    with as_("vendor_manager"):
        services.acknowledge_claim(claim, taken_on=date(2023, 5, 2), amount=Decimal("600.00"))
    with as_("finance"):
        services.receive_payment(claim, taken_on=date(2023, 5, 20))
    return ours


def random_year(
    seed: int, entries: int = 60, currencies: tuple[str, ...] = ("EUR", "USD", "JPY", "KWD")
) -> None:
    """A year of entries by hand: several postings, several currencies, memorandum accounts, reversals."""
    dice = random.Random(seed)  # chance for tests
    entity = factories.entity()
    parties = [factories.counterparty(code) for code in ("customer", "vendor", "4-ever", "z")]
    posted: list[JournalEntry] = []
    with as_("finance"):
        for number in range(entries):
            day = date(2023, 1, 1) + timedelta(days=dice.randrange(365))
            if posted and dice.random() < 0.2:
                entry = posted.pop(dice.randrange(len(posted)))
                services.reverse_entry(entry, effective_on=max(day, entry.effective_on), reason="a mistake")
                continue
            lines: list[Line] = []
            for currency in dice.sample(currencies, min(len(currencies), dice.choice((1, 1, 1, 2)))):
                lines += _balanced(dice, entity, parties, currency)
            posted.append(
                services.post_entry(
                    entity,
                    reference=f"hand {seed}/{number}",
                    description=dice.choice(
                        (
                            'A "quoted" text; with | signs',
                            "=HYPERLINK(1)",
                            "Plain",
                            "Größe, 日本 \\ x",
                            "-5\nlines",
                        )
                    ),
                    effective_on=day,
                    postings=lines,
                )
            )


def _balanced(dice: random.Random, entity: LegalEntity, parties: list, currency: str) -> list[Line]:
    purposes = MEMORANDUM if dice.random() < 0.2 else REAL
    smallest = Decimal(1).scaleb(-minor_digits(currency))

    def account() -> Account:
        return account_for(entity, dice.choice(purposes), dice.choice(parties), currency)

    parts = [smallest * dice.randrange(1, 10_000_000) for _ in range(dice.randrange(1, 4))]
    lines = [debit(account(), part) for part in parts]
    whole = sum(parts, Decimal(0))
    first = smallest * dice.randrange(1, int(whole / smallest) + 1)
    lines.append(credit(account(), first))
    if whole > first:
        lines.append(credit(account(), whole - first))
    return lines
