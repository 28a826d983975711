"""Master data: our entities, counterparties, services and contracts are entered and changed."""

from datetime import datetime
from typing import Any

from django.db import models, transaction

from audit.record import record
from base.access import require_role
from base.models import User
from contracts.errors import FieldsRefused
from contracts.models import Contract, Counterparty, LegalEntity, Service
from contracts.services.common import created, difference, noun, require_reason, save

FIXED = {"code", "reference", "legal_entity", "counterparty", "direction", "currency"}


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
    return created(entity, "legal_entity.create")


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
    return created(counterparty, "counterparty.create")


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
    return created(service, "service.create")


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
    kind: str = "",
    under: Contract | None = None,
    owner: User | None = None,
) -> Contract:
    """Enter an agreement in one direction; what it says is drafted as a version.

    ``kind`` of document, the master agreement that it stands ``under``, and the ``owner`` who answers for it may be
    given later, by a change.

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
        kind=kind,
        under=under,
        owner=owner,
    )
    return created(contract, "contract.create")


@transaction.atomic
def change[Row: models.Model](subject: Row, *, reason: str, **values: Any) -> Row:
    """Change master data (never a version), recording each changed field before and after.

    A change that changes nothing writes nothing. Raises FieldsRefused (also for what is given once: codes,
    references, a contract's parties, direction and currency), ReasonMissing, NotAllowed.
    """
    if not isinstance(subject, LegalEntity | Counterparty | Service | Contract):
        raise TypeError(f"a {type(subject).__name__} is not changed but acted on, by a service of its own")
    actor = require_role("legal")
    require_reason(reason)
    stored = type(subject)._default_manager.select_for_update().get(pk=subject.pk)
    if fixed := [name for name in values if name in FIXED]:
        raise FieldsRefused({name: ["is given once; others refer to it by that."] for name in fixed})
    for name, value in values.items():
        setattr(subject, name, value)
    before, after = difference(stored, subject)
    if before:
        save(subject, actor, reason)
        record(f"{noun(subject)}.change", subject, before=before, after=after, reason=reason)
    return subject
