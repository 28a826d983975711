"""Exclusions must earn it: evidence before approval, withdrawal by the proposer, hours on the clocks of a zone."""

from datetime import date, time, timedelta

import pytest
from django.db import connection

from audit.models import Event
from audit.record import acting
from base.errors import NotAllowed
from contracts.models import Contract
from measurements import services
from measurements.errors import (
    DecidedAlready,
    EvidenceMissing,
    EvidenceTooLate,
    ExclusionChanged,
    FieldRefused,
    WithdrawnByOther,
)
from measurements.models import Exclusion, ExclusionDecision, ExclusionEvidence, RecurringMaintenance
from tests import factories
from tests.credits.world import refused
from tests.factories import utc
from tests.measurements.test_exclusions import decide, propose
from tests.measurements.world import KNOWN

pytestmark = pytest.mark.django_db
PAPER = b"The authority's order."
INSERT_DECISION = """
    INSERT INTO measurements_exclusiondecision (exclusion_id, verdict, reason, decided_by_id, decided_at)
    VALUES (%s, %s, 'by hand', %s, %s)
"""


@pytest.fixture
def contract(importer) -> Contract:
    return factories.signed_contract()


def execute(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize("kind", [one for one in Exclusion.Kind if one != "planned_maintenance"])
def test_words_alone_excuse_no_outage(contract, kind):
    exclusion = propose(contract, kind=kind)
    with pytest.raises(EvidenceMissing, match="a file or a link with its hash"):
        decide(exclusion)
    with refused("measurements_decision_needs_evidence"):
        execute(INSERT_DECISION, exclusion.pk, "approved", factories.user("legal").pk, KNOWN)
    services.add_exclusion_evidence(exclusion=exclusion, name="order.pdf", content=PAPER, added_at=KNOWN)
    assert decide(exclusion).verdict == "approved"


def test_what_has_no_evidence_can_still_be_refused(contract):
    assert decide(propose(contract, kind="force_majeure"), verdict="refused").verdict == "refused"


def test_maintenance_that_was_announced_needs_no_further_evidence(contract):
    assert decide(propose(contract)).verdict == "approved"


def test_a_file_is_kept_with_its_hash_and_the_same_again_is_free(contract):
    exclusion = propose(contract, kind="third_party")
    first, again = (
        services.add_exclusion_evidence(exclusion=exclusion, name="order.pdf", content=PAPER, added_at=KNOWN)
        for _ in range(2)
    )
    assert first == again
    assert bytes(first.content) == PAPER
    assert Event.objects.get(verb="exclusion.add_evidence").after["sha256"] == first.sha256


def test_a_link_needs_the_hash_of_what_stood_there(contract):
    exclusion = propose(contract, kind="third_party")
    given = {"exclusion": exclusion, "name": "status page", "link": "https://status.example.com/i/1"}
    with pytest.raises(FieldRefused, match="sha256"):
        services.add_exclusion_evidence(**given, added_at=KNOWN)
    assert services.add_exclusion_evidence(**given, sha256="A" * 64, added_at=KNOWN).sha256 == "a" * 64


def test_a_file_and_a_link_at_once_are_refused(contract):
    with pytest.raises(FieldRefused, match="not both"):
        services.add_exclusion_evidence(
            exclusion=propose(contract), name="x", content=PAPER, link="https://a.example", added_at=KNOWN
        )


def test_the_database_refuses_bytes_that_do_not_give_their_hash(contract):
    exclusion = propose(contract)
    with refused("measurements_evidence_has_its_hash"):
        ExclusionEvidence.objects.create(
            exclusion=exclusion,
            kind="file",
            name="x",
            sha256="0" * 64,
            content=PAPER,
            added_by=factories.user(),
            added_at=KNOWN,
        )


def test_evidence_comes_before_the_decision(contract):
    exclusion = propose(contract)
    decide(exclusion)
    with pytest.raises(EvidenceTooLate, match="approved already"):
        services.add_exclusion_evidence(exclusion=exclusion, name="late", content=PAPER, added_at=KNOWN)
    with refused("measurements_evidence_before_decision"):
        ExclusionEvidence.objects.create(
            exclusion=exclusion,
            kind="link",
            name="late",
            link="https://a.example",
            sha256="0" * 64,
            added_by=factories.user(),
            added_at=KNOWN,
        )


def test_whoever_proposed_it_may_take_it_back_and_nobody_decides_on_it_then(contract, importer):
    exclusion = propose(contract)
    withdrawn = services.withdraw_exclusion(exclusion=exclusion, reason="wrong day", withdrawn_at=KNOWN)
    assert withdrawn.verdict == "withdrawn"
    assert services.withdraw_exclusion(exclusion=exclusion, reason="again", withdrawn_at=KNOWN) == withdrawn
    assert Event.objects.filter(verb="exclusion.withdraw").count() == 1
    with pytest.raises(DecidedAlready, match="was withdrawn"):
        decide(exclusion)


def test_nobody_else_takes_it_back(contract):
    exclusion = propose(contract)
    other = factories.user("legal")
    with acting(other, via="admin"), pytest.raises(WithdrawnByOther, match="vera proposed"):
        services.withdraw_exclusion(exclusion=exclusion, reason="no", withdrawn_at=KNOWN)
    with refused("measurements_withdrawal_by_proposer"):
        execute(INSERT_DECISION, exclusion.pk, "withdrawn", other.pk, KNOWN)


def test_the_proposer_still_decides_nothing_in_the_database_either(contract, importer):
    exclusion = propose(contract)
    for verdict in ("approved", "refused"):
        with refused("measurements_decision_four_eyes"):
            execute(INSERT_DECISION, exclusion.pk, verdict, importer.pk, KNOWN)


def test_a_withdrawal_needs_a_reason_and_its_time(contract):
    exclusion = propose(contract)
    with pytest.raises(FieldRefused, match="reason"):
        services.withdraw_exclusion(exclusion=exclusion, reason=" ", withdrawn_at=KNOWN)
    with pytest.raises(FieldRefused, match="withdrawn_at"):
        services.withdraw_exclusion(exclusion=exclusion, reason="x", withdrawn_at=KNOWN - timedelta(days=1))


def test_a_verdict_of_withdrawn_is_no_decision_of_others(contract):
    with pytest.raises(FieldRefused, match="approved or refused"):
        decide(propose(contract), verdict="withdrawn")


@pytest.mark.parametrize(("proposed", "retroactive"), [(-1, False), (0, False), (1, True)])
def test_what_is_proposed_after_its_time_began_is_retroactive(contract, proposed, retroactive):
    exclusion = propose(contract, proposed_at=utc(2023, 4, 1) + timedelta(seconds=proposed))
    assert exclusion.is_retroactive is retroactive


# Recurring maintenance -----------------------------------------------------------------------------------


def recurring(contract: Contract, **changes) -> RecurringMaintenance:
    given = {
        "contract": contract,
        "service": factories.service("platform"),
        "code": "sundays",
        "zone": "America/New_York",
        "weekdays": [7],
        "starts_local": time(2, 30),
        "ends_local": time(4, 0),
        "first_on": date(2023, 3, 1),
        "last_on": date(2023, 3, 31),
        "announced_at": utc(2023, 2, 1),
        "evidence": "agreed in the service description",
        "proposed_at": KNOWN,
    }
    return services.propose_recurring_maintenance(**(given | changes))


def hours(contract: Contract) -> list[tuple[str, str, str]]:
    rows = Exclusion.objects.filter(contract=contract).order_by("during")
    return [
        (row.external_id, f"{row.during.lower:%m-%d %H:%M}", f"{row.during.upper:%m-%d %H:%M}")
        for row in rows
    ]


def test_rule_1_the_day_that_skips_an_hour_has_its_own_start_and_end(contract):
    recurring(contract)
    assert hours(contract) == [
        ("sundays:2023-03-05", "03-05 07:30", "03-05 09:00"),
        # On 12 March New York's clocks go from 02:00 to 03:00: 02:30 is 03:30, and 04:00 stays 04:00 (EDT).
        ("sundays:2023-03-12", "03-12 07:30", "03-12 08:00"),
        ("sundays:2023-03-19", "03-19 06:30", "03-19 08:00"),
        ("sundays:2023-03-26", "03-26 06:30", "03-26 08:00"),
    ]
    assert ExclusionDecision.objects.count() == 0, "each still waits for somebody else"


def test_a_window_that_the_change_of_clocks_swallows_is_left_out(contract):
    recurring(contract, starts_local=time(2, 0), ends_local=time(3, 0))
    assert [name for name, _, _ in hours(contract)] == [
        "sundays:2023-03-05",
        "sundays:2023-03-19",
        "sundays:2023-03-26",
    ]


def test_an_end_before_the_start_is_on_the_next_day(contract):
    recurring(contract, zone="UTC", starts_local=time(23, 0), ends_local=time(1, 0), last_on=date(2023, 3, 5))
    assert hours(contract) == [("sundays:2023-03-05", "03-05 23:00", "03-06 01:00")]


def test_the_same_again_is_free_and_other_hours_under_its_code_are_refused(contract):
    assert recurring(contract) == recurring(contract)
    assert Exclusion.objects.count() == 4
    with pytest.raises(ExclusionChanged, match="ends_local"):
        recurring(contract, ends_local=time(5, 0))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"zone": "Mars/Base"}, "zone"),
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": [0]}, "weekdays"),
        ({"last_on": date(2023, 2, 1)}, "last_on"),
        ({"last_on": date(2024, 4, 4)}, "last_on"),
    ],
)
def test_hours_that_make_no_sense_are_refused(contract, changes, field):
    with pytest.raises(FieldRefused, match=field):
        recurring(contract, **changes)
    assert not Exclusion.objects.exists()


def test_an_auditor_proposes_nothing(contract):
    with acting(factories.user("auditor"), via="admin"), pytest.raises(NotAllowed):
        recurring(contract)


# Allowances that outlast a window ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "first_on", "used", "excluded"),
    [
        ("window", utc(2023, 2, 20), {}, 3600),
        # Berlin's first quarter holds February and March: of 5,400 s February used 3,600, and the excess counts.
        ("quarter", utc(2023, 2, 20), {"planned_maintenance": 3600}, 1800),
        ("calendar_year", utc(2023, 1, 5), {"planned_maintenance": 3600}, 1800),
        ("quarter", utc(2022, 12, 20), {}, 3600),
        ("month", utc(2023, 2, 20), {}, 3600),
    ],
)
def test_an_allowance_of_a_longer_period_is_used_up_by_earlier_windows(period, first_on, used, excluded):
    from credits.worth import worth_of
    from measurements.reading import inputs_for
    from tests.credits import world

    clause = {
        "kind": "planned_maintenance",
        "notice_seconds": 0,
        "allowance_seconds": 5400,
        "allowance_period": period,
    }
    made = world.customer(terms={"exclusions": [clause]})
    with world.as_("customer_success"):
        earlier, mine = (
            services.propose_exclusion(
                contract=made.contract,
                service=made.commitment.service,
                kind="planned_maintenance",
                start=start,
                end=start + timedelta(hours=1),
                announced_at=utc(2022, 11, 1),
                evidence="announced",
                proposed_at=utc(2023, 4, 3),
            )
            for start in (first_on, utc(2023, 3, 10, 12))
        )
    decide(earlier, decided_at=utc(2023, 4, 4))
    inputs = inputs_for(made.commitment, made.window.start, made.window.end, world.CUT_OFF)
    assert inputs.allowance_used_seconds == used
    [worth] = worth_of(mine, world.CUT_OFF)
    assert worth.down_seconds == excluded
