"""The page of scheduled statements asks the database as often for many schedules as for one."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.credits import world
from tests.credits.exports.test_schedules import schedule

pytestmark = pytest.mark.django_db
MOST = 20


def test_many_schedules_take_no_more_queries_than_one(settings):
    settings.AS_OF = date(2023, 9, 1)
    world.customer().issue()
    client = Client()
    client.force_login(factories.user("finance"))

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("pages:schedules")).status_code == 200
        return len(queries)

    schedule()
    asked()
    one = asked()
    for number in range(5):
        schedule(address=f"finance-{number}@example.com")
    assert asked() <= one <= MOST
