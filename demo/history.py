"""The agenda of the replayed history: which act falls on which day, and the replay itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from demo import acts, changing, disputes, exporting, papering, promising, reviewing, settling, weighing
from demo.feeding import ensure_feeds
from demo.gallery import ensure_gallery
from demo.mails import ensure_subscriptions
from demo.people import ensure_people, require_demo
from demo.schedule import MonthPlan, at, months, plus
from demo.stage import Stage
from demo.world import CUSTOMER_CONTRACT, VENDOR_CONTRACT, contract, ensure_world, zone
from reckoning.timeline import Window, window_of

FINAL_HOUR = 6
Work = tuple[str, str, dict[str, object]]


@dataclass(frozen=True)
class Act:
    """Something that happens on a day: done by a person, or work for the jobs."""

    day: date
    name: str
    person: Callable[[], None] | None = None
    jobs: Callable[[], list[Work]] | None = None


def replay(stage: Stage, *, as_of: date, say: Callable[[str], None]) -> None:
    """Let everything happen that happened up to and including ``as_of``; what is done already stays as it is."""
    require_demo()
    stage.act("people", ensure_people)
    stage.act("contracts", ensure_world)
    stage.act("mailboxes", ensure_subscriptions)
    shown = None
    for act in agenda(as_of):
        if act.day.replace(day=1) != shown:
            shown = act.day.replace(day=1)
            say(f"{shown:%Y-%m}")
        if act.person is not None:
            stage.act(act.name, act.person)
        if act.jobs is not None:
            stage.work(*stage.act(act.name, act.jobs))
    stage.act("ways in", ensure_feeds)
    if as_of >= reviewing.BEGINS:
        stage.act("versions in review", reviewing.ensure_reviews)
        stage.act("changes", changing.ensure_changes)
        stage.act("candidates", weighing.ensure_candidates)
        stage.act("papers", papering.ensure_papers)
        stage.act("conflicts", promising.ensure_conflicts)
    stage.act("gallery", lambda: ensure_gallery(as_of))
    stage.settle()
    stage.work(("audit.seal", f"demo {as_of} end", {}))


def agenda(as_of: date) -> list[Act]:
    """All acts up to ``as_of`` in the order of their days; acts of one day keep the order they are given in."""
    found = [act for month in months() for act in _of_month(MonthPlan(month))]
    return sorted((act for act in found if act.day <= as_of), key=lambda act: act.day)


def _of_month(plan: MonthPlan) -> Iterator[Act]:
    yield Act(plan.day(2), "data", lambda: acts.import_measurements(plan))
    yield Act(plan.day(2), "invoices", lambda: acts.import_invoices(plan))
    yield Act(plan.day(2), "forfeits", jobs=lambda: [_forfeit(plan.day(2))])
    yield Act(plan.day(2), "maintenance", lambda: acts.propose_maintenance(plan))
    yield Act(plan.day(3), "maintenance decided", lambda: acts.decide_maintenance(plan))
    yield Act(
        plan.day(3), "provisional results", jobs=lambda: _assess(plan, at(plan.day(3), 12), final=False)
    )
    yield Act(plan.day(5), "books closed", lambda: settling.close_books(plan.month))
    yield Act(plan.day(6), "the month is exported", lambda: exporting.export_month(plan))
    yield Act(plan.day(6), "the month's statements", lambda: exporting.make_statements(plan))
    yield Act(plan.day(7), "the other side's answer", lambda: exporting.take_reports(plan))
    yield Act(plan.day(8), "corrections", lambda: acts.import_corrections(plan))
    if plan.month == disputes.FIRST_COMPARED.date():
        yield Act(plan.month, "tolerance", disputes.agree_on_tolerance)
    if plan.ends_quarter:
        yield Act(plan.day(9), "differences", lambda: disputes.explain_differences(plan))
    yield Act(plan.day(12), "looking back", lambda: disputes.look_back(plan))
    yield Act(
        plan.day(11), "final results", jobs=lambda: _assess(plan, at(plan.day(11), FINAL_HOUR), final=True)
    )
    yield Act(plan.day(15), "the customer's claim", lambda: settling.customer_claims(plan))
    yield Act(plan.day(16), "the customer's memo", jobs=lambda: [_propose(CUSTOMER_CONTRACT, plan, 16)])
    yield Act(plan.day(18), "approval", lambda: settling.approve(CUSTOMER_CONTRACT, plan.label, plan.day(18)))
    yield Act(plan.day(19), "issue", lambda: settling.issue(CUSTOMER_CONTRACT, plan.label, plan.day(19)))
    if plan.ends_quarter:
        yield from _of_quarter(plan)
    yield Act(plan.day(28), "seal", jobs=lambda: [("audit.seal", f"demo {plan.day(28)}", {})])


def _of_quarter(plan: MonthPlan) -> Iterator[Act]:
    """What follows from a quarter: its memos, our claims on the vendor, and what the vendor answers."""
    sent_on = plan.day(20)
    answered_on, paid_on = plus(sent_on, 23), plus(sent_on, 60)
    label = plan.quarter
    yield Act(plan.day(11), "the vendor's memos", jobs=lambda: [_propose(VENDOR_CONTRACT, plan, 11)])
    yield Act(plan.day(16), "approval", lambda: settling.approve(VENDOR_CONTRACT, label, plan.day(16)))
    yield Act(plan.day(17), "issue", lambda: settling.issue(VENDOR_CONTRACT, label, plan.day(17)))
    yield Act(sent_on, "claims sent", lambda: settling.send_claims(label, sent_on))
    yield Act(answered_on, "the vendor answers", lambda: settling.take_answers(label, answered_on))
    yield Act(paid_on, "the vendor pays", lambda: settling.take_payments(label, paid_on))


def _assess(plan: MonthPlan, known_at: datetime, *, final: bool) -> list[Work]:
    references = [CUSTOMER_CONTRACT] + ([VENDOR_CONTRACT] if plan.ends_quarter else [])
    kind = "final" if final else "provisional"
    found: list[Work] = []
    for reference in references:
        window = _window(reference, plan)
        found.append(
            (
                "credits.assess",
                f"demo {reference} {window.label} {kind}",
                {**_key(reference, window), "known_at": known_at.isoformat(), "final": final},
            )
        )
    return found


def _propose(reference: str, plan: MonthPlan, day: int) -> Work:
    window = _window(reference, plan)
    arguments = {**_key(reference, window), "taken_on": plan.day(day).isoformat()}
    return ("credits.propose_memos", f"demo {reference} {window.label}", arguments)


def _forfeit(day: date) -> Work:
    return ("credits.forfeit", f"demo {day}", {"as_of": day.isoformat()})


def _key(reference: str, window: Window) -> dict[str, object]:
    return {
        "contract_id": contract(reference).pk,
        "window_start": window.start.isoformat(),
        "window_end": window.end.isoformat(),
    }


def _window(reference: str, plan: MonthPlan) -> Window:
    """The window of a contract that ends with the month."""
    kind = "calendar_month" if reference == CUSTOMER_CONTRACT else "calendar_quarter"
    return window_of(kind, zone(reference), at(plan.month, 12))
