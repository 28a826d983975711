"""Reconciliation of a result: each source's minutes, which figure is accepted, the bridge and past windows."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from base import clock
from base.access import Asking, visible
from base.errors import DomainError
from base.svg import Step
from contracts.reading import terms_of
from credits.explained import duration
from credits.models import Assessment
from credits.reading import latest_assessments
from credits.visibility import visible_assessments
from credits.windows import window_of_row
from measurements import services
from measurements.bases import sources_of
from measurements.models import DifferenceDecision, DifferenceTolerance, Source
from measurements.reading import clauses_of
from measurements.reconciliation.bridge import Bridge, bridge_for
from measurements.reconciliation.standing import Compared, Standing, standing_of
from measurements.visibility import visible_differences, visible_sources, visible_tolerances
from pages.assessments import listed as listed_results
from pages.dispute_forms import AcceptForm, DisputeAct, carried_out, chosen, known_by_now
from pages.layout import viewing
from pages.pictures import waterfall_of
from reckoning.money import round_fraction
from reckoning.terms.wording import promise
from reckoning.timeline import Window

PER_PAGE = 50
MOST_SOURCES = 4
BASELINE_MONTHS = 36
PARTIES = "commitment__version__contract"


@require_safe
@viewing("reconciliation", "assessment")
def reconciliation(request: HttpRequest) -> HttpResponse:
    """What contracts tolerate between sources, the decisions, and the results that can be looked at."""
    rows = listed_results(visible(latest_assessments(), request.user))
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("contract", "window")}
    if asked["contract"]:
        rows = rows.filter(commitment__version__contract__reference=asked["contract"])
    if asked["window"]:
        rows = rows.filter(window_label=asked["window"])
    page = Paginator(rows.order_by("-window_start", PARTIES, "commitment__service__code"), PER_PAGE)
    context = {
        "title": "Reconciliation",
        "page": page.get_page(request.GET.get("page")),
        "asked": asked,
        "tolerances": visible_tolerances(request.user).select_related("contract", "source", "set_by")[:100],
        "decisions": visible_differences(request.user)
        .select_related("commitment__version__contract", "commitment__service", "source", "decided_by")
        .defer("commitment__version__terms")
        .order_by("-decided_at", "-pk")[:25],
    }
    return render(request, "pages/disputes/reconciliation.html", context)


# One result ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One comparison as it is shown, with the acts that its reader has."""

    compared: Compared
    lines: list[tuple[Any, str, str, str, str]]
    bridge: Bridge | None
    picture: Any
    choices: list[tuple[str, str]]


def _accept(subject: tuple[Assessment, Window, Source], given: dict[str, Any]) -> str:
    result, window, source = subject
    row = services.accept_figure(
        commitment=result.commitment,
        window=window,
        source=source,
        line=given["line"],
        accepted_seconds=given["accepted_seconds"],
        category=given["category"],
        reason=given["reason"],
        decided_at=clock.now(),
    )
    return f"{row.accepted_seconds.normalize():f} s are accepted for {given['line']}, and why is on record."


ACCEPT = DisputeAct(
    "accept",
    "Accept a figure",
    "Says which downtime counts where the two differ, and why. A figure that the contract's source does not give "
    "keeps the result provisional until it is corrected.",
    ("accept", "reconciliation"),
    AcceptForm,
    _accept,
)


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("reconciliation", "assessment", "source")
def reconciled(request: HttpRequest, pk: int) -> HttpResponse:
    """One window between its sources: the lines, the accepted figures, and the bridge."""
    result = result_of(request, pk)
    window = window_of_row(result)
    known_at = known_by_now()
    others = _others(request.user, result)
    source = _chosen(others, request.GET.get("source", ""))
    context: dict[str, Any] = {
        "title": f"{result.commitment.service.name}, {window.label}: reconciliation",
        "crumbs": [("Reconciliation", reverse("pages:reconciliation"))],
        "result": result,
        "window": window,
        "contract": result.commitment.version.contract,
        "others": others,
        "source": source,
        "baseline": baseline(request.user, result),
    }
    form: AcceptForm | None = None
    if source is not None:
        try:
            standing = standing_of(result.commitment, window, known_at, sources=[source])
        except DomainError as error:
            return render(
                request, "pages/disputes/reconciled.html", context | {"refusal": str(error)}, status=200
            )
        lines = _lines(standing, source)
        if request.method == "POST":
            act = chosen(request, [ACCEPT])
            form = AcceptForm(request.POST, act="accept", lines=lines)
            if carried_out(request, act, form, (result, window, source)):
                return redirect(f"{reverse('pages:reconciled', args=[pk])}?source={source.code}")
        context |= _compared(request, result, window, known_at, source, standing)
        if lines and ACCEPT.is_open(request):
            context["acts"] = [(ACCEPT, form or AcceptForm(act="accept", lines=lines))]
    elif request.method == "POST":
        raise Http404("There is no second source.")
    return render(request, "pages/disputes/reconciled.html", context)


def _compared(
    request: HttpRequest,
    result: Assessment,
    window: Window,
    known_at: datetime,
    source: Source,
    standing: Standing,
) -> dict[str, Any]:
    compared = standing.compared_with(source)
    found = bridge_for(result.commitment, window, known_at, source)
    history = (
        visible_differences(request.user)
        .filter(commitment=result.commitment, window_start=window.start, source=source)
        .select_related("decided_by")
        .order_by("decided_at", "pk")
    )
    return {
        "compared": compared,
        "contractual": standing.contractual.source,
        "lines": [_shown(one) for one in compared.lines] if compared else [],
        "totals": _totals(compared) if compared else None,
        "bridge": found,
        "bridge_rows": bridge_rows(found),
        "picture": _picture(found, result, window),
        "history": history,
        "whole": DifferenceDecision.WHOLE_WINDOW,
    }


def _shown(line: Any) -> dict[str, Any]:
    return {
        "key": line.key,
        "ours": duration(line.contractual_seconds),
        "theirs": duration(line.other_seconds),
        "difference": signed(line.difference),
        "names": ", ".join(sorted({*line.contractual_names, *line.other_names})),
        "suggestion": DifferenceDecision.Category(line.suggestion).label if line.difference else "",
        "decision": line.decision,
        "holds": line.holds,
        "remaining": duration(Fraction(round_fraction(line.remaining, 6, "half_even")))
        if line.remaining
        else "",
        "differs": bool(line.difference),
    }


def _totals(compared: Compared) -> dict[str, str]:
    return {
        "ours": duration(compared.contractual_seconds),
        "theirs": duration(compared.other_seconds),
        "difference": signed(compared.difference),
        "unexplained": duration(Fraction(round_fraction(compared.unexplained, 6, "half_even"))),
        "alone": duration(compared.contractual_alone) if compared.contractual_alone else "",
        "tolerance": "none is agreed" if compared.tolerance is None else duration(compared.tolerance),
    }


def _lines(standing: Standing, source: Source) -> list[tuple[str, str]]:
    compared = standing.compared_with(source)
    if compared is None:
        return []
    differing = [one for one in compared.lines if one.difference]
    choices = [(one.key, f"{one.key}: {signed(one.difference)}") for one in differing]
    if len(choices) > 1:
        choices.insert(
            0, (DifferenceDecision.WHOLE_WINDOW, f"the whole window: {signed(compared.difference)}")
        )
    return choices


def signed(seconds: Fraction) -> str:
    """A length with its sign."""
    return f"{'+' if seconds > 0 else ''}{duration(seconds)}"


def bridge_rows(found: Bridge) -> list[tuple[str, str, str, str]]:
    """Each line in words, minutes and points of a percent; the last three digits of which are for the eye."""
    return [
        (one.name, one.words, _minutes(one.lost_seconds), f"{_points(one.percent_points)}")
        for one in found.lines
    ]


def _minutes(value: Fraction) -> str:
    shown = round_fraction(value / 60, 3, "half_even").normalize()
    return f"{'+' if value > 0 else ''}{shown:f} min"


def _points(value: Fraction) -> str:
    return f"{'+' if value > 0 else ''}{round_fraction(value, 6, 'half_even'):f}"


def _picture(found: Bridge, result: Assessment, window: Window) -> Any:
    """The bridge as a waterfall in seconds; None where the contractual figure is open."""
    if found.contractual_lost is None:
        return None
    steps = [
        Step(
            "Internal", "", "total", "s", found.internal_lost, _minutes(found.internal_lost).removeprefix("+")
        ),
        *(
            Step(
                one.name,
                "",
                "more" if one.lost_seconds > 0 else "less",
                "s",
                abs(one.lost_seconds),
                # The picture says by its shape and a sign of its own whether it is more or less.
                _minutes(abs(one.lost_seconds)).removeprefix("+"),
            )
            for one in found.lines
            if one.lost_seconds
        ),
        Step(
            "Contractual",
            "",
            "total",
            "s",
            found.contractual_lost,
            _minutes(found.contractual_lost).removeprefix("+"),
        ),
    ]
    title = (
        f"From the internal figure to the contractual one: {result.commitment.service.name}, {window.label}"
    )
    desc = "Lost minutes: each bar is what one difference of method moves. The bars sum exactly."
    return waterfall_of(steps, title=title, desc=desc, id_prefix="bridge")


def _others(user: Asking, result: Assessment) -> list[Source]:
    """What the contract's source can be set beside: bound to the contract, tolerated, or of the service's vendor."""
    commitment = result.commitment
    contract = commitment.version.contract_id
    try:
        bound = sources_of(clauses_of([commitment]))[commitment.pk]
    except DomainError:
        return []
    rows = visible_sources(user)
    tolerated = DifferenceTolerance.objects.filter(contract=contract).values("source")
    near = rows.filter(bindings__contract=contract) | rows.filter(pk__in=tolerated)
    if commitment.service.vendor_id:
        near = near | rows.filter(vendor=commitment.service.vendor_id)
    shapes = (Source.Shape.INTERVALS, Source.Shape.DAILY_SECONDS)
    agreed = Exists(DifferenceTolerance.objects.filter(contract=contract, source=OuterRef("pk")))
    near = near.filter(shape__in=shapes).exclude(pk=bound.pk).annotate(agreed=agreed).distinct()
    # First the one to which the contract tolerates a difference: it is what a final result waits for.
    return list(near.order_by("-agreed", "code")[:MOST_SOURCES])


def _chosen(others: list[Source], code: str) -> Source | None:
    if not code:
        return others[0] if others else None
    found = next((one for one in others if one.code == code), None)
    if found is None:
        raise Http404("There is no such source beside this contract, or none that your role may see.")
    return found


def result_of(request: HttpRequest, pk: int) -> Assessment:
    """A result that the reader may see, without its long documents."""
    whole = ("commitment__version__contract__counterparty", "commitment__service", "finalisation")
    rows = visible_assessments(request.user).select_related(*whole).defer("inputs", "result")
    return get_object_or_404(rows, pk=pk)


# Past windows --------------------------------------------------------------------------------------------


def baseline(user: Asking, result: Assessment) -> dict[str, Any]:
    """The level of past windows of the same promise: p10, p50 and p90 beside the target. Final results only.

    A percentile is the level of the window at that place (nearest rank), so that it is one that really was.
    """
    rows = (
        visible_assessments(user)
        .filter(
            commitment__version__contract=result.commitment.version.contract_id,
            commitment__key=result.commitment.key,
            commitment__service=result.commitment.service_id,
            finalisation__isnull=False,
            window_start__lt=result.window_start,
            level_percent__isnull=False,
        )
        .order_by("-window_start")
        .values_list("level_percent", flat=True)
    )
    levels = sorted(level for level in rows[:BASELINE_MONTHS] if level is not None)
    terms = terms_of(result.commitment.version).commitment(result.commitment.key)
    found: dict[str, Any] = {"count": len(levels), "target": promise(terms)}
    if terms.target_percent is not None:
        found["target"] = f"{terms.target_percent:f} %"
    if levels:
        found |= {f"p{part}": f"{_rank(levels, part).normalize():f} %" for part in (10, 50, 90)}
    if levels and terms.target_percent is not None:
        found["missed"] = sum(1 for level in levels if level < terms.target_percent)
    return found


def _rank(levels: list[Decimal], part: int) -> Decimal:
    return levels[max(0, -(-len(levels) * part // 100) - 1)]
