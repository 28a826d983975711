"""Amendments and variations: drafted upon a signed text, derived from what the form made of it, kept conformed."""

from datetime import date
from typing import Any

from django.db import models, transaction

from audit.record import record
from base.access import require_person
from base.models import User
from contracts.amending import first_day_in_time
from contracts.conformed import CHANGES, Chain, amendment_of
from contracts.errors import BaseUnknown, FieldsRefused, NoticeTooShort, TermsRefused, WrongState
from contracts.models import Commitment, Contract, ContractVersion, ReadingChoice, Service, Signature
from contracts.reading import terms_of
from contracts.services.common import State, TermsLike, read_terms, save, text_of
from reckoning.canonical import canonical_object
from reckoning.errors import TermsError
from reckoning.fields import zone_info
from reckoning.terms import Terms, terms_sha256
from reckoning.terms.amendments import Amendment, conformed, parse_amendment
from reckoning.terms.changes import changes_between

Kind = ContractVersion.Kind
FORMAT = "sla-ledger-amendment/1"
CONFORMED_FORMAT = "sla-ledger-conformed/1"


@transaction.atomic
def draft_amendment(
    base: ContractVersion,
    terms: TermsLike | None = None,
    *,
    title: str,
    effective_from_on: date,
    mid_window: str,
    notice_given_on: date | None = None,
    notice_days: int = 0,
) -> ContractVersion:
    """Draft a change for good of a signed text, in effect from a day in the zone of the terms.

    ``terms`` is the text as it shall read; None begins with the base's own, to be edited in the form. What differs
    becomes the changes of the amendment's document. ``mid_window`` is splits_window or next_window (rule 10).
    Raises TermsRefused, NoticeTooShort with the first day in time, FieldsRefused, WrongState, NotAllowed.
    """
    header = _header(Kind.AMENDMENT, title, effective_from_on, None, mid_window, notice_given_on, notice_days)
    return _draft(base, terms, header)


@transaction.atomic
def draft_variation(
    base: ContractVersion,
    terms: TermsLike | None = None,
    *,
    title: str,
    effective_from_on: date,
    effective_until_on: date,
    mid_window: str,
    notice_given_on: date | None = None,
    notice_days: int = 0,
) -> ContractVersion:
    """Draft a change for a time: it ends by itself at the beginning of ``effective_until_on``. As an amendment else."""
    days = effective_from_on, effective_until_on
    header = _header(Kind.VARIATION, title, *days, mid_window, notice_given_on, notice_days)
    return _draft(base, terms, header)


@transaction.atomic
def draft_from_document(contract: Contract, document: Any) -> ContractVersion:
    """Draft a change from an amendment's document (bytes of JSON or YAML, or plain values).

    The text that it is written upon is found by its hash among the contract's signed texts. The changes are derived
    anew from the text that they make; when and by whom it was agreed and why is kept. Raises BaseUnknown where
    there is none, TermsRefused with every fault of the document, and as :func:`draft_amendment`.
    """
    require_person("legal")
    try:
        given = document if isinstance(document, Amendment) else parse_amendment(document)
    except TermsError as error:
        raise TermsRefused(error.findings) from None
    signed = contract.versions.filter(state=State.SIGNED, kind__in=[Kind.WHOLE, Kind.AMENDMENT])
    base = signed.filter(terms_sha256=given.base_sha256).order_by("-number").first()
    if base is None:
        known = ", ".join(f"v{row.number} {row.terms_sha256[:12]}…" for row in signed.order_by("number"))
        raise BaseUnknown(
            f"base_sha256: no signed text of {contract} has the hash {given.base_sha256[:12]}…; it would be one "
            f"of: {known or 'none is signed'}"
        )
    zone = terms_of(base).zone
    ends = given.ends(zone)
    days = (
        _midnight(given.begins(zone), zone, "effective_from"),
        (None if ends is None else _midnight(ends, zone, "effective_until")),
    )
    try:
        made = conformed(terms_of(base), [given], given.begins(zone)).terms
    except TermsError as error:
        raise TermsRefused(error.findings) from None
    header = _header(
        Kind(given.kind), given.title, *days, given.mid_window, given.notice_given_on, given.notice_days
    )
    return _draft(base, made, header, given)


def follow_edit(version: ContractVersion) -> None:
    """Bring the document of a change into step with its text and days, before a draft is saved; no act of its own.

    Raises NoticeTooShort and FieldsRefused.
    """
    if version.kind not in CHANGES or version.amends is None:
        return
    kept = version.amendment or {}
    header = _header(
        Kind(version.kind),
        kept.get("title", ""),
        version.effective_from_on,
        version.effective_until_on,
        kept.get("mid_window", "next_window"),
        date.fromisoformat(kept["notice_given_on"]) if kept.get("notice_given_on") else None,
        int(kept.get("notice_days", 0)),
    )
    said = amendment_of(version) if kept.get("changes") else None
    version.amendment = _document(version.amends, terms_of(version), header, version.number, said)


def keep_conformed_texts(version: ContractVersion, actor: User) -> list[int]:
    """Keep every text that the change now in force makes together with others as a version of its own.

    Part of the act that put ``version`` in force: each conformed text carries its signatures, readings and author.
    Returns the numbers of the versions made; none for a change that runs alone.
    """
    if version.kind not in CHANGES:
        return []
    made: list[int] = []
    for _ in range(100):
        chain = Chain(version.contract)
        stretch = next((one for one in chain.stretches if one.version is None), None)
        if stretch is None:
            return made
        row = ContractVersion(
            contract=version.contract,
            number=_next_number(version.contract),
            kind=Kind.CONFORMED,
            amends=stretch.whole,
            amendment={
                "format": CONFORMED_FORMAT,
                "made_of": [one.number for one in stretch.made_of],
                "signed_with": version.number,
            },
            terms=stretch.terms.document(),
            terms_sha256=stretch.sha256,
            effective_from_on=stretch.from_on,
            effective_until_on=stretch.until_on,
            created_by=version.created_by,
        )
        _sign_along(row, version, stretch.made_of, actor)
        made.append(row.number)
    raise RuntimeError(f"{version}: its texts do not come to an end")


# Below the acts -------------------------------------------------------------------------------------------


def _header(
    kind: Kind,
    title: str,
    from_on: date,
    until_on: date | None,
    mid_window: str,
    notice_given_on: date | None,
    notice_days: int,
) -> dict[str, Any]:
    if not title.strip():
        raise FieldsRefused({"title": ["Say what the change is about."]})
    if kind == Kind.VARIATION and until_on is None:
        raise FieldsRefused({"effective_until_on": ["A variation ends by itself; say on which day."]})
    if kind == Kind.AMENDMENT and until_on is not None:
        raise FieldsRefused({"effective_until_on": ["An amendment is for good; what ends is a variation."]})
    if until_on is not None and until_on <= from_on:
        raise FieldsRefused({"effective_until_on": [f"Must lie after {from_on}, on which it begins."]})
    if mid_window not in ("splits_window", "next_window"):
        raise FieldsRefused({"mid_window": ["Say splits_window or next_window."]})
    if notice_days and notice_given_on is None:
        raise FieldsRefused({"notice_given_on": [f"The notice of {notice_days} days needs its day."]})
    if notice_given_on is not None:
        first = first_day_in_time(notice_given_on, notice_days)
        if from_on < first:
            raise NoticeTooShort(
                f"effective_from_on: {from_on} is {max((from_on - notice_given_on).days, 0)} days after the notice "
                f"of {notice_given_on}; at least {notice_days} are agreed, so that {first} is the first day in time"
            )
    return {
        "kind": kind.value,
        "title": title.strip(),
        "effective_from": from_on,
        "effective_until": until_on,
        "mid_window": mid_window,
        "notice_given_on": notice_given_on,
        "notice_days": notice_days,
    }


def _document(
    base: ContractVersion, terms: Terms, header: dict[str, Any], number: int, said: Amendment | None
) -> dict[str, Any]:
    """The document that makes ``terms`` of the base. What ``said``, the one before it, says beside its changes (when
    and by whom it was agreed, why a place is changed) is kept."""
    try:
        changes = changes_between(terms_of(base), terms)
    except TermsError as error:
        raise TermsRefused(error.findings) from None
    why = {one.at: one.why for one in said.changes} if said else {}
    plain: dict[str, Any] = canonical_object(
        {
            "format": FORMAT,
            "id": f"v{number}",
            "base_sha256": base.terms_sha256,
            **header,
            "agreed_on": said.agreed_on if said else None,
            "approved_by": said.approved_by if said else None,
            "changes": [
                one.model_copy(update={"why": why.get(one.at)}).model_dump(exclude_none=True)
                for one in changes
            ],
        }
    )
    return {name: value for name, value in plain.items() if value is not None}


def _draft(
    base: ContractVersion, terms: TermsLike | None, header: dict[str, Any], said: Amendment | None = None
) -> ContractVersion:
    actor = require_person("legal")
    contract = base.contract
    Contract.objects.select_for_update().get(pk=contract.pk)
    base.refresh_from_db()
    if base.state != State.SIGNED or base.kind not in (Kind.WHOLE, Kind.AMENDMENT):
        raise WrongState(
            f"base: {base} is {base.get_state_display().lower()}, {base.get_kind_display().lower()}; a change is "
            "written upon a signed whole text or a signed amendment"
        )
    read = terms_of(base) if terms is None else read_terms(terms, contract)
    number = _next_number(contract)
    version = ContractVersion(
        contract=contract,
        number=number,
        kind=header["kind"],
        amends=base,
        amendment=_document(base, read, header, number, said),
        terms=read.document(),
        terms_sha256=terms_sha256(read),
        effective_from_on=header["effective_from"],
        effective_until_on=header["effective_until"],
        created_by=actor,
    )
    save(version, actor)
    after = text_of(version) | {"kind": version.kind, "amends": base.number, "amendment": version.amendment}
    record("contract_version.draft", version, after=after)
    return version


def _next_number(contract: Contract) -> int:
    return (contract.versions.aggregate(last=models.Max("number"))["last"] or 0) + 1


def _midnight(instant: Any, zone: str, field: str) -> date:
    local = instant.astimezone(zone_info(zone))
    if local.time().replace(tzinfo=None) != local.time().min:
        raise TermsRefused(
            [
                (
                    field,
                    f"is {local:%Y-%m-%d %H:%M} in {zone}; versions of a contract change at midnight there, so write "
                    f"{local.date()} or the day after",
                )
            ]
        )
    day: date = local.date()
    return day


def _sign_along(
    row: ContractVersion, version: ContractVersion, made_of: tuple[ContractVersion, ...], actor: User
) -> None:
    """A conformed text is signed by those who signed the change that made it necessary."""
    save(row, actor)
    choices = ReadingChoice.objects.filter(version__in=made_of).order_by("pk")
    seen: set[tuple[str, str, str]] = set()
    for choice in choices:
        key = (choice.commitment_key, choice.name, choice.chosen)
        if key not in seen:
            seen.add(key)
            choice.pk, choice.version, choice._state.adding = None, row, True
            choice.save(force_insert=True)
    row.state = State.IN_REVIEW
    save(row, actor)
    for signature in version.signatures.live().order_by("pk"):
        Signature.objects.create(
            version=row,
            party=signature.party,
            signatory=signature.signatory,
            signed_on=signature.signed_on,
            terms_sha256=row.terms_sha256,
            recorded_by=actor,
        )
    row.state, row.signed_on = State.SIGNED, version.signed_on
    save(row, actor)
    services = {service.code: service for service in Service.objects.all()}
    Commitment.objects.bulk_create(
        Commitment(version=row, key=item.key, service=services[code])
        for item in terms_of(row).commitments
        for code in item.services
    )
    record(
        "contract_version.conform",
        row,
        after=text_of(row) | {"made_of": [one.number for one in made_of], "signed_with": version.number},
    )
