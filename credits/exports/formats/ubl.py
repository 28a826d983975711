"""UBL 2.1 CreditNote (type 381) under EN 16931: one document for each credit note.

Amounts are above zero (BR-27): the type of the document says that they are credited. Each document refers to the
invoice that it corrects (BG-3), by number and day.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from credits.exports.errors import ProfileRefused
from credits.exports.formats.notes import refusal_of_a_note
from credits.exports.models import Target
from credits.exports.values import Context, CreditedPart, Note, Party, TaxSum, Written, money_text

NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CUSTOMIZATION = "urn:cen.eu:en16931:2017"
NEEDS_A_REASON = ("AE", "E", "O")
REVERSE_CHARGE = "Reverse charge"
NOT_SUBJECT = "Not subject to VAT"
_PREFIXES = {NOTE: "", CAC: "cac", CBC: "cbc"}


class Ubl:
    """Credit notes as XML."""

    target = Target.UBL
    of_notes = True
    options: dict[str, tuple[str, str]] = {
        "customization": ("the specification that is named (BT-24)", CUSTOMIZATION),
        "payment_terms": (
            "what is said about payment (BT-20)",
            "Credited to the account; nothing is to be paid.",
        ),
    }
    accounts: dict[str, str] = {}

    def check(self, options: Mapping[str, Any], accounts: Mapping[str, str]) -> None:
        """Neither may be empty (BR-01, BR-CO-25)."""
        for name in self.options:
            if not str(options.get(name, "")).strip():
                raise ProfileRefused(f"options: {name} is empty")

    def external_id(self, item: Note) -> str:
        """The number of the document."""
        return item.number

    def refusal(self, item: Note, context: Context) -> str:
        """What the rules of EN 16931 would refuse, by the number of the rule."""
        return refusal_of_a_note(item) or _party_refusal(item) or _tax_refusal(item)

    def write(self, items: Sequence[Note], context: Context) -> list[Written]:
        """One file for each note."""
        return [
            Written(
                f"{_file_name(note.number)}.xml", "application/xml", 1, document_of(note, context.options)
            )
            for note in items
        ]


def _party_refusal(note: Note) -> str:
    categories = {part.tax_category for part in note.parts}
    if categories & {"S", "Z", "E", "AE"} and not note.seller.vat_id:
        return "our company has no VAT id, which the document must name (BR-S-02, BR-AE-02, BR-E-02, BR-Z-02)"
    if "AE" in categories and not (note.buyer.vat_id or note.buyer.registration_id):
        return "the customer has neither VAT id nor registration number, as reverse charge wants (BR-AE-02)"
    if categories == {"O"} and not note.seller.registration_id:
        return "our company has no registration number, the only id where no VAT id may stand (BR-CO-26, BR-O-02)"
    if "O" in categories and len(categories) > 1:
        return "it mixes what is outside the scope of tax with what is not (BR-O-11)"
    for party in (note.seller, note.buyer):
        if party.vat_id and not party.vat_id[:2].isalpha():
            return f"the VAT id {party.vat_id} does not begin with a country (BR-CO-09)"
    return ""


def _tax_refusal(note: Note) -> str:
    for tax in note.taxes:
        if tax.category == "S" and not tax.percent:
            return "a standard rate of 0 % is none (BR-S-05)"
        if tax.category == "E" and not tax.exemption_reason:
            return "the invoice says no reason for its exemption (BR-E-10)"
    return ""


def document_of(note: Note, options: Mapping[str, Any]) -> bytes:
    """The document, with the same bytes for the same note."""
    root = ElementTree.Element(f"{{{NOTE}}}CreditNote")
    only_outside = all(part.tax_category == "O" for part in note.parts)
    _basic(root, "CustomizationID", str(options["customization"]))
    _basic(root, "ID", note.number)
    _basic(root, "IssueDate", note.issued_on.isoformat())
    _basic(root, "CreditNoteTypeCode", "381")
    _basic(root, "Note", note.description)
    _basic(root, "DocumentCurrencyCode", note.currency)
    for invoice, day in sorted({(part.invoice, part.invoiced_on) for part in note.parts}):
        reference = _aggregate(_aggregate(root, "BillingReference"), "InvoiceDocumentReference")
        _basic(reference, "ID", invoice)
        _basic(reference, "IssueDate", day.isoformat())
    _basic(_aggregate(root, "ContractDocumentReference"), "ID", note.contract)
    _party(_aggregate(root, "AccountingSupplierParty"), note.seller, with_vat=not only_outside)
    _party(_aggregate(root, "AccountingCustomerParty"), note.buyer, with_vat=not only_outside)
    _basic(_aggregate(root, "PaymentTerms"), "Note", str(options["payment_terms"]))
    total = _aggregate(root, "TaxTotal")
    _amount(total, "TaxAmount", note.tax, note.currency)
    for tax in note.taxes:
        _subtotal(total, tax, note.currency)
    sums = _aggregate(root, "LegalMonetaryTotal")
    _amount(sums, "LineExtensionAmount", note.net_amount, note.currency)
    _amount(sums, "TaxExclusiveAmount", note.net_amount, note.currency)
    _amount(sums, "TaxInclusiveAmount", note.amount, note.currency)
    _amount(sums, "PayableAmount", note.amount, note.currency)
    for part in note.parts:
        _line(root, part, note.currency)
    return _serialised(root)


def _party(parent: ElementTree.Element, party: Party, *, with_vat: bool) -> None:
    element = _aggregate(parent, "Party")
    address = _aggregate(element, "PostalAddress")
    for name, text in (
        ("StreetName", party.street),
        ("CityName", party.city),
        ("PostalZone", party.postal_code),
    ):
        if text:
            _basic(address, name, text)
    _basic(_aggregate(address, "Country"), "IdentificationCode", party.country)
    if party.vat_id and with_vat:
        scheme = _aggregate(element, "PartyTaxScheme")
        _basic(scheme, "CompanyID", party.vat_id)
        _basic(_aggregate(scheme, "TaxScheme"), "ID", "VAT")
    legal = _aggregate(element, "PartyLegalEntity")
    _basic(legal, "RegistrationName", party.name)
    if party.registration_id:
        _basic(legal, "CompanyID", party.registration_id)


def _subtotal(parent: ElementTree.Element, tax: TaxSum, currency: str) -> None:
    element = _aggregate(parent, "TaxSubtotal")
    _amount(element, "TaxableAmount", tax.net, currency)
    _amount(element, "TaxAmount", tax.tax, currency)
    category = _aggregate(element, "TaxCategory")
    _basic(category, "ID", tax.category)
    if tax.category != "O":
        _basic(category, "Percent", _percent(tax.percent))
    if tax.category in NEEDS_A_REASON:
        reason = tax.exemption_reason or {"AE": REVERSE_CHARGE, "O": NOT_SUBJECT}.get(tax.category, "")
        if reason:
            _basic(category, "TaxExemptionReason", reason)
    _basic(_aggregate(category, "TaxScheme"), "ID", "VAT")


def _line(root: ElementTree.Element, part: CreditedPart, currency: str) -> None:
    line = _aggregate(root, "CreditNoteLine")
    _basic(line, "ID", str(part.number))
    _basic(line, "CreditedQuantity", "1").set("unitCode", "C62")
    _amount(line, "LineExtensionAmount", part.net, currency)
    item = _aggregate(line, "Item")
    _basic(item, "Description", f"Line {part.invoice_line} of invoice {part.invoice}")
    _basic(item, "Name", part.description)
    category = _aggregate(item, "ClassifiedTaxCategory")
    _basic(category, "ID", part.tax_category)
    if part.tax_category != "O":
        _basic(category, "Percent", _percent(part.tax_percent))
    _basic(_aggregate(category, "TaxScheme"), "ID", "VAT")
    _amount(_aggregate(line, "Price"), "PriceAmount", part.net, currency)


def _aggregate(parent: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, f"{{{CAC}}}{name}")


def _basic(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{CBC}}}{name}")
    element.text = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    return element


def _amount(parent: ElementTree.Element, name: str, amount: Decimal, currency: str) -> None:
    _basic(parent, name, money_text(amount, currency)).set("currencyID", currency)


def _percent(percent: Decimal) -> str:
    return f"{percent.normalize():f}"


def _serialised(root: ElementTree.Element) -> bytes:
    """With the prefixes that people know. They are global in ElementTree, hence written here by hand."""
    out: list[str] = []
    spaces = " ".join(f'xmlns{":" + prefix if prefix else ""}="{uri}"' for uri, prefix in _PREFIXES.items())
    _write(root, out, spaces)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(out).encode()


def _write(element: ElementTree.Element, out: list[str], spaces: str = "", depth: int = 0) -> None:
    uri, _, name = element.tag[1:].partition("}")
    tag = f"{_PREFIXES[uri]}:{name}" if _PREFIXES[uri] else name
    attributes = "".join(f' {key}="{_escaped(value)}"' for key, value in element.items())
    out.append(f"{'  ' * depth}<{tag}{' ' + spaces if spaces else ''}{attributes}>")
    if len(element):
        out.append("\n")
        for child in element:
            _write(child, out, depth=depth + 1)
        out.append("  " * depth)
    else:
        out.append(_escaped(element.text or ""))
    out.append(f"</{tag}>\n")


def _escaped(text: str) -> str:
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(plain, entity)
    return text


def _file_name(number: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", number)
