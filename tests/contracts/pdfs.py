"""PDFs for tests: plain ones, a scan, and those that nobody should take."""

import zlib
from collections.abc import Sequence
from io import BytesIO

import pikepdf
from reportlab.pdfgen import canvas


def pdf(*pages: Sequence[str]) -> bytes:
    """Pages of these lines. A page without lines has no words: as a scan has none."""
    out = BytesIO()
    paper = canvas.Canvas(out, pagesize=(595, 842), invariant=True)
    for lines in pages:
        for number, line in enumerate(lines):
            paper.drawString(60, 780 - 16 * number, line)
        if not lines:
            paper.rect(60, 60, 400, 600, fill=1)
        paper.showPage()
    paper.save()
    return out.getvalue()


SIGNED = (
    (
        "1. Availability",
        "The Platform is available for at least 99.9 % of every",
        "calendar month, planned main-",
    ),
    ("tenance excluded.", "2. Credits", "Below 99.9 % the customer is credited ten per cent of the charge."),
)


def changed(change: "object", content: bytes = b"") -> bytes:
    """A plain PDF after ``change`` was let loose on its structure."""
    out = BytesIO()
    with pikepdf.open(BytesIO(content or pdf(*SIGNED))) as opened:
        change(opened)  # type: ignore[operator]
        opened.save(out)
    return out.getvalue()


def encrypted() -> bytes:
    """Locked with a password."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf(*SIGNED))) as opened:
        opened.save(out, encryption=pikepdf.Encryption(user="secret", owner="owner"))
    return out.getvalue()


def owner_locked(content: bytes = b"") -> bytes:
    """Opens without a password; another one keeps it from being changed."""
    out = BytesIO()
    with pikepdf.open(BytesIO(content or pdf(*SIGNED))) as opened:
        opened.save(out, encryption=pikepdf.Encryption(user="", owner="owner"))
    return out.getvalue()


def locked_for_certificates() -> bytes:
    """Encrypted for the holders of certificates, which takes no password."""
    plain = raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
            b"<< /Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s5 /V 4 /Recipients [<00>] >>",
        ]
    )
    return plain.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 4 0 R /ID [<00> <00>]")


def signature_fields(filled: int, empty: int = 0) -> bytes:
    """Fields for signatures: the first below a field that says what they are, the others by themselves."""

    def add(opened: pikepdf.Pdf) -> None:
        def field(number: int, **more: object) -> pikepdf.Object:
            value = pikepdf.Dictionary(Type=pikepdf.Name.Sig, Contents=b"\0" * 40, ByteRange=[0, 1, 2, 3])
            said = {"V": opened.make_indirect(value)} if number < filled else {}
            return opened.make_indirect(pikepdf.Dictionary(T=f"s{number}", **said, **more))

        widget = opened.make_indirect(pikepdf.Dictionary(Subtype=pikepdf.Name.Widget, Rect=[0, 0, 9, 9]))
        below = field(0, Kids=pikepdf.Array([widget]))
        above = pikepdf.Dictionary(T="all", FT=pikepdf.Name.Sig, Kids=pikepdf.Array([below]))
        others = [field(number, FT=pikepdf.Name.Sig) for number in range(1, filled + empty)]
        text = pikepdf.Dictionary(T="name", FT=pikepdf.Name.Tx, V="Ada")
        opened.Root.AcroForm = pikepdf.Dictionary(
            Fields=pikepdf.Array([opened.make_indirect(above), *others, opened.make_indirect(text)]),
            SigFlags=3,
        )

    return changed(add)


def endless_fields() -> bytes:
    """A form whose field is its own kid."""

    def add(opened: pikepdf.Pdf) -> None:
        field = opened.make_indirect(pikepdf.Dictionary(T="again"))
        field.Kids = pikepdf.Array([field])
        opened.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))

    return changed(add)


def scripted() -> bytes:
    """Runs JavaScript when it is opened."""

    def add(opened: pikepdf.Pdf) -> None:
        opened.Root.OpenAction = opened.make_indirect(
            pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        )

    return changed(add)


def launching() -> bytes:
    """Starts a program from a link of its first page."""

    def add(opened: pikepdf.Pdf) -> None:
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Link,
            Rect=[0, 0, 100, 100],
            A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("calc.exe")),
        )
        opened.pages[0].Annots = pikepdf.Array([link])

    return changed(add)


def attached() -> bytes:
    """Carries a file."""

    def add(opened: pikepdf.Pdf) -> None:
        opened.attachments["a.txt"] = pikepdf.AttachedFileSpec(opened, b"hello", filename="a.txt")

    return changed(add)


def too_many_pages(count: int = 501) -> bytes:
    """One page more than is taken."""
    return pdf(*[("One line.",)] * count)


def growing_tree() -> bytes:
    """Thirty nodes whose children are all the same next node, twice: a thousand million pages in two kilobytes."""

    def add(opened: pikepdf.Pdf) -> None:
        node = opened.Root.Pages.Kids[0]
        for _ in range(30):
            node = opened.make_indirect(
                pikepdf.Dictionary(Type=pikepdf.Name.Pages, Kids=pikepdf.Array([node, node]), Count=2)
            )
        opened.Root.Pages = node

    return changed(add)


def raw_pdf(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, the first of which is the catalogue."""
    out = b"%PDF-1.5\n"
    places = []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % at for at in places)
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, at)


def huge_stream(megabytes: int = 3_000) -> bytes:
    """A page whose content is packed twice and grows a thousandfold, and again, when it is unpacked."""
    packer = zlib.compressobj(9)
    block = b"0 0 m " * 174_763  # about a megabyte
    once = b"".join(packer.compress(block) for _ in range(megabytes // 10)) + packer.flush()
    twice = zlib.compress(once * 10, 9)
    stream = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (
        len(twice),
        twice,
    )
    return raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
            stream,
        ]
    )
