"""A document from its blocks: typeset, drawn, and dressed as PDF/A-3b with its data attached."""

import io

from reportlab.pdfgen.canvas import Canvas

from base.pdf import archive, faces
from base.pdf.blocks import Document, Heading, PageSize, Text
from base.pdf.flow import SIZES, Flow
from base.pdf.setup import BODY
from base.pdf.typeset import describe


def render(document: Document, *, page_size: PageSize = "A4") -> bytes:
    """The document as PDF/A-3b. The same arguments give the same bytes, in every process (rule 7)."""
    return archive.dress(_pages(document, page_size), document)


def _pages(document: Document, page_size: PageSize) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(
        out,
        pagesize=SIZES[page_size],
        pageCompression=1,
        invariant=1,
        initialFontName=BODY,
        lang=document.language,
    )
    flow = Flow(canvas, page_size, document.watermark)
    flow.blocks(document.blocks)
    flow.setter.line(f"{document.header}{document.footer}", 1)
    if flow.setter.missing:
        listed = ", ".join(describe(one) for one in sorted(flow.setter.missing))
        sentence = "The typefaces of this document do not have these; each is drawn as"
        flow.blocks(
            [Heading("Characters that are not shown"), Text(f"{sentence} {faces.REPLACEMENT}: {listed}.")]
        )
    flow.finish(document.header, document.footer)
    canvas.save()
    return out.getvalue()
