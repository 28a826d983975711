"""Portfolios: every row is looked at before anything is written, written by itself, and written once."""

from contextlib import nullcontext
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from unittest import mock

import pytest
from django.db import IntegrityError, OperationalError, transaction

from audit.hashing import leaf_hash
from audit.models import Event
from audit.record import acting, content_of
from base import jobs
from base.models import Job
from contracts import services
from contracts.errors import FieldsRefused, WrongState
from contracts.models import Contract, ContractVersion, Counterparty, PortfolioImport, PortfolioRow
from contracts.portfolio.columns import COLUMNS
from contracts.services import portfolio as acts
from tests import factories
from tests.contracts.test_gallery import GOLD

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADERS = [*(column.name for column in COLUMNS), "param:target", "param:services"]

BROOK = {"counterparty": "brook", "counterparty_name": "Brook Ltd", "counterparty_country": "GB"}


def row(number: int, **changes: str) -> dict[str, str]:
    return {
        "reference": f"P-{number}",
        "title": f"Contract {number}",
        "legal_entity": "us",
        "counterparty": "customer",
        "direction": "promised_by_us",
        "currency": "EUR",
        "template": "gold",
        "effective_from": "2026-01-01",
        "param:target": "99.5",
        "param:services": "api;web",
    } | changes


@pytest.fixture
def lena() -> Any:
    """Somebody of legal, in a world with a template."""
    for code in ("api", "web"):
        factories.service(code)
    factories.entity()
    factories.counterparty()
    with factories.legal():
        services.create_template(slug="gold", document=GOLD, reason="ours", created_on=date(2026, 1, 1))
    return factories.user("legal", name="lena")


def taken(
    lena: Any, *rows: dict[str, str], name: str = "p.csv", headers: list[str] = HEADERS
) -> PortfolioImport:
    cells = [[one.get(header, "") for header in headers] for one in rows]
    with acting(lena, via="page"):
        return services.begin_portfolio(
            name=name,
            sha256=sha256(f"{name} {cells}".encode()).hexdigest(),
            headers=headers,
            rows=cells,
            requested_at=NOW,
        )


def work(most: int = 10_000) -> None:
    for _ in range(most):
        waiting = [number for number, _ in jobs.waiting()]
        if not waiting:
            return
        jobs.run(waiting[0])


def looked(lena: Any, *rows: dict[str, str], **more: Any) -> PortfolioImport:
    portfolio = taken(lena, *rows, **more)
    work()
    return portfolio


def confirm(lena: Any, portfolio: PortfolioImport) -> PortfolioImport:
    with acting(lena, via="page"):
        return services.confirm_portfolio(portfolio, NOW)


def states(portfolio: PortfolioImport) -> list[str]:
    return list(portfolio.rows.order_by("number").values_list("state", flat=True))


def faults(portfolio: PortfolioImport, number: int = 2) -> dict[str, tuple[str, str]]:
    found = portfolio.rows.get(number=number)
    assert found.state == "faulty", found.does
    return {column: (wrong, right) for column, wrong, right in found.faults}


def test_looking_writes_nothing_and_says_what_would_be_done(lena: Any) -> None:
    portfolio = looked(lena, row(1), row(2, **BROOK))
    assert states(portfolio) == ["good", "good"]
    first, second = portfolio.rows.order_by("number")
    assert first.does == "Enters the contract and drafts its first version, from Gold"
    assert second.does == "Enters Brook Ltd and enters the contract and drafts its first version, from Gold"
    assert not Contract.objects.filter(reference__startswith="P-").exists()
    assert not Counterparty.objects.filter(code="brook").exists()


def test_confirming_writes_each_row_as_a_draft_with_its_events(lena: Any) -> None:
    portfolio = looked(lena, row(1), row(2, **BROOK))
    before = Event.objects.latest("pk").pk
    confirm(lena, portfolio)
    work()
    assert states(portfolio) == ["written", "written"]
    verbs = list(Event.objects.filter(pk__gt=before).order_by("pk").values_list("verb", flat=True))
    assert verbs == [
        "portfolio.confirm",
        "contract.create",
        "contract_version.draft",
        "counterparty.create",
        "contract.create",
        "contract_version.draft",
    ]
    version = ContractVersion.objects.get(contract__reference="P-2")
    assert (version.state, version.created_by) == ("draft", lena)
    assert version.terms["commitments"][0]["services"] == ["api", "web"]
    assert portfolio.rows.get(number=3).version == version
    assert {event.via for event in Event.objects.filter(verb="contract.create", actor=lena)} == {"task"}


@pytest.mark.parametrize(
    ("changes", "column", "wrong", "right"),
    [
        ({"reference": ""}, "reference", "is empty", "For example CUS-2026-001"),
        ({"legal_entity": "uss"}, "legal_entity", "'uss' is not there", "us?"),
        ({"counterparty": "brook"}, "counterparty", "'brook' is not there", "its name and country beside it"),
        (
            {"counterparty": "brook", "counterparty_name": "Brook", "counterparty_country": "England"},
            "counterparty_country",
            "'England' is no country",
            "such as DE",
        ),
        ({"direction": "us"}, "direction", "'us' is no direction", "promised_by_us or promised_to_us"),
        ({"currency": "eur"}, "currency", "'eur' is no currency", "three capital letters"),
        ({"currency": "USD"}, "currency", "the template is in EUR", "replace_currency"),
        ({"template": "golden"}, "template", "'golden' is not there", "gold?"),
        ({"template_version": "7"}, "template_version", "gold has no version 7", "another version"),
        (
            {"template_version": "one"},
            "template_version",
            "'one' is no number of a version",
            "empty for the newest",
        ),
        ({"effective_from": "01.02.2026"}, "effective_from", "'01.02.2026' is no day", "such as 2026-01-31"),
        ({"effective_from": "0202-01-01"}, "effective_from", "is in the year 202", "between 1900 and 2200"),
        ({"effective_until": "2026-01-01"}, "effective_until", "does not lie after", "a later day"),
        ({"param:target": "98.9"}, "param:target", "is below 99", "as its page says"),
        ({"param:services": ""}, "param:services", "is missing", "as its page says"),
        ({"services": "api=nowhere"}, "services", "'api=nowhere' names no service", "NAME=CODE"),
        ({"replace_currency": "perhaps"}, "replace_currency", "neither yes nor no", "yes, no, or empty"),
    ],
)
def test_what_is_wrong_says_its_column_and_what_would_be_right(
    lena: Any, changes: dict[str, str], column: str, wrong: str, right: str
) -> None:
    found = faults(looked(lena, row(1, **changes)))
    assert wrong in found[column][0]
    assert right in found[column][1]


def test_a_reference_that_stands_twice_is_wrong_in_both_rows(lena: Any) -> None:
    portfolio = looked(lena, row(1), row(1), row(2))
    assert states(portfolio) == ["faulty", "faulty", "good"]


def test_a_value_that_the_rows_template_does_not_take_is_wrong(lena: Any) -> None:
    found = faults(looked(lena, row(1) | {"param:size": "big"}, headers=[*HEADERS, "param:size"]))
    assert found["param:size"] == (
        "is no value of this row's template",
        "leave it empty; the template takes param:target, param:services",
    )


def test_columns_that_are_missing_or_unknown_are_refused_with_the_file(lena: Any) -> None:
    with pytest.raises(FieldsRefused, match=r"template: is missing.*colour: is no column"):
        taken(lena, row(1), headers=[*(one for one in HEADERS if one != "template"), "colour"])
    assert not PortfolioImport.objects.exists()


def test_rows_with_faults_are_left_out_and_the_others_are_written(lena: Any) -> None:
    portfolio = looked(lena, row(1), row(2, currency="eur"))
    confirm(lena, portfolio)
    work()
    assert states(portfolio) == ["written", "faulty"]


def test_the_same_file_again_is_the_import_that_is_there(lena: Any) -> None:
    portfolio = looked(lena, row(1))
    confirm(lena, portfolio)
    work()
    assert taken(lena, row(1)) == portfolio
    assert confirm(lena, portfolio).confirmed_at == NOW
    assert ContractVersion.objects.filter(contract__reference="P-1").count() == 1


def test_a_mended_file_drafts_only_what_is_not_there_even_after_an_edit(lena: Any) -> None:
    confirm(lena, looked(lena, row(1), row(2, currency="eur")))
    work()
    version = ContractVersion.objects.get(contract__reference="P-1")
    document = version.terms | {"title": "Edited since"}
    with acting(lena, via="page"):
        services.edit_draft(version, document)
    again = looked(lena, row(1), row(2), name="mended.csv")
    assert states(again) == ["there", "good"]
    confirm(lena, again)
    work()
    assert states(again) == ["there", "written"]
    assert ContractVersion.objects.filter(contract__reference="P-1").count() == 1


def test_what_changed_between_looking_and_writing_is_told_and_the_rest_goes_on(lena: Any) -> None:
    portfolio = looked(lena, row(1), row(2))
    with factories.legal():
        services.create_contract(
            reference="P-1",
            title="Meanwhile",
            legal_entity=factories.entity(),
            counterparty=factories.counterparty("other"),
            direction="promised_by_us",
            currency="EUR",
        )
    confirm(lena, portfolio)
    work()
    assert states(portfolio) == ["failed", "written"]
    [[column, wrong, _]] = portfolio.rows.get(number=2).faults
    assert (column, wrong) == ("counterparty", "P-1 is entered with 'other' and keeps it")


def test_a_worker_that_dies_in_the_middle_loses_nothing_and_writes_nothing_twice(
    lena: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "AT_ONCE", 1)
    portfolio = looked(lena, row(1), row(2), row(3))
    confirm(lena, portfolio)
    work(1)
    assert states(portfolio) == ["written", "good", "good"]
    with mock.patch.object(acts, "record_all", side_effect=OperationalError("gone")):
        with pytest.raises(OperationalError):
            jobs.run(jobs.waiting()[0][0])
    assert states(portfolio) == ["written", "good", "good"]
    assert not Contract.objects.filter(reference="P-2").exists()
    done = Job.objects.filter(kind=acts.WRITE).order_by("pk").first()
    assert done is not None
    jobs.run(done.pk)
    work()
    assert states(portfolio) == ["written", "written", "written"]
    assert ContractVersion.objects.filter(contract__reference__startswith="P-").count() == 3


def test_a_worker_that_dies_within_a_step_leaves_nothing_of_it(lena: Any) -> None:
    portfolio = looked(lena, row(1), row(2, **BROOK), row(3))
    confirm(lena, portfolio)
    before = Event.objects.count()
    with mock.patch.object(acts, "record_all", side_effect=OperationalError("gone")):
        with pytest.raises(OperationalError):
            jobs.run(jobs.waiting()[0][0])
    assert states(portfolio) == ["good", "good", "good"]
    assert not Contract.objects.filter(reference__startswith="P-").exists()
    assert not Counterparty.objects.filter(code="brook").exists()
    assert Event.objects.count() == before
    work()
    assert states(portfolio) == ["written", "written", "written"]
    assert ContractVersion.objects.filter(contract__reference__startswith="P-").count() == 3
    assert jobs.waiting() == []


def written(lena: Any) -> list[Any]:
    """What four rows leave behind: events, and every record with its history; without keys and clocks."""
    with factories.legal():
        there = services.create_contract(
            reference="P-4",
            title="There already",
            legal_entity=factories.entity(),
            counterparty=factories.counterparty(),
            direction="promised_by_us",
            currency="EUR",
        )
        services.draft_version(there, factories.terms(), date(2025, 1, 1))
    portfolio = looked(lena, row(1), row(2, **BROOK), row(3, **BROOK), row(4))
    before = Event.objects.latest("pk").pk
    confirm(lena, portfolio)
    work()
    assert states(portfolio) == ["written"] * 4
    events = list(Event.objects.filter(pk__gt=before).order_by("pk"))
    assert all(leaf_hash(content_of(one)) == one.leaf_hash for one in events)
    found: list[Any] = [
        (one.verb, one.actor_id, one.via, one.reason, one.subject_label, one.before, plain_of(one.after))
        for one in events
    ]
    versions = ContractVersion.objects.filter(created_by=lena).order_by("pk")
    records = [
        *Counterparty.objects.filter(code="brook"),
        *Contract.objects.filter(reference__in=["P-1", "P-2", "P-3"]),
        *versions,
    ]
    for record in records:
        [then] = record.history.all()
        names = [one.attname for one in record._meta.concrete_fields]
        assert [getattr(then, name) for name in names] == [getattr(record, name) for name in names]
        found.append((str(record), then.history_type, then.history_user, then.history_change_reason))
    found += versions.values_list("number", "state", "created_by", "terms_sha256")
    return [*found, *portfolio.rows.order_by("number").values_list("does", flat=True)]


def plain_of(after: Any) -> Any:
    """What an event says, without the keys and the instant that differ from one run to the next."""
    return {name: said for name, said in after.items() if not name.endswith(("id", "_at"))}


def test_rows_that_are_written_together_leave_what_they_leave_one_by_one(lena: Any) -> None:
    left = []
    for refuse in (False, True):
        together = mock.patch.object(acts, "write_rows", side_effect=IntegrityError("one by one"))
        with transaction.atomic():
            with together if refuse else nullcontext():
                left.append(written(lena))
            transaction.set_rollback(True)
    assert len(left[0]) > 20
    for one, other in zip(*left, strict=True):
        assert one == other


def test_a_row_that_the_database_refuses_is_told_and_holds_up_no_other(lena: Any) -> None:
    portfolio = looked(lena, row(1), row(2), row(3))
    confirm(lena, portfolio)
    real = acts.start_from_template

    def start(template: Any, contract: Contract, *args: Any, **more: Any) -> Any:
        if contract.reference == "P-2":
            raise IntegrityError("a guard says no")
        return real(template, contract, *args, **more)

    with (
        mock.patch.object(acts, "record_all", side_effect=IntegrityError("a guard says no")),
        mock.patch.object(acts, "start_from_template", side_effect=start),
    ):
        work()
    assert states(portfolio) == ["written", "failed", "written"]
    [[_, wrong, _]] = portfolio.rows.get(number=3).faults
    assert wrong == "the database refuses it: a guard says no"
    assert not Contract.objects.filter(reference="P-2").exists()


def test_what_would_not_be_taken_as_it_is_written_is_told_when_it_is_looked_at(lena: Any) -> None:
    brook = BROOK | {"counterparty": "b" * 41}
    found = faults(looked(lena, row(1, **brook)))
    assert found["counterparty"] == ("has 41 characters", "40 at most")
    found = faults(looked(lena, row(1, **BROOK | {"counterparty_country": "ÖÄ"}), name="other.csv"))
    assert found["counterparty_country"][0] == "'ÖÄ' is no country"


def test_nothing_is_confirmed_before_every_row_was_looked_at(lena: Any) -> None:
    portfolio = taken(lena, row(1))
    with pytest.raises(WrongState, match="still being looked at"):
        confirm(lena, portfolio)
    work()
    faulty = looked(lena, row(2, currency=""), name="f.csv")
    with pytest.raises(WrongState, match="no row of it is to be written"):
        confirm(lena, faulty)


def test_looking_asks_the_same_for_ten_rows_as_for_two(lena: Any, django_assert_max_num_queries: Any) -> None:
    portfolio = taken(lena, *(row(number) for number in range(10)))
    with django_assert_max_num_queries(24):
        jobs.run(jobs.waiting()[0][0])
    assert set(states(portfolio)) == {"good"}
    assert PortfolioRow.objects.count() == 10


def test_writing_asks_the_same_for_ten_rows_as_for_two(lena: Any, django_assert_max_num_queries: Any) -> None:
    confirm(lena, looked(lena, *(row(n, **BROOK | {"counterparty": f"brook-{n}"}) for n in range(10))))
    with django_assert_max_num_queries(40):
        jobs.run(jobs.waiting()[0][0])
    assert PortfolioRow.objects.filter(state="written").count() == 10
