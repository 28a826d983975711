"""A file of measurements as it came: its hash, where it was retrieved, and the very row that a minute was read from."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from measurements.models import Payload
from measurements.visibility import visible_payloads
from pages.layout import viewing

AROUND = 3
MOST_CHARACTERS = 4_000


@require_safe
@viewing("payload")
def payload(request: HttpRequest, pk: int) -> HttpResponse:
    """One file; ``?row=7`` shows the row with that number and its neighbours, as they stand in it."""
    row = get_object_or_404(
        visible_payloads(request.user).defer(None).select_related("source", "imported_by", "removal"), pk=pk
    )
    asked = request.GET.get("row", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 10 else None
    context: dict[str, Any] = {
        "title": row.name,
        "crumbs": [
            ("Sources", reverse("pages:sources")),
            (row.source.name, reverse("pages:source", args=[row.source.code])),
        ],
        "payload": row,
        "removal": getattr(row, "removal", None),
        "number": number,
        "lines": lines_of(row, number),
        "listed": row.listed_rows.order_by("row_number", "pk")[:100],
    }
    return render(request, "pages/disputes/payload.html", context)


@require_safe
@viewing("payload")
def row_of(request: HttpRequest, reference: str) -> HttpResponse:
    """From how an observation is named in results and evidence (``4f1c...:7``) to its row in its file."""
    digest, _, number = reference.partition(":")
    if not number.isdecimal() or len(digest) < 8:
        raise Http404("An observation is named by the start of its file's hash, a colon and its row.")
    found = visible_payloads(request.user).filter(sha256__startswith=digest).order_by("known_at", "pk").last()
    if found is None:
        raise Http404("There is no such file, or none that your role may see.")
    return redirect(f"{reverse('pages:payload', args=[found.pk])}?row={number}#row-{number}")


def lines_of(row: Payload, number: int | None) -> list[tuple[int, str]]:
    """Lines of a text file with their numbers (the header is row 1): around the one asked for, else its beginning.

    Empty where the file is no text, or its bytes were removed.
    """
    try:
        lines = bytes(row.content or b"").decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return []
    first = 1 if number is None else max(1, number - AROUND)
    last = 2 * AROUND + 1 if number is None else number + AROUND
    shown = [(at, lines[at - 1][:MOST_CHARACTERS]) for at in range(first, min(last, len(lines)) + 1)]
    if number is not None and first > 1 and lines:
        shown.insert(0, (1, lines[0][:MOST_CHARACTERS]))
    return shown
