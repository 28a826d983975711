"""The worksheets of an incident: what each promise that it may concern asks of it, up to the claim."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from base import clock
from base.access import Asking, may
from base.errors import DomainError
from contracts.models import Commitment
from contracts.visibility import visible_contracts
from credits.models import Assessment
from credits.reading import claims_with_state, latest_assessments
from credits.visibility import visible_assessments
from credits.windows import window_under
from measurements.models import IntervalObservation, Source
from measurements.reading import clauses_of
from measurements.worksheet import Condition, State, worksheet
from pages.dispute_forms import known_by_now

MOST_PROMISES = 12
STATE_TAGS = {"met": "good", "not_met": "bad", "unknown": "warn"}
STATE_WORDS = {"met": "met", "not_met": "not met", "unknown": "unknown"}


@dataclass(frozen=True)
class Sheet:
    """The worksheet of one promise in one window."""

    commitment: Commitment
    label: str
    conditions: list[tuple[Condition, str, str, str]]

    @property
    def verdict(self) -> str:
        """All met, something not met, or something unknown; in that order of certainty."""
        states = {condition.state for condition, _, _, _ in self.conditions}
        return "not_met" if "not_met" in states else "unknown" if "unknown" in states else "met"


def sheets_of(user: Asking, source: Source, latest: IntervalObservation) -> list[Sheet]:
    """What each promise that may be concerned asks, in the window that holds the incident's beginning."""
    if not may(user, "view", "assessment"):
        return []
    known_at = known_by_now()
    bound = source.bindings.values("contract")
    rows = (
        Commitment.objects.filter(version__contract__in=visible_contracts(user).values("pk"))
        .filter(version__state="signed")
        .select_related("version__contract", "service")
        .order_by("pk")
    )
    near = rows.filter(service__code__in=latest.components) | rows.filter(version__contract__in=bound)
    sheets: list[Sheet] = []
    for clause in clauses_of(list(near.distinct()[: MOST_PROMISES * 4])):
        concerned = clause.components | {clause.commitment.service.code}
        if len(sheets) >= MOST_PROMISES or concerned.isdisjoint(latest.components):
            continue
        window = window_under(clause.commitment, latest.during.lower)
        if window is None:
            continue
        try:
            conditions = worksheet(clause, source, latest, window, known_at)
        except DomainError as error:
            conditions = [Condition("The window can be reckoned", "unknown", str(error))]
        conditions += _money_conditions(user, clause.commitment, window.start)
        sheets.append(
            Sheet(
                clause.commitment,
                window.label,
                [
                    (
                        one,
                        STATE_TAGS[one.state],
                        STATE_WORDS[one.state],
                        _link(one, clause.commitment.version.contract_id),
                    )
                    for one in conditions
                ],
            )
        )
    return sheets


def _link(condition: Condition, contract: int) -> str:
    if condition.pk is not None:
        return reverse(f"pages:{condition.about}", args=[condition.pk])
    return f"{reverse('pages:contract', args=[contract])}#terms" if condition.path else ""


def _money_conditions(user: Asking, commitment: Commitment, start: datetime) -> list[Condition]:
    """Whether the window fell short, and whether the claim is in time."""
    result = (
        visible_assessments(user)
        .filter(commitment=commitment, window_start=start, pk__in=latest_assessments().values("pk"))
        .defer("inputs", "result")
        .first()
    )
    name = "The window's level is below the promise"
    if result is None:
        return [Condition(name, "unknown", "the window is not reckoned yet", "target_percent")]
    reached = (
        "by another figure than a level" if result.level_percent is None else f"{result.level_percent} %"
    )
    outcome: tuple[State, str] = {
        Assessment.Outcome.BREACH: _met(f"{reached}: the promise was not kept"),
        Assessment.Outcome.MET: _not_met(f"{reached}: the promise was kept"),
    }.get(Assessment.Outcome(result.outcome), ("unknown", "a person must answer first"))
    found = [Condition(name, outcome[0], outcome[1], "target_percent", "assessment", result.pk)]
    claim = claims_with_state().filter(breach__assessment=result).first()
    if claim is not None:
        found.append(_claim_condition(claim))
    return found


def _met(words: str) -> tuple[State, str]:
    return "met", words


def _not_met(words: str) -> tuple[State, str]:
    return "not_met", words


def _claim_condition(claim: Any) -> Condition:
    """Of a row of ``claims_with_state``."""
    name = "It is claimed in time"
    state: str = claim.state
    if claim.deadline_on is None:
        return Condition(name, "met", "no claim is needed", "claim", "claim", claim.pk)
    if state == "forfeited" or (state == "found" and claim.deadline_on < clock.as_of()):
        return Condition(name, "not_met", f"the last day was {claim.deadline_on}", "claim", "claim", claim.pk)
    if state == "found":
        words = f"not yet; the last day is {claim.deadline_on}"
        return Condition(name, "unknown", words, "claim", "claim", claim.pk)
    return Condition(name, "met", f"it is {state.replace('_', ' ')}", "claim", "claim", claim.pk)
