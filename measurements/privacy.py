"""Privacy on the way in: only named fields are kept, what looks personal is taken out and counted, and ids of
customers become keyed hashes. It happens in memory, before anything is written.

The same bytes and the same key give the same result, so that a payload that comes again is known as the same.
"""

import csv
import hmac
import io
import ipaddress
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.conf import settings

# What a field of an allow-list may be: kept as it is (exact values such as ids and instants), free text that is
# searched for personal data, or an id that is replaced by its keyed hash.
PLAIN = "plain"
TEXT = "text"
HASHED = "hashed"
Spec = str | Mapping[str, "Spec"]

HASH_PREFIX = "h:"
HASH_DIGITS = 32

_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_TOKEN = re.compile(
    r"\b(?:"
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # a JSON web token
    r"|gh[pousr]_[A-Za-z0-9]{20,}|glpat-[A-Za-z0-9_-]{15,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|sla_[0-9a-f]{12}_[A-Za-z0-9_-]{43}|AKIA[0-9A-Z]{16}|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}"
    r")"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{16,}"
    r"|(?<=[?&](?:key|sig)=)[^&\s]{8,}|(?<=token=)[^&\s]{8,}|(?<=password=)[^&\s]{4,}"
)
# Sixteen digits in groups, or any run that a card number may be; Luhn decides.
_CARD = re.compile(r"(?<!\d)(?<!\d[.,:-])\d(?:[ -]?\d){12,18}(?!\d|[.,:-]\d)")
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]\d|\d)")
_IPV6 = re.compile(r"(?<![0-9A-Fa-f:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![0-9A-Fa-f:])")
# A country's code, or an area in brackets or with a leading nought, and then groups: not a date, not a count.
_PHONE = re.compile(
    r"(?<![\w.+-])(?<!\d )(?:\+\d{1,3}(?:[ ./-]?\(?\d{1,5}\)?){2,6}|\(0?\d{2,5}\)[ /-]?\d{3,4}[ -]?\d{3,6}"
    r"|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,6}|\d{3}-\d{3}-\d{4})(?![\w-]| \d)"
)


@dataclass
class Redactions:
    """What was taken out of one payload, counted by what it was; and how many fields were not kept at all."""

    counts: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many pieces of text were replaced; hashed ids are not among them."""
        return sum(number for name, number in self.counts.items() if name != HASHED)

    def told(self) -> dict[str, Any]:
        """As plain JSON: ``{"redacted": {"email": 2}, "dropped": {"body": 7}}``."""
        return {"redacted": dict(sorted(self.counts.items())), "dropped": dict(sorted(self.dropped.items()))}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Redactions":
        """From what :meth:`told` gave."""
        return cls(Counter(told.get("redacted", {})), Counter(told.get("dropped", {})))

    def add(self, other: "Redactions") -> None:
        """Count another one's pieces as well."""
        self.counts.update(other.counts)
        self.dropped.update(other.dropped)


def redact(text: str, counted: Redactions) -> str:
    """Free text without addresses of mail and of machines, card numbers, telephone numbers and tokens.

    Each is replaced by its name in square brackets, such as ``[email]``, and counted. Doing it again changes
    nothing. Card numbers must pass Luhn's check; addresses must be ones that exist.
    """
    if len(text) < 7:
        return text
    text = _TOKEN.sub(lambda match: _gone("token", counted), text)
    text = _EMAIL.sub(lambda match: _gone("email", counted), text)
    text = _CARD.sub(lambda match: _card(match.group(), counted), text)
    text = _IPV4.sub(lambda match: _address(match.group(), counted), text)
    text = _IPV6.sub(lambda match: _address(match.group(), counted), text)
    return _PHONE.sub(lambda match: _phone(match.group(), counted), text)


def redact_csv(content: bytes, text_columns: Collection[str], counted: Redactions) -> bytes:
    """A CSV file without what looks personal in the columns of free text. Where nothing was found, and of what is
    no CSV at all (which nothing is kept of), the bytes as they are."""
    try:
        records = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return content
    if not records:
        return content
    places = [at for at, name in enumerate(records[0]) if name.strip() in text_columns]
    before = counted.total
    for record in records[1:]:
        for at in places:
            if at < len(record):
                record[at] = redact(record[at], counted)
    if counted.total == before:
        return content
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(records)
    return text.getvalue().encode("utf-8", "replace")


def hashed(value: str, counted: Redactions | None = None) -> str:
    """The keyed hash of an id: ``h:`` and 32 hexadecimal digits. The same id gives the same hash here, and nobody
    without the key can try ids out. Hashing a hash changes nothing."""
    if value.startswith(HASH_PREFIX) and re.fullmatch(r"h:[0-9a-f]{32}", value):
        return value
    if counted is not None:
        counted.counts[HASHED] += 1
    return HASH_PREFIX + hmac.new(_key(), value.encode(), sha256).hexdigest()[:HASH_DIGITS]


def keep(value: Any, spec: Spec, counted: Redactions, hash_fields: Collection[str] = ()) -> Any:
    """A JSON value by its allow-list: objects lose the fields that ``spec`` does not name, lists are kept item by
    item, free text is redacted. ``hash_fields``: names whose texts are replaced by their keyed hash."""
    if isinstance(value, list):
        return [keep(item, spec, counted, hash_fields) for item in value]
    if isinstance(value, dict):
        if isinstance(spec, str):
            # An object where a plain value is expected: nothing of it is known to be harmless.
            counted.dropped["an object in place of a value"] += 1
            return None
        return _keep_object(value, spec, counted, hash_fields)
    if not isinstance(spec, str):
        return None if isinstance(value, str) else value
    if isinstance(value, str):
        if spec == HASHED:
            return hashed(value, counted)
        return redact(value, counted) if spec == TEXT else value
    return value


def _keep_object(
    value: Mapping[str, Any], spec: Mapping[str, Spec], counted: Redactions, hash_fields: Collection[str]
) -> dict[str, Any]:
    kept = {}
    for name, item in value.items():
        inner = spec.get(name, spec.get("*"))
        if inner is None:
            counted.dropped[name[:60]] += 1
        elif name in hash_fields and isinstance(item, str | int):
            kept[name] = hashed(str(item), counted)
        else:
            kept[name] = keep(item, inner, counted, hash_fields)
    return kept


def _gone(name: str, counted: Redactions) -> str:
    counted.counts[name] += 1
    return f"[{name}]"


def _card(text: str, counted: Redactions) -> str:
    digits = [int(one) for one in text if one.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1 or not passes_luhn(digits):
        return text
    return _gone("card", counted)


def passes_luhn(digits: list[int]) -> bool:
    """Luhn's check: from the right every second digit doubled, the sum of all digits a multiple of ten."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _address(text: str, counted: Redactions) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return text
    # A time of day such as ::, and a version of four small numbers, are not worth the doubt: they go as well.
    return _gone("ip", counted)


def _phone(text: str, counted: Redactions) -> str:
    digits = sum(one.isdigit() for one in text)
    return _gone("phone", counted) if 7 <= digits <= 15 else text


def _key() -> bytes:
    """The key of the hashes: ``PRIVACY_KEY``, or one that is derived from ``SECRET_KEY`` for this use alone."""
    given = getattr(settings, "PRIVACY_KEY", None)
    return hmac.new((given or settings.SECRET_KEY).encode(), b"measurements.privacy", sha256).digest()
