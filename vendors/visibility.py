"""Whose letters and answers are whose. A vendor's login sees the letter that went out, and its own answer."""

from django.db.models import Q, QuerySet

from base.access import Asking, Rows, tell_apart, visible
from contracts.visibility import by_contract
from vendors.models import Answer, ClaimLetter, SentLetter, VendorProfile

CONTRACT = "breach__assessment__commitment__version__contract"

tell_apart(VendorProfile, Rows(vendors=Q(counterparty__is_vendor=True)))
tell_apart(
    ClaimLetter,
    by_contract(f"claim__{CONTRACT}", own=Q(pk__in=SentLetter.objects.values("letter"))),
)
tell_apart(SentLetter, by_contract(f"letter__claim__{CONTRACT}"))
tell_apart(Answer, by_contract(f"claim__{CONTRACT}"))


def visible_letters(user: Asking) -> QuerySet[ClaimLetter]:
    """The letters that a user may see, drafts among them for our own people only."""
    return visible(ClaimLetter.objects.all(), user)


def visible_answers(user: Asking) -> QuerySet[Answer]:
    """The vendors' answers that a user may see."""
    return visible(Answer.objects.all(), user)


def visible_profiles(user: Asking) -> QuerySet[VendorProfile]:
    """The vendors' profiles that a user may see."""
    return visible(VendorProfile.objects.all(), user)
