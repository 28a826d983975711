"""A text that was changed round the application is not edited: the page says so, whatever the version's state."""

import json

import pytest

from contracts.models import ContractVersion
from tests import factories
from tests.admin.forms import log_in, page


@pytest.fixture(params=["draft", "signed"])
def altered(request, owner_cursor):
    version = factories.draft()
    if request.param == "signed":
        version = factories.sign(version)
    terms = json.loads(json.dumps(version.terms))
    terms["commitments"][0]["target_percent"] = "12"
    owner_cursor.execute("ALTER TABLE contracts_contractversion DISABLE TRIGGER USER")
    owner_cursor.execute(
        "UPDATE contracts_contractversion SET terms = %s WHERE id = %s", [json.dumps(terms), version.pk]
    )
    owner_cursor.execute("ALTER TABLE contracts_contractversion ENABLE TRIGGER USER")
    return ContractVersion.objects.get(pk=version.pk)


def test_the_page_shows_an_alarm_and_no_form(altered):
    answer = log_in(factories.user("legal")).get(page("contracts.contractversion", "change", altered.pk))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "the stored text was changed round the application" in text
    assert 'id="terms-fields"' not in text
    assert "12 %" not in text
