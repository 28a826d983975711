"""The demo's paper: the customer's terms typeset as if signed, with passages of it; and what is covered."""

import textwrap
from datetime import date
from decimal import Decimal
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from audit.record import acting
from contracts import services as contracts
from contracts.models import Contract, ContractVersion, Paper, PaperPage
from contracts.papers.matching import find
from contracts.papers.passages import PlacedClause, clauses_of
from contracts.reading import terms_of
from demo.people import person
from demo.world import CUSTOMER_CONTRACT, contract

ATTACHED = 12
COVERED_ON = date(2025, 7, 1)
LEFT, TOP, BOTTOM, LEADING, WIDE = 60, 770, 70, 15, 92
COVERED = (
    ("Build and test every change", "Build platform team (invented)", "1850"),
    ("Publish a release", "Release team (invented)", "640"),
)
NOT_COVERED = (
    ("Monthly usage reports", "They are put together by hand and may be a day late (invented)."),
    ("The trial area", "It is there to be broken, and nothing is promised for it (invented)."),
)


def ensure_papers() -> None:
    """Keep the paper with its passages, and publish what is covered; what is there stays."""
    mine = contract(CUSTOMER_CONTRACT)
    version = mine.versions.get(number=1)
    if not version.papers.exists():
        _lay(version)
    if not mine.coverage_lists.exists():
        _publish(mine)


def _lay(version: ContractVersion) -> None:
    clauses = clauses_of(terms_of(version))
    with acting(person("lena"), via="command", reason="the signed paper came back"):
        paper = contracts.attach_paper(
            version=version,
            content=typeset(f"{version.contract.title} (invented)", clauses),
            name="signed-agreement.pdf",
            kind=Paper.Kind.SIGNED,
            title="The signed agreement (invented)",
            dated_on=version.signed_on,
        )
        pages = list(PaperPage.objects.filter(paper=paper).select_related("paper__version"))
        for placed in clauses[:ATTACHED]:
            page = next((one for one in pages if find(one.words, placed.clause.text)), None)
            if page is not None:
                contracts.attach_passage(
                    version=version, place=placed.place, page=page, passage=placed.clause.text
                )


def _publish(mine: Contract) -> None:
    entries = [
        {"journey": journey, "covered": True, "owner": owner, "cost_amount": Decimal(cost)}
        | {"cost_currency": mine.currency}
        for journey, owner, cost in COVERED
    ]
    left_out = [{"journey": journey, "covered": False, "why_not": why} for journey, why in NOT_COVERED]
    with acting(person("lena"), via="command", reason="the customer asked what is covered"):
        drafted = contracts.draft_coverage(
            contract=mine,
            introduction="What we look after for you, and what we do not (invented).",
            entries=[*entries, *left_out],
        )
    with acting(person("leo"), via="command", reason="read and found right"):
        contracts.publish_coverage(coverage=drafted, published_on=COVERED_ON)


def typeset(title: str, clauses: list[PlacedClause]) -> bytes:
    """The clauses on plain pages, the same bytes every time."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=True)
    canvas.setTitle(title)
    lines = [title, ""]
    for placed in clauses:
        lines += [placed.label, *textwrap.wrap(placed.clause.text, WIDE), ""]
    height = TOP
    for line in lines:
        if height < BOTTOM:
            canvas.showPage()
            height = TOP
        canvas.setFont("Helvetica", 10.5)
        canvas.drawString(LEFT, height, line.encode("cp1252", "replace").decode("cp1252"))
        height -= LEADING
    canvas.showPage()
    canvas.save()
    return out.getvalue()
