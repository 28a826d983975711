"""Files of measurements: what becomes of each row, and that a refused file leaves nothing behind."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from audit.models import Event
from audit.record import acting
from base.csvio import ImportRefused
from base.errors import NotAllowed
from measurements import services
from measurements.errors import FieldRefused, KnowledgeGoesBack, RowsConflict, WrongShape
from measurements.models import (
    IntervalObservation,
    ListedRow,
    Payload,
    SecondsObservation,
    VendorFigure,
)
from tests import factories
from tests.factories import utc
from tests.measurements.world import INTERVALS, KNOWN, SECONDS
from tests.work import at_most

pytestmark = pytest.mark.django_db

INCIDENT = "i1,2023-04-01T10:00:00Z,2023-04-01T11:00:00Z,major,Actions;API Requests,Trouble\n"
DAY = "Actions,2023-04-01,60,30,i1;i2\n"
LATER = KNOWN + timedelta(days=6)


def nothing_is_kept() -> bool:
    kept = (Payload, ListedRow, IntervalObservation, SecondsObservation, VendorFigure)
    return not any(model.objects.exists() for model in kept) and not imports_recorded()


def imports_recorded() -> int:
    return Event.objects.filter(verb="payload.import").count()


# What is accepted ----------------------------------------------------------------------------------------


def test_an_incident_becomes_an_observation_of_the_services_that_it_names(import_incidents):
    payload = import_incidents(INCIDENT, covers_until=utc(2023, 5, 1))
    row = IntervalObservation.objects.get()
    assert (row.external_id, row.severity, row.components) == ("i1", "major", ["actions", "api-requests"])
    assert (row.during.lower, row.during.upper) == (utc(2023, 4, 1, 10), utc(2023, 4, 1, 11))
    assert (row.known_at, row.payload, row.row_number) == (KNOWN, payload, 2)
    assert (payload.row_count, payload.accepted, payload.repeated, payload.listed) == (1, 1, 0, 0)
    assert bytes(payload.content).decode() == INTERVALS + INCIDENT
    connection.check_constraints()


def test_an_import_is_one_act_with_its_actor_and_its_reason(import_incidents, importer):
    payload = import_incidents(INCIDENT)
    event = Event.objects.get(verb="payload.import")
    assert (event.actor, event.via, event.reason) == (importer, "command", "a test")
    assert (event.subject_type, event.subject_id) == ("measurements.payload", str(payload.pk))
    assert event.after["sha256"] == payload.sha256
    assert (event.after["row_count"], event.after["accepted"]) == (1, 1)


def test_a_component_answers_to_its_code_too(import_incidents):
    import_incidents(INCIDENT.replace("API Requests", "api-requests"))
    assert IntervalObservation.objects.get().components == ["actions", "api-requests"]


def test_what_was_published_first_is_kept_in_the_payload_only(import_incidents):
    header = INTERVALS.replace("title", "title,published_start,published_end")
    row = INCIDENT.replace("Trouble", "Trouble,2023-04-01T10:05:00Z,2023-04-01T10:50:00Z")
    payload = import_incidents(row, header=header)
    assert IntervalObservation.objects.get().during.lower == utc(2023, 4, 1, 10)
    assert b"2023-04-01T10:05:00Z" in bytes(payload.content)


def test_seconds_of_a_day_are_kept_by_class(import_seconds):
    import_seconds(DAY)
    row = SecondsObservation.objects.get()
    assert (row.service.code, str(row.day), row.partial_seconds, row.major_seconds, row.incidents) == (
        "actions",
        "2023-04-01",
        60,
        30,
        ["i1", "i2"],
    )
    connection.check_constraints()


def test_a_vendors_figure_is_kept_exactly_as_its_claim(import_figures):
    import_figures("Actions,2023-04,0.9973386574074073\n")
    figure = VendorFigure.objects.get()
    assert figure.uptime_ratio == Decimal("0.9973386574074073")
    assert not SecondsObservation.objects.exists()


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (INCIDENT.replace("Actions;API Requests", ""), ["no_component"]),
        (INCIDENT.replace("Actions;API Requests", "Visit www"), ["untracked_component"]),
        (INCIDENT.replace("T11", "T10"), ["no_length"]),
        (
            INCIDENT.replace("Actions;API Requests", "").replace("T11", "T10"),
            ["no_component", "no_length"],
        ),
    ],
)
def test_what_nothing_can_be_reckoned_from_is_listed_with_its_reasons_and_not_dropped(
    import_incidents, row: str, reasons: list[str]
):
    payload = import_incidents(row)
    listed = ListedRow.objects.filter(payload=payload)
    assert sorted(listed.values_list("reason", flat=True)) == reasons
    assert {(item.row_number, item.external_id, item.content["title"]) for item in listed} == {
        (2, "i1", "Trouble")
    }
    assert (payload.row_count, payload.accepted, payload.listed) == (1, 0, 1)
    assert not IntervalObservation.objects.exists()


def test_an_incident_that_names_a_tracked_component_too_is_accepted_with_that_one(import_incidents):
    import_incidents(INCIDENT.replace("API Requests", "Visit www"))
    assert IntervalObservation.objects.get().components == ["actions"]


@pytest.mark.parametrize("severity", ["maintenance", "none", "minor"])
def test_every_severity_is_accepted_and_the_terms_say_what_is_down(import_incidents, severity: str):
    import_incidents(INCIDENT.replace("major", severity))
    assert IntervalObservation.objects.get().severity == severity


# What is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (INCIDENT.replace("T11:00:00Z", "T09:59:59Z"), "end", "lies before start 2023-04-01T10:00:00Z"),
        (INCIDENT.replace("T10:00:00Z", "T10:00:00"), "start", "without a time zone"),
        (INCIDENT.replace("Actions;", "Acttions;"), "components", "known are API Requests, Actions, Copilot"),
        (INCIDENT.replace("2023-04-01T11", "2023-05-03T11"), "end", "lies after known_at"),
        (INCIDENT.replace("i1,", f"{'i' * 101},"), "external_id", "at most 100"),
        (INCIDENT.replace("Trouble", "=HYPERLINK(1)"), "title", "spreadsheet's formula"),
        (INCIDENT.replace("major", "Major"), "severity", "a lower-case word such as major"),
        (INCIDENT.replace("Actions;API Requests", "Actions;Actions"), "components", "twice"),
        (INCIDENT + INCIDENT, "external_id", "repeats i1 of row 2"),
        (INCIDENT + INCIDENT.replace("major", "minor"), "external_id", "repeats i1 of row 2"),
    ],
)
def test_a_file_of_incidents_with_a_bad_row_is_refused_whole(import_incidents, row, column, said):
    good = "good,2023-04-02T10:00:00Z,2023-04-02T11:00:00Z,major,Actions,Fine\n"
    with pytest.raises(ImportRefused) as refused:
        import_incidents(row + good)
    (fault,) = refused.value.faults
    assert (fault.row, fault.column) == (1 + row.count("\n"), column)
    assert said in fault.reason
    assert nothing_is_kept()


def test_an_incident_that_ends_at_the_moment_of_knowledge_is_accepted(import_incidents):
    import_incidents(INCIDENT.replace("2023-04-01T11", "2023-05-02T00"))
    with pytest.raises(ImportRefused):
        import_incidents(INCIDENT.replace("i1", "i2").replace("2023-04-01T11:00:00", "2023-05-02T00:00:01"))


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (DAY.replace("60,30", "60,86341"), "partial_seconds", "makes 86401 s of outage"),
        (DAY.replace("60,30", "0,86401"), "major_seconds", "makes 86401 s of outage"),
        (DAY.replace("60,30", "60,1.5"), "major_seconds", "a whole number from 0"),
        (DAY.replace("60,30", "60,-1"), "major_seconds", "formula"),
        (DAY.replace("Actions", "Nothing"), "component", "no component of this source"),
        (DAY.replace("2023-04-01", "2023-05-02"), "day", "is not over at known_at"),
        (DAY.replace("2023-04-01", "2023-04-31"), "day", "a day such as"),
        (DAY + DAY, "component", "repeats Actions, 2023-04-01 of row 2"),
        (DAY + DAY.replace("Actions", "actions"), "component", "repeats actions, 2023-04-01 of row 2"),
        ("Copilot,2022-06-20,0,0,\n", "day", "lies before copilot existed"),
    ],
)
def test_a_file_of_daily_seconds_with_a_bad_row_is_refused_whole(import_seconds, row, column, said):
    with pytest.raises(ImportRefused) as refused:
        import_seconds(row + "API Requests,2023-04-02,0,0,\n")
    (fault,) = refused.value.faults
    assert (fault.row, fault.column) == (1 + row.count("\n"), column)
    assert said in fault.reason
    assert nothing_is_kept()


def test_a_day_may_be_down_to_its_last_second(import_seconds):
    import_seconds(DAY.replace("60,30", "60,86340"))
    assert SecondsObservation.objects.get().major_seconds == 86_340


def test_a_components_first_day_is_accepted_and_the_last_day_that_is_over(import_seconds):
    import_seconds("Copilot,2022-06-21,0,0,\nCopilot,2023-05-01,0,0,\n")
    assert SecondsObservation.objects.count() == 2


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("Actions,2023-04,99.9\n", "uptime", "a decimal from 0"),
        ("Actions,2023-04,1.000001\n", "uptime", "99.9 % is 0.999"),
        ("Actions,2023-05,0.99\n", "month", "is not over at known_at"),
        ("Nothing,2023-04,0.99\n", "component", "no component of this source"),
        ("Actions,2023-04,0.99\nactions,2023-04,0.98\n", "component", "repeats actions, 2023-04 of row 2"),
    ],
)
def test_a_file_of_figures_with_a_bad_row_is_refused_whole(import_figures, row, column, said):
    with pytest.raises(ImportRefused) as refused:
        import_figures(row)
    (fault,) = refused.value.faults
    assert (fault.column, said in fault.reason) == (column, True)
    assert nothing_is_kept()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"id,from,to\n1,2,3\n",
        INTERVALS.encode() + b"i1,\xff\xfe",
        (INTERVALS + INCIDENT).encode("utf-16"),
        INTERVALS.encode() + b"\0" * 100,
        b"noise" * 10_000_000,
    ],
    ids=["empty", "wrong header", "not UTF-8", "UTF-16", "NUL", "50 MB of noise"],
)
def test_a_file_that_is_none_is_refused_quickly_and_leaves_nothing(incidents, content: bytes):
    with at_most(calls=20_000), pytest.raises(ImportRefused) as refused:
        services.import_intervals_csv(
            source=incidents, name="bad.csv", content=content, retrieved_at=KNOWN, known_at=KNOWN
        )
    assert refused.value.total == 1
    assert "\n" not in str(refused.value)
    assert nothing_is_kept()


def test_all_faults_of_a_file_are_listed_up_to_two_hundred(import_seconds):
    with pytest.raises(ImportRefused) as refused:
        import_seconds("".join(f"Nothing{n},2023-04-01,0,0,\n" for n in range(250)))
    assert (len(refused.value.faults), refused.value.total) == (200, 250)


def test_a_file_of_the_other_shape_is_refused(incidents, seconds):
    given = {"name": "x.csv", "content": SECONDS.encode(), "retrieved_at": KNOWN, "known_at": KNOWN}
    with pytest.raises(WrongShape, match="incidents reports intervals"):
        services.import_daily_seconds_csv(source=incidents, **given)
    with pytest.raises(WrongShape, match="seconds reports seconds a day"):
        services.import_intervals_csv(source=seconds, **given)


def test_moments_are_aware_and_nobody_covers_the_future(import_incidents):
    with pytest.raises(FieldRefused, match="has no time zone; give an aware instant"):
        import_incidents(INCIDENT, known_at=KNOWN.replace(tzinfo=None))
    with pytest.raises(FieldRefused, match=r"covers_until: .* lies after known_at"):
        import_incidents(INCIDENT, covers_until=KNOWN + timedelta(seconds=1))
    with pytest.raises(FieldRefused, match="name: "):
        import_incidents(INCIDENT, name="two\nlines.csv")
    assert nothing_is_kept()


def test_only_some_roles_import_and_a_scheduled_job_may(import_seconds, vendor):
    for person in (factories.user("auditor"), factories.user("executive"), factories.user(is_superuser=True)):
        with acting(person, via="command"), pytest.raises(NotAllowed, match="does not have the role"):
            import_seconds(DAY)
    assert nothing_is_kept()
    with acting(factories.job_user(), via="task"):
        assert import_seconds(DAY).accepted == 1


# Again, corrections, contradictions ----------------------------------------------------------------------


def test_the_same_file_again_adds_nothing(import_incidents):
    first = import_incidents(INCIDENT, covers_until=utc(2023, 5, 1))
    again = import_incidents(INCIDENT, known_at=LATER, covers_until=utc(2023, 5, 1))
    assert again == first
    assert import_incidents(INCIDENT, known_at=LATER) == first
    assert (Payload.objects.count(), IntervalObservation.objects.count(), imports_recorded()) == (1, 1, 1)


def test_an_empty_file_again_is_news_only_if_knowledge_reaches_further(import_incidents):
    first = import_incidents("", covers_until=utc(2023, 4, 1))
    assert import_incidents("", known_at=LATER, covers_until=utc(2023, 5, 1)) != first
    assert import_incidents("", known_at=LATER, covers_until=utc(2023, 5, 1)).covers_until == utc(2023, 5, 1)
    assert Payload.objects.count() == 2


def test_a_row_that_says_what_is_known_already_is_counted_as_repeated(import_incidents, import_seconds):
    import_incidents(INCIDENT)
    payload = import_incidents(INCIDENT + INCIDENT.replace("i1", "i2"), known_at=LATER)
    assert (payload.accepted, payload.repeated) == (1, 1)
    import_seconds(DAY)
    payload = import_seconds(DAY.replace("i1;i2", "i2;i1") + DAY.replace("04-01", "04-02"), known_at=LATER)
    assert (payload.accepted, payload.repeated) == (1, 1)


def test_a_correction_with_later_knowledge_supersedes_and_the_old_account_stays(import_incidents):
    import_incidents(INCIDENT)
    import_incidents(INCIDENT.replace("T11", "T12"), known_at=LATER)
    ends = IntervalObservation.objects.order_by("known_at").values_list("during__endswith", "known_at")
    assert list(ends) == [(utc(2023, 4, 1, 11), KNOWN), (utc(2023, 4, 1, 12), LATER)]


@pytest.mark.parametrize("changed", ["minor", "T12", "Bother", "Copilot"])
def test_the_same_moment_saying_something_else_is_a_contradiction(import_incidents, changed: str):
    import_incidents(INCIDENT)
    was = {"minor": "major", "T12": "T11", "Bother": "Trouble", "Copilot": "API Requests"}[changed]
    with pytest.raises(RowsConflict, match=r"row 2: says otherwise .* a correction needs a later known_at"):
        import_incidents(INCIDENT.replace(was, changed))
    assert (Payload.objects.count(), IntervalObservation.objects.count()) == (1, 1)


def test_seconds_and_figures_of_the_same_moment_may_not_contradict_either(import_seconds, import_figures):
    import_seconds(DAY)
    with pytest.raises(RowsConflict):
        import_seconds(DAY.replace("60,30", "61,30"))
    import_figures("Actions,2023-04,0.9\n")
    with pytest.raises(RowsConflict):
        import_figures("Actions,2023-04,0.8\n")
    assert import_figures("Actions,2023-04,0.8\n", known_at=LATER).accepted == 1


def test_knowledge_never_goes_back(import_incidents, import_seconds):
    import_incidents(INCIDENT)
    with pytest.raises(KnowledgeGoesBack, match="lies before 2023-05-02T00:00:00"):
        import_incidents(INCIDENT.replace("i1", "i2"), known_at=KNOWN - timedelta(microseconds=1))
    assert import_incidents(INCIDENT.replace("i1", "i2"), known_at=KNOWN).accepted == 1
    # Another source has its own knowledge.
    assert import_seconds(DAY, known_at=KNOWN - timedelta(days=1)).accepted == 1


def test_an_incident_is_taken_back_by_a_row_that_says_so(import_incidents):
    header = INTERVALS.replace("title", "title,withdrawn")
    with pytest.raises(ImportRefused, match="takes back an incident that this source never reported"):
        import_incidents(INCIDENT.replace("Trouble", "Trouble,yes"), header=header)
    import_incidents(INCIDENT)
    payload = import_incidents(INCIDENT.replace("Trouble", "Trouble,yes"), header=header, known_at=LATER)
    assert payload.accepted == 1
    assert list(IntervalObservation.objects.order_by("known_at").values_list("withdrawn", flat=True)) == [
        False,
        True,
    ]


def test_an_incident_that_loses_its_length_is_not_silently_listed(import_incidents):
    import_incidents(INCIDENT)
    with pytest.raises(ImportRefused, match="repeat it as it was with withdrawn = yes"):
        import_incidents(INCIDENT.replace("T11", "T10"), known_at=LATER)


# Preview -------------------------------------------------------------------------------------------------


def test_a_preview_counts_shows_and_writes_nothing(incidents, import_incidents):
    import_incidents(INCIDENT + INCIDENT.replace("i1", "i2"))
    before = imports_recorded()
    rows = (
        INCIDENT.replace("T11", "T12")
        + INCIDENT.replace("i1", "i2")
        + INCIDENT.replace("i1", "i3")
        + INCIDENT.replace("i1", "i4").replace("Actions;API Requests", "")
    )
    given = {"source": incidents, "name": "next.csv", "content": (INTERVALS + rows).encode()}
    preview = services.preview_intervals_csv(**given, known_at=LATER)
    assert (preview.row_count, preview.accepted, preview.superseding) == (4, 2, 1)
    assert (preview.repeated, preview.listed, preview.listed_by_reason) == (1, 1, {"no_component": 1})
    assert preview.rows[0]["end"] == "2023-04-01T12:00:00Z"
    assert (preview.faults, preview.fault_count, preview.replays) == ((), 0, False)
    assert (Payload.objects.count(), imports_recorded()) == (1, before)


def test_a_preview_lists_faults_and_contradictions_by_row(incidents, import_incidents):
    import_incidents(INCIDENT)
    rows = INCIDENT.replace("i1", "i2").replace("T11", "T09") + INCIDENT.replace("T11", "T12")
    given = {"source": incidents, "name": "next.csv", "content": (INTERVALS + rows).encode()}
    preview = services.preview_intervals_csv(**given, known_at=KNOWN)
    assert [(fault.row, fault.column) for fault in preview.faults] == [(2, "end"), (3, "")]
    assert preview.fault_count == 2


def test_a_preview_says_that_a_file_was_imported_before(seconds, import_seconds):
    import_seconds(DAY)
    given = {"source": seconds, "name": "seconds.csv", "content": (SECONDS + DAY).encode()}
    assert services.preview_daily_seconds_csv(**given, known_at=LATER).replays
    given["content"] += b"Actions,2023-04-02,0,0,\n"
    assert not services.preview_daily_seconds_csv(**given, known_at=datetime(2023, 5, 9, tzinfo=UTC)).replays
