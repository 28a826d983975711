"""The example of the explainer as a form: outages, target and tiers as somebody typed them, made terms and facts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from pydantic import ValidationError

from reckoning.assessment import AssessmentInputs
from reckoning.errors import ReckoningError, TermsError
from reckoning.fields import zone_info
from reckoning.terms import Terms, parse_terms
from reckoning.terms.paths import faults_of
from reckoning.timeline.spans import Span, from_us, merge, subtract, to_us
from reckoning.timeline.windows import Window, window_of

ROWS, TIERS = 6, 3
STATES = (("down", "down"), ("excluded", "excluded, approved"), ("unknown", "unknown"))
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "min": 60, "s": 1}
_LENGTH = re.compile(r"\s*(\d{1,7}(?:\.\d{1,6})?)\s*(d|h|min|m|s)?\s*")

VECTOR = {
    "month": "2026-04",
    "zone": "UTC",
    "target": "99.9",
    "inclusive": "yes",
    "excluded": "removed_from_base",
    "unknown": "escalate",
    "fee": "1000.00",
    "currency": "EUR",
    "rounding": "",
    "least": "0",
    "strict": "no",
    "order": "merge_then_test_then_clip",
    "life": "shorten_window",
    "from": "",
    "tier0_below": "99.9",
    "tier0_percent": "10",
    "tier1_below": "99",
    "tier1_percent": "25",
    "row0_start": "2026-04-10T02:00",
    "row0_length": "43 min",
    "row0_state": "down",
    "row1_start": "2026-04-20T22:00",
    "row1_length": "240 min",
    "row1_state": "excluded",
}
_LEFT = {f"{name}{at}_{what}": "" for at in range(2) for name, what in (("row", "start"), ("row", "length"))}
EXAMPLES: dict[str, tuple[str, dict[str, str]]] = {
    "excluded": ("43 minutes down, 240 excluded", VECTOR),
    "unknown": (
        "An hour that nobody measured",
        VECTOR | _LEFT | {"row0_start": "2026-04-10T02:00", "row0_length": "1 h", "row0_state": "unknown"},
    ),
    "run": (
        "75 seconds across a month's end",
        VECTOR
        | _LEFT
        | {
            "target": "100",
            "tier0_below": "100",
            "least": "60",
            "row0_start": "2026-04-30T23:59:30",
            "row0_length": "75 s",
            "row0_state": "down",
        },
    ),
    "bound": (
        "Exactly on the target",
        VECTOR | _LEFT | {"row0_start": "2026-04-10T02:00", "row0_length": "2592 s", "row0_state": "down"},
    ),
    "life": (
        "A service of two days",
        VECTOR
        | _LEFT
        | {
            "from": "2026-04-29",
            "row0_start": "2026-04-29T10:00",
            "row0_length": "5 min",
            "row0_state": "down",
        },
    ),
}


class NotRead(Exception):
    """A field that cannot be read, with what would be right."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


@dataclass
class Outage:
    """One row of the form."""

    start: datetime
    end: datetime
    state: str
    length: Fraction


@dataclass
class Case:
    """The form's values with what they make; ``faults`` by field, and then there is nothing else."""

    values: dict[str, str]
    faults: dict[str, str] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)
    window: Window | None = None
    terms: Terms | None = None
    inputs: AssessmentInputs | None = None


def case_of(data: Mapping[str, str]) -> Case:
    """The case of a query: an example by its name, what was typed, or the first example."""
    if "target" in data:
        values = {name: str(data.get(name, ""))[:60].strip() for name in _names()}
    else:
        values = dict(EXAMPLES.get(data.get("example", ""), EXAMPLES["excluded"])[1])
    case = Case({name: values.get(name, "") for name in _names()})
    try:
        _fill(case)
    except NotRead as error:
        case.faults[error.name] = str(error)
    except TermsError as error:
        case.faults["terms"] = "; ".join(f"{path}: {sentence}" for path, sentence in error.findings[:3])
    except ReckoningError as error:
        case.faults["terms"] = str(error)
    except ValidationError as error:
        case.faults["terms"] = "; ".join(f"{path}: {sentence}" for path, sentence in faults_of(error, {})[:3])
    if case.faults:
        case.terms = case.inputs = None
    return case


def _names() -> list[str]:
    rows = [f"row{at}_{what}" for at in range(ROWS) for what in ("start", "length", "state")]
    tiers = [f"tier{at}_{what}" for at in range(TIERS) for what in ("below", "percent")]
    return [name for name in VECTOR if not name.startswith(("row", "tier"))] + tiers + rows


def _fill(case: Case) -> None:
    values = case.values
    try:
        zone = zone_info(values["zone"] or "UTC")
    except ValueError as error:
        raise NotRead("zone", str(error)) from None
    try:
        middle = datetime.strptime(values["month"], "%Y-%m").replace(day=15, tzinfo=zone)
        case.window = window_of("calendar_month", zone.key, middle)
    except (ValueError, ReckoningError):
        raise NotRead("month", "is no month; write it as 2026-04") from None
    for at in range(ROWS):
        start, length = values[f"row{at}_start"], values[f"row{at}_length"]
        if start or length:
            case.outages.append(_outage(at, start, length, values[f"row{at}_state"], zone))
    case.terms = parse_terms(_document(values))
    case.inputs = AssessmentInputs.model_validate(_facts(case, zone))


def _outage(at: int, start: str, length: str, state: str, zone: Any) -> Outage:
    try:
        begins = datetime.fromisoformat(start)
        begins = begins.replace(tzinfo=begins.tzinfo or zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotRead(f"row{at}_start", "is no time; write it as 2026-04-10T02:00") from None
    seconds = length_of(length)
    if not seconds:
        raise NotRead(f"row{at}_length", "is no length of time; write it as 43 min, 75 s or 1 h 30 min")
    if state not in dict(STATES):
        raise NotRead(f"row{at}_state", "is none of the states: down, excluded, unknown")
    try:
        ends = begins + timedelta(microseconds=int(seconds * 1_000_000))
    except OverflowError:
        raise NotRead(f"row{at}_length", "leads beyond the calendar") from None
    return Outage(begins, ends, state, seconds)


def length_of(text: str) -> Fraction | None:
    """A length of time in seconds: 43 min, 1 h 30 min, 75 s; a bare number is minutes. None for anything else."""
    if not text.strip():
        return None
    seconds, at = Fraction(0), 0
    while at < len(text):
        match = _LENGTH.match(text, at)
        if match is None or (match[2] is None and match.end() < len(text)):
            return None
        seconds += Fraction(match[1]) * _UNITS[match[2] or "min"]
        at = match.end()
    return seconds if (seconds * 1_000_000).denominator == 1 else None


def _document(values: Mapping[str, str]) -> dict[str, Any]:
    bounds = []
    for at in range(TIERS):
        below, percent = values[f"tier{at}_below"], values[f"tier{at}_percent"]
        if below or percent:
            if not below or not percent:
                raise NotRead(f"tier{at}_below", "needs its level and its percentage")
            bounds.append((below, percent))
    if not bounds:
        raise NotRead("tier0_below", "is needed: what does a miss earn?")
    tiers: list[dict[str, Any]] = []
    for at, (below, percent) in enumerate(bounds):
        tier: dict[str, Any] = {"upper": below, "upper_inclusive": False, "percent": percent}
        if at + 1 < len(bounds):
            tier |= {"lower": bounds[at + 1][0], "lower_inclusive": True}
        tiers.append(tier)
    least = values["least"] or "0"
    if not least.isdecimal() or len(least) > 8:
        raise NotRead("least", "is no whole number of seconds")
    places = values["rounding"]
    if places and (not places.isdecimal() or int(places[:3]) > 9):
        raise NotRead("rounding", "is no number of decimals from 0 to 9")
    return {
        "format": "sla-ledger-terms/1",
        "title": "Example",
        "currency": values["currency"] or "EUR",
        "zone": values["zone"] or "UTC",
        "commitments": [
            {
                "key": "example",
                "title": "Example",
                "services": ["service"],
                "source_role": "monitor",
                "indicator": {
                    "kind": "uptime_from_intervals",
                    "down_severities": ["down"],
                    "minimum_run_seconds": int(least),
                    "minimum_run_strict": values["strict"] == "yes",
                    "run_order": values["order"] or "merge_then_test_then_clip",
                },
                "window": {"kind": "calendar_month"},
                "excluded_time": values["excluded"],
                "unknown_time": values["unknown"],
                "part_life": values["life"] or "shorten_window",
                "exclusions": [{"kind": "planned_maintenance"}],
                "target_percent": values["target"],
                "target_inclusive": values["inclusive"] != "no",
                "level_rounding": {"places": int(places), "mode": "half_up"} if places else None,
                # A target above the highest row is the reader's to find out: it is an open question there.
                "schedule": {"kind": "tiers", "tiers": tiers},
                "claim": {"kind": "automatic"},
                "cut_off_days": 5,
            }
        ],
    }


def _facts(case: Case, zone: Any) -> dict[str, Any]:
    window = case.window
    assert window is not None
    of = {state: [one for one in case.outages if one.state == state] for state, _ in STATES}
    # Reports reach beyond the window's edges, and so does what is known: a loss is one loss.
    first = min([window.start, *(one.start for one in case.outages)])
    last = max([window.end, *(one.end for one in case.outages)])
    unknown = merge(Span(to_us(one.start), to_us(one.end)) for one in of["unknown"])
    known = subtract([Span(to_us(first), to_us(last))], unknown)
    begun = case.values["from"]
    try:
        lives = datetime.fromisoformat(begun).replace(tzinfo=zone).astimezone(UTC) if begun else None
    except (ValueError, OverflowError):
        raise NotRead("from", "is no day; write it as 2026-04-29") from None
    return {
        "window_start": window.start,
        "window_end": window.end,
        "known_at": last,
        "service": "service",
        "existed_from": lives,
        "coverage": [{"start": from_us(one.start), "end": from_us(one.end)} for one in known],
        "intervals": [
            {
                "id": f"outage-{at}",
                "start": one.start,
                "end": one.end,
                "severity": "down",
                "components": ["service"],
                "observation": f"outage-{at}",
            }
            for at, one in enumerate(of["down"], start=1)
        ],
        "exclusions": [
            {
                "id": f"exclusion-{at}",
                "kind": "planned_maintenance",
                "start": one.start,
                "end": one.end,
                "approved": True,
            }
            for at, one in enumerate(of["excluded"], start=1)
        ],
        "fee": {"amount": case.values["fee"] or "0", "currency": case.values["currency"] or "EUR"}
        if case.values["fee"]
        else None,
    }
