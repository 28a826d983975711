"""A statement: what stood between us and one counterparty at the start of a period, what moved it, what stands.

Balances come from the postings to the accounts that say who owes whom, movements are those very postings, and
each opening plus its movements is checked to be its closing. Credits that are not posted (provisional ones,
and final ones that wait for a claim, an approval or their issue) are listed beside them and counted in no
balance.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from contracts.models import Counterparty, LegalEntity
from credits.errors import StatementRefused
from credits.models import Account, Assessment, CreditMemo, Posting
from credits.not_posted import NotPosted, not_posted
from credits.reading import ZERO
from measurements.models import DifferenceDecision, SourceBinding

Purpose = Account.Purpose
# The accounts that say who owes whom, and the side on which each of them grows.
GROWS_ON = {
    Purpose.PAYABLE_TO_CUSTOMERS.value: "credit",
    Purpose.RECEIVABLE_FROM_VENDORS.value: "debit",
    Purpose.CLAIMS_NOT_ACKNOWLEDGED.value: "debit",
    Purpose.RECEIVABLE_FROM_CUSTOMERS.value: "debit",
}
Key = tuple[str, str]
# What moves a balance, in the order in which a statement tells it. Goodwill has a line of its own (rule 16).
SECTIONS = {
    "credits": "Credits",
    "adjustments": "Adjustments",
    "goodwill": "Goodwill",
    "applied": "Applied and received",
    "paid_out": "Paid out",
    "lapsed": "Lapsed or written off",
}
_SECTION_OF_USE = {
    "applied": "applied",
    "paid_out": "paid_out",
    "set_off": "applied",
    "expired": "lapsed",
    "reduced": "adjustments",
    "clawed_back": "adjustments",
    "written_off": "lapsed",
}
_SECTION_OF_KIND = {"service_credit": "credits", "goodwill": "goodwill"}


@dataclass(frozen=True)
class Movement:
    """One posting to an account of the statement. ``amount`` is signed: above zero it lets the balance grow.

    ``section`` is the line of the statement that it belongs to: one of ``SECTIONS``.
    """

    section: str
    account: str
    currency: str
    effective_on: date
    entry: str
    document_number: str
    contract: str
    commitment: str
    service: str
    window: str
    level_percent: str
    tier: str
    description: str
    amount: Decimal


@dataclass(frozen=True)
class Balance:
    """What stands on one account in one currency. Opening plus movements is closing."""

    account: str
    currency: str
    opening: Decimal
    movements: Decimal
    closing: Decimal


@dataclass(frozen=True)
class SectionSum:
    """What one section moved on one account: a line between opening and closing."""

    section: str
    account: str
    currency: str
    count: int
    amount: Decimal

    @property
    def words(self) -> str:
        """The section in words."""
        return SECTIONS[self.section]


@dataclass(frozen=True)
class MeasuredBy:
    """Who decides about a contract of the statement, and where it measures."""

    contract: str
    source: str
    kind: str
    measurement_point: str


@dataclass(frozen=True)
class TwoSources:
    """A window of the statement of which two sources said different things, and the accepted figure, in seconds."""

    contract: str
    service: str
    window: str
    line: str
    source: str
    contractual_seconds: Decimal
    other_seconds: Decimal
    accepted_seconds: Decimal
    why: str


@dataclass(frozen=True)
class Statement:
    """A whole statement; ``from_on`` belongs to the period, ``until_on`` does not."""

    legal_entity: LegalEntity
    counterparty: Counterparty
    from_on: date
    until_on: date
    balances: tuple[Balance, ...]
    movements: tuple[Movement, ...]
    not_posted: tuple[NotPosted, ...]
    measured_by: tuple[MeasuredBy, ...] = ()
    two_sources: tuple[TwoSources, ...] = ()

    @property
    def row_count(self) -> int:
        """How many rows there are between the balances: movements and credits that are not posted."""
        return len(self.movements) + len(self.not_posted)

    @property
    def sections(self) -> tuple[SectionSum, ...]:
        """What moved each balance, by section; with the opening they give the closing."""
        found: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
        for row in self.movements:
            found[row.account, row.currency, row.section].append(row.amount)
        order = list(SECTIONS)
        keys = sorted(found, key=lambda key: (key[0], key[1], order.index(key[2])))
        return tuple(
            SectionSum(section, account, currency, len(found[account, currency, section]), sum(amounts, ZERO))
            for account, currency, section in keys
            for amounts in [found[account, currency, section]]
        )

    @property
    def not_posted_totals(self) -> dict[str, Decimal]:
        """The sum of what is not posted, by currency; credits whose amount is an open question are left out."""
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.not_posted:
            if row.amount is not None:
                totals[row.currency] += row.amount
        return dict(totals)


def statement(
    counterparty: Counterparty, legal_entity: LegalEntity, from_on: date, until_on: date
) -> Statement:
    """The statement of a counterparty with one of our companies over [from_on, until_on), by effective days.

    Raises StatementRefused for a period that is empty, or for books that contradict themselves.
    """
    if until_on <= from_on:
        raise StatementRefused(
            f"until_on: {until_on} is not after from_on {from_on}; it is the first day after"
        )
    postings = Posting.objects.filter(
        account__legal_entity=legal_entity,
        account__counterparty=counterparty,
        account__purpose__in=list(GROWS_ON),
    )
    movements = tuple(_movements(postings, from_on, until_on))
    waiting = tuple(not_posted(counterparty, legal_entity, from_on, until_on))
    told = {(row.contract, row.window) for row in movements if row.contract}
    told |= {(row.contract, row.window) for row in waiting if row.contract}
    return Statement(
        legal_entity=legal_entity,
        counterparty=counterparty,
        from_on=from_on,
        until_on=until_on,
        balances=_balances(postings, movements, from_on, until_on),
        movements=movements,
        not_posted=waiting,
        measured_by=tuple(_measured_by({contract for contract, _ in told})),
        two_sources=tuple(_two_sources(told)),
    )


def _measured_by(references: set[str]) -> Iterable[MeasuredBy]:
    """The sources that play a role for the contracts."""
    rows = SourceBinding.objects.filter(contract__reference__in=references).select_related(
        "contract", "source"
    )
    for row in rows.order_by("contract__reference", "role", "rank") if references else ():
        source = row.source
        # Which windows it stood in for is said on the evidence of each result.
        name = source.name if row.rank == 1 else f"{source.name} (stands in; not contractual)"
        yield MeasuredBy(row.contract.reference, name, source.get_kind_display(), source.measurement_point)


def _two_sources(told: set[tuple[str, str]]) -> Iterable[TwoSources]:
    """The last accepted figure of each line of the windows that the statement tells of."""
    if not told:
        return
    result = Assessment.objects.filter(
        commitment=OuterRef("commitment"), window_start=OuterRef("window_start")
    )
    rows = (
        DifferenceDecision.objects.filter(
            commitment__version__contract__reference__in={contract for contract, _ in told}
        )
        .annotate(label=Subquery(result.values("window_label")[:1]))
        .filter(label__in={window for _, window in told})
        .order_by("commitment_id", "window_start", "source_id", "line", "-decided_at", "-pk")
        .distinct("commitment_id", "window_start", "source_id", "line")
        .select_related("commitment__version__contract", "commitment__service", "source")
        .defer("commitment__version__terms")
    )
    for row in rows:
        contract = row.commitment.version.contract.reference
        if (contract, row.label) in told:
            yield TwoSources(
                contract,
                row.commitment.service.name,
                row.label,
                row.line,
                row.source.name,
                row.contractual_seconds,
                row.other_seconds,
                row.accepted_seconds,
                row.get_category_display(),
            )


def _sums(postings: QuerySet[Posting], before: date) -> dict[Key, Decimal]:
    """The balance of each account, by purpose and currency, with entries effective before a day."""
    rows = (
        postings.filter(entry__effective_on__lt=before)
        .values_list("account__purpose", "currency", "side")
        .annotate(total=Sum("amount"))
        .order_by()
    )
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    for purpose, currency, side, total in rows:
        sums[purpose, currency] += total if side == GROWS_ON[purpose] else -total
    return sums


def _balances(
    postings: QuerySet[Posting], movements: Iterable[Movement], from_on: date, until_on: date
) -> tuple[Balance, ...]:
    opening, closing = _sums(postings, from_on), _sums(postings, until_on)
    moved: dict[Key, Decimal] = defaultdict(Decimal)
    for movement in movements:
        moved[movement.account, movement.currency] += movement.amount
    balances = []
    for key in sorted({*opening, *closing, *moved}):
        row = Balance(*key, opening.get(key, ZERO), moved.get(key, ZERO), closing.get(key, ZERO))
        if row.opening + row.movements != row.closing:
            raise StatementRefused(
                f"account: {row.account} in {row.currency} opens with {row.opening}, moves by {row.movements} "
                f"and closes with {row.closing}; something was posted meanwhile, try again"
            )
        balances.append(row)
    return tuple(balances)


def _movements(postings: QuerySet[Posting], from_on: date, until_on: date) -> Iterable[Movement]:
    rows = postings.filter(entry__effective_on__gte=from_on, entry__effective_on__lt=until_on)
    rows = rows.select_related("account", "entry__memo")
    rows = rows.prefetch_related("entry__memo__steps", "entry__memo_uses")
    for row in rows.order_by("entry__effective_on", "entry_id", "pk"):
        memo = row.entry.memo
        facts = memo.facts if memo else {}
        yield Movement(
            section=_section(row),
            account=row.account.purpose,
            currency=row.currency,
            effective_on=row.entry.effective_on,
            entry=row.entry.reference,
            document_number=_document_number(memo),
            contract=facts.get("contract", ""),
            commitment=facts.get("commitment", ""),
            service=facts.get("service", ""),
            window=facts.get("window", ""),
            level_percent=facts.get("level_percent", ""),
            tier=facts.get("tier", ""),
            description=row.entry.description,
            amount=row.amount if row.side == GROWS_ON[row.account.purpose] else -row.amount,
        )


def _section(row: Posting) -> str:
    """Which line of the statement a posting belongs to, from what it was posted for."""
    entry = row.entry
    uses = {_SECTION_OF_USE[use.kind] for use in entry.memo_uses.all()}
    if uses:
        return uses.pop() if len(uses) == 1 else "adjustments"
    if entry.reverses_id is not None or entry.memo is None:
        return "adjustments"
    if entry.reference.endswith("/pay"):
        return "applied"
    return _SECTION_OF_KIND.get(entry.memo.kind, "adjustments")


def _document_number(memo: CreditMemo | None) -> str:
    if memo is None:
        return ""
    return next((step.document_number for step in memo.steps.all() if step.document_number), "")
