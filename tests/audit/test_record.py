"""The record: events, their hashes, sealing, and what a check of it says when somebody tampered."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.hashing import GENESIS, head_hash, leaf_hash, merkle_root
from audit.models import Event, Seal
from audit.record import NoActor, acting, acting_for, content_of, current_actor, plain, record
from audit.services import seal_events, verify_record
from base.correlation import correlated
from tests import factories

NOW = datetime(2025, 7, 15, 12, tzinfo=UTC)


# Events ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_event_says_who_what_why_and_from_where():
    person = factories.user("legal", first_name="Lena", last_name="Legal")
    with correlated("0123"), acting(person, via="page", reason="because"), transaction.atomic():
        event = record("thing.do", person, before={"a": Decimal("1.10")}, after={"a": Fraction(1, 3)})
    event.refresh_from_db()
    assert (event.actor, event.actor_name, event.via) == (person, "Lena Legal", "page")
    assert (event.reason, event.correlation_id) == ("because", "0123")
    assert (event.before, event.after) == ({"a": "1.10"}, {"a": "1/3"})
    assert event.leaf_hash == leaf_hash(content_of(event))


@pytest.mark.django_db
def test_the_reason_of_the_act_goes_before_that_of_the_entrance():
    person = factories.user()
    with acting(person, via="page", reason="the entrance's"), transaction.atomic():
        assert record("thing.do", person, reason="the act's").reason == "the act's"
        with acting_for("this one's"):
            assert record("thing.do", person).reason == "this one's"
        assert record("thing.do", person).reason == "the entrance's"


@pytest.mark.django_db
def test_the_name_on_an_event_is_frozen():
    person = factories.user(first_name="Before", last_name="Marriage")
    with acting(person, via="page"), transaction.atomic():
        event = record("thing.do", person)
    person.first_name = "After"
    person.save()
    event.refresh_from_db()
    assert event.actor_name == "Before Marriage"


def test_outside_of_an_entrance_nobody_acts():
    with pytest.raises(NoActor):
        current_actor()


@pytest.mark.django_db(transaction=True)
def test_an_event_shares_its_acts_fate():
    person = factories.user()
    with acting(person, via="page"):
        with pytest.raises(RuntimeError, match="in the transaction of its act"):
            record("thing.do", person)
        count = Event.objects.count()
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012  # both, or neither
            record("thing.do", person)
            1 / 0  # noqa: B018
    assert Event.objects.count() == count


@pytest.mark.parametrize("value", [1.5, object(), b"bytes"])
def test_what_has_no_one_spelling_cannot_be_recorded(value):
    with pytest.raises(TypeError, match="an event cannot hold"):
        plain({"value": value})


def test_a_value_is_recorded_in_one_spelling():
    assert plain({1: [date(2025, 7, 15), NOW, None, True]}) == {
        "1": ["2025-07-15", "2025-07-15T12:00:00+00:00", None, True]
    }


# Hashes ------------------------------------------------------------------------------------------------------


def test_the_hash_of_a_leaf_does_not_depend_on_the_order_of_its_fields():
    assert leaf_hash({"a": 1, "b": 2}) == leaf_hash({"b": 2, "a": 1})
    assert leaf_hash({"a": 1, "b": 2}) != leaf_hash({"a": 1, "b": 3})


@pytest.mark.parametrize("count", range(1, 10))
def test_every_leaf_counts_and_so_does_its_place(count):
    leaves = [leaf_hash({"number": number}) for number in range(count)]
    root = merkle_root(leaves)
    for index in range(count):
        changed = [*leaves[:index], leaf_hash({"number": "other"}), *leaves[index + 1 :]]
        assert merkle_root(changed) != root
    if count > 1:
        assert merkle_root([leaves[1], leaves[0], *leaves[2:]]) != root
        assert merkle_root(leaves[:-1]) != root


def test_a_node_does_not_pass_for_a_leaf():
    leaves = [leaf_hash({"number": number}) for number in range(4)]
    nodes = [merkle_root(leaves[:2]), merkle_root(leaves[2:])]
    assert merkle_root(nodes) == merkle_root(leaves), "a tree is made of its halves"
    assert head_hash(1, GENESIS, merkle_root(nodes), 2) != head_hash(1, GENESIS, merkle_root(leaves), 4)


def test_a_block_has_at_least_one_leaf():
    with pytest.raises(ValueError, match="at least one leaf"):
        merkle_root([])


# Sealing and tampering ---------------------------------------------------------------------------------------


def some_events(count: int = 3) -> list[Event]:
    person = factories.user()
    with acting(person, via="page", reason="a test"), transaction.atomic():
        return [record("thing.do", person, after={"number": number}) for number in range(count)]


@pytest.mark.django_db
def test_blocks_follow_each_other_and_hold_every_event_once():
    some_events()
    first = seal_events(sealed_at=NOW)
    some_events()
    second = seal_events(sealed_at=NOW)
    assert first is not None
    assert second is not None
    assert (first.number, first.previous_head) == (1, GENESIS)
    assert (second.number, second.previous_head) == (2, first.head)
    assert first.count + second.count == Event.objects.count()
    assert seal_events(sealed_at=NOW) is None
    checked = verify_record()
    assert (checked.blocks, checked.unsealed, checked.head, checked.faults) == (2, 0, second.head, ())


@pytest.mark.django_db
def test_a_large_backlog_is_sealed_in_parts():
    some_events(5)
    count = Event.objects.count()
    blocks = 0
    while seal_events(sealed_at=NOW, most=2):
        blocks += 1
    assert blocks == -(-count // 2)
    assert not verify_record().faults


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_event", "audit_seal", "audit_sealedevent"])
@pytest.mark.parametrize("sql", ["DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {} CASCADE"])
def test_the_application_does_not_change_the_record(table, sql):
    some_events()
    seal_events(sealed_at=NOW)
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(sql.format(table))


TAMPERED = {
    "a changed reason": (
        "UPDATE audit_event SET reason = 'another' WHERE id = %(event)s",
        "its content does not give its hash",
    ),
    "a changed actor": (
        "UPDATE audit_event SET actor_name = 'Somebody Else' WHERE id = %(event)s",
        "its content does not give its hash",
    ),
    "a changed hash": (
        "UPDATE audit_event SET leaf_hash = repeat('0', 64) WHERE id = %(event)s",
        "its hash is not the one that was sealed in block 1",
    ),
    "a deleted event": (
        "DELETE FROM audit_event WHERE id = %(event)s",
        "it was sealed in block 1 at place",
    ),
    "a changed head": (
        "UPDATE audit_seal SET head = repeat('0', 64)",
        "its head is not the hash of its content",
    ),
    "a changed root": ("UPDATE audit_seal SET root = repeat('0', 64)", "its events do not give its root"),
    "a changed count": ("UPDATE audit_seal SET count = count + 1", "and holds"),
}


@pytest.mark.parametrize("kind", sorted(TAMPERED))
def test_whoever_owns_the_tables_cannot_tamper_unnoticed(owner_cursor, kind):
    """The owner can switch the triggers off; the hashes tell."""
    event = some_events()[1]
    seal_events(sealed_at=NOW)
    assert not verify_record().faults
    sql, sentence = TAMPERED[kind]
    for table in ("audit_event", "audit_seal", "audit_sealedevent"):
        owner_cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    if kind == "a deleted event":
        owner_cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'audit_sealedevent'::regclass AND contype = 'f'"
        )
        for (name,) in owner_cursor.fetchall():
            owner_cursor.execute(f'ALTER TABLE audit_sealedevent DROP CONSTRAINT "{name}"')
    owner_cursor.execute(sql, {"event": event.pk})
    faults = [fault.sentence for fault in verify_record().faults]
    assert any(sentence in one for one in faults), faults
    with pytest.raises(CommandError):
        call_command("verify_record")


def test_a_removed_block_is_missed(owner_cursor):
    for _ in range(3):
        some_events(1)
        seal_events(sealed_at=NOW)
    for table in ("audit_event", "audit_seal", "audit_sealedevent"):
        owner_cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    second = Seal.objects.get(number=2)
    owner_cursor.execute("DELETE FROM audit_sealedevent WHERE seal_id = %s", [second.pk])
    owner_cursor.execute("DELETE FROM audit_seal WHERE id = %s", [second.pk])
    sentences = [fault.sentence for fault in verify_record().faults]
    assert "block 2 is missing before it" in sentences
    assert "it does not continue the head of the block before" in sentences


@pytest.mark.django_db
def test_the_command_says_what_it_checked(capsys):
    some_events()
    seal_events(sealed_at=NOW)
    call_command("verify_record")
    out = capsys.readouterr().out
    assert str(Event.objects.count()) in out
    assert Seal.objects.get().head in out


@pytest.mark.django_db(transaction=True)
def test_an_event_of_another_transaction_does_not_cover_an_act():
    """The guard asks for an event of the very transaction that acts."""
    some_events()
    person = factories.user("legal")
    with pytest.raises(IntegrityError, match="without an audit event"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO contracts_legalentity (code, name, country, vat_id, functional_currency, street,"
                " postal_code, city, registration_id, series_code)"
                " VALUES ('x', 'X', 'DE', '', 'EUR', '', '', '', '', 'X')"
            )
    assert person.pk
