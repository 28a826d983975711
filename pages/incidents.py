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
from base.access import Asking, may
from base.errors import DomainError
from contracts.models import Commitment
from contracts.visibility import visible_contracts
from credits.explained import duration
from credits.models import Assessment, Claim
from credits.reading import claims_with_state, latest_assessments
from credits.visibility import visible_assessments
from credits.windows import window_at
from measurements import services
from measurements.models import IntervalObservation, ListedRow, Payload, Source
from measurements.reading import clauses_of, latest_intervals
from measurements.visibility import (
    visible_attributions,
    visible_exclusions,
    visible_intervals,
    visible_notes,
    visible_seconds,
    visible_sources,
)
from measurements.worksheet import Condition, State, worksheet
from pages.components import known_at_end_of
from pages.dispute_forms import (
    AttributionForm,
    DisputeAct,
    NoteForm,
    carried_out,
    chosen,
    known_by_now,
)
from pages.layout import viewing

PER_PAGE = 50
MOST_PROMISES = 12
STATE_TAGS = {"met": "good", "not_met": "bad", "unknown": "warn"}
STATE_WORDS = {"met": "met", "not_met": "not met", "unknown": "unknown"}


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


@dataclass(frozen=True)
class Sheet:
    """The worksheet of one promise in one window."""

    commitment: Commitment
    label: str
    conditions: list[tuple[Condition, str, str, str]]

    @property
    def verdict(self) -> str:
        """All met, something not met, or something unknown; in that order of certainty."""
        states = {condition.state for condition, _, _, _ in self.conditions}
        return "not_met" if "not_met" in states else "unknown" if "unknown" in states else "met"


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
        "sheets": _sheets(request.user, source, latest) if latest and not latest.withdrawn else [],
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
    from base.access import visible

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


# The worksheet -------------------------------------------------------------------------------------------


def _sheets(user: Asking, source: Source, latest: IntervalObservation) -> list[Sheet]:
    """What each promise that may be concerned asks, in the window that holds the incident's beginning."""
    if not may(user, "view", "assessment"):
        return []
    known_at = known_by_now()
    bound = source.bindings.values("contract")
    rows = (
        Commitment.objects.filter(version__contract__in=visible_contracts(user).values("pk"))
        .filter(version__state="signed")
        .select_related("version__contract", "service")
        .order_by("pk")
    )
    near = rows.filter(service__code__in=latest.components) | rows.filter(version__contract__in=bound)
    sheets: list[Sheet] = []
    for clause in clauses_of(list(near.distinct()[: MOST_PROMISES * 4])):
        concerned = clause.components | {clause.commitment.service.code}
        if len(sheets) >= MOST_PROMISES or concerned.isdisjoint(latest.components):
            continue
        window = window_at(clause.commitment, latest.during.lower)
        contract = clause.commitment.version.contract
        in_effect = contract.version_in_effect(window.start.date())
        if in_effect is None or in_effect.pk != clause.commitment.version_id:
            continue
        try:
            conditions = worksheet(clause, source, latest, window, known_at)
        except DomainError as error:
            conditions = [Condition("The window can be reckoned", "unknown", str(error))]
        conditions += _money_conditions(user, clause.commitment, window.start)
        sheets.append(
            Sheet(
                clause.commitment,
                window.label,
                [
                    (one, STATE_TAGS[one.state], STATE_WORDS[one.state], _link(one, contract.pk))
                    for one in conditions
                ],
            )
        )
    return sheets


def _link(condition: Condition, contract: int) -> str:
    if condition.pk is not None:
        return reverse(f"pages:{condition.about}", args=[condition.pk])
    return f"{reverse('pages:contract', args=[contract])}#terms" if condition.path else ""


def _money_conditions(user: Asking, commitment: Commitment, start: datetime) -> list[Condition]:
    """Whether the window fell short, and whether the claim is in time."""
    result = (
        visible_assessments(user)
        .filter(commitment=commitment, window_start=start, pk__in=latest_assessments().values("pk"))
        .defer("inputs", "result")
        .first()
    )
    name = "The window's level is below the promise"
    if result is None:
        return [Condition(name, "unknown", "the window is not reckoned yet", "target_percent")]
    outcome: tuple[State, str] = {
        Assessment.Outcome.BREACH: _met(f"{result.level_percent} %: the promise was not kept"),
        Assessment.Outcome.MET: _not_met(f"{result.level_percent} %: the promise was kept"),
    }.get(Assessment.Outcome(result.outcome), ("unknown", "a person must answer first"))
    found = [Condition(name, outcome[0], outcome[1], "target_percent", "assessment", result.pk)]
    claim = claims_with_state().filter(breach__assessment=result).first()
    if claim is not None:
        found.append(_claim_condition(claim))
    return found


def _met(words: str) -> tuple[State, str]:
    return "met", words


def _not_met(words: str) -> tuple[State, str]:
    return "not_met", words


def _claim_condition(claim: Claim) -> Condition:
    name = "It is claimed in time"
    state: str = claim.state
    if claim.deadline_on is None:
        return Condition(name, "met", "no claim is needed", "claim", "claim", claim.pk)
    if state == "forfeited" or (state == "found" and claim.deadline_on < clock.as_of()):
        return Condition(name, "not_met", f"the last day was {claim.deadline_on}", "claim", "claim", claim.pk)
    if state == "found":
        words = f"not yet; the last day is {claim.deadline_on}"
        return Condition(name, "unknown", words, "claim", "claim", claim.pk)
    return Condition(name, "met", f"it is {state.replace('_', ' ')}", "claim", "claim", claim.pk)
