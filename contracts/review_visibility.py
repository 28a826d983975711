"""Whose review is whose: vendor managers see their side's, customer success the versions that it was asked about."""

from django.db.models import Q, QuerySet

from base.access import Asking, Rows, tell_apart, visible
from contracts.models import (
    ChecklistAnswer,
    Consultation,
    Contract,
    ContractVersion,
    NamedSigner,
    RemarkAnswer,
    ReviewRemark,
    ReviewRequest,
    Signature,
    SignatureVoided,
    SignerStep,
)

ASKED = ReviewRequest.objects.filter(role="customer_success").values("version")


def _rows(path: str) -> Rows:
    """Rows that hang on a version, which lies at ``path`` (empty for the version itself)."""
    to = f"{path}__" if path else ""
    customers = Q(**{f"{to}contract__direction": Contract.Direction.PROMISED_BY_US})
    return Rows(
        vendors=Q(**{f"{to}contract__direction": Contract.Direction.PROMISED_TO_US}),
        customers=customers & Q(**{f"{path or 'pk'}__in": ASKED}),
    )


tell_apart(ContractVersion, _rows(""), kind="review")
for model in (ReviewRequest, ReviewRemark, ChecklistAnswer, Consultation, NamedSigner, Signature):
    tell_apart(model, _rows("version"))
tell_apart(RemarkAnswer, _rows("remark__version"))
tell_apart(SignerStep, _rows("signer__version"))
tell_apart(SignatureVoided, _rows("signature__version"))


def reviewable_versions(user: Asking) -> QuerySet[ContractVersion]:
    """The versions whose review a user may see and, with the role for it, remark on."""
    return visible(ContractVersion.objects.all(), user, kind="review")
