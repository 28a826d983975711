"""Who was consulted, who must be, and whom a version concerns."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from audit.record import record
from base.access import require_person
from contracts import consulting
from contracts.errors import FieldsRefused
from contracts.models import (
    Consultation,
    ConsultationPolicy,
    Contract,
    ContractVersion,
    StakeholderEntry,
)
from contracts.reading import terms_of
from contracts.services.common import State, lock, require_reason
from contracts.services.turns import ask_whose_turn_it_is


@transaction.atomic
def set_consultation_policy(direction: str, roles: Sequence[str], reason: str) -> ConsultationPolicy:
    """Say whom legal consults before a version of ``direction`` is signed, from now on; nobody for an empty list.

    It holds for every version that is not signed yet. Again is free. Raises FieldsRefused, ReasonMissing, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(reason)
    if direction not in Contract.Direction.values:
        raise FieldsRefused(
            {"direction": [f"{direction!r} is none of {', '.join(Contract.Direction.values)}."]}
        )
    unknown = [role for role in roles if role not in consulting.ROLES]
    if unknown:
        raise FieldsRefused({"roles": [f"{', '.join(unknown)}: there are {', '.join(consulting.ROLES)}."]})
    wanted = [role for role in consulting.ROLES if role in roles]
    last = consulting.policies().get(direction)
    if last and last.roles == wanted:
        return last
    row = ConsultationPolicy.objects.create(direction=direction, roles=wanted, reason=reason, set_by=actor)
    before = {"roles": last.roles} if last else None
    record(
        "consultation_policy.set",
        row,
        before=before,
        after={"direction": direction, "roles": wanted},
        reason=reason,
    )
    return row


@transaction.atomic
def record_consultation(
    version: ContractVersion,
    *,
    role: str,
    person: str,
    consulted_on: date,
    service_code: str = "",
    words: str = "",
) -> Consultation:
    """Put on record that ``person`` was consulted about a version in a role on a day. Again is free.

    The owner of a service is consulted for one service that the terms name. Raises FieldsRefused, WrongState,
    NotAllowed.
    """
    actor = require_person("legal")
    lock(version, State.DRAFT, State.IN_REVIEW)
    if role not in consulting.ROLES:
        raise FieldsRefused({"role": [f"{role!r} is none of {', '.join(consulting.ROLES)}."]})
    if (role, service_code) not in consulting.seats([role], terms_of(version)):
        raise FieldsRefused(
            {"service_code": ["An owner is consulted for a service that the terms name; others for none."]}
        )
    if not person.strip() or len(person) > 200:
        raise FieldsRefused({"person": ["The name of whoever was consulted, in at most 200 characters."]})
    given = {
        "role": role,
        "service_code": service_code,
        "person": person.strip(),
        "consulted_on": consulted_on,
    }
    done = version.consultations.filter(**given, words=words).first()
    if done:
        return done
    row = Consultation.objects.create(version=version, words=words, recorded_by=actor, **given)
    record("contract_version.consult", version, after={**given, "words": words}, reason=words)
    ask_whose_turn_it_is(version, actor)
    return row


@transaction.atomic
def describe_stakeholder(
    version: ContractVersion,
    *,
    party: str,
    concern: str = "",
    objection: str = "",
    attraction: str = "",
    stance: str = "",
    relationship_owner: str = "",
    is_dropped: bool = False,
) -> StakeholderEntry:
    """Write down whom a version concerns and how; the last entry of a party counts. Again is free.

    What is written is for legal alone: the event names the party, and none of the rest. Raises FieldsRefused,
    WrongState, NotAllowed.
    """
    actor = require_person("legal")
    lock(version, State.DRAFT, State.IN_REVIEW)
    if not party.strip() or len(party) > 200:
        raise FieldsRefused({"party": ["The name of the party, in at most 200 characters."]})
    if stance not in StakeholderEntry.Stance.values:
        raise FieldsRefused({"stance": [f"{stance!r} is none of supports, neutral, opposes, or nothing."]})
    given = {
        "party": party.strip(), "concern": concern, "objection": objection, "attraction": attraction,
        "stance": stance, "relationship_owner": relationship_owner, "is_dropped": is_dropped,
    }  # fmt: skip
    last = version.stakeholders.filter(party=given["party"]).last()
    if last and all(getattr(last, name) == value for name, value in given.items()):
        return last
    row = StakeholderEntry.objects.create(version=version, written_by=actor, **given)
    record(
        "contract_version.describe_stakeholder", version, after={"party": row.party, "is_dropped": is_dropped}
    )
    return row
