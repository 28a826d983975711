"""Read or draw one PDF that nobody may trust. Run as a process of its own by ``safely``, never imported.

    python -I parsing.py read            the PDF on standard input; JSON on standard output
    python -I parsing.py draw NUMBER     one page (the first is 0) as PNG

It limits itself before it looks at anything, knows nothing of the application, and has no environment. A refusal is
``{"refused": sentence}``; whatever ends it otherwise is told by the process that started it.
"""

import ctypes
import json
import re
import resource
import sys
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

MAX_PAGES = 500
MAX_OBJECTS = 200_000
MAX_WORDS = 400_000
MAX_WORD = 200
MAX_LETTERS = 4_000_000
MAX_FIELDS = 5_000
MAX_UNPACKED = 30_000_000
MAX_UNPACKED_IN_ALL = 300_000_000
MAX_SIDE = 14_400  # points; what the format itself allows
PIXELS_WIDE = 1_000
MAX_PIXELS = 4_000_000
CPU_SECONDS = 10
MEMORY_BYTES = 1_200_000_000
OPEN_FILES = 64
AFTER_THE_END = 1_024

# Names in dictionaries, and what they mean to people. What runs, starts or sends something is refused.
RUNS = {
    "JavaScript": "JavaScript",
    "JS": "JavaScript",
    "Launch": "an action that starts another program",
    "SubmitForm": "an action that sends what is filled in",
    "ImportData": "an action that loads data",
    "RichMedia": "embedded media that runs",
    "XFA": "a form of the kind XFA, which is a program of its own",
}
CARRIES = {"EmbeddedFile": "an attached file", "EmbeddedFiles": "an attached file"}
_NAMES = re.compile(rb"/(" + "|".join([*RUNS, *CARRIES]).encode() + rb")(?![A-Za-z0-9_])")
_OF_STREAM = re.compile(r"^stream <[^>]*>:? ?")
_LOCKS = re.compile(r"encrypt|security handler", re.IGNORECASE)
_HYPHENS = {0xFFFE, 0x2, 0xAD}


class Refused(Exception):
    """The file is not taken; the message says why."""


def limit() -> None:
    """No more time, memory, files or processes than reading a paper needs. A process of root may start others still:
    the system does not count those."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def check_ends(content: bytes) -> None:
    """A PDF and nothing but a PDF: no other format before it or after it."""
    if not re.match(rb"%PDF-(1\.[0-7]|2\.0)[\r\n \t]", content):
        at = content[:4096].find(b"%PDF-")
        if at > 0:
            raise Refused(
                f"has {at} bytes of something else before the PDF begins; it may be two files in one"
            )
        raise Refused("is not a PDF: it does not begin as one")
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise Refused("is cut off: the mark of its end is missing")
    rest = content[end + 5 :]
    if len(rest) > AFTER_THE_END or rest.strip(b"\r\n\t \0"):
        raise Refused(f"has {len(rest)} bytes of something else after its end; it may be two files in one")


def opened(content: bytes) -> Any:
    """The file's structure. Raises Refused for what needs a password or is damaged."""
    import pikepdf

    try:
        return pikepdf.open(BytesIO(content), attempt_recovery=False)
    except pikepdf.PasswordError:
        raise Refused(
            "is locked with a password, so nothing in it could be looked at; save it without one"
        ) from None
    except (pikepdf.PdfError, ValueError) as error:
        words = " ".join(_OF_STREAM.sub("", str(error)).split())[:160]
        if _LOCKS.search(words):
            raise Refused(
                f"is encrypted in a way that cannot be opened here ({words}), so nothing in it could be looked at; "
                "save it without"
            ) from None
        raise Refused(f"is damaged, or not a whole PDF ({words}); save or print it to a PDF again") from None


def count_pages(pdf: Any) -> int:
    """Walks the tree of pages itself, so that a tree that grows without end is noticed at its 501st page."""
    import pikepdf

    root = pdf.Root.get("/Pages")
    if not isinstance(root, pikepdf.Dictionary):
        raise Refused("has no pages")
    waiting: list[tuple[Any, int]] = [(root, 0)]
    pages = steps = 0
    while waiting:
        node, depth = waiting.pop()
        steps += 1
        if depth > 60 or steps > 20 * MAX_PAGES:
            raise Refused("has a tree of pages that is no tree")
        kids = node.get("/Kids") if isinstance(node, pikepdf.Dictionary) else None
        if isinstance(kids, pikepdf.Array):
            if len(kids) > MAX_PAGES:
                raise Refused(f"has more than {MAX_PAGES} pages")
            waiting.extend((kid, depth + 1) for kid in kids)
            continue
        pages += 1
        if pages > MAX_PAGES:
            raise Refused(f"has more than {MAX_PAGES} pages")
    if not pages:
        raise Refused("has no pages")
    return pages


def check_streams(pdf: Any) -> None:
    """Nothing but pictures may grow beyond bounds when it is unpacked. Unpacks no further than to the bound itself."""
    import pikepdf

    left = MAX_UNPACKED_IN_ALL
    for found in pdf.objects:
        if not isinstance(found, pikepdf.Stream) or found.get("/Subtype") == pikepdf.Name.Image:
            continue
        filters = found.get("/Filter")
        names = [str(one) for one in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
        data = found.read_raw_bytes()
        for name in names:
            if name not in ("/FlateDecode", "/Fl"):
                break
            unpacker = zlib.decompressobj()
            try:
                data = unpacker.decompress(data, MAX_UNPACKED)
            except zlib.error:
                break
            if len(data) >= MAX_UNPACKED:
                left = -1
        left -= len(data)
        if left < 0:
            raise Refused("holds parts that grow without end when they are unpacked; print it to a PDF again")


def names_in(pdf: Any) -> Iterator[str]:
    """The suspicious names that really stand as names in some dictionary, not as words of a text."""
    import pikepdf

    for number, found in enumerate(pdf.objects):
        if number > MAX_OBJECTS:
            raise Refused(f"has more than {MAX_OBJECTS:,} parts; print it to a PDF again")
        one = found.stream_dict if isinstance(found, pikepdf.Stream) else found
        if not isinstance(one, pikepdf.Dictionary | pikepdf.Array) or not _NAMES.search(
            one.unparse(resolved=True)
        ):
            continue
        yield from _names_of(one)


def _names_of(whole: Any) -> Iterator[str]:
    import pikepdf

    waiting = [(whole, 0)]
    while waiting:
        here, depth = waiting.pop()
        if depth > 200:
            raise Refused("has parts that are nested too deep")
        if isinstance(here, pikepdf.Name):
            yield str(here)[1:]
        elif isinstance(here, pikepdf.Dictionary):
            for key in here.keys():  # noqa: SIM118 - pikepdf's dictionaries iterate otherwise
                yield str(key)[1:]
                inner = here[key]
                if not getattr(inner, "is_indirect", False):
                    waiting.append((inner, depth + 1))
        elif isinstance(here, pikepdf.Array):
            waiting.extend((one, depth + 1) for one in here if not getattr(one, "is_indirect", False))


def check_active(pdf: Any) -> list[str]:
    """What the file carries besides pages. Raises Refused for what runs, starts or sends something."""
    names = set(names_in(pdf))
    if runs := sorted({RUNS[name] for name in names & set(RUNS)}):
        raise Refused(f"holds {' and '.join(runs)}; print it to a PDF again, so that only its pages are left")
    return sorted({CARRIES[name] for name in names & set(CARRIES)})


def signatures_in(pdf: Any) -> list[str]:
    """How many fields for digital signatures are filled in, and how many wait; whether one is good is not looked at.

    A field is one of a signature by its own word or by that of a field above it (ISO 32000-1, 12.7.3.1 and 12.8)."""
    import pikepdf

    form = pdf.Root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    waiting: list[tuple[Any, str, Any, int]] = []
    if isinstance(fields, pikepdf.Array):
        waiting = [(one, "", None, 0) for one in fields]
    seen = filled = empty = 0
    while waiting:
        node, kind, value, depth = waiting.pop()
        seen += 1
        if seen > MAX_FIELDS or depth > 60:
            raise Refused(f"has a form of more than {MAX_FIELDS:,} fields; print it to a PDF again")
        if not isinstance(node, pikepdf.Dictionary):
            continue
        kind, value = str(node.get("/FT", kind)), node.get("/V", value)
        kids = node.get("/Kids")
        below = [one for one in kids if _is_field(one)] if isinstance(kids, pikepdf.Array) else []
        waiting.extend((one, kind, value, depth + 1) for one in below)
        if kind == "/Sig" and not below:
            filled += isinstance(value, pikepdf.Dictionary)
            empty += not isinstance(value, pikepdf.Dictionary)
    found = []
    if filled:
        them = "it is" if filled == 1 else "they are"
        found.append(f"{_counted(filled, 'digital signature')}; {them} kept, not checked")
    if empty:
        found.append(f"{_counted(empty, 'field')} for a digital signature that nobody filled in")
    return found


def _is_field(kid: Any) -> bool:
    """Whether a kid of a field is a field of its own, and not only the place where its parent is shown."""
    import pikepdf

    return isinstance(kid, pikepdf.Dictionary) and ("/T" in kid or "/FT" in kid or "/Kids" in kid)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def words_of(page: Any, raw: Any) -> dict[str, Any]:
    """The size of a page and its words with line and box, in tenths of a point from the picture's upper left."""
    width, height = page.get_size()
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise Refused("has a page of a size that no paper has")
    wide, high = round(width * 10), round(height * 10)
    textpage = page.get_textpage()
    handle, page_handle = textpage.raw, page.raw
    x, y = ctypes.c_int(), ctypes.c_int()
    box = raw.FS_RECTF()

    def corner(across: float, up: float) -> tuple[int, int]:
        raw.FPDF_PageToDevice(page_handle, 0, 0, wide, high, 0, across, up, x, y)
        return min(max(x.value, 0), wide), min(max(y.value, 0), high)

    def boxed(first: int, last: int) -> list[int]:
        corners = []
        for at in {first, last}:
            if raw.FPDFText_GetLooseCharBox(handle, at, box):
                corners += [corner(box.left, box.top), corner(box.right, box.bottom)]
        across, down = [one[0] for one in corners] or [0], [one[1] for one in corners] or [0]
        return [min(across), min(down), max(across), max(down)]

    words: list[list[Any]] = []
    line, began, last, text = 0, -1, -1, ""
    count = raw.FPDFText_CountChars(handle)
    for at in range(count + 1):
        code = raw.FPDFText_GetUnicode(handle, at) if at < count else 0x20
        letter = "-" if code in _HYPHENS else chr(code) if 0 < code < 0x110000 else " "
        if 0xD800 <= code < 0xE000:
            letter = "\ufffd"
        if not letter.isspace() and letter.isprintable():
            began, text, last = (at if began < 0 else began), text + letter, at
        if text and (code in _HYPHENS or last != at):
            words.append([line, text[:MAX_WORD], *boxed(began, last)])
            began, text = -1, ""
        # A hyphen at the end of a line is marked; the end itself is then left out.
        if (letter == "\n" or code in _HYPHENS) and words and words[-1][0] == line:
            line += 1
    textpage.close()
    return {"width": wide, "height": high, "words": words}


def read(content: bytes) -> dict[str, Any]:
    """Everything that is kept of a paper besides its bytes."""
    check_ends(content)
    with opened(content) as pdf:
        pages = count_pages(pdf)
        check_streams(pdf)
        carries = check_active(pdf)
        carries += signatures_in(pdf)
        if pdf.is_encrypted:
            carries.append(
                "an owner's password against changes; it opens without it, and was looked at as any other"
            )
    found = []
    words = letters = 0
    document, raw = loaded(content)
    if len(document) != pages:
        raise Refused("says two different numbers of pages; print it to a PDF again")
    for number in range(pages):
        page = document[number]
        found.append(words_of(page, raw))
        page.close()
        words += len(found[-1]["words"])
        letters += sum(len(word[1]) for word in found[-1]["words"])
        if words > MAX_WORDS or letters > MAX_LETTERS:
            raise Refused(
                f"has more than {MAX_WORDS:,} words or {MAX_LETTERS:,} letters, more than any paper of "
                f"{MAX_PAGES} pages"
            )
    wordless = sum(not one["words"] for one in found)
    if wordless:
        where = "any of its pages" if wordless == pages else f"{wordless} of its {pages} pages"
        carries.append(f"no words on {where}: a scan, in which nothing can be found or checked")
    return {"pages": found, "carries": carries}


def loaded(content: bytes) -> tuple[Any, Any]:
    """The document as it is drawn."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        return pypdfium2.PdfDocument(content), raw
    except pypdfium2.PdfiumError:
        raise Refused("cannot be drawn; print it to a PDF again") from None


def draw(content: bytes, number: int) -> bytes:
    """One page as PNG, 1,000 pixels wide unless it is very high."""
    document, _ = loaded(content)
    page = document[number]
    width, height = page.get_size()
    wide = min(float(PIXELS_WIDE), (MAX_PIXELS * width / height) ** 0.5)
    picture = page.render(scale=wide / width, may_draw_forms=False).to_pil().convert("RGB")
    out = BytesIO()
    # The signed paper is black on white for the most part: 64 colours draw it, at a third of the bytes.
    picture.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> int:
    limit()
    content = sys.stdin.buffer.read()
    try:
        if sys.argv[1] == "draw":
            answer = draw(content, int(sys.argv[2]))
        else:
            answer = json.dumps(read(content), ensure_ascii=True, separators=(",", ":")).encode()
    except Refused as refused:
        answer = json.dumps({"refused": str(refused)}).encode()
    except (MemoryError, RecursionError):
        answer = json.dumps({"refused": "needs more memory than reading a paper may take"}).encode()
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
