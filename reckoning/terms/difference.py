"""The difference of two versions of terms, field by field."""

from typing import Any, NamedTuple

from reckoning.terms.model import Terms


class Change(NamedTuple):
    """One changed field. None: the field is not there on that side; an empty field of the document is ""."""

    path: str
    before: str | None
    after: str | None


def diff(before: Terms, after: Terms) -> list[Change]:
    """Every changed field, in the order of the newer document; what only the older one has comes last.

    Commitments are matched by key, readings by name and exclusions by kind, so that moving one is not a
    change of all that follow; other lists are matched by position.
    """
    old, new = _flat(before.document()), _flat(after.document())
    changed = [
        Change(path, old.get(path), value) for path, value in new.items() if old.get(path, None) != value
    ]
    gone = [Change(path, value, None) for path, value in old.items() if path not in new]
    return changed + gone


_NAMES = {"commitments": "key", "readings": "name", "alternatives": "name", "exclusions": "kind"}


def _flat(value: Any, path: str = "", field: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        flat: dict[str, str] = {}
        for name, item in value.items():
            flat.update(_flat(item, f"{path}.{name}" if path else name, name))
        return flat
    if isinstance(value, list):
        flat = {}
        for index, item in enumerate(value):
            named = isinstance(item, dict) and field in _NAMES
            flat.update(_flat(item, f"{path}[{item[_NAMES[field]] if named else index}]", ""))
        return flat or {path: "none"}
    if value is None:
        return {path: ""}
    if isinstance(value, bool):
        return {path: "yes" if value else "no"}
    return {path: str(value)}
