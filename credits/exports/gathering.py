"""From the books to the values that formats write. The number of queries depends on no number of rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet

from contracts.models import Contract, Counterparty, LegalEntity
from credits.exports.models import ExportLine
from credits.exports.values import CreditedPart, Journal, JournalLine, Note, Party, Rate, TaxSum
from credits.invoices.crediting import credited_lines, tax_totals
from credits.invoices.models import CreditedLine
from credits.models import Account, CreditMemo, JournalEntry, MemoStep, Posting
from credits.models.closing import ExchangeRate
from reckoning.money import allot

PURPOSES = dict(Account.Purpose.choices)


def journals_of(entries: QuerySet[JournalEntry]) -> list[Journal]:
    """The entries as journals, one for each currency, by day and then in the order in which they were posted."""
    postings = Posting.objects.select_related("account__counterparty").order_by("pk")
    rows = entries.select_related("reverses").prefetch_related(Prefetch("postings", queryset=postings))
    found: list[Journal] = []
    for entry in rows.order_by("effective_on", "pk"):
        by_currency: dict[str, list[JournalLine]] = defaultdict(list)
        for posting in entry.postings.all():
            by_currency[posting.currency].append(_line(posting))
        found += [
            Journal(
                entry_id=entry.pk,
                reference=entry.reference,
                description=entry.description,
                effective_on=entry.effective_on,
                currency=currency,
                lines=tuple(lines),
                reverses=entry.reverses.reference if entry.reverses else "",
                several_currencies=len(by_currency) > 1,
            )
            for currency, lines in sorted(by_currency.items())
        ]
    return found


def _line(posting: Posting) -> JournalLine:
    account = posting.account
    return JournalLine(
        purpose=account.purpose,
        purpose_words=PURPOSES.get(account.purpose, account.purpose),
        kind=account.kind,
        counterparty=account.counterparty.code,
        counterparty_name=account.counterparty.name,
        side=posting.side,
        amount=posting.amount,
    )


def notes_of(memos: QuerySet[CreditMemo], until_on: date) -> list[Note]:
    """Issued memos of customers as credit notes, in the order in which they were issued."""
    steps = MemoStep.objects.order_by("number")
    rows = list(
        memos.filter(direction=Contract.Direction.PROMISED_BY_US)
        .select_related("legal_entity", "counterparty", "contract")
        .prefetch_related(Prefetch("steps", queryset=steps))
    )
    lines = credited_lines(rows)
    notes = [_note(memo, lines.get(memo.pk, []), until_on) for memo in rows]
    return sorted(notes, key=lambda note: (note.issued_on, note.memo_id))


def _note(memo: CreditMemo, lines: Sequence[CreditedLine], until_on: date) -> Note:
    issued = next(step for step in memo.steps.all() if step.state == CreditMemo.State.ISSUED)
    reversed_ = [step for step in memo.steps.all() if step.state == CreditMemo.State.REVERSED]
    facts: dict[str, Any] = memo.facts
    what = " ".join(str(facts.get(name, "")) for name in ("service", "window")).strip()
    words = memo.get_kind_display()
    document: dict[str, Any] = getattr(issued, "document", None) or {}
    totals = tax_totals(lines, memo.currency)
    return Note(
        memo_id=memo.pk,
        number=issued.document_number or "",
        issued_on=issued.taken_on,
        kind=memo.kind,
        is_reversed=any(step.taken_on < until_on for step in reversed_),
        seller=_party(memo.legal_entity, document.get("legal_entity")),
        buyer=_party(memo.counterparty, document.get("counterparty")),
        currency=memo.currency,
        contract=facts.get("contract", memo.contract.reference),
        description=f"{words}, {what}" if what else words,
        parts=tuple(_parts(lines, f"{words}, {what}" if what else words, memo.currency)),
        taxes=tuple(
            TaxSum(one.category, one.percent, one.exemption_reason, one.net_amount, one.tax_amount)
            for one in totals
        ),
        net_amount=memo.amount,
    )


def _party(row: LegalEntity | Counterparty, at_issue: dict[str, Any] | None) -> Party:
    """As it was when the document was issued, where that was kept; else as it is."""
    kept = at_issue or {}

    def said(name: str) -> str:
        return str(kept.get(name) or "") if name in kept else str(getattr(row, name))

    names = ("name", "country", "vat_id", "registration_id", "street", "postal_code", "city")
    return Party(row.code, *(said(name) for name in names))


def _parts(lines: Sequence[CreditedLine], words: str, currency: str) -> Iterable[CreditedPart]:
    """The lines with their shares of the tax, which is rounded once per rate and split by largest remainder."""
    taxes: dict[int, Decimal] = {}
    for total in tax_totals(lines, currency):
        same = [
            line
            for line in lines
            if (line.tax_category, line.tax_percent, line.tax_exemption_reason)
            == (total.category, total.percent, total.exemption_reason)
        ]
        shares = allot(total.tax_amount, [line.net_amount for line in same], currency)
        taxes |= {line.number: share for line, share in zip(same, shares, strict=True)}
    for line in lines:
        invoice = line.invoice_line.invoice
        yield CreditedPart(
            number=line.number,
            description=words,
            net=line.net_amount,
            tax=taxes[line.number],
            tax_category=line.tax_category,
            tax_percent=line.tax_percent,
            exemption_reason=line.tax_exemption_reason,
            invoice=invoice.external_id,
            invoiced_on=invoice.issued_on,
            invoice_line=line.invoice_line.external_id,
        )


def rates_for(journals: Sequence[Journal], into: str) -> dict[tuple[str, date], Rate]:
    """The last rate known on or before each day, of each other currency into that of the books. One query."""
    wanted = sorted({(one.currency, one.effective_on) for one in journals if one.currency != into})
    if not wanted:
        return {}
    rows = ExchangeRate.objects.filter(
        base_currency__in={currency for currency, _ in wanted},
        quote_currency=into,
        on__lte=max(day for _, day in wanted),
    ).order_by("base_currency", "on", "pk")
    known: dict[str, list[Rate]] = defaultdict(list)
    for row in rows:
        known[row.base_currency].append(Rate(row.rate, row.on, row.source))
    found: dict[tuple[str, date], Rate] = {}
    for currency, day in wanted:
        before = [rate for rate in known[currency] if rate.on <= day]
        if before:
            found[currency, day] = before[-1]
    return found


def opened_before(legal_entity: LegalEntity, target: str) -> frozenset[str]:
    """The accounts that earlier batches of a target have written, as purpose:counterparty."""
    entries = ExportLine.objects.filter(target=target, batch__legal_entity=legal_entity).values("entry")
    rows = Posting.objects.filter(entry__in=entries).values_list(
        "account__purpose", "account__counterparty__code"
    )
    return frozenset(f"{purpose}:{code}" for purpose, code in rows.distinct())
