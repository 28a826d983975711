"""Sealing the record and checking it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from audit.hashing import GENESIS, head_hash, leaf_hash, merkle_root
from audit.models import Event, Seal, SealedEvent
from audit.record import content_of

SEALING_LOCK = 0x51A1ED6E


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with the record: where, and what."""

    place: str
    sentence: str


@dataclass(frozen=True)
class Verification:
    """What a check of the record saw. ``faults`` is empty where nothing is wrong."""

    events: int
    blocks: int
    unsealed: int
    head: str
    faults: tuple[Fault, ...]


@transaction.atomic
def seal_events(*, sealed_at: datetime, most: int = 10_000) -> Seal | None:
    """Seal the events that no block holds yet, at most ``most``; None where there is none.

    Unsealed events are found by anti-join, so that a row that committed late is not lost. One sealer
    works at a time (an advisory lock of the transaction).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALING_LOCK])
    events = list(Event.objects.filter(place=None).order_by("pk")[:most])
    if not events:
        return None
    last = Seal.objects.order_by("-number").first()
    number, previous = (last.number + 1, last.head) if last else (1, GENESIS)
    leaves = [event.leaf_hash for event in events]
    root = merkle_root(leaves)
    seal = Seal.objects.create(
        number=number,
        previous_head=previous,
        root=root,
        count=len(leaves),
        head=head_hash(number, previous, root, len(leaves)),
        sealed_at=sealed_at,
    )
    SealedEvent.objects.bulk_create(
        SealedEvent(seal=seal, event=event, position=position, leaf_hash=event.leaf_hash)
        for position, event in enumerate(events)
    )
    return seal


def verify_record() -> Verification:
    """Recompute every leaf, every root and every head, and say all that is wrong."""
    faults: list[Fault] = list(_leaf_faults())
    head = GENESIS
    expected = 1
    for seal in Seal.objects.order_by("number"):
        faults.extend(_seal_faults(seal, expected, head))
        head = seal.head
        expected = seal.number + 1
    return Verification(
        events=Event.objects.count(),
        blocks=Seal.objects.count(),
        unsealed=Event.objects.filter(place=None).count(),
        head=head,
        faults=tuple(faults),
    )


def _leaf_faults() -> Iterator[Fault]:
    for event in Event.objects.order_by("pk").iterator(chunk_size=2000):
        if leaf_hash(content_of(event)) != event.leaf_hash:
            yield Fault(
                f"event {event.pk}",
                f"its content does not give its hash ({event.verb} {event.subject_label})",
            )


def _seal_faults(seal: Seal, expected_number: int, previous_head: str) -> Iterator[Fault]:
    place = f"block {seal.number}"
    if seal.number != expected_number:
        yield Fault(place, f"block {expected_number} is missing before it")
    if seal.previous_head != previous_head:
        yield Fault(place, "it does not continue the head of the block before")
    rows = list(seal.places.order_by("position").values_list("position", "leaf_hash", "event_id"))
    # Looked up by number and not joined: a deleted event must not take its place in the block with it.
    present = dict(Event.objects.filter(pk__in=[row[2] for row in rows]).values_list("pk", "leaf_hash"))
    for position, kept, event_id in rows:
        actual = present.get(event_id)
        if actual is None:
            yield Fault(
                f"event {event_id}", f"it was sealed in block {seal.number} at place {position} and is gone"
            )
        elif actual != kept:
            yield Fault(
                f"event {event_id}", f"its hash is not the one that was sealed in block {seal.number}"
            )
    if [row[0] for row in rows] != list(range(seal.count)):
        yield Fault(place, f"it sealed {seal.count} events and holds {len(rows)}")
    elif merkle_root([row[1] for row in rows]) != seal.root:
        yield Fault(place, "its events do not give its root")
    if head_hash(seal.number, seal.previous_head, seal.root, seal.count) != seal.head:
        yield Fault(place, "its head is not the hash of its content")
