"""The results: their list, and a page per result that explains it to the last second."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base.access import may, visible
from base.errors import DomainError
from contracts.visibility import visible_contracts
from credits.documents import evidence_pdf_of, evidence_value
from credits.evidence import evidence_file
from credits.models import Assessment
from credits.reading import latest_assessments
from credits.visibility import provable_assessments, visible_assessments
from pages.layout import viewing
from pages.pictures import waterfall_of

PER_PAGE = 50
PARTIES = "commitment__version__contract"
WHOLE = (
    f"{PARTIES}__legal_entity",
    f"{PARTIES}__counterparty",
    "commitment__service",
    "finalisation",
)
SIZES = ("A4", "Letter")


@require_safe
@viewing("assessment")
def assessments(request: HttpRequest) -> HttpResponse:
    """The last revision of every window, newest first, narrowed by contract, service, outcome and standing."""
    rows = listed(visible(latest_assessments(), request.user))
    asked = {
        name: request.GET.get(name, "").replace("\0", "")
        for name in ("contract", "window", "service", "outcome", "standing")
    }
    page = Paginator(
        _narrowed(rows, asked).order_by("-window_start", PARTIES, "commitment__service__code"), PER_PAGE
    )
    context = {
        "title": "Results",
        "page": page.get_page(request.GET.get("page")),
        "asked": asked,
        "contracts": visible_contracts(request.user).values_list("reference", flat=True)[:200],
        "outcomes": Assessment.Outcome.choices,
    }
    return render(request, "pages/assessments.html", context)


def listed(rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """With what ``pages/assessment_table.html`` shows, and without the long documents."""
    return (
        rows.select_related(PARTIES, "commitment__service", "finalisation")
        .annotate(level_shown=KT("result__level__percent"))
        .defer("inputs", "result", "commitment__version__terms")
    )


def _narrowed(rows: QuerySet[Assessment], asked: dict[str, str]) -> QuerySet[Assessment]:
    fields = {
        "contract": f"{PARTIES}__reference",
        "window": "window_label",
        "service": "commitment__service__code",
        "outcome": "outcome",
    }
    rows = rows.filter(**{fields[name]: value for name, value in asked.items() if value and name in fields})
    if asked["standing"] in ("final", "provisional"):
        rows = rows.filter(finalisation__isnull=asked["standing"] == "provisional")
    return rows


@require_safe
@viewing("assessment")
def assessment(request: HttpRequest, pk: int) -> HttpResponse:
    """One result: verdict, waterfall, what was promised and observed, other readings, who decided what, trace."""
    row = get_object_or_404(visible_assessments(request.user).select_related(*WHOLE), pk=pk)
    title = f"{row.commitment.service.name}, {row.window_label}"
    context: dict[str, Any] = {
        "assessment": row,
        "contract": row.commitment.version.contract,
        "title": f"{title}, revision {row.revision}",
        "crumbs": [("Results", reverse("pages:assessments"))],
        "revisions": _revisions(request, row),
        "may_have_evidence": may(request.user, "view", "evidence"),
        "sizes": SIZES,
        "may_reconcile": may(request.user, "view", "reconciliation") and may(request.user, "view", "source"),
        "may_look_back": may(request.user, "view", "observation"),
        "row_links": may(request.user, "view", "payload"),
        "may_read_terms": may(request.user, "view", "version"),
    }
    try:
        value = evidence_value(row)
    except DomainError as error:
        return render(request, "pages/assessment.html", context | {"refusal": str(error)}, status=500)
    if row.inputs["seconds"] and may(request.user, "view", "observation"):
        context["day_of"] = row.commitment.service.code
    desc = (
        f"From the downtime through what was excluded to the level, the tier and the credit. {value.verdict}"
    )
    picture = waterfall_of(
        value.steps, title=f"From downtime to credit: {title}", desc=desc, id_prefix="fall"
    )
    return render(request, "pages/assessment.html", context | {"value": value, "picture": picture})


def _revisions(request: HttpRequest, row: Assessment) -> QuerySet[Assessment]:
    same = visible_assessments(request.user).filter(
        commitment=row.commitment_id, window_start=row.window_start, window_end=row.window_end
    )
    return same.select_related("finalisation").defer("inputs", "result").order_by("revision")


def _provable(request: HttpRequest, pk: int) -> Assessment:
    return get_object_or_404(provable_assessments(request.user).select_related(*WHOLE), pk=pk)


@require_safe
@viewing("evidence")
def evidence_document(request: HttpRequest, pk: int) -> HttpResponse:
    """The evidence as PDF with the data attached; ``?size=Letter`` for the other paper."""
    size = request.GET.get("size", "A4")
    if size not in SIZES:
        raise Http404("There is no such size: A4 or Letter.")
    row = _provable(request, pk)
    return _file(row, lambda: evidence_pdf_of(row, size), "pdf", "application/pdf")  # type: ignore[arg-type]


@require_safe
@viewing("evidence")
def evidence_data(request: HttpRequest, pk: int) -> HttpResponse:
    """The evidence as the canonical JSON that ``python -m verifier`` reads."""
    row = _provable(request, pk)
    return _file(row, lambda: evidence_file(row), "json", "application/json")


def _file(row: Assessment, made: Any, ending: str, content_type: str) -> HttpResponse:
    try:
        content = made()
    except DomainError as error:
        raise PermissionDenied(f"There is no evidence to hand out: {error}") from error
    contract = row.commitment.version.contract
    words = (contract.reference, row.commitment.service.code, row.window_label, f"r{row.revision}")
    name = "-".join("".join(c if c.isascii() and c.isalnum() else "-" for c in word) for word in words)
    headers = {"Content-Disposition": f'attachment; filename="evidence-{name}.{ending}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
