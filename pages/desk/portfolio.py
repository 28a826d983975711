"""Portfolios: a file of contracts is taken, its rows are shown with what is wrong, and written when confirmed."""

import csv
import io
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.record import acting
from base import clock
from base.access import may, visible
from base.csvio import FORMULA_STARTS, Fault
from base.errors import DomainError
from base.models import User
from contracts import services
from contracts.errors import FieldsRefused
from contracts.gallery.reading import newest_version, text_of
from contracts.models import PortfolioImport, PortfolioRow, TermsTemplate
from contracts.portfolio.columns import COLUMNS, MAX_ROWS, PARAMETER
from measurements.feeding.sheets import read_grid
from pages.acting import sentence
from pages.desk.portfolio_example import example
from pages.layout import viewing
from reckoning.errors import TermsError

MAX_FILE = 5_000_000
# 2,000 rows of a hundred columns; a workbook is read while somebody waits.
MAX_UNPACKED = 15_000_000
PER_PAGE = 50
SHOWN_FAULTS = 100
State = PortfolioRow.State
WRONG = (State.FAULTY, State.FAILED)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PortfolioForm(forms.Form):
    """A file of contracts."""

    file = forms.FileField(
        label="File", help_text=f"XLSX or CSV, {MAX_FILE // 1_000_000} MB and {MAX_ROWS:,} contracts at most."
    )
    sheet = forms.CharField(
        label="Sheet", required=False, max_length=100, help_text="Of a workbook; without it the first one."
    )


def _counted(rows: QuerySet[PortfolioImport]) -> QuerySet[PortfolioImport]:
    """Imports, each with how many of its rows are in which state. One query."""
    return rows.select_related("requested_by", "confirmed_by").annotate(
        **{f"n_{state.value}": Count("rows", filter=Q(rows__state=state)) for state in State}
    )


def _standing(row: Any) -> tuple[str, int, str]:
    """How far an import has come: words, percent, and a tag's colour."""
    looked = row.row_total - row.n_waiting
    if row.n_waiting:
        return f"looking: {looked} of {row.row_total}", 100 * looked // row.row_total, "warn"
    if row.confirmed_at is None:
        return "waits to be confirmed", 100, "warn"
    if row.n_good:
        done = row.n_written + row.n_failed
        return f"writing: {done} of {done + row.n_good}", 100 * done // (done + row.n_good), "warn"
    if row.n_faulty or row.n_failed:
        return "written, but for rows with faults", 100, "warn"
    return "written", 100, "good"


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("portfolio")
def portfolios(request: HttpRequest) -> HttpResponse:
    """What was taken so far; and a file is taken, to be looked at before anything is written."""
    user = request.user
    may_take = may(user, "edit", "portfolio")
    form = PortfolioForm(request.POST, request.FILES) if request.method == "POST" else PortfolioForm()
    faults: list[Fault] = []
    if request.method == "POST":
        if not isinstance(user, User) or not may_take:
            raise PermissionDenied("Your role does not import contracts.")
        if form.is_valid():
            taken, faults = _taken(user, form)
            if taken is not None:
                return redirect("pages:portfolio", taken.pk)
    rows = _counted(visible(PortfolioImport.objects.all(), user))
    page = Paginator(rows.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Portfolios",
        "page": page,
        "listed": [(row, *_standing(row)) for row in page.object_list],
        "form": form,
        "faults": faults[:SHOWN_FAULTS],
        "may_take": may_take,
        "templates": visible(TermsTemplate.objects.all(), user).order_by("slug").values_list("slug", "title"),
    }
    return render(request, "pages/desk/portfolios.html", context)


def _taken(user: User, form: PortfolioForm) -> tuple[PortfolioImport | None, list[Fault]]:
    """The import of a file; or None, with what is wrong with the file."""
    file = form.cleaned_data["file"]
    if file.size > MAX_FILE:
        form.add_error("file", f"Has {file.size:,} bytes; at most {MAX_FILE:,} are read. Split it.")
        return None, []
    sheet = form.cleaned_data["sheet"]
    grid = read_grid(file.read(), sheet=sheet, redacting=False, max_unpacked=MAX_UNPACKED)
    if grid.faults.total:
        return None, list(grid.faults.listed)
    try:
        with acting(user, via="page"):
            return (
                services.begin_portfolio(
                    name=file.name,
                    sha256=grid.original_sha256,
                    headers=grid.headers,
                    rows=grid.rows,
                    requested_at=clock.now(),
                ),
                [],
            )
    except FieldsRefused as error:
        return None, [Fault(1, name, " ".join(said)) for name, said in error.fields.items()]
    except DomainError as error:
        form.add_error(None, sentence(error))
        return None, []


def _portfolio(request: HttpRequest, pk: int) -> PortfolioImport:
    return get_object_or_404(_counted(visible(PortfolioImport.objects.all(), request.user)), pk=pk)


@require_safe
@viewing("portfolio")
def portfolio(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: how far it has come, each row with what is wrong or what became of it."""
    row: Any = _portfolio(request, pk)
    asked = request.GET.get("state", "")
    rows = row.rows.select_related("version__contract").defer("version__terms").order_by("number")
    if asked == "wrong":
        rows = rows.filter(state__in=WRONG)
    elif asked in State.values:
        rows = rows.filter(state=asked)
    words, percent, colour = _standing(row)
    context = {
        "title": row.name,
        "crumbs": [("Portfolios", reverse("pages:portfolios"))],
        "portfolio": row,
        "words": words,
        "percent": percent,
        "colour": colour,
        "moving": row.n_waiting or (row.confirmed_at and row.n_good),
        "wrong": row.n_faulty + row.n_failed,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "asked": asked,
        "states": [("wrong", "With faults"), *State.choices],
        "may_confirm": may(request.user, "edit", "portfolio")
        and row.confirmed_at is None
        and not row.n_waiting,
    }
    return render(request, "pages/desk/portfolio.html", context)


@require_POST
@viewing("portfolio")
def portfolio_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the good rows written."""
    row = _portfolio(request, pk)
    if not isinstance(request.user, User) or not may(request.user, "edit", "portfolio"):
        raise PermissionDenied("Your role does not import contracts.")
    try:
        with acting(request.user, via="page"):
            services.confirm_portfolio(row, clock.now())
    except DomainError as error:
        messages.error(request, f"Nothing was written. {sentence(error)}")
    else:
        messages.success(request, "The rows are being written as drafts, some at a time. You may leave.")
    return redirect("pages:portfolio", pk)


@require_safe
@viewing("portfolio")
def portfolio_faults(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows with faults as CSV: row, reference, column, what is wrong, what would be right."""
    row = _portfolio(request, pk)
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(["row", "reference", "column", "wrong", "right"])
    for one in row.rows.filter(state__in=WRONG).order_by("number"):
        for column, wrong, right in one.faults:
            cells = (str(one.number), one.cells.get("reference", ""), column, wrong, right)
            out.writerow(["'" + cell if cell.startswith(FORMULA_STARTS) else cell for cell in cells])
    answer = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="portfolio-{row.pk}-faults.csv"'
    return answer


@require_safe
@viewing("portfolio")
def portfolio_example(request: HttpRequest) -> HttpResponse:
    """A workbook to fill in, with the columns of a template's values where one is chosen, and explanations."""
    slug = request.GET.get("template", "")
    parameters: Any = ()
    if slug:
        rows = visible(TermsTemplate.objects.select_related("parent"), request.user)
        template = get_object_or_404(rows, slug=slug)
        newest = newest_version(template)
        try:
            parameters = text_of(newest, template).parameters if newest else ()
        except TermsError:
            parameters = ()
    content = example(COLUMNS, PARAMETER, slug, parameters, created=clock.now())
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = 'attachment; filename="portfolio-example.xlsx"'
    return answer
