"""What can be done with contracts. Each function is one act: one transaction, one audit event, legal's role.

The actor is the one in force (``audit.record.acting``). Every refusal is a DomainError, and nothing is written.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from audit.models import Event
from audit.record import record
from base.access import require_person, require_role
from base.models import User
from contracts.checks import open_standings, standings
from contracts.errors import (
    AlreadySigned,
    AlreadyThere,
    DraftedByYourself,
    FieldsRefused,
    NoSuchFinding,
    NoSuchReading,
    NotAParty,
    OpenFindings,
    ReasonMissing,
    TermsRefused,
    WrongState,
)
from contracts.models import (
    Commitment,
    Contract,
    ContractVersion,
    Counterparty,
    FindingAcceptance,
    LegalEntity,
    ReadingChoice,
    Service,
    Signature,
)
from contracts.reading import terms_of
from reckoning.errors import TermsError
from reckoning.terms import Terms, parse_terms, terms_sha256

TermsLike = Terms | Mapping[str, Any] | bytes | str
State = ContractVersion.State
UNCHANGED: Any = object()
FIXED = {"code", "reference", "legal_entity", "counterparty", "direction", "currency"}


# Master data ---------------------------------------------------------------------------------------------


@transaction.atomic
def create_legal_entity(
    *,
    code: str,
    name: str,
    country: str,
    functional_currency: str,
    vat_id: str = "",
    series_code: str = "",
    **where: str,
) -> LegalEntity:
    """Enter one of our own companies; ``where`` is its street, postal_code, city and registration_id.

    Raises AlreadyThere, FieldsRefused, NotAllowed.
    """
    entity = LegalEntity(
        code=code,
        name=name,
        country=country,
        vat_id=vat_id,
        functional_currency=functional_currency,
        series_code=series_code,
        **where,
    )
    return _created(entity, "legal_entity.create")


@transaction.atomic
def create_counterparty(
    *,
    code: str,
    name: str,
    country: str,
    vat_id: str = "",
    is_customer: bool = False,
    is_vendor: bool = False,
    **where: str,
) -> Counterparty:
    """Enter a customer, a vendor, or somebody who is both; ``where`` as for our own companies.

    Raises AlreadyThere, FieldsRefused, NotAllowed.
    """
    counterparty = Counterparty(
        code=code,
        name=name,
        country=country,
        vat_id=vat_id,
        is_customer=is_customer,
        is_vendor=is_vendor,
        **where,
    )
    return _created(counterparty, "counterparty.create")


@transaction.atomic
def create_service(
    *,
    code: str,
    name: str,
    vendor: Counterparty | None = None,
    external_name: str = "",
    existed_from: datetime | None = None,
    existed_until: datetime | None = None,
) -> Service:
    """Enter a product of ours, or a component of a vendor's. It exists in ``[existed_from, existed_until)``, UTC.

    Raises AlreadyThere, FieldsRefused, NotAllowed.
    """
    service = Service(
        code=code,
        name=name,
        vendor=vendor,
        external_name=external_name,
        existed_from=existed_from,
        existed_until=existed_until,
    )
    return _created(service, "service.create")


@transaction.atomic
def create_contract(
    *,
    reference: str,
    title: str,
    legal_entity: LegalEntity,
    counterparty: Counterparty,
    direction: str,
    currency: str,
    note: str = "",
) -> Contract:
    """Enter an agreement in one direction; what it says is drafted as a version.

    Raises AlreadyThere, FieldsRefused (a vendor's contract needs a vendor, a customer's a customer), NotAllowed.
    """
    contract = Contract(
        reference=reference,
        title=title,
        legal_entity=legal_entity,
        counterparty=counterparty,
        direction=direction,
        currency=currency,
        note=note,
    )
    return _created(contract, "contract.create")


@transaction.atomic
def change[Row: models.Model](subject: Row, *, reason: str, **values: Any) -> Row:
    """Change master data (never a version), recording each changed field before and after.

    A change that changes nothing writes nothing. Raises FieldsRefused (also for what is given once: codes,
    references, a contract's parties, direction and currency), ReasonMissing, NotAllowed.
    """
    if not isinstance(subject, LegalEntity | Counterparty | Service | Contract):
        raise TypeError(f"a {type(subject).__name__} is not changed but acted on, by a service of its own")
    actor = require_role("legal")
    _require_reason(reason)
    stored = type(subject)._default_manager.select_for_update().get(pk=subject.pk)
    if fixed := [name for name in values if name in FIXED]:
        raise FieldsRefused({name: ["is given once; others refer to it by that."] for name in fixed})
    for name, value in values.items():
        setattr(subject, name, value)
    before, after = difference(stored, subject)
    if before:
        _save(subject, actor, reason)
        record(f"{_noun(subject)}.change", subject, before=before, after=after, reason=reason)
    return subject


# Versions ------------------------------------------------------------------------------------------------


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
    read = _read(terms, contract)
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
    _save(version, actor)
    record("contract_version.draft", version, after=_text_of(version))
    return version


@transaction.atomic
def edit_draft(
    version: ContractVersion,
    terms: TermsLike,
    effective_from_on: date = UNCHANGED,
    effective_until_on: date | None = UNCHANGED,
) -> ContractVersion:
    """Replace the text of a draft. A day that is not given stays; findings accepted for the old text are void.

    Raises WrongState once it was submitted, TermsRefused, FieldsRefused, NotAllowed.
    """
    actor = require_person("legal")
    _lock(version, State.DRAFT)
    before = _text_of(version)
    read = _read(terms, version.contract)
    version.terms, version.terms_sha256 = read.document(), terms_sha256(read)
    if effective_from_on is not UNCHANGED:
        version.effective_from_on = effective_from_on
    if effective_until_on is not UNCHANGED:
        version.effective_until_on = effective_until_on
    after = _text_of(version)
    if before != after:
        _save(version, actor)
        record("contract_version.edit", version, before=before, after=after)
    return version


@transaction.atomic
def submit_for_review(version: ContractVersion) -> ContractVersion:
    """Hand a draft to the others of legal. Raises OpenFindings where it names services that do not exist."""
    actor = require_person("legal")
    _lock(version, State.DRAFT)
    unknown = [item for item in open_standings(version) if item.code == "SERVICE_UNKNOWN"]
    if unknown:
        raise OpenFindings([(item.code, item.path, item.sentence) for item in unknown])
    return _move(version, State.IN_REVIEW, "contract_version.submit", actor)


@transaction.atomic
def return_to_draft(version: ContractVersion, reason: str) -> ContractVersion:
    """Send a version that nobody signed yet back to be edited. Raises WrongState, ReasonMissing, NotAllowed."""
    actor = require_person("legal")
    _require_reason(reason)
    _lock(version, State.IN_REVIEW)
    if version.signatures.exists():
        raise WrongState(
            f"version: {version} carries a signature, so its text is frozen; withdraw it and draft another"
        )
    return _move(version, State.DRAFT, "contract_version.return", actor, reason)


@transaction.atomic
def withdraw(version: ContractVersion, reason: str) -> ContractVersion:
    """Give up a version that is not in force yet. A signed one is not withdrawn but superseded by another."""
    actor = require_person("legal")
    _require_reason(reason)
    _lock(version, State.DRAFT, State.IN_REVIEW)
    return _move(version, State.WITHDRAWN, "contract_version.withdraw", actor, reason)


@transaction.atomic
def accept_finding(version: ContractVersion, code: str, path: str, reason: str) -> FindingAcceptance:
    """Accept that the paper really has this finding, for exactly this text (rule 8). Again is free.

    Raises NoSuchFinding, ReasonMissing, WrongState, NotAllowed.
    """
    actor = require_person("legal")
    _require_reason(reason)
    _lock(version, State.DRAFT, State.IN_REVIEW)
    done = version.accepted_findings.filter(terms_sha256=version.terms_sha256, code=code, path=path).first()
    if done:
        return done
    found = [item for item in standings(version) if (item.code, item.path) == (code, path)]
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
    _require_reason(reason)
    _lock(version, State.DRAFT, State.IN_REVIEW)
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
    return choice


@transaction.atomic
def record_signature(version: ContractVersion, party: str, signatory: str, signed_on: date) -> Signature:
    """Record that ``signatory`` signed for ``party`` (our entity's or the counterparty's name) on that day.

    The first signature freezes the text with its hash; the one that completes both parties' puts the version
    in force from its effective day and makes its commitments. Again is free.

    Raises OpenFindings while anything stands against signing, DraftedByYourself where the completing signature
    is recorded by whoever wrote the text, NotAParty, AlreadySigned, WrongState, FieldsRefused, NotAllowed.
    """
    actor = require_person("legal")
    done = version.signatures.filter(party=party, signatory=signatory).first()
    if done and done.signed_on == signed_on:
        return done
    _lock(version, State.IN_REVIEW)
    contract = version.contract
    parties = {contract.legal_entity.name, contract.counterparty.name}
    if party not in parties:
        raise NotAParty(f"party: {party!r} does not sign {contract}; {' and '.join(sorted(parties))} do")
    if done or version.signatures.filter(party=party).exists():
        raise AlreadySigned(f"party: {party} signed {version} already; a signature is not changed")
    against = open_standings(version)
    if against:
        raise OpenFindings([(item.code, item.path, item.sentence) for item in against])
    if not signatory.strip():
        raise FieldsRefused({"signatory": ["The name of whoever signed, as on the paper."]})
    completes = set(version.signatures.values_list("party", flat=True)) | {party} == parties
    if completes:
        _check_may_complete(version, actor)
    signature = Signature.objects.create(
        version=version,
        party=party,
        signatory=signatory,
        signed_on=signed_on,
        terms_sha256=version.terms_sha256,
        recorded_by=actor,
    )
    after: dict[str, Any] = {
        "party": party,
        "signatory": signatory,
        "signed_on": signed_on,
        "terms_sha256": version.terms_sha256,
    }
    if completes:
        after |= _put_in_force(version, actor)
    record("contract_version.sign", version, before={"state": State.IN_REVIEW.value}, after=after)
    return signature


# Below the acts ------------------------------------------------------------------------------------------


def difference(stored: models.Model, changed: models.Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns in which two states of a record differ: as they were, and as they are."""
    before, after = {}, {}
    for field in changed._meta.concrete_fields:
        old, new = field.value_from_object(stored), field.value_from_object(changed)
        if old != new:
            before[field.attname], after[field.attname] = old, new
    return before, after


def _created[Row: models.Model](row: Row, verb: str) -> Row:
    actor = require_role("legal")
    _save(row, actor)
    values = {field.attname: field.value_from_object(row) for field in row._meta.concrete_fields}
    record(verb, row, after=values)
    return row


def _save(row: models.Model, actor: User, reason: str = "") -> None:
    """Validate, then save with the actor in the row's history."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise _refusal(error) from None
    row._history_user = actor  # type: ignore[attr-defined]  # read by django-simple-history
    row._change_reason = reason[:100] or None  # type: ignore[attr-defined]
    row.save()


def _refusal(error: ValidationError) -> FieldsRefused:
    said = {
        ("record" if name == NON_FIELD_ERRORS else name): [str(one) for one in item]
        for name, item in error.message_dict.items()
    }
    codes = {item.code for items in error.error_dict.values() for item in items}
    return AlreadyThere(said) if codes & {"unique", "unique_together"} else FieldsRefused(said)


def _noun(row: models.Model) -> str:
    return "legal_entity" if isinstance(row, LegalEntity) else str(row._meta.model_name)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why, in words that an auditor will understand")


def _read(terms: TermsLike, contract: Contract) -> Terms:
    try:
        read = parse_terms(dict(terms) if isinstance(terms, Mapping) else terms)
    except TermsError as error:
        raise TermsRefused(error.findings) from None
    if read.currency != contract.currency:
        raise TermsRefused(
            [("currency", f"is {read.currency}, but the contract is kept in {contract.currency}")]
        )
    return read


def _text_of(version: ContractVersion) -> dict[str, Any]:
    return {
        "terms_sha256": version.terms_sha256,
        "effective_from_on": version.effective_from_on,
        "effective_until_on": version.effective_until_on,
        "terms": version.terms,
    }


def _lock(version: ContractVersion, *states: State) -> None:
    """Lock the row, bring the caller's value up to date, and refuse any other state."""
    ContractVersion.objects.select_for_update().get(pk=version.pk)
    version.refresh_from_db()
    if version.state not in states:
        wanted = " or ".join(state.label.lower() for state in states)
        raise WrongState(
            f"state: {version} is {version.get_state_display().lower()}; it would have to be {wanted}"
        )


def _move(
    version: ContractVersion, state: State, verb: str, actor: User, reason: str = ""
) -> ContractVersion:
    before = {"state": version.state}
    version.state = state
    _save(version, actor, reason)
    record(verb, version, before=before, after={"state": state.value}, reason=reason)
    return version


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


def authors_of(version: ContractVersion) -> set[int]:
    """The keys of everybody who drafted or edited the version's text, from the record."""
    wrote = Event.objects.filter(
        subject_type=version._meta.label_lower,
        subject_id=str(version.pk),
        verb__in=["contract_version.draft", "contract_version.edit"],
    )
    return {version.created_by_id, *wrote.exclude(actor=None).values_list("actor_id", flat=True)}


def _check_may_complete(version: ContractVersion, actor: User) -> None:
    if actor.pk in authors_of(version):
        raise DraftedByYourself(
            f"actor: {actor.display_name} wrote {version}; another person of legal must record "
            "the signature that puts it in force"
        )


def _put_in_force(version: ContractVersion, actor: User) -> dict[str, Any]:
    """State signed, with the last of the signatures' days; commitments are made. Returns what to record."""
    same_day = version.contract.versions.filter(
        state=State.SIGNED, effective_from_on=version.effective_from_on
    ).first()
    if same_day:
        raise FieldsRefused(
            {"effective_from_on": [f"{same_day} takes effect on that day already; choose another day."]}
        )
    version.state = State.SIGNED
    version.signed_on = version.signatures.aggregate(last=models.Max("signed_on"))["last"]
    _save(version, actor)
    services = {service.code: service for service in Service.objects.all()}
    rows = [
        Commitment(version=version, key=item.key, service=services[code])
        for item in terms_of(version).commitments
        for code in item.services
    ]
    Commitment.objects.bulk_create(rows)
    return {"state": State.SIGNED.value, "commitments": len(rows)}
