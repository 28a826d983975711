"""What an evidence document says, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from base.pdf.blocks import Column
from base.svg import Step


@dataclass(frozen=True)
class Listing:
    """Rows under named columns, with a sentence before them and one for the case that there is none."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    before: str = ""
    empty: str = "None."


@dataclass(frozen=True)
class EvidenceValue:
    """Everything that one evidence document shows, in the order in which it is shown.

    ``data`` is the evidence itself in its canonical bytes: what is attached, hashed and recomputed. Everything
    else is for people. ``dated`` (aware) is the moment of knowledge and becomes the document's date.
    ``promised`` holds (number, heading, text) of each clause; ``trace`` the steps as (stage, clause, rule, what
    went in, what came out).
    """

    title: str
    under: str
    header: str
    author: str
    verdict: str
    standing: str
    provisional: bool
    dated: datetime
    facts: Sequence[tuple[str, str]]
    promised: Sequence[tuple[str, str, str]]
    measured: Sequence[tuple[str, str]]
    outages: Listing
    exclusions: Listing
    steps: Sequence[Step]
    readings: Listing
    questions: Listing
    approvals: Listing
    sources: Listing
    trace: Sequence[tuple[str, str, str, str, str]]
    data: bytes
    language: str = "en"
