"""Batches: exported once, the same bytes for ever, and reconciled with what the other side says of them."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.models import Event
from base.csvio import ImportRefused
from base.errors import NotAllowed
from credits import services
from credits.exports import services as exports
from credits.exports.errors import ExportRefused, NothingToExport, ProfileRefused, ReportRefused
from credits.exports.formats import format_of
from credits.exports.models import ExportBatch, ExportFile, ExportLine, Target
from credits.exports.reading import reconcile
from credits.invoices.crediting import tax_totals
from tests import factories
from tests.credits import world
from tests.credits.exports import ledgers
from tests.credits.exports.test_formats import records
from tests.credits.world import as_, refused

pytestmark = pytest.mark.django_db
TARGETS = [one for one in Target.values if one != "ubl"]  # which wants a VAT id: see test_ubl.py
REPORT = "external_id,outcome,amount,currency,reason\n"


def load(batch: ExportBatch, *rows: str, name: str = "report.csv"):
    with as_("finance"):
        return exports.load_import_report(
            batch, name=name, content=(REPORT + "\n".join(rows) + "\n").encode()
        )


def accepted(batch: ExportBatch) -> list[str]:
    return [f"{line.external_id},accepted,{line.amount:.2f},{line.currency}," for line in batch.lines.all()]


@pytest.mark.parametrize("target", TARGETS)
def test_exporting_twice_gives_the_same_batch_with_the_same_bytes_and_writes_nothing(target):
    ledgers.small()
    first = ledgers.export(target)
    before = ledgers.contents(first), Event.objects.filter(verb="export_batch.export").count()
    again = ledgers.export(target)
    assert again == first
    assert (ledgers.contents(again), Event.objects.filter(verb="export_batch.export").count()) == before
    assert ExportBatch.objects.count() == 1


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_values_give_the_same_bytes(target):
    """Written once more from what the batch took, without the store: no clock and no chance is in a file."""
    ledgers.small()
    with as_("finance"):
        one, other = (
            exports.prepare(factories.entity(), format_of(target), *ledgers.SPAN, ledgers.EXPORTED_AT)
            for _ in range(2)
        )
    assert one.format.write(one.items, one.context) == other.format.write(other.items, other.context)
    assert ledgers.contents(ledgers.export(target)) == [
        file.content for file in one.format.write(one.items, one.context)
    ]


def test_what_is_posted_later_goes_into_a_further_batch_and_only_that():
    ours = world.customer()
    ours.issue()
    first = ledgers.export("journal_csv")
    ledgers.random_year(5, entries=3, currencies=("EUR",))
    second = ledgers.export("journal_csv")
    assert (first.number, second.number) == (1, 2)
    assert not set(first.lines.values_list("entry")) & set(second.lines.values_list("entry"))
    assert second.line_count == 3


def test_a_batch_holds_its_period_from_the_first_day_up_to_the_day_before_its_end():
    world.customer().issue(on=date(2023, 4, 11))
    for span in ((date(2023, 4, 1), date(2023, 4, 11)), (date(2023, 4, 12), date(2023, 5, 1))):
        with pytest.raises(NothingToExport):
            ledgers.export("journal_csv", span=span)
    assert ledgers.export("journal_csv", span=(date(2023, 4, 11), date(2023, 4, 12))).line_count == 1


def test_what_a_format_cannot_take_is_listed_with_the_reason_and_taken_later():
    ledgers.small()
    batch = ledgers.export("xero_journal")
    reasons = dict(batch.left_out)
    assert batch.totals == {"EUR": "1000.00"}
    assert "is in USD" in reasons["VC-us-00001/pay"]
    assert "memorandum" in reasons["VC-us-00001/issue"]


@pytest.mark.parametrize("role", ["finance_approver", "legal", "auditor", "administrator"])
def test_only_finance_exports_and_loads(role):
    world.customer().issue()
    batch = ledgers.export("journal_csv")
    with as_(role):
        for act in (
            lambda: exports.export_batch(
                factories.entity(), target="hledger", from_on=date(2023, 1, 1), until_on=date(2024, 1, 1),
                exported_at=ledgers.EXPORTED_AT,
            ),
            lambda: exports.load_import_report(batch, name="x", content=b"x"),
            lambda: exports.export_rejected(batch, exported_at=ledgers.EXPORTED_AT, reason="x"),
            lambda: exports.set_export_profile(
                factories.entity(), target="datev", options={}, accounts={}, reason="x"
            ),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                act()


def test_an_empty_period_is_refused_and_an_unknown_target_too():
    with pytest.raises(ExportRefused, match="until_on"):
        ledgers.export("datev", span=(date(2023, 1, 1), date(2023, 1, 1)))
    with pytest.raises(ExportRefused, match="target"):
        ledgers.export("sap")


# Profiles ------------------------------------------------------------------------------------------------------


def profile(target: str = "datev", **values):
    given = {"options": {}, "accounts": {}, "reason": "the accountant says so"} | values
    with as_("finance"):
        return exports.set_export_profile(factories.entity(), target=target, **given)


def test_a_profile_names_the_accounts_and_a_batch_keeps_the_one_it_was_made_with():
    world.customer().issue()
    factories.counterparty("other")
    first = profile(accounts={"payable_to_customers": "1700", "payable_to_customers:customer": "17000"})
    assert profile(accounts=dict(first.accounts)) == first, "the same again adds nothing"
    batch = ledgers.export("datev")
    assert batch.profile == first
    assert b";4700;17000;" in ledgers.contents(batch)[0]
    profile(accounts={"payable_to_customers": "1701"})
    assert b";4700;17000;" in ledgers.contents(ledgers.export("datev"))[0]


def test_a_profile_that_the_format_cannot_use_is_refused():
    for values, words in (
        ({"options": {"consultant": "12"}}, "consultant"),
        ({"options": {"nonsense": "1"}}, "nonsense"),
        ({"accounts": {"clearing": "Bank"}}, "Bank"),
        ({"reason": " "}, "reason"),
    ):
        with pytest.raises(ProfileRefused, match=words):
            profile(**values)


# Reports -------------------------------------------------------------------------------------------------------


def test_a_batch_that_was_taken_whole_reconciles_to_zero():
    ledgers.small()
    batch = ledgers.export("journal_csv")
    assert not reconcile(batch).is_zero
    report = load(batch, *accepted(batch))
    standing = reconcile(batch)
    assert standing.is_zero
    assert {one.currency: one.difference for one in standing.sums} == {"EUR": 0, "USD": 0}
    assert load(batch, *accepted(batch)) == report, "the same report again is the one that is there"


def test_rejected_missing_other_amounts_and_strangers_are_told_apart():
    ledgers.random_year(6, entries=4, currencies=("EUR",))
    batch = ledgers.export("journal_csv")
    rejected, other, missing, fine = list(batch.lines.all())[:4]
    load(
        batch,
        f"{rejected.external_id},rejected,,,period is locked",
        f"{other.external_id},accepted,{other.amount - 1:.2f},EUR,",
        f"{fine.external_id},accepted,{fine.amount:.2f},EUR,",
        "stranger,accepted,9.00,EUR,",
    )
    standing = reconcile(batch)
    states = {line.external_id: line.state for line in standing.lines}
    assert states[rejected.external_id] == "rejected"
    assert states[other.external_id] == "amount_differs"
    assert states[missing.external_id] == "missing"
    assert states[fine.external_id] == "accepted"
    assert [row.external_id for row in standing.unknown] == ["stranger"]
    [total] = standing.sums
    assert total.difference == rejected.amount + missing.amount + 1 - 9
    assert not standing.is_zero


def test_a_later_report_overrules_an_earlier_one():
    world.customer().issue()
    batch = ledgers.export("journal_csv")
    load(batch, "SC-us-00001/issue,rejected,,,no such account")
    assert not reconcile(batch).is_zero
    load(batch, "SC-us-00001/issue,accepted,1000.00,EUR,mended by hand", name="later.csv")
    assert reconcile(batch).is_zero


def test_what_was_rejected_is_exported_again_under_the_same_id_once():
    world.customer().issue()
    batch = ledgers.export("datev")
    load(batch, "SC-us-00001/issue,rejected,,,no account 4700")
    profile(accounts={"service_credit_expense": "4701"})
    with as_("finance"):
        again = exports.export_rejected(
            batch, exported_at=ledgers.EXPORTED_AT, reason="the account exists now"
        )
        with pytest.raises(NothingToExport):
            exports.export_rejected(batch, exported_at=ledgers.EXPORTED_AT, reason="once more")
    assert again.corrects == batch
    assert b";4701;" in ledgers.contents(again)[0]
    [line] = again.lines.all()
    assert (line.external_id, line.attempt) == ("SC-us-00001/issue", 2)
    assert ledgers.export("datev") == again, "nothing is new"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["SC-us-00001/issue,rejected,,,"], "reason"),
        (["SC-us-00001/issue,accepted,,EUR,"], "amount"),
        (["SC-us-00001/issue,accepted,1.00,euro,"], "currency"),
        (["SC-us-00001/issue,accepted,1.001,EUR,"], "decimals"),
        (["SC-us-00001/issue,booked,1.00,EUR,"], "outcome"),
        (["SC-us-00001/issue,rejected,,,a", "SC-us-00001/issue,rejected,,,b"], "repeats"),
    ],
)
def test_a_report_with_a_fault_is_refused_whole(rows, words):
    world.customer().issue()
    batch = ledgers.export("journal_csv")
    with pytest.raises(ImportRefused, match=words):
        load(batch, *rows)
    assert not batch.reports.exists()


def test_a_report_of_another_batch_is_refused():
    world.customer().issue()
    with pytest.raises(ReportRefused):
        load(ledgers.export("journal_csv"), "stranger,rejected,,,x")


# Credit notes --------------------------------------------------------------------------------------------------


def two_lines() -> None:
    """A credit of 1,000.01 over two lines of two invoices with two rates: 7,500.07 at 19 and 2,500.03 at 7."""
    told = world.customer(
        fee="I-1,C-1,2023-04-01,EUR,I-1-1,platform,2023-03-01,2023-03-20,7500.07,S,19,\n"
        "I-2,C-1,2023-04-02,EUR,I-2-1,platform,2023-03-20,2023-04-01,2500.03,S,7,"
    )
    told.issue()


def test_a_credit_is_split_over_the_invoices_lines_with_their_tax_and_no_cent_is_lost():
    two_lines()
    [batch_body, items, apply] = [records(one) for one in ledgers.contents(ledgers.export("netsuite"))]
    assert [row[0] for row in batch_body[1:]] == ["SC-us-00001"]
    amounts = [Decimal(row[5]) for row in items[1:]]
    assert sum(amounts) == Decimal("1000.01")
    assert amounts == [Decimal("750.01"), Decimal("250.00")]
    assert [row[7] for row in items[1:]] == ["VAT:S-19", "VAT:S-7"]
    assert [Decimal(row[8]) for row in items[1:]] == [Decimal("142.50"), Decimal("17.50")]
    assert {row[1]: Decimal(row[2]) for row in apply[1:]} == {
        "I-1": Decimal("892.51"),
        "I-2": Decimal("267.50"),
    }


def test_three_equal_lines_share_a_credit_that_three_does_not_divide():
    lines = [f"I-{at},C-1,2023-04-01,EUR,I-{at}-1,platform,2023-03-{from_on},{until_on},3333.33,S,19,"
             for at, (from_on, until_on) in enumerate(
                 (("01", "2023-03-11"), ("11", "2023-03-21"), ("21", "2023-04-01")), start=1)]  # fmt: skip
    memo = world.customer(fee="\n".join(lines)).issue()
    assert memo.amount == Decimal("1000.00")
    shares = [line.net_amount for line in memo.credited_lines.order_by("number")]
    assert shares == [Decimal("333.34"), Decimal("333.33"), Decimal("333.33")]
    totals = tax_totals(memo.credited_lines.all(), "EUR")
    assert [(one.net_amount, one.tax_amount) for one in totals] == [(Decimal("1000.00"), Decimal("190.00"))]


def test_netsuite_gets_three_files_linked_by_external_id():
    two_lines()
    batch = ledgers.export("netsuite")
    names = [file.name.split("-")[0] for file in batch.files.all()]
    assert names == ["CreditMemo", "CreditMemoItems", "CreditMemoApply"]
    body, items, apply = (records(one) for one in ledgers.contents(batch))
    ids = {row[0] for row in body[1:]}
    assert body[0][0] == items[0][0] == apply[0][0] == "External ID"
    assert ids == {row[0] for row in items[1:]} == {row[0] for row in apply[1:]}
    assert len(ids) == len(body) - 1


def test_xero_credit_notes_have_positive_lines_that_sum_to_the_note():
    two_lines()
    batch = ledgers.export("xero_credit_notes")
    header, *rows = records(ledgers.contents(batch)[0])
    cells = [dict(zip(header, row, strict=True)) for row in rows]
    assert {cell["*CreditNoteNumber"] for cell in cells} == {"SC-us-00001"}
    assert sum(Decimal(cell["*UnitAmount"]) for cell in cells) == Decimal("1000.01")
    assert all(Decimal(cell["*UnitAmount"]) > 0 for cell in cells)
    total = sum(Decimal(cell["*UnitAmount"]) + Decimal(cell["TaxAmount"]) for cell in cells)
    assert total == batch.lines.get().amount == Decimal("1160.01")


def test_a_reversed_memo_is_no_credit_note():
    memo = world.customer().issue()
    with as_("finance_approver"):
        services.reverse_memo(memo, taken_on=date(2023, 5, 1), reason="a mistake")
    with pytest.raises(NothingToExport, match="reversed"):
        ledgers.export("netsuite")


# What the database refuses -------------------------------------------------------------------------------------


def test_the_database_keeps_batches_whole_and_unchanged():
    world.customer().issue()
    batch = ledgers.export("journal_csv")
    connection.check_constraints()
    for table in (
        "exportprofile",
        "exportbatch",
        "exportfile",
        "exportline",
        "importreport",
        "importreportline",
    ):
        for statement in (f"UPDATE exports_{table} SET id = id", f"DELETE FROM exports_{table}"):
            with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
                connection.cursor().execute(statement)
    line, file = batch.lines.get(), batch.files.get()
    with refused("exports_batch_whole"):
        ExportFile.objects.create(
            batch=batch, number=2, name="more", media_type="x", row_count=1, content=b"x",
            sha256="2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        )  # fmt: skip
    with refused("exports_file_hash"):
        ExportFile.objects.create(
            batch=batch, number=2, name="more", media_type="x", row_count=1, content=b"x", sha256=file.sha256
        )
    values = {"batch": batch, "target": batch.target, "entry": line.entry, "effective_on": line.effective_on,
              "currency": "EUR", "amount": Decimal(1)}  # fmt: skip
    with refused("exports_line_once"):
        ExportLine.objects.create(external_id=line.external_id, **values | {"currency": "USD"})
    with refused("exports_line_entry_once"):
        ExportLine.objects.create(external_id="other", **values)
    with refused("exports_line_again_if_rejected"):
        ExportLine.objects.create(external_id=line.external_id, attempt=2, **values)
    with refused("exports_line_of_its_entity"):
        ExportLine.objects.create(external_id="other", **values | {"target": "datev"})


def test_credited_lines_are_whole_taxed_as_invoiced_and_of_the_contract():
    memo = world.customer().issue()
    line = memo.credited_lines.get()
    assert (line.net_amount, line.tax_category, line.tax_percent) == (memo.amount, "S", Decimal(19))
    with connection.cursor() as cursor:
        for statement in ("UPDATE invoices_creditedline SET number = 2", "DELETE FROM invoices_creditedline"):
            with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
                cursor.execute(statement)
    world.import_fees("I-9,C-1,2023-05-01,EUR,I-9-1,platform,2023-04-01,2023-05-01,10.00,S,7,")
    from credits.invoices.models import CreditedLine, InvoiceLine

    more = InvoiceLine.objects.get(external_id="I-9-1")
    values = {"memo": memo, "number": 2, "invoice_line": more, "tax_category": "S"}
    with refused("invoices_credited_tax_as_invoiced"):
        CreditedLine.objects.create(**values, net_amount=Decimal(1), tax_percent=Decimal(19))
    with refused("invoices_credited_whole"):
        CreditedLine.objects.create(**values, net_amount=Decimal(1), tax_percent=Decimal(7))
