"""Two sources beside each other: lines that sum, decisions that hold as long as nothing moves, and what blocks."""

from datetime import timedelta
from fractions import Fraction

import pytest

from audit.models import Event
from base.errors import NotAllowed
from measurements import services as measuring
from measurements.errors import DifferenceUnexplained, FieldRefused, NoSuchDifference
from measurements.reconciliation.standing import require_explained, standing_of, unexplained_of
from tests import factories
from tests.credits import world
from tests.factories import utc

pytestmark = pytest.mark.django_db
SET = utc(2023, 1, 1)
LATER = world.CUT_OFF + timedelta(days=1)
HEADER = "external_id,start,end,severity,components,title\n"


TOLD, APRIL = utc(2023, 4, 3), utc(2023, 4, 1)


def second_monitor(made, *rows, known_at=TOLD, covers_until=APRIL, name="probe", new=True):
    from measurements.models import Source

    with world.as_("vendor_manager"):
        source = (
            measuring.create_source(
                code=name,
                name="Probe from outside",
                kind="synthetic",
                shape="intervals",
                measurement_point="two cities",
                covers_from=utc(2022, 1, 1),
            )
            if new
            else Source.objects.get(code=name)
        )
        measuring.import_intervals_csv(
            source=source,
            name=f"{name} {known_at:%m-%d}.csv",
            content=(HEADER + "".join(f"{row}\n" for row in rows)).encode(),
            retrieved_at=known_at,
            known_at=known_at,
            covers_until=covers_until,
        )
    return source


def tolerate(made, source, seconds, **given):
    values = {"windows_from": utc(2022, 1, 1), "reason": "schedule 3 of the contract", "set_at": SET}
    with world.as_("legal"):
        return measuring.set_difference_tolerance(
            contract=made.contract, source=source, seconds=seconds, **(values | given)
        )


def accept(made, source, line, seconds, **given):
    values = {
        "category": "length",
        "reason": "the provider's log agrees with ours",
        "decided_at": world.CUT_OFF,
    }
    with world.as_("legal"):
        return measuring.accept_figure(
            commitment=made.commitment,
            window=made.window,
            source=source,
            line=line,
            accepted_seconds=seconds,
            **(values | given),
        )


def comparison(made, source, known_at=world.CUT_OFF):
    return standing_of(made.commitment, made.window, known_at, sources=[source]).compared_with(source)


SHORTER = "p-1,2023-03-10T12:05:00Z,2023-03-10T13:00:00Z,major,platform,Seen five minutes later"
ALONE = "p-2,2023-03-20T23:50:00Z,2023-03-21T00:10:00Z,critical,platform,Only from outside"


@pytest.fixture
def made():
    return world.customer()


def test_each_sources_minutes_and_their_difference_by_day(made):
    source = second_monitor(made, SHORTER, ALONE)
    found = comparison(made, source)
    assert [(one.key, one.contractual_seconds, one.other_seconds, one.difference) for one in found.lines] == [
        ("2023-03-10", 3600, 3300, 300),
        ("2023-03-20", 0, 600, -600),
        ("2023-03-21", 0, 600, -600),
    ]
    assert found.difference == sum(one.difference for one in found.lines) == -900
    assert [one.suggestion for one in found.lines] == ["length", "one_sided", "one_sided"]
    assert found.lines[0].contractual_names == ("i-1",)
    assert found.lines[0].other_names == ("p-1",)


def test_without_a_tolerance_nothing_is_compared_and_nothing_blocks(made):
    second_monitor(made, ALONE)
    assert unexplained_of([made.commitment], made.window, world.CUT_OFF) == {}


@pytest.mark.parametrize(("seconds", "blocks"), [(299, True), (300, False), (301, False)])
def test_strictly_more_than_the_tolerance_blocks(made, seconds, blocks):
    tolerate(made, second_monitor(made, SHORTER), seconds)
    assert bool(unexplained_of([made.commitment], made.window, world.CUT_OFF)) is blocks


def test_minutes_that_hide_each_other_on_two_days_are_both_unexplained(made):
    longer = "p-1,2023-03-10T12:00:00Z,2023-03-10T12:50:00Z,major,platform,Shorter"
    other = "p-2,2023-03-20T10:00:00Z,2023-03-20T10:10:00Z,major,platform,Alone"
    source = second_monitor(made, longer, other)
    tolerate(made, source, 60)
    assert comparison(made, source).difference == 0
    with pytest.raises(
        DifferenceUnexplained, match=r"1200 s of .* unexplained, and the contract tolerates 60 s"
    ):
        require_explained(made.commitment, made.window, world.CUT_OFF)


def test_an_accepted_figure_explains_its_line_and_what_is_left_still_blocks(made):
    source = second_monitor(made, SHORTER, ALONE)
    tolerate(made, source, 60)
    accept(made, source, "2023-03-10", 3600)
    assert comparison(made, source).unexplained == 1200
    for day in ("2023-03-20", "2023-03-21"):
        accept(made, source, day, 0, category="scope")
    require_explained(made.commitment, made.window, world.CUT_OFF)
    assert Event.objects.filter(verb="difference.accept").count() == 3


def test_one_decision_may_explain_the_whole_window(made):
    source = second_monitor(made, SHORTER, ALONE)
    tolerate(made, source, 60)
    accept(made, source, "window", 3600, category="scope")
    require_explained(made.commitment, made.window, world.CUT_OFF)


def test_a_figure_that_the_contracts_source_does_not_give_keeps_the_result_open(made):
    source = second_monitor(made, SHORTER)
    tolerate(made, source, 60)
    accept(made, source, "2023-03-10", 3300)
    assert comparison(made, source).unexplained == 300
    with pytest.raises(DifferenceUnexplained):
        require_explained(made.commitment, made.window, world.CUT_OFF)
    world.import_incidents(
        made.contract,
        "i-1,2023-03-10T12:05:00Z,2023-03-10T13:00:00Z,major,platform,Corrected",
        known_at=world.CUT_OFF + timedelta(hours=1),
    )
    require_explained(made.commitment, made.window, LATER)


def test_a_decision_holds_no_longer_when_the_other_source_says_something_else(made):
    source = second_monitor(made, SHORTER)
    tolerate(made, source, 60)
    accept(made, source, "2023-03-10", 3600)
    second_monitor(
        made,
        "p-1,2023-03-10T12:30:00Z,2023-03-10T13:00:00Z,major,platform,Seen half an hour later",
        known_at=LATER,
        new=False,
    )
    require_explained(made.commitment, made.window, world.CUT_OFF)
    with pytest.raises(DifferenceUnexplained, match="1800 s"):
        require_explained(made.commitment, made.window, LATER)


def test_what_was_decided_later_was_not_known_before(made):
    source = second_monitor(made, SHORTER)
    tolerate(made, source, 60)
    accept(made, source, "2023-03-10", 3600, decided_at=LATER)
    with pytest.raises(DifferenceUnexplained):
        require_explained(made.commitment, made.window, world.CUT_OFF)
    require_explained(made.commitment, made.window, LATER)


def test_days_that_the_other_source_does_not_know_are_in_no_line(made):
    source = second_monitor(made, covers_until=utc(2023, 3, 10))
    tolerate(made, source, 0)
    found = comparison(made, source)
    assert (found.lines, found.contractual_alone) == ((), 3600)
    assert found.days_compared == 10, "28 February from 23:00, and nine days of March"
    require_explained(made.commitment, made.window, world.CUT_OFF)


def test_a_tolerance_holds_from_its_windows_and_the_last_word_counts(made):
    source = second_monitor(made, SHORTER)
    tolerate(made, source, 0, windows_from=utc(2023, 5, 1))
    require_explained(made.commitment, made.window, world.CUT_OFF)
    tolerate(made, source, 0, set_at=utc(2023, 1, 2))
    with pytest.raises(DifferenceUnexplained):
        require_explained(made.commitment, made.window, world.CUT_OFF)
    tolerate(made, source, None, set_at=utc(2023, 1, 3))
    require_explained(made.commitment, made.window, world.CUT_OFF)


def test_only_what_differs_is_decided_with_a_reason_and_by_a_person_of_the_role(made):
    source = second_monitor(made, SHORTER)
    with pytest.raises(NoSuchDifference, match="do not differ"):
        accept(made, source, "2023-03-11", 0)
    with pytest.raises(FieldRefused, match="reason"):
        accept(made, source, "2023-03-10", 3600, reason="  ")
    with pytest.raises(FieldRefused, match="below zero"):
        accept(made, source, "2023-03-10", -1)
    with pytest.raises(FieldRefused, match="category"):
        accept(made, source, "2023-03-10", 3600, category="because")
    with world.as_("auditor"), pytest.raises(NotAllowed):
        measuring.accept_figure(
            commitment=made.commitment,
            window=made.window,
            source=source,
            line="window",
            accepted_seconds=0,
            category="error",
            reason="x",
            decided_at=LATER,
        )


def test_a_job_decides_nothing_in_the_database_either(made):
    from measurements.models import Attribution, DifferenceTolerance

    source, job = second_monitor(made, SHORTER), factories.job_user()
    with world.refused("measurements_differencetolerance_by_a_person"):
        DifferenceTolerance.objects.create(
            contract=made.contract,
            source=source,
            seconds=1,
            windows_from=SET,
            reason="x",
            set_by=job,
            set_at=SET,
        )
    with world.refused("measurements_attribution_by_a_person"):
        Attribution.objects.create(
            source=source, external_id="p-1", party="vendor", reason="x", decided_by=job, decided_at=SET
        )


def test_daily_seconds_and_incidents_are_set_side_by_side():
    made = world.vendor()
    with world.as_("vendor_manager"):
        source = measuring.create_source(
            code="list",
            name="Incidents",
            kind="vendor_reported",
            shape="intervals",
            measurement_point="status page",
            covers_from=utc(2022, 1, 1),
        )
        measuring.import_intervals_csv(
            source=source,
            name="list.csv",
            content=(
                HEADER
                + "a,2023-01-01T10:00:00Z,2023-01-01T10:54:00Z,minor,actions,The same\n"
                + "m,2023-01-09T10:00:00Z,2023-01-09T12:00:00Z,maintenance,actions,Counts nowhere\n"
                + "b,2023-01-02T23:30:00Z,2023-01-03T00:24:00Z,major,actions,Over midnight\n"
            ).encode(),
            retrieved_at=utc(2023, 4, 2),
            known_at=utc(2023, 4, 2),
            covers_until=utc(2023, 4, 1),
        )
    found = comparison(made, source)
    assert [(one.key, one.contractual_seconds, one.other_seconds) for one in found.lines] == [
        ("2023-01-01", 3240, 3240),
        ("2023-01-02", 3240, 1800),
        ("2023-01-03", 3240, 1440),
        ("2023-01-04", 3240, 0),
    ]
    assert found.days_compared == 90
    assert found.unexplained == 1440 + 1800 + 3240 == Fraction(found.difference)


def test_an_unexplained_difference_keeps_the_result_from_becoming_final(made):
    from credits.models import Finalisation
    from credits.services import finalise_windows_of

    source = second_monitor(made, SHORTER)
    tolerate(made, source, 60)
    with pytest.raises(DifferenceUnexplained, match="300 s"):
        made.finalise()
    with world.as_job():
        [result] = finalise_windows_of(made.contract, window=made.window, known_at=world.CUT_OFF)
    assert result.pk, "it is reckoned"
    assert not Finalisation.objects.exists(), "and stays provisional"
    accept(made, source, "2023-03-10", 3600)
    assert made.finalise().finalisation


def test_the_statement_prints_where_it_was_measured_and_both_figures(made):
    from datetime import date
    from io import BytesIO

    from pypdf import PdfReader

    from credits.statement_documents import statement_pdf
    from credits.statements import statement

    source = second_monitor(made, SHORTER)
    accept(made, source, "2023-03-10", 3600)
    made.finalise()
    contract = made.contract
    value = statement(contract.counterparty, contract.legal_entity, date(2023, 3, 1), date(2023, 5, 1))
    [where] = value.measured_by
    assert (where.source, where.measurement_point) == ("Monitor", "edge")
    [both] = value.two_sources
    assert (both.window, both.contractual_seconds, both.other_seconds, both.accepted_seconds) == (
        "2023-03",
        3600,
        3300,
        3600,
    )
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(statement_pdf(value))).pages)
    for words in ("Where it was measured", "edge", "Where two sources differ", "55 min"):
        assert words in text, words
