"""The demo's history on the real data: its figures, and that a second run changes none and adds nothing."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from base.models import Job
from contracts.models import LegalEntity
from credits.models import Posting
from demo import report
from demo.history import agenda, replay
from demo.people import DemoOnly, require_demo
from demo.schedule import FIRST_MONTH, LAST_MONTH, MonthPlan, months, next_month
from demo.stage import ReplayStuck, Stage
from demo.summary import Summary, summarise
from demo.world import US
from tests.credits.exports import test_independent
from tests.demo import worked_example

AS_OF = date(2025, 7, 15)
PUBLISHED = Path(__file__).parent / "summary.txt"


def _counts() -> dict[str, int]:
    return {
        model._meta.db_table: model._default_manager.count()
        for model in apps.get_models(include_auto_created=True)
    }


def _figures(summary: Summary) -> Iterator[tuple[str, object, object]]:
    """Name, figure, and what issue, notes and hand said it must be."""
    readings = {
        reading.name: (reading.below_target, reading.below_ninety_nine) for reading in summary.readings
    }
    actions = next(row for row in summary.vendor if (row.service, row.window) == ("actions", "2023-Q1"))
    states = [row.claim for row in summary.vendor]
    last = [row for row in summary.vendor if row.window == "2025-Q2"]
    yield "component-quarters", summary.assessed, 139
    yield "as read", readings["as the terms are read"], (61, 0)
    yield "weight 0", readings["what counts as down: partial weighs 0"], (14, 0)
    yield "weight 1", readings["what counts as down: partial weighs 1"], (104, 10)
    yield "breaches", len(summary.vendor), 61
    yield "Actions in 2023 Q1", (actions.level, str(actions.amount)), ("99.422506", "1041.570")
    yield "published uptime", summary.published, (415, 415)
    yield "listed", summary.listed, {"no_component": 79, "untracked_component": 1, "no_length": 14}
    yield "in one file only", summary.one_sided, (21, 115)
    yield "missed claims", states.count("forfeited"), 1
    yield "last quarter", {(row.claim, row.days_left) for row in last}, {("found", 15)}
    yield "answers", {"paid", "refused", "acknowledged", "sent"} <= set(states), True
    yield "unknown months", [row[0] for row in summary.questions], ["2022-01", "2022-02", "2022-03"]
    yield "the ledger balances", summary.balances, True
    yield "the record verifies", summary.record_faults, ()


def _postings_of_the_worked_example() -> set[tuple[str, str, str, str, str]]:
    rows = Posting.objects.filter(
        entry__memo__assessment__window_label="2023-Q1",
        entry__memo__assessment__commitment__service__code="actions",
    ).select_related("entry", "account")
    return {
        (
            str(row.entry.effective_on),
            row.entry.reference,
            row.account.get_purpose_display(),
            row.side,
            f"{row.amount:.2f}",
        )
        for row in rows
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_the_history_gives_its_figures_and_a_second_run_changes_none_and_adds_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    replay(Stage(inline=True), as_of=AS_OF, say=said.append)
    summary = summarise(AS_OF)
    wrong = [(name, figure, wanted) for name, figure, wanted in _figures(summary) if figure != wanted]
    assert wrong == []
    assert _postings_of_the_worked_example() == worked_example.postings()
    assert list(report.lines(summary)) == PUBLISHED.read_text().splitlines()
    assert said[0] == "2022-02"
    assert said[-1] == "2025-07"

    # Programs that know nothing of this code add the whole ledger up as it does.
    entity = LegalEntity.objects.get(code=US)
    assert test_independent.others_agree(tmp_path, entity, (date(2022, 1, 1), date(2026, 1, 1))) > 3

    before = _counts()
    replay(Stage(inline=True), as_of=AS_OF, say=said.append)
    assert _counts() == before
    assert summarise(AS_OF) == summary


@pytest.mark.django_db(transaction=True)
def test_a_history_that_stops_at_an_earlier_date_goes_on_from_there() -> None:
    stage = Stage(inline=True)
    replay(stage, as_of=date(2022, 4, 15), say=lambda month: None)
    early = summarise(date(2022, 4, 15))
    assert len(early.vendor) == 7
    assert {(row.claim, row.memo, row.days_left) for row in early.vendor} == {("found", "proposed", 15)}
    assert early.published == (27, 27)

    replay(stage, as_of=date(2022, 5, 12), say=lambda month: None)
    later = summarise(date(2022, 5, 12))
    assert {(row.claim, row.memo, row.days_left) for row in later.vendor} == {("sent", "issued", None)}
    assert [(row.level, row.amount) for row in later.vendor] == [
        (row.level, row.amount) for row in early.vendor
    ]
    assert later.balances


def test_the_agenda_holds_nothing_after_its_date_and_keeps_the_order_of_days() -> None:
    acts = agenda(date(2023, 5, 16))
    assert max(act.day for act in acts) == date(2023, 5, 16)
    assert [act.day for act in acts] == sorted(act.day for act in acts)


def test_the_months_are_those_of_the_data_without_a_gap() -> None:
    assert months()[0] == FIRST_MONTH
    assert months()[-1] == LAST_MONTH
    assert len(months()) == 42
    assert next_month(date(2024, 12, 1)) == date(2025, 1, 1)


def test_everything_about_a_month_happens_in_the_month_after() -> None:
    plan = MonthPlan(date(2022, 12, 1))
    assert plan.day(2) == date(2023, 1, 2)
    assert plan.ends_quarter
    assert plan.quarter == "2022-Q4"


def test_an_installation_that_is_no_demo_refuses_the_replay(settings: pytest.FixtureRequest) -> None:
    settings.DEMO_MODE = False  # type: ignore[attr-defined]
    with pytest.raises(DemoOnly, match="DEMO_MODE"):
        require_demo()


@pytest.mark.django_db
def test_a_summary_without_a_history_is_one_clear_line() -> None:
    with pytest.raises(CommandError, match="run demo_replay first"):
        call_command("demo_summary", as_of=AS_OF)


@pytest.mark.django_db
def test_a_job_that_was_given_up_stops_the_replay_with_its_reason() -> None:
    stage = Stage(inline=True)
    unknown = {
        "contract_id": 1,
        "window_start": "2022-01-01T00:00:00+00:00",
        "window_end": "",
        "known_at": "",
    }
    Job.objects.create(
        kind="credits.forfeit", key="k", arguments=unknown, failed_at="2022-01-01T00:00:00Z", last_error="E"
    )
    with pytest.raises(ReplayStuck, match="given up: E"):
        stage.work(("credits.forfeit", "k", {}))
