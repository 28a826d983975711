"""The checklist of enforceability: answered by legal for exactly one text, all at once or some."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction

from audit.record import record
from base.access import require_person
from contracts.checklist import BY_ID, items_for
from contracts.errors import FieldsRefused
from contracts.models import ChecklistAnswer, ContractVersion
from contracts.services.common import State, lock, require_text
from contracts.services.turns import ask_whose_turn_it_is

MOST_NOTE = 2000


@dataclass(frozen=True)
class Answered:
    """An answer's code, the clause of the paper that says so, and a note."""

    answer: str
    clause: str = ""
    note: str = ""


@transaction.atomic
def answer_checklist(
    version: ContractVersion, answers: Mapping[str, Answered | str], *, terms_sha256: str = ""
) -> list[ChecklistAnswer]:
    """Answer items of the checklist for the text as it is; any number at once is one act. The last answer counts.

    ``answers`` go by the item's id; a text stands for an answer without clause and note. What is answered so already
    is left as it is; where nothing is new, nothing is written. ``terms_sha256`` is the hash of the text that was
    read; another one by now is refused.

    Raises FieldsRefused naming every item that is wrong, WrongState, NotAllowed.
    """
    actor = require_person("legal")
    lock(version, State.DRAFT, State.IN_REVIEW)
    if terms_sha256:
        require_text(version, terms_sha256)
    read = {item: one if isinstance(one, Answered) else Answered(one) for item, one in answers.items()}
    there = answers_of(version)
    _check(read, there)
    new = [
        ChecklistAnswer(
            version=version,
            terms_sha256=version.terms_sha256,
            item=item,
            answer=one.answer,
            clause=one.clause.strip(),
            note=one.note.strip(),
            answered_by=actor,
        )
        for item, one in read.items()
        if item not in there
        or _said(there[item]) != Answered(one.answer, one.clause.strip(), one.note.strip())
    ]
    if not new:
        return []
    ChecklistAnswer.objects.bulk_create(new)
    after = {
        "terms_sha256": version.terms_sha256,
        "answers": {row.item: {"answer": row.answer, "clause": row.clause, "note": row.note} for row in new},
    }
    before = {row.item: there[row.item].answer for row in new if row.item in there}
    record("contract_version.answer_checklist", version, before={"answers": before}, after=after)
    ask_whose_turn_it_is(version, actor)
    return new


def answers_of(version: ContractVersion) -> dict[str, ChecklistAnswer]:
    """The answers that count for the version's text, by item. One query."""
    rows = version.checklist_answers.filter(terms_sha256=version.terms_sha256).select_related("answered_by")
    return {row.item: row for row in rows.order_by("pk")}


def proposals_for(version: ContractVersion) -> dict[str, ChecklistAnswer]:
    """What was answered for an earlier text of the version, else of the version before it: by item, to be confirmed.

    An answer that is not allowed any more is not proposed. At most two queries.
    """
    found: dict[str, ChecklistAnswer] = {}
    own = version.checklist_answers.exclude(terms_sha256=version.terms_sha256)
    for row in own.select_related("version").order_by("pk"):
        found[row.item] = row
    if not found:
        earlier = ChecklistAnswer.objects.filter(
            version__contract=version.contract_id, version__number__lt=version.number
        )
        for row in (
            earlier.select_related("version").defer("version__terms").order_by("version__number", "pk")
        ):
            found[row.item] = row
    return {
        item: row for item, row in found.items() if item in BY_ID and row.answer in dict(BY_ID[item].answers)
    }


def _said(row: ChecklistAnswer) -> Answered:
    return Answered(row.answer, row.clause, row.note)


def _check(read: Mapping[str, Answered], there: Mapping[str, ChecklistAnswer]) -> None:
    law = read["governing_law"].answer if "governing_law" in read else ""
    if not law and "governing_law" in there:
        law = there["governing_law"].answer
    asked = {item.id for item in items_for(law)}
    wrong = {item: said for item, one in read.items() if (said := list(_faults(item, one, asked)))}
    if wrong:
        raise FieldsRefused(wrong)
    if not read:
        raise FieldsRefused({"answers": ["Answer at least one item."]})


def _faults(item: str, one: Answered, asked: set[str]) -> Iterable[str]:
    if item not in BY_ID:
        yield "There is no such item."
        return
    known = BY_ID[item]
    if item not in asked:
        yield f"Is asked under the law of {' or '.join(known.laws)} only."
    if one.answer not in dict(known.answers):
        yield f"{one.answer!r} is none of the answers: {', '.join(code for code, _ in known.answers)}."
    if one.answer in known.needs_note and not one.note.strip():
        yield "This answer needs a note that says why."
    if len(one.clause) > 200 or len(one.note) > MOST_NOTE:
        yield f"The clause has at most 200 characters, the note {MOST_NOTE}."
