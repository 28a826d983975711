"""What the paper says about renewal, and the private addresses under which calendars read the dates."""

import secrets
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from audit.record import record
from base.access import may, require_person
from base.errors import NotAllowed
from contracts.errors import FieldsRefused
from contracts.models import CalendarAddress, CalendarRevocation, Contract, RenewalTerms
from contracts.services.common import refusal, require_reason

SAID = (
    "term_ends_on",
    "renews_months",
    "notice_months",
    "notice_days",
    "notice_at_any_time",
    "notice_form",
    "notice_counts",
    "review_on",
    "clause",
)
MOST_ADDRESSES = 10
MOST_RENEWS_MONTHS, MOST_NOTICE_MONTHS, MOST_NOTICE_DAYS = 600, 120, 3_000


@transaction.atomic
def record_renewal(
    contract: Contract,
    *,
    term_ends_on: date | None = None,
    renews_months: int | None = None,
    notice_months: int | None = None,
    notice_days: int | None = None,
    notice_at_any_time: bool = False,
    notice_form: str = RenewalTerms.Form.UNSAID,
    notice_counts: str = RenewalTerms.Counts.RECEIVED,
    review_on: date | None = None,
    clause: str = "",
    reason: str = "",
) -> RenewalTerms:
    """Put on record what the paper says about the end of a contract; a further row corrects the one before.

    Days are days in the zone of the terms, ``term_ends_on`` the last day of the term. The same facts again are free.
    Raises FieldsRefused, ReasonMissing for a correction without a reason, NotAllowed.
    """
    actor = require_person("legal")
    given = {
        "term_ends_on": term_ends_on,
        "renews_months": renews_months,
        "notice_months": notice_months,
        "notice_days": notice_days,
        "notice_at_any_time": notice_at_any_time,
        "notice_form": notice_form,
        "notice_counts": notice_counts,
        "review_on": review_on,
        "clause": clause,
    }
    _check(given)
    row = RenewalTerms(contract=contract, reason=reason, entered_by=actor, **given)
    try:
        row.clean_fields(exclude=["number", "recorded_at"])
    except ValidationError as error:
        raise refusal(error) from None
    Contract.objects.select_for_update().get(pk=contract.pk)
    last = contract.renewal_terms.order_by("-number").first()
    if last is not None:
        before = {name: getattr(last, name) for name in SAID}
        if before == given:
            return last
        require_reason(reason)
    row.number = last.number + 1 if last else 1
    row.save(force_insert=True)
    record("contract.record_renewal", contract, after=given | {"number": row.number}, reason=reason)
    return row


@transaction.atomic
def make_calendar_address(*, label: str) -> tuple[CalendarAddress, str]:
    """A private address for the actor's calendar program. Returns it with its secret, which is told once only.

    Whoever has the secret reads the dates of what the actor may see, until it is revoked. Raises FieldsRefused,
    NotAllowed.
    """
    actor = require_person()
    if not may(actor, "view", "renewal"):
        raise NotAllowed(f"actor: {actor.display_name} sees no dates of contracts", code="role_missing")
    if not label.strip():
        raise FieldsRefused({"label": ["Say where it is used, such as the phone."]})
    held = CalendarAddress.objects.filter(user=actor, revocation=None).count()
    if held >= MOST_ADDRESSES:
        raise FieldsRefused({"label": [f"There are {held} addresses; revoke one first."]})
    secret = secrets.token_urlsafe(32)
    row = CalendarAddress.objects.create(
        user=actor, label=label.strip()[:80], secret_sha256=sha256(secret.encode()).hexdigest()
    )
    record("calendar_address.make", row, after={"label": row.label})
    return row, secret


@transaction.atomic
def revoke_calendar_address(address: CalendarAddress) -> CalendarRevocation:
    """From here on the address opens nothing; again is free. One's own, or by an administrator. Raises NotAllowed."""
    actor = require_person()
    if address.user_id != actor.pk and not actor.has_role("administrator"):
        raise NotAllowed(f"actor: the address is {address.user.display_name}'s", code="not_yours")
    done = CalendarRevocation.objects.filter(address=address).first()
    if done is not None:
        return done
    row = CalendarRevocation.objects.create(address=address, revoked_by=actor)
    record("calendar_address.revoke", address, after={"revoked_by": actor.username})
    return row


def opened_by(secret: str) -> CalendarAddress | None:
    """The address that a secret opens, with its user; None where there is none, or it was revoked."""
    if not 20 <= len(secret) <= 100:
        return None
    digest = sha256(secret.encode()).hexdigest()
    found: CalendarAddress | None = (
        CalendarAddress.objects.filter(secret_sha256=digest, revocation=None).select_related("user").first()
    )
    return found


def _check(given: Mapping[str, Any]) -> None:
    said: dict[str, list[str]] = {}
    for name, least, most in (
        ("renews_months", 1, MOST_RENEWS_MONTHS),
        ("notice_months", 0, MOST_NOTICE_MONTHS),
        ("notice_days", 0, MOST_NOTICE_DAYS),
    ):
        if given[name] is not None and not least <= given[name] <= most:
            said[name] = [f"Must be between {least} and {most:,}, or empty."]
    if given["notice_months"] is not None and given["notice_days"] is not None:
        said["notice_days"] = ["Notice is given in months or in days, not in both."]
    if given["renews_months"] is not None and given["term_ends_on"] is None:
        said["term_ends_on"] = ["What renews itself has a term that ends; say on which day."]
    timed = given["notice_months"] is not None or given["notice_days"] is not None
    if timed and given["term_ends_on"] is None and not given["notice_at_any_time"]:
        said["term_ends_on"] = ["A notice before the end of a term needs the term's last day."]
    if said:
        raise FieldsRefused(said)


__all__ = [
    "make_calendar_address",
    "opened_by",
    "record_renewal",
    "revoke_calendar_address",
]
