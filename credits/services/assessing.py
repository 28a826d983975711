"""Reckoning results and making them final."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.record import record
from base.dberrors import named_errors
from base.models import User
from contracts.models import Commitment, Contract
from contracts.reading import terms_of
from credits.actors import require_job_or
from credits.conflicts import require_computing
from credits.errors import (
    BY_CONSTRAINT,
    AlreadyFinal,
    ConflictUndecided,
    QuestionsOpen,
    StaleKnowledge,
    TooEarlyToFinalise,
)
from credits.facts import facts_of
from credits.gaps import counts_intervals, gap_question, may_be_silent, silence_question
from credits.locks import hold
from credits.models import Assessment, Breach, Claim, ClaimStep, Finalisation, OpenQuestion
from credits.undecided import waits_for_decision
from credits.windows import commitments_with, cut_off_of, local_day, require_window
from measurements.reconciliation.standing import require_explained, unexplained_of
from measurements.silence import listed_after
from reckoning import ENGINE_VERSION
from reckoning.assessment import AssessmentInputs, AssessmentResult, reckon
from reckoning.canonical import fraction_text
from reckoning.money import round_fraction
from reckoning.terms import CommitmentTerms
from reckoning.timeline import Window

OWNER_OF_QUESTION = {
    "MISSING_FEE": "finance",
    "FEE_LINE_STRADDLES": "finance",
    "FEE_IN_OTHER_CURRENCY": "finance",
    "FEE_HAS_GAP": "finance",
    "INTERVALS_MISSING": "vendor_manager",
    "EVENTS_NOT_TOLD": "vendor_manager",
    "PARTS_NOT_TOLD": "vendor_manager",
}
OTHERWISE_OWNED_BY = "legal"


@dataclass(frozen=True)
class _Facts:
    """What a commitment is reckoned from: the inputs, and what stands in the way of a fee."""

    inputs: AssessmentInputs
    fee_question: tuple[str, str] | None


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def assess_window(commitment: Commitment, *, window: Window, known_at: datetime) -> Assessment:
    """Reckon one commitment over one window as known at ``known_at``.

    A further revision is made only where the facts (fees among them) or the engine differ from those of the
    last one; otherwise the revision that is there is returned and nothing is written. Raises NotAWindow,
    NotTheVersionInEffect, and StaleKnowledge where a later revision exists.
    """
    require_job_or("finance", "legal")
    window = require_window(commitment, window)
    require_computing(commitment, window)
    return _assess([(commitment, window)], known_at)[0]


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def assess_windows_of(contract: Contract, *, window: Window, known_at: datetime) -> list[Assessment]:
    """Like :func:`assess_window` for every commitment in effect that has this window, with few queries.

    Raises NotAWindow where no version in effect on the window's first day has the window, and StaleKnowledge.
    """
    require_job_or("finance", "legal")
    return _assess(commitments_with(contract, window), known_at)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def finalise_window(commitment: Commitment, *, window: Window, known_at: datetime) -> Assessment:
    """Make the result of a window final, as known at the cut-off ``known_at``; find its breach and claim.

    The final revision is the one that was reckoned with exactly that knowledge; it is reckoned now where it is
    not there. Finalising again returns the final result. Raises TooEarlyToFinalise before the cut-off of the
    terms, QuestionsOpen, DifferenceUnexplained where sources differ by more than the contract tolerates, AlreadyFinal
    where it was finalised with other knowledge, and what :func:`assess_window` raises.
    """
    actor = require_job_or("finance", "legal")
    window = require_window(commitment, window)
    done = _final_results([commitment], window, known_at)
    if commitment.pk in done:
        return done[commitment.pk]
    _require_cut_off(commitment, window, known_at)
    require_computing(commitment, window)
    require_explained(commitment, window, known_at)
    [result] = _assess([(commitment, window)], known_at, exactly=True, told=False)
    if (why := waits_for_decision([result], window).get(commitment.pk)) is not None:
        raise ConflictUndecided(f"conflict: {why}")
    if not _is_answered(result):
        codes = ", ".join(result.open_questions.values_list("code", flat=True))
        raise QuestionsOpen(
            f"assessment: {result} is no final result while questions are open ({codes}); "
            "they must be answered first"
        )
    return _finalise(commitment, result, window, known_at, actor)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def finalise_windows_of(contract: Contract, *, window: Window, known_at: datetime) -> list[Assessment]:
    """Like :func:`finalise_window` for every commitment in effect that has this window.

    A result with open questions, or of which sources differ by more than the contract tolerates, or that would pay
    what another document of the family pays too while nobody decided which does, is reckoned with that knowledge and
    stays provisional; see its ``open_questions`` for who must answer.
    """
    actor = require_job_or("finance", "legal")
    owned = commitments_with(contract, window)
    commitments = [commitment for commitment, _ in owned]
    done = _final_results(commitments, window, known_at)
    due = [(commitment, own) for commitment, own in owned if commitment.pk not in done]
    for commitment, own in due:
        _require_cut_off(commitment, own, known_at)
    waiting = [commitment for commitment, _ in due]
    fresh = _assess(due, known_at, exactly=True, told=False)
    disputed = unexplained_of(waiting, window, known_at) if waiting else {}
    undecided = waits_for_decision(fresh, window)
    for commitment, result in zip(waiting, fresh, strict=True):
        held = commitment.pk in disputed or commitment.pk in undecided
        if _is_answered(result) and not held:
            _finalise(commitment, result, window, known_at, actor)
        elif getattr(result, "is_new", False):
            _tell(result)
        done[commitment.pk] = result
    return [done[commitment.pk] for commitment in commitments]


# Below the acts ------------------------------------------------------------------------------------------


def _assess(
    owned: Sequence[tuple[Commitment, Window]],
    known_at: datetime,
    *,
    exactly: bool = False,
    told: bool = True,
) -> list[Assessment]:
    """The revision of each commitment over its own window, all with the same edges; ``exactly`` wants one that carries
    ``known_at`` itself."""
    if not owned:
        return []
    for commitment, _ in owned:
        hold("commitment", commitment.pk)
    last = _last_revisions([commitment for commitment, _ in owned], owned[0][1])
    facts = facts_of(owned, known_at)
    results = []
    for commitment, window in owned:
        inputs, question = facts[commitment.pk]
        previous = last.get(commitment.pk)
        result = _replayed(commitment, previous, inputs, exactly)
        if result is None:
            result = _new_revision(commitment, window, _Facts(inputs, question), previous)
            if told:
                _tell(result)
        results.append(result)
    return results


def _last_revisions(commitments: Iterable[Commitment], window: Window) -> dict[int, Assessment]:
    rows = (
        Assessment.objects.filter(commitment__in=commitments, window_start=window.start)
        .order_by("commitment_id", "-revision")
        .distinct("commitment_id")
    )
    return {row.commitment_id: row for row in rows}


def _replayed(
    commitment: Commitment, previous: Assessment | None, inputs: AssessmentInputs, exactly: bool
) -> Assessment | None:
    """The revision that says what these inputs would say again; None where a new one is due."""
    if previous is None:
        return None
    digest = inputs.sha256()
    if previous.engine_version == ENGINE_VERSION and previous.inputs_sha256 == digest:
        return previous
    if inputs.known_at < previous.known_at:
        same = Assessment.objects.filter(
            commitment=commitment,
            window_start=previous.window_start,
            inputs_sha256=digest,
            engine_version=ENGINE_VERSION,
        ).first()
        if same:
            return same
        raise StaleKnowledge(
            f"known_at: {inputs.known_at.isoformat()} lies before {previous.known_at.isoformat()}, with which "
            f"{previous} was reckoned; give that moment or a later one"
        )
    if exactly or previous.engine_version != ENGINE_VERSION:
        return None
    return previous if _but_for_knowledge(previous.inputs) == _but_for_knowledge(inputs.document()) else None


def _but_for_knowledge(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "known_at"}


def _new_revision(
    commitment: Commitment, window: Window, facts: _Facts, previous: Assessment | None
) -> Assessment:
    version = commitment.version
    terms = terms_of(version)
    result = reckon(
        terms.commitment(commitment.key),
        facts.inputs,
        currency=terms.currency,
        terms_sha256=version.terms_sha256,
        zone=terms.zone,
    )
    row = Assessment.objects.create(
        commitment=commitment,
        window_start=window.start,
        window_end=window.end,
        window_label=window.label,
        revision=previous.revision + 1 if previous else 1,
        known_at=facts.inputs.known_at,
        terms_sha256=version.terms_sha256,
        inputs_sha256=facts.inputs.sha256(),
        result_sha256=result.sha256(),
        inputs=facts.inputs.document(),
        result=result.to_json_obj(),
        **_columns(result),
    )
    row.is_new = True  # type: ignore[attr-defined]  # for whoever records the act
    questions = dict(result.open_questions)
    if "MISSING_FEE" in questions and facts.fee_question:
        questions[facts.fee_question[0]] = facts.fee_question[1]
    clause = terms.commitment(commitment.key)
    questions |= dict(_never_told(commitment, clause, facts.inputs))
    OpenQuestion.objects.bulk_create(
        OpenQuestion(
            assessment=row,
            code=code,
            sentence=sentence,
            owner_role=OWNER_OF_QUESTION.get(code, OTHERWISE_OWNED_BY),
        )
        for code, sentence in questions.items()
    )
    return row


def _columns(result: AssessmentResult) -> dict[str, Any]:
    """The columns that repeat the result for queries. The percentage is for display: twelve places, half up."""
    level = result.level
    return {
        "outcome": result.outcome,
        "level_exact": "" if level is None else fraction_text(level),
        "level_percent": None if level is None else round_fraction(level * 100, 12, "half_up"),
        "down_seconds": round_fraction(result.down_seconds, 6, "half_even"),
        "excluded_seconds": round_fraction(result.excluded_seconds, 6, "half_even"),
        "unknown_seconds": round_fraction(result.unknown_seconds, 6, "half_even"),
        "tier_label": result.tier or "",
        "credit_amount": result.credit_amount,
        "currency": result.currency,
        "claim_deadline_on": result.claim_deadline_on,
        "engine_version": result.engine_version,
    }


def _tell(result: Assessment) -> None:
    record(
        "assessment.assess",
        result,
        after={
            "revision": result.revision,
            "known_at": result.known_at,
            "outcome": result.outcome,
            "credit_amount": result.credit_amount,
            "inputs_sha256": result.inputs_sha256,
            "result_sha256": result.result_sha256,
        },
    )


def _is_answered(result: Assessment) -> bool:
    if result.outcome == Assessment.Outcome.OPEN_QUESTION or result.credit_amount is None:
        return False
    # A gap in counts leaves an amount, but no final one.
    clause = terms_of(result.commitment.version).commitment(result.commitment.key)
    asks = counts_intervals(clause) or may_be_silent(clause)
    return not (asks and result.open_questions.exists())


def _never_told(
    commitment: Commitment, clause: CommitmentTerms, inputs: AssessmentInputs
) -> Iterator[tuple[str, str]]:
    """What was not told although the reckoning, which sees only what was, gives a figure."""

    def listed() -> bool:
        return listed_after(commitment, clause.source_role, inputs.window_end, inputs.known_at)

    for asked in (gap_question(clause, inputs), silence_question(clause, inputs, listed)):
        if asked is not None:
            yield asked


def _final_results(
    commitments: Iterable[Commitment], window: Window, known_at: datetime
) -> dict[int, Assessment]:
    """The final results that are there. Raises AlreadyFinal where one was made with other knowledge."""
    rows = Finalisation.objects.filter(commitment__in=commitments, window_start=window.start).select_related(
        "assessment__commitment__version__contract", "assessment__commitment__service"
    )
    for row in rows:
        if row.known_at != known_at:
            raise AlreadyFinal(
                f"known_at: {row.assessment} was made final with the knowledge of {row.known_at.isoformat()}, "
                f"not of {known_at.isoformat()}; a final result does not change"
            )
    return {row.commitment_id: row.assessment for row in rows}


def _require_cut_off(commitment: Commitment, window: Window, known_at: datetime) -> None:
    cut_off = cut_off_of(commitment, window)
    if known_at < cut_off:
        raise TooEarlyToFinalise(
            f"known_at: {known_at.isoformat()} lies before the cut-off of {commitment} {window.label}, "
            f"{cut_off.isoformat()}; until then its result is provisional"
        )


def _finalise(
    commitment: Commitment, result: Assessment, window: Window, known_at: datetime, actor: User
) -> Assessment:
    """Write the finalisation, and the breach and the claim that follow from it, as one act."""
    Finalisation.objects.create(
        assessment=result, commitment=commitment, window_start=window.start, known_at=known_at
    )
    after: dict[str, Any] = {
        "revision": result.revision,
        "known_at": known_at,
        "outcome": result.outcome,
        "credit_amount": result.credit_amount,
        "result_sha256": result.result_sha256,
    }
    if result.outcome == Assessment.Outcome.BREACH or result.credit_amount:
        found_on = local_day(commitment, known_at)
        breach = Breach.objects.create(assessment=result, found_on=found_on)
        after |= {"breach_found_on": found_on}
        if result.credit_amount:
            claim = Claim.objects.create(breach=breach, deadline_on=result.claim_deadline_on)
            ClaimStep.objects.create(
                claim=claim, number=1, kind=ClaimStep.Kind.FOUND, taken_on=found_on, taken_by=actor
            )
            after |= {"claim_deadline_on": result.claim_deadline_on}
    record("assessment.finalise", result, before={"state": "provisional"}, after=after)
    return result
