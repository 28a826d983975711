"""The conformed text of a contract as of any instant: exactly one text, which documents made it, and its history."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base import clock
from base.access import may
from base.api.negotiation import download
from base.errors import DomainError
from base.svg.timeline import Band, timeline, timeline_table
from contracts.conformed import CHANGES, Chain, amendment_of, text_document
from contracts.models import Contract, ContractVersion, Signature
from contracts.reading import terms_of
from contracts.visibility import visible_contracts, visible_versions
from pages.layout import viewing
from pages.pictures import Picture, drawn
from reckoning.canonical import canonical_json
from reckoning.errors import TermsError
from reckoning.fields import zone_info
from reckoning.terms.wording import word
from reckoning.timeline import local_instant

Kind = ContractVersion.Kind
STYLES = {
    Kind.WHOLE: "solid",
    Kind.AMENDMENT: "soft",
    Kind.VARIATION: "hatched",
    Kind.CONFORMED: "outline",
}
WORDS = {
    Kind.WHOLE: "whole text",
    Kind.AMENDMENT: "amendment, for good",
    Kind.VARIATION: "variation, for a time",
    Kind.CONFORMED: "what changes make together",
}


@dataclass(frozen=True)
class Asked:
    """An instant as somebody asked for it; ``text`` is what they wrote."""

    text: str
    at: datetime
    zone: str

    @property
    def local(self) -> datetime:
        """The same instant in the contract's zone."""
        return self.at.astimezone(zone_info(self.zone))

    @property
    def shown(self) -> str:
        """In the contract's zone, with its offset from UTC."""
        return f"{self.local:%Y-%m-%d %H:%M:%S} ({self.local:%z})"


def instant_asked(text: str, zone: str) -> Asked:
    """A day, which begins at midnight in the contract's zone; a local time there; or an instant with its offset.

    A local time that the clocks show twice is the first of the two, and one that they skip is the one after the gap.
    Raises Http404 for what is none.
    """
    written = text.strip()
    if "T" in written and " " in written:
        # A plus of an offset that was not encoded in the address arrives as a blank.
        written = written.replace(" ", "+")
    try:
        if len(written) == 10:
            day = date.fromisoformat(written)
            return Asked(text, local_instant(day, datetime.min.time(), zone), zone)
        given = datetime.fromisoformat(written)
    except (ValueError, OverflowError):
        raise Http404(
            "There is no such instant; write a day (2025-03-30), a local time (2025-03-30T14:00) or an instant "
            "(2025-03-30T12:00:00Z)."
        ) from None
    if not 1900 <= given.year <= 2200:
        raise Http404("Ask for a day between 1900 and 2200.")
    if given.tzinfo is None:
        return Asked(text, local_instant(given.date(), given.time(), zone), zone)
    return Asked(text, given.astimezone(UTC), zone)


def zone_of(chain: Chain) -> str:
    """The zone of the contract's last whole text; UTC before there is any."""
    wholes = [row for row in chain.rows if row.kind == Kind.WHOLE]
    return terms_of(wholes[-1]).zone if wholes else "UTC"


def contract_of(request: HttpRequest, pk: int) -> Contract:
    """A contract that its reader may see."""
    rows = visible_contracts(request.user).select_related("counterparty", "legal_entity")
    return get_object_or_404(rows, pk=pk)


@require_safe
@viewing("version", "contract")
def find_as_of(request: HttpRequest) -> HttpResponse:
    """The box of legal's home: a contract by its reference, and an instant."""
    reference = request.GET.get("reference", "").replace("\0", "").strip()[:60]
    row = visible_contracts(request.user).filter(reference__iexact=reference).first()
    if row is None:
        messages.error(
            request, f"No contract that you may see has the reference “{reference}”; choose one of these."
        )
        return redirect(f"{reverse('pages:contracts')}?{urlencode({'q': reference})}")
    at = request.GET.get("at", "").strip()
    return redirect(reverse("pages:terms_as_of", args=[row.pk]) + (f"?{urlencode({'at': at})}" if at else ""))


@require_safe
@viewing("version", "contract")
def terms_as_of(request: HttpRequest, pk: int) -> HttpResponse:
    """What a contract said at an instant, which documents made that text, and when which text stood."""
    row = contract_of(request, pk)
    chain = Chain(row)
    asked = instant_asked(request.GET.get("at", "") or clock.as_of().isoformat(), zone_of(chain))
    context: dict[str, Any] = {
        "contract": row,
        "asked": asked,
        "title": f"{row.reference} as of {asked.local:%Y-%m-%d %H:%M}",
        "crumbs": [
            ("Contracts", reverse("pages:contracts")),
            (row.reference, reverse("pages:contract", args=[row.pk])),
        ],
        "may_change": may(request.user, "edit", "version"),
    }
    try:
        stretch = chain.at(asked.at)
        context |= {"stretches": chain.stretches, "stretch": stretch}
        if stretch is not None:
            context |= {
                "clauses": word(stretch.terms),
                "documents": [_document(one) for one in stretch.made_of],
            }
    except TermsError as error:
        context["refusal"] = f"The signed documents do not make one text: {error}"
    except DomainError as error:
        context["refusal"] = str(error)
    if chain.rows:
        context["picture"] = _picture(request, row, asked.local.date())
    return render(request, "pages/desk/as_of.html", context)


@require_safe
@viewing("version", "contract")
def terms_as_of_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The same text as a file: its document, its hash, and the documents that made it."""
    row = contract_of(request, pk)
    chain = Chain(row)
    asked = instant_asked(request.GET.get("at", "") or clock.as_of().isoformat(), zone_of(chain))
    try:
        stretch = chain.at(asked.at)
    except (TermsError, DomainError) as error:
        return HttpResponse(f"{error}\n", status=409, content_type="text/plain; charset=utf-8")
    if stretch is None:
        raise Http404("No text stood at that instant.")
    content = canonical_json(text_document(row, asked.at, stretch))
    name = f"{row.reference}-{asked.local:%Y-%m-%d}.terms.json"
    return download(content, "application/json", name)


def _document(version: ContractVersion) -> dict[str, Any]:
    told: dict[str, Any] = {"version": version, "words": WORDS[Kind(version.kind)], "title": ""}
    if version.kind in CHANGES:
        document = amendment_of(version)
        told |= {"title": document.title, "changes": document.changes, "mid_window": document.mid_window}
    return told


def _picture(request: HttpRequest, contract: Contract, on: date) -> Picture:
    """Bands of every document that its reader may see, with the days on which somebody signed."""
    rows = visible_versions(request.user).filter(contract=contract).exclude(state="withdrawn")
    bands = []
    live = Prefetch("signatures", Signature.objects.live())
    for row in rows.prefetch_related(live).order_by("effective_from_on", "number"):
        signed = row.state == ContractVersion.State.SIGNED
        kind = WORDS[Kind(row.kind)]
        days = {one.signed_on for one in row.signatures.all()} if row.kind != Kind.CONFORMED else set()
        title = (row.amendment or {}).get("title", "")
        bands.append(
            Band(
                f"v{row.number} {title or kind}",
                row.effective_from_on,
                row.effective_until_on,
                STYLES[Kind(row.kind)] if signed else "outline",  # type: ignore[arg-type]
                kind if signed else f"{kind}, {row.get_state_display().lower()}",
                tuple(sorted(days)),
                f"signed by {', '.join(sorted({one.signatory for one in row.signatures.all()}))}"
                if days
                else "",
            )
        )
    title = f"Texts of {contract.reference}"
    picture = timeline(
        bands,
        title=title,
        desc="Each document with the days from which and until which it counts; a diamond is a signature.",
        id_prefix="timeline",
        on=on,
        names=(
            ("solid", "whole text"),
            ("soft", "amendment"),
            ("hatched", "variation"),
            ("outline", "conformed, or unsigned"),
        ),
    )
    return drawn(title, picture, timeline_table(bands))
