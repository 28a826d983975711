"""What people are asked or told about a version on its way to be signed, each with the page where they go on.

The words name the document and who asked; what was remarked, answered or voided and why is read on the page, by those
who may see it: a mail lies open on its way, and administrators read every mail that was written. The subject names the
document by its reference alone. Pure of clocks: the same fact gives the same words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse

from base.access import may_see
from base.models import User
from contracts.models import (
    ContractVersion,
    NamedSigner,
    RemarkAnswer,
    ReviewRequest,
    Signature,
    SignatureVoided,
    SignerStep,
)
from contracts.review_checks import UNSIGNED
from contracts.signers import signers_of, waits_for
from notices.models import Announcement
from notices.wording import LONGEST_SUBJECT, Words

Kind = Announcement.Kind
State = ContractVersion.State


@dataclass(frozen=True)
class Told:
    """One person and what they are told."""

    person: User
    words: Words


def told_of(announcement: Announcement, on: date) -> list[Told]:
    """Who is told of what happened to a version, and in which words. Nobody where it no longer holds: the version was
    signed or withdrawn meanwhile, it is not their turn, or they may not enter ``on`` that day (UTC), lost the role or
    do not see it any more."""
    version = announcement.version
    if version is None or announcement.fact is None:
        raise ValueError(f"{announcement} is about no version")
    found = _OF_KIND[Kind(announcement.kind)](version, announcement.fact)
    return [one for one in found if one.person.may_enter_on(on)]


def _review(version: ContractVersion, fact: int) -> list[Told]:
    asked = ReviewRequest.objects.select_related("person", "asked_by").get(pk=fact)
    if version.state not in UNSIGNED:
        return []
    if asked.person is not None:
        people = [asked.person]
    else:
        people = list(
            User.objects.filter(groups__name=asked.role).exclude(pk=asked.asked_by_id).order_by("pk")
        )
    until = f" until {asked.due_on:%d %B %Y}" if asked.due_on else ""
    words = _words(
        f"Please review {version}",
        f"{_line(asked.asked_by.display_name)} asks you to review {_named(version)}{until}.",
        "Nobody is bound by it yet. What to look at stands on its page, where you remark on it or object:",
        reverse("pages:review", args=[version.pk]),
    )
    return [
        Told(one, words)
        for one in people
        if one.has_role(asked.role) and may_see(one, version, kind="review")
    ]


def _answer(version: ContractVersion, fact: int) -> list[Told]:
    answer = RemarkAnswer.objects.select_related("remark__made_by", "answered_by").get(pk=fact)
    author = answer.remark.made_by
    if not may_see(author, version, kind="review"):
        return []
    said = {"reply": "replied to", "withdrawn": "lifted"}.get(answer.outcome, answer.outcome)
    words = _words(
        f"Your objection to {version} was answered",
        f"{_line(answer.answered_by.display_name)} {said} your objection to {_named(version)}.",
        "The answer, and whether your objection still stands:",
        f"{reverse('pages:review', args=[version.pk])}#remark-{answer.remark_id}",
    )
    return [Told(author, words)]


def _turn(version: ContractVersion, fact: int) -> list[Told]:
    step = SignerStep.objects.select_related("signer__login").get(pk=fact)
    signer = step.signer
    if signer.login is None or not _is_their_turn(version, signer, step):
        return []
    words = _words(
        f"Please sign {version}",
        f"It is your turn to sign {_named(version)}, as {_line(signer.name)} for {_line(signer.party)}.",
        "The whole text stands where you sign it; there you may also decline, with your reason:",
        reverse("pages:sign", args=[version.pk]),
    )
    return [Told(signer.login, words)]


def _is_their_turn(version: ContractVersion, signer: NamedSigner, step: SignerStep) -> bool:
    if version.state != State.IN_REVIEW or step.terms_sha256 != version.terms_sha256:
        return False
    signers = signers_of(version)
    own = next((one for one in signers if one.pk == signer.pk), None)
    signed = set(version.signatures.live().values_list("signer_id", flat=True))
    if own is None or own.pk in signed or waits_for(own, signers, signed):
        return False
    return list(own.steps.all())[-1].kind == SignerStep.Kind.ASKED


def _signed(version: ContractVersion, fact: int) -> list[Told]:
    last = Signature.objects.live().filter(version=version).order_by("pk").last()
    return _owner(
        version,
        last.recorded_by_id if last else None,
        f"All have signed {version}",
        f"Everybody who had to has signed {_named(version)}. It is in effect from "
        f"{version.effective_from_on:%d %B %Y}.",
        "What was signed, and by whom:",
    )


def _voided(version: ContractVersion, fact: int) -> list[Told]:
    row = SignatureVoided.objects.select_related("voided_by").get(signature=fact)
    return _owner(
        version,
        row.voided_by_id,
        f"Signatures under {version} are void",
        f"{_line(row.voided_by.display_name)} returned {_named(version)} to be edited. Every signature under it is "
        "void from then on; whoever signed is asked again, for the text as it will be.",
        "Why, and what becomes of it:",
    )


def _owner(version: ContractVersion, by: int | None, subject: str, said: str, leads: str) -> list[Told]:
    """The contract's owner, unless they did it themselves; led to a page that they may open."""
    owner = version.contract.owner
    if owner is None or owner.pk == by:
        return []
    if may_see(owner, version, kind="review"):
        page = reverse("pages:review", args=[version.pk])
    elif may_see(owner, version.contract):
        page = reverse("pages:contract", args=[version.contract_id])
    else:
        return []
    return [Told(owner, _words(subject, said, leads, page))]


_OF_KIND = {
    Kind.REVIEW: _review,
    Kind.ANSWER: _answer,
    Kind.TURN: _turn,
    Kind.SIGNED: _signed,
    Kind.VOIDED: _voided,
}
OF_VERSION: Sequence[str] = tuple(_OF_KIND)


def _words(subject: str, said: str, leads: str, path: str) -> Words:
    if len(subject) > LONGEST_SUBJECT:
        subject = subject[: LONGEST_SUBJECT - 1] + "…"
    return Words(_line(subject), f"{said}\n\n{leads}\n\n{settings.PUBLIC_ADDRESS}{path}\n")


def _named(version: ContractVersion) -> str:
    """Such as "C-1 v2 (Platform, with Example Ltd)"."""
    contract = version.contract
    return f"{version} ({_line(contract.title)}, with {_line(contract.counterparty.name)})"


def _line(text: str) -> str:
    return " ".join(text.split())
