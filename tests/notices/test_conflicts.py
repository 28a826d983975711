"""Both owners of a conflict are told of it once, by the same outbox as breaches."""

from decimal import Decimal

import pytest

from audit.record import acting
from base import clock, jobs
from base.models import Job
from contracts import services
from contracts.models import Conflict
from notices import services as notices
from notices.models import Announcement, Notice
from notices.reading import due
from notices.smtp import content_of
from tests import factories
from tests.contracts.agreements import JUNE, level, master, objective, order_form

pytestmark = pytest.mark.django_db


def told() -> list[str]:
    """Carry out what waits, and say who is told."""
    for number, _ in jobs.waiting():
        jobs.run(number)
    return sorted(of_conflicts().values_list("recipient_address", flat=True))


def of_conflicts():
    """The owners are told of what is signed, too: that is not looked at here."""
    return Notice.objects.filter(announcement__kind="conflict")


def test_both_owners_are_told_once_however_often_it_is_looked_for():
    people = [factories.user("legal", email=f"{name}@example.com") for name in ("anna", "bert")]
    order_form(master(owner=people[0]), owner=people[1])
    assert told() == ["anna@example.com", "bert@example.com"]
    with acting(factories.job_user(), via="task"):
        services.find_conflicts(on=JUNE)
    assert told() == ["anna@example.com", "bert@example.com"]
    announcement = Announcement.objects.get(kind="conflict")
    assert notices.compose(announcement, composed_at=clock.now()) == []
    notice = of_conflicts().first()
    assert "- target: 99.5 against 99.9" in notice.text
    assert "no credit of either becomes final" in notice.text
    assert due(clock.now()).filter(announcement__kind="conflict").count() == 2
    assert content_of(notice) == content_of(Notice.objects.get(pk=notice.pk))


def test_where_a_side_has_no_owner_legal_is_told():
    owner = factories.user("customer_success", email="cs@example.com")
    factories.user("legal", email="legal@example.com")
    factories.signed_contract(level("99.95"), "C-1")
    objective(Decimal("99.9"), owner=owner)
    assert told() == ["cs@example.com", "legal@example.com"]
    assert "no miss of the objective" in of_conflicts().first().text


def test_a_leaver_is_not_told():
    leaver = factories.user("legal", email="gone@example.com")
    row = master(owner=leaver)
    leaver.is_active = False
    leaver.save()
    order_form(row, owner=factories.user("legal", email="here@example.com"))
    assert told() == ["here@example.com"]
    told_of = [str(one.pk) for one in Announcement.objects.filter(kind="conflict")]
    composed = Job.objects.filter(kind="notices.compose", key__in=told_of)
    assert Conflict.objects.count() == composed.count() == 1
