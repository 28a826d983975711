"""An incident: its timeline by source, each source's minutes, whose it was, and what each promise asks of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from base import clock
from base.access import Asking, may, visible
from credits.explained import duration
from measurements import services
from measurements.models import IntervalObservation, ListedRow, Payload, Source
from measurements.reading import latest_intervals
from measurements.visibility import (
    visible_attributions,
    visible_exclusions,
    visible_intervals,
    visible_notes,
    visible_seconds,
    visible_sources,
)
from pages.components import known_at_end_of
from pages.dispute_forms import (
    AttributionForm,
    DisputeAct,
    NoteForm,
    carried_out,
    chosen,
)
from pages.incident_sheets import sheets_of
from pages.layout import viewing

PER_PAGE = 50


@require_safe
@viewing("observation", "incident")
def incidents(request: HttpRequest) -> HttpResponse:
    """What the sources tell of, the newest first; narrowed by source and component."""
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("source", "component")}
    known_at = known_at_end_of(clock.as_of())
    readable = visible_sources(request.user)
    rows = latest_intervals(known_at).filter(source__in=readable.values("pk")).select_related("source")
    if asked["source"]:
        rows = rows.filter(source__code=asked["source"])
    if asked["component"]:
        rows = rows.filter(components__contains=[asked["component"]])
    page = Paginator(rows.order_by("-during", "external_id"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Incidents",
        "page": page,
        "asked": asked,
        "sources": readable.filter(shape=Source.Shape.INTERVALS).order_by("code")[:200],
    }
    return render(request, "pages/disputes/incidents.html", context)


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. ``at`` is when it happened, freed from what is known of its clock's error."""

    at: datetime
    skew: str
    what: str
    who: str
    known_at: datetime
    payload: Any = None
    row_number: int | None = None


def _note(subject: tuple[Source, str], given: dict[str, Any]) -> str:
    source, external_id = subject
    services.note_incident(
        source=source,
        external_id=external_id,
        occurred_at=given["occurred_at"],
        clock_skew_seconds=given["clock_skew_seconds"],
        text=given["text"],
        known_at=clock.now(),
    )
    return "The note stands on the timeline."


def _attribute(subject: tuple[Source, str], given: dict[str, Any]) -> str:
    source, external_id = subject
    row = services.attribute_incident(
        source=source,
        external_id=external_id,
        party=given["party"],
        reason=given["reason"],
        decided_at=clock.now(),
    )
    return f"On record: {row.get_party_display().lower()}."


ACTS = (
    DisputeAct(
        "note",
        "Add to the timeline",
        "Appended, never edited. Say by how much the clock that showed the time was ahead.",
        ("note", "incident"),
        NoteForm,
        _note,
    ),
    DisputeAct(
        "attribute",
        "Say whose it was",
        "Moves our own figure, which counts what we control. What a contract pays follows the contract alone.",
        ("attribute", "incident"),
        AttributionForm,
        _attribute,
    ),
)


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("observation", "incident")
def incident(request: HttpRequest, code: str, external_id: str) -> HttpResponse:
    """One incident as a source tells it, and what everybody else says of it."""
    source = get_object_or_404(visible_sources(request.user), code=code)
    accounts = list(
        visible_intervals(request.user)
        .filter(source=source, external_id=external_id)
        .select_related("payload__imported_by")
        .defer("payload__content")
        .order_by("known_at")
    )
    listed = _listed(request.user, source, external_id)
    if not accounts and not listed:
        raise Http404("The source tells of no such incident.")
    posted: dict[str, Any] = {}
    if request.method == "POST":
        act = chosen(request, ACTS)
        form = act.form(request.POST, act=act.name)
        if carried_out(request, act, form, (source, external_id)):
            return redirect("pages:incident", code, external_id)
        posted[act.name] = form
    latest = accounts[-1] if accounts else None
    context = {
        "title": (latest.title if latest else "") or external_id,
        "crumbs": [("Incidents", reverse("pages:incidents"))],
        "source": source,
        "external_id": external_id,
        "latest": latest,
        "length": duration(_seconds(latest)) if latest else "",
        "timeline": _timeline(request.user, source, external_id, accounts, listed),
        "minutes": _minutes(request.user, source, external_id, latest),
        "attributions": visible_attributions(request.user)
        .filter(source=source, external_id=external_id)
        .select_related("decided_by"),
        "sheets": sheets_of(request.user, source, latest) if latest and not latest.withdrawn else [],
        "acts": [
            (act, posted.get(act.name) or act.form(act=act.name, initial=_initial(latest)))
            for act in ACTS
            if latest and act.is_open(request)
        ],
        "may_open_files": may(request.user, "view", "payload"),
    }
    return render(request, "pages/disputes/incident.html", context)


def _initial(latest: IntervalObservation | None) -> dict[str, Any]:
    return {"occurred_at": latest.during.lower} if latest else {}


def _seconds(row: IntervalObservation) -> Fraction:
    return Fraction((row.during.upper - row.during.lower) // timedelta(microseconds=1), 1_000_000)


def _listed(user: Asking, source: Source, external_id: str) -> list[ListedRow]:
    if not may(user, "view", "payload"):
        return []
    rows = visible(ListedRow.objects.all(), user).filter(payload__source=source, external_id=external_id)
    return list(rows.select_related("payload__imported_by").defer("payload__content"))


# The timeline --------------------------------------------------------------------------------------------


def _timeline(
    user: Asking,
    source: Source,
    external_id: str,
    accounts: list[IntervalObservation],
    listed: list[ListedRow],
) -> list[Entry]:
    """Everything that anybody said, in the order in which it happened, less what is known of the clocks' errors."""
    found: list[Entry] = []
    for number, row in enumerate(accounts):
        verb = "withdrawn" if row.withdrawn else "reported" if number == 0 else "corrected"
        words = (
            f"{verb}: {row.severity}, {row.during.lower:%Y-%m-%d %H:%M:%S} to "
            f"{row.during.upper:%Y-%m-%d %H:%M:%S} UTC, on {', '.join(row.components)}"
        )
        payload = row.payload
        found.append(
            Entry(
                row.during.lower,
                _skew_of(payload),
                words,
                f"{source.name}, read by {payload.imported_by.display_name}",
                row.known_at,
                payload,
                row.row_number,
            )
        )
    for item in listed:
        words = f"listed, because it {item.get_reason_display().lower()}"
        found.append(
            Entry(
                item.payload.known_at,
                _skew_of(item.payload),
                words,
                source.name,
                item.payload.known_at,
                item.payload,
                item.row_number,
            )
        )
    days = visible_seconds(user).filter(incidents__contains=[external_id])
    for second in days.select_related("source", "service", "payload").defer("payload__content"):
        words = (
            f"{second.service.name} on {second.day}: {second.major_seconds} s major, "
            f"{second.partial_seconds} s partial name it"
        )
        found.append(
            Entry(
                known_at_end_of(second.day - timedelta(days=1)),
                "no time of day",
                words,
                second.source.name,
                second.known_at,
                second.payload,
                second.row_number,
            )
        )
    for note in visible_notes(user).filter(source=source, external_id=external_id).select_related("author"):
        skew = note.clock_skew_seconds
        found.append(
            Entry(
                note.occurred_at - timedelta(seconds=skew),
                f"its clock was {abs(skew)} s {'ahead' if skew > 0 else 'behind'}" if skew else "none known",
                note.text,
                note.author.display_name,
                note.known_at,
            )
        )
    if accounts:
        found += _exclusion_entries(user, accounts[-1])
    return sorted(found, key=lambda one: (one.at, one.known_at))


def _skew_of(payload: Payload) -> str:
    skew = getattr(payload, "skew", None)
    if skew is None:
        return "none known"
    return f"its clock was {abs(skew).total_seconds():.0f} s {'ahead' if skew > timedelta(0) else 'behind'}"


def _exclusion_entries(user: Asking, latest: IntervalObservation) -> list[Entry]:
    rows = (
        visible_exclusions(user)
        .filter(during__overlap=latest.during)
        .filter(contract__source_bindings__source=latest.source_id)
        .select_related("contract", "service", "proposed_by", "decision__decided_by")
        .order_by("pk")
        .distinct()
    )
    found = []
    for row in rows[:50]:
        where = f"{row.contract.reference}, {row.service.name}"
        found.append(
            Entry(
                row.during.lower,
                "none known",
                f"exclusion proposed for {where}: {row}",
                row.proposed_by.display_name,
                row.proposed_at,
            )
        )
        decision = getattr(row, "decision", None)
        if decision:
            words = f"exclusion {decision.get_verdict_display().lower()} for {where}: {decision.reason}"
            found.append(
                Entry(
                    row.during.lower,
                    "none known",
                    words,
                    decision.decided_by.display_name,
                    decision.decided_at,
                )
            )
    return found


def _minutes(
    user: Asking, source: Source, external_id: str, latest: IntervalObservation | None
) -> list[tuple[str, str, str, str, str]]:
    """Each source's time of the incident by component, and how far it is from this one's."""
    rows: list[tuple[str, str, str, str, str]] = []
    ours = _seconds(latest) if latest else Fraction(0)
    if latest:
        rows.append((source.name, source.measurement_point, ", ".join(latest.components), duration(ours), ""))
    totals: dict[tuple[str, str, str], int] = {}
    seen: set[tuple[int, int, Any]] = set()
    days = visible_seconds(user).filter(incidents__contains=[external_id]).select_related("source", "service")
    for one in days.order_by("source__code", "service__code", "day", "-known_at"):
        if (one.source_id, one.service_id, one.day) in seen:
            continue
        seen.add((one.source_id, one.service_id, one.day))
        key = (one.source.name, one.source.measurement_point, one.service.name)
        totals[key] = totals.get(key, 0) + one.partial_seconds + one.major_seconds
    for (name, point, component), total in totals.items():
        apart = Fraction(total) - ours
        sign = "+" if apart > 0 else ""
        rows.append((name, point, component, duration(total), f"{sign}{duration(apart)}" if latest else ""))
    return rows
