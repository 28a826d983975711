"""A result as known on any day, what moved between two days, and what an exclusion is worth before anybody decides."""

import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from credits.knowledge import as_known, between
from credits.worth import snapshot, worth_of
from measurements import services as measuring
from tests import factories
from tests.credits import world
from tests.factories import utc

pytestmark = pytest.mark.django_db
LATER = utc(2023, 4, 20, 6)
LONG = "i-2,2023-03-20T10:00:00Z,2023-03-20T18:00:00Z,major,platform,Eight hours"


@pytest.fixture
def made():
    return world.customer()


def maintenance(made, **given):
    values = {
        "contract": made.contract,
        "service": made.commitment.service,
        "kind": "planned_maintenance",
        "start": utc(2023, 3, 10, 12),
        "end": utc(2023, 3, 10, 12, 30),
        "announced_at": utc(2023, 3, 1),
        "evidence": "the announcement",
        "proposed_at": utc(2023, 4, 3),
    }
    with world.as_("customer_success"):
        return measuring.propose_exclusion(**(values | given))


def test_what_was_known_before_anything_was_reported_is_open(made):
    told = as_known(made.commitment, made.window, utc(2023, 4, 1))
    assert told.result.outcome == "open_question"


def test_what_was_known_on_a_day_does_not_change_with_what_came_after_it(made):
    before = as_known(made.commitment, made.window, world.CUT_OFF).result.sha256()
    world.import_incidents(made.contract, LONG, known_at=LATER)
    assert as_known(made.commitment, made.window, world.CUT_OFF).result.sha256() == before
    assert as_known(made.commitment, made.window, LATER).result.sha256() != before


def test_it_is_the_stored_revision_where_that_was_reckoned_with_this_knowledge(made):
    stored = made.assess()
    assert as_known(made.commitment, made.window, world.CUT_OFF).result.sha256() == stored.result_sha256


def test_between_two_moments_stand_minutes_and_amounts_that_sum(made):
    maintenance_of_then = maintenance(made)
    world.import_incidents(made.contract, LONG, known_at=LATER)
    with world.as_("finance_approver"):
        measuring.decide_exclusion(
            exclusion=maintenance_of_then,
            verdict="approved",
            reason="announced in time",
            decided_at=LATER + timedelta(hours=1),
        )
    found = between(made.commitment, made.window, world.CUT_OFF, LATER + timedelta(days=1))
    assert [(one.fact.what, one.fact.down_seconds, one.amount) for one in found.lines] == [
        ("i-2", 8 * 3600, Decimal("1500.00")),
        (str(maintenance_of_then.pk), -1800, Decimal("0.00")),
    ]
    assert found.down_seconds == 8 * 3600 - 1800 == sum(one.fact.down_seconds for one in found.lines)
    assert found.amount == sum(one.amount for one in found.lines) == Decimal("1500.00")


def test_the_command_prints_both(made):
    world.import_incidents(made.contract, LONG, known_at=LATER)
    result = made.assess()
    out = io.StringIO()
    call_command("as_known", result.pk, "2023-04-21", "--since", "2023-04-06", stdout=out)
    said = out.getvalue()
    assert "+8 h" in said
    assert "+EUR 1,500.00" in said
    assert "reported by incidents 2023-04-20.csv, row 2" in said
    out = io.StringIO()
    call_command("as_known", result.pk, "2023-04-06", "--json", stdout=out)
    assert json.loads(out.getvalue())["result"]["credit_amount"] == "1000.00"


def test_the_command_refuses_what_is_no_moment(made):
    result = made.assess()
    with pytest.raises(CommandError, match="soon"):
        call_command("as_known", result.pk, "soon")
    with pytest.raises(CommandError, match="lies before"):
        call_command("as_known", result.pk, "2023-04-06", "--since", "2023-04-07")


# Worth ---------------------------------------------------------------------------------------------------


def test_an_exclusion_shows_its_minutes_and_its_money_before_anybody_decides(made):
    [worth] = worth_of(maintenance(made, end=utc(2023, 3, 10, 12, 40)), world.CUT_OFF)
    assert (worth.window.label, worth.excluded_seconds, worth.down_seconds) == ("2023-03", 2400, 2400)
    # 20 minutes of 44,540 leave 99.955 %: kept, so that the whole credit goes.
    assert worth.amount == Decimal("1000.00")
    assert (worth.refused, worth.is_final) == ("", False)


def test_what_was_announced_too_late_is_worth_nothing_and_says_so(made):
    late = maintenance(made, announced_at=utc(2023, 3, 8))
    [worth] = worth_of(late, world.CUT_OFF)
    assert (worth.down_seconds, worth.amount) == (0, Decimal("0.00"))
    assert "259200 s are needed" in worth.refused


def test_what_is_above_the_allowance_counts(made):
    made = world.customer(
        reference="C-2",
        fee=world.FEE.replace("C-1", "C-2").replace("I-1", "I-2"),
        terms={
            "exclusions": [
                {"kind": "planned_maintenance", "notice_seconds": 0, "allowance_seconds": 600},
            ]
        },
    )
    [worth] = worth_of(maintenance(made), world.CUT_OFF)
    assert (worth.excluded_seconds, worth.down_seconds) == (600, 600)


def test_an_exclusion_over_a_months_end_is_worth_something_in_both(made):
    over = maintenance(made, start=utc(2023, 2, 20), end=utc(2023, 3, 11))
    assert [one.window.label for one in worth_of(over, world.CUT_OFF)] == ["2023-02", "2023-03"]


def test_a_window_that_is_final_already_is_marked(made):
    made.finalise()
    [worth] = worth_of(maintenance(made, proposed_at=LATER), LATER)
    assert worth.is_final


def test_the_decision_keeps_what_was_shown(made):
    exclusion = maintenance(made)
    shown = snapshot(worth_of(exclusion, world.CUT_OFF), world.CUT_OFF)
    with world.as_("finance_approver"):
        decision = measuring.decide_exclusion(
            exclusion=exclusion, verdict="approved", reason="ok", decided_at=world.CUT_OFF, worth=shown
        )
    decision.refresh_from_db()
    assert decision.worth == shown
    assert decision.worth["windows"][0]["down_seconds"] == "1800"
    assert factories.service("platform") == made.commitment.service


# The API -------------------------------------------------------------------------------------------------


def asking(role):
    from tests.api.client import Api, token

    return Api(token(factories.user(role))[1])


def test_the_api_recomputes_a_result_as_known_and_lists_what_moved(made):
    world.import_incidents(made.contract, LONG, known_at=LATER)
    result = made.finalise()
    address = f"assessments/{result.pk}/as-known/"
    api = asking("auditor")
    then = api.get(address, known_at="2023-04-06T00:00:00Z").json()
    assert then["result"] == result.result
    now = api.get(address, known_at="2023-04-30T00:00:00Z", since="2023-04-06T00:00:00Z").json()
    assert now["result_since"] == result.result
    [line] = now["moved"]
    assert (line["what"], line["down_seconds"], line["amount"]) == ("i-2", "28800/1", "1500.00")
    assert line["row_number"] == 2


def test_the_api_refuses_moments_that_make_no_sense_and_who_sees_no_observations(made):
    result = made.finalise()
    address = f"assessments/{result.pk}/as-known/"
    api = asking("auditor")
    assert api.get(address).status_code == 400
    wrong = api.get(address, known_at="2023-04-06T00:00:00Z", since="2023-04-07T00:00:00Z")
    assert wrong.status_code == 400
    assert asking("administrator").get(address, known_at="2023-04-06T00:00:00Z").status_code in (403, 404)
