"""Two people save the same draft at the same instant: one of them is told, whichever was first."""

from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from audit.record import acting
from contracts import services
from contracts.errors import ChangedMeanwhile
from contracts.models import ContractVersion, WorkingCopy, WorkingStep
from contracts.terms_form import working
from contracts.terms_form.edits import apply_edits
from contracts.terms_form.page import SHAPE
from contracts.terms_form.values import shown
from tests import factories

TEN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def race(version: ContractVersion, expected: str | None) -> list[Any]:
    """What became of two saves that begin together from the same text."""
    start, said = Barrier(2), []

    def save(name: str) -> None:
        try:
            mine = ContractVersion.objects.get(pk=version.pk)
            person = factories.user("legal", name=name)
            start.wait(10)
            with acting(person, via="admin"):
                services.edit_draft(mine, factories.terms(title=name), expected_sha256=expected)
            said.append(name)
        except ChangedMeanwhile as error:
            said.append(error)
        finally:
            connection.close()

    threads = [Thread(target=save, args=(name,)) for name in ("lena", "leo")]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return said


def test_two_windows_of_one_person_that_begin_at_once_keep_both_changes():
    version, lena = factories.draft(), factories.user("legal", name="lena")
    before, start, failed = shown(SHAPE, version.terms), Barrier(2), []

    def type_in(title: str) -> None:
        try:
            changed = apply_edits(SHAPE, before, [("title", title)])
            start.wait(10)
            working.keep(
                working.Where(lena, version, None),
                SHAPE,
                changed,
                lambda: before,
                base_sha256="",
                at=TEN,
                did=title,
            )
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=type_in, args=(title,)) for title in ("One", "Other")]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert failed == []
    assert WorkingCopy.objects.get().at == 2
    assert {one.did for one in WorkingStep.objects.all()} == {"", "One", "Other"}


def test_of_two_saves_from_one_text_the_second_is_refused():
    version = factories.draft()
    said = race(version, version.terms_sha256)
    assert sorted(type(one).__name__ for one in said) == ["ChangedMeanwhile", "str"]
    version.refresh_from_db()
    [kept] = [one for one in said if isinstance(one, str)]
    assert version.terms["title"] == kept


def test_without_the_hash_that_was_seen_one_of_them_would_be_lost_without_a_word():
    """The negative control: the same race, and nobody is told."""
    version = factories.draft()
    assert sorted(race(version, None)) == ["lena", "leo"]
