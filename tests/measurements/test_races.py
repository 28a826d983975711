"""Imports at once, and the control that shows that the lock is what keeps them apart."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import IntegrityError, connection

from audit.models import Event
from audit.record import acting
from measurements import importing
from measurements.models import Payload, SecondsObservation, Source

DAY = "Actions,2023-04-01,60,30,\n"


def at_once(times: int, importer, send) -> list[object]:
    """The payloads' numbers, or the names of the errors, of sends that begin together."""
    start = Barrier(times)

    def one(_: int) -> object:
        try:
            with acting(importer, via="command"):
                start.wait(timeout=20)
                return send(DAY).pk
        except IntegrityError as error:
            return error.__cause__.diag.constraint_name
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_the_same_file_sent_by_four_at_once_is_kept_once(transactional_db, importer, import_seconds):
    numbers = at_once(4, importer, import_seconds)
    assert len(set(numbers)) == 1
    assert (Payload.objects.count(), SecondsObservation.objects.count()) == (1, 1)
    assert Event.objects.filter(verb="payload.import").count() == 1


def test_without_the_lock_the_second_sender_meets_the_database_instead(
    transactional_db, importer, import_seconds, monkeypatch
):
    both_looked = Barrier(2)
    monkeypatch.setattr(type(Source.objects.all()), "select_for_update", lambda rows, *args, **given: rows)
    monkeypatch.setattr(importing, "_check_knowledge_grows", lambda *args: both_looked.wait(timeout=20))
    results = at_once(2, importer, import_seconds)
    assert "measurements_payload_once" in results
    assert (Payload.objects.count(), SecondsObservation.objects.count()) == (1, 1)
