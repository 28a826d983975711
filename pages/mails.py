"""Every mail that was written, with its words and how it fared: an uncertain one is shown as such."""

from collections.abc import Iterable

from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from base.access import Asking, visible
from credits.visibility import visible_assessments
from notices.models import Audience, Notice
from notices.reading import MEANING, NEEDS_A_PERSON, notices_with_state
from pages.layout import viewing

PER_PAGE = 25


def open_results(user: Asking, shown: Iterable[Notice]) -> set[int]:
    """The results behind these mails that the reader may open: a mail may be about another side's contract."""
    wanted = [mail.assessment_id for mail in shown if mail.assessment_id is not None]
    return set(visible_assessments(user).filter(pk__in=wanted).values_list("pk", flat=True))


@require_safe
@viewing("notice")
def mails(request: HttpRequest) -> HttpResponse:
    """The newest first, narrowed by state and by whom it was worded for."""
    rows = visible(notices_with_state(), request.user, kind="notice")
    asked = {name: request.GET.get(name, "") for name in ("state", "audience")}
    if asked["state"] == "needs_a_person":
        rows = rows.filter(state__in=NEEDS_A_PERSON)
    elif asked["state"]:
        rows = rows.filter(state=asked["state"])
    if asked["audience"]:
        rows = rows.filter(audience=asked["audience"])
    page = Paginator(rows.order_by(F("pk").desc()), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Mails",
        "page": page,
        "open_results": open_results(request.user, page.object_list),
        "rows": [(mail, MEANING[mail.state]) for mail in page.object_list],
        "asked": asked,
        "states": MEANING.items(),
        "audiences": Audience.choices,
    }
    return render(request, "pages/mails.html", context)
