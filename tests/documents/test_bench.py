"""What the documents are measured against holds the same text, so that the multiple means something."""

import io

from pypdf import PdfReader

from audit.documents import evidence_pdf
from bench import documents


def words(pdf: bytes) -> list[list[str]]:
    return [sorted(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def test_the_bare_pages_hold_the_words_of_the_document() -> None:
    value = documents.evidence(5)
    bare, whole = words(documents._bare(documents._drawn(value))), words(evidence_pdf(value))
    assert len(bare) == len(whole) >= 3
    # Header, footer and page number are drawn later and are left out of the bare ones.
    for fewer, more in zip(bare, whole, strict=True):
        assert set(fewer) <= set(more)
        assert len(more) - len(fewer) < 20


def test_a_measurement_says_how_many_pages_it_made() -> None:
    found = documents.measure(outages=1, rounds=1)
    assert found.pages >= 3
    assert found.per_second > 0
    assert found.multiple > 0
