"""The paper beside the wording: clause by clause, with the page and the passage that each rests on."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.record import acting
from base.access import may
from base.errors import DomainError
from base.middleware import takes_bodies_of
from contracts import services
from contracts.errors import FieldsRefused, TermsAltered
from contracts.models import ClausePassage, ContractVersion, Paper, PaperPage
from contracts.papers.keeping import content_of
from contracts.papers.matching import Span, boxes_of, find_every, lines_of, may_stand, text_of
from contracts.papers.passages import Beside, ClauseBeside, beside
from contracts.papers.safely import draw_page
from contracts.reading import terms_of
from contracts.services.papers import LONGEST
from contracts.visibility import visible_papers, visible_versions
from pages.acting import sentence
from pages.layout import viewing

HITS = 40
AROUND = 6
TYPED = "passage that was refused"
PAPER_POLICY = "default-src 'none'; sandbox"


class PaperForm(forms.Form):
    """A PDF and what it is."""

    file = forms.FileField(label="PDF", widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}))
    kind = forms.ChoiceField(label="It is", choices=Paper.Kind.choices)
    title = forms.CharField(
        label="Title", required=False, max_length=200, help_text="Empty: the file's name."
    )
    dated_on = forms.DateField(
        label="Dated",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="As on the paper.",
    )


@dataclass
class Mark:
    """A rectangle on the picture of a page, in tenths of a point."""

    left: int
    top: int
    width: int
    height: int


@dataclass
class Marked:
    """A passage on the picture: its rectangles, what it is, and where it leads."""

    kind: str
    label: str
    href: str
    marks: list[Mark]


@dataclass
class Shown:
    """One page of a paper as it is shown."""

    page: PaperPage
    lines: list[tuple[int, Mark, str]] = field(default_factory=list)
    marked: list[Marked] = field(default_factory=list)


def version_of(request: HttpRequest, pk: int) -> ContractVersion:
    """A version that the reader may see. Raises Http404."""
    rows = visible_versions(request.user).select_related("contract")
    return get_object_or_404(rows, pk=pk)


def _body_limit(request: HttpRequest) -> int:
    """A scan of a long contract has tens of megabytes; only who may attach it may send as much."""
    large = may(request.user, "attach", "paper")
    return settings.LARGEST_BODY_BYTES if large else settings.BODY_LIMIT_BYTES


@takes_bodies_of(_body_limit)
@require_http_methods(["GET", "HEAD", "POST"])
@viewing("version", "paper")
def version_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """A version's clauses beside a page of its paper. A post uploads a paper."""
    version = version_of(request, pk)
    form = PaperForm(request.POST, request.FILES) if request.method == "POST" else PaperForm()
    if request.method == "POST" and form.is_valid():
        paper = _uploaded(request, version, form)
        if paper is not None:
            return HttpResponseRedirect(f"{reverse('pages:version_paper', args=[pk])}?paper={paper.pk}")
    context: dict[str, Any] = {
        "title": "The paper",
        "crumbs": [
            ("Contracts", reverse("pages:contracts")),
            (version.contract.reference, f"{_contract_address(version)}?version={version.number}"),
        ],
        "version": version,
        "form": form,
        "may_attach": may(request.user, "attach", "paper"),
        "megabytes": settings.PAPER_BYTES // 1_000_000,
        "papers": visible_papers(request.user).filter(version=version).select_related("uploaded_by"),
    }
    try:
        found = beside(version, terms_of(version))
    except TermsAltered as error:
        return render(request, "pages/desk/paper.html", context | {"refusal": str(error)})
    context |= {"beside": found, **_right(request, version, found)}
    status = 422 if request.method == "POST" else 200
    return render(request, "pages/desk/paper.html", context, status=status)


def _contract_address(version: ContractVersion) -> str:
    return reverse("pages:contract", args=[version.contract_id])


def _uploaded(request: HttpRequest, version: ContractVersion, form: PaperForm) -> Paper | None:
    file = form.cleaned_data["file"]
    try:
        with acting(request.user, via="page", reason=""):  # type: ignore[arg-type]
            paper = services.attach_paper(
                version=version,
                content=file.read(),
                name=file.name,
                kind=form.cleaned_data["kind"],
                title=form.cleaned_data["title"],
                dated_on=form.cleaned_data["dated_on"],
            )
    except DomainError as error:
        form.add_error(
            "file",
            f"Refused, and nothing was kept: the file {sentence(error)[:1].lower()}{sentence(error)[1:]}",
        )
        return None
    pages = "one page" if paper.page_count == 1 else f"{paper.page_count} pages"
    carries = "".join(f" It carries {what}." for what in paper.carries)
    messages.success(
        request, f"{paper.title} is kept beside {version}: {pages}, SHA-256 {paper.sha256}.{carries}"
    )
    return paper


# The right half: the page of the paper -------------------------------------------------------------------


def _right(request: HttpRequest, version: ContractVersion, found: Beside) -> dict[str, Any]:
    """The paper, its page, what is marked on it, what was searched, and the clause that is attended to."""
    asked = request.GET
    clause = next((one for one in found.clauses if one.placed.place == asked.get("clause")), None)
    paper = _paper(request, version, found, clause)
    context: dict[str, Any] = {"clause": clause, "paper": paper, "q": asked.get("q", "")[:200]}
    context["passage"] = request.session.pop(TYPED, "")
    if paper is None:
        return context
    page = get_object_or_404(paper.pages, number=_page_number(asked.get("page", ""), paper, clause))
    shown = Shown(page, [(n, _mark(box), text) for n, box, text in _lines(page)])
    lines = _chosen_lines(asked.get("first", ""), asked.get("last", ""), len(shown.lines))
    query = context["q"]
    shown.marked = [
        *_passages_on(request, version, found, page, clause),
        *_hits_on(page, query),
        *_lines_on(page, lines),
    ]
    numbers = range(1, paper.page_count + 1)
    return context | {
        "shown": shown,
        "lines": lines,
        "hits": _search(paper, query),
        "numbers": numbers,
        "before": page.number - 1 if page.number > 1 else None,
        "after": page.number + 1 if page.number < paper.page_count else None,
        "keep": urlencode({"paper": paper.pk, **({"clause": clause.placed.place} if clause else {})}),
    }


def _paper(
    request: HttpRequest, version: ContractVersion, found: Beside, clause: ClauseBeside | None
) -> Paper | None:
    """The paper that is asked for, that of the clause's passage, or the version's first; of an earlier version too."""
    rows = visible_papers(request.user).filter(version__contract=version.contract_id)
    asked = request.GET.get("paper", "")
    if asked.isdecimal() and len(asked) < 19:
        return get_object_or_404(rows, pk=int(asked))
    if clause and (clause.passages or clause.proposals):
        return rows.filter(pk=(clause.passages or clause.proposals)[0].page.paper_id).first()
    own = rows.filter(version=version).order_by("kind", "pk")
    signed = own.filter(kind=Paper.Kind.SIGNED).first()
    return (
        signed
        or own.first()
        or rows.filter(version__number__lt=version.number).order_by("-version__number", "pk").first()
    )


def _page_number(asked: str, paper: Paper, clause: ClauseBeside | None) -> int:
    if asked:
        if not asked.isdecimal() or len(asked) > 4:
            raise Http404("There is no such page.")
        return int(asked)
    of_clause = (clause.passages or clause.proposals) if clause else []
    return next((row.page.number for row in of_clause if row.page.paper_id == paper.pk), 1)


def _mark(box: tuple[int, int, int, int]) -> Mark:
    return Mark(*box)


def _lines(page: PaperPage) -> list[tuple[int, tuple[int, int, int, int], str]]:
    return [(number, boxes_of(page.words, span)[0], text) for number, span, text in lines_of(page.words)]


def _chosen_lines(first: str, last: str, count: int) -> tuple[int, int] | None:
    if not (first.isdecimal() and len(first) < 6):
        return None
    begin = int(first)
    end = int(last) if last.isdecimal() and len(last) < 6 else begin
    return (begin, min(end, count)) if 1 <= begin <= min(end, count) else None


def _passages_on(
    request: HttpRequest,
    version: ContractVersion,
    found: Beside,
    page: PaperPage,
    clause: ClauseBeside | None,
) -> list[Marked]:
    marked = []
    for number, one in enumerate(found.clauses, start=1):
        for row in one.passages:
            if row.page_id != page.pk or row.first_word is None or row.last_word is None:
                continue
            href = "?" + urlencode({"paper": page.paper_id, "page": page.number, "clause": one.placed.place})
            kind = "here" if clause is one else "again" if row in one.to_read_again else "other"
            marks = [_mark(box) for box in boxes_of(page.words, Span(row.first_word, row.last_word))]
            marked.append(Marked(kind, f"Clause {one.placed.label}", f"{href}#clause-{number}", marks))
    return marked


def _hits_on(page: PaperPage, query: str) -> list[Marked]:
    marks = [_mark(box) for span in _found(page, query) for box in boxes_of(page.words, span)]
    return [Marked("hit", f"Found: {query}", "", marks)] if marks else []


def _lines_on(page: PaperPage, lines: tuple[int, int] | None) -> list[Marked]:
    if lines is None:
        return []
    known = lines_of(page.words)
    span = Span(known[lines[0] - 1][1].first, known[lines[1] - 1][1].last)
    return [Marked("chosen", "Chosen lines", "", [_mark(box) for box in boxes_of(page.words, span)])]


def _found(page: PaperPage, query: str) -> list[Span]:
    if len(query.strip()) < 2 or not may_stand(page.words, query):
        return []
    return find_every(page.words, query)


def _search(paper: Paper, query: str) -> list[tuple[int, int, str]] | None:
    """Page, how often, and the words around the first place; None where nothing was asked."""
    if len(query.strip()) < 2:
        return None
    hits = []
    for page in paper.pages.order_by("number").iterator(chunk_size=50):
        if spans := _found(page, query):
            around = Span(max(0, spans[0].first - AROUND), min(len(page.words) - 1, spans[0].last + AROUND))
            hits.append((page.number, len(spans), text_of(page.words, around)))
        if len(hits) >= HITS:
            break
    return hits


# The file and its pictures -------------------------------------------------------------------------------


@require_safe
@viewing("paper")
def paper_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The very bytes, to be kept as a file: never shown inside of a page of ours."""
    paper = get_object_or_404(visible_papers(request.user), pk=pk)
    response = HttpResponse(content_of(paper), content_type="application/pdf")
    name = paper.name if paper.name.lower().endswith(".pdf") else f"{paper.name}.pdf"
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Content-Security-Policy"] = PAPER_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
@viewing("paper")
def paper_picture(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A page as a picture. It never changes, so a browser keeps it."""
    paper = get_object_or_404(visible_papers(request.user), pk=pk)
    if not 1 <= number <= paper.page_count:
        raise Http404("There is no such page.")
    tag = f'"{paper.sha256[:32]}-{number}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    try:
        picture = draw_page(content_of(paper), number)
    except DomainError as error:
        return HttpResponse(f"{error}\n", status=422, content_type="text/plain; charset=utf-8")
    headers = {"ETag": tag, "Cache-Control": "private, max-age=604800, immutable"}
    return HttpResponse(picture, content_type="image/png", headers=headers)


# Acts ----------------------------------------------------------------------------------------------------


@require_POST
@viewing("version", "paper")
def passage_attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay a passage of a page beside a clause."""
    version = version_of(request, pk)
    page = get_object_or_404(_pages(request, version), pk=_key(request, "page_key"))
    place = request.POST.get("clause", "")
    chosen = _chosen_lines(request.POST.get("first", ""), request.POST.get("last", ""), 10**5)

    def act() -> str:
        row = services.attach_passage(
            version=version, place=place, page=page, passage=request.POST.get("passage", ""), lines=chosen
        )
        return f"Clause {row.clause} rests on p. {page.number}: {row.text[:200]}"

    return _done(request, version, act, {"paper": page.paper_id, "page": page.number, "clause": place})


@require_POST
@viewing("version", "paper")
def passage_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Take a passage away, or confirm passages of changed clauses and of earlier versions."""
    version = version_of(request, pk)
    keys = [int(one) for one in request.POST.getlist("passage") if one.isdecimal() and len(one) < 19]
    rows = list(
        ClausePassage.objects.filter(pk__in=keys, version__contract=version.contract_id)
        .select_related("version", "page__paper")
        .defer("page__paper__content", "page__words")
    )
    if len(rows) != len(set(keys)) or not rows:
        raise Http404("There is no such passage.")

    def away() -> str:
        row = services.take_passage_away(passage=rows[0], reason=request.POST.get("reason", ""))
        return f"Taken away from clause {row.clause}."

    def confirm() -> str:
        made = services.confirm_passages(version=version, passages=rows)
        return "Nothing was left to confirm." if not made else f"{len(made)} of {len(rows)} confirmed."

    if act not in ("take-away", "confirm") or (act == "take-away" and rows[0].version_id != version.pk):
        raise Http404("There is no such act.")
    again = {"paper": rows[0].page.paper_id, "page": rows[0].page.number, "clause": rows[0].place}
    return _done(request, version, away if act == "take-away" else confirm, again)


def _pages(request: HttpRequest, version: ContractVersion) -> Any:
    papers = visible_papers(request.user).filter(version__contract=version.contract_id)
    return PaperPage.objects.filter(paper__in=papers).select_related("paper__version").defer("paper__content")


def _key(request: HttpRequest, name: str) -> int:
    given = request.POST.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else 0


def _done(request: HttpRequest, version: ContractVersion, act: Any, again: dict[str, Any]) -> HttpResponse:
    typed = {name: request.POST.get(name, "") for name in ("passage", "reason")}
    try:
        if any("\0" in text for text in typed.values()):
            raise FieldsRefused({"text": ["holds a character that is none; write it anew"]})
        with acting(request.user, via="page", reason=typed["reason"]):  # type: ignore[arg-type]
            messages.success(request, act())
    except DomainError as error:
        messages.error(request, f"Refused, and nothing was changed. {sentence(error)}")
        if typed["passage"].strip() and "page_key" in request.POST:
            # In the session: an address may not be as long as a passage.
            request.session[TYPED] = typed["passage"].replace("\0", "")[:LONGEST]
    address = reverse("pages:version_paper", args=[version.pk])
    return HttpResponseRedirect(f"{address}?{urlencode(again)}#attach")
