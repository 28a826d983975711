"""Evidence values without a database: the same pure pieces that the rooms use, over facts of a test."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from audit.documents import EvidenceValue, Listing
from base.pdf.blocks import Column
from credits.explained import Explained, instant
from reckoning.canonical import canonical_json
from tests.reckoning.build import DAY_0, inputs, maintenance, outage, terms
from verifier.evidence import build as evidence_of

ARABIC = "شركة الاتصالات السعودية (STC)"
HEBREW = "בזק החברה הישראלית לתקשורת"
JAPANESE = "株式会社日本システムサービス"
KOREAN = "삼성전자 주식회사"
LONG = "The Very Long Named Company for Hosting, Networking and Other Services of All Kinds " * 3
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "long": {"party": LONG.strip(), "service": LONG[:199].strip()},
    "arabic": {"party": ARABIC, "service": ARABIC},
    "hebrew": {"party": HEBREW, "service": HEBREW},
    "cjk": {"party": f"{JAPANESE} {KOREAN}", "service": JAPANESE * 3},
    "three hundred outages": {"outages": 300},
    "no outage": {"outages": 0},
    "provisional": {"provisional": True},
    "an open question": {"fee": None},
    "an unknown letter": {"party": "Smile \U0001f600 \u202eevil\u202c"},
}


def told(*, outages: int = 2, fee: Any = "kept", service: str = "shop", **changes: Any) -> Explained:
    """A result over April 2026 with outages of 40 minutes and, with the first of them, maintenance."""
    agreed = terms(
        services=[service],
        claim={"kind": "by_deadline", "days": 30},
        caps=[{"kind": "percent_of_fee", "value": "20"}],
        **changes,
    )
    given: dict[str, Any] = {
        "service": service,
        "intervals": [
            outage(
                DAY_0 + timedelta(hours=2 * at),
                timedelta(minutes=40),
                f"incident-{at:03d}",
                components=[service],
            )
            for at in range(outages)
        ],
        "exclusions": [maintenance(DAY_0, timedelta(minutes=30))],
    }
    if fee != "kept":
        given["fee"] = fee
    return Explained(agreed, "uptime", inputs(**given))


def value(
    *, party: str = "Example Hosting GmbH", provisional: bool = False, service: str = "shop", **facts: Any
) -> EvidenceValue:
    """The evidence of such a result."""
    shown = told(service=service, **facts)
    return EvidenceValue(
        title=f"Evidence: {service}, 2026-04",
        under=f"C-1 · {party}",
        header=f"C-1 · {service} · 2026-04 · revision 1",
        author=party,
        verdict=shown.verdict(),
        standing="Provisional result." if provisional else "Final result.",
        provisional=provisional,
        dated=shown.inputs.known_at,
        facts=[
            ("Promised by", party),
            ("Window", instant(shown.inputs.window_start)),
            ("Credit", shown.credit),
        ],
        promised=[(clause.number, clause.heading, clause.text) for clause in shown.clauses],
        measured=shown.measured(),
        outages=_listing(
            ("Incident", "Severity", "From (UTC)", "To (UTC)", "Length", "Counts", "Row"), shown.outages()
        ),
        exclusions=_listing(("Id", "Kind", "From", "To", "Announced", "Result"), shown.exclusions()),
        steps=shown.steps(),
        readings=_listing(("Reading", "Promise", "Level", "Credit"), shown.readings()),
        questions=_listing(
            ("Question", "In words"), [(one.code, one.sentence) for one in shown.result.open_questions]
        ),
        approvals=_listing(("On", "What", "By"), [("2026-05-07", "Credit memo approved", party)]),
        sources=_listing(("File", "SHA-256"), [("incidents.csv", "0123456789abcdef" * 4)]),
        trace=shown.trace(),
        data=canonical_json(evidence_of(shown.terms, "uptime", shown.inputs, shown.result)) + b"\n",
    )


def _listing(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Listing:
    return Listing([Column(name, 10) for name in names], rows)
