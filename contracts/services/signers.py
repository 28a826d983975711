"""Who is to sign: named before anybody signs, asked, and where they decline, on record with the reason."""

from datetime import date
from typing import Any
from unicodedata import normalize

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.models import User
from contracts.errors import AlreadyThere, FieldsRefused, NotAParty, NotTheSigner, WrongState
from contracts.models import ContractVersion, NamedSigner, Signature, SignerStep
from contracts.services.common import State, lock, require_reason, require_text
from contracts.services.signing import parties_of, put_signature
from contracts.services.turns import ask_whose_turn_it_is, put_step, who_wait
from contracts.signers import signers_of

Kind = SignerStep.Kind


@transaction.atomic
def name_signer(
    version: ContractVersion,
    *,
    party: str,
    name: str,
    title: str = "",
    position: int | None = None,
    must_sign: bool = True,
    login: User | None = None,
) -> NamedSigner:
    """Name somebody who is to sign for a party, while nobody has signed. Where a party has any, nobody else signs.

    ``position`` makes them wait for all who must sign and have a smaller one. ``login`` may sign by themselves.
    Raises NotAParty, AlreadyThere, FieldsRefused, WrongState, NotAllowed.
    """
    actor = require_person("legal")
    lock(version, State.DRAFT, State.IN_REVIEW)
    refuse_signed(version)
    name, title = " ".join(name.split()), title.strip()
    if party not in parties_of(version):
        raise NotAParty(
            f"party: {party!r} does not sign {version.contract}; {' and '.join(parties_of(version))} do"
        )
    if not name or len(name) > 200 or len(title) > 200:
        raise FieldsRefused(
            {"name": ["Name and title have at most 200 characters, and the name at least one."]}
        )
    if position is not None and not 1 <= position <= 99:
        raise FieldsRefused(
            {"position": ["The place in the order is between 1 and 99; leave it empty for none."]}
        )
    if login is not None and (not login.is_active or not login.is_person):
        raise FieldsRefused({"login": [f"{login} is no login of a person who may enter."]})
    if any(one.party == party and _same_name(one.name) == _same_name(name) for one in signers_of(version)):
        raise AlreadyThere({"name": [f"{name} is named to sign for {party} already."]})
    given: dict[str, Any] = {
        "party": party, "name": name, "title": title, "position": position, "must_sign": must_sign, "login": login,
    }  # fmt: skip
    signer = NamedSigner.objects.create(version=version, named_by=actor, **given)
    record("contract_version.name_signer", version, after={"signer": signer.pk, **given})
    return signer


@transaction.atomic
def remove_signer(signer: NamedSigner, reason: str) -> SignerStep:
    """Take a named signer off the list, while nobody has signed. Raises WrongState, ReasonMissing, NotAllowed."""
    actor = require_person("legal")
    require_reason(reason)
    lock(signer.version, State.DRAFT, State.IN_REVIEW)
    refuse_signed(signer.version)
    waited = who_wait(signers_of(signer.version), ())
    row = _step(signer, Kind.REMOVED, actor, reason)
    ask_whose_turn_it_is(signer.version, actor, waited=waited)
    return row


@transaction.atomic
def ask_signer(signer: NamedSigner, asked_on: date, note: str = "") -> SignerStep:
    """Put on record that a named signer was asked to sign the text as it is; after a refusal, asked again.

    Raises WrongState unless it is in review and they have not signed, NotAllowed.
    """
    actor = require_person("legal")
    lock(signer.version, State.IN_REVIEW)
    return _step(signer, Kind.ASKED, actor, note, asked_on)


@transaction.atomic
def decline_signature(signer: NamedSigner, reason: str, declined_on: date) -> SignerStep:
    """Put on record that a named signer declined: by themselves with their login, or by legal as it was told them.

    It stands against signing until they are asked again. Raises NotTheSigner, WrongState, ReasonMissing.
    """
    actor = require_person()
    if signer.login_id != actor.pk:
        actor = require_person("legal")
    require_reason(reason)
    lock(signer.version, State.IN_REVIEW)
    return _step(signer, Kind.DECLINED, actor, reason, declined_on)


@transaction.atomic
def sign_by_name(signer: NamedSigner, typed_name: str, terms_sha256: str, signed_on: date) -> Signature:
    """Sign as a named signer with one's own login, by typing one's name under the hash of the text that one read.

    Again is free. Raises NotTheSigner, FieldsRefused where the name or the hash is another, WrongState for whoever was
    taken off the list, and whatever :func:`record_signature` raises.
    """
    actor = require_person()
    if signer.login_id != actor.pk:
        raise NotTheSigner(f"actor: {actor.display_name} is not the login of {signer.name}")
    version = signer.version
    done = version.signatures.live().filter(signer=signer).first()
    if done:
        return done
    lock(version, State.IN_REVIEW)
    # Somebody else may have been named since under the same name.
    _refuse_removed(signer)
    if _same_name(typed_name) != _same_name(signer.name):
        raise FieldsRefused({"typed_name": [f"Type your name as it stands above: {signer.name}."]})
    require_text(version, terms_sha256)
    return put_signature(version, signer.party, signer.name, signed_on, actor)


def refuse_signed(version: ContractVersion) -> None:
    """Refuse to change the list of signers of a version that carries a signature."""
    if version.signatures.live().exists():
        raise WrongState(
            f"version: {version} carries a signature, so the list of its signers is fixed; return it to draft first"
        )


def _refuse_removed(signer: NamedSigner) -> None:
    if signer.steps.filter(kind=Kind.REMOVED).exists():
        raise WrongState(f"signer: {signer.name} was taken off the list")


def _same_name(name: str) -> str:
    """A name however it is spaced, written in capitals or composed of characters."""
    return " ".join(normalize("NFKC", name).split()).casefold()


def _step(
    signer: NamedSigner, kind: SignerStep.Kind, actor: User, reason: str, taken_on: date | None = None
) -> SignerStep:
    version = signer.version
    _refuse_removed(signer)
    if version.signatures.live().filter(signer=signer).exists():
        raise WrongState(f"signer: {signer.name} signed already")
    last = signer.steps.last()
    said = (kind, version.terms_sha256, reason, taken_on)
    if last and (last.kind, last.terms_sha256, last.reason, last.taken_on) == said:
        return last
    return put_step(signer, version, kind, actor, reason, taken_on)
