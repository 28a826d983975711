"""What the owners of two promises are told of a conflict: which documents, where they differ, and what happens until it
is decided. Pure of clocks: the same conflict gives the same words."""

from collections.abc import Mapping

from base.models import User
from contracts.conflicting import field_words
from contracts.models import Conflict, ConflictStep, Contract
from contracts.precedence_reading import owner_of_objective, owners_of, owners_of_sides, proposal_for
from credits.at_stake import stakes_of
from notices.wording import LONGEST_SUBJECT, Words


def words_for_owners(step: ConflictStep) -> Words:
    """The same words for either owner and for legal."""
    conflict = step.conflict
    subject = f"Conflict of promises: {_line(str(conflict))}"
    again = "" if step.number == 1 else "This conflict was gone and is there again.\n\n"
    lines = [
        f"{again}{_opening(conflict)}",
        "",
        *_sides(conflict),
        "",
        "What differs:",
        *(f"- {field_words(one['field'])}: {_against(one)}" for one in conflict.differences),
        *(
            []
            if conflict.differences
            else ["- nothing: both say the very same, so that it would be paid twice"]
        ),
        *_stake(step),
        "",
        _until_then(conflict),
    ]
    if len(subject) > LONGEST_SUBJECT:
        subject = subject[: LONGEST_SUBJECT - 1] + "…"
    return Words(subject, "\n".join(lines) + "\n")


def told_people(conflict: Conflict) -> list[User]:
    """The owners of both sides who are still here; where a side has none, everybody of legal as well."""
    owners = owners_of(conflict)
    if all(one is not None and one.is_active for one in owners_of_sides(conflict)):
        return owners
    legal = User.objects.filter(groups__name="legal", is_active=True).exclude(kind=User.Kind.JOB)
    there = {one.pk for one in owners}
    return [*owners, *(one for one in legal.order_by("pk") if one.pk not in there and one.has_role("legal"))]


def _stake(step: ConflictStep) -> list[str]:
    """What hangs on it as of the day on which it was found; nothing of a promise that reaches an objective."""
    found = stakes_of([step.conflict], step.as_of).get(step.conflict_id)
    if found is None:
        return []
    return ["", f"At stake (the most by which a decision changes what is paid in a month): {found.sentence}."]


def _opening(conflict: Conflict) -> str:
    if conflict.kind == Conflict.Kind.OBJECTIVE:
        return (
            f"A promise for {_line(conflict.service.name)} is as high as what we aim at ourselves, or higher: a miss "
            "of the promise may be no miss of the objective."
        )
    other = _line(conflict.first.counterparty.name)
    if conflict.kind == Conflict.Kind.SAID_TWICE:
        return f"Two documents with {other} promise the same for {_line(conflict.service.name)}."
    return f"Two documents with {other} disagree about {_line(conflict.service.name)}."


def _against(one: Mapping[str, str]) -> str:
    """Plain values as they are; parts of the text, which would be lists and names of fields, are read on the page."""
    if any(said[:1] in ("{", "[") or said == "null" for said in (one["first"], one["second"])):
        return "they say otherwise; the conflict's page has both texts"
    return f"{one['first']} against {one['second']}"


def _sides(conflict: Conflict) -> list[str]:
    lines = [_side(conflict.first)]
    if conflict.second is not None:
        lines.append(_side(conflict.second))
    if conflict.objective is not None:
        row = conflict.objective
        lines.append(
            f"- internal objective {row.code}, version {row.number}; owner: {owner_of_objective(row).display_name}"
        )
    return lines


def _side(contract: Contract) -> str:
    kind = contract.get_kind_display() or "kind of document not said"
    owner = contract.owner.display_name if contract.owner is not None else "nobody yet"
    return f"- {contract.reference} {_line(contract.title)} ({kind.lower()}); owner: {owner}"


def _until_then(conflict: Conflict) -> str:
    if conflict.kind == Conflict.Kind.OBJECTIVE:
        return (
            "The promise computes, whatever we aim at. Aim for more, promise less at the next occasion, or have legal "
            "say why both stand."
        )
    proposal = proposal_for(conflict)
    held = (
        "Until legal decided, no credit of either becomes final for windows in which both hold."
        if conflict.is_family
        else "Until legal decided, each pays by itself, whatever the other pays."
    )
    return f"{held} The order of precedence: {_line(proposal.sentence)}."


def _line(text: str) -> str:
    return " ".join(text.split())
