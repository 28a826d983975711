"""docs/vendors.md and the room say the same."""

import re
from pathlib import Path

import pytest
from django.db import connection

from vendors.comparing import CAUSE_WORDS, Cause
from vendors.errors import BY_CONSTRAINT

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "vendors.md").read_text()


def test_every_cause_is_described_in_its_order():
    described = re.findall(r"^\| `([a-z_]+)` \| [a-z]", PAGE.split("first of these causes")[1], re.MULTILINE)
    assert described == list(Cause)
    assert set(CAUSE_WORDS) == set(Cause)


def test_every_constraint_that_is_described_has_its_named_error():
    described = set(re.findall(r"`(vendors_[a-z_]+)`", PAGE))
    assert described
    assert described <= set(BY_CONSTRAINT)


@pytest.mark.django_db
def test_every_constraint_with_a_named_error_is_in_the_database():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes UNION "
            "SELECT match[1] FROM pg_proc, regexp_matches(prosrc, '''(vendors_[a-z_]+)''', 'g') AS match"
        )
        there = {name for (name,) in cursor.fetchall()}
    assert set(BY_CONSTRAINT) <= there
