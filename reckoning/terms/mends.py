"""Mends: for a finding of the linter, the few edits of the text each of which would really remove it.

A candidate is offered only after it was tried: applied to the commitment it must give valid terms, the finding must
be gone, and no other may have come. Where only a person can know the right figure there is none, and `needed`
says what must be known.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from copy import deepcopy
from functools import partial
from typing import Any

from pydantic import ValidationError

from reckoning.canonical import canonical_object
from reckoning.errors import TermsError
from reckoning.fields import EVERY_FIELD
from reckoning.kept import Kept
from reckoning.terms.linter import Finding, lint_commitment
from reckoning.terms.mend import REMOVED, Edit, Mend
from reckoning.terms.mends_dates import date_mends
from reckoning.terms.mends_plain import plain_mends
from reckoning.terms.mends_tiers import tier_mends
from reckoning.terms.model import CommitmentTerms, Terms

__all__ = ["NEEDED", "REMOVED", "Edit", "Mend", "applied", "commitment_mends", "mends", "needed"]

MOST = 5
_TRIED: Kept[tuple[Mend, ...]] = Kept(500)

NEEDED = {
    "TIER_HOLE": "Look into the paper: which row holds such a figure, or does it earn nothing?",
    "TIER_OVERLAP": "Look into the paper: which of the rows holds such a figure? Change the bounds of the other.",
    "TIER_BOTH_ENDS": "Look into the paper: which of the rows holds this figure?",
    "TIER_BOUND_UNSTATED": "Look into the paper, or ask the other side: does the figure itself belong to the row?",
    "TIER_NOT_MONOTONE": "Look into the paper: what does each of the two rows earn?",
    "TIER_UNREACHABLE": "Look into the paper: which target is promised, and where does this row begin and end?",
    "TARGET_AND_TIER_DISAGREE": "Look into the paper: where does this row end, and which target is promised?",
    "CAP_BELOW_TIER": "Look into the paper: how high is the cap, and what does the highest row earn?",
    "FIGURE_UNKNOWN": "Name a figure that this way of measuring gives; the finding lists them.",
    "POINTS_WITHOUT_WORTH": "How many percent of the fee is one point worth? The paper must say it.",
    "WORTH_UNITS_DIFFER": "What does the first unit earn, in the unit of the others? The paper must say it.",
    "NO_ROWS_FOR_EACH": "Does each event or outage earn by itself, or the window as a whole?",
    "ROUNDING_HIDES_BREACH": "Does the paper really round before it compares?",
    "ROUNDING_COARSER_THAN_TARGET": "To how many decimals does the paper round?",
    "CLAIM_AFTER_DEADLINE": "How long may a claim take, and when do results become final?",
    "CLAIM_OPENS_AFTER_DEADLINE": "When may the step first be taken, and until when?",
    "CLAIM_DEADLINE_IDLE": "Which of the deadlines counts?",
    "RIGHTS_CONTRADICT": "Ask the parties which of the two rights is meant, and change the figures of the other.",
    "SOURCE_ROLE_UNPLAYED": "Whose measurement decides? Bind a source to that role at the contract.",
    "EXCLUSIONS_WITHOUT_INTERVALS": "Does a source report outages with their times of day?",
    "EXCLUSION_ALLOWS_NOTHING": "How many seconds of such time are left out?",
    "SERVICE_UNKNOWN": "Which service is meant? Enter it first under its code.",
    "WINDOW_NOT_POSTED": "Over which longer period may the paper be read?",
    "COMPOSITE_NOT_MEASURED": "Which source measures this level by itself?",
    "COMBINATION_NOT_POSTED": "May each commitment be paid by itself?",
    "READING_NOT_CHOSEN": "Record who chose this reading, on which day and why: the button below the form.",
}


def needed(code: str) -> str:
    """What a person must find out where no button can know it; empty for a code that is not known here."""
    return NEEDED.get(code, "")


def mends(terms: Terms, finding: Finding, known_roles: Collection[str] | None = None) -> tuple[Mend, ...]:
    """What can be offered for a finding of `lint(terms, known_roles)`; paths begin at the document."""
    head, number, path = finding.path.split(".", 2)
    inside = finding._replace(path=path)
    commitment = terms.commitments[int(number)]
    roles = None if known_roles is None else frozenset(known_roles)
    # Trying takes its time, and a finding stands while other commitments are written.
    tried = _TRIED.of(
        (commitment.canonical, terms.zone, inside, roles),
        partial(commitment_mends, commitment, terms.zone, inside, roles),
    )
    return tuple(
        one._replace(edits=tuple(Edit(f"{head}.{number}.{edit.path}", edit.value) for edit in one.edits))
        for one in tried
    )


def commitment_mends(
    commitment: CommitmentTerms, zone: str, finding: Finding, known_roles: Collection[str] | None = None
) -> tuple[Mend, ...]:
    """The same for one commitment, with paths in it; at most `MOST`, in the order in which they are likely meant."""
    plain = _plain(commitment)
    before: dict[bool, list[Finding]] = {}
    found: list[Mend] = []
    for one in _candidates(commitment, zone, finding, known_roles):
        dates = _touches_dates(one)
        if dates not in before:
            before[dates] = list(lint_commitment(commitment, zone, known_roles, with_dates=dates))
        if any(one.edits == other.edits for other in found):
            continue
        if _mends(plain, one, finding, before[dates], zone, known_roles, dates):
            found.append(one)
        if len(found) == MOST:
            break
    return tuple(found)


def applied(plain: Any, edits: Collection[Edit]) -> Any:
    """Plain values after edits, one after the other; what was handed over stays as it is. Raises KeyError,
    IndexError or TypeError for a path that leads nowhere.
    """
    changed = deepcopy(plain)
    for edit in edits:
        *steps, last = edit.path.split(".")
        holder = changed
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        if isinstance(holder, list):
            if edit.value is REMOVED:
                del holder[int(last)]
            else:
                holder[int(last)] = edit.value
        elif edit.value is REMOVED:
            holder.pop(last)
        else:
            holder[last] = edit.value
    return changed


def _candidates(
    commitment: CommitmentTerms, zone: str, finding: Finding, known_roles: Collection[str] | None
) -> Iterator[Mend]:
    yield from tier_mends(commitment, finding)
    yield from plain_mends(commitment, finding, known_roles)
    yield from date_mends(commitment, zone, finding)


def _plain(commitment: CommitmentTerms) -> Any:
    return canonical_object(commitment.model_dump(context=EVERY_FIELD))


def _touches_dates(one: Mend) -> bool:
    # Deadlines and rights depend on these blocks only, and trying them on four years takes its time.
    heads = {edit.path.split(".")[0] for edit in one.edits}
    return bool(heads & {"claim", "remedy", "window", "cut_off_days"})


def _mends(
    plain: Any,
    one: Mend,
    finding: Finding,
    before: list[Finding],
    zone: str,
    known_roles: Collection[str] | None,
    dates: bool,
) -> bool:
    """Whether the edits give valid terms without the finding and without any new one."""
    if any(_renumbers(edit, plain) for edit in one.edits):
        return False
    try:
        changed = CommitmentTerms.model_validate(applied(plain, one.edits))
    except (ValidationError, TermsError, KeyError, IndexError, TypeError):
        return False
    after = list(lint_commitment(changed, zone, known_roles, with_dates=dates))
    if any(other.code == finding.code and other.sentence == finding.sentence for other in after):
        return False
    # Where a row was taken out, those behind it have other numbers: then the codes alone are compared.
    moved = any(edit.value is REMOVED and edit.path.rsplit(".", 1)[-1].isdecimal() for edit in one.edits)
    left, there = _counted(after, moved), _counted(before, moved)
    there[_key(finding, moved)] -= 1
    return not left - there


def _renumbers(edit: Edit, plain: Any) -> bool:
    """Whether an item is taken out of a list that another reading names by numbers: it would mean other items then."""
    holder, _, number = edit.path.rpartition(".")
    return (edit.value is REMOVED and number.isdecimal()) and any(
        path.startswith(f"{holder}.")
        for reading in plain["readings"]
        for other in reading["alternatives"]
        for path in other["set"]
    )


def _counted(findings: list[Finding], moved: bool) -> Counter[tuple[str, str]]:
    return Counter(_key(one, moved) for one in findings)


def _key(finding: Finding, moved: bool) -> tuple[str, str]:
    return finding.code, "" if moved else finding.path
