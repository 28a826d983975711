"""A letter: sender, recipient, date, subject, paragraphs, and tables where figures are claimed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from base.pdf.blocks import Attachment, Block, Document, Gap, PageSize, Pairs, Text, Title
from base.pdf.document import render


@dataclass(frozen=True)
class Letter:
    """A letter's parts, top to bottom. ``body`` holds paragraphs (text) and blocks such as a Table or a Picture.

    ``written_on`` is the day on the letter. ``draft`` stands behind the text until the letter is sent.
    """

    sender: Sequence[str]
    recipient: Sequence[str]
    written_on: date
    subject: str
    body: Sequence[str | Block]
    reference: str = ""
    place: str = ""
    closing: str = "Yours faithfully"
    signatory: Sequence[str] = ()
    enclosures: Sequence[str] = ()
    draft: bool = False
    language: str = "en"
    attachments: Sequence[Attachment] = field(default_factory=tuple)


def letter(value: Letter, *, page_size: PageSize = "A4") -> bytes:
    """The letter as PDF/A-3b. Raises ValueError where sender, recipient or subject is empty."""
    for name in ("sender", "recipient", "subject"):
        if not getattr(value, name):
            raise ValueError(f"{name}: is empty; a letter needs one")
    document = Document(
        title=value.subject,
        author=value.sender[0],
        subject=f"Letter to {value.recipient[0]}",
        dated=datetime.combine(value.written_on, time(0), UTC),
        blocks=_blocks(value),
        header=" · ".join(value.sender),
        footer=value.reference,
        watermark="DRAFT" if value.draft else "",
        language=value.language,
        attachments=value.attachments,
    )
    return render(document, page_size=page_size)


def _blocks(value: Letter) -> list[Block]:
    blocks: list[Block] = [Gap(22), Text("\n".join(value.recipient)), Gap(22)]
    day = f"{value.place}, {value.written_on.isoformat()}" if value.place else value.written_on.isoformat()
    head = [("Date", day)]
    if value.reference:
        head.append(("Our reference", value.reference))
    blocks += [Pairs(head), Gap(8), Title(value.subject)]
    for part in value.body:
        blocks += [Text(part), Gap(4)] if isinstance(part, str) else [part]
    blocks += [Gap(10), Text(value.closing), Gap(30), Text("\n".join(value.signatory or value.sender[:1]))]
    if value.enclosures:
        blocks += [Gap(8), Text("Enclosed: " + "; ".join(value.enclosures), style="note")]
    return blocks
