"""Portfolios on the pages: an example to fill in, a file that is taken, confirmed and written, and its faults."""

import csv
import io
import random
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts import services
from contracts.models import ContractVersion, PortfolioImport
from tests import factories
from tests.contracts.test_gallery import GOLD
from tests.contracts.test_portfolio import row, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """Somebody of legal, in a world with a template."""
    for code in ("api", "web"):
        factories.service(code)
    factories.entity()
    factories.counterparty()
    with factories.legal():
        services.create_template(slug="gold", document=GOLD, reason="ours", created_on=date(2026, 1, 1))
    found = Client()
    found.force_login(factories.user("legal", name="lena"))
    return found


def file_of(*rows: dict[str, str], name: str = "portfolio.csv") -> SimpleUploadedFile:
    text = io.StringIO()
    out = csv.DictWriter(text, list(rows[0]))
    out.writeheader()
    out.writerows(rows)
    return SimpleUploadedFile(name, text.getvalue().encode())


def test_the_example_is_taken_as_it_is_once_its_codes_are_there(client: Client) -> None:
    answer = client.get(reverse("pages:portfolio_example"), {"template": "gold"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["Contracts", "Explanations", "Parameters"]
    names = [cell.value for cell in book["Contracts"][1]]
    assert names[-2:] == ["param:target", "param:services"]
    explained = {line[0].value: line[2].value for line in book["Explanations"].iter_rows(min_row=2)}
    assert set(names) <= set(explained)
    factories.entity("example-software")
    factories.service("to-be-filled-in")
    sheet = book["Contracts"]
    sheet.cell(2, names.index("services") + 1).value = None
    out = io.BytesIO()
    book.save(out)
    sent: Any = client.post(
        reverse("pages:portfolios"), {"file": SimpleUploadedFile("p.xlsx", out.getvalue())}
    )
    work()
    [only] = PortfolioImport.objects.get().rows.all()
    assert (only.state, only.faults) == ("good", []), sent


def test_a_file_is_looked_at_confirmed_and_written(client: Client) -> None:
    sent: Any = client.post(
        reverse("pages:portfolios"), {"file": file_of(row(1), row(2), row(3, currency="eur"), name="p.csv")}
    )
    address = reverse("pages:portfolio", args=[PortfolioImport.objects.get().pk])
    assert sent.url == address
    assert "looking: 0 of 3" in client.get(address).content.decode()
    work()
    html = client.get(address).content.decode()
    assert "Write 2 contracts" in html
    assert "1 row with faults will be left out" in html
    assert "&#x27;eur&#x27; is no currency" in html
    assert ContractVersion.objects.count() == 0
    client.post(reverse("pages:portfolio_confirm", args=[PortfolioImport.objects.get().pk]))
    work()
    html = client.get(address).content.decode()
    assert "written, but for rows with faults" in html
    assert "P-1 v1" in html
    assert ContractVersion.objects.filter(state="draft").count() == 2
    faults = client.get(
        reverse("pages:portfolio_faults", args=[PortfolioImport.objects.get().pk])
    ).content.decode()
    assert "4,P-3,currency,'eur' is no currency" in faults.replace("''", "'")
    assert "waits" not in client.get(reverse("pages:portfolios")).content.decode()


def test_what_cannot_be_read_is_told_and_not_taken(client: Client) -> None:
    address = reverse("pages:portfolios")
    html = client.post(address, {"file": SimpleUploadedFile("p.xlsx", b"PK no workbook")}).content.decode()
    assert "cannot be read as XLSX" in html
    html = client.post(address, {"file": file_of({"reference": "x", "colour": "red"})}).content.decode()
    assert "<code>colour</code>: is no column of a portfolio" in html
    book = openpyxl.Workbook()
    book.active.append(["reference"])
    book.active.append(["=1+1"])
    out = io.BytesIO()
    book.save(out)
    html = client.post(address, {"file": SimpleUploadedFile("p.xlsx", out.getvalue())}).content.decode()
    assert "holds a formula; paste its value" in html
    # What a small file could unpack to is not unpacked.
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/more.xml", random.Random(1).randbytes(20_000) * 800)
    assert len(out.getvalue()) < 1_000_000
    html = client.post(address, {"file": SimpleUploadedFile("p.xlsx", out.getvalue())}).content.decode()
    assert "that is no plain table" in html
    assert not PortfolioImport.objects.exists()


def test_an_auditor_looks_and_takes_nothing(client: Client) -> None:
    client.post(reverse("pages:portfolios"), {"file": file_of(row(1))})
    work()
    portfolio = PortfolioImport.objects.get()
    auditor = Client()
    auditor.force_login(factories.user("auditor"))
    html = auditor.get(reverse("pages:portfolio", args=[portfolio.pk])).content.decode()
    assert "Write 1 contract" not in html
    assert auditor.post(reverse("pages:portfolios"), {"file": file_of(row(2))}).status_code == 403
    assert auditor.post(reverse("pages:portfolio_confirm", args=[portfolio.pk])).status_code == 403


def test_the_pages_ask_the_same_for_many_rows(client: Client) -> None:
    counts = []
    for number in (1, 30):
        rows = [row(100 * number + one) for one in range(number)]
        client.post(reverse("pages:portfolios"), {"file": file_of(*rows, name=f"{number}.csv")})
        work()
        address = reverse("pages:portfolio", args=[PortfolioImport.objects.order_by("-pk")[0].pk])
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 10
