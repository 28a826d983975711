"""Where a vendor is written to."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from audit.record import current_actor, record
from base.access import require_person
from base.dberrors import named_errors
from contracts.models import Counterparty
from vendors.errors import BY_CONSTRAINT, FieldRefused, NotAVendor
from vendors.models import VendorProfile

KEEPERS = ("vendor_manager", "legal")
FIELDS = ("claims_address", "claims_email", "contact", "note")


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def set_profile(vendor: Counterparty, **values: str) -> VendorProfile:
    """Say where claims on a vendor go (``claims_address``, ``claims_email``, ``contact``, ``note``); what is not
    given stays. A change that changes nothing writes nothing; letters that are there stay as they are.

    Raises NotAVendor, FieldRefused, NotAllowed (a vendor manager or legal keeps profiles).
    """
    actor = require_person(*KEEPERS)
    if unknown := sorted(set(values) - set(FIELDS)):
        raise FieldRefused(f"{unknown[0]}: a profile has no such field; it has {', '.join(FIELDS)}")
    if not vendor.is_vendor:
        raise NotAVendor(f"vendor: {vendor.name} is no vendor; a profile is kept of vendors only")
    profile = VendorProfile.objects.filter(counterparty=vendor).first()
    before = _values(profile) if profile else {}
    profile = profile or VendorProfile(counterparty=vendor)
    for name, value in values.items():
        setattr(profile, name, value.replace("\r\n", "\n").strip())
    after = _values(profile)
    changed = {name for name in FIELDS if before.get(name, "") != after[name]}
    if profile.pk and not changed:
        return profile
    _check(profile)
    profile._history_user = actor  # type: ignore[attr-defined]
    profile._change_reason = current_actor().reason[:100]  # type: ignore[attr-defined]
    profile.save()
    record(
        "vendor_profile.set",
        profile,
        before={name: before[name] for name in sorted(changed) if name in before} or None,
        after={name: after[name] for name in sorted(changed)},
    )
    return profile


def _values(profile: VendorProfile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in FIELDS}


def _check(profile: VendorProfile) -> None:
    try:
        profile.full_clean()
    except ValidationError as error:
        said = "; ".join(f"{name}: {' '.join(lines)}" for name, lines in error.message_dict.items())
        raise FieldRefused(said) from None
