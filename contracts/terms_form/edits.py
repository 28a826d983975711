"""Edits of the form's values at paths of the document: a mend of a finding, or one side of a merge."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Final

from contracts.terms_form.shapes import Field, Group, Many, OneOf, Pairs, Shape
from contracts.terms_form.values import UnknownOperation, blank, blank_field, field_of, leaf_shown, shown

REMOVE: Final[Any] = object()
"""As an edit's value: take the item, block or value at the path away."""

Edit = tuple[str, Any]


def apply_edits(shape: Shape, values: Any, edits: Iterable[Edit]) -> Any:
    """The form's values after edits ``(path, value)``, one after the other; ``values`` stays as it is.

    A path is one of the document, as findings and faults have it: ``commitments.0.schedule.tiers.1.below``. The
    value is what stands in a document there (plain JSON values: text for decimals, a dict for a block), or
    ``REMOVE``, after which a field has its default. The number after a list's last item appends one; blocks above
    the path that are left empty come to be with their defaults. Raises UnknownOperation where the form has no
    such place; then nothing is changed.
    """
    changed = deepcopy(values)
    for path, value in edits:
        try:
            _edit(shape, changed, path.split("."), value)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError):
            raise UnknownOperation(path) from None
    return changed


def _edit(shape: Shape, holder: Any, steps: list[str], value: Any) -> None:
    step, rest = steps[0], steps[1:]
    match shape:
        case Group() | OneOf():
            field = field_of(shape, holder, step)
            if not rest:
                _set_field(shape, holder, field, value)
                return
            if holder[step] is None:
                holder[step] = blank(field.shape)
            _edit(field.shape, holder[step], rest, value)
        case Many(item):
            _edit_item(item, holder, int(step), rest, value)
        case Pairs(leaf):
            # A name may hold points: it is all that is left of the path.
            name = ".".join(steps)
            at = next((index for index, pair in enumerate(holder) if pair[0] == name), len(holder))
            holder[at : at + 1] = [] if value is REMOVE else [[name, leaf_shown(leaf.kind, value)]]
        case _:
            raise KeyError(step)


def _set_field(shape: Group | OneOf, holder: Any, field: Field, value: Any) -> None:
    if field.name == "kind" and isinstance(shape, OneOf) and value is not REMOVE:
        _switch(shape, holder, str(value))
    elif value is REMOVE:
        holder[field.name] = blank_field(field)
    else:
        holder[field.name] = None if value is None and field.nullable else shown(field.shape, value)


def _switch(shape: OneOf, holder: Any, kind: str) -> None:
    """The kind of a union chooses its fields; those that the new kind has in the same form keep their values."""
    before = {one.name: one for one in shape.variants[holder["kind"]].fields}
    fields = shape.variants[kind].fields
    kept = {one.name for one in fields if one.name in before and before[one.name].shape == one.shape}
    stood = dict(holder)
    holder.clear()
    holder.update({one.name: stood[one.name] if one.name in kept else blank_field(one) for one in fields})
    holder["kind"] = kind


def _edit_item(item: Shape, holder: list[Any], index: int, rest: list[str], value: Any) -> None:
    if index < 0 or index > len(holder) or (index == len(holder) and value is REMOVE):
        raise IndexError(index)
    if value is REMOVE and not rest:
        del holder[index]
        return
    if index == len(holder):
        holder.append(blank(item))
    if rest:
        _edit(item, holder[index], rest, value)
    else:
        holder[index] = shown(item, value)
