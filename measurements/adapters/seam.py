"""The seam: what an adapter is. ``docs/adapters.md`` shows how to add one.

An adapter that pulls is one file. It says what it brings (``kind``), what a person sets (``Settings``), which
fields of a payload are kept (``fields``), and has two functions:

- ``fetch`` asks the source for the next page after a cursor and gives the bytes as they came. It keeps nothing.
- ``parse`` turns a page, reduced to the allowed fields and redacted, into rows, known time and faults. It is pure:
  the same page gives the same rows whenever it is read again, so that a payload proves what came of it.

What happens between, and afterwards, is the same for all (``measurements.pulling``): the page, its rows and the
cursor after it are written in one transaction or not at all. So a page that was kept is never asked for again, and
one that was not is asked for again whole; nothing is lost and nothing counts twice.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from base.csvio import Faults
from measurements.privacy import Redactions, Spec, keep

Cursor = Mapping[str, Any]


class Kind(StrEnum):
    """What an adapter brings."""

    INTERVALS = "intervals"  # incidents with start and end
    DAILY_SECONDS = "daily_seconds"  # seconds of outage by component and UTC day
    SAMPLES = "samples"  # probes, up or down
    BUCKETS = "buckets"  # good of total, by component and bucket


@dataclass(frozen=True)
class IntervalRow:
    """An incident. An end that is None: it goes on."""

    external_id: str
    start: datetime
    end: datetime | None
    severity: str
    components: tuple[str, ...]
    title: str = ""
    withdrawn: bool = False


@dataclass(frozen=True)
class DayRow:
    """Seconds of outage on a UTC day that is over."""

    component: str
    day: str
    partial_seconds: int
    major_seconds: int
    incidents: tuple[str, ...] = ()


@dataclass(frozen=True)
class SampleRow:
    """A probe of one instant, which speaks for the source's width from there. Time without one is unknown."""

    component: str
    at: datetime
    up: bool


@dataclass(frozen=True)
class BucketRow:
    """Good of total in [start, start + width)."""

    component: str
    start: datetime
    width_seconds: int
    good: int
    total: int


@dataclass(frozen=True)
class NoticeRow:
    """Maintenance that was announced: when, and for when. It excludes nothing by itself."""

    external_id: str
    announced_at: datetime
    start: datetime
    end: datetime
    status: str
    components: tuple[str, ...]
    title: str = ""


Row = IntervalRow | DayRow | SampleRow | BucketRow


@dataclass(frozen=True)
class Blind:
    """A stretch of which the source cannot say anything any more, and why."""

    start: datetime
    end: datetime
    reason: str


@dataclass
class Parsed:
    """What a page says: rows, notices, what it cannot tell, and faults. A page with a fault is not kept.

    For incidents, the account is complete from ``covers_since`` (None: the source's beginning) to
    ``covers_until``, but for what is ``blind``. Other rows say themselves which time they know.
    """

    rows: list[Row] = field(default_factory=list)
    notices: list[NoticeRow] = field(default_factory=list)
    covers_since: datetime | None = None
    covers_until: datetime | None = None
    blind: list[Blind] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)


def read_json(body: bytes) -> Any:
    """JSON with exact numbers. Raises ValueError for anything else, for NaN, and for what is nested too deeply."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from None
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (RecursionError, ArithmeticError):
        raise ValueError("it is nested too deeply or holds a number that is too long") from None


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number")


@dataclass(frozen=True)
class Document:
    """One answer of a source: a name that the adapter gives it, where it came from, its bytes as they came, and
    how they are read (raises ValueError)."""

    name: str
    origin: str
    body: bytes
    read: Callable[[bytes], Any] = read_json


@dataclass(frozen=True)
class Page:
    """What ``fetch`` brings: documents, what ``parse`` must know beside them, and the cursor after them.

    ``more``: there is another page before ``until``. ``cursor`` and ``context`` are plain JSON.
    """

    name: str
    documents: tuple[Document, ...]
    context: Mapping[str, Any]
    cursor: Cursor
    more: bool

    def digest(self) -> str:
        """SHA-256 of the bytes as they came: of the one document, or of all of them with their lengths before."""
        if len(self.documents) == 1:
            return sha256(self.documents[0].body).hexdigest()
        whole = sha256()
        for document in self.documents:
            whole.update(f"{document.name} {len(document.body)}\n".encode())
            whole.update(document.body)
        return whole.hexdigest()


class Fetching(Protocol):
    """What ``fetch`` may use to ask the source: see ``measurements.adapters.fetching``."""

    def get(self, url: str, params: Mapping[str, str] | None = None) -> bytes:
        """The body of an answer of 200."""


class Settings(BaseModel):
    """The base of what a person sets for an adapter. Unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PullAdapter(ABC):
    """An adapter that asks a source. One object per kind of source; it holds no state."""

    name: ClassVar[str]
    label: ClassVar[str]
    version: ClassVar[int]
    kind: ClassVar[Kind]
    settings: ClassVar[type[Settings]]
    fields: ClassVar[Mapping[str, Spec]]  # by name of document

    def kind_of(self, settings: Any) -> Kind:
        """What it brings with these settings."""
        return self.kind

    def fields_of(self, settings: Any) -> Mapping[str, Spec]:
        """What is kept with these settings, by name of document."""
        return self.fields

    @abstractmethod
    def fetch(
        self, settings: Any, fetcher: Fetching, cursor: Cursor, *, begins_at: datetime, until: datetime
    ) -> Page | None:
        """The next page after ``cursor`` (empty: from ``begins_at``), or None where there is nothing yet.

        Asks for nothing after ``until``. Raises what the fetcher raises.
        """

    @abstractmethod
    def parse(self, page: "KeptPage") -> Parsed:
        """Read a page as it is kept. Raises nothing for what is in it: faults are listed."""


@dataclass(frozen=True)
class KeptPage:
    """A page as it is kept: the settings and the context with which it was asked for, and its documents by name."""

    settings: Any
    context: Mapping[str, Any]
    documents: Mapping[str, Any]

    def instant(self, name: str) -> datetime:
        """An instant of the context."""
        return instant_of(self.context[name])


def kept(
    adapter: PullAdapter, settings: Settings, page: Page, hash_fields: Sequence[str] = ()
) -> tuple[bytes, Redactions, Faults]:
    """The bytes that are kept of a page: its allowed fields, redacted, with what it was asked for with, as JSON.

    A document that cannot be read gives a fault.
    """
    counted, faults = Redactions(), Faults()
    fields = adapter.fields_of(settings)
    documents: dict[str, Any] = {}
    for document in page.documents:
        try:
            value = document.read(document.body)
        except ValueError as error:
            faults.add(0, document.name, f"cannot be read ({error}); the source sent something else")
            continue
        documents[document.name] = keep(value, fields.get(document.name, {}), counted, hash_fields)
    whole: dict[str, Any] = {
        "settings": settings.model_dump(mode="json"),
        "context": dict(page.context),
        "documents": documents,
    }
    return write_json(whole), counted, faults


def reread(adapter: PullAdapter, content: bytes) -> Parsed:
    """What a kept page says, from its bytes alone. Of one that was the same as the page before, only that."""
    whole = read_json(content)
    return adapter.parse(
        KeptPage(adapter.settings.model_validate(whole["settings"]), whole["context"], whole["documents"])
    )


def write_json(value: Any) -> bytes:
    """JSON with sorted keys and exact numbers, the same bytes for the same value."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain
    ).encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        # As text: a number would come back as another one.
        return str(value)
    raise TypeError(f"no JSON for a {type(value).__name__}")


# Reading of single values ---------------------------------------------------------------------------------


def instant_of(value: Any) -> datetime:
    """An ISO 8601 instant with its offset, in UTC. Raises ValueError with a sentence that begins with a verb."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"is {str(value)[:40]!r}; an instant such as 2025-01-31T13:45:00Z is expected")
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"is {value[:40]!r}; an instant such as 2025-01-31T13:45:00Z is expected") from None
    if found.tzinfo is None:
        raise ValueError(f"is {value[:40]!r} without an offset; nobody can say when that was")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"is {value[:40]!r}; an instant between the years 1 and 9999 is expected") from None


def listed(value: Any) -> list[Any]:
    """A JSON array; anything else is taken for an empty one."""
    return value if isinstance(value, list) else []


def mapped(value: Any) -> Mapping[str, Any]:
    """A JSON object; anything else is taken for an empty one."""
    return value if isinstance(value, dict) else {}
