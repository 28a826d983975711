"""Promises of every family on their whole way: stored facts, memo, ledger, evidence that the verifier recomputes.

The fee of a month is 3,100.00 EUR in each, of March 2023 in UTC: 31 days, 744 hours.
"""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pypdf import PdfReader

from credits import services
from credits.documents import evidence_pdf_of
from credits.errors import NotEarned, QuestionsOpen
from credits.models import CreditMemo, JournalEntry
from credits.windows import window_at
from measurements import services as measuring
from measurements.ingest import Bucket, Delivery, EventTold, record_buckets, record_events
from tests import factories
from tests.credits import world
from verifier.verify import verify

pytestmark = pytest.mark.django_db
MARCH, APRIL = datetime(2023, 3, 1, tzinfo=UTC), datetime(2023, 4, 1, tzinfo=UTC)
KNOWN = datetime(2023, 4, 2, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FEE = "I-1,C-1,2023-04-01,EUR,I-1-1,platform,2023-03-01,2023-04-01,3100.00,S,19,"
TIMED = ("excluded_time", "unknown_time", "part_life")


def clause(**blocks):
    """A commitment without exclusions and caps; blocks of measured time are left out where none is measured."""
    without = {"exclusions": [], "caps": [], "claim": {"kind": "automatic"}}
    plain = factories.commitment_terms(**(without | blocks))
    if not plain["indicator"]["kind"].startswith("uptime"):
        for name in TIMED:
            del plain[name]
    if "limit" in plain:
        del plain["target_percent"]
    return plain


def promise(plain, shape, fee=FEE, **given):
    """A contract of one clause in UTC with a source of a shape, and its fee."""
    document = factories.terms(plain, zone="UTC")
    contract = factories.signed_contract(document)
    with world.as_("vendor_manager"):
        source = measuring.create_source(
            code="facts", name="Facts", kind="server_logs", shape=shape, measurement_point="edge", **given
        )
        measuring.bind_source(contract=contract, role="independent monitor", source=source)
    invoicer = world.import_fees(fee) if fee else None
    commitment = factories.commitment(contract)
    window = window_at(commitment, MARCH + HOUR)
    return world.World(contract, commitment, window, factories.user("vendor_manager"), invoicer), source


def send(record, told, source, rows, known_at=KNOWN):
    content = repr(list(rows)).encode()
    with world.as_(told.observer):
        record(
            source=source,
            delivery=Delivery(
                name="told.json",
                content=content,
                retrieved_at=known_at,
                known_at=known_at,
                parser="push",
                parser_version=1,
            ),
            rows=iter(rows),
        )


def outages(told, *rows):
    """Outages of so many minutes, each from a day's noon on."""
    lines = [
        f"i-{day},{begun.isoformat()},{(begun + timedelta(minutes=length)).isoformat()},major,platform,Down"
        for day, length in rows
        for begun in [MARCH + timedelta(days=day - 1, hours=12)]
    ]
    world.import_incidents(told.contract, *lines, by=told.observer)


def paid(told, amount, words):
    """The memo of the window is issued, posted, and proved by a PDF that says it in words and is recomputed."""
    with world.as_job():
        result = services.finalise_window(told.commitment, window=told.window, known_at=world.CUT_OFF)
    assert [row.code for row in result.open_questions.all()] == []
    assert (result.outcome, result.credit_amount) == ("breach", Decimal(amount))
    with world.as_job():
        memo = services.propose_memo(result, taken_on=date(2023, 4, 7))
    with world.as_("finance_approver"):
        services.approve_memo(memo, taken_on=date(2023, 4, 10))
    with world.as_("finance"):
        services.issue_memo(memo, taken_on=date(2023, 4, 11))
    assert memo.amount == Decimal(amount)
    assert memo.steps.get(state=CreditMemo.State.ISSUED)
    entry = JournalEntry.objects.latest("pk")
    posted = [row.amount for row in entry.postings.filter(side="credit")]
    assert sum(posted) == Decimal(amount)
    pdf = evidence_pdf_of(result)
    assert verify(pdf).difference is None
    pages = PdfReader(io.BytesIO(pdf)).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for word in words:
        assert word in text
    return memo


def test_an_error_rate_from_counts_of_hours():
    """72 of 744 hours have 5 % errors: the mean is 36/7440 = 0.483871 %, so the level is 99.516129 %; 10 % are paid."""
    plain = clause(
        indicator={"kind": "error_rate", "aggregate": "mean_of_intervals", "interval_seconds": 3600}
    )
    told, source = promise(plain, "buckets", width_seconds=3600)
    service = told.commitment.service_id
    rows = [Bucket(service, MARCH + n * HOUR, 95 if n < 72 else 100, 100) for n in range(744)]
    send(record_buckets, told, source, rows)
    memo = paid(told, "310.00", ["99.516129 %", "10 % of the base", "744 intervals were told"])
    assert memo.facts["attained"] == "level: 99.516129 %"


def test_response_times_of_tickets_that_stood_still_for_the_customer():
    """Of four tickets one took 5 h, another 6 h of which 3 h waited: 3 of 4 within 4 h are 75 %, promised are 90 %."""
    plain = clause(
        indicator={"kind": "events_on_time", "deadline_seconds": 14_400},
        target_percent="90",
        schedule={
            "kind": "per_unit",
            "on": "late",
            "unit": "1",
            "units": "complete",
            "worth": {"amount": "250"},
        },
    )
    told, source = promise(plain, "events")
    service = told.commitment.service_id

    def steps(day, *rest):
        begun = MARCH + timedelta(days=day)
        return (("opened", begun), *((kind, begun + hours * HOUR) for kind, hours in rest))

    rows = [
        EventTold(1, "T-1", service, steps(1, ("completed", 2))),
        EventTold(2, "T-2", service, steps(2, ("completed", 5))),
        EventTold(3, "T-3", service, steps(3, ("paused", 1), ("resumed", 4), ("completed", 6))),
        EventTold(4, "T-4", service, steps(4, ("completed", 4))),
    ]
    send(record_events, told, source, rows)
    paid(told, "250.00", ["75.000000 %", "T-3", "EUR 250.00"])


def test_a_table_of_durations_that_gives_days_of_service():
    """The longest outage is 5 h: above 4 h it gives 3 days of 100.00 EUR."""
    plain = clause(
        limit={"on": "longest_run_seconds", "op": "at_most", "value": "2", "bounds_in": "hours"},
        schedule={
            "kind": "tiers",
            "on": "longest_run_seconds",
            "bounds_in": "hours",
            "tiers": [
                {"lower": "2", "lower_inclusive": False, "upper": "4", "upper_inclusive": True, "days": "1"},
                {"lower": "4", "lower_inclusive": False, "days": "3"},
            ],
        },
    )
    told, _ = promise(plain, "intervals", covers_from=datetime(2022, 1, 1, tzinfo=UTC))
    outages(told, (3, 120), (10, 300))
    memo = paid(told, "300.00", ["longest outage was 5 h", "3 days of service", "EUR 300.00"])
    assert memo.facts["target_percent"] == ""
    assert memo.facts["promise"] == "longest outage is at most 2 hours"


def test_each_outage_pays_a_multiple_of_the_price_of_its_time():
    """Outages of 60 and 120 minutes cost ten times their price: 3 h of 744 h are 12.50 EUR."""
    plain = clause(
        schedule={
            "kind": "per_unit",
            "on": "down_seconds",
            "each": "outage",
            "unit": "1",
            "units": "proportional",
            "worth": {"price_multiple": "10"},
        },
    )
    told, _ = promise(plain, "intervals", covers_from=datetime(2022, 1, 1, tzinfo=UTC))
    outages(told, (3, 60), (10, 120))
    paid(told, "125.00", ["Earned by outage-1", "Earned by outage-2", "EUR 125.00"])


def test_a_cap_over_twelve_months_leaves_the_third_month_what_the_first_two_did_not_take():
    """Each month earns 10 % of 3,100.00; twelve windows together may pay 700.00, of which 80.00 are left in March."""
    plain = clause(caps=[{"per": "rolling", "windows": 12, "kind": "amount", "value": "700"}])
    told, _ = promise(plain, "intervals", None, covers_from=datetime(2022, 1, 1, tzinfo=UTC))
    world.import_fees(
        *[
            f"I-{n},C-1,2023-04-01,EUR,I-{n}-1,platform,2023-0{n}-01,2023-0{n + 1}-01,3100.00,S,19,"
            for n in (1, 2, 3)
        ]
    )
    rows = [f"i-{n},2023-0{n}-10T12:00:00Z,2023-0{n}-10T14:00:00Z,major,platform,Down" for n in (1, 2, 3)]
    world.import_incidents(told.contract, *rows, by=told.observer)
    for month in (1, 2):
        window = window_at(told.commitment, datetime(2023, month, 5, tzinfo=UTC))
        with world.as_job():
            result = services.finalise_window(told.commitment, window=window, known_at=world.CUT_OFF)
        assert result.credit_amount == Decimal("310.00")
    paid(replace(told), "80.00", ["Above the caps", "EUR 230.00", "EUR 80.00"])


def test_an_hour_that_nobody_told_is_a_question_and_no_final_figure():
    plain = clause(
        indicator={"kind": "error_rate", "aggregate": "mean_of_intervals", "interval_seconds": 3600}
    )
    told, source = promise(plain, "buckets", width_seconds=1800)
    service = told.commitment.service_id
    # Half hours make hours; of one hour a half is missing.
    rows = [Bucket(service, MARCH + n * HOUR / 2, 100, 100) for n in range(1488) if n != 17]
    send(record_buckets, told, source, rows)
    result = told.assess()
    [question] = result.open_questions.all()
    assert (question.code, question.owner_role) == ("INTERVALS_MISSING", "vendor_manager")
    assert question.sentence.startswith("1 of 744 intervals")
    with pytest.raises(QuestionsOpen, match="INTERVALS_MISSING"):
        told.finalise()


def test_a_claim_in_steps_whose_last_day_nobody_knows_waits_for_the_customer():
    step = {"name": "notice", "deadlines": [{"anchor": "awareness", "after": {"count": 5, "unit": "days"}}]}
    plain = clause(claim={"kind": "steps", "steps": [step]})
    told, _ = promise(plain, "intervals", covers_from=datetime(2022, 1, 1, tzinfo=UTC))
    outages(told, (10, 120))
    result = told.finalise()
    assert (result.credit_amount, result.claim_deadline_on) == (Decimal("310.00"), None)
    with world.as_job(), pytest.raises(NotEarned, match="in the steps of the terms"):
        services.propose_memo(result, taken_on=date(2023, 4, 7))
