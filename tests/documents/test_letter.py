"""A letter as a vendor gets it."""

import io
from dataclasses import replace
from datetime import date

import pytest
from pikepdf.pdfa import validate_written
from pypdf import PdfReader

from base.pdf.blocks import Column, Table
from base.pdf.letter import Letter, letter

LETTER = Letter(
    sender=["Example GmbH", "Street 1", "10115 Berlin"],
    recipient=["Vendor Inc.", "Legal department", "株式会社"],
    written_on=date(2023, 4, 12),
    subject="Claim for service credits, first quarter of 2023",
    reference="V-1 / 2023-Q1",
    place="Berlin",
    body=[
        "We claim the service credit that your terms promise.",
        Table(
            [Column("Component", 40), Column("Level", 20), Column("Credit", 20, "right")],
            [("actions", "99.83 %", "USD 987.46")],
        ),
    ],
    signatory=["A. Person", "Vendor manager"],
    enclosures=["evidence.pdf"],
)


def text_of(pdf: bytes) -> str:
    assert validate_written(io.BytesIO(pdf), "3b").passed
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_a_letter_holds_its_parts_in_their_order() -> None:
    text = text_of(letter(LETTER))
    parts = [
        "Example GmbH · Street 1",
        "Vendor Inc. Legal department 株式会社",
        "Berlin, 2023-04-12",
        "V-1 / 2023-Q1",
        "Claim for service credits, first quarter",
        "We claim",
        "USD 987.46",
        "Yours faithfully",
        "A. Person",
        "Enclosed: evidence.pdf",
    ]
    # The header is drawn with the frame, after the body.
    at = [text.index(part) for part in parts[1:]]
    assert at == sorted(at)
    assert parts[0] in text


def test_a_draft_is_marked_and_a_letter_that_is_sent_is_not() -> None:
    assert "DRAFT" in text_of(letter(replace(LETTER, draft=True)))
    assert "DRAFT" not in text_of(letter(LETTER, page_size="Letter"))


def test_the_same_letter_has_the_same_bytes() -> None:
    assert letter(LETTER) == letter(LETTER)


@pytest.mark.parametrize("name", ["sender", "recipient", "subject"])
def test_a_letter_without_a_needed_part_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: is empty"):
        letter(replace(LETTER, **{name: ""}))  # type: ignore[arg-type]
