"""The documents of this room: the evidence of a result, and statements. Who may have them is asked by who hands
them out."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from audit.documents import EvidenceValue, Listing, evidence_pdf
from base.pdf.blocks import Column, PageSize
from contracts.reading import terms_of, zone_of
from credits.conflicts import before_others, why_it_gives_way
from credits.errors import ResultAltered
from credits.evidence import evidence_file
from credits.explained import Explained, instant, money
from credits.invoices.models import InvoiceLine
from credits.models import Assessment, Breach, CreditMemo, Finalisation
from credits.statement_documents import statement_pdf, statement_xlsx
from measurements.bases import bases_of
from measurements.errors import SourceUnbound, WrongShape
from measurements.models import Exclusion, Payload
from measurements.reading import Clause
from reckoning.assessment import AssessmentInputs
from reckoning.fields import zone_info

__all__ = ["evidence_pdf_of", "evidence_value", "explained", "statement_pdf", "statement_xlsx"]


def evidence_pdf_of(assessment: Assessment, page_size: PageSize = "A4") -> bytes:
    """The evidence of one result as PDF/A-3b, with the data attached from which it can be recomputed.

    It says what has been decided so far: a later approval gives another document about the same evidence.
    Raises TermsAltered where the stored terms do not give the hash that was frozen at signing.
    """
    return evidence_pdf(evidence_value(assessment), page_size=page_size)


def explained(assessment: Assessment) -> Explained:
    """A stored result with its terms and inputs, ready to be shown.

    The figures are reckoned again from the stored inputs. Raises ResultAltered where they are not the stored
    ones: then the stored text was changed round the application, or the engine is another one.
    """
    version = assessment.commitment.version
    inputs = AssessmentInputs.model_validate(assessment.inputs)
    told = Explained(terms_of(version), assessment.commitment.key, inputs)
    if told.result.sha256() != assessment.result_sha256:
        raise ResultAltered(
            f"result of {assessment}: reckoning its inputs again gives {told.result.sha256()}, but "
            f"{assessment.result_sha256} is stored; nothing is shown with other figures than the stored ones"
        )
    return told


def evidence_value(assessment: Assessment) -> EvidenceValue:
    """Everything that the evidence document of a result shows."""
    told = explained(assessment)
    commitment = assessment.commitment
    version, service = commitment.version, commitment.service
    contract = version.contract
    ours, theirs = contract.legal_entity.name, contract.counterparty.name
    by_us = contract.direction == contract.Direction.PROMISED_BY_US
    finalisation = Finalisation.objects.filter(assessment=assessment).first()
    zone = told.terms.zone_of(told.commitment)
    start, end = (one.astimezone(zone_info(zone)) for one in (assessment.window_start, assessment.window_end))
    return EvidenceValue(
        title=f"Evidence: {service.name}, {assessment.window_label}",
        under=f"{contract.reference} · {contract.title}",
        header=f"{contract.reference} · {service.name} · {assessment.window_label} · revision {assessment.revision}",
        author=ours,
        verdict=told.verdict(),
        standing=_standing(assessment, finalisation) + _in_conflict(assessment, finalisation),
        provisional=finalisation is None,
        dated=assessment.known_at,
        facts=[
            ("Promised by", ours if by_us else theirs),
            ("Promised to", theirs if by_us else ours),
            ("Service", f"{service.name} ({service.code})"),
            ("Window", f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} (excluded), {zone}"),
            ("In UTC", f"{instant(assessment.window_start)} to {instant(assessment.window_end)}"),
            ("Known at", f"{instant(assessment.known_at)}: nothing that became known later is counted"),
            (told.level_name[:1].upper() + told.level_name[1:], _reached(assessment, told)),
            *_measured_by(assessment, told),
            ("Credit", told.credit),
            *(
                [("To be claimed by", str(assessment.claim_deadline_on))]
                if assessment.claim_deadline_on
                else []
            ),
            ("Terms", f"version {version.number}, SHA-256 {assessment.terms_sha256}"),
            ("Inputs", f"SHA-256 {assessment.inputs_sha256}"),
            ("Result", f"SHA-256 {assessment.result_sha256}, reckoned by {assessment.engine_version}"),
        ],
        promised=[(clause.number, clause.heading, clause.text) for clause in told.clauses],
        measured=told.measured(),
        outages=_outages(told),
        exclusions=Listing(
            _columns("Id 8", "Kind 20", "From (UTC) 21", "To (UTC) 21", "Announced 21", "Result 29"),
            told.exclusions(),
        ),
        steps=told.steps(),
        readings=Listing(
            _columns("Reading 52", "Promise 14", "Level 18 right", "Credit 20 right"),
            told.readings(),
            empty="The text leaves no other reading on record, and no time was excluded or unknown.",
        ),
        questions=Listing(
            _columns("Question 26", "In words 56", "To be answered by 18"),
            [
                (row.code, row.sentence, row.owner_role.replace("_", " "))
                for row in assessment.open_questions.order_by("pk")
            ],
        ),
        approvals=Listing(
            _columns("On 15", "What 34", "By 22", "Reason or reference 38"),
            _acts(assessment, finalisation, told.inputs),
            empty="Nothing has been decided about this result yet.",
        ),
        sources=Listing(
            _columns("What 28", "Known since 22", "Rows used 10 right", "SHA-256 of the file 48"),
            _sources(told.inputs),
            before="Every file is kept byte for byte. A row is named above by the beginning of its file's hash and its "
            "number in the file.",
            empty="Nothing was reported in the window.",
        ),
        trace=told.trace(),
        data=evidence_file(assessment),
    )


def _reached(assessment: Assessment, told: Explained) -> str:
    """The figure that the promise is about, exact where it is a level, and what was promised."""
    exact = f", exactly {assessment.level_exact or 'open'}" if told.level_name == "level" else ""
    return f"{told.level}{exact}; promised: {told.promise}"


def _measured_by(assessment: Assessment, told: Explained) -> list[tuple[str, str]]:
    """The source that the result rests on and where it measures, beside the figure; marked where it only stood in."""
    clause = Clause(assessment.commitment, told.commitment)
    try:
        found = bases_of([clause], assessment.window_start, assessment.window_end, assessment.known_at)
    except (SourceUnbound, WrongShape):
        return []
    basis = found[assessment.commitment_id]
    name, kind = basis.source.name, basis.source.get_kind_display().lower()
    return [("Measured by", f"{name} ({kind}){basis.sentence.removeprefix(name)}")]


def _standing(assessment: Assessment, finalisation: Finalisation | None) -> str:
    if finalisation is not None:
        return f"Final result, revision {assessment.revision}. It never changes; a later fact would make a further one."
    return (
        f"Provisional result, revision {assessment.revision}, as known at {instant(assessment.known_at)}. "
        "It may still change until the cut-off of the terms."
    )


def _in_conflict(assessment: Assessment, finalisation: Finalisation | None) -> str:
    """What decisions about conflicts do to this result: that it counts nowhere, or that others give way to it."""
    if finalisation is None and (why := why_it_gives_way(assessment)):
        return f" It counts nowhere, and never becomes final: the promise {why}."
    zone = zone_info(zone_of(assessment.commitment))
    others = before_others(assessment.commitment, assessment.window_start.astimezone(zone).date())
    return "".join(f" {one[:1].upper()}{one[1:].rstrip('.')}." for one in others)


def _columns(*named: str) -> list[Column]:
    """Columns from "Name share" or "Name share right"."""
    columns = []
    for text in named:
        right = text.endswith(" right")
        name, share = text.removesuffix(" right").rsplit(" ", 1)
        columns.append(Column(name, int(share), "right" if right else "left"))
    return columns


def _outages(told: Explained) -> Listing:
    other = told.happened()
    if other is not None:
        return Listing(
            _columns(*other.columns), other.rows, before=other.before, empty="There is none to list."
        )
    if not told.inputs.intervals and not told.inputs.seconds:
        return Listing(_columns("Outage 100"), (), empty="No outage was reported in the window.")
    if told.inputs.intervals:
        return Listing(
            _columns(
                "Incident 18",
                "Severity 15",
                "From (UTC) 22",
                "To (UTC) 22",
                "Length 14 right",
                "Counts 9",
                "Row 24",
            ),
            told.outages(),
            before="Everything that the source reported for the window, also where it does not count. Overlapping "
            "outages are counted once.",
        )
    rows, quiet = told.days()
    return Listing(
        _columns("Day (UTC) 14", "Seconds of outage 30", "Incidents 34", "Row 24"),
        rows,
        before=f"The source reports seconds of outage by day. On {quiet} further days it reported none.",
        empty="On no day was there any.",
    )


Acts = list[tuple[str, str, str, str]]


def _acts(assessment: Assessment, finalisation: Finalisation | None, inputs: AssessmentInputs) -> Acts:
    """Who decided what about this result, in the order of its days."""
    rows: Acts = [*_signatures(assessment), *_exclusion_acts(inputs)]
    if finalisation is not None:
        rows.append(
            (_day(finalisation.known_at), "Result made final", "scheduled reckoning", "cut-off of the terms")
        )
    breach = Breach.objects.filter(assessment=assessment).select_related("claim").first()
    claim = getattr(breach, "claim", None)
    if claim is not None:
        rows += [
            (
                step.taken_on.isoformat(),
                f"Claim: {step.get_kind_display()}"
                + (f", {money(step.amount, assessment.currency)}" if step.amount else ""),
                step.taken_by.display_name,
                _joined(step.reference, step.reason),
            )
            for step in claim.steps.select_related("taken_by").order_by("number")
        ]
    memo = CreditMemo.objects.filter(assessment=assessment).first()
    if memo is not None:
        rows += [
            (
                step.taken_on.isoformat(),
                f"Credit memo over {money(memo.amount, memo.currency)}: {step.get_state_display().lower()}",
                step.taken_by.display_name,
                _joined(step.document_number or "", step.reason),
            )
            for step in memo.steps.select_related("taken_by").order_by("number")
        ]
    # Stable: acts of one day keep the order in which they follow from each other.
    return sorted(rows, key=lambda row: row[0])


def _signatures(assessment: Assessment) -> Acts:
    version = assessment.commitment.version
    return [
        (
            one.signed_on.isoformat(),
            f"Contract version {version.number} signed",
            one.signatory,
            f"for {one.party}",
        )
        for one in version.signatures.live().order_by("signed_on", "pk")
    ]


def _exclusion_acts(inputs: AssessmentInputs) -> Acts:
    """Proposals and decisions, as far as they were known to the result."""
    rows: Acts = []
    wanted = Exclusion.objects.filter(pk__in=[int(one.id) for one in inputs.exclusions])
    for one in wanted.select_related("proposed_by", "decision__decided_by").order_by("pk"):
        rows.append(
            (
                _day(one.proposed_at),
                f"Exclusion {one.pk} proposed",
                one.proposed_by.display_name,
                one.evidence,
            )
        )
        decision = getattr(one, "decision", None)
        if decision is not None and decision.decided_at <= inputs.known_at:
            what = f"Exclusion {one.pk} {decision.get_verdict_display().lower()}"
            rows.append((_day(decision.decided_at), what, decision.decided_by.display_name, decision.reason))
    return rows


def _sources(inputs: AssessmentInputs) -> list[tuple[str, str, str, str]]:
    """The files behind the inputs: observations first, then invoices."""
    used: dict[str, int] = {}
    for observation in _observations(inputs):
        digest = observation.split(":")[0]
        used[digest] = used.get(digest, 0) + 1
    named = Q(pk__in=[])
    for digest in used:
        named |= Q(sha256__startswith=digest)
    files = Payload.objects.filter(named).select_related("source").defer("content").order_by("known_at", "pk")
    rows = [
        (
            f"{one.name}\n{one.source.name} ({one.source.get_kind_display().lower()})",
            instant(one.known_at),
            str(used[one.sha256[:16]]),
            one.sha256,
        )
        for one in files
    ]
    if inputs.fee:
        lines = InvoiceLine.objects.filter(external_id__in=inputs.fee.lines).select_related("invoice__file")
        by_file: dict[Any, int] = {}
        for line in lines.order_by("invoice__file__pk", "pk"):
            by_file[line.invoice.file] = by_file.get(line.invoice.file, 0) + 1
        rows += [
            (f"{file.name}\nInvoices: lines {_shortened(inputs.fee.lines)}", "", str(count), file.sha256)
            for file, count in by_file.items()
        ]
    return rows


def _observations(inputs: AssessmentInputs) -> Iterable[str]:
    yield from (one.observation for one in inputs.intervals)
    yield from (one.observation for one in inputs.seconds)


def _shortened(lines: Sequence[str]) -> str:
    shown = ", ".join(lines[:8])
    return f"{shown} and {len(lines) - 8} more" if len(lines) > 8 else shown


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _day(value: Any) -> str:
    day: date = value.date()
    return day.isoformat()
