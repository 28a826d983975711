"""Whose results, claims, memos and entries are whose.

A counterparty's login sees final results, claims that were made, and memos that were issued: nothing that is
provisional, that we have not claimed yet, or that nobody approved.
"""

from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet

from base.access import Asking, Rows, scopes_of, tell_apart, visible
from base.access_rules import Scope
from base.models import User
from contracts.visibility import by_contract
from credits.models import (
    Account,
    Assessment,
    Breach,
    Claim,
    ClaimStep,
    CreditMemo,
    Finalisation,
    JournalEntry,
    MemoStep,
    OpenQuestion,
    Posting,
)
from credits.reading import claims_with_state, memos_with_state
from credits.statements import Statement

Purpose = Account.Purpose
VENDOR_PURPOSES = (
    Purpose.RECEIVABLE_FROM_VENDORS,
    Purpose.RECOVERIES,
    Purpose.CLAIMS_NOT_ACKNOWLEDGED,
    Purpose.CLAIMS_CONTRA,
    Purpose.CLEARING,
)
CONTRACT = "commitment__version__contract"


def _final(path: str) -> Q:
    return Q(**{f"{path}__in": Finalisation.objects.values("assessment")})


def _claims() -> Rows:
    rows = by_contract(f"breach__assessment__{CONTRACT}")
    made = Q(pk__in=ClaimStep.objects.exclude(kind=ClaimStep.Kind.FOUND).values("claim"))
    sent = Q(pk__in=ClaimStep.objects.filter(kind=ClaimStep.Kind.SENT).values("claim"))

    def own(user: User) -> Q:
        mine = rows.own(user) if rows.own else Q(pk__in=[])
        return mine & (sent if user.kind == User.Kind.VENDOR else made)

    return Rows(rows.vendors, rows.customers, own)


tell_apart(Assessment, by_contract(CONTRACT, own=_final("pk")))
tell_apart(Assessment, by_contract(CONTRACT, own=_final("pk")), kind="evidence")
tell_apart(OpenQuestion, by_contract(f"assessment__{CONTRACT}"))
# Breaches are found on final results only; a vendor learns of one from our claim.
_breaches = by_contract(f"assessment__{CONTRACT}")


def _own_breaches(user: User) -> Q:
    mine = _breaches.own(user) if _breaches.own else Q(pk__in=[])
    if user.kind != User.Kind.VENDOR:
        return mine
    return mine & Q(pk__in=ClaimStep.objects.filter(kind=ClaimStep.Kind.SENT).values("claim__breach"))


tell_apart(Breach, Rows(_breaches.vendors, _breaches.customers, _own_breaches))
tell_apart(Claim, _claims())
tell_apart(
    CreditMemo,
    by_contract("contract", own=Q(pk__in=MemoStep.objects.filter(state="issued").values("memo"))),
)
tell_apart(Account, Rows(vendors=Q(purpose__in=VENDOR_PURPOSES)))
tell_apart(
    JournalEntry,
    Rows(
        vendors=Q(pk__in=Posting.objects.filter(account__purpose__in=VENDOR_PURPOSES).values("entry"))
        & ~Q(pk__in=Posting.objects.exclude(account__purpose__in=VENDOR_PURPOSES).values("entry"))
    ),
)


def visible_assessments(user: Asking) -> QuerySet[Assessment]:
    """The results that a user may see, of every revision."""
    return visible(Assessment.objects.all(), user)


def provable_assessments(user: Asking) -> QuerySet[Assessment]:
    """The results whose evidence a user may have."""
    return visible(Assessment.objects.all(), user, kind="evidence")


def visible_questions(user: Asking) -> QuerySet[OpenQuestion]:
    """The open questions that a user may see."""
    return visible(OpenQuestion.objects.all(), user)


def visible_breaches(user: Asking) -> QuerySet[Breach]:
    """The breaches that a user may see."""
    return visible(Breach.objects.all(), user)


def visible_claims(user: Asking) -> QuerySet[Any]:
    """The claims that a user may see, each with ``state`` and ``state_since``."""
    return visible(claims_with_state(), user)


def visible_memos(user: Asking) -> QuerySet[Any]:
    """The memos that a user may see, each with ``state``, ``state_since`` and ``document_number``."""
    return visible(memos_with_state(), user)


def visible_accounts(user: Asking) -> QuerySet[Account]:
    """The accounts that a user may see."""
    return visible(Account.objects.all(), user)


def visible_entries(user: Asking) -> QuerySet[JournalEntry]:
    """The entries that a user may see: a vendor manager those on the vendors' accounts alone."""
    return visible(JournalEntry.objects.all(), user)


def as_seen_by(user: Asking, value: Statement) -> Statement:
    """A statement without what a counterparty's login does not see: credits that are not in the books."""
    return replace(value, not_posted=()) if Scope.OWN in scopes_of(user, "statement") else value
