"""Dressing a PDF as PDF/A-3b: metadata, output intent, attached files. The same arguments give the same bytes."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import md5
from importlib import resources
from xml.sax.saxutils import escape

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from base.pdf.blocks import Attachment, Document

PRODUCER = "SLA Ledger"

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language></rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<xmp:CreateDate>{dated}</xmp:CreateDate><xmp:ModifyDate>{dated}</xmp:ModifyDate>
<xmp:CreatorTool>{producer}</xmp:CreatorTool></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdf:Producer>{producer}</pdf:Producer></rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


@cache
def _profile() -> bytes:
    """The sRGB profile of ICC version 2 that pikepdf ships."""
    return (resources.files("pikepdf.pdfa") / "data" / "sRGB.icc").read_bytes()


def dress(bare: bytes, document: Document) -> bytes:
    """The bare pages of reportlab as PDF/A-3b, with the document's metadata and attachments."""
    with Pdf.open(io.BytesIO(bare)) as pdf:
        for page in pdf.pages:
            # reportlab writes an empty transition, which PDF/A-3 forbids.
            if Name.Trans in page.obj:
                del page.obj[Name.Trans]
        root = pdf.Root
        root[Name.Lang] = String(document.language)
        root[Name.ViewerPreferences] = Dictionary(DisplayDocTitle=True)
        root[Name.Metadata] = pdf.make_indirect(_metadata(pdf, document))
        intent = Stream(pdf, _profile())
        intent[Name.N] = 3
        root[Name.OutputIntents] = Array(
            [
                Dictionary(
                    Type=Name.OutputIntent,
                    S=Name.GTS_PDFA1,
                    OutputConditionIdentifier=String("sRGB"),
                    Info=String("sRGB"),
                    DestOutputProfile=pdf.make_indirect(intent),
                )
            ]
        )
        _information(pdf, document)
        if document.attachments:
            _attach(pdf, document.attachments, document.dated)
        out = io.BytesIO()
        # Streams keep their own bytes: an attachment can be found without reading compressed objects.
        pdf.save(
            out,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=True,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            fix_metadata_version=False,
            min_version="1.7",
        )
        return out.getvalue()


def _metadata(pdf: Pdf, document: Document) -> Stream:
    text = XMP.format(
        title=escape(document.title),
        author=escape(document.author),
        subject=escape(document.subject),
        language=escape(document.language),
        producer=PRODUCER,
        dated=document.dated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
    )
    stream = Stream(pdf, text.encode())
    stream[Name.Type] = Name.Metadata
    stream[Name.Subtype] = Name.XML
    return stream


def _information(pdf: Pdf, document: Document) -> None:
    """The old information dictionary; it must say what the metadata say."""
    stamp = String(pdf_date(document.dated))
    pdf.trailer[Name.Info] = pdf.make_indirect(
        Dictionary(
            Title=String(document.title),
            Author=String(document.author),
            Subject=String(document.subject),
            Creator=String(PRODUCER),
            Producer=String(PRODUCER),
            CreationDate=stamp,
            ModDate=stamp,
        )
    )


def _attach(pdf: Pdf, attachments: Sequence[Attachment], dated: datetime) -> None:
    names, files = Array(), Array()
    for one in sorted(attachments, key=lambda each: each.name):
        stream = Stream(pdf, one.content)
        stream[Name.Type] = Name.EmbeddedFile
        stream[Name.Subtype] = Name(f"/{one.mime}")
        digest = md5(one.content, usedforsecurity=False).digest()  # what the format wants, no more
        stream[Name.Params] = Dictionary(
            Size=len(one.content), ModDate=String(pdf_date(dated)), CheckSum=String(digest)
        )
        embedded = pdf.make_indirect(stream)
        spec = pdf.make_indirect(
            Dictionary(
                Type=Name.Filespec,
                F=String(one.name),
                UF=String(one.name),
                Desc=String(one.description),
                AFRelationship=Name(f"/{one.relationship}"),
                EF=Dictionary(F=embedded, UF=embedded),
            )
        )
        names.extend([String(one.name), spec])
        files.append(spec)
    pdf.Root[Name.Names] = Dictionary(EmbeddedFiles=Dictionary(Names=names))
    pdf.Root[Name.AF] = files


def pdf_date(instant: datetime) -> str:
    """An instant in the spelling of PDF, in UTC."""
    return instant.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
