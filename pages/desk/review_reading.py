"""What the page of a version's review shows: what stands against signing, remarks beside the wording, the checklist,
the signers, whom it concerns, and its history."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from audit.models import Event
from base.models import User
from contracts import checklist, consulting
from contracts.checks import Standing, standings
from contracts.errors import TermsAltered
from contracts.models import (
    ChecklistAnswer,
    Consultation,
    ContractVersion,
    RemarkAnswer,
    ReviewRemark,
    StakeholderEntry,
)
from contracts.reading import terms_of
from contracts.review_checks import UNSIGNED, is_open, life_standings
from contracts.services.checklist import answers_of, proposals_for
from contracts.services.common import authors_of
from reckoning.errors import TermsError
from reckoning.terms import Terms, parse_terms
from reckoning.terms.difference import Change, diff
from reckoning.terms.wording import Clause, word

EVENTS = 60


@dataclass(frozen=True)
class Stands:
    """One thing that stands against signing, with the place of the page where it is settled."""

    standing: Standing
    anchor: str


@dataclass
class Said:
    """A remark with its answers; of an accepted one the fields that the edit changed."""

    remark: ReviewRemark
    answers: list[RemarkAnswer]
    is_open: bool
    changes: list[Change] = field(default_factory=list)
    of_this_text: bool = True
    form: Any = None

    @property
    def state(self) -> str:
        """In a word or two."""
        if self.remark.kind == ReviewRemark.Kind.COMMENT:
            return "comment"
        if self.is_open:
            return "open"
        last = [one for one in self.answers if one.outcome != RemarkAnswer.Outcome.REPLY][-1]
        return last.get_outcome_display().lower()


@dataclass
class Beside:
    """A clause of the wording with what was remarked on it."""

    clause: Clause
    remarks: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """An item of the checklist with its answer, or with what is proposed."""

    item: checklist.Item
    answer: ChecklistAnswer | None
    proposal: ChecklistAnswer | None

    @property
    def words(self) -> str:
        """The answer in words."""
        return self.item.words_of(self.answer.answer) if self.answer else ""


def text_of(version: ContractVersion) -> tuple[Terms | None, str]:
    """The terms, or why they cannot be read."""
    try:
        return terms_of(version), ""
    except TermsAltered as error:
        return None, str(error)


def against(version: ContractVersion) -> tuple[list[Stands], list[Standing]]:
    """What stands against signing a version that is not signed yet, and what was let stand with a reason."""
    if version.state not in UNSIGNED:
        return [], []
    found = (*standings(version), *life_standings(version))
    still = [Stands(item, _anchor(item)) for item in found if item.is_open]
    return still, [item for item in found if not item.is_open]


def _anchor(item: Standing) -> str:
    if item.code == "OBJECTION_OPEN":
        return "remarks"
    if item.code == "CHECKLIST_UNANSWERED":
        return f"item-{item.path.partition('.')[2]}"
    return {"GATE_NOT_CONSULTED": "consulted", "SIGNER_DECLINED": "signers"}.get(item.code, "")


def remarks_of(version: ContractVersion) -> list[Said]:
    """Every remark with its answers, in the order of their making. Three queries and one for the edits that were
    named; of those alone the texts are read."""
    answers = Prefetch("answers", RemarkAnswer.objects.select_related("answered_by"))
    rows = list(version.remarks.select_related("made_by", "version").prefetch_related(answers))
    named = {(one.from_sha256, one.to_sha256) for row in rows for one in row.answers.all() if one.to_sha256}
    edits = _edits(version, named) if named else {}
    found = []
    for row in rows:
        given = list(row.answers.all())
        said = Said(row, given, is_open(row, (one.outcome for one in given)))
        said.of_this_text = row.terms_sha256 == version.terms_sha256
        for one in given:
            if pair := edits.get((one.from_sha256, one.to_sha256)):
                said.changes = diff(*pair)
        found.append(said)
    return found


def _edits(
    version: ContractVersion, named: Collection[tuple[str, str]]
) -> dict[tuple[str, str], tuple[Terms, Terms]]:
    """The texts before and after those edits of a version that are named by their hashes, from the record."""
    found: dict[tuple[str, str], tuple[Terms, Terms]] = {}
    rows = of_version(version).filter(
        before__has_key="terms", after__terms_sha256__in=sorted(after for _, after in named)
    )
    for event in rows:
        before, after = event.before or {}, event.after or {}
        key = before["terms_sha256"], after["terms_sha256"]
        if key not in named or key in found:
            continue
        try:
            found[key] = parse_terms(before["terms"]), parse_terms(after["terms"])
        except TermsError:  # a text of an older language
            continue
    return found


def of_version(version: ContractVersion) -> QuerySet[Event]:
    """The events of a version, the last first."""
    return Event.objects.filter(subject_type=version._meta.label_lower, subject_id=str(version.pk)).order_by(
        "-pk"
    )


def beside(terms: Terms | None, remarks: Iterable[Said]) -> tuple[list[Beside], list[Said]]:
    """The clauses with their remarks, and the remarks to the whole or to a place that has no clause any more.

    A remark stands at the clause whose path is the longest one that its own begins with.
    """
    rows = [Beside(clause) for clause in word(terms)] if terms else []
    whole = []
    for one in remarks:
        path = one.remark.path
        fitting = [
            row
            for row in rows
            if path and (path == row.clause.path or path.startswith(f"{row.clause.path}."))
        ]
        if fitting:
            max(fitting, key=lambda row: len(row.clause.path)).remarks.append(one)
        else:
            whole.append(one)
    return rows, whole


def checklist_of(version: ContractVersion) -> list[Row]:
    """The items that are asked of the version's text, with answers and proposals."""
    given = answers_of(version)
    editable = version.state in UNSIGNED
    proposed = proposals_for(version) if editable else {}
    law = next((rows["governing_law"].answer for rows in (given, proposed) if "governing_law" in rows), "")
    items = checklist.items_for(law)
    if not editable:
        items = tuple(item for item in checklist.ITEMS if item.id in given)
    return [Row(item, given.get(item.id), proposed.get(item.id)) for item in items]


@dataclass(frozen=True)
class Consulted:
    """Somebody who must be consulted or was, with what is on record."""

    words: str
    seat: consulting.Seat
    rows: list[Consultation]
    is_required: bool


def consulted(version: ContractVersion, terms: Terms | None) -> tuple[list[Consulted], list[consulting.Seat]]:
    """Who must be consulted and who was; and every seat that somebody may be consulted in."""
    if terms is None:
        return [], []
    policy = consulting.policies().get(version.contract.direction)
    required = consulting.seats(policy.roles, terms) if policy else ()
    by: dict[consulting.Seat, list[Consultation]] = {seat: [] for seat in required}
    for row in version.consultations.select_related("recorded_by"):
        by.setdefault((row.role, row.service_code), []).append(row)
    found = [
        Consulted(consulting.seat_words(seat), seat, rows, seat in required) for seat, rows in by.items()
    ]
    return found, list(consulting.seats(consulting.ROLES, terms))


def stakeholders_of(version: ContractVersion) -> list[StakeholderEntry]:
    """The last entry of each party that is on the map."""
    last: dict[str, StakeholderEntry] = {}
    for row in version.stakeholders.select_related("written_by"):
        last[row.party] = row
    return [row for row in last.values() if not row.is_dropped]


def share_that_changed(remarks: QuerySet[ReviewRemark]) -> tuple[int, int, Fraction | None]:
    """Objections that changed the text, objections in all, and their share; None where there is none. One query."""
    named = RemarkAnswer.objects.filter(remark=OuterRef("pk")).exclude(to_sha256="")
    objections = remarks.filter(kind=ReviewRemark.Kind.OBJECTION).order_by()
    counted = objections.aggregate(of=Count("pk"), changed=Count("pk", filter=Q(Exists(named))))
    changed, of = counted["changed"], counted["of"]
    return changed, of, Fraction(changed, of) if of else None


def wrote(version: ContractVersion, user: User) -> bool:
    """Whether a person drafted or edited the version's text."""
    return user.pk in authors_of(version)
