"""Finding the evidence inside of a PDF, without a PDF library: bounded in time and in memory.

A stream is never hidden inside of a compressed object, so that every attached file of an unencrypted PDF stands
in the file as ``<< /Type /EmbeddedFile ... >> stream ... endstream``. What has exactly one such stream that is
evidence is read; anything else is refused with a reason, rather than guessed at.
"""

import re
import zlib
from collections.abc import Iterator

from verifier.errors import EvidenceError

MAX_PDF_BYTES = 64_000_000
MAX_STREAMS = 64
MAX_DICTIONARY = 4_096
_STREAM = re.compile(rb"stream(\r\n|\n)")
_LENGTH = re.compile(rb"/Length\s+(\d{1,10})(?!\s+\d+\s+R)\b")
_FILTER = re.compile(rb"/Filter\s*(\[[^\]]*\]|/\w+)")


def looks_like_pdf(data: bytes) -> bool:
    """Whether the file says that it is a PDF."""
    return data[:1024].lstrip().startswith(b"%PDF-")


def evidence_in(data: bytes, mark: bytes, most: int) -> bytes:
    """The one attached file that holds ``mark``, of at most ``most`` bytes.

    Raises EvidenceError where there is none or more than one, and for a PDF that cannot be read so.
    """
    if len(data) > MAX_PDF_BYTES:
        raise EvidenceError(f"the PDF is larger than {MAX_PDF_BYTES:,} bytes")
    if b"/Encrypt" in data:
        raise EvidenceError("the PDF is encrypted; evidence is not")
    found: bytes | None = None
    for content in _attached(data, most):
        if mark not in content or content == found:
            continue
        if found is not None:
            raise EvidenceError("the PDF has several pieces of evidence attached; one is expected")
        found = content
    if found is None:
        raise EvidenceError("the PDF has no evidence attached")
    return found


def _attached(data: bytes, most: int) -> Iterator[bytes]:
    """The contents of all attached files, one after the other, each looked for from its type's name."""
    at, count = 0, 0
    while (at := data.find(b"/EmbeddedFile", at)) >= 0:
        after = at + len(b"/EmbeddedFile")
        if data[after : after + 1] == b"s":  # the name tree, /EmbeddedFiles
            at = after
            continue
        count += 1
        if count > MAX_STREAMS:
            raise EvidenceError(f"the PDF has more than {MAX_STREAMS} files attached")
        end = _STREAM.search(data, after, after + MAX_DICTIONARY)
        begin = data.rfind(b" obj", max(0, at - MAX_DICTIONARY), at)
        if end is None or begin < 0 or b"endobj" in data[after : end.start()]:
            at = after
            continue
        yield _content(data, data[begin : end.start()], end.end(), most)
        at = end.end()


def _content(data: bytes, dictionary: bytes, start: int, most: int) -> bytes:
    filters = _FILTER.search(dictionary)
    name = filters.group(1).strip(b"[] ") if filters else b""
    if name not in (b"", b"/FlateDecode") or b"/DecodeParms" in dictionary:
        raise EvidenceError(
            "an attached file is packed in a way that this verifier does not read (FlateDecode it does)"
        )
    if not name:
        length = _LENGTH.search(dictionary)
        if length is None:
            raise EvidenceError("an attached file does not say its length")
        size = int(length.group(1))
        _refuse_if_above(size, most)
        return data[start : start + size]
    inflater = zlib.decompressobj()
    try:
        # One byte more than allowed is enough to know that it is too large.
        content = inflater.decompress(memoryview(data)[start:], most + 1)
    except zlib.error as error:
        raise EvidenceError(f"an attached file cannot be unpacked: {error}") from None
    _refuse_if_above(len(content), most)
    if not inflater.eof:
        raise EvidenceError("an attached file ends before it is complete")
    return content


def _refuse_if_above(size: int, most: int) -> None:
    if size > most:
        raise EvidenceError(f"an attached file is larger than {most:,} bytes")
