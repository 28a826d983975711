"""What the life of a version holds against signing it, beside its text: objections, the checklist, the people to be
consulted, a signer who declined. The database holds to the first two by itself (``sql/signing_life.sql``)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from contracts import consulting
from contracts.checklist import items_for
from contracts.checks import Standing, open_standings
from contracts.errors import TermsAltered
from contracts.models import (
    ChecklistAnswer,
    Consultation,
    ContractVersion,
    FindingAcceptance,
    NamedSigner,
    RemarkAnswer,
    ReviewRemark,
    SignerStep,
)
from contracts.reading import terms_of

UNSIGNED = (ContractVersion.State.DRAFT, ContractVersion.State.IN_REVIEW)
Outcome = RemarkAnswer.Outcome
CLOSING = frozenset({Outcome.ACCEPTED, Outcome.REJECTED, Outcome.WITHDRAWN})


def is_open(remark: ReviewRemark, outcomes: Iterable[str]) -> bool:
    """Whether an objection still stands, given the outcomes of its answers. A comment never does."""
    if remark.kind != ReviewRemark.Kind.OBJECTION:
        return False
    given = set(outcomes)
    if remark.objection_class == ReviewRemark.ObjectionClass.VETO:
        return Outcome.WITHDRAWN not in given
    return not given & CLOSING


def stands_against(version: ContractVersion) -> tuple[Standing, ...]:
    """Everything that stands against signing a version: of its text, and of its life."""
    life = life_of([version])[version.pk]
    return (*open_standings(version), *(item for item in life if item.is_open))


def life_standings(version: ContractVersion) -> tuple[Standing, ...]:
    """What the life of a version holds against signing it, with what was accepted with a reason."""
    return life_of([version])[version.pk]


def life_of(versions: Sequence[ContractVersion]) -> dict[int, tuple[Standing, ...]]:
    """The same for many; a fixed number of queries. Nothing stands against what is signed or withdrawn."""
    live = [version for version in versions if version.state in UNSIGNED]
    found: dict[int, list[Standing]] = {version.pk: [] for version in versions}
    if live:
        for standings in (_objections(live), _unanswered(live), _not_consulted(live), _declined(live)):
            for pk, standing in standings:
                found[pk].append(standing)
    return {pk: tuple(items) for pk, items in found.items()}


Found = Iterator[tuple[int, Standing]]


def _objections(versions: Sequence[ContractVersion]) -> Found:
    remarks = ReviewRemark.objects.filter(version__in=versions, kind=ReviewRemark.Kind.OBJECTION)
    rows = list(remarks.select_related("made_by").prefetch_related("answers"))
    for row in rows:
        if is_open(row, (answer.outcome for answer in row.answers.all())):
            veto = row.objection_class == ReviewRemark.ObjectionClass.VETO
            yield (
                row.version_id,
                Standing(
                    "OBJECTION_OPEN",
                    row.path or "document",
                    f"{row.made_by.display_name} objects ({row.get_objection_class_display().lower()}): {row.words}",
                    "Its author withdraws it, or a second person of legal with a reason."
                    if veto
                    else "Somebody else accepts or rejects it in words, or its author withdraws it.",
                    acceptable=False,
                ),
            )


def _unanswered(versions: Sequence[ContractVersion]) -> Found:
    given: dict[int, dict[str, str]] = defaultdict(dict)
    hashes = {version.pk: version.terms_sha256 for version in versions}
    rows = ChecklistAnswer.objects.filter(version__in=versions).order_by("pk")
    for pk, text, named, answer in rows.values_list("version_id", "terms_sha256", "item", "answer"):
        if text == hashes[pk]:
            given[pk][named] = answer
    for version in versions:
        answers = given[version.pk]
        for item in items_for(answers.get("governing_law", "")):
            if item.id not in answers:
                yield (
                    version.pk,
                    Standing(
                        "CHECKLIST_UNANSWERED",
                        f"checklist.{item.id}",
                        f"nobody answered for this text: {item.question}",
                        "Answer it in the checklist of its review; the answers of an earlier text are proposed there.",
                        acceptable=False,
                    ),
                )


def _not_consulted(versions: Sequence[ContractVersion]) -> Found:
    policies = consulting.policies()
    bound = [version for version in versions if version.contract.direction in policies]
    if not bound:
        return
    met: dict[int, set[consulting.Seat]] = defaultdict(set)
    rows = Consultation.objects.filter(version__in=bound)
    for pk, role, code in rows.values_list("version_id", "role", "service_code"):
        met[pk].add((role, code))
    accepted: dict[tuple[int, str, str], FindingAcceptance] = {}
    for row in FindingAcceptance.objects.filter(version__in=bound, code="GATE_NOT_CONSULTED").select_related(
        "accepted_by"
    ):
        accepted[row.version_id, row.terms_sha256, row.path] = row
    for version in bound:
        try:
            terms = terms_of(version)
        except TermsAltered:
            continue
        for seat in consulting.seats(policies[version.contract.direction].roles, terms):
            if seat in met[version.pk]:
                continue
            path, words = consulting.seat_path(seat), consulting.seat_words(seat)
            allowed = accepted.get((version.pk, version.terms_sha256, path))
            yield (
                version.pk,
                Standing(
                    "GATE_NOT_CONSULTED",
                    path,
                    f"the {words} was not consulted",
                    "Record whom you consulted and when; or go on without, with a reason for the record.",
                    acceptable=True,
                    accepted_by=allowed.accepted_by.display_name if allowed else "",
                    accepted_reason=allowed.reason if allowed else "",
                ),
            )


def _declined(versions: Sequence[ContractVersion]) -> Found:
    signers = NamedSigner.objects.filter(version__in=versions, must_sign=True)
    for signer in signers.prefetch_related("steps"):
        steps = list(signer.steps.all())
        if steps and steps[-1].kind == SignerStep.Kind.DECLINED:
            yield (
                signer.version_id,
                Standing(
                    "SIGNER_DECLINED",
                    f"signers.{signer.pk}",
                    f"{signer.name} declined to sign for {signer.party}: {steps[-1].reason}",
                    "Ask them again once their reason is met, or take them off the list while nobody has signed.",
                    acceptable=False,
                ),
            )
