"""Evidence documents of every shape are valid PDF/A-3b, reproducible, and say what they must say."""

import io
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf.pdfa import validate_written
from pypdf import PdfReader

from audit.documents import evidence_pdf, evidence_sha256
from base.pdf.blocks import Column, Document, Heading, PageSize, Table, Text
from base.pdf.document import render
from tests.documents.build import ARABIC, JAPANESE, SHAPES, value
from verifier.verify import verify

CHECKOUT = Path(__file__).resolve().parents[2]


def text_of(pdf: bytes) -> str:
    """All words of a document, one blank between them."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.mark.parametrize("size", ["A4", "Letter"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_valid_pdf_a_3b_and_recomputes(shape: str, size: PageSize) -> None:
    pdf = evidence_pdf(value(**SHAPES[shape]), page_size=size)
    report = validate_written(io.BytesIO(pdf), "3b")
    assert report.passed, report.summary()
    assert verify(pdf).difference is None
    box = PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == ((595, 842) if size == "A4" else (612, 792))


def test_the_validator_finds_what_is_wrong() -> None:
    with pikepdf.open(io.BytesIO(evidence_pdf(value()))) as pdf:
        del pdf.Root["/OutputIntents"]
        out = io.BytesIO()
        pdf.save(out)
    assert not validate_written(io.BytesIO(out.getvalue()), "3b").passed


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_value_gives_the_same_bytes(shape: str) -> None:
    assert evidence_pdf(value(**SHAPES[shape])) == evidence_pdf(value(**SHAPES[shape]))


def test_two_processes_with_other_seeds_give_the_same_bytes() -> None:
    program = (
        "import hashlib; from tests.documents.build import SHAPES, value; from audit.documents import evidence_pdf;"
        "print([hashlib.sha256(evidence_pdf(value(**SHAPES[one]))).hexdigest() for one in ('arabic', 'cjk')])"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=CHECKOUT,
            env={"PYTHONHASHSEED": seed, "TZ": zone, "PATH": "", "DJANGO_SETTINGS_MODULE": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    mine = [sha256(evidence_pdf(value(**SHAPES[one]))).hexdigest() for one in ("arabic", "cjk")]
    assert seen == {f"{mine}\n"}


def test_the_pages_hold_every_part_in_its_order() -> None:
    given = value(outages=3)
    text = text_of(evidence_pdf(given))
    parts = [
        given.verdict[:40],
        evidence_sha256(given),
        "At a glance",
        "What was promised",
        "What happened",
        "Time for which an exclusion was asked",
        "From downtime to credit",
        "Other readings",
        "Acts and approvals",
        "Sources",
        "Trace",
    ]
    at = [text.index(part) for part in parts]
    assert at == sorted(at)
    for found in (
        "incident-000",
        "removes no money",
        "page 1 of",
        "excluded time: counted_as_up",
        "net_down_seconds = ",
    ):
        assert found in text


def test_the_waterfall_stands_there_as_picture_and_as_table() -> None:
    given = value(outages=3)
    text = text_of(evidence_pdf(given))
    for step in given.steps:
        assert text.count(step.label) >= 2, step
        assert text.count(step.shown) >= 2, step


def test_three_hundred_outages_go_over_pages_under_a_repeated_header_and_none_is_lost() -> None:
    reader = PdfReader(io.BytesIO(evidence_pdf(value(outages=300))))
    pages = [page.extract_text() for page in reader.pages]
    text = "\n".join(pages)
    rows = [at for at in range(300) if f"incident-{at:03d}" in text]
    assert rows == list(range(300))
    full = [page for page in pages if page.count("obs-incident-") > 10]
    assert len(full) >= 5
    assert all("Severity" in page for page in full)
    assert f"page {len(pages)} of {len(pages)}" in pages[-1]


def test_no_outage_is_said_and_not_left_out() -> None:
    text = text_of(evidence_pdf(value(outages=0)))
    assert "The promise was kept" in text
    assert "None." in text


@pytest.mark.parametrize("provisional", [True, False])
def test_only_a_provisional_document_is_marked_and_on_every_page(provisional: bool) -> None:
    pages = PdfReader(io.BytesIO(evidence_pdf(value(provisional=provisional, outages=80)))).pages
    assert len(pages) > 3
    assert {"PROVISIONAL" in page.extract_text() for page in pages} == {provisional}


def test_names_in_other_scripts_are_drawn_in_embedded_faces() -> None:
    pdf = evidence_pdf(value(party=f"{JAPANESE} {ARABIC}"))
    assert JAPANESE in text_of(pdf)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        names = {str(font.BaseFont) for page in opened.pages for font in page.Resources.Font.values()}
        files = [
            font.FontDescriptor.FontFile2 for page in opened.pages for font in page.Resources.Font.values()
        ]
    assert files
    assert {name.split("+")[1] for name in names} == {
        "NotoSans-Regular",
        "NotoSans-Bold",
        "NotoSansSC-Regular",
        "NotoSansArabic-Regular",
    }


def test_a_letter_that_no_face_has_is_listed_and_not_dropped() -> None:
    text = text_of(evidence_pdf(value(party="Smile \U0001f600 \u202eevil")))
    assert "Characters that are not shown" in text
    assert "U+1F600 grinning face" in text
    assert "U+202E right-to-left override" in text


def test_the_data_are_attached_as_the_source_of_the_document() -> None:
    given = value()
    with pikepdf.open(io.BytesIO(evidence_pdf(given))) as pdf:
        [spec] = pdf.Root.AF
        assert (str(spec.AFRelationship), str(spec.UF)) == ("/Source", "evidence.json")
        assert pdf.attachments["evidence.json"].get_file().read_bytes() == given.data
        assert str(pdf.Root.Lang) == "en"
        assert not any("/Trans" in page.obj for page in pdf.pages)


def test_the_code_on_the_first_page_is_the_hash_of_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    import segno

    made: list[Any] = []
    real = segno.make
    monkeypatch.setattr(
        "base.pdf.flow.segno.make", lambda *given, **named: made.append(given[0]) or real(*given, **named)
    )
    given = value()
    evidence_pdf(given)
    assert made == [f"sla-ledger-evidence:sha256:{sha256(given.data).hexdigest()}"]


def test_a_cell_that_is_longer_than_a_page_goes_on_under_the_header_of_the_next() -> None:
    words = [f"n{at:04d}" for at in range(4000)]
    table = Table([Column("Name", 20), Column("Long", 80)], [("a row", " ".join(words)), ("the next", "end")])
    reader = PdfReader(io.BytesIO(render(Document("t", "a", "s", value().dated, [table]))))
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) >= 3
    assert all("Long" in page for page in pages)
    assert [one for page in pages for one in page.split() if one[0] == "n" and one[1:].isdigit()] == words


@pytest.mark.parametrize("lines", range(30, 60, 2))
def test_a_heading_never_stands_on_another_page_than_what_it_is_about(lines: int) -> None:
    about = Table([Column("Name", 20)], [(f"row {at}",) for at in range(6)])
    blocks = [*(Text(f"line {at}") for at in range(lines)), Heading("The heading"), Text("before"), about]
    reader = PdfReader(io.BytesIO(render(Document("t", "a", "s", value().dated, blocks))))
    [page] = [page.extract_text() for page in reader.pages if "The heading" in page.extract_text()]
    assert "row 5" in page


def test_a_row_with_too_few_cells_is_an_error_and_not_a_hole() -> None:
    table = Table([Column("a", 1), Column("b", 1)], [("only one",)])
    with pytest.raises(ValueError, match="1 cells under 2"):
        render(Document("t", "a", "s", value().dated, [table]))
