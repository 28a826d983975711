"""Where measurements are argued about in the replayed history: how far the vendor's lists may differ, which figure is
accepted where they do, whose an incident was, and exclusions that still wait. All words of people are invented."""

from datetime import UTC, datetime

from contracts.models import Commitment, Service
from contracts.reading import commitments_in_effect
from credits.windows import first_day, window_between
from demo.acts import acting_as
from demo.schedule import MonthPlan, at
from demo.world import CUSTOMER_CONTRACT, INCIDENTS_SOURCE, PRODUCT, VENDOR_CONTRACT, contract, zone
from measurements import services
from measurements.models import Attribution, Exclusion, IncidentNote, Source
from measurements.reconciliation.standing import Compared, standing_of
from reckoning.money import round_fraction
from reckoning.timeline import Window, window_of

FIRST_COMPARED = datetime(2025, 4, 1, tzinfo=UTC)
TOLERATED_SECONDS = 900
INCIDENT = "y7lb2rg4btd7"  # 17 June 2025: eight components at once
NOTES = (
    ("2025-06-17T19:36:10+00:00", 95, "Our own pager rang; the build queue stood still (invented)."),
    ("2025-06-17T20:05:00+00:00", 0, "Builds start again; we tell the customer (invented)."),
)
SHOWN_BY_DAY = "issues"


def agree_on_tolerance() -> None:
    """Legal says from which quarter on the vendor's two lists may not differ unexplained."""
    with acting_as("lena"):
        services.set_difference_tolerance(
            contract=contract(VENDOR_CONTRACT),
            source=_incidents(),
            seconds=TOLERATED_SECONDS,
            windows_from=FIRST_COMPARED,
            reason="a quarter of an hour a quarter, as talked over with the vendor (invented)",
            set_at=at(FIRST_COMPARED.date(), 9),
        )


def explain_differences(plan: MonthPlan) -> None:
    """Before the quarter becomes final somebody says which figure is accepted, and why."""
    if at(plan.month, 0) < FIRST_COMPARED or not plan.ends_quarter:
        return
    decided_at = at(plan.day(9), 9)
    window = _quarter(plan)
    for commitment in commitments_in_effect(contract(VENDOR_CONTRACT), first_day(window)):
        compared = standing_of(commitment, window, decided_at).compared_with(_incidents())
        if compared is None or not compared.blocks:
            continue
        if commitment.service.code == SHOWN_BY_DAY:
            _explain_days(commitment, window, compared, decided_at)
        else:
            _accept(commitment, window, "window", compared.contractual_seconds, "weight", WHOLE, decided_at)


WHOLE = (
    "the contract reads the seconds, which weigh a partial outage with 0.3 and count no incident without a component; "
    "the list counts every minute of every incident alike (invented decision)"
)
BY_DAY = {
    "one_sided": "only one of the vendor's lists tells of it; the seconds decide by the contract (invented decision)",
    "length": "the list counts the whole incident, the seconds weigh it; the seconds decide (invented decision)",
    "date_shift": "the list has it on another day; the seconds decide (invented decision)",
    "rounding": "less than a second (invented decision)",
}


def _explain_days(commitment: Commitment, window: Window, compared: Compared, decided_at: datetime) -> None:
    for line in compared.lines:
        if line.difference:
            _accept(
                commitment,
                window,
                line.key,
                line.contractual_seconds,
                line.suggestion,
                BY_DAY[line.suggestion],
                decided_at,
            )


def _accept(
    commitment: Commitment,
    window: Window,
    line: str,
    seconds: object,
    category: str,
    reason: str,
    decided_at: datetime,
) -> None:
    with acting_as("leo"):
        services.accept_figure(
            commitment=commitment,
            window=window,
            source=_incidents(),
            line=line,
            accepted_seconds=round_fraction(seconds, 6, "half_even"),  # type: ignore[arg-type]
            category=category,
            reason=reason,
            decided_at=decided_at,
        )


def look_back(plan: MonthPlan) -> None:
    """After the last quarter: whose the incident was, what was seen, and two exclusions that wait for a decision."""
    if plan.label != "2025-06":
        return
    source, known_at = _incidents(), at(plan.day(12), 9)
    if not IncidentNote.objects.filter(source=source, external_id=INCIDENT).exists():
        with acting_as("cleo", "what we saw ourselves"):
            for when, skew, text in NOTES:
                services.note_incident(
                    source=source,
                    external_id=INCIDENT,
                    occurred_at=datetime.fromisoformat(when),
                    clock_skew_seconds=skew,
                    text=text,
                    known_at=known_at,
                )
    with acting_as("leo"):
        services.attribute_incident(
            source=source,
            external_id=INCIDENT,
            party=Attribution.Party.VENDOR,
            reason="it began at the vendor, as its own page says",
            decided_at=known_at,
        )
    _propose_late(plan)


def _propose_late(plan: MonthPlan) -> None:
    """Proposed after the month was final: one that would move money, and one that no clause allows."""
    wanted = contract(CUSTOMER_CONTRACT)
    proposed_at = at(plan.day(12), 10)
    product = Service.objects.get(code=PRODUCT)
    with acting_as("cleo", "found in the mailbox"):
        services.propose_exclusion(
            contract=wanted,
            service=product,
            kind=Exclusion.Kind.PLANNED_MAINTENANCE,
            start=datetime(2025, 6, 5, 18, tzinfo=UTC),
            end=datetime(2025, 6, 5, 19, 29, tzinfo=UTC),
            announced_at=datetime(2025, 5, 30, 8, tzinfo=UTC),
            evidence="invented notice N-2025-02 to the customer, six days ahead, found afterwards",
            external_id="late-notice",
            proposed_at=proposed_at,
        )
        third = services.propose_exclusion(
            contract=wanted,
            service=product,
            kind=Exclusion.Kind.THIRD_PARTY,
            start=datetime(2025, 6, 17, 19, 32, tzinfo=UTC),
            end=datetime(2025, 6, 17, 20, 3, tzinfo=UTC),
            evidence="the vendor's own page tells of it",
            external_id=INCIDENT,
            proposed_at=proposed_at,
        )
        services.add_exclusion_evidence(
            exclusion=third,
            name="What the vendor's page told (invented note)",
            content=b"An incident with several services on 17 June 2025, 19:32 to 20:03 UTC.\n",
            added_at=proposed_at,
        )


def _incidents() -> Source:
    return Source.objects.get(code=INCIDENTS_SOURCE)


def _quarter(plan: MonthPlan) -> Window:
    found = window_of("calendar_quarter", zone(VENDOR_CONTRACT), at(plan.month, 12))
    return window_between(contract(VENDOR_CONTRACT), found.start, found.end)
