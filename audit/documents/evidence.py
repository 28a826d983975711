"""The evidence document: pages for people first, and the data that prove them attached."""

from hashlib import sha256

from audit.documents.value import EvidenceValue, Listing
from base.pdf.blocks import (
    Attachment,
    Block,
    Code,
    Column,
    Document,
    Gap,
    Heading,
    PageSize,
    Pairs,
    Picture,
    Table,
    Text,
    Title,
)
from base.pdf.document import render
from base.svg import table_of, waterfall

ATTACHMENT = "evidence.json"


def evidence_sha256(value: EvidenceValue) -> str:
    """The SHA-256 of the attached evidence: what stands on the first page and in its code."""
    return sha256(value.data).hexdigest()


def evidence_pdf(value: EvidenceValue, *, page_size: PageSize = "A4") -> bytes:
    """The document as PDF/A-3b. The same value gives the same bytes, in every process."""
    digest = evidence_sha256(value)
    return render(
        Document(
            title=value.title,
            author=value.author,
            subject=value.verdict,
            dated=value.dated,
            blocks=_blocks(value, digest),
            header=value.header,
            footer=f"Evidence SHA-256 {digest}",
            watermark="PROVISIONAL" if value.provisional else "",
            language=value.language,
            attachments=(
                Attachment(
                    name=ATTACHMENT,
                    content=value.data,
                    mime="application/json",
                    description="Terms, inputs and result, from which everything here can be recomputed",
                    relationship="Source",
                ),
            ),
        ),
        page_size=page_size,
    )


def _blocks(value: EvidenceValue, digest: str) -> list[Block]:
    blocks: list[Block] = [
        Title(value.title, value.under),
        Text(value.verdict, style="lead"),
        Text(value.standing, style="note"),
        Gap(4),
        Code(
            f"sla-ledger-evidence:sha256:{digest}",
            [
                ("SHA-256 of the attached evidence", digest),
                (
                    "To check it without this system",
                    "python -m verifier FILE recomputes the result from the data attached to this document, and "
                    "says whether it is the same or where it first differs. No database and no network is needed.",
                ),
            ],
        ),
        Heading("At a glance"),
        Pairs(value.facts),
        Heading("What was promised"),
        Pairs([(f"{number}  {heading}", text) for number, heading, text in value.promised], share=30),
        Heading("What happened"),
        Pairs(value.measured, share=30),
        *_listing(value.outages),
    ]
    if value.exclusions.rows:
        blocks += [Heading("Time for which an exclusion was asked"), *_listing(value.exclusions)]
    blocks += [Heading("From downtime to credit"), *_waterfall(value)]
    if value.questions.rows:
        blocks += [Heading("Open questions"), *_listing(value.questions)]
    return [
        *blocks,
        Heading("Other readings"),
        *_listing(value.readings),
        Heading("Acts and approvals"),
        *_listing(value.approvals),
        Heading("Sources"),
        *_listing(value.sources),
        Heading("Trace"),
        Text(
            "Every step of the reckoning, in its order: which clause, by which rule, what went in, what came out."
        ),
        Table(
            [Column("Step and clause", 20), Column("Rule", 26), Column("In", 30), Column("Out", 24)],
            [(f"{stage}\n{clause}", rule, given, out) for stage, clause, rule, given, out in value.trace],
        ),
    ]


def _waterfall(value: EvidenceValue) -> list[Block]:
    """The picture, and the same as a table."""
    svg = waterfall(
        value.steps,
        title=f"From downtime to credit: {value.title}",
        desc=value.verdict,
        id_prefix="waterfall",
        width=495,
    )
    rows = table_of(value.steps)
    shares = (30, 32, 22, 24)
    columns = [
        Column(name, share, "right" if name == "Value" else "left")
        for name, share in zip(rows.columns, shares, strict=True)
    ]
    return [Picture(svg), Table(columns, rows.rows)]


def _listing(listing: Listing) -> list[Block]:
    blocks: list[Block] = [Text(listing.before)] if listing.before else []
    return [*blocks, Table(listing.columns, listing.rows, empty=listing.empty)]
