"""What the acts of this room share: saving with the actor in the history, locking, moving on, refusing."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from simple_history.utils import bulk_create_with_history

from audit.models import Event
from audit.record import record
from base.access import require_role
from base.models import User
from contracts.errors import AlreadyThere, FieldsRefused, ReasonMissing, TermsRefused, WrongState
from contracts.models import Contract, ContractVersion, LegalEntity
from reckoning.errors import TermsError
from reckoning.terms import Terms, parse_terms

TermsLike = Terms | Mapping[str, Any] | bytes | str
State = ContractVersion.State
UNCHANGED: Any = object()


def difference(stored: models.Model, changed: models.Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns in which two states of a record differ: as they were, and as they are."""
    before, after = {}, {}
    for field in changed._meta.concrete_fields:
        old, new = field.value_from_object(stored), field.value_from_object(changed)
        if old != new:
            before[field.attname], after[field.attname] = old, new
    return before, after


def created[Row: models.Model](row: Row, verb: str) -> Row:
    actor = require_role("legal")
    save(row, actor)
    record(verb, row, after=columns_of(row))
    return row


def columns_of(row: models.Model) -> dict[str, Any]:
    """Every column of a record, as an event shows a new one."""
    return {field.attname: field.value_from_object(row) for field in row._meta.concrete_fields}


def save(row: models.Model, actor: User, reason: str = "") -> None:
    """Validate, then save with the actor in the row's history."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise refusal(error) from None
    row._history_user = actor  # type: ignore[attr-defined]  # read by django-simple-history
    row._change_reason = reason[:100] or None  # type: ignore[attr-defined]
    row.save()


def save_together[Row: models.Model](rows: Sequence[Row], actor: User) -> None:
    """Save new records of one model in two statements, with the actor in their histories.

    Each is validated like one that is saved by itself, but for what the database is asked then: whether keys are there
    and names are taken, and its own conditions. Those it refuses itself, by an IntegrityError. Raises FieldsRefused.
    """
    for row in rows:
        try:
            row.clean_fields(exclude=[one.name for one in row._meta.concrete_fields if one.is_relation])
            row.clean()
        except ValidationError as error:
            raise refusal(error) from None
    if rows:
        bulk_create_with_history(rows, type(rows[0]), default_user=actor)


def refusal(error: ValidationError) -> FieldsRefused:
    said = {
        ("record" if name == NON_FIELD_ERRORS else name): [str(one) for one in item]
        for name, item in error.message_dict.items()
    }
    codes = {item.code for items in error.error_dict.values() for item in items}
    return AlreadyThere(said) if codes & {"unique", "unique_together"} else FieldsRefused(said)


def noun(row: models.Model) -> str:
    return "legal_entity" if isinstance(row, LegalEntity) else str(row._meta.model_name)


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing("reason: is empty; say why, in words that an auditor will understand")


def require_text(version: ContractVersion, terms_sha256: str) -> None:
    """Refuse where the text that was read, by its hash, is not the version's any more. Ask under the lock."""
    if terms_sha256 != version.terms_sha256:
        raise FieldsRefused(
            {
                "terms_sha256": [
                    "The text is another by now: it was edited since you read it. Load the page anew first."
                ]
            }
        )


def read_terms(terms: TermsLike, contract: Contract) -> Terms:
    try:
        read = parse_terms(dict(terms) if isinstance(terms, Mapping) else terms)
    except TermsError as error:
        raise TermsRefused(error.findings) from None
    if read.currency != contract.currency:
        raise TermsRefused(
            [("currency", f"is {read.currency}, but the contract is kept in {contract.currency}")]
        )
    return read


def text_of(version: ContractVersion) -> dict[str, Any]:
    return {
        "terms_sha256": version.terms_sha256,
        "effective_from_on": version.effective_from_on,
        "effective_until_on": version.effective_until_on,
        "terms": version.terms,
    }


def lock(version: ContractVersion, *states: State) -> None:
    """Lock the row, bring the caller's value up to date, and refuse any other state.

    The contract is locked before it: what stands against one version depends on the others that were signed.
    """
    Contract.objects.select_for_update(no_key=True).get(pk=version.contract_id)
    ContractVersion.objects.select_for_update().get(pk=version.pk)
    version.refresh_from_db()
    if version.state not in states:
        wanted = " or ".join(state.label.lower() for state in states)
        raise WrongState(
            f"state: {version} is {version.get_state_display().lower()}; it would have to be {wanted}"
        )


def move(
    version: ContractVersion,
    state: State,
    verb: str,
    actor: User,
    reason: str = "",
    told: Mapping[str, Any] | None = None,
) -> ContractVersion:
    before = {"state": version.state}
    version.state = state
    save(version, actor, reason)
    record(verb, version, before=before, after={"state": state.value, **(told or {})}, reason=reason)
    return version


def authors_of(version: ContractVersion) -> set[int]:
    """The keys of everybody who drafted or edited the version's text, from the record."""
    wrote = Event.objects.filter(
        subject_type=version._meta.label_lower,
        subject_id=str(version.pk),
        verb__in=["contract_version.draft", "contract_version.edit"],
    )
    return {version.created_by_id, *wrote.exclude(actor=None).values_list("actor_id", flat=True)}
