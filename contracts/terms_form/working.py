"""Unsaved work: kept as it is typed, step by step, for its owner alone.

Every function is called inside an entrance, which hands the instant down. Working copies are no record: they say
what somebody was typing, not what was agreed, and no event is written for them. Saving the draft is the act.
"""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Length

from base.models import User
from contracts.models import Contract, ContractVersion, WorkingCopy, WorkingStep
from contracts.terms_form.nodes import spoken
from contracts.terms_form.operations import walk
from contracts.terms_form.shapes import Leaf, Shape
from contracts.terms_form.steps import changed_place

MAX_STEPS = 200
MAX_BYTES = 3_000_000
"""Of all packed steps of one copy together; the oldest go first."""
MAX_UNPACKED = 20_000_000
ONE_STEP = timedelta(minutes=2)
"""Typing in one field is one step while no more than this passes between two of its changes."""
PRESENT = timedelta(minutes=30)
"""Somebody whose last change is no older counts as editing."""


@dataclass(frozen=True)
class Where:
    """What the work is on: a draft, or a version of a contract that is not there yet."""

    owner: User
    version: ContractVersion | None
    contract: Contract | None

    def copies(self) -> Any:
        """The owner's copies of exactly this."""
        contract = None if self.version else self.contract
        return WorkingCopy.objects.filter(owner=self.owner, version=self.version, contract=contract)


@dataclass(frozen=True)
class Presence:
    """Somebody else who has unsaved work on the same draft."""

    name: str
    since: datetime
    last: datetime


@dataclass(frozen=True)
class Shown:
    """A step as the form takes it up again."""

    values: Any
    base_sha256: str
    did: str
    saved_at: datetime


def found(where: Where) -> WorkingCopy | None:
    """The owner's work, where there is any."""
    copy: WorkingCopy | None = where.copies().first()
    return copy


@transaction.atomic
def keep(
    where: Where,
    shape: Shape,
    values: Any,
    before: Callable[[], Any],
    *,
    base_sha256: str,
    at: datetime,
    did: str = "",
) -> WorkingCopy | None:
    """Keep the form's values as the next step; None where nothing was changed yet.

    ``before`` gives the values that the form began with, the step to which undo leads in the end. Steps that had been
    undone are gone once something else was done. ``did`` says what was done; empty: which field was changed.
    """
    copy = where.copies().select_for_update().first()
    last = _step(copy, copy.at) if copy else None
    stood = unpack(last.packed) if last else before()
    place = changed_place(shape, stood, values)
    if place is None:
        return copy
    if copy is None:
        copy, is_new = WorkingCopy.objects.get_or_create(
            owner=where.owner,
            version=where.version,
            contract=None if where.version else where.contract,
            defaults={"opened_at": at, "saved_at": at},
        )
        if not is_new:
            # Another window of the same person began in the same instant: this is a change of what it kept.
            return keep(where, shape, values, before, base_sha256=base_sha256, at=at, did=did)
        WorkingStep.objects.create(
            working_copy=copy, number=0, did="", base_sha256=base_sha256, packed=pack(stood), saved_at=at
        )
    copy.steps.filter(number__gt=copy.at).delete()
    said = (did or f"changed {spoken(shape, values, place)}")[:200]
    typing = last is not None and last.number > 0 and not did and last.place == place and last.did == said
    if (
        typing
        and last is not None
        and _is_single(shape, values, place)
        and at - last.saved_at <= ONE_STEP
        and last.base_sha256 == base_sha256
    ):
        last.packed, last.saved_at = pack(values), at
        last.save(update_fields=["packed", "saved_at"])
    else:
        copy.at += 1
        WorkingStep.objects.create(
            working_copy=copy,
            number=copy.at,
            did=said,
            place="" if did else place[:400],
            base_sha256=base_sha256,
            packed=pack(values),
            saved_at=at,
        )
        _bound(copy)
    copy.saved_at = at
    copy.save(update_fields=["at", "saved_at"])
    return copy


def adopt(where: Where) -> None:
    """Work on a new version without a contract becomes work on one of ``where``'s, unless there is some already."""
    if where.version is None and where.contract is not None and not where.copies().exists():
        loose = WorkingCopy.objects.filter(owner=where.owner, version=None, contract=None)
        loose.update(contract=where.contract)


@transaction.atomic
def move(where: Where, by: int) -> tuple[Shown | None, str]:
    """Undo (-1) or redo (1): the step that is shown now, and what was undone or done again. None: there is none."""
    copy = where.copies().select_for_update().first()
    step = _step(copy, copy.at + by) if copy else None
    if copy is None or step is None:
        return None, ""
    gone = _step(copy, copy.at)
    copy.at = step.number
    copy.save(update_fields=["at"])
    said = (gone if by < 0 else step) or step
    return _shown(step), said.did


def resumed(where: Where) -> Shown | None:
    """The step at which the owner left off."""
    copy = found(where)
    step = _step(copy, copy.at) if copy else None
    return _shown(step) if step else None


def leave(where: Where) -> None:
    """Forget the work: the draft was saved, or its owner does not want it."""
    where.copies().delete()


def others(version: ContractVersion | None, owner: User, at: datetime) -> list[Presence]:
    """Who else has unsaved work on the draft that changed in the last half hour, by name."""
    if version is None:
        return []
    copies = WorkingCopy.objects.filter(version=version, saved_at__gt=at - PRESENT).exclude(owner=owner)
    return [
        Presence(copy.owner.display_name, copy.opened_at, copy.saved_at)
        for copy in copies.select_related("owner").order_by("opened_at", "pk")
    ]


def pack(values: Any) -> bytes:
    """Values as they are stored."""
    return zlib.compress(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode(), 3)


def unpack(packed: bytes | memoryview) -> Any:
    """The values of a step. Never more than was let in."""
    text = zlib.decompressobj().decompress(bytes(packed), MAX_UNPACKED)
    return json.loads(text)


def _is_single(shape: Shape, values: Any, place: str) -> bool:
    """Whether one widget stands at a place."""
    if not place:
        return False
    try:
        at, _ = walk(shape, values, place.split("."))
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        # A name among pairs, which has no shape of its own.
        return True
    return isinstance(at, Leaf)


def _shown(step: WorkingStep) -> Shown:
    return Shown(unpack(step.packed), step.base_sha256, step.did, step.saved_at)


def _step(copy: WorkingCopy | None, number: int) -> WorkingStep | None:
    if copy is None or number < 0:
        return None
    step: WorkingStep | None = copy.steps.filter(number=number).first()
    return step


def _bound(copy: WorkingCopy) -> None:
    """Let go of the oldest steps above the limits. The one that is shown stays."""
    newest_first = copy.steps.order_by("-number").values_list("number", Length("packed"))
    total = 0
    for count, (number, size) in enumerate(newest_first):
        total += size
        if count and (count >= MAX_STEPS or total > MAX_BYTES):
            copy.steps.filter(number__lte=number).delete()
            return
