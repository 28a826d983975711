"""The wording beside the form as HTML, written without templates: forty commitments have some five hundred clauses.

Everything that people wrote passes through :func:`escape`.
"""

from collections.abc import Iterable
from html import escape

from django.template.defaultfilters import truncatechars, urlencode
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from contracts.models import ClausePassage, ContractVersion
from contracts.papers.passages import ClauseBeside

SHOWN = 240
"""So many letters of a passage are shown."""


def clauses_html(clauses: Iterable[ClauseBeside], version: ContractVersion | None) -> SafeString:
    """Every clause with its number, its heading, its words and the passages of the paper that it rests on."""
    address = reverse("pages:version_paper", args=[version.pk]) if version and version.pk else ""
    parts = []
    for number, one in enumerate(clauses, start=1):
        clause = one.placed.clause
        words = escape(clause.text).replace("\n", "<br>")
        parts.append(
            f'<dt id="clause-{number}"><span class="terms-number">{escape(clause.number)}</span> '
            f"{escape(clause.heading)}</dt><dd>{words}</dd>"
        )
        parts += [_passage(one, row, address) for row in one.passages]
    return mark_safe("".join(parts))  # noqa: S308  # escaped where it is written


def _passage(one: ClauseBeside, row: ClausePassage, address: str) -> str:
    query = f"paper={row.page.paper_id}&page={row.page.number}&clause={urlencode(one.placed.place)}"
    person = " (read by a person)" if row.read_by_person else ""
    again = ""
    if row in one.to_read_again:
        again = " <strong>To be read again: the clause had other words.</strong>"
    return (
        f'<dd class="terms-passage"><a href="{escape(f"{address}?{query}")}#page">p. {row.page.number}</a>: '
        f"“{escape(truncatechars(row.text, SHOWN))}”{person}{again}</dd>"
    )
