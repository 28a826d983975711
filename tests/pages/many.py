"""A customer's contract with as many services as wanted, each with an outage, a final result, a breach and a claim."""

from datetime import UTC, date, datetime

from contracts.models import Contract
from credits import services
from credits.windows import window_at
from measurements import services as measuring
from tests import factories
from tests.credits import world


def customer_of(count: int, reference: str = "C-1") -> Contract:
    """One promise on ``count`` services in March 2023, all of them missed and final."""
    codes = [f"platform-{number}" for number in range(count)]
    document = factories.terms(factories.commitment_terms(services=codes))
    contract = factories.signed_contract(document, reference=reference)
    with world.as_("vendor_manager"):
        source = measuring.create_source(
            code=f"monitor-{contract.pk}",
            name="Monitor",
            kind="independent_monitor",
            shape="intervals",
            measurement_point="edge",
            covers_from=datetime(2022, 1, 1, tzinfo=UTC),
        )
        measuring.bind_source(contract=contract, role="independent monitor", source=source)
    world.import_incidents(
        contract,
        *(
            f"i-{at},2023-03-10T12:00:00Z,2023-03-10T13:00:00Z,major,{code},Down"
            for at, code in enumerate(codes)
        ),
    )
    world.import_fees(
        *(
            f"I-{reference}-{at},{reference},2023-04-01,EUR,I-{reference}-{at}-1,{code},2023-03-01,2023-04-01,"
            "10000.00,S,19,"
            for at, code in enumerate(codes)
        )
    )
    commitment = factories.commitment(contract, code=codes[0])
    window = window_at(commitment, datetime(2023, 3, 10, tzinfo=UTC))
    with world.as_job():
        services.assess_windows_of(contract, window=window, known_at=world.CUT_OFF)
        services.finalise_windows_of(contract, window=window, known_at=world.CUT_OFF)
    return contract


def vendors_seconds(count: int, days: tuple[date, ...]) -> None:
    """A vendor's source of daily seconds on ``count`` components: the first day down, the second degraded."""
    vendor = factories.counterparty("vendor")
    for number in range(count):
        factories.service(f"part-{number}", vendor=vendor, external_name=f"part-{number}")
    with world.as_("vendor_manager"):
        source = measuring.create_source(
            code="status",
            name="Status page",
            kind="vendor_reported",
            shape="daily_seconds",
            measurement_point="status page",
            vendor=vendor,
        )
        rows = [
            f"part-{number},{day},{600 if at == 1 else 0},{90 if at == 0 else 0},"
            for number in range(count)
            for at, day in enumerate(days)
        ]
        measuring.import_daily_seconds_csv(
            source=source,
            name="seconds.csv",
            content="\n".join(["component,day,partial_seconds,major_seconds,incidents", *rows, ""]).encode(),
            retrieved_at=datetime(2023, 4, 2, tzinfo=UTC),
            known_at=datetime(2023, 4, 2, tzinfo=UTC),
        )
