"""What the form must know of the model of terms: its fields, unions, lists and pairs, read from pydantic's own data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import cache, cached_property, reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import MaxLen, MinLen
from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from contracts.terms_form.labels import help_of, label_of

LONG_TEXT = 1000


@dataclass(frozen=True)
class Leaf:
    """One value in one widget.

    ``kind``: text, long, number, int, duration (seconds), day, flag, choice, constant or json.
    """

    kind: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """The fields of one model."""

    fields: tuple["Field", ...]
    title: str = ""
    model: str = ""

    @cached_property
    def by_name(self) -> dict[str, "Field"]:
        """The fields by their names."""
        return {item.name: item for item in self.fields}

    @cached_property
    def timed(self) -> tuple["Field", ...]:
        """The fields that are a length of time or hold one somewhere below."""
        return tuple(item for item in self.fields if _is_timed(item.shape))


@dataclass(frozen=True)
class OneOf:
    """Models told apart by their ``kind``."""

    variants: Mapping[str, Group]


@dataclass(frozen=True)
class Many:
    """A list. At least ``least`` items are offered from the start."""

    item: "Shape"
    least: int = 0


@dataclass(frozen=True)
class Pairs:
    """Values by name."""

    value: Leaf
    least: int = 0


Shape = Leaf | Group | OneOf | Many | Pairs


def _is_timed(shape: Shape) -> bool:
    match shape:
        case Leaf(kind):
            return kind == "duration"
        case Group():
            return bool(shape.timed)
        case OneOf(variants):
            return any(group.timed for group in variants.values())
        case Many(item):
            return _is_timed(item)
    return False


@dataclass(frozen=True)
class Field:
    """A named field of a group. ``nullable``: it may be left empty. ``default`` is a plain JSON value."""

    name: str
    shape: Shape
    label: str
    help: str = ""
    nullable: bool = False
    required: bool = True
    default: Any = field(default=None, compare=False)


@cache
def group_of(model: type[BaseModel]) -> Group:
    """The shape of a model."""
    doc = (model.__doc__ or "").strip().split("\n")[0].replace("`", "")
    fields = tuple(_field(model.__name__, name, info) for name, info in model.model_fields.items())
    return Group(fields, doc, model.__name__)


def _field(model: str, name: str, info: FieldInfo) -> Field:
    annotation, nullable = _without_none(info.annotation)
    shape = _shape(annotation, tuple(info.metadata))
    if nullable and isinstance(shape, Leaf) and shape.kind == "constant":
        # One value or none is a choice after all.
        shape = Leaf("choice", shape.choices)
    if shape == Leaf("int") and name.endswith("_seconds"):
        shape = Leaf("duration")
    default = None if info.default is PydanticUndefined else info.default
    if isinstance(default, BaseModel):
        default = default.model_dump(mode="json")
    return Field(
        name,
        shape,
        label_of(model, name),
        help_of(model, name, info.description or ""),
        nullable,
        info.is_required(),
        default,
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, UnionType):
        members = [item for item in get_args(annotation) if item is not NoneType]
        if len(members) == 1:
            return members[0], True
        if len(members) < len(get_args(annotation)):
            return reduce(or_, members), True
    return annotation, False


def _shape(annotation: Any, metadata: tuple[Any, ...]) -> Shape:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _shape(arguments[0], (*_unpacked(arguments[1:]), *metadata))
    if origin is Literal:
        return Leaf("constant" if len(arguments) == 1 else "choice", tuple(str(item) for item in arguments))
    if origin in (Union, UnionType):
        if all(get_origin(one) is Literal for one in arguments):
            return Leaf("choice", tuple(str(item) for one in arguments for item in get_args(one)))
        return OneOf({_tag(model): group_of(model) for model in arguments})
    if origin is tuple:
        return Many(_shape(arguments[0], ()), _least(metadata))
    if origin is dict:
        value = _shape(arguments[1], ())
        assert isinstance(value, Leaf), "pairs hold single values"
        return Pairs(value, _least(metadata))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return group_of(annotation)
    return _leaf(annotation, metadata)


def _leaf(annotation: Any, metadata: tuple[Any, ...]) -> Leaf:
    if annotation is JsonValue:
        return Leaf("json")
    kinds = {bool: "flag", int: "int", Decimal: "number", date: "day", time: "text", str: "text"}
    kind = kinds[annotation]
    if kind == "text" and any(isinstance(item, MaxLen) and item.max_length >= LONG_TEXT for item in metadata):
        return Leaf("long")
    return Leaf(kind)


def _unpacked(metadata: tuple[Any, ...]) -> tuple[Any, ...]:
    """pydantic's Field(...) inside Annotated keeps its limits in a FieldInfo."""
    flat: list[Any] = []
    for item in metadata:
        flat.extend(item.metadata if isinstance(item, FieldInfo) else [item])
    return tuple(flat)


def _least(metadata: tuple[Any, ...]) -> int:
    return max((item.min_length for item in metadata if isinstance(item, MinLen)), default=0)


def _tag(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["kind"].annotation)[0])
