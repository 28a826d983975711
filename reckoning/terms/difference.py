"""The difference of two versions of terms, field by field."""

from typing import Any, NamedTuple

from reckoning.terms.model import Terms
from reckoning.terms.places import item_name


class Change(NamedTuple):
    """One changed field. None: the field is not there on that side; an empty field of the document is ""."""

    path: str
    before: str | None
    after: str | None


def diff(before: Terms, after: Terms) -> list[Change]:
    """Every changed field, in the order of the newer document; what only the older one has comes last.

    Items of lists are matched by their key, name or kind where they have one that no other item has, so that
    moving one is not a change of all that follow; others are matched by position.
    """
    old, new = _flat(before.document()), _flat(after.document())
    changed = [
        Change(path, old.get(path), value) for path, value in new.items() if old.get(path, None) != value
    ]
    gone = [Change(path, value, None) for path, value in old.items() if path not in new]
    return changed + gone


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        flat: dict[str, str] = {}
        for name, item in value.items():
            flat.update(_flat(item, f"{path}.{name}" if path else name))
        return flat
    if isinstance(value, list):
        flat = {}
        for index, item in enumerate(value):
            flat.update(_flat(item, f"{path}[{item_name(value, index)}]"))
        return flat or {path: "none"}
    if value is None:
        return {path: ""}
    if isinstance(value, bool):
        return {path: "yes" if value else "no"}
    return {path: str(value)}
