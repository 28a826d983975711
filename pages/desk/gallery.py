"""The gallery of templates: found by provider, industry, what the terms contain, and their words."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, SearchVector
from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from base import clock
from base.access import may, visible
from contracts.gallery.facets import FACETS, label
from contracts.gallery.reading import with_newest
from contracts.models import TermsTemplate
from pages.layout import viewing

PER_PAGE = 24
MOST = 5_000
SHOWN_OVERDUE = 20
BEGIN, END = "\u27e6", "\u27e7"
WHOSE = (
    ("published", "Published by others"),
    ("own", "Our own"),
    ("unit", "Taken over by a company of ours"),
)


@dataclass(frozen=True)
class Choice:
    """One value of a facet, with how many of what is shown have it."""

    key: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Group:
    """A facet: what it asks, and its values that something has."""

    key: str
    title: str
    choices: tuple[Choice, ...]

    @property
    def is_open(self) -> bool:
        """Whether something of it is chosen."""
        return any(choice.chosen for choice in self.choices)


@require_safe
@viewing("template")
def templates(request: HttpRequest) -> HttpResponse:
    """Every template that is asked for, as a card; beside it what narrows the list, with counts."""
    asked = {
        name: request.GET.get(name, "").replace("\0", "")[:200]
        for name in ("q", "provider", "industry", "whose")
    }
    chosen = [one for one in dict.fromkeys(request.GET.getlist("f")) if label(one) != one]
    every = visible(TermsTemplate.objects.all(), request.user)
    rows = _narrowed(every, asked, chosen)
    facets = Counter(
        one for held in rows.values_list("search__facets", flat=True)[:MOST] for one in held or ()
    )
    page = Paginator(_ordered(rows, asked["q"]), PER_PAGE).get_page(request.GET.get("page"))
    as_of = clock.as_of()
    overdue = overdue_on(every, as_of)
    context = {
        "title": "Templates",
        "asked": asked,
        "chosen": [(one, label(one)) for one in chosen],
        "groups": _groups(facets, chosen),
        "page": page,
        "snippets": _snippets(page, asked["q"]),
        "providers": every.exclude(provider="")
        .order_by("provider")
        .values_list("provider", flat=True)
        .distinct(),
        "industries": TermsTemplate.Industry.choices,
        "whose": WHOSE,
        "overdue": overdue[:SHOWN_OVERDUE],
        "overdue_count": overdue.count(),
        "may_edit": may(request.user, "edit", "template"),
        "as_of": as_of,
    }
    return render(request, "pages/desk/templates.html", context)


def overdue_on(rows: QuerySet[TermsTemplate], as_of: date) -> QuerySet[TermsTemplate]:
    """The templates whose review should have happened by a day, the longest overdue first."""
    return rows.filter(next_review_on__lt=as_of).select_related("steward").order_by("next_review_on", "slug")


def _narrowed(
    rows: QuerySet[TermsTemplate], asked: dict[str, str], chosen: list[str]
) -> QuerySet[TermsTemplate]:
    if asked["q"].strip():
        # The same expression as the index's, so that the database uses it.
        rows = rows.annotate(found_in=_words()).filter(found_in=_query(asked["q"]))
    if asked["provider"]:
        rows = rows.filter(provider=asked["provider"])
    if asked["industry"] in TermsTemplate.Industry.values:
        rows = rows.filter(industry=asked["industry"])
    if asked["whose"] == "published":
        rows = rows.filter(is_published=True)
    elif asked["whose"] == "own":
        rows = rows.filter(is_published=False, parent=None)
    elif asked["whose"] == "unit":
        rows = rows.exclude(parent=None)
    if chosen:
        rows = rows.filter(search__facets__contains=chosen)
    return rows


def _words() -> Any:
    return SearchVector("search__words", config="english")


def _query(text: str) -> SearchQuery:
    return SearchQuery(text, search_type="websearch", config="english")


def _ordered(rows: QuerySet[TermsTemplate], text: str) -> QuerySet[TermsTemplate]:
    rows = with_newest(rows.select_related("search", "legal_entity", "parent").defer("search__words"))
    if text.strip():
        return rows.order_by(SearchRank(F("found_in"), _query(text)).desc(), "provider", "slug")
    return rows.order_by("provider", "slug")


def _snippets(page: Page[TermsTemplate], text: str) -> dict[int, list[tuple[str, bool]]]:
    """For each template of a page its words around what was searched, in pieces: the text, and whether it is a hit."""
    if not text.strip():
        return {}
    headline = SearchHeadline(
        "search__words",
        _query(text),
        config="english",
        start_sel=BEGIN,
        stop_sel=END,
        max_fragments=2,
        max_words=22,
        min_words=8,
        fragment_delimiter=" … ",
    )
    shown = TermsTemplate.objects.filter(pk__in=[row.pk for row in page.object_list])
    return {pk: pieces(line) for pk, line in shown.annotate(line=headline).values_list("pk", "line")}


def pieces(line: str) -> list[tuple[str, bool]]:
    """A headline of the database's in pieces, so that nothing in it has to be trusted as markup."""
    found: list[tuple[str, bool]] = []
    for at, part in enumerate(line.split(BEGIN)):
        hit, mark, rest = part.partition(END)
        if at and mark:
            found.append((hit, True))
        found.append((rest if at and mark else part, False))
    return [(text, is_hit) for text, is_hit in found if text]


def _groups(counts: Counter[str], chosen: list[str]) -> list[Group]:
    groups = []
    for key, (title, names) in FACETS.items():
        choices = tuple(
            Choice(f"{key}:{name}", words, counts[f"{key}:{name}"], f"{key}:{name}" in chosen)
            for name, words in names.items()
            if counts[f"{key}:{name}"] or f"{key}:{name}" in chosen
        )
        if choices:
            groups.append(Group(key, title, choices))
    return groups
