"""The pages of exports: what they cost, what they hand out, and that they act for finance only."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from credits.exports.models import ExportBatch, ExportProfile
from credits.exports.reading import reconcile
from tests import factories
from tests.admin.forms import log_in
from tests.credits import world
from tests.credits.exports import ledgers

pytestmark = pytest.mark.django_db
YEAR = {"legal_entity": "us", "from_on": "2023-01-01", "until_on": "2024-01-01"}


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.AS_OF = date(2023, 5, 15)


def made(client, target: str = "journal_csv"):
    return client.post(reverse("pages:export_make"), YEAR | {"target": target}, follow=True)


def said(answer) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def upload(content: bytes, name: str = "report.csv") -> dict:
    return {"report": SimpleUploadedFile(name, content, "text/csv")}


def test_finance_exports_fetches_and_loads_the_answer():
    world.customer().issue()
    client = log_in(factories.user("finance"))
    answer = made(client)
    assert "was exported: 1 of it" in said(answer)
    batch = ExportBatch.objects.get()
    file = batch.files.get()
    got = client.get(reverse("pages:export_file", args=[batch.pk, file.name]))
    assert got.content == bytes(file.content)
    assert got["Content-Disposition"] == f'attachment; filename="{file.name}"'
    assert "exported already" in said(made(client))
    template = client.get(reverse("pages:export_file", args=[batch.pk, "report.csv"])).content
    answer = client.post(reverse("pages:export_report", args=[batch.pk]), upload(template), follow=True)
    assert "Everything was taken" in said(answer)
    assert "reconciles to zero" in answer.content.decode()
    assert reconcile(batch).is_zero


def test_what_the_other_side_rejected_is_shown_and_exported_again():
    world.customer().issue()
    client = log_in(factories.user("finance"))
    made(client)
    batch = ExportBatch.objects.get()
    rejected = b"external_id,outcome,amount,currency,reason\nSC-us-00001/issue,rejected,,,no such account\n"
    address = reverse("pages:export_report", args=[batch.pk])
    answer = client.post(address, upload(rejected), follow=True)
    assert "leaves something open" in said(answer)
    assert "no such account" in answer.content.decode()
    answer = client.post(
        reverse("pages:export_again", args=[batch.pk]), {"reason": "it exists now"}, follow=True
    )
    assert "under the same ids" in said(answer)
    assert ExportBatch.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"nonsense", "header"),
        (b"external_id,outcome,amount,currency\nx,accepted,1.00,EUR\n", "no external id"),
    ],
)
def test_a_report_that_cannot_be_read_is_refused_in_words(content, words):
    world.customer().issue()
    client = log_in(factories.user("finance"))
    made(client)
    batch = ExportBatch.objects.get()
    answer = client.post(reverse("pages:export_report", args=[batch.pk]), upload(content), follow=True)
    assert "nothing was kept" in said(answer)
    assert words in said(answer).lower()
    assert not batch.reports.exists()


def test_nothing_to_export_is_said_in_words():
    factories.entity()
    assert "nothing is effective in it" in said(made(log_in(factories.user("finance")))).lower()


def test_a_profile_is_set_with_a_reason_and_refused_in_words():
    factories.entity()
    client = log_in(factories.user("finance"))
    address = reverse("pages:export_profile", args=["us", "datev"])
    given = {"option-client": "42", "account-clearing": "1360", "reason": "as the accountant wrote"}
    more = {"more_for": "payable_to_customers:customer", "more_account": "17000"}
    assert "Set." in said(client.post(address, given | more, follow=True))
    profile = ExportProfile.objects.get()
    assert profile.options == {"client": "42"}
    assert profile.accounts == {"clearing": "1360", "payable_to_customers:customer": "17000"}
    assert "17000" in client.get(address).content.decode()
    assert "Refused" in said(client.post(address, given | {"option-client": "x"}, follow=True))
    assert ExportProfile.objects.count() == 1


@pytest.mark.parametrize("role", ["finance_approver", "auditor"])
def test_others_of_the_books_look_and_do_nothing(role):
    world.customer().issue()
    batch = ledgers.export("journal_csv")
    client = log_in(factories.user(role))
    assert client.get(reverse("pages:export", args=[batch.pk])).status_code == 200
    for name, args in (("export_make", []), ("export_report", [batch.pk]), ("export_again", [batch.pk])):
        assert client.post(reverse(f"pages:{name}", args=args), YEAR | {"target": "datev"}).status_code == 403
    address = reverse("pages:export_profile", args=["us", "datev"])
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": "x"}).status_code == 403


def test_the_pages_cost_the_same_with_many_lines_and_batches():
    client = log_in(factories.user("finance"))
    world.customer().issue()
    first = ledgers.export("journal_csv")
    ledgers.export("hledger")

    def costs(batch):
        found = []
        addresses = (
            reverse("pages:exports"),
            reverse("pages:export", args=[batch.pk]),
            reverse("pages:export_profile", args=["us", "datev"]),
            reverse("pages:export_file", args=[batch.pk, "report.csv"]),
        )
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            found.append(len(captured))
        return found

    few = costs(first)
    ledgers.random_year(7, entries=30)
    second = ledgers.export("journal_csv")
    ledgers.export("beancount")
    assert costs(second) == few
    assert max(few) <= 16
