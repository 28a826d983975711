"""Amendments and temporary variations as documents, and the text that stands as of any instant (rule 10).

An amendment changes the terms for good; a variation for a time, and ends by itself. Both name, by its hash, the
text that they were written upon, so that none is ever laid on a text that its authors did not see.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    Field,
    JsonValue,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from reckoning.canonical import instant_text
from reckoning.errors import TermsError
from reckoning.fields import Count, Day, Instant, Name, Slug, Text, Value, zone_info
from reckoning.terms.document import parse_terms, terms_sha256
from reckoning.terms.faults import fault
from reckoning.terms.model import Terms
from reckoning.terms.places import add_at, alike, remove_at, set_at, steps_of, value_or_none_at
from reckoning.terms.plain import read_as
from reckoning.timeline.windows import local_instant


def _moment(given: Any) -> date:
    adapter = _DayOnly if isinstance(given, str) and len(given) == 10 else _InstantOnly
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    try:
        return adapter.model_validate({"at": given}).at
    except ValidationError as error:
        context = error.errors(include_url=False)[0].get("ctx") or {}
        raise ValueError(f"{context.get('error', 'is no instant')}, or as a day, 2025-01-31") from None


class _DayOnly(Value):
    at: Day


class _InstantOnly(Value):
    at: Instant


def _moment_text(value: date) -> str:
    return instant_text(value) if isinstance(value, datetime) else value.isoformat()


Moment = Annotated[
    date,
    PlainValidator(_moment),
    PlainSerializer(_moment_text, return_type=str),
    WithJsonSchema({"type": "string", "description": "2025-01-31T13:45:00Z, or a day in the terms' zone"}),
]
"""An instant, or a day, which begins at midnight in the zone of the terms."""


class AmendedPlace(Value):
    """One change: `set` replaces, `add` puts in, `remove` takes out what stands `at` a place."""

    do: Literal["set", "add", "remove"]
    at: Annotated[str, Field(min_length=1, max_length=400)]
    to: JsonValue = Field(default=None, description="The new value; nothing where something is removed.")
    was: JsonValue = Field(default=None, description="What stood there, to be sure. Empty: whatever did.")
    why: Text | None = None

    @model_validator(mode="after")
    def _place_can_be_read(self) -> Self:
        try:
            steps = steps_of(self.at)
        except TermsError as error:
            raise fault("at", error.findings[0][1]) from None
        if steps[0] in ("format", "currency"):
            raise fault("at", f"{steps[0]} cannot be amended: write a new contract version instead")
        if self.do == "remove" and self.to is not None:
            raise fault("to", "is given where something is removed; empty it, or set the value instead")
        return self


class Amendment(Value):
    """Changes to a text, from an instant on, for good or for a time."""

    format: Literal["sla-ledger-amendment/1"] = "sla-ledger-amendment/1"
    id: Slug
    title: Name
    kind: Literal["amendment", "variation"]
    base_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="Hash of the terms that are changed."
    )
    agreed_on: Day | None = None
    approved_by: Name | None = None
    notice_given_on: Day | None = None
    notice_days: Count = Field(
        default=0, description="Least number of days from the notice to the beginning."
    )
    effective_from: Moment
    effective_until: Moment | None = Field(
        default=None, description="The end of a variation, itself not included."
    )
    mid_window: Literal["splits_window", "next_window"] = Field(
        description="Where it begins or ends inside a window: the window is split there, or stays whole and the "
        "change is in effect for windows that begin while it is."
    )
    changes: tuple[AmendedPlace, ...] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if (self.kind == "variation") != (self.effective_until is not None):
            say = "ends by itself; say when" if self.kind == "variation" else "is for good; a variation ends"
            raise fault("effective_until", f"{self.kind} {say}")
        if self.notice_days and self.notice_given_on is None:
            raise fault("notice_given_on", "is missing; the notice of so many days needs its day")
        return self

    def begins(self, zone: str) -> datetime:
        """The instant from which it is in effect."""
        return _instant(self.effective_from, zone)

    def ends(self, zone: str) -> datetime | None:
        """The instant at which a variation ends; None for an amendment."""
        return None if self.effective_until is None else _instant(self.effective_until, zone)

    def holds_at(self, instant: datetime, zone: str) -> bool:
        """Whether it is in effect at an instant."""
        end = self.ends(zone)
        return self.begins(zone) <= instant and (end is None or instant < end)


def _instant(moment: date, zone: str) -> datetime:
    return moment if isinstance(moment, datetime) else local_instant(moment, time(0), zone)


class Standing(NamedTuple):
    """The text that stands in [start, end); an open side is None. `applied` are the ids that made it."""

    start: datetime | None
    end: datetime | None
    terms: Terms
    sha256: str
    applied: tuple[str, ...]


def parse_amendment(source: Any) -> Amendment:
    """Read an amendment from JSON or YAML or plain values. Raises TermsError with every fault."""
    return read_as(Amendment, source)


def conformed(base: Terms, amendments: Sequence[Amendment], as_of: datetime) -> Standing:
    """The text as of an instant (aware). Raises TermsError for amendments that do not fit, as `texts` does."""
    if as_of.tzinfo is None:
        raise TermsError([("as_of", "has no time zone; write it as 2025-01-31T13:45:00Z")])
    at = as_of.astimezone(UTC)
    return next(one for one in texts(base, amendments) if one.end is None or at < one.end)


def texts(base: Terms, amendments: Sequence[Amendment]) -> tuple[Standing, ...]:
    """Every text in order, without gap: what stands before the first change, between them, and in the end.

    Raises TermsError, at `amendments.ID`, for an amendment whose base is another text, whose place is not there,
    whose `was` is not what stands there, whose notice is too short, or that meets another variation at one place.
    """
    chain = _chain(base, amendments)
    edges = sorted({edge for one in chain for edge in (one.begins(base.zone), one.ends(base.zone)) if edge})
    found: list[Standing] = []
    for start, end in zip([None, *edges], [*edges, None], strict=True):
        held = [one for one in chain if start is not None and one.holds_at(start, base.zone)]
        terms = _applied(base, held)
        found.append(Standing(start, end, terms, terms_sha256(terms), tuple(one.id for one in held)))
    return tuple(found)


def texts_of_window(
    base: Terms, amendments: Sequence[Amendment], start: datetime, end: datetime
) -> tuple[Standing, ...]:
    """The texts by which the window [start, end) is reckoned, each for its part of it (rule 10).

    What splits windows cuts it at its edges; what waits for the next window is in effect for all of a window that
    begins while it is, and for none of one that began before.
    """
    chain = _chain(base, amendments)
    cutting = [one for one in chain if one.mid_window == "splits_window"]
    inner = {edge for one in cutting for edge in (one.begins(base.zone), one.ends(base.zone)) if edge}
    edges = [start, *sorted(edge for edge in inner if start < edge < end), end]
    found: list[Standing] = []
    for begins, ends in pairwise(edges):
        held = [
            one
            for one in chain
            if one.holds_at(begins if one.mid_window == "splits_window" else start, base.zone)
        ]
        terms = _applied(base, held)
        ids = tuple(one.id for one in held)
        if found and found[-1].applied == ids:
            found[-1] = found[-1]._replace(end=ends)
        else:
            found.append(Standing(begins, ends, terms, terms_sha256(terms), ids))
    return tuple(found)


def _chain(base: Terms, amendments: Sequence[Amendment]) -> list[Amendment]:
    """All in the order in which they are laid on the text: amendments by their beginning, then variations.

    Checks what each was written upon.
    """
    ordered = sorted(amendments, key=lambda one: (one.kind == "variation", one.begins(base.zone)))
    seen: set[str] = set()
    hashes = [terms_sha256(base)]
    terms = base
    for one in ordered:
        if one.id in seen:
            raise _refused(one, "", "stands there twice; each amendment has an id of its own")
        seen.add(one.id)
        _check_times(one, base.zone)
        if one.kind == "amendment":
            if one.base_sha256 != hashes[-1]:
                raise _refused(
                    one, "base_sha256", f"is not {hashes[-1]}, the hash of the text that it would change"
                )
            terms = _with(terms, one)
            hashes.append(terms_sha256(terms))
        elif one.base_sha256 not in hashes:
            raise _refused(
                one, "base_sha256", f"is the hash of no text of this contract; its last one has {hashes[-1]}"
            )
    _refuse_collisions([one for one in ordered if one.kind == "variation"], base.zone)
    return ordered


def _check_times(one: Amendment, zone: str) -> None:
    begins, ends = one.begins(zone), one.ends(zone)
    if ends is not None and ends <= begins:
        raise _refused(one, "effective_until", "is not after effective_from")
    if one.notice_given_on is not None:
        # Counted in days of the calendar: a change of clocks makes none of them shorter.
        days = (begins.astimezone(zone_info(zone)).date() - one.notice_given_on).days
        if days < one.notice_days:
            raise _refused(
                one,
                "effective_from",
                f"is {max(days, 0)} days after the notice; at least {one.notice_days} are agreed, so that "
                f"{one.notice_given_on + timedelta(days=one.notice_days)} is the first day in time",
            )


def _refuse_collisions(variations: list[Amendment], zone: str) -> None:
    for index, one in enumerate(variations):
        for other in variations[:index]:
            ends, other_ends = one.ends(zone), other.ends(zone)
            assert ends is not None
            assert other_ends is not None
            if one.begins(zone) >= other_ends or other.begins(zone) >= ends:
                continue
            for place in one.changes:
                if any(_overlap(place, another) for another in other.changes):
                    raise _refused(
                        one,
                        place.at,
                        f"is changed by {other.id} at the same time; end one of them before the other begins",
                    )


def _overlap(one: AmendedPlace, other: AmendedPlace) -> bool:
    if one.do == other.do == "add":
        # Two items put into one list do not touch each other.
        return False
    left, right = steps_of(one.at), steps_of(other.at)
    shorter = min(len(left), len(right))
    return left[:shorter] == right[:shorter]


def _applied(base: Terms, amendments: Sequence[Amendment]) -> Terms:
    terms = base
    for one in amendments:
        terms = _with(terms, one)
    return terms


def _with(terms: Terms, amendment: Amendment) -> Terms:
    plain = terms.document()
    for index, change in enumerate(amendment.changes):
        try:
            if change.was is not None and not alike(value_or_none_at(plain, change.at), change.was):
                stands = str(value_or_none_at(plain, change.at))[:80]
                raise TermsError(
                    [(change.at, f"was {str(change.was)[:80]} when this was written; now it is {stands}")]
                )
            if change.do == "remove":
                remove_at(plain, change.at)
            elif change.do == "add":
                add_at(plain, change.at, change.to)
            else:
                set_at(plain, change.at, change.to)
        except TermsError as error:
            raise _refused(amendment, f"changes.{index}", *error.findings[0]) from None
    try:
        return parse_terms(plain)
    except TermsError as error:
        raise TermsError(
            [
                (f"amendments.{amendment.id}", f"makes terms that cannot be read: {at}: {say}")
                for at, say in error.findings
            ]
        ) from None


def _refused(amendment: Amendment, at: str, *words: str) -> TermsError:
    path = f"amendments.{amendment.id}" + (f".{at}" if at else "")
    return TermsError([(path, ": ".join(words))])
