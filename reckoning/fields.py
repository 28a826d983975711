"""Field types shared by terms and inputs: exact numbers, aware instants, bounded text."""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
)

from reckoning.canonical import decimal_text, fraction_text, instant_text
from reckoning.errors import CurrencyError
from reckoning.money import minor_digits

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)")
_ZONE = re.compile(r"UTC|[A-Za-z]+(/[A-Za-z0-9_+-]+){1,2}")


class Value(BaseModel):
    """An immutable value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)


EVERY_FIELD: dict[str, Any] = {"every_field": True}
"""As context of model_dump: later fields are written with their defaults, too."""


class GrownValue(Value):
    """A value that got further fields after the first documents were signed.

    `later` names these fields. While such a field has its default it is not written, so that a document
    without it keeps its bytes and its hash for ever.
    """

    later: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _without_unused_later_fields(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> dict[str, Any]:
        plain: dict[str, Any] = handler(self)
        if info.context is EVERY_FIELD:
            return plain
        for name in self.later:
            if getattr(self, name) == type(self).model_fields[name].default:
                plain.pop(name, None)
        return plain


def _exact_number(value: Any) -> Decimal:
    if isinstance(value, float):
        raise ValueError('is a binary number, which is not exact; write it as text, for example "0.3"')
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError('is not a number; write it as text, for example "99.9"')
    if isinstance(value, Decimal):
        text = format(value, "f") if value.is_finite() and -12 <= value.adjusted() <= 15 else "out of range"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = value if isinstance(value, str) else ("out of range" if abs(value) >= 10**15 else str(value))
    if not _NUMBER.fullmatch(text[:40]):
        raise ValueError(
            "is not a plain number of at most 15 digits before and 12 after the point, without exponent"
        )
    return Decimal(decimal_text(Decimal(text)))


Number = Annotated[
    Decimal,
    BeforeValidator(_exact_number),
    PlainSerializer(decimal_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,12})?$"}),
]
"""An exact decimal, given as text or a whole number. Equal numbers have one spelling: 99.90 is kept as 99.9.
"""

_EXACT = re.compile(r"-?[0-9]{1,30}/[0-9]{1,30}")


def _exact_fraction(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool):
        return Fraction(int(value))
    if isinstance(value, str) and _EXACT.fullmatch(value[:70]):
        above, below = value.split("/")
        if int(below) == 0:
            raise ValueError("is divided by zero")
        return Fraction(int(above), int(below))
    return Fraction(_exact_number(value))


Exact = Annotated[
    Fraction,
    BeforeValidator(_exact_fraction),
    PlainSerializer(fraction_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,30}(/[0-9]{1,30}|\.[0-9]{1,12})?$"}),
]
"""An exact number: a decimal as text, a whole number, a fraction p/q as text; true is 1 and false is 0."""

Percent = Annotated[Number, Field(ge=0, le=100)]
Amount = Annotated[Number, Field(ge=0)]
Count = Annotated[int, Field(strict=True, ge=0, le=10**10)]
Flag = Annotated[bool, Field(strict=True)]


def _instant_in(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _INSTANT.fullmatch(value[:40]):
        raise ValueError("is not an instant with its zone; write it as 2025-01-31T13:45:00Z")
    return value


def _instant_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("has no time zone; write it as 2025-01-31T13:45:00Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar") from None


Instant = Annotated[
    datetime,
    BeforeValidator(_instant_in),
    AfterValidator(_instant_utc),
    PlainSerializer(instant_text, return_type=str, when_used="json"),
]
"""An aware instant, kept in UTC. A naive time is refused."""


def _day_in(value: Any) -> Any:
    if isinstance(value, datetime) or not isinstance(value, (str, date)):
        raise ValueError("is not a day; write it as 2025-01-31")
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("is not a day; write it as 2025-01-31")
    return value


Day = Annotated[date, BeforeValidator(_day_in)]


def _clean(value: str) -> str:
    for character in value:
        if character != "\n" and unicodedata.category(character) in ("Cc", "Cs"):
            raise ValueError("holds a control character; plain text is expected")
    if value.strip() != value:
        raise ValueError("begins or ends with white space")
    return value


Text = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_clean)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_clean)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


@lru_cache(maxsize=1024)
def zone_info(key: str) -> ZoneInfo:
    """The IANA zone of that key.

    Raises ValueError for one that does not exist, or that is not UTC or Area/Place.
    """
    if not _ZONE.fullmatch(key) or key.startswith(("posix/", "right/")):
        raise ValueError(
            f"{key[:60]!r} is not an IANA time zone; UTC or Area/Place such as Europe/Berlin is expected"
        )
    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(f"{key!r} is not an IANA time zone that is known here") from None


def _zone(value: str) -> str:
    zone_info(value)
    return value


def _currency(value: str) -> str:
    try:
        minor_digits(value)
    except CurrencyError:
        raise ValueError(
            f"{value!r} is not an ISO 4217 code; three capitals such as EUR are expected"
        ) from None
    return value


Zone = Annotated[str, Field(max_length=60), AfterValidator(_zone)]
Currency = Annotated[str, Field(max_length=3), AfterValidator(_currency)]
