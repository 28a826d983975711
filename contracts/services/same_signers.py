"""The signers of the version before, named for the next one at once."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from audit.record import record
from base.access import require_person
from contracts.errors import FieldsRefused
from contracts.models import ContractVersion, NamedSigner
from contracts.services.common import State, lock
from contracts.services.signers import refuse_signed
from contracts.services.signing import parties_of
from contracts.signers import signers_of


@dataclass(frozen=True)
class SameSigners:
    """Who would be named as for an earlier version, and who is left out, each with why."""

    earlier: ContractVersion
    named: tuple[NamedSigner, ...]
    left_out: tuple[tuple[NamedSigner, str], ...]

    @property
    def left_out_words(self) -> str:
        """One sentence naming who is left out, empty where nobody is."""
        if not self.left_out:
            return ""
        return f"Left out: {'; '.join(f'{one.name}, {why}' for one, why in self.left_out)}."


def same_signers(version: ContractVersion, on: date) -> SameSigners | None:
    """Whom the last earlier version of the contract with named signers would lend; None where there is none, or where
    this one has a list or a signature of its own. Who can no longer sign ``on`` that day (UTC) is left out. At most
    six queries."""
    if version.state not in (State.DRAFT, State.IN_REVIEW) or signers_of(version):
        return None
    earlier = (
        ContractVersion.objects.filter(
            contract=version.contract_id, number__lt=version.number, named_signers__isnull=False
        )
        .order_by("-number")
        .first()
    )
    if earlier is None or version.signatures.live().exists():
        return None
    before = signers_of(earlier)
    left_out = [(one, why) for one in before if (why := _why_not(one, version, on))]
    gone = {one.pk for one, _ in left_out}
    return SameSigners(earlier, tuple(one for one in before if one.pk not in gone), tuple(left_out))


@transaction.atomic
def name_same_signers(version: ContractVersion, on: date) -> SameSigners:
    """Name for a version whoever was named for the one before: with title, place in the order and login, in one act.

    Left out are those whose login may not enter ``on`` that day (UTC), and those of a party that does not sign. Raises
    FieldsRefused where there is nobody to be named or this version has a list already, WrongState, NotAllowed.
    """
    actor = require_person("legal")
    lock(version, State.DRAFT, State.IN_REVIEW)
    refuse_signed(version)
    found = same_signers(version, on)
    if found is None:
        raise FieldsRefused(
            {
                "signers": [
                    f"No version before {version} has a list of signers, or it has one itself: name them one by one."
                ]
            }
        )
    if not found.named:
        raise FieldsRefused(
            {"signers": [f"Nobody of {found.earlier} can sign any more. {found.left_out_words}"]}
        )
    fields = ("party", "name", "title", "position", "must_sign", "login")
    given = [{name: getattr(one, name) for name in fields} for one in found.named]
    made = NamedSigner.objects.bulk_create(
        NamedSigner(version=version, named_by=actor, **values) for values in given
    )
    after = {
        "as_for": found.earlier.number,
        "signers": [{"signer": row.pk, **values} for row, values in zip(made, given, strict=True)],
        "left_out": [one.name for one, _ in found.left_out],
    }
    record("contract_version.name_same_signers", version, after=after)
    return found


def _why_not(signer: NamedSigner, version: ContractVersion, on: date) -> str:
    if signer.party not in parties_of(version):
        return f"for {signer.party}, which is no party of that name any more"
    if signer.login is not None and not signer.login.may_enter_on(on):
        return "whose login may not enter any more"
    return ""
