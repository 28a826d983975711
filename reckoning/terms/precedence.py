"""Several documents that speak of the same promise: which one computes, and where they disagree.

Documents stand in an order of precedence, the first prevailing. A document carries whole terms, or single
provisions that are laid over the terms of documents that it prevails over. An internal objective promises nothing
to anybody: it should be above every promise, so that we notice before the customer does.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, JsonValue, model_validator

from reckoning.canonical import canonical_json, decimal_text
from reckoning.errors import TermsError
from reckoning.fields import Flag, Instant, Name, Percent, Slug, Text, Value
from reckoning.terms.document import parse_terms
from reckoning.terms.faults import fault
from reckoning.terms.model import CommitmentTerms, Terms
from reckoning.terms.places import alike, set_at, steps_of, value_or_none_at
from reckoning.terms.plain import read_as

# What names and explains a commitment promises nothing.
NO_PROMISE = ("key", "title", "readings")


class Provision(Value):
    """One provision of a document that has no whole terms of its own."""

    at: Annotated[str, Field(min_length=1, max_length=400)]
    to: JsonValue

    @model_validator(mode="after")
    def _place_can_be_read(self) -> Self:
        try:
            steps = steps_of(self.at)
        except TermsError as error:
            raise fault("at", error.findings[0][1]) from None
        if steps[0] != "commitments" or len(steps) < 3:
            raise fault("at", "is no provision of a commitment; write it as commitments[key].field")
        return self


class Objective(Value):
    """What we aim at inside of the house, for a commitment of that key."""

    commitment: Slug
    target_percent: Percent
    target_inclusive: Flag = True


class RankedDocument(Value):
    """One document of the order. Exactly one of `terms`, `provisions` and `objectives` is given."""

    name: Name
    kind: Name = Field(description='Such as "order form", "SLA", "master agreement", "internal objective".')
    owner: Name = Field(description="Who answers for it.")
    live_from: Instant | None = None
    live_until: Instant | None = Field(default=None, description="Itself not included. Empty: without end.")
    terms: dict[str, JsonValue] | None = None
    provisions: tuple[Provision, ...] = Field(default=(), max_length=200)
    objectives: tuple[Objective, ...] = Field(default=(), max_length=200)

    @model_validator(mode="after")
    def _carries_one_thing(self) -> Self:
        if sum((self.terms is not None, bool(self.provisions), bool(self.objectives))) != 1:
            raise fault("", "carries exactly one of terms, provisions and objectives")
        if self.terms is not None:
            try:
                parse_terms(self.terms)
            except TermsError as error:
                at, sentence = error.findings[0]
                raise fault(f"terms.{at}" if at else "terms", sentence) from None
        if self.live_from and self.live_until and self.live_until <= self.live_from:
            raise fault("live_until", "is not after live_from")
        return self

    def live_at(self, instant: datetime) -> bool:
        """Whether the document is live at an instant."""
        return (self.live_from is None or self.live_from <= instant) and (
            self.live_until is None or instant < self.live_until
        )


class Order(Value):
    """The documents, the first prevailing over all that follow."""

    format: Literal["sla-ledger-precedence/1"] = "sla-ledger-precedence/1"
    title: Name
    why: Text = Field(description="Which clause says in which order they prevail.")
    documents: tuple[RankedDocument, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [one.name for one in self.documents]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise fault(f"documents.{index}.name", f"{name!r} stands there twice; each may stand once")
        return self


class Voice(NamedTuple):
    """What one document says, and who answers for it."""

    document: str
    kind: str
    owner: str
    says: str


class Conflict(NamedTuple):
    """Two documents that disagree. `computes` is what is reckoned with.

    `code`: PROMISE_NOT_BELOW_OBJECTIVE, DOCUMENTS_DISAGREE, or PROVISION_WITHOUT_PLACE.
    """

    code: str
    place: str
    voices: tuple[Voice, ...]
    computes: str | None
    sentence: str


class Prevailing(NamedTuple):
    """The terms that compute, the document that each provision comes from where it is not the base, and conflicts."""

    terms: Terms
    base: str
    provisions: dict[str, str]
    conflicts: tuple[Conflict, ...]


def parse_order(source: Any) -> Order:
    """Read an order of precedence from JSON or YAML or plain values. Raises TermsError with every fault."""
    return read_as(Order, source)


def prevailing(order: Order, at: datetime) -> Prevailing:
    """What computes at an instant (aware), and every conflict of the documents that are live then.

    The commitments of the first document with terms compute; one that only a later document has computes as it
    stands there. Provisions of documents before the one that a commitment comes from are laid over it. Raises
    TermsError when no live document has terms, or a provision makes terms that cannot be read.
    """
    live = [one for one in order.documents if one.live_at(at)]
    whole = [(rank, one, parse_terms(one.terms)) for rank, one in enumerate(live) if one.terms is not None]
    if not whole:
        raise TermsError([("documents", f"none that is live at {at.isoformat()} has terms")])
    plain = whole[0][2].document()
    homes: dict[str, int] = {}
    for rank, _, terms in whole:
        for commitment in terms.commitments:
            if commitment.key not in homes:
                homes[commitment.key] = rank
                if rank != whole[0][0]:
                    plain["commitments"].append(commitment.document())
    laid, conflicts = _laid(live, plain, homes)
    try:
        terms = parse_terms(plain)
    except TermsError as error:
        raise TermsError(
            [(at_place, f"after all provisions: {say}") for at_place, say in error.findings]
        ) from None
    found = [*_between_terms(whole, terms, laid), *conflicts, *_objectives(live, terms, homes, laid)]
    return Prevailing(terms, whole[0][1].name, laid, tuple(found))


def _laid(
    live: Sequence[RankedDocument], plain: dict[str, Any], homes: dict[str, int]
) -> tuple[dict[str, str], list[Conflict]]:
    """Lay the provisions over the commitments, the last first, so that the first document has the last word."""
    laid: dict[str, str] = {}
    conflicts: list[Conflict] = []
    said: dict[str, Voice] = {}
    for rank in range(len(live) - 1, -1, -1):
        document = live[rank]
        for provision in document.provisions:
            place, voice = provision.at, _voice(document, provision.to)
            home = homes.get(steps_of(place)[1])
            try:
                stands = value_or_none_at(plain, place)
                if home is None:
                    raise TermsError([(place, "no live document has this commitment")])
            except TermsError as error:
                conflicts.append(_homeless(place, voice, error.findings[0][1]))
                continue
            before = said.get(place) or _voice(live[home], stands)
            if not alike(stands, provision.to):
                wins = rank < home
                computes = provision.to if wins else stands
                pair = (voice, before) if wins else (before, voice)
                conflicts.append(_disagree(place, pair, computes))
            if rank < home:
                set_at(plain, place, provision.to)
                laid[place], said[place] = document.name, voice
    return laid, conflicts


def _homeless(place: str, voice: Voice, why: str) -> Conflict:
    sentence = f"{voice.document} has a provision at {place}, where it can change nothing: {why}."
    return Conflict("PROVISION_WITHOUT_PLACE", place, (voice,), None, sentence)


def _disagree(place: str, pair: tuple[Voice, Voice], computes: Any) -> Conflict:
    first, second = pair
    sentence = (
        f"{first.document} ({first.owner}) says {first.says} at {place}, {second.document} ({second.owner}) says "
        f"{second.says}; {first.document} prevails."
    )
    return Conflict("DOCUMENTS_DISAGREE", place, pair, _text(computes), sentence)


def _between_terms(
    whole: Sequence[tuple[int, RankedDocument, Terms]], terms: Terms, laid: dict[str, str]
) -> Iterator[Conflict]:
    """Fields in which a later document with whole terms differs from the first that has the commitment."""
    for position, (_, later, other) in enumerate(whole):
        for commitment in other.commitments:
            first = next(
                ((one, held) for _, one, held in whole[:position] if _has(held, commitment.key)), None
            )
            if first is None:
                continue
            document, held = first
            ours, theirs = held.commitment(commitment.key).document(), commitment.document()
            for field in differing_fields(ours, theirs):
                place = f"commitments[{commitment.key}].{field}"
                computes = terms.commitment(commitment.key).document().get(field)
                pair = (_voice(document, ours.get(field)), _voice(later, theirs.get(field)))
                conflict = _disagree(place, pair, computes)
                if place in laid:
                    said = f"{conflict.sentence[:-1]} of these two, and {laid[place]} over both."
                    conflict = conflict._replace(sentence=said)
                yield conflict


def differing_fields(
    first: dict[str, Any], second: dict[str, Any], leave_out: tuple[str, ...] = NO_PROMISE
) -> list[str]:
    """The fields of two commitments (their documents) that say something else, in order of their names."""
    fields = sorted((set(first) | set(second)) - set(leave_out))
    return [name for name in fields if canonical_json(first.get(name)) != canonical_json(second.get(name))]


def _has(terms: Terms, key: str) -> bool:
    return any(commitment.key == key for commitment in terms.commitments)


def _objectives(
    live: Sequence[RankedDocument], terms: Terms, homes: dict[str, int], laid: dict[str, str]
) -> Iterator[Conflict]:
    for document in live:
        for objective in document.objectives:
            key = objective.commitment
            place = f"commitments[{key}].target_percent"
            voice = _voice(document, level_words(objective.target_percent, objective.target_inclusive))
            if not _has(terms, key):
                yield _homeless(place, voice, "no live document has this commitment")
                continue
            promise = terms.commitment(key)
            target = promised(promise)
            if target is None or not reaches(
                target, promise.target_inclusive, objective.target_percent, objective.target_inclusive
            ):
                continue
            owner = next((one for one in live if one.name == laid.get(place)), live[homes[key]])
            ours = _voice(owner, level_words(target, promise.target_inclusive))
            sentence = (
                f"{owner.name} ({owner.owner}) promises {ours.says} and {document.name} ({document.owner}) aims for "
                f"{voice.says}: the aim is not above the promise, so that a miss of the promise may be no miss of "
                f"the aim. The promise computes."
            )
            yield Conflict(
                "PROMISE_NOT_BELOW_OBJECTIVE", place, (ours, voice), decimal_text(target), sentence
            )


def promised(commitment: CommitmentTerms) -> Decimal | None:
    """The promised level in percent, where the commitment promises one."""
    return commitment.target_percent


def reaches(promised: Decimal, inclusive: bool, aim: Decimal, aim_inclusive: bool) -> bool:
    """Whether a promise is as high as an aim, both in percent. At one figure, "more than" is above "at least"."""
    if promised != aim:
        return promised > aim
    return not (inclusive and not aim_inclusive)


def level_words(target: Decimal, inclusive: bool) -> str:
    """A level in words: at least, or more than, so much."""
    return f"{'at least' if inclusive else 'more than'} {decimal_text(target)} %"


def _voice(document: RankedDocument, says: Any) -> Voice:
    return Voice(document.name, document.kind, document.owner, _text(says))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value).decode()
