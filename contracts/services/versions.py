"""The life of a version before it is signed: drafted, edited, submitted, returned, withdrawn."""

from datetime import date

from django.db import models, transaction

from audit.record import record
from base.access import require_person
from contracts.checks import open_standings
from contracts.errors import ChangedMeanwhile, OpenFindings
from contracts.models import Contract, ContractVersion, SignatureVoided
from contracts.services.amendments import follow_edit
from contracts.services.common import (
    UNCHANGED,
    State,
    TermsLike,
    lock,
    move,
    read_terms,
    require_reason,
    save,
    text_of,
)
from contracts.services.turns import ask_whose_turn_it_is
from reckoning.terms import terms_sha256


@transaction.atomic
def draft_version(
    contract: Contract,
    terms: TermsLike,
    effective_from_on: date,
    effective_until_on: date | None = None,
) -> ContractVersion:
    """Draft the next version of a contract, in effect in ``[effective_from_on, effective_until_on)`` once signed.

    The days are those of the zone of the terms. Raises TermsRefused with every fault and its path,
    FieldsRefused, NotAllowed.
    """
    actor = require_person("legal")
    Contract.objects.select_for_update().get(pk=contract.pk)
    read = read_terms(terms, contract)
    last = contract.versions.aggregate(last=models.Max("number"))["last"] or 0
    version = ContractVersion(
        contract=contract,
        number=last + 1,
        terms=read.document(),
        terms_sha256=terms_sha256(read),
        effective_from_on=effective_from_on,
        effective_until_on=effective_until_on,
        created_by=actor,
    )
    save(version, actor)
    record("contract_version.draft", version, after=text_of(version))
    return version


@transaction.atomic
def edit_draft(
    version: ContractVersion,
    terms: TermsLike,
    effective_from_on: date = UNCHANGED,
    effective_until_on: date | None = UNCHANGED,
    *,
    expected_sha256: str | None = None,
) -> ContractVersion:
    """Replace the text of a draft. A day that is not given stays; findings accepted for the old text are void.

    ``expected_sha256`` is the hash of the text that the editor saw: another one stored meanwhile is not written
    over. Raises ChangedMeanwhile then; WrongState once it was submitted, TermsRefused, FieldsRefused, NotAllowed.
    """
    actor = require_person("legal")
    lock(version, State.DRAFT)
    if expected_sha256 is not None and expected_sha256 != version.terms_sha256:
        raise ChangedMeanwhile(
            f"terms: another text of {version} was saved since you opened it (it is {version.terms_sha256[:12]} now, "
            f"you began from {expected_sha256[:12]}); merge the two, or go on from theirs"
        )
    before = text_of(version)
    read = read_terms(terms, version.contract)
    version.terms, version.terms_sha256 = read.document(), terms_sha256(read)
    if effective_from_on is not UNCHANGED:
        version.effective_from_on = effective_from_on
    if effective_until_on is not UNCHANGED:
        version.effective_until_on = effective_until_on
    follow_edit(version)
    after = text_of(version)
    if before != after:
        save(version, actor)
        record("contract_version.edit", version, before=before, after=after)
    return version


@transaction.atomic
def submit_for_review(version: ContractVersion) -> ContractVersion:
    """Hand a draft to the others of legal. Raises OpenFindings where it names services that do not exist."""
    actor = require_person("legal")
    lock(version, State.DRAFT)
    unknown = [item for item in open_standings(version) if item.code == "SERVICE_UNKNOWN"]
    if unknown:
        raise OpenFindings([(item.code, item.path, item.sentence) for item in unknown])
    move(version, State.IN_REVIEW, "contract_version.submit", actor)
    ask_whose_turn_it_is(version, actor)
    return version


@transaction.atomic
def return_to_draft(version: ContractVersion, reason: str) -> ContractVersion:
    """Send a version that is in review back to be edited. Every signature under it is void from then on, and stays
    on record with the reason: whoever signed is asked again, for the text as it will be.

    Raises WrongState, ReasonMissing, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(reason)
    lock(version, State.IN_REVIEW)
    void = list(version.signatures.live().order_by("pk"))
    SignatureVoided.objects.bulk_create(
        SignatureVoided(signature=one, reason=reason, voided_by=actor) for one in void
    )
    after = {"voided": [str(one) for one in void]} if void else {}
    return move(version, State.DRAFT, "contract_version.return", actor, reason, after)


@transaction.atomic
def withdraw(version: ContractVersion, reason: str) -> ContractVersion:
    """Give up a version that is not in force yet. A signed one is not withdrawn but superseded by another."""
    actor = require_person("legal")
    require_reason(reason)
    lock(version, State.DRAFT, State.IN_REVIEW)
    return move(version, State.WITHDRAWN, "contract_version.withdraw", actor, reason)
