"""What a claim letter says, from the stored result alone; and the same as a document.

The text is composed once, kept as canonical JSON and hashed. The PDF is drawn from that text, so that what was
approved by eye, what is hashed and what goes out are the same words.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from base.pdf.blocks import Block, Column, PageSize, Pairs, Table, Text
from base.pdf.letter import Letter, letter
from contracts.models import Contract
from credits.documents import explained
from credits.explained import Explained
from credits.models import Claim
from reckoning.assessment import DaySeconds
from reckoning.canonical import canonical_json, decimal_text
from reckoning.fields import zone_info
from reckoning.terms.indicators import UptimeFromWeightedSeconds
from vendors.models import VendorProfile

FORMAT = "sla-ledger-claim-letter/1"
SECOND = timedelta(seconds=1)
# The clauses that a claim rests on, by the beginning of their path in the commitment; readings are our own business.
QUOTED = (
    "indicator",
    "window",
    "part_life",
    "exclusions",
    "excluded_time",
    "unknown_time",
    "target_percent",
    "caps",
    "rounding",
    "claim",
)


def compose(
    claim: Claim,
    *,
    version: int,
    written_on: date,
    remarks: str,
    document_number: str,
    profile: VendorProfile | None,
    signatory: str,
) -> dict[str, Any]:
    """Everything that the letter says, as plain values in the order in which they are read.

    ``document_number`` is that of the issued memo, or empty while there is none. Nothing but the arguments and
    the stored result goes in (rule 7). Raises ResultAltered, TermsAltered.
    """
    result = claim.breach.assessment
    told = explained(result)
    commitment = result.commitment
    contract, service = commitment.version.contract, commitment.service
    reference = f"{contract.reference} / {service.code} / {result.window_label} / letter {version}"
    columns, rows = _outages(told)
    return {
        "format": FORMAT,
        "version": version,
        "sender": _sender(contract),
        "recipient": _recipient(contract, profile),
        "written_on": written_on.isoformat(),
        "reference": reference,
        "subject": f"Claim of a service credit: {service.name}, {result.window_label}",
        "opening": _opening(contract, told, service.name, result.window_label),
        "facts": _facts(claim, told, document_number),
        "clauses": [[one.number, one.heading, one.text] for one in _quoted(told)],
        "columns": columns,
        "rows": rows,
        "steps": [
            [one.label, one.rule.split(" ")[0], one.shown, one.note] for one in told.steps() if one.shown
        ],
        "remarks": remarks.strip(),
        "request": _request(claim, told, document_number),
        "signatory": [signatory, contract.legal_entity.name],
        "result_sha256": result.result_sha256,
        "terms_sha256": result.terms_sha256,
    }


def text_of(content: dict[str, Any]) -> str:
    """The canonical bytes of a letter's content as text: what is stored and hashed."""
    return canonical_json(content).decode()


def document(text: str, *, page_size: PageSize = "A4", draft: bool) -> bytes:
    """The letter as PDF/A-3b from its stored text. The same text gives the same bytes."""
    content = json.loads(text)
    return letter(
        Letter(
            sender=content["sender"],
            recipient=content["recipient"],
            written_on=date.fromisoformat(content["written_on"]),
            subject=content["subject"],
            reference=content["reference"],
            body=_body(content),
            signatory=content["signatory"],
            draft=draft,
        ),
        page_size=page_size,
    )


def _body(content: dict[str, Any]) -> list[str | Block]:
    body: list[str | Block] = [
        "To whom it may concern,",
        content["opening"],
        Pairs([(name, value) for name, value in content["facts"]], share=30),
        Text("The clauses that this claim rests on", bold=True),
        Pairs([(f"{number}  {heading}", text) for number, heading, text in content["clauses"]], share=30),
        Text("What happened", bold=True),
        Table(_columns(content["columns"]), content["rows"], empty="The source reported no outage."),
        Text("From downtime to credit", bold=True),
        Table(
            [
                Column("Step", 30),
                Column("Clause", 12),
                Column("Value", 26, "right"),
                Column("Remark", 32),
            ],
            content["steps"],
        ),
    ]
    if content["remarks"]:
        body.append(content["remarks"])
    return [
        *body,
        content["request"],
        Text(
            f"Fingerprints (SHA-256): terms {content['terms_sha256']}; result {content['result_sha256']}.",
            style="note",
        ),
    ]


def _columns(named: Sequence[Sequence[Any]]) -> list[Column]:
    return [Column(name, share, align) for name, share, align in named]


def _sender(contract: Contract) -> list[str]:
    entity = contract.legal_entity
    return [entity.name, entity.country, *([f"VAT id {entity.vat_id}"] if entity.vat_id else [])]


def _recipient(contract: Contract, profile: VendorProfile | None) -> list[str]:
    vendor = contract.counterparty
    address = profile.claims_address.splitlines() if profile and profile.claims_address else [vendor.country]
    lines = [vendor.name, *(line.strip() for line in address if line.strip())]
    return [*lines, profile.claims_email] if profile and profile.claims_email else lines


def _opening(contract: Contract, told: Explained, service: str, window: str) -> str:
    promised = f"{service} is available for {told.promise} of each window"
    if not told.is_timed or told.level_name != "level":
        promised = f"for {service}, {told.promise}"
    return (
        f"under our contract {contract.reference} ({contract.title}) you promised that {promised}. In {window} the "
        f"{told.level_name} was {told.level}. We herewith claim the service credit of {told.credit} that the contract "
        "gives for it."
    )


def _facts(claim: Claim, told: Explained, document_number: str) -> list[list[str]]:
    result = claim.breach.assessment
    zone = told.terms.zone_of(told.commitment)
    start, end = (one.astimezone(zone_info(zone)) for one in (result.window_start, result.window_end))
    down = next((step for step in told.steps() if step.label == "Net downtime"), None)
    lost = (
        [["Downtime", f"{minutes(Fraction(down.value))} minutes ({down.shown})"]] if down else told.measured()
    )
    exact = f", exactly {result.level_exact}" if told.level_name == "level" else ""
    return [
        [
            "Component",
            f"{result.commitment.service.external_name or result.commitment.service.name} "
            f"({result.commitment.service.code})",
        ],
        ["Window", f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} (excluded), {zone}"],
        *[list(row) for row in lost],
        [told.level_name[:1].upper() + told.level_name[1:], f"{told.level}{exact}"],
        ["Promised", told.promise],
        ["Fee of the window", _fee(told)],
        ["Service credit", told.credit],
        [
            "Last day for the claim",
            result.claim_deadline_on.isoformat() if result.claim_deadline_on else "none",
        ],
        ["Our document", document_number or "not issued yet"],
    ]


def _fee(told: Explained) -> str:
    fee = told.inputs.fee
    if fee is None:
        return "open"
    lines = ", ".join(fee.lines[:6]) + (f" and {len(fee.lines) - 6} more" if len(fee.lines) > 6 else "")
    return f"{fee.currency} {Decimal(fee.amount):,} (invoice lines {lines})"


def _quoted(told: Explained) -> list[Any]:
    """The promise, the clauses that measure it, the tier that pays and its schedule; nothing of our readings."""
    prefix = f"commitments.{told.terms.commitments.index(told.commitment)}"
    tier = next((step.clause for step in reversed(told.result.trace) if step.stage == "tier"), "schedule")
    found = []
    for clause in told.clauses:
        path = clause.path.removeprefix(f"{prefix}.")
        head = path.split(".")[0]
        if clause.path == prefix or head in QUOTED or path == "schedule" or path == tier.split(".percent")[0]:
            found.append(clause)
    return found


def _request(claim: Claim, told: Explained, document_number: str) -> str:
    asked = f"Please acknowledge this claim in writing and credit {told.credit} to our account with you"
    number = f", quoting {document_number}" if document_number else ""
    deadline = claim.deadline_on
    in_time = f" The claim is in time until {deadline.isoformat()}." if deadline else ""
    return f"{asked}{number}.{in_time} If you disagree with any minute above, please tell us which and why."


# What happened -------------------------------------------------------------------------------------------


def minutes(seconds: Fraction) -> str:
    """Minutes with two decimals, half up, for the eye; the exact length stands beside it."""
    hundredths = Decimal(seconds.numerator) / (Decimal(seconds.denominator) * 60)
    return f"{hundredths.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


@dataclass(frozen=True)
class CountedDay:
    """One day with an outage, as the terms weigh it. ``lost`` in exact seconds."""

    day: date
    classes: dict[str, int]
    lost: Fraction
    incidents: tuple[str, ...]
    observation: str


def counted_days(told: Explained) -> list[CountedDay]:
    """The days with an outage and what each of them counts for; nothing for terms that read intervals."""
    indicator = told.commitment.indicator
    if not isinstance(indicator, UptimeFromWeightedSeconds):
        return []
    rows = [_counted(one, indicator) for one in told.inputs.seconds if any(one.classes.values())]
    return sorted(rows, key=lambda row: row.day)


def _counted(one: DaySeconds, indicator: UptimeFromWeightedSeconds) -> CountedDay:
    weighed = sum(
        (Fraction(indicator.weights.get(name, Decimal(0))) * count for name, count in one.classes.items()),
        Fraction(0),
    )
    length = Fraction((one.end - one.start) // SECOND)
    return CountedDay(
        one.start.date(), dict(one.classes), min(weighed, length), one.incidents, one.observation
    )


def _outages(told: Explained) -> tuple[list[list[Any]], list[list[str]]]:
    """Columns and rows of what happened: by day for daily seconds, by incident for intervals."""
    indicator = told.commitment.indicator
    other = told.happened()
    if other is not None:
        named = [
            (text.removesuffix(" right").rsplit(" ", 1), text.endswith(" right")) for text in other.columns
        ]
        columns: list[list[Any]] = [
            [name, int(share), "right" if right else "left"] for (name, share), right in named
        ]
        return columns, [list(row) for row in other.rows]
    if not isinstance(indicator, UptimeFromWeightedSeconds):
        columns = [
            ["Incident", 20, "left"],
            ["Severity", 12, "left"],
            ["From", 24, "left"],
            ["To", 24, "left"],
            ["Length", 20, "right"],
        ]
        return columns, [
            [name, severity, begin, end, length]
            for name, severity, begin, end, length, counts, _ in told.outages()
            if counts == "yes"
        ]
    names = sorted(indicator.weights)
    columns = [
        ["Day (UTC)", 14, "left"],
        *[
            [
                f"{name.capitalize()} outage, minutes (weight {decimal_text(indicator.weights[name])})",
                20,
                "right",
            ]
            for name in names
        ],
        ["Counted, minutes", 16, "right"],
        ["Your incidents", 30, "left"],
    ]
    days = counted_days(told)
    rows = [
        [
            one.day.isoformat(),
            *[minutes(Fraction(one.classes.get(name, 0))) for name in names],
            minutes(one.lost),
            ", ".join(one.incidents) or "not named",
        ]
        for one in days
    ]
    if days:
        sums = [minutes(Fraction(sum(one.classes.get(name, 0) for one in days))) for name in names]
        total = minutes(sum((one.lost for one in days), Fraction(0)))
        rows.append(["Together", *sums, total, ""])
    return columns, rows
