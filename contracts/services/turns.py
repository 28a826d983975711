"""Whose turn it is to sign: they are asked by themselves when it comes, each once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from audit.record import record
from base.models import User
from contracts.models import ContractVersion, NamedSigner, SignerStep
from contracts.review_checks import stands_against
from contracts.services.common import State
from contracts.signers import signers_of, waits_for

Kind = SignerStep.Kind
VERBS = {Kind.ASKED: "ask_signer", Kind.DECLINED: "decline", Kind.REMOVED: "remove_signer"}
ITS_TURN = "It became their turn."


def put_step(
    signer: NamedSigner,
    version: ContractVersion,
    kind: SignerStep.Kind,
    actor: User,
    reason: str,
    taken_on: date | None = None,
) -> SignerStep:
    """Write one step of a signer for the text as it is, and its event. The version is locked."""
    row = SignerStep.objects.create(
        signer=signer,
        kind=kind,
        terms_sha256=version.terms_sha256,
        reason=reason,
        taken_on=taken_on,
        taken_by=actor,
    )
    after = {"signer": signer.pk, "name": signer.name, "party": signer.party, "taken_on": taken_on}
    record(f"contract_version.{VERBS[kind]}", version, after=after, reason=reason)
    return row


def ask_whose_turn_it_is(
    version: ContractVersion, actor: User, *, waited: Collection[int] = ()
) -> list[SignerStep]:
    """Ask the named signers with a login whose turn has come, for the text as it is.

    It is a signer's turn when the version is in review, nothing stands against signing, and whoever must sign before
    has. Called under the version's lock by every act that may bring that about. Nobody is asked twice for one turn;
    ``waited`` are those who waited for others until this act, so that their turn is a new one even if legal asked them
    too early.
    """
    if version.state != State.IN_REVIEW:
        return []
    signers = signers_of(version)
    if not any(one.login_id for one in signers):
        return []
    signed = set(version.signatures.live().values_list("signer_id", flat=True))
    turn = [
        one
        for one in signers
        if one.login_id
        and one.pk not in signed
        and not waits_for(one, signers, signed)
        and _is_to_be_asked(one, version, one.pk in waited)
    ]
    if not turn or stands_against(version):
        return []
    return [put_step(one, version, Kind.ASKED, actor, ITS_TURN) for one in turn]


def who_wait(signers: Sequence[NamedSigner], signed: Iterable[int | None]) -> set[int]:
    """The keys of those who wait for somebody who must sign before them."""
    done = set(signed)
    return {one.pk for one in signers if waits_for(one, signers, done)}


def _is_to_be_asked(signer: NamedSigner, version: ContractVersion, waited: bool) -> bool:
    steps = list(signer.steps.all())
    if steps and steps[-1].kind == Kind.DECLINED:
        # They said no: legal asks them again once their reason is met.
        return False
    asked = [one.taken_at for one in steps if one.terms_sha256 == version.terms_sha256]
    if waited or not asked:
        return True
    # Where their signature under the very same text was voided since, they are asked for it anew.
    voided = signer.signatures.filter(terms_sha256=version.terms_sha256, voided__voided_at__gt=asked[-1])
    return voided.exists()
