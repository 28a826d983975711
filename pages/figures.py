"""Where things stand, in a few figures: each with the page of the admin that shows what it counts. The home of
whoever has none of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from audit.models import Event, Seal
from base import clock
from base.models import User
from contracts.models import Contract, ContractVersion
from credits.models import Assessment, JournalEntry, OpenQuestion
from credits.reading import claims_with_state, ledger_totals, memos_with_state
from measurements.models import Exclusion


@dataclass(frozen=True)
class Figure:
    """One line: what, how much, and where it is listed."""

    label: str
    value: str
    address: str = ""


@dataclass(frozen=True)
class Group:
    """Figures of one room."""

    title: str
    figures: tuple[Figure, ...]


def _list(model: str) -> str:
    label, name = model.split(".")
    return reverse(f"admin:{label}_{name}_changelist")


def _promised(on: date) -> tuple[Figure, ...]:
    states = dict(ContractVersion.objects.values_list("state").annotate(Count("pk")).order_by())
    return (
        Figure("Contracts", str(Contract.objects.count()), _list("contracts.contract")),
        Figure("Versions signed", str(states.get("signed", 0)), _list("contracts.contractversion")),
        Figure("Versions in draft or review", str(states.get("draft", 0) + states.get("in_review", 0))),
    )


def _happened(on: date) -> tuple[Figure, ...]:
    waiting = Exclusion.objects.filter(decision=None).count()
    return (Figure("Exclusions that wait for a decision", str(waiting), _list("measurements.exclusion")),)


def _reckoned(on: date) -> tuple[Figure, ...]:
    final = Assessment.objects.exclude(finalisation=None)
    outcomes = dict(final.values_list("outcome").annotate(Count("pk")).order_by())
    questions = (
        OpenQuestion.objects.filter(assessment__finalisation=None)
        .values("assessment__commitment", "assessment__window_start")
        .distinct()
    )
    return (
        Figure(
            "Final results that met the promise", str(outcomes.get("met", 0)), _list("credits.assessment")
        ),
        Figure("Final results below the promise", str(outcomes.get("breach", 0)), _list("credits.breach")),
        Figure("Windows with open questions", str(questions.count()), _list("credits.openquestion")),
    )


def _claimed(on: date) -> tuple[Figure, ...]:
    found = claims_with_state().filter(state="found", deadline_on__gte=on)
    first = found.order_by("deadline_on").values_list("deadline_on", flat=True).first()
    next_one = f"{found.count()}" + (f", the next deadline in {(first - on).days} days" if first else "")
    return (Figure("Claims to be made", next_one, _list("credits.claim")),)


def _owed(on: date) -> tuple[Figure, ...]:
    states = dict(memos_with_state().values_list("state").annotate(Count("pk")).order_by())
    waiting = states.get("proposed", 0) + states.get("in_review", 0)
    totals = ledger_totals()
    balances = "; ".join(
        f"{row.currency}: {'balances' if row.balances else 'DOES NOT BALANCE'}" for row in totals
    )
    return (
        Figure("Memos that wait for approval", str(waiting), _list("credits.creditmemo")),
        Figure("Memos issued", str(states.get("issued", 0)), _list("credits.creditmemo")),
        Figure("Journal entries", str(JournalEntry.objects.count()), _list("credits.journalentry")),
        Figure("Ledger", balances or "empty"),
    )


def _proven(on: date) -> tuple[Figure, ...]:
    last = Seal.objects.order_by("-number").first()
    return (
        Figure("Events on record", str(Event.objects.count()), _list("audit.event")),
        Figure("Last sealed block", f"{last.number}: {last.head[:16]}..." if last else "none yet"),
    )


GROUPS: tuple[tuple[str, str, Callable[[date], tuple[Figure, ...]]], ...] = (
    ("Promised", "contracts.view_contractversion", _promised),
    ("Happened", "measurements.view_exclusion", _happened),
    ("Reckoned", "credits.view_assessment", _reckoned),
    ("Claims", "credits.view_claim", _claimed),
    ("Owed", "credits.view_journalentry", _owed),
    ("Proven", "audit.view_event", _proven),
)


def figures_for(user: User, on: date) -> list[Group]:
    """The figures that the user may see, as of a day."""
    return [Group(title, figures(on)) for title, permission, figures in GROUPS if user.has_perm(permission)]


def home(request: HttpRequest) -> HttpResponse:
    """The figures that the reader may see."""
    return render(request, "pages/figures.html", {"groups": figures_for(request.user, clock.as_of())})  # type: ignore[arg-type]
