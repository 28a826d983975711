"""What the database itself refuses of measurements, round the ORM and as the application's role."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from audit.record import acting
from measurements import services
from measurements.models import Payload, SecondsObservation
from tests import factories
from tests.factories import utc
from tests.measurements.world import KNOWN

pytestmark = pytest.mark.django_db

FACTS = (
    "measurements_payload",
    "measurements_listedrow",
    "measurements_intervalobservation",
    "measurements_secondsobservation",
    "measurements_vendorfigure",
    "measurements_exclusion",
    "measurements_exclusiondecision",
)


def execute(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def broken_constraint(statement: str, *values: object, before: str = "SELECT 1") -> str:
    """The constraint that refuses a statement, after ``before`` in the same transaction."""
    with pytest.raises(IntegrityError) as refused:
        execute_both(before, statement, *values)
    return str(refused.value.__cause__.diag.constraint_name)


def execute_both(before: str, statement: str, *values: object) -> None:
    with transaction.atomic():
        execute(before)
        execute(statement, *values)


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_application_may_not_change_a_fact(db, table: str, statement: str):
    with pytest.raises(ProgrammingError, match="permission denied"):
        execute(statement.format(table))


def test_the_owner_may_not_change_a_fact_either(transactional_db, owner_cursor, import_seconds):
    import psycopg

    import_seconds("Actions,2023-04-01,60,30,\n")
    for statement in (
        "UPDATE measurements_secondsobservation SET major_seconds = 0",
        "DELETE FROM measurements_secondsobservation",
        "TRUNCATE measurements_secondsobservation",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation) as refused:
            owner_cursor.execute(statement)
        assert refused.value.diag.constraint_name == "measurements_secondsobservation_append_only"


INSERT_SECONDS = """
    INSERT INTO measurements_secondsobservation
        (source_id, service_id, day, partial_seconds, major_seconds, incidents, known_at, payload_id, row_number)
    SELECT source_id, service_id, day + 1, %s, %s, '{}', known_at + %s, payload_id, 3
    FROM measurements_secondsobservation LIMIT 1
"""


def test_seconds_over_a_day_are_refused(import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\n")
    broken = "measurements_seconds_fit_the_day"
    assert broken_constraint(INSERT_SECONDS, 86_340, 61, timedelta()) == broken
    execute(INSERT_SECONDS, 86_340, 60, timedelta())


def test_an_observation_with_another_moment_than_its_file_is_refused(import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\n")
    broken = "measurements_secondsobservation_of_its_payload"
    assert broken_constraint(INSERT_SECONDS, 0, 0, timedelta(seconds=-1)) == broken


def test_an_observation_added_to_an_old_file_is_refused(transactional_db, import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\n")
    broken = "measurements_secondsobservation_of_its_payload"
    assert broken_constraint(INSERT_SECONDS, 0, 0, timedelta()) == broken


def test_a_temporary_table_with_the_files_name_changes_nothing(transactional_db, import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\n")
    fake = """
        CREATE TEMPORARY TABLE measurements_payload ON COMMIT DROP AS
        SELECT id, source_id, known_at, pg_current_xact_id()::text::bigint AS transaction_id
        FROM public.measurements_payload
    """
    broken = "measurements_secondsobservation_of_its_payload"
    assert broken_constraint(INSERT_SECONDS, 0, 0, timedelta(), before=fake) == broken


INSERT_PAYLOAD = """
    INSERT INTO measurements_payload
        (source_id, name, sha256, content, origin, retrieved_at, known_at, covers_until, parser, parser_version,
         row_count, accepted, repeated, listed, imported_by_id)
    SELECT source_id, name, coalesce(%s, sha256), content, origin, retrieved_at, known_at + %s, %s, parser,
           parser_version, row_count + %s, accepted, repeated, listed, imported_by_id
    FROM measurements_payload ORDER BY id DESC LIMIT 1
"""


def test_a_file_known_before_what_its_source_said_last_is_refused(import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\n")
    values = ("b" * 64, timedelta(microseconds=-1), None, 0)
    assert broken_constraint(INSERT_PAYLOAD, *values) == "measurements_payload_knowledge_grows"
    execute(INSERT_PAYLOAD, "b" * 64, timedelta(), None, 0)


def test_the_same_file_twice_is_refused(import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\n")
    values = (None, timedelta(days=1), None, 0)
    assert broken_constraint(INSERT_PAYLOAD, *values) == "measurements_payload_once"


def test_a_file_that_loses_a_row_is_refused(import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\n")
    values = ("b" * 64, timedelta(), None, 1)
    assert broken_constraint(INSERT_PAYLOAD, *values) == "measurements_payload_counts_every_row"


def test_a_file_that_covers_the_future_is_refused(import_incidents):
    import_incidents("")
    values = ("b" * 64, timedelta(), KNOWN + timedelta(seconds=1), 0)
    assert broken_constraint(INSERT_PAYLOAD, *values) == "measurements_payload_covers_the_past"


def test_an_incident_without_length_is_refused(import_incidents):
    import_incidents("i1,2023-04-01T10:00:00Z,2023-04-01T11:00:00Z,major,Actions,Trouble\n")
    insert = """
        INSERT INTO measurements_intervalobservation
            (source_id, external_id, during, severity, components, title, withdrawn, known_at, payload_id, row_number)
        SELECT source_id, %s, tstzrange(lower(during), lower(during), '[)'), severity, components, title, false,
               known_at, payload_id, 3
        FROM measurements_intervalobservation LIMIT 1
    """
    assert broken_constraint(insert, "i2") == "measurements_interval_has_length"


def test_a_source_of_intervals_without_a_beginning_is_refused(incidents):
    update = "UPDATE measurements_source SET covers_from = NULL WHERE id = %s"
    assert broken_constraint(update, incidents.pk) == "measurements_source_of_intervals_begins"


def test_an_import_without_an_event_is_refused(transactional_db, import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\n")
    values = ("b" * 64, timedelta(), None, 0)
    assert broken_constraint(INSERT_PAYLOAD, *values) == "measurements_payload_has_event"
    assert Payload.objects.count() == 1


# Exclusions ----------------------------------------------------------------------------------------------

INSERT_DECISION = """
    INSERT INTO measurements_exclusiondecision (exclusion_id, verdict, reason, decided_by_id, decided_at)
    VALUES (%s, 'approved', 'because', %s, %s)
"""


@pytest.fixture
def exclusion(importer):
    contract = factories.signed_contract()
    with acting(importer, via="command", reason="a test"):
        return services.propose_exclusion(
            contract=contract,
            service=factories.service("platform"),
            kind="planned_maintenance",
            start=utc(2023, 4, 1),
            end=utc(2023, 4, 2),
            evidence="notice N-1",
            proposed_at=KNOWN,
            announced_at=utc(2023, 3, 20),
        )


def test_a_decision_by_the_proposer_is_refused(exclusion):
    values = (exclusion.pk, exclusion.proposed_by_id, KNOWN)
    assert broken_constraint(INSERT_DECISION, *values) == "measurements_decision_four_eyes"


def test_a_decision_by_a_scheduled_job_is_refused(exclusion):
    values = (exclusion.pk, factories.job_user().pk, KNOWN)
    assert broken_constraint(INSERT_DECISION, *values) == "measurements_decision_by_a_person"


def test_a_decision_before_the_proposal_is_refused(exclusion):
    decider = factories.user("finance_approver")
    values = (exclusion.pk, decider.pk, KNOWN - timedelta(seconds=1))
    assert broken_constraint(INSERT_DECISION, *values) == "measurements_decision_after_proposal"
    execute(INSERT_DECISION, exclusion.pk, decider.pk, KNOWN)


def test_a_temporary_table_with_the_exclusions_name_does_not_hide_the_proposer(exclusion):
    fake = """
        CREATE TEMPORARY TABLE measurements_exclusion ON COMMIT DROP AS
        SELECT id, 0 AS proposed_by_id, proposed_at FROM public.measurements_exclusion
    """
    values = (exclusion.pk, exclusion.proposed_by_id, KNOWN)
    assert broken_constraint(INSERT_DECISION, *values, before=fake) == "measurements_decision_four_eyes"


def test_an_exclusion_on_daily_seconds_is_refused(exclusion):
    weighted = factories.signed_contract(factories.terms(factories.seconds_terms()), reference="C-2")
    insert = """
        INSERT INTO measurements_exclusion
            (contract_id, service_id, kind, during, external_id, evidence, proposed_by_id, proposed_at)
        SELECT %s, %s, kind, during, external_id, evidence, proposed_by_id, proposed_at
        FROM measurements_exclusion LIMIT 1
    """
    values = (weighted.pk, factories.service("actions").pk)
    assert broken_constraint(insert, *values) == "measurements_exclusion_needs_intervals"


def test_bulk_writes_of_the_orm_meet_the_same_guards(transactional_db, import_seconds):
    import_seconds("Actions,2023-04-01,60,30,\n")
    row = SecondsObservation.objects.get()
    row.pk, row.day = None, row.day + timedelta(days=1)
    with pytest.raises(IntegrityError):
        SecondsObservation.objects.bulk_create([row])
    assert SecondsObservation.objects.count() == 1
