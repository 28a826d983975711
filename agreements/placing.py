"""A case put into the form of the product's input, as a mapping's template says."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from agreements.faults import CannotPlace
from agreements.units import change
from reckoning.canonical import instant_text
from reckoning.timeline.windows import local_instant

_MISSING = object()
_MONTH = re.compile(r"\d{4}-\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d(:\d\d)?")
_LEFT_OUT = object()


def look_up(holder: Any, path: str) -> Any:
    """What stands at a dotted path; None where nothing does.

    A step into a list is a position, the name of one of its objects, or * for all.
    """
    found = _walk(holder, path.split("."))
    return None if found is _MISSING else found


def is_there(holder: Any, path: str) -> bool:
    """Whether anything stands at the path, be it null."""
    return _walk(holder, path.split(".")) is not _MISSING


def _walk(here: Any, steps: list[str]) -> Any:
    for number, step in enumerate(steps):
        if here is None:
            # What is below nothing is nothing: the day's value of an entitlement that nobody can tell.
            return None
        if step == "*" and isinstance(here, (list, dict)):
            items = list(here.values()) if isinstance(here, dict) else here
            rest = steps[number + 1 :]
            return [_none_for_missing(_walk(item, rest)) for item in items]
        if isinstance(here, dict):
            here = here.get(step, _MISSING)
        elif isinstance(here, list):
            here = _in_list(here, step)
        else:
            return _MISSING
        if here is _MISSING:
            return _MISSING
    return here


def _in_list(items: list[Any], step: str) -> Any:
    if step.isdecimal():
        return items[int(step)] if int(step) < len(items) else _MISSING
    named = [item for item in items if isinstance(item, dict) and item.get("name") == step]
    return named[0] if named else _MISSING


def _none_for_missing(value: Any) -> Any:
    return None if value is _MISSING else value


def place(template: Any, case: dict[str, Any]) -> Any:
    """The input document for a case.

    Raises CannotPlace where a reference that is not optional finds nothing, or finds something else than its
    unit or its form of date says.
    """
    placed = _place(template, {name: case.get(name) for name in ("inputs", "window", "currency")})
    return None if placed is _LEFT_OUT else placed


def _place(template: Any, scope: dict[str, Any]) -> Any:
    if isinstance(template, list):
        items: list[Any] = []
        for one in template:
            placed = _place(one, scope)
            if isinstance(one, dict) and ("each" in one or "entries" in one):
                items.extend(placed)
            elif placed is not _LEFT_OUT:
                items.append(placed)
        return items
    if not isinstance(template, dict):
        return template
    if "from" in template:
        return _reference(template, scope)
    if "each" in template or "entries" in template:
        return _repetition(template, scope)
    placed_by_key = {key: _place(one, scope) for key, one in template.items()}
    return {key: value for key, value in placed_by_key.items() if value is not _LEFT_OUT}


def _repetition(template: dict[str, Any], scope: dict[str, Any]) -> list[Any]:
    path = template.get("each") or template["entries"]
    found = look_up(scope, path)
    if "entries" in template and isinstance(found, dict):
        found = [{"key": key, "value": value} for key, value in found.items()]
    if not isinstance(found, list):
        raise CannotPlace(f"{path} is not a list of the case")
    placed: list[Any] = []
    for number, item in enumerate(found, 1):
        beside = {name: _at(look_up(scope, at), number) for name, at in template.get("beside", {}).items()}
        inner = {**scope, "item": item, "position": str(number), "beside": beside}
        wanted = template.get("where", {})
        if all(is_there(inner, at) and look_up(inner, at) == value for at, value in wanted.items()):
            placed.append(_place(template["item"], inner))
    return placed


def _at(values: Any, number: int) -> Any:
    if not isinstance(values, list) or number > len(values):
        raise CannotPlace("a list that stands beside another has no item at the same position")
    return values[number - 1]


def _reference(reference: dict[str, Any], scope: dict[str, Any]) -> Any:
    path = reference["from"]
    if not is_there(scope, path):
        if reference.get("optional"):
            return _LEFT_OUT
        raise CannotPlace(f"the case has no {path}")
    value = look_up(scope, path)
    if "values" in reference:
        value = renamed(value, reference["values"])
    if "in" in reference:
        return (
            [change(one, reference["in"], reference["as"]) for one in value]
            if isinstance(value, list)
            else change(value, reference["in"], reference["as"])
        )
    if "zone" in reference or "edge" in reference or "on" in reference:
        return _moment(value, reference, scope)
    return value


def renamed(value: Any, names: dict[str, Any]) -> Any:
    """The value under its other name; one that has none stays."""
    if isinstance(value, list):
        return [renamed(one, names) for one in value]
    return names.get(spelled(value), value)


def spelled(value: Any) -> str:
    """A value as a mapping writes it on the left of a rename."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _moment(value: Any, reference: dict[str, Any], scope: dict[str, Any]) -> str:
    """A month, day, time of day or local time of a case as a day or as an instant in UTC."""
    zone = reference.get("zone", "UTC")
    if isinstance(zone, dict):
        zone = look_up(scope, zone["from"])
    edge = reference.get("edge")
    if not isinstance(value, str):
        raise CannotPlace(f"{reference['from']} is not a date: {value!r}")
    if _MONTH.fullmatch(value):
        first = date.fromisoformat(f"{value}-01")
        after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        return _edge(edge, first, after, zone)
    if _DAY.fullmatch(value):
        day = date.fromisoformat(value)
        return _edge(edge, day, day + timedelta(days=1), zone)
    if _TIME.fullmatch(value):
        return instant_text(
            local_instant(date.fromisoformat(reference["on"]), time.fromisoformat(value), zone)
        )
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        return instant_text(local_instant(instant.date(), instant.time(), zone))
    return instant_text(instant)


def _edge(edge: str | None, first: date, after: date, zone: str) -> str:
    if edge == "first_day":
        return first.isoformat()
    if edge == "last_day":
        return (after - timedelta(days=1)).isoformat()
    return instant_text(local_instant(after if edge == "end" else first, time(0), zone))
