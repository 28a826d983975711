"""The documents of stored results and statements: what the database knows stands on their pages."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pikepdf.pdfa import validate_written
from pypdf import PdfReader

from credits import services
from credits.documents import evidence_pdf_of, evidence_value, explained, statement_pdf, statement_xlsx
from credits.errors import ResultAltered
from credits.evidence import evidence_file
from credits.models import Assessment
from credits.statement_documents import is_provisional
from credits.statement_files import to_csv, to_json
from credits.statements import Statement, statement
from measurements import services as measuring
from tests import factories
from tests.credits import world
from verifier.verify import verify

pytestmark = pytest.mark.django_db
APR, MAY, JUL = date(2023, 4, 1), date(2023, 5, 1), date(2023, 7, 1)


def text_of(pdf: bytes) -> str:
    assert validate_written(io.BytesIO(pdf), "3b").passed
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def with_maintenance() -> world.World:
    """The customer's hour of outage, half of it in approved maintenance."""
    told = world.customer()
    with world.as_("customer_success"):
        excluded = measuring.propose_exclusion(
            contract=told.contract,
            service=told.commitment.service,
            kind="planned_maintenance",
            start=datetime(2023, 3, 10, 12, tzinfo=UTC),
            end=datetime(2023, 3, 10, 12, 30, tzinfo=UTC),
            announced_at=datetime(2023, 3, 1, tzinfo=UTC),
            evidence="mail of 1 March",
            proposed_at=datetime(2023, 4, 2, tzinfo=UTC),
        )
    with world.as_("legal"):
        measuring.decide_exclusion(
            exclusion=excluded,
            verdict="approved",
            reason="announced in time",
            decided_at=datetime(2023, 4, 3, tzinfo=UTC),
        )
    return told


def test_the_evidence_of_an_issued_credit_names_who_did_what_and_where_its_rows_came_from() -> None:
    told = world.customer()
    result = told.issue().assessment
    pdf = evidence_pdf_of(result)
    text = text_of(pdf)
    assert "PROVISIONAL" not in text
    for part in (
        "The promise was not kept: the level was 99.865410 %, and at least 99.9 % was promised.",
        "The credit is EUR 1,000.00.",
        "2023-03-01 00:00 to 2023-04-01 00:00 (excluded), Europe/Berlin",
        "Claim: Claimed by the customer",
        "Credit memo over EUR 1,000.00: approved",
        "SC-us-00001",
        "incidents 2023-04-02.csv",
        "Invoices: lines I-1-1",
        result.result_sha256,
        result.inputs_sha256,
    ):
        assert part in text, part
    assert verify(pdf).difference is None
    assert evidence_value(result).data == evidence_file(result)


def test_the_same_stored_result_gives_the_same_document_until_something_is_decided() -> None:
    told = world.customer()
    memo = told.propose()
    first = evidence_pdf_of(memo.assessment)
    assert evidence_pdf_of(Assessment.objects.get(pk=memo.assessment_id)) == first
    with world.as_("finance_approver"):
        services.approve_memo(memo, taken_on=date(2023, 4, 10))
    later = evidence_pdf_of(memo.assessment)
    assert later != first
    assert verify(later).sha256 == verify(first).sha256


def test_a_result_that_is_not_final_is_marked_and_a_letter_page_is_one() -> None:
    pdf = evidence_pdf_of(world.customer().assess(), "Letter")
    assert "PROVISIONAL" in text_of(pdf)
    assert round(PdfReader(io.BytesIO(pdf)).pages[0].mediabox.width) == 612


def test_a_vendors_days_are_listed_and_its_quiet_days_are_counted() -> None:
    text = text_of(evidence_pdf_of(world.vendor().finalise()))
    assert "On 86 further days it reported none" in text
    assert "3,240 s major" in text
    assert "seconds.csv" in text


def test_an_exclusion_shows_what_it_takes_away_and_who_approved_it() -> None:
    result = with_maintenance().finalise()
    told = explained(result)
    [step] = [one for one in told.steps() if one.kind == "less" and one.unit == "s"]
    assert (step.label, step.value, step.shown) == ("Planned maintenance", 1800, "30 min")
    assert step.note == "removes EUR 1,000.00"
    text = text_of(evidence_pdf_of(result))
    assert "removes EUR 1,000.00" in text
    assert "announced in time" in text
    assert "excluded time: counted_as_up" in text


def test_a_waterfall_adds_up() -> None:
    for result in (with_maintenance().finalise(), world.vendor().finalise()):
        ends: dict[str, Any] = {}
        for step in explained(result).steps():
            if step.kind == "total" and step.unit in ends and step.unit == "s":
                assert ends[step.unit] == step.value
            sign = {"total": 0, "less": -1, "more": 1, "fact": 0}[step.kind]
            ends[step.unit] = (
                step.value if step.kind == "total" else ends.get(step.unit, 0) + sign * step.value
            )


def test_a_result_whose_stored_inputs_were_changed_is_not_shown() -> None:
    result = world.customer().finalise()
    result.inputs["intervals"][0]["end"] = "2023-03-10T12:01:00Z"
    with pytest.raises(ResultAltered, match="nothing is shown"):
        evidence_pdf_of(result)


def test_the_number_of_queries_does_not_grow_with_the_outages() -> None:
    def queries(*incidents: str, reference: str) -> int:
        result = world.customer(*incidents, reference=reference, fee=None).assess()
        fresh = Assessment.objects.get(pk=result.pk)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            evidence_pdf_of(fresh)
        return len(seen)

    many = [
        f"i-{at},2023-03-{at:02d}T12:00:00Z,2023-03-{at:02d}T12:10:00Z,major,platform,x"
        for at in range(1, 29)
    ]
    assert queries(many[0], reference="C-1") == queries(*many, reference="C-2")


def test_the_command_writes_the_document_where_the_name_asks_for_one(tmp_path: Path) -> None:
    result = world.customer().assess()
    call_command("evidence", result.pk, "--output", str(tmp_path / "e.pdf"), "--page-size", "Letter")
    assert (tmp_path / "e.pdf").read_bytes() == evidence_pdf_of(result, "Letter")


# Statements ----------------------------------------------------------------------------------------------


def of(told: world.World, until: date = MAY) -> Statement:
    contract = told.contract
    return statement(contract.counterparty, contract.legal_entity, from_on=APR, until_on=until)


def busy() -> Statement:
    """A statement with an opening, movements of several accounts and a credit that is not posted."""
    vendor = world.vendor()
    claim = vendor.send()
    with world.as_("vendor_manager"):
        services.acknowledge_claim(claim, taken_on=date(2023, 5, 2), amount=Decimal("500.00"))
    return of(vendor, JUL)


def test_all_four_forms_have_the_same_totals_parameters_and_rows() -> None:
    customer = world.customer()
    customer.issue()
    for value in (busy(), of(customer)):
        told = json.loads(to_json(value))
        totals = {(one["account"], one["currency"]): Decimal(one["movements"]) for one in told["balances"]}
        given, control = told["parameters"], told["control"]

        rows = list(csv.DictReader(io.StringIO(to_csv(value).decode())))
        assert {
            (row["account"], row["currency"]): Decimal(row["amount"])
            for row in rows
            if row["kind"] == "total of movements"
        } == totals
        assert sum(row["kind"] in ("movement", "not posted") for row in rows) == control["row_count"]

        book = openpyxl.load_workbook(io.BytesIO(statement_xlsx(value)))
        names = [cell.value for cell in book["Statement"][1]]
        sheet = [
            dict(zip(names, row, strict=True))
            for row in book["Statement"].iter_rows(min_row=2, values_only=True)
        ]
        assert {
            (row["account"], row["currency"]): Decimal(repr(row["amount"]))
            for row in sheet
            if row["kind"] == "total of movements"
        } == totals
        assert sum(row["kind"] in ("movement", "not posted") for row in sheet) == control["row_count"]
        parameters = dict(book["Parameters"].iter_rows(min_row=2, values_only=True))
        assert {name: parameters[name] for name in given} == given
        assert parameters["row_count"] == control["row_count"]

        text = text_of(statement_pdf(value))
        for amount in totals.values():
            assert f"{amount:,.2f}" in text
        for part in (*given.values(), f"Rows {control['row_count']}"):
            assert part in text, part


def test_a_workbook_has_typed_cells_a_frozen_header_and_totals_at_its_end() -> None:
    value = busy()
    content = statement_xlsx(value)
    assert statement_xlsx(value) == content
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Statement"]
    names = {cell.value: at for at, cell in enumerate(sheet[1])}
    assert sheet.freeze_panes == "A2"
    movements = [row for row in sheet.iter_rows(min_row=2) if row[0].value == "movement"]
    assert movements
    for row in movements:
        amount, day = row[names["amount"]], row[names["effective_on"]]
        assert amount.data_type == "n"
        assert amount.number_format == "#,##0.00"
        assert isinstance(day.value, datetime)
        assert day.number_format == "yyyy-mm-dd"
    assert sheet.cell(sheet.max_row, 1).font.bold
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_text_that_begins_like_a_formula_stays_text_in_a_workbook() -> None:
    from base.xlsx import Money, Sheet, workbook

    content = workbook(
        [
            Sheet(
                "S",
                [("a", 10), ("b", 10)],
                [("=1+1", Money(Decimal("12345678901234567.89"), 2)), ("@x", Decimal("1.5"))],
            )
        ],
        title="t",
        author="a",
        created=datetime(2023, 4, 1, tzinfo=UTC),
        parameters=[("p", "-1")],
    )
    book = openpyxl.load_workbook(io.BytesIO(content))
    first = book["S"]["A2"]
    assert (first.value, first.data_type, first.quotePrefix) == ("=1+1", "s", True)
    # More digits than a sheet's number has: kept as text rather than changed.
    assert book["S"]["B2"].value == "12345678901234567.89"
    assert book["S"]["B3"].value == 1.5
    assert book["Parameters"]["B2"].quotePrefix


def test_a_statement_with_a_provisional_row_is_marked_and_one_without_is_not() -> None:
    customer = world.customer()
    customer.assess(datetime(2023, 4, 2, 7, tzinfo=UTC))
    contract = customer.contract
    march = statement(contract.counterparty, contract.legal_entity, from_on=date(2023, 3, 1), until_on=APR)
    assert is_provisional(march)
    assert "PROVISIONAL" in text_of(statement_pdf(march, "Letter"))
    customer.issue()
    assert "PROVISIONAL" not in text_of(statement_pdf(of(customer)))


def test_a_statement_carries_its_data_and_is_the_same_twice() -> None:
    value = busy()
    pdf = statement_pdf(value)
    assert pdf == statement_pdf(value)
    assert PdfReader(io.BytesIO(pdf)).attachments["statement.json"] == [to_json(value)]


def test_the_command_writes_every_form(tmp_path: Path) -> None:
    customer = world.customer()
    customer.issue()
    code = customer.contract.counterparty.code
    for form in ("pdf", "xlsx"):
        call_command("statement", code, "2023-04", "--format", form, "--output", str(tmp_path / form))
    assert (tmp_path / "pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "xlsx").read_bytes().startswith(b"PK")


def test_names_of_other_scripts_stand_on_a_statement() -> None:
    party = factories.counterparty("jp", name="株式会社日本 شركة")
    us = factories.entity()
    value = statement(party, us, from_on=APR, until_on=MAY)
    assert "株式会社日本" in text_of(statement_pdf(value))
