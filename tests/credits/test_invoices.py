"""Invoices as the fee base: imported whole or not at all."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.models import Event
from base.csvio import ImportRefused
from base.errors import Conflict, NotAllowed
from credits.invoices.fees import fee_for
from credits.invoices.models import Invoice, InvoiceFile, InvoiceLine
from credits.invoices.services import import_invoices_csv, preview_invoices_csv
from tests import factories
from tests.credits import world
from tests.credits.world import INVOICES

pytestmark = pytest.mark.django_db
GOOD = (
    "I-1,C-1,2023-04-01,EUR,I-1-1,platform,2023-03-01,2023-04-01,10000.00,S,19,the platform",
    "I-1,C-1,2023-04-01,EUR,I-1-2,platform,2023-03-01,2023-04-01,250.50,AE,0,",
    "I-2,C-1,2023-05-01,EUR,I-2-1,platform,2023-04-01,2023-05-01,10000.00,S,19,",
)


def content(*rows: str) -> bytes:
    return (INVOICES + "".join(f"{row}\n" for row in rows)).encode()


@pytest.fixture(autouse=True)
def _contract() -> None:
    factories.signed_contract(factories.terms(), reference="C-1")


def refused(*rows: str) -> list[tuple[int, str, str]]:
    """The faults of a file, of which nothing is kept; the preview says the same."""
    with world.as_("finance"):
        with pytest.raises(ImportRefused) as caught:
            import_invoices_csv(name="fees.csv", content=content(*rows))
        shown = preview_invoices_csv(name="fees.csv", content=content(*rows))
    assert list(shown.faults) == caught.value.faults
    assert not InvoiceFile.objects.exists()
    assert not Invoice.objects.exists()
    return [tuple(fault) for fault in caught.value.faults]


def test_a_file_is_kept_byte_for_byte_with_its_invoices_and_lines():
    with world.as_("finance"):
        shown = preview_invoices_csv(name="fees.csv", content=content(*GOOD))
        assert not InvoiceFile.objects.exists()
        file = import_invoices_csv(name="fees.csv", content=content(*GOOD))
    assert (shown.row_count, shown.invoices, shown.lines, shown.fault_count) == (3, 2, 3, 0)
    assert bytes(InvoiceFile.objects.get().content) == content(*GOOD)
    assert file.row_count == 3
    assert [line.external_id for line in InvoiceLine.objects.all()] == ["I-1-1", "I-1-2", "I-2-1"]
    assert Event.objects.filter(verb="invoice_file.import").count() == 1


def test_the_same_file_again_adds_nothing_and_the_same_invoices_in_another_file_are_repeated():
    with world.as_("finance"):
        first = import_invoices_csv(name="fees.csv", content=content(*GOOD))
        assert import_invoices_csv(name="renamed.csv", content=content(*GOOD)) == first
        more = "I-3,C-1,2023-06-01,EUR,I-3-1,platform,2023-05-01,2023-06-01,10000.00,S,19,"
        import_invoices_csv(name="more.csv", content=content(*GOOD, more))
    assert (InvoiceFile.objects.count(), Invoice.objects.count(), InvoiceLine.objects.count()) == (2, 3, 4)


@pytest.mark.parametrize(
    "row",
    [
        GOOD[2].replace("10000.00", "10000.01"),
        GOOD[2].replace("2023-05-01,EUR", "2023-05-02,EUR"),
        GOOD[2].replace("I-2-1", "I-2-9"),
        GOOD[2].replace(",S,19", ",AE,0"),
    ],
)
def test_the_same_external_id_with_other_content_is_a_conflict(row: str):
    with world.as_("finance"):
        import_invoices_csv(name="fees.csv", content=content(*GOOD))
        with pytest.raises(Conflict, match="row 2"):
            import_invoices_csv(name="other.csv", content=content(row))
    assert InvoiceFile.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (GOOD[0].replace("C-1", "C-9"), "contract", "no contract"),
        (GOOD[0].replace("platform,2023", "nothing,2023"), "service", "no service"),
        (GOOD[0].replace("EUR", "USD"), "currency", "C-1 is in EUR"),
        (GOOD[0].replace("10000.00", "10000.001"), "net_amount", "EUR has 2 decimals"),
        (GOOD[0].replace("10000.00", "-1.00"), "net_amount", "formula"),
        (GOOD[0].replace("10000.00", "1e5"), "net_amount", "decimal"),
        (GOOD[0].replace("10000.00", ""), "net_amount", "is empty"),
        (GOOD[0].replace("2023-03-01,2023-04-01", "2023-04-01,2023-04-01"), "period_until", "is not after"),
        (GOOD[0].replace("2023-04-01,EUR", "2023-04-31,EUR"), "issued_on", "a day such as"),
        (GOOD[0].replace(",S,19", ",X,19"), "tax_category", "one of"),
        (GOOD[0].replace(",S,19", ",S,101"), "tax_percent", "0 to 100"),
        (GOOD[0].replace("the platform", "=1+1"), "description", "formula"),
        (GOOD[0].replace("the platform", "x" * 301), "description", "at most 300"),
    ],
)
def test_each_fault_has_its_row_its_column_and_its_reason(row: str, column: str, said: str):
    [(number, where, reason)] = refused(GOOD[2], row)
    assert (number, where) == (3, column)
    assert said in reason


def test_a_line_twice_and_an_invoice_that_contradicts_itself():
    assert refused(GOOD[0], GOOD[0])[0][:2] == (3, "line_id")
    assert refused(GOOD[0], GOOD[1].replace("2023-04-01,EUR", "2023-04-02,EUR"))[0][:2] == (3, "issued_on")


def test_noise_and_another_header():
    with world.as_("finance"):
        for noise in (b"", b"\0" * 100, b"\xff\xfe", b"a,b\n1,2\n", b"x" * 10_000_001):
            with pytest.raises(ImportRefused):
                import_invoices_csv(name="noise", content=noise)
    assert not InvoiceFile.objects.exists()


def test_only_finance_imports_invoices():
    for role in ("legal", "finance_approver", "vendor_manager", "auditor"):
        with world.as_(role), pytest.raises(NotAllowed):
            import_invoices_csv(name="fees.csv", content=content(*GOOD))


def test_a_fee_is_the_sum_of_the_lines_inside_the_window_in_its_zone():
    with world.as_("finance"):
        import_invoices_csv(name="fees.csv", content=content(*GOOD))
    contract, service = Invoice.objects.first().contract, factories.service()
    march = (datetime(2023, 2, 28, 23, tzinfo=UTC), datetime(2023, 3, 31, 22, tzinfo=UTC))
    fee = fee_for(contract, service, *march, "Europe/Berlin")
    assert (str(fee.amount), fee.currency, fee.lines) == ("10250.5", "EUR", ("I-1-1", "I-1-2"))
    assert fee_for(contract, service, *march, "UTC") is None  # 28 February of UTC is not covered
    may = (datetime(2023, 4, 30, 22, tzinfo=UTC), datetime(2023, 5, 31, 22, tzinfo=UTC))
    assert fee_for(contract, service, *may, "Europe/Berlin") is None


def test_a_service_that_began_within_the_window_needs_a_fee_from_its_first_day_only():
    began = factories.service("young", existed_from=datetime(2023, 3, 20, 22, tzinfo=UTC))
    row = "I-9,C-1,2023-04-01,EUR,I-9-1,young,2023-03-20,2023-04-01,10.00,S,19,"
    with world.as_("finance"):
        import_invoices_csv(name="young.csv", content=content(row))
    march = (datetime(2023, 3, 1, tzinfo=UTC), datetime(2023, 4, 1, tzinfo=UTC))
    fee = fee_for(Invoice.objects.get().contract, began, *march, "UTC")
    assert fee is not None
    assert fee.lines == ("I-9-1",)


@pytest.mark.parametrize("table", ["invoicefile", "invoice", "invoiceline"])
def test_the_application_changes_no_invoice(table: str):
    for verb in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(verb.format(f"invoices_{table}"))


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"period_until_on": date(2023, 3, 1)}, "invoices_line_period_in_order"),
        ({"net_amount": -1}, "invoices_line_not_negative"),
        ({"tax_percent": 101}, "invoices_line_tax_in_range"),
    ],
)
def test_the_database_refuses_impossible_lines(changes: dict[str, object], constraint: str):
    with world.as_("finance"):
        import_invoices_csv(name="fees.csv", content=content(*GOOD))
    line = InvoiceLine.objects.first()
    values = {field.attname: getattr(line, field.attname) for field in line._meta.concrete_fields}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        InvoiceLine.objects.create(**(values | {"id": None, "external_id": "X"} | changes))
