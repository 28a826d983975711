"""Exports over the API: batches, their lines, and files byte for byte."""

import pytest

from tests.api.client import api
from tests.credits import world
from tests.credits.exports import ledgers

pytestmark = pytest.mark.django_db


def test_a_batch_is_listed_with_its_files_and_a_single_one_with_its_lines():
    world.customer().issue()
    batch = ledgers.export("journal_csv")
    asked = api("finance")
    [row] = asked.rows("export-batches/")
    assert (row["name"], row["totals"]) == ("us-journal_csv-0001", {"EUR": "1000.00"})
    assert "lines" not in row
    one = asked.get(f"export-batches/{batch.pk}/").json()
    assert [line["external_id"] for line in one["lines"]] == ["SC-us-00001/issue"]
    [file] = one["files"]
    answer = asked.get("export-files/", batch=batch.pk, name=file["name"])
    assert answer.content == ledgers.contents(batch)[0]
    assert asked.get("export-files/", batch=batch.pk, name="other").status_code == 404
    assert asked.get("export-files/", batch="x", name="other").status_code == 400
    assert asked.rows("export-batches/", target="datev") == []


@pytest.mark.parametrize(("role", "status"), [("auditor", 200), ("legal", 403), ("vendor_manager", 403)])
def test_files_go_to_whom_they_should(role, status):
    world.customer().issue()
    batch = ledgers.export("journal_csv")
    name = batch.files.get().name
    assert api(role).get("export-files/", batch=batch.pk, name=name).status_code == status
