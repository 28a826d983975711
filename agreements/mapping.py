"""Mappings: how a worked case reaches the product, and where in the result each expected figure stands.

docs/terms/mappings.md describes the format. A mapping may rename, place and change units. It has no word with
which it could compute, and whatever looks like arithmetic or code in one of its values is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agreements.faults import MappingFault
from agreements.reading import read_mapping_file
from agreements.units import KNOWN, is_unit, same_kind

FORMAT = "sla-ledger-mapping/1"

_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ :,'-]*(\.([A-Za-z0-9_][A-Za-z0-9_ :,'%-]*|\*))*")
_ROOTS = ("inputs", "window", "currency", "item", "position", "beside")
_ARITHMETIC = re.compile(r"[\w)\]]\s*(\*\*?|/|%|\^|\+|//)\s*[\w(\[]|[\d)]\s*-\s+[\d(]|[<>=]=|^=")
_CODE = re.compile(r"\{\{|\{%|\$\{|\w\(|=>|\blambda\b|\beval\b|\bimport\b|`|;\s*\w+\s*=")
_NOT_NUMBERS = re.compile(r"\d{4}-\d\d(-\d\d)?|[A-Z][A-Za-z]+(/[A-Za-z_]+){1,2}|sla-ledger-[a-z]+/\d+")

_REFERENCE = {"from", "in", "as", "zone", "on", "edge", "values", "optional"}
_REPETITION = ({"each", "item", "where", "beside"}, {"entries", "item", "where"})
_CHECK = {"at", "compare", "values", "in", "as", "where", "while_open"}
_COMPARISONS = ("exact", "row", "credit", "filled", "shown")
_SHAPE = {
    "name", "cases", "has", "without", "equals", "terms", "reading", "input", "expected", "alternatives"
}  # fmt: skip
_MAPPING = {"format", "agreement", "note", "aside", "input", "expected", "alternatives", "shapes"}


@dataclass(frozen=True, slots=True)
class Check:
    """Where an expected figure stands in the result, and how the two are held against each other."""

    at: str
    compare: str
    values: dict[str, Any]
    units: tuple[str, str] | None
    where: dict[str, Any]
    while_open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """An alternative of a case: a reading that the terms document states, the document's own where the case
    follows another, or what would have to be replaced.
    """

    like: str
    alternative: str | None
    own: bool
    replaced: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How the cases of one form are placed and compared."""

    name: str
    cases: tuple[str, ...]
    has: tuple[str, ...]
    without: tuple[str, ...]
    equals: dict[str, Any]
    terms: str
    reading: str | None
    input: dict[str, Any]
    expected: dict[str, Check]
    alternatives: tuple[Other, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole mapping file. A case takes the first shape that fits it."""

    agreement: str
    shapes: tuple[Shape, ...]
    aside: dict[str, str]


def read_mapping(path: Path) -> Mapping:
    """The mapping in that file. Raises MappingFault with the place of what is wrong."""
    return mapping_of(read_mapping_file(path), path.stem)


def mapping_of(plain: Any, agreement: str) -> Mapping:
    """The same from plain values; `agreement` is the name that it must carry."""
    top = _object("", plain, _MAPPING)
    if top.get("format") != FORMAT:
        raise MappingFault("format", f"is not {FORMAT}")
    if top.get("agreement") != agreement:
        raise MappingFault("agreement", f"is not {agreement}, after which the file is named")
    given = top.get("shapes", [{"name": "all"}])
    if not isinstance(given, list) or not given:
        raise MappingFault("shapes", "is not a list of shapes; leave it out where one is enough")
    shapes = tuple(_shape(f"shapes.{at}", one, top) for at, one in enumerate(given))
    aside = top.get("aside", {})
    for path, reason in aside.items():
        _source("aside", path)
        _text(f"aside.{path}", reason)
    return Mapping(agreement, shapes, aside)


def left_out(case: dict[str, Any], shape: Shape, mapping: Mapping) -> list[str]:
    """The inputs of a case that its shape neither places nor looks at, and that are not set aside."""
    named = {*_sources(shape.input), *shape.equals, *mapping.aside}
    return [
        path
        for path in (f"inputs.{name}" for name in case.get("inputs", {}))
        if not any(one == path or one.startswith(f"{path}.") for one in named)
    ]


def _sources(template: Any) -> Iterator[str]:
    """Every path of the case that a template refers to."""
    parts: list[Any] = list(template) if isinstance(template, list) else []
    if isinstance(template, dict):
        parts = list(template.values())
        yield from (
            template[name] for name in ("from", "each", "entries") if isinstance(template.get(name), str)
        )
        if "each" in template:
            yield from template.get("beside", {}).values()
    for part in parts:
        yield from _sources(part)


def _shape(at: str, plain: Any, top: dict[str, Any]) -> Shape:
    own = _object(at, plain, _SHAPE)
    template = own.get("input", top.get("input"))
    if not isinstance(template, dict):
        raise MappingFault(f"{at}.input", "is missing, here and at the top: what does the product receive?")
    for where, value in _template_faults(f"{at}.input", template):
        raise MappingFault(where, value)
    expected = {**top.get("expected", {}), **own.get("expected", {})}
    others = [*own.get("alternatives", []), *top.get("alternatives", [])]
    equals = own.get("equals", {})
    for path, value in equals.items():
        _path(f"{at}.equals", path)
        _constant(f"{at}.equals.{path}", value)
    reading = own.get("reading")
    if reading is not None:
        _constant(f"{at}.reading", reading)
    return Shape(
        name=_text(f"{at}.name", own.get("name", "all")),
        cases=tuple(_text(f"{at}.cases", one) for one in own.get("cases", ())),
        has=tuple(_path(f"{at}.has", one) for one in own.get("has", ())),
        without=tuple(_path(f"{at}.without", one) for one in own.get("without", ())),
        equals=equals,
        terms=_text(f"{at}.terms", own.get("terms", top["agreement"])),
        reading=reading,
        input=template,
        expected={
            _path(f"{at}.expected", path): _check(f"{at}.expected.{path}", one)
            for path, one in expected.items()
        },
        alternatives=tuple(_other(f"{at}.alternatives.{n}", one) for n, one in enumerate(others)),
    )


def _check(at: str, plain: Any) -> Check:
    if isinstance(plain, str):
        return Check(_path(at, plain), "exact", {}, None, {}, ())
    own = _object(at, plain, _CHECK)
    compare = own.get("compare", "exact")
    if compare not in _COMPARISONS:
        raise MappingFault(f"{at}.compare", f"is none of {', '.join(_COMPARISONS)}")
    for key, value in own.get("values", {}).items():
        for where, leaf in _leaves(f"{at}.values.{key}", value):
            _constant(where, leaf)
    for path, value in own.get("where", {}).items():
        _path(f"{at}.where", path)
        _constant(f"{at}.where.{path}", value)
    return Check(
        _path(f"{at}.at", own.get("at")),
        compare,
        own.get("values", {}),
        _units(at, own),
        own.get("where", {}),
        tuple(_text(f"{at}.while_open", one) for one in own.get("while_open", ())),
    )


def _other(at: str, plain: Any) -> Other:
    own = _object(at, plain, {"like", "alternative", "own", "set"})
    if len({"alternative", "own", "set"} & set(own)) != 1 or own.get("own", True) is not True:
        raise MappingFault(
            at, "needs one of alternative (a reading that the document states), own: true (its own), and set"
        )
    for path, value in own.get("set", {}).items():
        _path(f"{at}.set", path)
        for where, leaf in _leaves(f"{at}.set.{path}", value):
            _constant(where, leaf)
    if "alternative" in own:
        _constant(f"{at}.alternative", own["alternative"])
    like = _text(f"{at}.like", own.get("like"))
    return Other(like, own.get("alternative"), "own" in own, own.get("set", {}))


def _template_faults(at: str, template: Any) -> Iterator[tuple[str, str]]:
    """Every fault of a template of the input; a value that is no reference is a constant."""
    if isinstance(template, list):
        for index, one in enumerate(template):
            yield from _template_faults(f"{at}.{index}", one)
    elif isinstance(template, dict) and "from" in template:
        try:
            _reference(at, template)
        except MappingFault as fault:
            yield fault.at, fault.sentence
    elif isinstance(template, dict) and ("each" in template or "entries" in template):
        if not any(set(template) <= known for known in _REPETITION):
            yield (
                at,
                f"knows only each or entries, item, where and beside; {', '.join(sorted(template))} are given",
            )
            return
        try:
            _source(at, template.get("each", template.get("entries")))
            for name, path in template.get("beside", {}).items():
                _source(f"{at}.beside.{name}", path)
            for path, value in template.get("where", {}).items():
                _source(f"{at}.where", path)
                _constant(f"{at}.where.{path}", value)
        except MappingFault as fault:
            yield fault.at, fault.sentence
        yield from _template_faults(f"{at}.item", template.get("item", {}))
    elif isinstance(template, dict):
        for key, one in template.items():
            yield from _template_faults(f"{at}.{key}", one)
    else:
        try:
            _constant(at, template)
        except MappingFault as fault:
            yield fault.at, fault.sentence


def _reference(at: str, plain: dict[str, Any]) -> None:
    unknown = set(plain) - _REFERENCE
    if unknown:
        raise MappingFault(
            at,
            f"{', '.join(sorted(unknown))}: a mapping may rename, place and change units; "
            f"a reference knows {', '.join(sorted(_REFERENCE))}",
        )
    _source(at, plain["from"])
    _units(at, plain)
    if plain.get("edge", "start") not in ("start", "end", "last_day", "first_day"):
        raise MappingFault(f"{at}.edge", "is none of start, end, first_day, last_day")
    if isinstance(plain.get("zone"), dict):
        _source(f"{at}.zone", plain["zone"].get("from"))
    for name in ("on", "zone"):
        if name in plain and not isinstance(plain[name], dict):
            _constant(f"{at}.{name}", plain[name])
    for key, value in plain.get("values", {}).items():
        _constant(f"{at}.values.{key}", value)


def _units(at: str, plain: dict[str, Any]) -> tuple[str, str] | None:
    given: Any = plain.get("in")
    wanted: Any = plain.get("as")
    if given is None and wanted is None:
        return None
    if not is_unit(given) or not is_unit(wanted) or not same_kind(given, wanted):
        raise MappingFault(at, f"in and as must both be units of one kind; known are {KNOWN}")
    return given, wanted


def _source(at: str, path: Any) -> None:
    if _path(at, path).split(".")[0] not in _ROOTS:
        raise MappingFault(at, f"{path!r} does not begin with one of {', '.join(_ROOTS)}")


def _path(at: str, path: Any) -> str:
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise MappingFault(at, f"{path!r} is not a path of names and positions; a path computes nothing")
    return path


def _text(at: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise MappingFault(at, "is not text")
    return value


def _constant(at: str, value: Any) -> None:
    if value is None or isinstance(value, (bool, int)):
        return
    if not isinstance(value, str):
        raise MappingFault(at, "is not a plain value")
    if not _NOT_NUMBERS.fullmatch(value) and (_ARITHMETIC.search(value) or _CODE.search(value)):
        raise MappingFault(at, f"{value!r} holds an arithmetic operation or code; a mapping computes nothing")


def _leaves(at: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(f"{at}.{key}", one)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(f"{at}.{index}", one)
    else:
        yield at, value


def _object(at: str, plain: Any, known: set[str]) -> dict[str, Any]:
    if not isinstance(plain, dict):
        raise MappingFault(at, "is not an object of named values")
    unknown = set(plain) - known
    if unknown:
        raise MappingFault(
            at, f"{', '.join(sorted(unknown))}: not known here; known are {', '.join(sorted(known))}"
        )
    return plain
