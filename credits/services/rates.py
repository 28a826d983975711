"""Exchange rates with their date and source, and the revaluation of balances in other currencies at a month's end."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db import transaction

from audit.record import record
from base.access import require_role
from base.dberrors import named_errors
from contracts.models import LegalEntity
from credits.actors import require_job_or
from credits.errors import BY_CONSTRAINT, RateMissing, WrongAmount
from credits.locks import hold, hold_period
from credits.models import Account, ExchangeRate, JournalEntry, Posting, Revaluation
from credits.reading import ZERO
from credits.rules import credit, debit
from credits.services.ledger import account_for, write_entry
from reckoning.money import minor_digits, round_amount

Purpose = Account.Purpose
# What is owed to us or by us. Expenses and income keep the value of the day on which they were earned.
MONETARY = (
    Purpose.PAYABLE_TO_CUSTOMERS,
    Purpose.RECEIVABLE_FROM_VENDORS,
    Purpose.RECEIVABLE_FROM_CUSTOMERS,
    Purpose.PROVISION,
    Purpose.CLEARING,
    Purpose.PAYOUTS,
    Purpose.APPLIED,
)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def record_rate(
    *, base_currency: str, quote_currency: str, on: date, rate: Decimal, source: str
) -> ExchangeRate:
    """Record what one unit of ``base_currency`` was worth in ``quote_currency`` on a day, and who published it.

    A second rate for the same day corrects the first; what was valued with that stays. Raises WrongAmount,
    NotAllowed (finance records).
    """
    actor = require_role("finance")
    minor_digits(base_currency)
    minor_digits(quote_currency)
    if not rate.is_finite() or rate <= 0 or base_currency == quote_currency or not source.strip():
        raise WrongAmount("rate: a rate above zero between two currencies is needed, and its source")
    row = ExchangeRate.objects.create(
        base_currency=base_currency,
        quote_currency=quote_currency,
        on=on,
        rate=rate,
        source=source,
        recorded_by=actor,
    )
    after = {"pair": f"{base_currency}/{quote_currency}", "on": on, "rate": rate, "source": source}
    record("exchange_rate.record", row, after=after)
    return row


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def revalue(legal_entity: LegalEntity, *, on: date) -> list[Revaluation]:
    """Value every balance in another currency anew, at the rate of ``on`` or the last one before; once per day.

    What a balance is carried at is its last valuation and, since then, each posting at the rate of its day, rounded
    half up. The difference is a gain or a loss in the currency of the books, in accounts of its own; the balance in
    its own currency does not move. Raises RateMissing, PeriodClosed, NotAllowed (finance or a job).
    """
    require_job_or("finance")
    hold("revaluation", legal_entity.pk)
    hold_period(legal_entity.pk, on, alone=True)  # postings under way are waited for
    done = set(
        Revaluation.objects.filter(account__legal_entity=legal_entity, on=on).values_list(
            "account", flat=True
        )
    )
    rows = []
    for account in foreign_accounts(legal_entity):
        if account.pk not in done and (row := _revalue(legal_entity, account, on)) is not None:
            rows.append(row)
    if rows:
        total = sum((row.difference_amount for row in rows), ZERO)
        after = {
            "on": on,
            "accounts": len(rows),
            "difference": total,
            "currency": legal_entity.functional_currency,
        }
        record("revaluation.post", legal_entity, after=after)
    return rows


# Below the acts ------------------------------------------------------------------------------------------


def foreign_accounts(legal_entity: LegalEntity) -> Iterable[Account]:
    """The monetary accounts of a legal entity in other currencies than its own."""
    rows = Account.objects.filter(legal_entity=legal_entity, purpose__in=MONETARY)
    rows = rows.exclude(currency=legal_entity.functional_currency).select_related("counterparty")
    return rows.order_by("purpose", "counterparty__code", "currency")


def rate_on(base: str, quote: str, on: date) -> tuple[Fraction, ExchangeRate]:
    """What one unit of ``base`` is worth in ``quote``: the last rate on a day or before it, either way round.

    Exact. Raises RateMissing.
    """
    row = (
        ExchangeRate.objects.filter(base_currency=base, quote_currency=quote, on__lte=on)
        .order_by("-on", "-pk")
        .first()
    )
    other = (
        ExchangeRate.objects.filter(base_currency=quote, quote_currency=base, on__lte=on)
        .order_by("-on", "-pk")
        .first()
    )
    if row is not None and (other is None or row.on >= other.on):
        return Fraction(row.rate), row
    if other is not None:
        return 1 / Fraction(other.rate), other
    raise RateMissing(
        f"rate: there is no rate of {base} in {quote} for {on} or before; record one with its source"
    )


def _revalue(legal_entity: LegalEntity, account: Account, on: date) -> Revaluation | None:
    own = legal_entity.functional_currency
    postings = Posting.objects.filter(account=account, entry__effective_on__lte=on)
    last = account.revaluations.filter(on__lt=on).order_by("-on").first()
    balance, carried, seen = ZERO, last.revalued_amount if last else ZERO, False
    fields = "amount", "side", "entry__effective_on", "entry__posted_at"
    for amount, side, day, posted_at in postings.values_list(*fields):
        signed = amount if side == "debit" else -amount
        balance += signed
        seen = True
        # What was posted later into a month that was valued already is new as well.
        if last is None or day > last.on or posted_at > last.recorded_at:
            carried += round_amount(Fraction(signed) * rate_on(account.currency, own, day)[0], own, "half_up")
    if not seen:
        return None
    exact, rate = rate_on(account.currency, own, on)
    revalued = round_amount(Fraction(balance) * exact, own, "half_up")
    if not balance and not carried:
        return None
    entry = _post(legal_entity, account, on, revalued - carried)
    return Revaluation.objects.create(
        account=account,
        on=on,
        rate=rate,
        balance_amount=balance,
        carried_amount=carried,
        revalued_amount=revalued,
        difference_amount=revalued - carried,
        currency=own,
        entry=entry,
    )


def _post(legal_entity: LegalEntity, account: Account, on: date, difference: Decimal) -> JournalEntry | None:
    """Up: the balance is worth more (or is a smaller debt), a gain. Down: a loss."""
    if not difference:
        return None
    own, party = legal_entity.functional_currency, account.counterparty
    valued = account_for(legal_entity, Purpose.FX_REVALUATION, party, own)
    result = account_for(legal_entity, Purpose.FX_GAIN if difference > 0 else Purpose.FX_LOSS, party, own)
    amount = abs(difference)
    lines = [debit(valued, amount), credit(result, amount)]
    if difference < 0:
        lines = [debit(result, amount), credit(valued, amount)]
    entry, _ = write_entry(
        legal_entity,
        reference=f"FX-{legal_entity.code}-{on}-{account.pk}",
        description=f"Revaluation on {on}: {account}"[:300],
        effective_on=on,
        postings=lines,
    )
    return entry


__all__ = ["record_rate", "revalue"]
