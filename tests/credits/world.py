"""Two small agreements with a past: ours with a customer, and a vendor's with us. Built through the services.

The customer's month is March 2023 in Berlin: 44,580 minutes, because the clocks change. With one outage of an
hour the level is 1 - 60/44580 = 99.865 %, which lies in the tier of 10 %; the fee is 10,000.00 EUR, the credit
1,000.00 EUR, the last day for a claim 30 April, the cut-off the end of 5 April.
The vendor's quarter is Q1 2023 in UTC: 90 days. With 12,960 major seconds (4 times 54 minutes) the level is
1 - 12960/7776000 = 99.8333 %; the fee is 9,874.61 USD, the credit 987.46 USD, the last day 30 April.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from audit.record import acting
from base.dberrors import constraint_of
from base.models import User
from contracts.models import Commitment, Contract
from credits import services
from credits.invoices.services import import_invoices_csv
from credits.models import Assessment, Claim, CreditMemo
from credits.tasks import reckoning_job
from credits.windows import window_at
from measurements import services as measuring
from reckoning.timeline import Window
from tests import factories

INVOICES = (
    "invoice_id,contract,issued_on,currency,line_id,service,period_from,period_until,net_amount,"
    "tax_category,tax_percent,description\n"
)
CUT_OFF = datetime(2023, 4, 6, tzinfo=UTC)
CREDIT = Decimal("1000.00")
VENDOR_CREDIT = Decimal("987.46")


@contextmanager
def as_(person: User | str, reason: str = "a test") -> Iterator[User]:
    """Act as a person, or as somebody new in a role."""
    user = factories.user(person) if isinstance(person, str) else person
    with acting(user, via="command", reason=reason):
        yield user


@contextmanager
def as_job() -> Iterator[User]:
    """Act as the reckoning's job account."""
    with acting(reckoning_job(), via="task") as actor:
        yield actor.user


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """The block is refused by the constraint of this name, at its statement or at the commit after it."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():  # noqa: PT012  # the block is the caller's
        yield
        connection.check_constraints()
    assert constraint_of(caught.value) == constraint


@dataclass
class World:
    """A contract whose result is due, with who did what for it."""

    contract: Contract
    commitment: Commitment
    window: Window
    observer: User
    invoicer: User | None

    def assess(self, known_at: datetime = CUT_OFF) -> Assessment:
        """The result as known at a moment."""
        with as_job():
            return services.assess_window(self.commitment, window=self.window, known_at=known_at)

    def finalise(self, known_at: datetime = CUT_OFF) -> Assessment:
        """The final result."""
        with as_job():
            return services.finalise_window(self.commitment, window=self.window, known_at=known_at)

    def claim(self) -> Claim:
        """The claim of the final result."""
        return Claim.objects.get(breach__assessment=self.finalise())

    def propose(self, on: date = date(2023, 4, 7)) -> CreditMemo:
        """The memo, proposed by the job; a customer's claim is taken first."""
        claim = self.claim()
        if self.contract.direction == Contract.Direction.PROMISED_BY_US and claim.steps.count() == 1:
            with as_("customer_success"):
                services.record_customer_claim(claim, taken_on=date(2023, 4, 6), reference="letter")
        with as_job():
            return services.propose_memo(claim.breach.assessment, taken_on=on)

    def approve(self, on: date = date(2023, 4, 10)) -> CreditMemo:
        """The memo, approved by somebody new."""
        memo = self.propose()
        with as_("finance_approver"):
            services.approve_memo(memo, taken_on=on)
        return memo

    def issue(self, on: date = date(2023, 4, 11)) -> CreditMemo:
        """The memo, issued."""
        memo = self.approve()
        with as_("finance"):
            services.issue_memo(memo, taken_on=on)
        return memo

    def send(self, on: date = date(2023, 4, 12)) -> Claim:
        """Our claim, sent to the vendor."""
        self.issue()
        claim = self.claim()
        with as_("vendor_manager"):
            services.send_claim(claim, sent_on=on, reference="letter")
        return claim


def import_fees(*rows: str, by: User | None = None) -> User:
    """Invoices from rows of a file."""
    person = by or factories.user("finance")
    with as_(person):
        import_invoices_csv(name="fees.csv", content=(INVOICES + "\n".join(rows) + "\n").encode())
    return person


def import_incidents(
    contract: Contract,
    *rows: str,
    known_at: datetime = datetime(2023, 4, 2, 6, tzinfo=UTC),
    covers_until: datetime = datetime(2023, 4, 1, tzinfo=UTC),
    by: User | None = None,
) -> User:
    """Incidents from rows of a file, into the source that plays the independent monitor."""
    person = by or factories.user("vendor_manager")
    source = contract.source_bindings.get().source
    header = "external_id,start,end,severity,components,title\n"
    with as_(person):
        measuring.import_intervals_csv(
            source=source,
            name=f"incidents {known_at:%Y-%m-%d}.csv",
            content=(header + "".join(f"{row}\n" for row in rows)).encode(),
            retrieved_at=known_at,
            known_at=known_at,
            covers_until=covers_until,
        )
    return person


OUTAGE = "i-1,2023-03-10T12:00:00Z,2023-03-10T13:00:00Z,major,platform,Down for an hour"
FEE = "I-1,C-1,2023-04-01,EUR,I-1-1,platform,2023-03-01,2023-04-01,10000.00,S,19,"


def customer(
    *incidents: str, fee: str | None = FEE, reference: str = "C-1", terms: dict[str, object] | None = None
) -> World:
    """Our promise to a customer, with incidents of March 2023 and, unless ``fee`` is None, its fee."""
    document = factories.terms(factories.commitment_terms(**(terms or {})))
    contract = factories.signed_contract(document, reference=reference)
    with as_("vendor_manager"):
        source = measuring.create_source(
            code=f"monitor-{contract.pk}",
            name="Monitor",
            kind="independent_monitor",
            shape="intervals",
            measurement_point="edge",
            covers_from=datetime(2022, 1, 1, tzinfo=UTC),
        )
        measuring.bind_source(contract=contract, role="independent monitor", source=source)
    observer = import_incidents(contract, *(incidents or (OUTAGE,)))
    invoicer = import_fees(fee) if fee else None
    commitment = factories.commitment(contract, code="platform")
    window = window_at(commitment, datetime(2023, 3, 10, tzinfo=UTC))
    return World(contract, commitment, window, observer, invoicer)


VENDOR_FEE = "P-1,V-1,2023-04-01,USD,P-1-1,actions,2023-01-01,2023-04-01,9874.61,AE,0,"


def vendor(
    fee: str | None = VENDOR_FEE, reference: str = "V-1", terms: dict[str, object] | None = None
) -> World:
    """A vendor's promise to us, with the daily seconds of Q1 2023 and its fee."""
    document = factories.terms(factories.seconds_terms(**(terms or {})), currency="USD", zone="UTC")
    contract = factories.signed_contract(
        document, reference=reference, direction=Contract.Direction.PROMISED_TO_US
    )
    with as_("vendor_manager"):
        source = measuring.create_source(
            code=f"status-{contract.pk}",
            name="Status page",
            kind="vendor_reported",
            shape="daily_seconds",
            measurement_point="status page",
        )
        measuring.bind_source(contract=contract, role="vendor's status page", source=source)
    days = [date(2023, 1, 1) + timedelta(days=number) for number in range(90)]
    rows = [f"actions,{day},0,{3240 if number < 4 else 0}," for number, day in enumerate(days)]
    observer = factories.user("vendor_manager")
    with as_(observer):
        measuring.import_daily_seconds_csv(
            source=source,
            name="seconds.csv",
            content="\n".join(["component,day,partial_seconds,major_seconds,incidents", *rows, ""]).encode(),
            retrieved_at=datetime(2023, 4, 2, tzinfo=UTC),
            known_at=datetime(2023, 4, 2, tzinfo=UTC),
        )
    invoicer = import_fees(fee) if fee else None
    commitment = factories.commitment(contract, code="actions")
    window = window_at(commitment, datetime(2023, 2, 1, tzinfo=UTC))
    return World(contract, commitment, window, observer, invoicer)
