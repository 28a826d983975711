"""Reading as known at a moment: what a reckoning is given."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.record import acting
from contracts.checks import known_roles
from contracts.models import Commitment, Contract
from measurements import reading, services
from measurements.errors import FieldRefused, RoleTaken, SourceUnbound, WrongShape
from reckoning.assessment import AssessmentInputs
from tests import factories
from tests.factories import utc
from tests.measurements.world import INCIDENTS_BEGIN, INTERVALS, KNOWN

pytestmark = pytest.mark.django_db

APRIL = (utc(2023, 4, 1), utc(2023, 5, 1))
INCIDENT = "i1,2023-04-01T10:00:00Z,2023-04-01T11:00:00Z,major,Actions;API Requests,Trouble\n"
LATER = KNOWN + timedelta(days=6)
INTERVAL_KINDS = {"kind": "uptime_from_intervals", "down_severities": ["major"]}


@pytest.fixture
def product(incidents) -> Contract:
    """A product of ours that rests on Actions, by the months of UTC; the incidents are bound to it."""
    terms = factories.terms(
        factories.commitment_terms(indicator=INTERVAL_KINDS | {"down_components": ["actions"]}), zone="UTC"
    )
    contract = factories.signed_contract(terms)
    services.bind_source(contract=contract, role="independent monitor", source=incidents)
    return contract


@pytest.fixture
def vendors(seconds, vendor) -> Contract:
    """A vendor's promise on two components by quarters of UTC; the daily seconds are bound to it."""
    terms = factories.terms(factories.seconds_terms(services=["actions", "copilot"]), zone="UTC")
    contract = factories.signed_contract(
        terms, reference="C-2", counterparty=vendor, direction="promised_to_us"
    )
    services.bind_source(contract=contract, role="vendor's status page", source=seconds)
    return contract


def april(contract: Contract, known_at: datetime = LATER, code: str = "") -> AssessmentInputs:
    return reading.inputs_for(factories.commitment(contract, code=code), *APRIL, known_at)


# Intervals -----------------------------------------------------------------------------------------------


def test_an_incident_that_names_a_component_of_the_product_is_given_whole(product, import_incidents):
    payload = import_incidents(
        INCIDENT.replace("2023-04-01T10", "2023-03-31T10")
        + INCIDENT.replace("i1", "i2").replace("Actions;API Requests", "API Requests")
    )
    inputs = april(product)
    (interval,) = inputs.intervals
    assert (interval.id, interval.start, interval.severity) == ("i1", utc(2023, 3, 31, 10), "major")
    assert interval.components == ("actions", "api-requests")
    assert interval.observation == f"{payload.sha256[:16]}:2"
    assert (inputs.service, inputs.known_at, inputs.fee) == ("platform", LATER, None)


def test_a_components_own_promise_takes_the_incidents_that_name_it(incidents, import_incidents):
    own = factories.commitment_terms(services=["copilot"], indicator=INTERVAL_KINDS)
    contract = factories.signed_contract(factories.terms(own))
    services.bind_source(contract=contract, role="independent monitor", source=incidents)
    import_incidents(INCIDENT + INCIDENT.replace("i1", "i2").replace("Actions", "Copilot"))
    inputs = april(contract)
    assert [one.id for one in inputs.intervals] == ["i2"]
    assert inputs.existed_from == utc(2022, 6, 21)


@pytest.mark.parametrize(
    ("start", "end", "given"),
    [
        ("2023-03-31T22:00:00Z", "2023-04-01T00:00:00Z", True),  # adjoins: it may make a run with another
        ("2023-03-31T22:00:00Z", "2023-03-31T23:59:59Z", False),
        ("2023-03-31T22:00:00Z", "2023-04-01T00:00:01Z", True),
        ("2023-04-30T23:59:59Z", "2023-05-01T01:00:00Z", True),
        ("2023-05-01T00:00:00Z", "2023-05-01T01:00:00Z", True),
        ("2023-05-01T00:00:01Z", "2023-05-01T01:00:00Z", False),
    ],
)
def test_incidents_that_touch_the_window_are_given_and_others_are_not(
    product, import_incidents, start, end, given
):
    import_incidents(f"i1,{start},{end},major,Actions,Trouble\n")
    assert bool(april(product).intervals) is given


def test_a_minimum_length_reaches_around_the_window(incidents, import_incidents):
    """Three reports of one outage that began before the window: a run of 100 s, of which 10 s lie inside."""
    indicator = INTERVAL_KINDS | {"down_components": ["actions"], "minimum_run_seconds": 90}
    terms = factories.terms(factories.commitment_terms(indicator=indicator), zone="UTC")
    contract = factories.signed_contract(terms)
    services.bind_source(contract=contract, role="independent monitor", source=incidents)
    import_incidents(
        "a,2023-03-31T23:58:30Z,2023-03-31T23:59:00Z,major,Actions,\n"
        "b,2023-03-31T23:59:00Z,2023-03-31T23:59:50Z,major,Actions,\n"
        "c,2023-03-31T23:59:50Z,2023-04-01T00:00:10Z,major,Actions,\n"
        "far,2023-03-31T23:50:00Z,2023-03-31T23:55:00Z,major,Actions,\n"
    )
    assert [one.id for one in april(contract).intervals] == ["a", "b", "c"]


def test_other_readings_get_the_incidents_that_they_need(incidents, import_incidents):
    clause = factories.commitment_terms(
        indicator=INTERVAL_KINDS | {"down_components": ["actions"]},
        readings=[
            {
                "name": "which components",
                "question": "Which?",
                "chosen": "Actions",
                "chosen_by": "legal",
                "chosen_on": "2022-01-01",
                "why": "The text names it.",
                "alternatives": [{"name": "both", "set": {"indicator.down_components": ["copilot"]}}],
            }
        ],
    )
    contract = factories.signed_contract(factories.terms(clause))
    services.bind_source(contract=contract, role="independent monitor", source=incidents)
    import_incidents(INCIDENT + INCIDENT.replace("i1", "i2").replace("Actions;API Requests", "Copilot"))
    assert [one.id for one in april(contract).intervals] == ["i1", "i2"]


# As known at a moment ------------------------------------------------------------------------------------


def test_a_file_is_known_from_its_moment_on_and_not_before(product, import_incidents):
    import_incidents(INCIDENT)
    assert not april(product, KNOWN - timedelta(microseconds=1)).intervals
    assert april(product, KNOWN).intervals


def test_a_correction_changes_what_is_known_from_then_on_and_never_the_past(product, import_incidents):
    import_incidents(INCIDENT)
    before = april(product, KNOWN)
    import_incidents(INCIDENT.replace("T11", "T12"), known_at=LATER)
    assert april(product, KNOWN) == before
    assert april(product, LATER - timedelta(microseconds=1)).intervals == before.intervals
    (interval,) = april(product, LATER).intervals
    assert interval.end == utc(2023, 4, 1, 12)


def test_a_correction_that_moves_an_incident_out_of_the_window_takes_it_away(product, import_incidents):
    import_incidents(INCIDENT)
    import_incidents(INCIDENT.replace("2023-04-01", "2023-02-01"), known_at=LATER)
    assert not april(product, LATER).intervals
    assert april(product, KNOWN).intervals


def test_an_incident_that_was_taken_back_is_gone_from_then_on(product, import_incidents):
    import_incidents(INCIDENT)
    header = INTERVALS.replace("title", "title,withdrawn")
    import_incidents(INCIDENT.replace("Trouble", "Trouble,yes"), header=header, known_at=LATER)
    assert april(product, KNOWN).intervals
    assert not april(product, LATER).intervals


def test_the_same_arguments_give_the_same_bytes(product, import_incidents):
    import_incidents(INCIDENT, covers_until=utc(2023, 5, 1))
    assert april(product).canonical() == april(product).canonical()


# Coverage ------------------------------------------------------------------------------------------------


def test_a_source_covers_up_to_what_its_files_say_clipped_to_the_window(product, import_incidents):
    assert april(product).coverage == ()
    import_incidents(INCIDENT, covers_until=utc(2023, 4, 20))
    (known,) = april(product).coverage
    assert (known.start, known.end) == (utc(2023, 4, 1), utc(2023, 4, 20))
    import_incidents("", known_at=LATER, covers_until=utc(2023, 5, 8))
    assert april(product, KNOWN).coverage == (known,)
    (known,) = april(product).coverage
    assert (known.start, known.end) == APRIL


def test_before_the_list_begins_nothing_is_known(product, import_incidents):
    import_incidents("", covers_until=utc(2023, 5, 1))
    commitment = factories.commitment(product)
    march = reading.inputs_for(commitment, utc(2022, 3, 1), utc(2022, 4, 1), LATER)
    assert [(known.start, known.end) for known in march.coverage] == [(INCIDENTS_BEGIN, utc(2022, 4, 1))]
    february = reading.inputs_for(commitment, utc(2022, 2, 1), utc(2022, 3, 1), LATER)
    assert february.coverage == ()


# Daily seconds -------------------------------------------------------------------------------------------


def test_each_present_day_is_given_and_a_day_without_a_row_is_not(vendors, import_seconds):
    payload = import_seconds(
        "Actions,2023-03-31,1,1,\nActions,2023-04-01,60,30,i1\nActions,2023-04-30,0,0,\n"
    )
    inputs = april(vendors, code="actions")
    assert [(row.start, row.end, row.classes, row.incidents) for row in inputs.seconds] == [
        (utc(2023, 4, 1), utc(2023, 4, 2), {"partial": 60, "major": 30}, ("i1",)),
        (utc(2023, 4, 30), utc(2023, 5, 1), {"partial": 0, "major": 0}, ()),
    ]
    assert inputs.seconds[0].observation == f"{payload.sha256[:16]}:3"
    assert (inputs.intervals, inputs.coverage) == ((), ())


def test_a_days_newest_row_of_the_moment_counts(vendors, import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\n")
    import_seconds("Actions,2023-04-01,0,90,\n", known_at=LATER)
    (row,) = april(vendors, KNOWN, code="actions").seconds
    assert row.classes == {"partial": 60, "major": 30}
    (row,) = april(vendors, LATER, code="actions").seconds
    assert row.classes == {"partial": 0, "major": 90}


def test_a_component_is_given_with_its_life(vendors):
    assert april(vendors, code="copilot").existed_from == datetime(2022, 6, 21, tzinfo=UTC)


# Exclusions ----------------------------------------------------------------------------------------------


def test_an_exclusion_is_given_from_its_proposal_and_approved_from_its_decision(product, importer):
    exclusion = services.propose_exclusion(
        contract=product,
        service=factories.service("platform"),
        kind="planned_maintenance",
        start=utc(2023, 3, 31, 12),
        end=utc(2023, 4, 1, 12),
        evidence="notice N-1",
        proposed_at=KNOWN,
        announced_at=utc(2023, 3, 1),
    )
    assert april(product, KNOWN - timedelta(seconds=1)).exclusions == ()
    (given,) = april(product, KNOWN).exclusions
    assert (given.id, given.approved, given.start) == (str(exclusion.pk), False, utc(2023, 3, 31, 12))
    with acting(factories.user("legal"), via="admin"):
        services.decide_exclusion(exclusion=exclusion, verdict="approved", reason="in time", decided_at=LATER)
    assert not april(product, LATER - timedelta(seconds=1)).exclusions[0].approved
    assert april(product, LATER).exclusions[0].approved
    before = reading.inputs_for(factories.commitment(product), utc(2023, 5, 1), utc(2023, 6, 1), LATER)
    assert before.exclusions == ()


def test_a_refused_exclusion_is_given_and_not_approved(product):
    exclusion = services.propose_exclusion(
        contract=product,
        service=factories.service("platform"),
        kind="planned_maintenance",
        start=utc(2023, 4, 1),
        end=utc(2023, 4, 2),
        evidence="notice N-1",
        proposed_at=KNOWN,
    )
    with acting(factories.user("finance_approver"), via="admin"):
        services.decide_exclusion(exclusion=exclusion, verdict="refused", reason="late", decided_at=KNOWN)
    assert [one.approved for one in april(product).exclusions] == [False]


def test_the_acts_behind_the_inputs_are_imports_and_proposals_and_not_decisions(
    product, import_incidents, importer
):
    import_incidents(INCIDENT)
    with acting(factories.user("customer_success", name="cleo"), via="admin") as cleo:
        exclusion = services.propose_exclusion(
            contract=product,
            service=factories.service("platform"),
            kind="planned_maintenance",
            start=utc(2023, 4, 1),
            end=utc(2023, 4, 2),
            evidence="notice N-1",
            proposed_at=KNOWN,
        )
    with acting(factories.user("finance_approver"), via="admin"):
        services.decide_exclusion(exclusion=exclusion, verdict="approved", reason="ok", decided_at=KNOWN)
    assert [(act.user_id, act.sentence) for act in reading.acts_behind(april(product))] == [
        (importer.pk, "imported incidents.csv"),
        (cleo.user.pk, f"proposed exclusion {exclusion.pk}, Planned maintenance"),
    ]


# Bindings ------------------------------------------------------------------------------------------------


def test_a_role_that_no_source_plays_is_named(importer):
    contract = factories.signed_contract()
    with pytest.raises(SourceUnbound, match="no source plays 'independent monitor' for C-1"):
        april(contract)


def test_a_source_of_the_other_shape_is_named(seconds):
    contract = factories.signed_contract()
    services.bind_source(contract=contract, role="independent monitor", source=seconds)
    with pytest.raises(WrongShape, match="reports seconds a day, but the terms read intervals"):
        april(contract)


def test_a_binding_again_is_free_and_another_source_is_refused(product, incidents, seconds):
    again = services.bind_source(contract=product, role="independent monitor", source=incidents)
    assert again == product.source_bindings.get()
    with pytest.raises(RoleTaken, match="is played by incidents"):
        services.bind_source(contract=product, role="independent monitor", source=seconds)


def test_the_linter_is_told_which_roles_are_played(product):
    assert known_roles(product) == {"independent monitor"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"covers_from": None}, "covers_from: is needed for a source of intervals"),
        ({"covers_from": datetime(2022, 1, 1)}, "covers_from: .* has no time zone"),  # noqa: DTZ001
        ({"shape": "daily_seconds"}, "a source of daily seconds has none"),
        ({"code": "Not A Code"}, "code: "),
        ({"kind": "rumour"}, "kind: "),
        ({"measurement_point": ""}, "measurement_point: "),
    ],
)
def test_a_source_with_impossible_particulars_is_refused(vendor, importer, changes, said):
    given = {
        "code": "incidents",
        "name": "Incidents",
        "kind": "vendor_reported",
        "shape": "intervals",
        "measurement_point": "status page",
        "covers_from": INCIDENTS_BEGIN,
    }
    with pytest.raises(FieldRefused, match=said):
        services.create_source(**(given | changes))


# Cost ----------------------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_the_commitments(vendors, product, import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\nCopilot,2023-04-01,0,0,\n")
    rows = Commitment.objects.select_related("service", "version__contract")
    one, both = list(rows.filter(service__code="actions")), list(rows.filter(version__contract=vendors))
    every = list(rows)
    counts = []
    for commitments in (one, both, every):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = reading.inputs_for_many(commitments, *APRIL, LATER)
        assert set(found) == {commitment.pk for commitment in commitments}
        counts.append(len(queries))
    assert counts == [3, 3, 5]
    assert len(every) == 3


def test_no_commitments_need_no_query(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert reading.inputs_for_many([], *APRIL, KNOWN) == {}
