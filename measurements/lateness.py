"""What became known later: the difference between two moments of knowledge, fact by fact, with its reason.

A window has its cut-off of knowledge. What comes after it is kept as anything else is; here it is told what it moves.
The facts are put in one after the other, in the order in which they became known, and each line is what its step
changed, so that the lines sum exactly to the whole difference.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from typing import Any, Literal

from django.db.models import Q

from contracts.models import Commitment
from contracts.reading import terms_of
from measurements.models import Exclusion, IntervalObservation, Payload
from measurements.reading import inputs_for
from reckoning.assessment import AssessmentInputs, AssessmentResult, reckon
from reckoning.terms import Terms, terms_sha256
from reckoning.timeline import Window

Change = Literal["came", "changed", "gone"]
# Fields that say when and about what was asked; a fact is none of them.
ARGUMENTS = ("window_start", "window_end", "known_at", "service")
KIND_OF = {"intervals": "incident", "seconds": "day", "exclusions": "exclusion"}
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class LateFact:
    """One fact that is told otherwise at the later moment, and what it moves (exact seconds; more is positive).

    ``kind`` is incident, day, exclusion, or the name of the field of AssessmentInputs. ``payload_sha256`` and
    ``row_number`` name the row that brought it, ``exclusion_id`` the exclusion; the rest is empty. ``result`` is
    what the terms give after this fact and all before it.
    """

    kind: str
    what: str
    change: Change
    known_at: datetime | None
    reason: str
    payload_sha256: str
    row_number: int | None
    exclusion_id: int | None
    down_seconds: Fraction
    excluded_seconds: Fraction
    unknown_seconds: Fraction
    before: AssessmentResult
    result: AssessmentResult


def late_facts(
    commitment: Commitment, window: Window, since: datetime, until: datetime
) -> tuple[LateFact, ...]:
    """What became known in (since, until] about the window of ``commitment``; without fee, so without money.

    ``since`` is the cut-off that the last result was made with, ``until`` a later moment. In the order in which
    the facts became known. Seconds of the lines sum exactly to the difference of the two results. Facts that came
    and were taken back in between move nothing and are no line. Raises ValueError where ``until`` lies before
    ``since``, SourceUnbound, WrongShape.
    """
    if until < since:
        raise ValueError(f"until: {until.isoformat()} lies before since, {since.isoformat()}")
    terms = terms_of(commitment.version)
    before = inputs_for(commitment, window.start, window.end, since)
    after = inputs_for(commitment, window.start, window.end, until)
    return difference(terms, commitment.key, before, after)


def difference(
    terms: Terms, key: str, before: AssessmentInputs, after: AssessmentInputs
) -> tuple[LateFact, ...]:
    """The steps from one knowledge of a window to another. Inputs with their fees give lines with money too."""
    clause = terms.commitment(key)
    weigh = partial(
        reckon, clause, currency=terms.currency, terms_sha256=terms_sha256(terms), zone=terms.zone
    )
    moves = sorted(_Origins(after.known_at).tell(_moves(before, after)), key=lambda one: one.order)
    now = before.model_copy(update={"known_at": after.known_at})
    result = weigh(now)
    facts = []
    for move in moves:
        now = move.applied(now)
        following = weigh(now)
        facts.append(
            LateFact(
                kind=KIND_OF.get(move.field, move.field),
                what=move.what,
                change=move.change,
                known_at=move.known_at,
                reason=move.reason,
                payload_sha256=move.digest,
                row_number=move.row_number,
                exclusion_id=int(move.what) if move.field == "exclusions" else None,
                down_seconds=following.down_seconds - result.down_seconds,
                excluded_seconds=following.excluded_seconds - result.excluded_seconds,
                unknown_seconds=following.unknown_seconds - result.unknown_seconds,
                before=result,
                result=following,
            )
        )
        result = following
    return tuple(facts)


# Below ---------------------------------------------------------------------------------------------------


@dataclass
class _Move:
    """One row of a field of the inputs, as it was and as it is; ``None`` where it was or is not there."""

    field: str
    what: str
    old: Any
    new: Any
    whole: bool = False
    known_at: datetime | None = None
    reason: str = ""
    digest: str = ""
    row_number: int | None = None

    @property
    def change(self) -> Change:
        """Whether the row came, changed or went."""
        if self.whole or (self.old is not None and self.new is not None):
            return "changed"
        return "came" if self.old is None else "gone"

    @property
    def order(self) -> tuple[datetime, str, str]:
        """In the order of knowledge; what has no moment of its own, such as how far a source reaches, goes first."""
        return (self.known_at or LONG_AGO, self.field, self.what)

    def applied(self, inputs: AssessmentInputs) -> AssessmentInputs:
        """The inputs with this row as it is now."""
        if self.whole:
            return inputs.model_copy(update={self.field: self.new})
        rows = [one for one in getattr(inputs, self.field) if _name(one) != self.what]
        if self.new is not None:
            rows.append(self.new)
        rows.sort(key=lambda one: (one.start, one.end, _name(one)))
        return inputs.model_copy(update={self.field: tuple(rows)})


def _name(row: Any) -> str:
    """What a row is known by: its id, or when it begins."""
    return str(row.id) if hasattr(row, "id") else str(row.start.isoformat())


def _moves(before: AssessmentInputs, after: AssessmentInputs) -> Iterator[_Move]:
    """Whatever differs: rows one by one where they can be told apart, other fields whole."""
    for field in type(after).model_fields:
        if field in ARGUMENTS:
            continue
        old, new = getattr(before, field), getattr(after, field)
        if old == new:
            continue
        if field not in KIND_OF:
            yield _Move(field, field, old, new, whole=True)
            continue
        was, has = ({_name(one): one for one in rows} for rows in (old, new))
        for name in sorted(was.keys() | has.keys()):
            if was.get(name) != has.get(name):
                yield _Move(field, name, was.get(name), has.get(name))


class _Origins:
    """Finds which file or which act brought a change; three queries for any number of changes."""

    def __init__(self, known_at: datetime) -> None:
        self.known_at = known_at

    def tell(self, moves: Iterable[_Move]) -> list[_Move]:
        """The moves with their moment, reason and row."""
        found = list(moves)
        self._of_observations([one for one in found if one.field in ("intervals", "seconds")])
        self._of_exclusions([one for one in found if one.field == "exclusions"])
        for one in found:
            if one.whole:
                one.reason = WHOLE_REASONS.get(one.field, f"{one.field.replace('_', ' ')} is told otherwise")
        return found

    def _of_observations(self, moves: list[_Move]) -> None:
        if not moves:
            return
        refs = {self._reference(one).split(":")[0] for one in moves} - {""}
        named = Q(pk__in=[])
        for digest in refs:
            named |= Q(sha256__startswith=digest)
        files: dict[str, tuple[str, str, datetime]] = {}
        # The newest of several with the same bytes is the one whose rows are in force.
        rows = Payload.objects.filter(named, known_at__lte=self.known_at).order_by("known_at", "pk")
        for digest, name, known_at in rows.values_list("sha256", "name", "known_at"):
            files[digest[:16]] = (digest, name, known_at)
        gone = self._withdrawn([one for one in moves if one.field == "intervals" and one.new is None])
        for one in moves:
            if one.what in gone and one.new is None:
                one.digest, name, one.known_at, one.row_number = gone[one.what]
                one.reason = f"taken back by {name}, row {one.row_number}"
                continue
            short, _, number = self._reference(one).partition(":")
            one.digest, name, one.known_at = files.get(short, (short, "an unknown file", None))
            one.row_number = int(number) if number.isdecimal() else None
            verb = {"came": "reported", "changed": "corrected", "gone": "no longer reported as in"}[
                one.change
            ]
            one.reason = f"{verb} by {name}, row {number}" if one.new is not None else f"{verb} {name}"

    def _withdrawn(self, moves: list[_Move]) -> dict[str, tuple[str, str, datetime, int]]:
        """The newest account of incidents that are gone: it took them back, or names other components now."""
        if not moves:
            return {}
        rows = (
            IntervalObservation.objects.filter(
                external_id__in=[one.what for one in moves], known_at__lte=self.known_at
            )
            .order_by("external_id", "known_at")
            .values_list("external_id", "payload__sha256", "payload__name", "known_at", "row_number")
        )
        return {name: (digest, file, known_at, number) for name, digest, file, known_at, number in rows}

    @staticmethod
    def _reference(move: _Move) -> str:
        row = move.new if move.new is not None else move.old
        return str(getattr(row, "observation", ""))

    def _of_exclusions(self, moves: list[_Move]) -> None:
        rows = Exclusion.objects.filter(pk__in=[int(one.what) for one in moves]).select_related(
            "proposed_by", "decision__decided_by"
        )
        found = {str(row.pk): row for row in rows} if moves else {}
        for one in moves:
            row = found.get(one.what)
            if row is None:
                continue
            decision = getattr(row, "decision", None)
            if decision is not None and decision.decided_at <= self.known_at:
                one.known_at = decision.decided_at
                verdict = decision.get_verdict_display().lower()
                one.reason = f"{row} was {verdict} by {decision.decided_by.display_name}: {decision.reason}"
            else:
                one.known_at = row.proposed_at
                one.reason = (
                    f"{row} was proposed by {row.proposed_by.display_name}; it does nothing until approved"
                )


WHOLE_REASONS = {
    "coverage": "the source's knowledge reaches over other time",
    "fee": "the fee is another one",
    "existed_from": "the service's first day is another one",
    "existed_until": "the service's last day is another one",
}
