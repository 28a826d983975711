"""What a button does to the form's values: add, remove, move, duplicate, paste several."""

import re
from copy import copy, deepcopy
from datetime import date
from typing import Any

from contracts.terms_form.shapes import Group, Leaf, Many, OneOf, Pairs, Shape
from contracts.terms_form.values import UnknownOperation, blank, field_of

VERBS = ("add", "del", "up", "down", "dup")
MAX_PASTED = 400
NAMES = ("key", "name")

_DAYS = (
    (re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b"), (1, 2, 3)),
    (re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b"), (3, 2, 1)),
)


def operate(shape: Shape, value: Any, operation: str) -> Any:
    """Carry out a button: ``add:path``, ``del:path``, ``up:path``, ``down:path`` or ``dup:path``.

    ``switch:path`` and ``show`` change nothing: the browser has sent the new kind already. Works on ``value`` in
    place and returns it. Raises UnknownOperation.
    """
    verb, _, path = operation.partition(":")
    if verb in ("show", "switch"):
        return value
    if verb not in VERBS or not path:
        raise UnknownOperation(operation)
    steps = path.split(".")
    try:
        holder_shape, holder = walk(shape, value, steps[:-1], own=True)
        _apply(verb, holder_shape, holder, steps[-1])
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        raise UnknownOperation(operation) from None
    return value


def walk(shape: Shape, value: Any, steps: list[str], *, own: bool = False) -> tuple[Shape, Any]:
    """The shape and the values at a place. Raises KeyError, IndexError, ValueError or TypeError where none is.

    ``own``: what lies on the way is copied first, so that the values there may be changed: those of a block that
    travels whole are shared.
    """
    for step in steps:
        key: Any = step
        match shape:
            case Group() | OneOf():
                shape = field_of(shape, value, step).shape
            case Many(item):
                shape, key = item, int(step)
            case _:
                raise KeyError(step)
        if own:
            value[key] = copy(value[key])
        value = value[key]
    return shape, value


def _apply(verb: str, shape: Shape, holder: Any, step: str) -> None:
    if isinstance(shape, Group | OneOf):
        _apply_to_field(verb, shape, holder, step)
        return
    index, last = int(step), len(holder) - 1
    low, high = (1 if verb == "up" else 0), (last - 1 if verb == "down" else last)
    if not low <= index <= high or verb == "add":
        raise IndexError(step)
    if verb == "del":
        del holder[index]
    elif verb == "dup":
        holder.insert(index + 1, _twin(holder, index))
    else:
        other = index - 1 if verb == "up" else index + 1
        holder[other], holder[index] = holder[index], holder[other]


def _apply_to_field(verb: str, shape: Group | OneOf, holder: Any, step: str) -> None:
    field = field_of(shape, holder, step)
    if verb == "add" and isinstance(field.shape, Many):
        holder[step].append(blank(field.shape.item))
    elif verb == "add" and isinstance(field.shape, Pairs):
        holder[step].append(["", ""])
    elif verb == "add" and field.nullable and holder[step] is None:
        holder[step] = blank(field.shape)
    elif verb == "del" and field.nullable:
        holder[step] = None
    else:
        raise KeyError(step)


def _twin(holder: list[Any], index: int) -> Any:
    """A copy of an item; its key or name, which may stand once only, gets a number."""
    twin = deepcopy(holder[index])
    if not isinstance(twin, dict):
        return twin
    for name in NAMES:
        stands = twin.get(name)
        if not isinstance(stands, str) or not stands or stands in ("yes", "no"):
            continue
        taken = {one.get(name) for one in holder if isinstance(one, dict)}
        stem, number = re.sub(r"-[0-9]+$", "", stands)[:50], 2
        while f"{stem}-{number}" in taken:
            number += 1
        twin[name] = f"{stem}-{number}"
        break
    return twin


def paste(shape: Shape, value: Any, path: str, text: str) -> tuple[Any, str]:
    """Put pasted lines, or the days found in a pasted text, to the end of a list of single values.

    What stands in the list already is not added again. Returns the values and a sentence about what was done.
    Raises UnknownOperation where the path is no such list.
    """
    try:
        at, holder = walk(shape, value, path.split("."), own=True)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        raise UnknownOperation(path) from None
    if not isinstance(at, Many) or not isinstance(at.item, Leaf) or not isinstance(holder, list):
        raise UnknownOperation(path)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if at.item.kind == "day":
        found, unread = _days_in(lines)
    else:
        found, unread = lines, []
    found = list(dict.fromkeys(found))
    new = [one for one in found if one not in holder]
    there, added = len(found) - len(new), new[:MAX_PASTED]
    holder[:] = [one for one in holder if one] + added
    said = f"{len(added)} added."
    if there:
        said += f" {there} stood there already."
    if len(new) > len(added):
        said += f" {len(new) - len(added)} left out: at most {MAX_PASTED} are added at once; paste the rest again."
    if unread:
        said += f" No day was found in: {'; '.join(one[:60] for one in unread[:3])}."
    return value, said


def _days_in(lines: list[str]) -> tuple[list[str], list[str]]:
    found: list[str] = []
    unread: list[str] = []
    for line in lines:
        days = []
        for form, (year, month, day) in _DAYS:
            for match in form.finditer(line):
                try:
                    days.append(date(int(match[year]), int(match[month]), int(match[day])).isoformat())
                except ValueError:
                    continue
        found += days
        if not days:
            unread.append(line)
    return found, unread
