"""Who may enter, who has which role, and how changes of people get on record."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from audit.models import Event
from audit.record import NoActor, acting
from base.access import require_person, require_role
from base.errors import NotAllowed
from base.models import ROLES, User
from tests import factories
from tests.admin.forms import log_in, page

pytestmark = pytest.mark.django_db


def someone(**values) -> User:
    person = User(username="someone", **values)
    person.set_password(factories.PASSWORD)
    person.save()
    return person


def enters() -> bool:
    return authenticate(username="someone", password=factories.PASSWORD) is not None


@pytest.mark.parametrize(
    ("day", "allowed"),
    [
        (date(2025, 6, 30), False),
        (date(2025, 7, 1), True),
        (date(2025, 7, 31), True),
        (date(2025, 8, 1), False),
    ],
)
def test_a_time_boxed_login_enters_on_its_days_only(day, allowed):
    someone(kind="auditor", access_from_on=date(2025, 7, 1), access_until_on=date(2025, 7, 31))
    with time_machine.travel(
        datetime(day.year, day.month, day.day, 23, 59, tzinfo=ZoneInfo("UTC")), tick=False
    ):
        assert enters() is allowed


def test_an_open_session_ends_with_the_box():
    someone(kind="auditor", is_staff=True, access_until_on=date(2025, 7, 31))
    client = Client()
    with time_machine.travel("2025-07-31T23:00Z", tick=False):
        assert client.login(username="someone", password=factories.PASSWORD)
        assert client.get("/admin/").status_code == 200
    with time_machine.travel("2025-08-01T00:00Z", tick=False):
        assert client.get("/admin/").status_code == 302


def test_a_scheduled_job_never_logs_in():
    someone(kind="job")
    assert not enters()


def test_somebody_made_inactive_does_not_enter():
    someone(is_active=False)
    assert not enters()


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}])
def test_a_job_is_never_staff(rights):
    with pytest.raises(IntegrityError, match="base_user_job_never_staff"), transaction.atomic():
        someone(kind="job", **rights)


def test_every_role_is_a_group():
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


def test_a_role_is_asked_of_the_actor():
    person = factories.user("legal")
    with acting(person, via="page"):
        assert require_role("finance", "legal") == person
        with pytest.raises(NotAllowed, match="does not have the role finance or finance approver"):
            require_role("finance", "finance_approver")
    with pytest.raises(NoActor):
        require_role("legal")


def test_a_superuser_has_no_role():
    with acting(factories.user(is_superuser=True), via="page"), pytest.raises(NotAllowed):
        require_role(*ROLES)


def test_a_job_is_no_person():
    with acting(factories.job_user(), via="task"), pytest.raises(NotAllowed, match="scheduled job"):
        require_person()


def test_a_role_that_does_not_exist_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="no such role: lawyer"):
        require_role("lawyer")


# On record ---------------------------------------------------------------------------------------------------


def last() -> Event:
    return Event.objects.latest("pk")


def test_a_new_user_is_on_record():
    administrator = factories.user("administrator")
    with acting(administrator, via="admin", reason="joined today"):
        made = someone(first_name="Some", last_name="One")
    event = last()
    assert (event.verb, event.subject_id, event.actor) == ("user.create", str(made.pk), administrator)
    assert (event.reason, event.after["first_name"]) == ("joined today", "Some")


def test_the_first_superuser_stands_for_themself():
    call_command("createsuperuser", interactive=False, username="root", email="root@example.org")
    event = last()
    assert (event.verb, event.actor_name, event.via) == ("user.create", "root", "command")
    assert event.after["is_superuser"] is True


def test_a_changed_time_box_is_on_record_before_and_after():
    person = someone()
    with acting(factories.user("administrator"), via="admin"):
        person.access_until_on = date(2025, 7, 31)
        person.save()
    assert (last().before, last().after) == ({"access_until_on": None}, {"access_until_on": "2025-07-31"})


def test_a_changed_password_is_on_record_but_not_what_it_is():
    person = someone()
    person.set_password("another one, and a long one")
    person.save()
    assert last().verb == "user.change_password"
    assert (last().before, last().after) == (None, None)


def test_logging_in_changes_nothing_worth_recording():
    someone()
    count = Event.objects.count()
    assert Client().login(username="someone", password=factories.PASSWORD)
    assert Event.objects.count() == count


@pytest.mark.parametrize("from_the_other_side", [False, True])
def test_roles_given_and_taken_are_on_record_and_count_at_once(from_the_other_side):
    person, legal = someone(), Group.objects.get(name="legal")
    assert not person.has_role("legal")
    with acting(factories.user("administrator"), via="admin"):
        if from_the_other_side:
            legal.user_set.add(person)
        else:
            person.groups.add(legal)
        assert (last().verb, last().after) == ("user.roles", {"given": ["legal"]})
        if from_the_other_side:
            legal.user_set.remove(person)
        else:
            person.groups.remove(legal)
    assert (last().verb, last().after) == ("user.roles", {"taken": ["legal"]})
    assert not User.objects.get(pk=person.pk).has_role("legal")


def test_an_administrator_gives_roles_in_the_admin_but_not_to_themself():
    administrator, person = factories.user("administrator", name="ada"), someone()
    legal = Group.objects.get(name="legal")
    client = log_in(administrator)
    fields = {"username": "someone", "kind": "staff", "is_active": "on", "groups": [legal.pk]}
    assert client.post(page("base.user", "change", person.pk), fields).status_code == 302
    assert person.groups.get() == legal
    assert (last().verb, last().actor_name, last().via) == ("user.roles", "ada", "admin")

    fields = {"username": "ada", "groups": [legal.pk]}
    assert client.post(page("base.user", "change", administrator.pk), fields).status_code == 302
    assert set(administrator.groups.values_list("name", flat=True)) == {"administrator"}


def test_nobody_becomes_a_superuser_in_the_admin():
    administrator, person = factories.user("administrator"), someone()
    fields = {"username": "someone", "kind": "staff", "is_active": "on", "is_superuser": "on"}
    log_in(administrator).post(page("base.user", "change", person.pk), fields)
    person.refresh_from_db()
    assert not person.is_superuser
