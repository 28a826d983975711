"""Two states of the form beside each other: what was changed, and a third merged with them."""

from dataclasses import dataclass
from typing import Any

from contracts.terms_form.shapes import Group, Many, OneOf, Pairs, Shape
from contracts.terms_form.values import blank_field

IDENTITIES = ("key", "name", "kind")
MISSING: Any = object()


@dataclass(frozen=True)
class Collision:
    """A place that two people changed differently since the same text. ``place`` is one of the form as merged."""

    place: str
    mine: str
    theirs: str


def changed_place(shape: Shape, before: Any, after: Any, place: str = "") -> str | None:
    """The deepest place under which everything lies that differs; None where nothing does, "" for the whole."""
    if before == after:
        return None
    if not isinstance(before, type(after)):
        return place
    parts: list[tuple[str, Shape, Any, Any]] = []
    match shape:
        case Group() | OneOf():
            if isinstance(shape, OneOf) and before.get("kind") != after.get("kind"):
                return place
            group = shape.variants[after["kind"]] if isinstance(shape, OneOf) else shape
            parts = [(one.name, one.shape, before.get(one.name), after.get(one.name)) for one in group.fields]
        case Many(item) if len(before) == len(after):
            parts = [
                (str(at), item, old, new) for at, (old, new) in enumerate(zip(before, after, strict=True))
            ]
        case Pairs() if len(before) == len(after):
            differ = [str(at) for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
            return _joined(place, differ[0]) if len(differ) == 1 else place
        case _:
            return place
    differ_at = [part for part in parts if part[2] != part[3]]
    if len(differ_at) != 1:
        return place
    name, inner, old, new = differ_at[0]
    if old is None or new is None:
        return _joined(place, name)
    return changed_place(inner, old, new, _joined(place, name))


def merge(shape: Shape, base: Any, mine: Any, theirs: Any) -> tuple[Any, list[Collision]]:
    """My values with theirs where only they changed something since ``base``; mine stay where both did.

    Items of lists are matched by key, name or kind where each has one of its own, else by their number as long as
    nobody added, removed or moved one; a list that cannot be matched is one field.
    """
    collisions: list[Collision] = []
    return _merge(shape, base, mine, theirs, "", collisions), collisions


def _merge(shape: Shape, base: Any, mine: Any, theirs: Any, place: str, collisions: list[Collision]) -> Any:
    if base == theirs or mine == theirs:
        return mine
    if base == mine:
        return theirs
    if base is not None and mine is not None and theirs is not None:
        match shape:
            case OneOf(variants) if base["kind"] == mine["kind"] == theirs["kind"]:
                return _merge_fields(variants[mine["kind"]], base, mine, theirs, place, collisions)
            case Group():
                return _merge_fields(shape, base, mine, theirs, place, collisions)
            case Many(item):
                merged = _merge_items(item, base, mine, theirs, place, collisions)
                if merged is not None:
                    return merged
            case Pairs() if _unique_names(base, mine, theirs):
                return _merge_pairs(dict(base), dict(mine), dict(theirs), place, collisions)
            case _:
                pass
    collisions.append(Collision(place, _told(mine), _told(theirs)))
    return mine


def _merge_fields(
    group: Group, base: Any, mine: Any, theirs: Any, place: str, collisions: list[Collision]
) -> Any:
    return {
        one.name: _merge(
            one.shape,
            base.get(one.name, blank_field(one)),
            mine.get(one.name, blank_field(one)),
            theirs.get(one.name, blank_field(one)),
            _joined(place, one.name),
            collisions,
        )
        for one in group.fields
    }


def _merge_items(
    item: Shape, base: list[Any], mine: list[Any], theirs: list[Any], place: str, collisions: list[Collision]
) -> list[Any] | None:
    identity = next(
        (name for name in IDENTITIES if all(_named(many, name) for many in (base, mine, theirs))), None
    )
    if identity is None:
        if not len(base) == len(mine) == len(theirs) or _reordered(base, mine) or _reordered(base, theirs):
            return None
        rows = zip(base, mine, theirs, strict=True)
        return [
            _merge(item, *row, place=_joined(place, str(at)), collisions=collisions)
            for at, row in enumerate(rows)
        ]
    bases, theirs_by = ({one[identity]: one for one in many} for many in (base, theirs))
    merged: list[Any] = []
    for one in mine:
        key = one[identity]
        old, other = bases.get(key), theirs_by.get(key)
        at = _joined(place, str(len(merged)))
        if old is not None and other is None:
            # They took it away: so it goes, unless it was worked on here.
            if one != old:
                collisions.append(Collision(at, _told(one), "taken away"))
                merged.append(one)
        elif other is None or old is None:
            if other is not None and other != one:
                collisions.append(Collision(at, _told(one), _told(other)))
            merged.append(one)
        else:
            merged.append(_merge(item, old, one, other, at, collisions))
    here = {one[identity] for one in mine}
    for other in theirs:
        key = other[identity]
        if key in here:
            continue
        if key not in bases:
            merged.append(other)
        elif bases[key] != other:
            collisions.append(Collision(place, f"{key} taken away", f"{key} changed"))
    return merged


def _merge_pairs(
    base: dict[str, str],
    mine: dict[str, str],
    theirs: dict[str, str],
    place: str,
    collisions: list[Collision],
) -> list[list[str]]:
    merged: list[list[str]] = []
    for name in [*mine, *(one for one in theirs if one not in mine)]:
        old, one, other = (many.get(name, MISSING) for many in (base, mine, theirs))
        chosen = other if one == old else one
        if one not in (old, other) and other != old:
            collisions.append(Collision(_joined(place, str(len(merged))), _told(one), _told(other)))
        if chosen is not MISSING:
            merged.append([name, chosen])
    return merged


def _reordered(base: list[Any], other: list[Any]) -> bool:
    """Whether an item stands at another number now: what is said of a number may then be meant for another item."""
    return any(one != old and one in base for old, one in zip(base, other, strict=True))


def _named(many: list[Any], name: str) -> bool:
    """Whether every item has a name of its own there."""
    names = [one.get(name) for one in many if isinstance(one, dict)]
    named = all(name and name not in ("yes", "no") for name in names)
    return named and len(names) == len(many) == len(set(names))


def _unique_names(*states: list[list[str]]) -> bool:
    return all(len({name for name, _ in pairs}) == len(pairs) for pairs in states)


def _told(value: Any) -> str:
    if value is MISSING:
        return "taken away"
    if value is None or value == "":
        return "empty"
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"{len(value)} entries" if len(value) != 1 else "one entry"
    named = next((value[name] for name in ("key", "name", "title", "kind") if value.get(name)), "")
    return str(named) or "a block"


def _joined(place: str, step: str) -> str:
    return f"{place}.{step}" if place else step
