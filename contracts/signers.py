"""Who is to sign a version, how far each is, and whether all have."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from base.models import User
from contracts.models import ContractVersion, NamedSigner, Signature, SignerStep

Kind = SignerStep.Kind


@dataclass(frozen=True)
class Seat:
    """A place under the text: a named signer, or a party for which anybody one person signs.

    ``status`` is waiting, asked, signed or declined.
    """

    party: str
    name: str
    title: str
    status: str
    must_sign: bool
    position: int | None = None
    signer: NamedSigner | None = None
    signature: Signature | None = None
    step: SignerStep | None = None
    waits_for: str = ""


def signers_of(version: ContractVersion) -> list[NamedSigner]:
    """The named signers who were not taken off the list, in their order. Two queries."""
    rows = version.named_signers.select_related("login").prefetch_related("steps").order_by("position", "pk")
    return [row for row in rows if not any(step.kind == Kind.REMOVED for step in row.steps.all())]


def waits_for(signer: NamedSigner, signers: Iterable[NamedSigner], signed: Iterable[int | None]) -> str:
    """The name of the first who must sign before ``signer``; empty where it is their turn."""
    done = set(signed)
    if signer.position is None:
        return ""
    before = (
        one for one in signers
        if one.must_sign and one.position is not None and one.position < signer.position and one.pk not in done
    )  # fmt: skip
    return next((one.name for one in before), "")


def seats_of(version: ContractVersion) -> list[Seat]:
    """Every place under a version's text: those who are named, and of a party without any, the party itself."""
    signatures = list(version.signatures.live().select_related("recorded_by", "signer").order_by("pk"))
    signers = signers_of(version)
    found = [_named(one, signers, signatures) for one in signers]
    contract = version.contract
    for party in (contract.legal_entity.name, contract.counterparty.name):
        if any(one.party == party for one in signers):
            continue
        mine = [row for row in signatures if row.party == party]
        found += [Seat(party, row.signatory, "", "signed", True, signature=row) for row in mine]
        if not mine:
            found.append(Seat(party, "", "", "waiting", True))
    return found


def _named(signer: NamedSigner, signers: Sequence[NamedSigner], signatures: Sequence[Signature]) -> Seat:
    own = next((row for row in signatures if row.signer_id == signer.pk), None)
    steps = list(signer.steps.all())
    last = steps[-1] if steps else None
    status = "signed" if own else last.kind if last else "waiting"
    return Seat(
        signer.party,
        signer.name,
        signer.title,
        str(status),
        signer.must_sign,
        signer.position,
        signer,
        own,
        last,
        "" if own else waits_for(signer, signers, (row.signer_id for row in signatures)),
    )


def missing_of(versions: Sequence[ContractVersion]) -> dict[int, tuple[str, ...]]:
    """Whose signature each version still lacks: those who are named and must sign, else the party. At most three
    queries for any number of them."""
    signatures = Signature.objects.live().filter(version__in=versions)
    signed: dict[int, list[tuple[str, int | None]]] = {version.pk: [] for version in versions}
    for pk, party, signer in signatures.values_list("version_id", "party", "signer_id"):
        signed[pk].append((party, signer))
    named: dict[int, list[NamedSigner]] = {version.pk: [] for version in versions}
    for row in (
        NamedSigner.objects.filter(version__in=versions).prefetch_related("steps").order_by("position", "pk")
    ):
        if not any(step.kind == Kind.REMOVED for step in row.steps.all()):
            named[row.version_id].append(row)
    return {
        version.pk: tuple(_missing(version, named[version.pk], signed[version.pk])) for version in versions
    }


def _missing(
    version: ContractVersion, named: Sequence[NamedSigner], signed: Sequence[tuple[str, int | None]]
) -> Iterator[str]:
    for party in (version.contract.legal_entity.name, version.contract.counterparty.name):
        mine = [one for one in named if one.party == party]
        done = {signer for _, signer in signed}
        yield from (one.name for one in mine if one.must_sign and one.pk not in done)
        if not any(one.must_sign for one in mine) and party not in {name for name, _ in signed}:
            yield party


def asked_to_sign(login: User) -> list[ContractVersion]:
    """The versions in review that this login was asked to sign and may sign now. One query where none names it."""
    rows = ContractVersion.objects.filter(
        state=ContractVersion.State.IN_REVIEW,
        pk__in=NamedSigner.objects.filter(login=login).values("version"),
    )
    return [
        row
        for row in rows.select_related("contract__legal_entity", "contract__counterparty").order_by("pk")
        if any(
            seat.signer is not None
            and seat.signer.login_id == login.pk
            and seat.status == Kind.ASKED
            and not seat.waits_for
            for seat in seats_of(row)
        )
    ]


def is_complete(
    parties: Iterable[str], signers: Iterable[NamedSigner], signatures: Sequence[Signature]
) -> bool:
    """Whether each party has signed, and everybody who is named and must."""
    by = {row.party for row in signatures}
    signed = {row.signer_id for row in signatures}
    return set(parties) <= by and all(one.pk in signed for one in signers if one.must_sign)
