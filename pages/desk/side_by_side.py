"""Two promises beside each other: their clauses in words, field by field, and what either makes of the same facts."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from base.errors import DomainError
from contracts.conflicting import terms_from_row
from contracts.models import Commitment, Conflict, Contract
from credits.explained import Explained, clauses_of
from credits.models import Assessment
from credits.reading import every_latest
from reckoning.assessment import AssessmentInputs
from reckoning.errors import ReckoningError
from reckoning.terms.precedence import level_words

# Fields that have no clause of their own stand in the words of another.
_TOLD_BY = {
    "target_inclusive": "target_percent",
    "level_rounding": "target_percent",
    "limit": "target_percent",
    "zone": "currency",
    "source_role": "promise",
}


@dataclass(frozen=True)
class Side:
    """One side of a conflict; without a commitment it is the objective."""

    name: str
    contract: Contract | None
    commitment: Commitment | None

    @property
    def number(self) -> str:
        """The version that it was found in, for people."""
        return str(self.commitment.version) if self.commitment is not None else ""


@dataclass(frozen=True)
class Text:
    """What both sides say of one field."""

    heading: str
    first: str
    second: str
    differs: bool


@dataclass(frozen=True)
class Figure:
    """What one side makes of the facts of a window."""

    name: str
    promise: str
    level: str
    tier: str
    credit: str
    refusal: str = ""


def sides_of(conflict: Conflict) -> list[Side]:
    """Both sides with the commitments of the pair that was found last."""
    whole = "commitment__version", "commitment__service", "against__version"
    last = conflict.sides.filter(side="first").select_related(*whole).order_by("-pk").first()
    first = last.commitment if last is not None else None
    second = last.against if last is not None else None
    for one, contract in ((first, conflict.first), (second, conflict.second)):
        if one is not None and contract is not None:
            one.version.contract = contract
    found = [Side(conflict.first.reference, conflict.first, first)]
    if conflict.second is not None:
        found.append(Side(conflict.second.reference, conflict.second, second))
    elif conflict.objective is not None:
        found.append(Side(f"Objective {conflict.objective.code}", None, None))
    return found


def texts_of(conflict: Conflict, sides: list[Side]) -> list[Text]:
    """The clauses of both sides by field; what differs first, in the order of the document."""
    differ = {_TOLD_BY.get(one["field"], one["field"]) for one in conflict.differences}
    said = [_clauses(one.commitment) if one.commitment is not None else {} for one in sides]
    if conflict.objective is not None and len(said) > 1:
        row = conflict.objective
        level = level_words(row.target_percent, row.target_inclusive)
        said[1] = {"target_percent": ("Comparing", f"We aim for {level} of {row.service.name} ourselves.")}
    names = list(said[0]) + [name for name in said[-1] if name not in said[0]]
    if conflict.objective is not None:
        names = [name for name in names if name in ("promise", "target_percent")]
    rows = []
    for name in names:
        heading = next(one[name][0] for one in said if name in one)
        first, second = (one[name][1] if name in one else "" for one in (said[0], said[-1]))
        # The promise's own sentence repeats the target and the window.
        rows.append(Text(heading, first, second, first != second and (name in differ or name == "promise")))
    return sorted(rows, key=lambda one: not one.differs)


def _clauses(commitment: Commitment) -> dict[str, tuple[str, str]]:
    """The words of a commitment by the field that they belong to, with their heading."""
    terms = terms_from_row(commitment.version.terms)
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for clause in clauses_of(terms, commitment.key):
        steps = clause.path.split(".")
        name = steps[2] if len(steps) > 2 else "promise" if len(steps) > 1 else steps[0]
        found[_TOLD_BY.get(name, name)].append((clause.heading, clause.text))
    return {name: (parts[0][0], " ".join(text for _, text in parts)) for name, parts in found.items()}


def figures_of(sides: list[Side]) -> dict[str, Any]:
    """What either side makes of the facts of the last window that was reckoned for one of them."""
    keys = [one.commitment.pk for one in sides if one.commitment is not None]
    last = (
        every_latest()
        .filter(commitment__in=keys)
        .select_related("commitment__version__contract")
        .order_by("-window_start", "pk")
        .first()
    )
    if last is None:
        return {"figures": [], "facts_of": None}
    return {
        "figures": [_figure(one, last) for one in sides if one.commitment is not None],
        "facts_of": last,
    }


def _figure(side: Side, facts: Assessment) -> Figure:
    commitment = side.commitment
    assert commitment is not None
    terms = terms_from_row(commitment.version.terms)
    try:
        inputs = AssessmentInputs.model_validate(facts.inputs)
        made = Explained(terms, commitment.key, inputs)
        return Figure(side.name, made.promise, made.level, made.result.tier or "none", made.credit)
    except (DomainError, ReckoningError, ValueError) as error:
        return Figure(side.name, "", "", "", "", f"It cannot be reckoned from these facts: {error}")
