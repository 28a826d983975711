"""Lengths of time as people type them: "90 min", "1 h 30 min", "2 days", or a plain number of seconds."""

import re
from fractions import Fraction

UNITS = {
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600,
    "d": 86_400, "day": 86_400, "days": 86_400,
    "w": 604_800, "week": 604_800, "weeks": 604_800,
}  # fmt: skip
MAX_LENGTH = 60

_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([a-z]+)\s*(?:and\b|,)?\s*", re.IGNORECASE)
_PLAIN = re.compile(r"[0-9]{1,15}")

REFUSAL = "is no length of time; write it as 90 min, 1 h 30 min, 2 days or a number of seconds"


def seconds_of(text: str) -> int | None:
    """The whole seconds that a text means; a day is 24 hours. None where it means none, or a part of a second."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return int(text)
    if not text or len(text) > MAX_LENGTH:
        return None
    total, at = Fraction(0), 0
    while at < len(text):
        part = _PART.match(text, at)
        unit = UNITS.get(part[2].lower()) if part else None
        if part is None or unit is None:
            return None
        total += Fraction(part[1]) * unit
        at = part.end()
    return int(total) if total.denominator == 1 else None


def said(seconds: int) -> str:
    """Seconds as people say them, exactly: 5400 is "1 h 30 min", 172800 is "2 days"."""
    if seconds < 0:
        return str(seconds)
    if seconds and seconds % 86_400 == 0:
        days = seconds // 86_400
        return "1 day" if days == 1 else f"{days} days"
    parts = ((seconds // 3600, "h"), (seconds % 3600 // 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0"


def reading_of(text: str) -> str:
    """What a typed length is read as, where that is not what stands there already; else nothing."""
    seconds = seconds_of(text)
    if seconds is None or said(seconds) == text.strip() or seconds == 0:
        return ""
    return f"Reads as {said(seconds)} ({seconds:,} seconds)."
