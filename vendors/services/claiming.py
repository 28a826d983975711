"""Drafting the letter that claims a breach, and sending it."""

import json
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.dberrors import named_errors
from base.errors import Conflict
from base.models import User
from contracts.models import Contract
from credits.locks import hold
from credits.models import Claim, ClaimStep, CreditMemo, MemoStep
from credits.reading import last_claim_step, memo_of
from credits.services import send_claim
from vendors import letters
from vendors.errors import (
    BY_CONSTRAINT,
    LetterAltered,
    LetterOutdated,
    LetterTooLate,
    NotOurClaim,
    SentBeforeWritten,
)
from vendors.models import ClaimLetter, SentLetter, VendorProfile

WRITERS = ("vendor_manager", "finance")
# What differs between two versions that say the same.
OF_THE_VERSION = ("version", "reference")


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def draft_letter(claim: Claim, *, written_on: date, remarks: str = "") -> ClaimLetter:
    """Write the letter that claims a breach from the vendor, dated ``written_on`` (a day in the zone of the terms).

    It is composed from the stored result, the signed terms and the vendor's profile, and frozen with its hash;
    where it says what the newest version says already, that one is returned and nothing is written. It may be
    drafted before the memo is issued, but names the memo's number only after. Raises NotOurClaim, LetterTooLate
    (the claim was sent, answered or forfeited), ResultAltered, NotAllowed (a vendor manager or finance writes).
    """
    actor = require_person(*WRITERS)
    hold("claim", claim.pk)
    contract = claim.breach.assessment.commitment.version.contract
    if contract.direction != Contract.Direction.PROMISED_TO_US:
        raise NotOurClaim(
            f"claim: {claim} is a customer's on us; letters are written about what vendors owe to us"
        )
    state = last_claim_step(claim).kind
    if state != ClaimStep.Kind.FOUND:
        raise LetterTooLate(f"claim: {claim} is {state}; a letter is drafted before it is sent")
    newest = claim.letters.order_by("version").last()
    version = newest.version + 1 if newest else 1
    content = _composed(claim, version=version, written_on=written_on, remarks=remarks, writer=actor)
    if newest and _says(json.loads(newest.text)) == _says(content):
        return newest
    text = letters.text_of(content)
    made = ClaimLetter.objects.create(
        claim=claim,
        version=version,
        written_on=written_on,
        remarks=remarks.strip(),
        text=text,
        text_sha256=sha256(text.encode()).hexdigest(),
        drafted_by=actor,
    )
    record(
        "claim_letter.draft",
        made,
        after={
            "claim": claim.pk,
            "version": version,
            "written_on": written_on,
            "text_sha256": made.text_sha256,
        },
    )
    return made


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def send_letter(letter: ClaimLetter, *, sent_on: date) -> SentLetter:
    """Send the newest letter of a claim on ``sent_on``, and with it the claim; the document is kept byte for byte.

    Again with the same day is free. Raises LetterOutdated (a later version is there, or it would say something
    else by now, such as the number of the memo), SentBeforeWritten, LetterAltered, and what sending a claim
    raises: ClaimTooLate, MemoNotIssued, WrongStep, NotAllowed.
    """
    require_person(*WRITERS)
    claim = letter.claim
    hold("claim", claim.pk)
    done = SentLetter.objects.filter(letter=letter).select_related("step").first()
    if done is not None:
        if done.step.taken_on != sent_on:
            raise Conflict(f"letter: it was sent already, on {done.step.taken_on}")
        return done
    newest = claim.letters.order_by("version").last()
    if newest is None or newest.pk != letter.pk:
        raise LetterOutdated(f"letter: version {letter.version} is not the newest one; send that one")
    if sent_on < letter.written_on:
        raise SentBeforeWritten(f"sent_on: {sent_on} lies before {letter.written_on}, the day on the letter")
    require_unaltered(letter)
    step = send_claim(
        claim, sent_on=sent_on, reference=f"letter {letter.version}, SHA-256 {letter.text_sha256}"
    )
    _require_up_to_date(letter)
    pdf = letters.document(letter.text, draft=False)
    sent = SentLetter.objects.create(
        letter=letter, step=step, document=pdf, document_sha256=sha256(pdf).hexdigest()
    )
    record(
        "claim_letter.send",
        letter,
        after={"sent_on": sent_on, "document_sha256": sent.document_sha256, "bytes": len(pdf)},
    )
    return sent


def require_unaltered(letter: ClaimLetter) -> None:
    """Raise LetterAltered where the stored text is not what its hash was made of."""
    digest = sha256(letter.text.encode()).hexdigest()
    if digest != letter.text_sha256:
        raise LetterAltered(
            f"letter: the hash of its text is {digest}, but {letter.text_sha256} was stored; the text was changed "
            "round the application"
        )


def is_up_to_date(letter: ClaimLetter) -> bool:
    """Whether the letter would say the same if it were drafted again, by the same person on the same day."""
    content = _composed(
        letter.claim,
        version=letter.version,
        written_on=letter.written_on,
        remarks=letter.remarks,
        writer=letter.drafted_by,
    )
    return _says(json.loads(letter.text)) == _says(content)


def _require_up_to_date(letter: ClaimLetter) -> None:
    if not is_up_to_date(letter):
        raise LetterOutdated(
            "letter: since it was drafted its memo was issued or the vendor's address changed, so that it would "
            "say something else now; draft it again and look at it before it is sent"
        )


def _composed(claim: Claim, *, version: int, written_on: date, remarks: str, writer: User) -> dict[str, Any]:
    contract = claim.breach.assessment.commitment.version.contract
    return letters.compose(
        claim,
        version=version,
        written_on=written_on,
        remarks=remarks,
        document_number=_document_number(claim),
        profile=VendorProfile.objects.filter(counterparty=contract.counterparty_id).first(),
        signatory=writer.display_name,
    )


def _document_number(claim: Claim) -> str:
    memo = memo_of(claim)
    if memo is None:
        return ""
    issued = MemoStep.objects.filter(memo=memo, state=CreditMemo.State.ISSUED).first()
    return (issued.document_number or "") if issued else ""


def _says(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in OF_THE_VERSION}
