"""Goodwill: a credit that nobody owed, kept apart from service credits (rule 16); and the approval matrix."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from contracts.models import Contract, LegalEntity
from credits.errors import BY_CONSTRAINT, NothingToClaim, ReasonMissing, WrongAmount
from credits.models import ApprovalRule, CreditMemo
from credits.rules import require_amount
from credits.services.memos import write_memo

NO_PRECEDENT = (
    "Given as goodwill, without any obligation. It sets no precedent, is no admission of a breach, and takes nothing "
    "from what the agreement grants."
)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def propose_goodwill(
    contract: Contract,
    *,
    amount: Decimal,
    taken_on: date,
    reason: str,
    no_precedent: str = NO_PRECEDENT,
    ends_on: date | None = None,
) -> CreditMemo:
    """Propose a goodwill credit to the customer of a contract; a memo like any other from here on.

    It rests on no result, is posted to an account of its own and counts as no breach. ``ends_on`` says until when
    what was promised with it holds, for the document. Raises ReasonMissing, WrongAmount, NothingToClaim under a
    vendor's contract, NotAllowed (finance or customer success proposes).
    """
    actor = require_person("finance", "customer_success")
    if not reason.strip() or not no_precedent.strip():
        raise ReasonMissing("reason: is empty; say why, and that it sets no precedent")
    if contract.direction != Contract.Direction.PROMISED_BY_US:
        raise NothingToClaim(
            f"contract: {contract.reference} is a vendor's promise; goodwill is given to customers"
        )
    facts: dict[str, Any] = {
        "contract": contract.reference,
        "contract_title": contract.title,
        "legal_entity": contract.legal_entity.name,
        "counterparty": contract.counterparty.name,
        "version": "",
        "commitment": "",
        "commitment_title": "Goodwill",
        "service": "",
        "service_name": "Goodwill",
        "window": f"{taken_on:%Y-%m}",
        "level_percent": "",
        "tier": "",
        "fee_amount": None,
        "fee_lines": [],
        "no_precedent": no_precedent,
        "ends_on": None if ends_on is None else ends_on.isoformat(),
        "reason": reason,
    }
    given = require_amount(amount, contract.currency)
    return write_memo(
        contract, CreditMemo.Kind.GOODWILL, given, contract.currency, facts, taken_on, reason, actor
    )


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def set_approval_rule(
    *,
    direction: str,
    currency: str,
    above_amount: Decimal,
    approvals: int,
    reason: str,
    legal_entity: LegalEntity | None = None,
) -> ApprovalRule:
    """Say how many persons approve memos above an amount; the last word for the same amount counts.

    Raises ReasonMissing, WrongAmount (1 to 3 persons, an amount of 0 or more), NotAllowed (a finance approver).
    """
    actor = require_person("finance_approver")
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why the matrix changes")
    if not 1 <= approvals <= 3 or above_amount < 0:
        raise WrongAmount("approvals: 1 to 3 persons can be asked for, above an amount of 0 or more")
    if direction not in Contract.Direction.values:
        raise WrongAmount(f"direction: {direction!r} is none of {', '.join(Contract.Direction.values)}")
    rule = ApprovalRule.objects.create(
        legal_entity=legal_entity,
        direction=direction,
        currency=currency,
        above_amount=above_amount,
        approvals=approvals,
        reason=reason,
        decided_by=actor,
    )
    after = {
        "direction": direction,
        "currency": currency,
        "above_amount": above_amount,
        "approvals": approvals,
    }
    record("approval_rule.set", rule, after=after, reason=reason)
    return rule


__all__ = ["propose_goodwill", "set_approval_rule"]
