"""Which of the wanted exclusions the terms allow (rule 9: notice and allowance must be earned)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from reckoning.assessment.inputs import ExcludedTime
from reckoning.errors import InputError
from reckoning.terms.blocks import ExclusionTerms
from reckoning.timeline.recurring import recurring_spans
from reckoning.timeline.spans import SECOND, Span, clip, from_us, merge, to_us, total, truncate


class ClauseUse(NamedTuple):
    """What one clause excludes: the time rightly asked for, and what its allowance left of it."""

    clause: int
    kind: str
    accepted: tuple[str, ...]
    asked: int
    granted: int


class ExcludedResult(NamedTuple):
    """The excluded time, merged: time that two clauses exclude is excluded once."""

    spans: tuple[Span, ...] = ()
    total: int = 0
    uses: tuple[ClauseUse, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


_NOTHING = ExcludedResult()


def excluded_spans(
    clauses: Sequence[ExclusionTerms],
    wanted: Sequence[ExcludedTime],
    life: Span,
    used_seconds: Mapping[str, int] = {},
    zone: str | None = None,
) -> ExcludedResult:
    """Excluded time within `life`, with what each clause gave and why the rest was refused.

    The allowance of a clause is used up by announced time, earliest first, whether or not there was an outage
    in it; what is above it counts as if it had not been announced. `used_seconds` is what earlier windows
    used of an allowance that outlasts the window, by kind. `zone` is the contract's, for recurring windows.
    """
    if not wanted and not any(clause.recurring for clause in clauses):
        return _NOTHING
    by_kind = {clause.kind: clause for clause in clauses}
    accepted: dict[str, list[ExcludedTime]] = {clause.kind: [] for clause in clauses}
    refused: list[tuple[str, str]] = []
    for exclusion in sorted(wanted, key=lambda one: (one.start, one.end, one.id)):
        reason = _reason_to_refuse(exclusion, by_kind.get(exclusion.kind))
        if reason:
            refused.append((exclusion.id, reason))
        else:
            accepted[exclusion.kind].append(exclusion)
    uses: list[ClauseUse] = []
    spans: list[Span] = []
    for index, clause in enumerate(clauses):
        mine = accepted[clause.kind]
        announced = [Span(to_us(one.start), to_us(one.end)) for one in mine]
        asked = clip(merge([*announced, *_recurring(clause, life, zone)]), life)
        granted = asked
        if clause.allowance_seconds is not None:
            left = max(0, clause.allowance_seconds - used_seconds.get(clause.kind, 0))
            granted = truncate(asked, left * SECOND)
        spans.extend(granted)
        uses.append(
            ClauseUse(index, clause.kind, tuple(one.id for one in mine), total(asked), total(granted))
        )
    merged = tuple(merge(spans))
    return ExcludedResult(merged, total(merged), tuple(uses), tuple(refused))


def _recurring(clause: ExclusionTerms, life: Span, zone: str | None) -> list[Span]:
    """The windows that come back in local time, as they fall into `life` (rule 1)."""
    spans: list[Span] = []
    for window in clause.recurring:
        of_window = window.zone or zone
        if of_window is None:
            raise InputError(
                "zone: a recurring window names none; hand over zone=terms.zone", code="ZONE_MISSING"
            )
        found = recurring_spans(window.recurrence(of_window), from_us(life.start), from_us(life.end))
        spans.extend(found)
    return spans


def _reason_to_refuse(exclusion: ExcludedTime, clause: ExclusionTerms | None) -> str | None:
    if clause is None:
        return f"no clause excludes {exclusion.kind}"
    if not exclusion.approved:
        return "not approved"
    if clause.notice_seconds:
        if exclusion.notice_given_seconds is not None:
            notice = timedelta(seconds=exclusion.notice_given_seconds)
        elif exclusion.announced_at is not None:
            notice = exclusion.start - exclusion.announced_at
        else:
            return f"no announcement on record; {clause.notice_seconds} s of notice are needed"
        if notice < timedelta(seconds=clause.notice_seconds):
            given = notice // timedelta(seconds=1)
            return f"announced {given} s before its start; {clause.notice_seconds} s are needed"
    return None
