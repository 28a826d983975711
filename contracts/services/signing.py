"""What is decided about exactly one text: findings accepted, readings chosen, signatures recorded."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import models, transaction

from audit.record import record
from base.access import require_person
from base.models import User
from contracts.checks import standings
from contracts.errors import (
    AlreadySigned,
    DraftedByYourself,
    FieldsRefused,
    NoSuchFinding,
    NoSuchReading,
    NotAParty,
    NotNamed,
    NotYourTurn,
    OpenFindings,
)
from contracts.models import (
    Commitment,
    ContractVersion,
    FindingAcceptance,
    NamedSigner,
    ReadingChoice,
    Service,
    Signature,
)
from contracts.reading import terms_of
from contracts.review_checks import life_standings, stands_against
from contracts.services.amendments import keep_conformed_texts
from contracts.services.common import State, authors_of, lock, require_reason, require_text, save
from contracts.services.conflicts import find_conflicts_of
from contracts.services.turns import ask_whose_turn_it_is, who_wait
from contracts.signers import is_complete, signers_of, waits_for
from reckoning.errors import TermsError


@transaction.atomic
def accept_finding(
    version: ContractVersion, code: str, path: str, reason: str, *, terms_sha256: str = ""
) -> FindingAcceptance:
    """Accept that the paper really has this finding, for exactly this text (rule 8). Again is free.

    ``terms_sha256`` is the hash of the text that was read; where it is given and the text is another by now, this is
    refused. Raises NoSuchFinding, FieldsRefused, ReasonMissing, WrongState, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(reason)
    lock(version, State.DRAFT, State.IN_REVIEW)
    if terms_sha256:
        require_text(version, terms_sha256)
    done = version.accepted_findings.filter(terms_sha256=version.terms_sha256, code=code, path=path).first()
    if done:
        return done
    known = (*standings(version), *life_standings(version))
    found = [item for item in known if (item.code, item.path) == (code, path)]
    if not found or not found[0].acceptable:
        raise NoSuchFinding(
            f"finding: there is no {code} at {path} in {version} that could be accepted"
            + ("" if not found else f": {found[0].mend}")
        )
    acceptance = FindingAcceptance.objects.create(
        version=version,
        terms_sha256=version.terms_sha256,
        code=code,
        path=path,
        reason=reason,
        accepted_by=actor,
    )
    after = {"code": code, "path": path, "terms_sha256": version.terms_sha256}
    record("contract_version.accept_finding", version, after=after, reason=reason)
    ask_whose_turn_it_is(version, actor)
    return acceptance


@transaction.atomic
def choose_reading(
    version: ContractVersion, commitment_key: str, name: str, chosen: str, reason: str, chosen_on: date
) -> ReadingChoice:
    """Put on record who chose a reading of an ambiguous text (rule 11). It bars them from approving (rule 20).

    ``chosen`` repeats the words of the document. Again is free. Raises NoSuchReading, WrongState,
    ReasonMissing, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(reason)
    lock(version, State.DRAFT, State.IN_REVIEW)
    done = version.reading_choices.filter(commitment_key=commitment_key, name=name, chosen=chosen).first()
    if done:
        return done
    _check_reading(version, commitment_key, name, chosen)
    choice = ReadingChoice.objects.create(
        version=version,
        commitment_key=commitment_key,
        name=name,
        chosen=chosen,
        reason=reason,
        chosen_by=actor,
        chosen_on=chosen_on,
    )
    after = {"commitment": commitment_key, "name": name, "chosen": chosen, "chosen_on": chosen_on}
    record("contract_version.choose_reading", version, after=after, reason=reason)
    ask_whose_turn_it_is(version, actor)
    return choice


@transaction.atomic
def record_signature(
    version: ContractVersion, party: str, signatory: str, signed_on: date, *, terms_sha256: str = ""
) -> Signature:
    """Record that ``signatory`` signed for ``party`` (our entity's or the counterparty's name) on that day.

    The first signature freezes the text with its hash; the one after which each party and all who are named have
    signed puts the version in force from its effective day and makes its commitments. Again is free.
    ``terms_sha256`` is the hash of the text that was held against the paper; where it is given and the text is another
    by now, this is refused.

    Raises OpenFindings while anything stands against signing, DraftedByYourself where the completing signature
    is recorded by whoever wrote the text, NotAParty, NotNamed, NotYourTurn, AlreadySigned, WrongState, FieldsRefused,
    NotAllowed.
    """
    actor = require_person("legal")
    done = version.signatures.live().filter(party=party, signatory=signatory).first()
    if done and done.signed_on == signed_on:
        return done
    lock(version, State.IN_REVIEW)
    if terms_sha256:
        require_text(version, terms_sha256)
    return put_signature(version, party, signatory, signed_on, actor)


def put_signature(
    version: ContractVersion, party: str, signatory: str, signed_on: date, actor: User
) -> Signature:
    """Put one signature under the locked version's text, and the version in force where it was the last."""
    parties = parties_of(version)
    if party not in parties:
        raise NotAParty(
            f"party: {party!r} does not sign {version.contract}; {' and '.join(sorted(parties))} do"
        )
    there = list(version.signatures.live().order_by("pk"))
    signers = signers_of(version)
    signer = _place_of(version, party, signatory, signers, there)
    against = stands_against(version)
    if against:
        raise OpenFindings([(item.code, item.path, item.sentence) for item in against])
    if not signatory.strip() or len(signatory) > 200:
        raise FieldsRefused(
            {"signatory": ["The name of whoever signed, as on the paper, in at most 200 characters."]}
        )
    signature = Signature(
        version=version,
        party=party,
        signatory=signatory,
        signed_on=signed_on,
        terms_sha256=version.terms_sha256,
        signer=signer,
        recorded_by=actor,
    )
    completes = is_complete(parties, signers, [*there, signature])
    if completes:
        _check_may_complete(version, actor)
    signature.save(force_insert=True)
    after: dict[str, Any] = {
        "party": party,
        "signatory": signatory,
        "signed_on": signed_on,
        "terms_sha256": version.terms_sha256,
    }
    if completes:
        after |= _put_in_force(version, actor)
    record("contract_version.sign", version, before={"state": State.IN_REVIEW.value}, after=after)
    if completes:
        find_conflicts_of(version, signed_on)
    else:
        ask_whose_turn_it_is(version, actor, waited=who_wait(signers, (row.signer_id for row in there)))
    return signature


def parties_of(version: ContractVersion) -> tuple[str, str]:
    """The names of the two who sign: ours, and the other side."""
    contract = version.contract
    return contract.legal_entity.name, contract.counterparty.name


def _place_of(
    version: ContractVersion,
    party: str,
    signatory: str,
    signers: Sequence[NamedSigner],
    there: Sequence[Signature],
) -> NamedSigner | None:
    """The named signer whose signature this is; None where nobody is named for the party."""
    named = [one for one in signers if one.party == party]
    if not named:
        if any(row.party == party for row in there):
            raise AlreadySigned(f"party: {party} signed {version} already; a signature is not changed")
        return None
    if any((row.party, row.signatory) == (party, signatory) for row in there):
        raise AlreadySigned(f"signatory: {signatory} signed {version} already; a signature is not changed")
    signer = next((one for one in named if one.name == signatory), None)
    if signer is None:
        known = ", ".join(one.name for one in named)
        raise NotNamed(f"signatory: {signatory!r} is not named to sign for {party}; {known} is")
    first = waits_for(signer, signers, (row.signer_id for row in there))
    if first:
        raise NotYourTurn(f"signatory: {signer.name} signs after {first}, who has not signed yet")
    return signer


def _check_reading(version: ContractVersion, commitment_key: str, name: str, chosen: str) -> None:
    try:
        readings = {item.name: item.chosen for item in terms_of(version).commitment(commitment_key).readings}
    except TermsError as error:
        raise NoSuchReading(str(error)) from None
    if name not in readings:
        known = ", ".join(readings) or "none"
        raise NoSuchReading(f"name: {commitment_key} has no reading {name!r}; there are: {known}")
    if readings[name] != chosen:
        raise NoSuchReading(
            f"chosen: the document says {readings[name]!r} for {name!r}, not {chosen!r}; edit the draft first"
        )


def _check_may_complete(version: ContractVersion, actor: User) -> None:
    if actor.pk in authors_of(version):
        raise DraftedByYourself(
            f"actor: {actor.display_name} wrote {version}; another person of legal must record "
            "the signature that puts it in force"
        )


def _put_in_force(version: ContractVersion, actor: User) -> dict[str, Any]:
    """State signed, with the last of the signatures' days; commitments are made. Returns what to record."""
    # What changes for a time may begin on the day of another text; they make one text together.
    for_good = [ContractVersion.Kind.WHOLE, ContractVersion.Kind.AMENDMENT]
    same_day = version.contract.versions.filter(
        state=State.SIGNED, effective_from_on=version.effective_from_on, kind__in=for_good
    ).first()
    if same_day and version.kind in for_good:
        raise FieldsRefused(
            {"effective_from_on": [f"{same_day} takes effect on that day already; choose another day."]}
        )
    version.state = State.SIGNED
    version.signed_on = version.signatures.live().aggregate(last=models.Max("signed_on"))["last"]
    save(version, actor)
    services = {service.code: service for service in Service.objects.all()}
    rows = [
        Commitment(version=version, key=item.key, service=services[code])
        for item in terms_of(version).commitments
        for code in item.services
    ]
    Commitment.objects.bulk_create(rows)
    told: dict[str, Any] = {"state": State.SIGNED.value, "commitments": len(rows)}
    if kept := keep_conformed_texts(version, actor):
        told["conformed_texts"] = kept
    return told
