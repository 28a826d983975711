"""A redline as files: PDF/A and Word with real tracked changes. The same two texts give the same bytes."""

import io
import zipfile
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from base.pdf.blocks import Block, Column, Document, Gap, Heading, PageSize, Pairs, Table, Title
from base.pdf.blocks import Text as Paragraph
from base.pdf.document import render
from base.svg.parts import clean
from contracts.models import Contract
from contracts.redlines import STATES, Compared, heading_parts, number_of, shown
from reckoning.canonical import instant_text
from reckoning.terms.redline import ClauseChange, Part, marked

AUTHOR = "SLA Ledger"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_STYLES = "application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


# PDF -----------------------------------------------------------------------------------------------------


def redline_pdf(contract: Contract, compared: Compared, page_size: PageSize = "A4") -> bytes:
    """The redline as PDF/A-3b: words that went in [- -], words that came in {+ +}, and the changed fields."""
    title = f"Redline of {contract.reference}"
    document = Document(
        title=title,
        author=contract.legal_entity.name,
        subject=f"{compared.before.name} against {compared.after.name}",
        dated=compared.after.dated,
        blocks=tuple(_blocks(contract, compared)),
        header=f"{title}: {compared.before.name} against {compared.after.name}",
    )
    return render(document, page_size=page_size)


def _blocks(contract: Contract, compared: Compared) -> Iterator[Block]:
    yield Title(f"Redline of {contract.reference}", contract.title)
    yield Pairs(
        (
            ("Before", f"{compared.before.name}, SHA-256 {compared.before.sha256}"),
            ("After", f"{compared.after.name}, SHA-256 {compared.after.sha256}"),
            ("Signs", "[-words that were taken out-] and {+words that were put in+}"),
        )
    )
    yield Heading("Needs an approval")
    yield Table(
        (Column("What was moved", 45), Column("Who", 25), Column("Fields", 30)),
        [(one.said, one.approval, ", ".join(one.fields)) for one in compared.flags],
        empty="Nothing that moves money or what is promised.",
    )
    yield Heading("Changed clauses")
    yield Table(
        (Column("Clause", 24), Column("", 12), Column("Words", 64)),
        [
            (f"{number_of(one)} {marked(heading_parts(one))}", STATES[one.state], marked(one.parts))
            for one in compared.changed
        ],
        empty="Every clause reads the same.",
    )
    yield Heading("Changed fields")
    yield Table(
        (Column("Field", 44), Column("Before", 28), Column("After", 28)),
        [(one.path, shown(one.before), shown(one.after)) for one in compared.fields],
        empty="No field differs.",
    )
    yield Gap()
    yield Paragraph("Clauses that read the same are left out; the page and the Word file show all.", "note")


# Word ----------------------------------------------------------------------------------------------------


def redline_docx(contract: Contract, compared: Compared) -> bytes:
    """The whole text as a Word file with tracked changes: accepting all gives the newer text, rejecting the older.

    The changes are dated by the newer version and named after our company; nothing asks what time it is.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in _package(contract, compared):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            package.writestr(info, content.encode())
    return out.getvalue()


def _package(contract: Contract, compared: Compared) -> Iterator[tuple[str, str]]:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    yield (
        "[Content_Types].xml",
        f'{head}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_MAIN}"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{_STYLES}"/>'
        f'<Override PartName="/docProps/core.xml" ContentType="{core}"/></Types>',
    )
    yield (
        "_rels/.rels",
        f'{head}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_R}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/></Relationships>',
    )
    yield (
        "word/_rels/document.xml.rels",
        f'{head}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_R}/styles" Target="styles.xml"/></Relationships>',
    )
    yield "word/styles.xml", head + _styles()
    dated = instant_text(compared.after.dated)
    yield (
        "docProps/core.xml",
        f'{head}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{_said(f'Redline of {contract.reference}')}</dc:title>"
        f"<dc:creator>{_said(contract.legal_entity.name)}</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{dated}</dcterms:created></cp:coreProperties>',
    )
    body = "".join(_body(contract, compared))
    yield (
        "word/document.xml",
        f'{head}<w:document xmlns:w="{_W}"><w:body>{body}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" '
        'w:gutter="0"/></w:sectPr></w:body></w:document>',
    )


def _styles() -> str:
    def style(ident: str, name: str, size: int, bold: bool) -> str:
        weight = "<w:b/>" if bold else ""
        return (
            f'<w:style w:type="paragraph" w:styleId="{ident}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/>'
            '<w:pPr><w:keepNext/><w:spacing w:before="160" w:after="60"/></w:pPr>'
            f'<w:rPr>{weight}<w:sz w:val="{size}"/></w:rPr></w:style>'
        )

    return (
        f'<w:styles xmlns:w="{_W}"><w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
        '<w:name w:val="Normal"/><w:pPr><w:spacing w:after="80"/></w:pPr>'
        '<w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial"/><w:sz w:val="21"/></w:rPr></w:style>'
        f"{style('Title', 'Title', 34, True)}{style('Heading2', 'heading 2', 23, True)}</w:styles>"
    )


class _Changes:
    """Tracked changes, numbered in their order, all by one author at one time."""

    def __init__(self, author: str, dated: str) -> None:
        self.author, self.dated, self.number = author, dated, 0

    def named(self) -> str:
        self.number += 1
        return f'w:id="{self.number}" w:author={quoteattr(self.author)} w:date="{self.dated}"'

    def run(self, part: Part) -> str:
        words = _said(part.text)
        if part.kind == "removed":
            return f'<w:del {self.named()}><w:r><w:delText xml:space="preserve">{words}</w:delText></w:r></w:del>'
        run = f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>'
        return f"<w:ins {self.named()}>{run}</w:ins>" if part.kind == "added" else run

    def paragraph(self, parts: tuple[Part, ...], style: str = "") -> str:
        """One paragraph; where all of it came or went, its end is tracked as well, so that none is left empty."""
        kinds = {part.kind for part in parts}
        mark = ""
        if kinds == {"added"}:
            mark = f"<w:rPr><w:ins {self.named()}/></w:rPr>"
        elif kinds == {"removed"}:
            mark = f"<w:rPr><w:del {self.named()}/></w:rPr>"
        styled = f'<w:pStyle w:val="{style}"/>' if style else ""
        properties = f"<w:pPr>{styled}{mark}</w:pPr>" if styled or mark else ""
        return f"<w:p>{properties}{''.join(self.run(part) for part in parts)}</w:p>"


def _body(contract: Contract, compared: Compared) -> Iterator[str]:
    changes = _Changes(AUTHOR, instant_text(compared.after.dated))
    plain = changes.paragraph
    yield plain((Part("same", f"{contract.reference} {contract.title}"),), "Title")
    yield plain((Part("same", f"Before: {compared.before.name}, SHA-256 {compared.before.sha256}"),))
    yield plain((Part("same", f"After: {compared.after.name}, SHA-256 {compared.after.sha256}"),))
    for one in compared.redline.clauses:
        yield plain(_heading(one), "Heading2")
        yield plain(one.parts)


def _heading(change: ClauseChange) -> tuple[Part, ...]:
    """The number and heading, each side's own; a number alone that moved is a change as well."""
    before = f"{change.before.number} {change.before.heading}" if change.before else ""
    after = f"{change.after.number} {change.after.heading}" if change.after else ""
    if before == after:
        return (Part("same", after),)
    parts = (Part("removed", before), Part("added", after))
    return tuple(part for part in parts if part.text)


def _said(words: str) -> str:
    return escape(clean(words))
