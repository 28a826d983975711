"""The same outage under each reading: an example that the reader edits, or a result of their own.

Nothing is kept: the whole example stands in the address, so that it can be sent to somebody else.
"""

from fractions import Fraction
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base.access import may, visible
from base.errors import DomainError
from base.svg import Rows
from base.svg.parts import STATE_WORDS
from base.svg.stretches import Stretch, stretches
from credits.documents import explained
from credits.explained import duration, money
from credits.models import Assessment
from credits.reading import latest_assessments
from credits.visibility import visible_assessments
from pages.desk.explainer_case import EXAMPLES, ROWS, STATES, TIERS, Case, case_of
from pages.desk.past_parts import signed
from pages.layout import viewing
from pages.pictures import Picture, drawn
from reckoning.assessment import AssessmentInputs, AssessmentResult, reckon
from reckoning.assessment.differences import Question, Reading, differences
from reckoning.assessment.result import percent_text
from reckoning.canonical import fraction_text
from reckoning.errors import ReckoningError
from reckoning.fields import zone_info
from reckoning.terms import CommitmentTerms, Terms
from reckoning.timeline.spans import Span, from_us, merge, subtract, to_us

OUTCOMES = {"met": "met", "breach": "breach", "open_question": "open question"}
OPEN, REFUSED = "open", "cannot be read so"
MOST_RESULTS = 60
_STATES = STATE_WORDS | {"not_yet": "the service did not exist"}
CHOICES = {
    "inclusive": (("yes", "at least the target"), ("no", "above the target")),
    "excluded": (("removed_from_base", "removed from the base"), ("counted_as_up", "counted as up")),
    "unknown": (
        ("escalate", "goes to a person"),
        ("up", "counts as up"),
        ("down", "counts as down"),
        ("excluded", "leaves the base"),
        ("carry_last", "carries the last state on"),
    ),
    "strict": (("no", "exactly the shortest counts"), ("yes", "only longer ones count")),
    "order": (
        ("merge_then_test_then_clip", "the whole loss is tested, then cut"),
        ("clip_then_test", "the part inside the window is tested"),
        ("exclude_then_test_then_clip", "what exclusions leave is tested"),
        ("test_each_report", "each report by itself"),
    ),
    "life": (("shorten_window", "the window is shortened"), ("deemed_up", "up before and after")),
}


class Line(NamedTuple):
    """A reading as a row."""

    name: str
    clause: str
    own: bool
    outcome: str
    level: str
    exact: str
    down: str
    base: str
    credit: str
    less: str
    refusal: str


class Shown(NamedTuple):
    """A question with its rows and what follows from it."""

    question: Question
    rows: list[Line]
    said: str


@require_safe
@viewing("version")
def explainer(request: HttpRequest) -> HttpResponse:
    """An example, as the address has it, or a result of the reader's (``?result=``) under every reading."""
    context: dict[str, Any] = {
        "title": "One outage, several readings",
        "examples": [(key, words) for key, (words, _) in EXAMPLES.items()],
        "results": _results(request),
    }
    asked = request.GET.get("result", "")
    if asked.isdecimal() and len(asked) < 19 and may(request.user, "view", "assessment"):
        context |= _of_result(request, int(asked))
    else:
        context |= _of_case(case_of(request.GET))
        context["edited"] = "target" in request.GET
        context["example"] = request.GET.get("example", "" if "target" in request.GET else "excluded")
    return render(request, "pages/desk/explainer.html", context)


def _results(request: HttpRequest) -> list[tuple[int, str]]:
    """The last results that the reader may see, to choose one of."""
    if not may(request.user, "view", "assessment"):
        return []
    rows = (
        visible(latest_assessments(), request.user)
        .order_by("-window_start", "commitment__service__code")
        .values_list(
            "pk", "commitment__version__contract__reference", "commitment__service__name", "window_label"
        )[:MOST_RESULTS]
    )
    return [(pk, f"{contract}, {service}, {window}") for pk, contract, service, window in rows]


def _of_result(request: HttpRequest, pk: int) -> dict[str, Any]:
    row: Assessment = get_object_or_404(
        visible_assessments(request.user).select_related(
            "commitment__version__contract__legal_entity",
            "commitment__version__contract__counterparty",
            "commitment__service",
        ),
        pk=pk,
    )
    contract = row.commitment.version.contract
    context: dict[str, Any] = {
        "chosen": pk,
        "row": row,
        "contract": contract,
        "crumbs": [(f"{contract.reference}, {row.window_label}", reverse("pages:assessment", args=[pk]))],
    }
    try:
        told = explained(row)
    except DomainError as error:
        return context | {"refusal": str(error)}
    return context | _told(told.terms, told.commitment, told.inputs)


def _of_case(case: Case) -> dict[str, Any]:
    values = case.values
    context: dict[str, Any] = {
        "case": case,
        "choices": [(name, values[name], options) for name, options in CHOICES.items()],
        "tiers": [
            (at, values[f"tier{at}_below"], values[f"tier{at}_percent"], case.faults.get(f"tier{at}_below"))
            for at in range(TIERS)
        ],
        "rows": [
            {
                "at": at,
                "start": values[f"row{at}_start"],
                "length": values[f"row{at}_length"],
                "state": values[f"row{at}_state"],
                "faults": [
                    case.faults[f"row{at}_{what}"]
                    for what in ("start", "length", "state")
                    if f"row{at}_{what}" in case.faults
                ],
            }
            for at in range(ROWS)
        ],
        "states": STATES,
    }
    if case.terms is None or case.inputs is None:
        return context
    try:
        return context | _told(case.terms, case.terms.commitments[0], case.inputs)
    except ReckoningError as error:
        case.faults["terms"] = str(error)
        return context


def _told(terms: Terms, commitment: CommitmentTerms, inputs: AssessmentInputs) -> dict[str, Any]:
    questions = differences(commitment, inputs, currency=terms.currency, zone=terms.zone)
    own = next((one.result for question in questions for one in question.readings if one.own), None)
    if own is None:
        own = reckon(commitment, inputs, currency=terms.currency, terms_sha256="0" * 64, zone=terms.zone)
    shown = [_shown(question, own, terms.currency) for question in questions]
    decides = [one for one in shown if one.question.decides]
    return {
        "own": own,
        "own_outcome": OUTCOMES[own.outcome],
        "own_level": _level(own),
        "own_credit": _credit(own, terms.currency),
        "questions": shown,
        "decides": decides,
        "picture": _picture(terms, commitment, inputs),
    }


def _shown(question: Question, own: AssessmentResult, currency: str) -> Shown:
    rows = [_line(one, own, currency) for one in question.readings]
    parts = [
        f"{row.name}: {row.outcome}, credit {row.credit}"
        if row.credit != OPEN
        else f"{row.name}: {row.outcome}"
        for row in rows
        if row.outcome != REFUSED
    ]
    return Shown(question, rows, "; ".join(parts))


def _line(one: Reading, own: AssessmentResult, currency: str) -> Line:
    result = one.result
    if result is None:
        return Line(one.name, one.clause, one.own, REFUSED, "", "", "", "", "", "", one.refusal)
    less = "unknown"
    if own.credit_amount is not None and result.credit_amount is not None:
        moved = result.credit_amount - own.credit_amount
        less = signed(moved, currency) if moved else "the same"
    question = result.open_questions[0].sentence if result.open_questions else ""
    return Line(
        one.name,
        one.clause,
        one.own,
        OUTCOMES[result.outcome],
        _level(result),
        "" if result.level is None else fraction_text(result.level),
        duration(result.down_seconds),
        duration(result.base_seconds),
        _credit(result, currency),
        less,
        question,
    )


def _level(result: AssessmentResult) -> str:
    return OPEN if result.level is None else f"{percent_text(result.level)} %"


def _credit(result: AssessmentResult, currency: str) -> str:
    return OPEN if result.credit_amount is None else money(result.credit_amount, currency)


def _picture(terms: Terms, commitment: CommitmentTerms, inputs: AssessmentInputs) -> Picture | None:
    """The window with its stretches, where the facts have their times of day."""
    if inputs.seconds or commitment.indicator.kind != "uptime_from_intervals":
        return None
    begin, finish = to_us(inputs.window_start), to_us(inputs.window_end)
    zone = zone_info(terms.zone_of(commitment))
    severe = set(getattr(commitment.indicator, "down_severities", ()))
    found = [
        ("down", Span(to_us(one.start), to_us(one.end))) for one in inputs.intervals if one.severity in severe
    ]
    found += [
        ("excluded", Span(to_us(one.start), to_us(one.end))) for one in inputs.exclusions if one.approved
    ]
    lived = Span(
        max(begin, to_us(inputs.existed_from)) if inputs.existed_from else begin,
        min(finish, to_us(inputs.existed_until)) if inputs.existed_until else finish,
    )
    found += [("not_yet", one) for one in subtract([Span(begin, finish)], [lived])]
    known = merge(Span(to_us(one.start), to_us(one.end)) for one in inputs.coverage)
    found += [("unknown", one) for one in subtract([lived], known)]
    found = [
        pair for pair in sorted(found, key=lambda pair: pair[1].start) if pair[1].end > begin - 86_400_000_000
    ]
    width = finish - begin
    drawn_parts, rows = [], []
    for state, span in found:
        length = duration(Fraction(span.end - span.start, 1_000_000))
        start = from_us(span.start).astimezone(zone)
        drawn_parts.append(
            Stretch(Fraction(span.start - begin, width), Fraction(span.end - begin, width), state, length)  # type: ignore[arg-type]
        )
        end = from_us(span.end).astimezone(zone)
        rows.append((_STATES[state], f"{start:%Y-%m-%d %H:%M:%S}", f"{end:%Y-%m-%d %H:%M:%S}", length))
    first, last = (from_us(one).astimezone(zone) for one in (begin, finish))
    title = "What happened in the window"
    svg = stretches(
        drawn_parts,
        begins=f"{first:%Y-%m-%d %H:%M}",
        ends=f"{last:%Y-%m-%d %H:%M} {zone.key}",
        title=title,
        desc="The window to scale, and below it each stretch that was not simply up, one by one and equally wide.",
        id_prefix="happened",
    )
    return drawn(title, svg, Rows(("State", f"From ({zone.key})", "To", "Length"), tuple(rows)))
