"""The verifier finds the evidence in a PDF without a PDF library, and a hostile file costs it nothing."""

import io
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import pikepdf
import pytest

from audit.documents import evidence_pdf, evidence_sha256
from base.pdf.blocks import Attachment, Document, Text
from base.pdf.document import render
from tests.documents.build import value
from tests.work import at_most
from verifier import pdf
from verifier.__main__ import main
from verifier.verify import MAX_BYTES, EvidenceError, verify

GOOD = value(outages=3)
FILE = evidence_pdf(GOOD)


def with_attachment(content: bytes) -> bytes:
    """The document with other data in the place of its evidence."""
    with pikepdf.open(io.BytesIO(FILE)) as opened:
        opened.attachments["evidence.json"].get_file().obj.write(content)
        out = io.BytesIO()
        opened.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return out.getvalue()


def stream(content: bytes, more: bytes = b"/Filter /FlateDecode") -> bytes:
    """The smallest text that looks like a PDF with one attached file."""
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /EmbeddedFile "
        + more
        + b" /Length %d >>\nstream\n" % len(content)
        + content
        + b"\nendstream\nendobj\n"
    )


def test_a_document_is_recomputed_as_a_command_without_django_and_without_a_pdf_library(
    tmp_path: Path,
) -> None:
    path = tmp_path / "evidence.pdf"
    path.write_bytes(FILE)
    blocked = "import sys; sys.modules.update(dict.fromkeys(['django', 'pikepdf', 'reportlab', 'psycopg']));"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{blocked} from verifier.__main__ import main; sys.exit(main([{str(path)!r}]))",
        ],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("recomputed: identical\n")
    assert f"evidence {evidence_sha256(GOOD)}\n" in done.stdout


def test_the_attachment_is_the_evidence_byte_for_byte() -> None:
    assert pdf.evidence_in(FILE, b"sla-ledger-evidence/1", MAX_BYTES) == GOOD.data


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (b'"credit_amount":"100.00"', b'"credit_amount":"900.00"', "result.credit_amount"),
        (b'"end":"2026-04-01T02:40:00Z"', b'"end":"2026-04-01T02:41:00Z"', "inputs_sha256"),
        (b'"target_percent":"99.9"', b'"target_percent":"99.8"', "terms_sha256"),
    ],
)
def test_a_tampered_attachment_is_found_with_its_first_difference(
    old: bytes, new: bytes, path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in GOOD.data
    file = tmp_path / "tampered.pdf"
    file.write_bytes(with_attachment(GOOD.data.replace(old, new)))
    assert main([str(file)]) == 1
    assert f"recomputed: differs at {path}" in capsys.readouterr().out


def test_a_document_saved_anew_by_another_program_is_still_read() -> None:
    for options in ({"compress_streams": False}, {"linearize": True}, {"recompress_flate": True}):
        with pikepdf.open(io.BytesIO(FILE)) as opened:
            out = io.BytesIO()
            opened.save(out, **options)
        assert verify(out.getvalue()).difference is None, options


def test_evidence_that_is_attached_without_compression_is_read() -> None:
    assert verify(stream(GOOD.data, b"")).difference is None


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"%PDF-1.7\n", "no evidence attached"),
        (render(Document("t", "a", "s", GOOD.dated, [Text("x")])), "no evidence attached"),
        (with_attachment(b'{"format":"another"}'), "no evidence attached"),
        (stream(zlib.compress(GOOD.data)) + stream(zlib.compress(GOOD.data + b" ")), "several pieces"),
        (stream(zlib.compress(GOOD.data))[:400], "before it is complete"),
        (stream(b"not deflated"), "cannot be unpacked"),
        (stream(GOOD.data, b"/Filter [/ASCIIHexDecode /FlateDecode]"), "does not read"),
        (stream(GOOD.data, b"/Filter /FlateDecode /DecodeParms << /Predictor 12 >>"), "does not read"),
        (stream(zlib.compress(GOOD.data)) + b"/Encrypt 5 0 R", "encrypted"),
        (stream(b"", b"").replace(b"/Length 0", b""), "its length"),
        (stream(b"", b"").replace(b"/Length 0", b"/Length 9999999999"), "larger"),
        (stream(zlib.compress(b"x")) * 65, "more than 64"),
    ],
)
def test_what_is_no_evidence_is_refused_in_one_line(file: bytes, reason: str) -> None:
    with pytest.raises(EvidenceError, match=reason) as caught:
        verify(file)
    assert "\n" not in str(caught.value)


def test_a_bomb_is_not_unpacked_further_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = stream(zlib.compress(bytes(MAX_BYTES * 4), 9))
    tracemalloc.start()
    with pytest.raises(EvidenceError, match="larger"):
        verify(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MAX_BYTES * 3
    monkeypatch.setattr(pdf, "MAX_PDF_BYTES", 1000)
    with pytest.raises(EvidenceError, match="the PDF is larger"):
        verify(FILE)


def test_names_that_lead_nowhere_cost_a_bounded_search() -> None:
    with at_most(calls=2_000), pytest.raises(EvidenceError):
        verify(b"%PDF-1.7\n" + b"/EmbeddedFile " * 2_000_000)


def test_two_attachments_of_which_one_is_evidence_are_told_apart() -> None:
    files = (
        Attachment("a.json", b'{"format":"other"}', "application/json", "other", "Data"),
        Attachment("evidence.json", GOOD.data, "application/json", "evidence"),
    )
    file = render(Document("t", "a", "s", GOOD.dated, [Text("x")], attachments=files))
    assert verify(file).difference is None
