"""Evidence documents: how many a second, and as a multiple of what reportlab needs for the same pages alone.

The bare pages hold the same text at the same places in the same typefaces, and nothing else: no breaking of
lines, no tables, no picture, no code, no attachment, no PDF/A. They are drawn as reportlab's manual shows it,
with a ``drawString`` for each text.
"""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from audit.documents import EvidenceValue, Listing, evidence_pdf
from base.pdf.blocks import Column
from base.pdf.faces import ink
from base.pdf.flow import SIZES, Flow
from base.pdf.setup import BODY
from base.pdf.typeset import Line
from credits.explained import Explained, instant
from reckoning.assessment import AssessmentInputs, Fee, Interval, KnownTime
from reckoning.canonical import canonical_json
from reckoning.terms import parse_terms
from verifier.evidence import build

TERMS = Path(__file__).parent.parent / "demo" / "contracts" / "customer.json"
OUTAGES = 12
ROUNDS = 20
Drawn = list[list[tuple[float, float, str, float, str]]]


@dataclass(frozen=True)
class Documents:
    """Documents a second, pages in each, and the time of one as a multiple of its bare pages."""

    per_second: float
    pages: int
    multiple: float


def measure(*, outages: int = OUTAGES, rounds: int = ROUNDS) -> Documents:
    """The best of ``rounds`` for each, in turns, after one that warms the typefaces."""
    value = evidence(outages)
    pages = _drawn(value)
    whole = bare = float("inf")
    for _ in range(rounds):
        whole = min(whole, _seconds(lambda: evidence_pdf(value)))
        bare = min(bare, _seconds(lambda: _bare(pages)))
    return Documents(1 / whole, len(pages), whole / bare)


def evidence(outages: int) -> EvidenceValue:
    """The evidence of a month of the demo's customer, with made outages of which each lasts 25 minutes."""
    terms = parse_terms(TERMS.read_text())
    clause = terms.commitments[0]
    start, end = datetime(2023, 1, 31, 23, tzinfo=UTC), datetime(2023, 2, 28, 23, tzinfo=UTC)
    begins = [start + timedelta(hours=20 * number + 3) for number in range(outages)]
    inputs = AssessmentInputs(
        window_start=start,
        window_end=end,
        known_at=end + timedelta(days=6),
        service=clause.services[0],
        coverage=(KnownTime(start=start, end=end),),
        intervals=tuple(
            Interval(
                id=f"made-{number:03d}",
                severity="major",
                start=begin,
                end=begin + timedelta(minutes=25),
                components=("actions", clause.services[0]),
                observation=f"0123456789abcdef:{number}",
            )
            for number, begin in enumerate(begins)
        ),
        fee=Fee(amount="12345.67", currency=terms.currency, lines=("made-1",)),
    )
    told = Explained(terms, clause.key, inputs)
    return EvidenceValue(
        title="Evidence: platform, 2023-02",
        under="made for the measurement",
        header="made · platform · 2023-02",
        author="Example GmbH",
        verdict=told.verdict(),
        standing="Final result.",
        provisional=False,
        dated=inputs.known_at,
        facts=[
            ("Window", f"{instant(start)} to {instant(end)}"),
            ("Level", told.level),
            ("Credit", told.credit),
        ],
        promised=[(one.number, one.heading, one.text) for one in told.clauses],
        measured=told.measured(),
        outages=_listing(7, told.outages()),
        exclusions=_listing(6, told.exclusions()),
        steps=told.steps(),
        readings=_listing(4, told.readings()),
        questions=_listing(2, ()),
        approvals=_listing(2, [("2023-03-09", "approved")]),
        sources=_listing(2, [("made.csv", "0123456789abcdef" * 4)]),
        trace=told.trace(),
        data=canonical_json(build(terms, clause.key, inputs, told.result)),
    )


def _listing(columns: int, rows: object) -> Listing:
    return Listing([Column(f"column {number}", 10) for number in range(columns)], list(rows))  # type: ignore[call-overload]


def _drawn(value: EvidenceValue) -> Drawn:
    """Every text that a document draws, page by page, in the order in which it is drawn."""
    pages: Drawn = [[]]
    real_draw, real_next, real_finish = Flow.draw, Flow.next_page, Flow.finish

    def draw(self: Flow, line: Line, x: float, y: float, size: float, colour: str) -> None:
        at = x
        for run in line.runs:
            pages[-1].append((at, y, run.face, size, run.text))
            at += run.width
        real_draw(self, line, x, y, size, colour)

    def next_page(self: Flow) -> None:
        pages.append([])
        real_next(self)

    def finish(self: Flow, header: str, footer: str) -> None:
        Flow.draw = real_draw  # type: ignore[method-assign]
        real_finish(self, header, footer)

    Flow.draw, Flow.next_page, Flow.finish = draw, next_page, finish  # type: ignore[method-assign]
    try:
        evidence_pdf(value)
    finally:
        Flow.draw, Flow.next_page, Flow.finish = real_draw, real_next, real_finish  # type: ignore[method-assign]
    return pages


def _bare(pages: Drawn) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=SIZES["A4"], pageCompression=1, invariant=1, initialFontName=BODY)
    for page in pages:
        canvas.setFillColor(ink("#000000"))
        for x, y, face, size, text in page:
            canvas.setFont(face, size)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _seconds(work: Callable[[], bytes]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
