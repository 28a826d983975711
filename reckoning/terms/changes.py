"""The changes that make one text of another, written as an amendment writes them."""

from collections.abc import Iterator
from typing import Any

from reckoning.canonical import canonical_json
from reckoning.errors import TermsError
from reckoning.terms.amendments import AmendedPlace
from reckoning.terms.model import Terms
from reckoning.terms.places import IDENTITIES, add_at, item_name, remove_at, set_at

MOST_CHANGES = 200


def changes_between(base: Terms, edited: Terms) -> tuple[AmendedPlace, ...]:
    """What an amendment of ``base`` would have to say so that the text becomes ``edited``; empty: the same text.

    As fine as can be said by names: a field of a named item, an item put in or taken out; where that does not give
    the edited text exactly, whole blocks of it. Each change says what stood there. Raises TermsError for what no
    amendment can change (currency and format) and for more than 200 changes.
    """
    old, new = base.document(), edited.document()
    said = [("currency", "cannot be amended; write a new whole text instead")]
    if old["currency"] != new["currency"]:
        raise TermsError(said)
    fine = list(_changes(old, new, ""))
    if len(fine) > MOST_CHANGES or not _makes(old, fine, new):
        fine = list(_blocks(old, new))
    return tuple(fine)


def _makes(old: dict[str, Any], changes: list[AmendedPlace], new: dict[str, Any]) -> bool:
    """Whether the changes, one after the other, give the new text."""
    text = _copy(old)
    try:
        for change in changes:
            if change.do == "remove":
                remove_at(text, change.at)
            elif change.do == "add":
                add_at(text, change.at, _copy(change.to))
            else:
                set_at(text, change.at, _copy(change.to))
    except TermsError:
        return False
    return canonical_json(text) == canonical_json(new)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(item) for name, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _same(one: Any, other: Any) -> bool:
    return canonical_json(one) == canonical_json(other)


def _blocks(old: dict[str, Any], new: dict[str, Any]) -> Iterator[AmendedPlace]:
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield AmendedPlace(do="remove", at=name, was=old[name])
        elif name not in old or not _same(old[name], new[name]):
            yield AmendedPlace(do="set", at=name, to=new[name], was=old.get(name))


def _changes(old: Any, new: Any, at: str) -> Iterator[AmendedPlace]:
    if _same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and not _another_kind(old, new):
        for name in dict.fromkeys([*old, *new]):
            place = f"{at}.{name}" if at else name
            if name not in new:
                yield AmendedPlace(do="remove", at=place, was=old[name])
            elif name not in old:
                yield AmendedPlace(do="add", at=place, to=new[name])
            else:
                yield from _changes(old[name], new[name], place)
    elif isinstance(old, list) and isinstance(new, list) and _have_names(old) and _have_names(new):
        yield from _items(old, new, at)
    else:
        yield AmendedPlace(do="set", at=at, to=new, was=old)


def _another_kind(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Another variant of a union: its fields are not the other's fields."""
    return any(old.get(name) != new.get(name) for name in IDENTITIES)


def _have_names(items: list[Any]) -> bool:
    return bool(items) and all(item_name(items, index) != str(index) for index in range(len(items)))


def _items(old: list[Any], new: list[Any], at: str) -> Iterator[AmendedPlace]:
    before = {item_name(old, index): item for index, item in enumerate(old)}
    after = {item_name(new, index): item for index, item in enumerate(new)}
    for name, item in before.items():
        if name in after:
            yield from _changes(item, after[name], f"{at}[{name}]")
    for name, item in before.items():
        if name not in after:
            yield AmendedPlace(do="remove", at=f"{at}[{name}]", was=item)
    for name, item in after.items():
        if name not in before:
            yield AmendedPlace(do="add", at=at, to=item)
