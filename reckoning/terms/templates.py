"""Templates: terms with placeholders that are filled in, chosen from or included, and never computed with.

{parameter: name}                         the value
{choose: name, cases: {a: ..., b: ...}}   the case of the value, or what stands under `otherwise`
{include: name}                           a fragment of the template
{join: [...]}                             texts and values put together to one text
{splice: ...}                             in a list: the items of another list in its place
{leave_out: true}                         the field or item is not there
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, JsonValue, model_validator

from reckoning.canonical import canonical_json, sha256_hex
from reckoning.errors import TermsError
from reckoning.fields import Name, Slug, Text, Value
from reckoning.terms.difference import Change, diff
from reckoning.terms.document import parse_terms
from reckoning.terms.faults import fault
from reckoning.terms.model import Terms
from reckoning.terms.origin import FilledFrom
from reckoning.terms.parameters import Parameter, ParameterName, read_values
from reckoning.terms.plain import MAX_VALUES, read_as, read_plain

MAX_STEPS_DOWN = 120

_SHAPES: dict[frozenset[str], str] = {
    frozenset({"parameter"}): "parameter",
    frozenset({"choose", "cases"}): "choose",
    frozenset({"choose", "cases", "otherwise"}): "choose",
    frozenset({"include"}): "include",
    frozenset({"join"}): "join",
    frozenset({"splice"}): "splice",
    frozenset({"leave_out"}): "leave_out",
}


class Template(Value):
    """Terms with parameters, under a name and a version."""

    format: Literal["sla-ledger-template/1"] = "sla-ledger-template/1"
    id: Slug
    version: Annotated[int, Field(strict=True, ge=1, le=100_000)]
    title: Name
    note: Text | None = None
    parameters: tuple[Parameter, ...] = Field(default=(), max_length=200)
    fragments: dict[ParameterName, JsonValue] = Field(default_factory=dict, max_length=100)
    terms: dict[str, JsonValue]

    @model_validator(mode="after")
    def _placeholders_fit(self) -> Self:
        names = [parameter.name for parameter in self.parameters]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise fault(f"parameters.{index}.name", f"{name!r} stands there twice; each may stand once")
        _refuse_cycles(self.fragments)
        used: set[str] = set()
        for place, kind, holder in _placeholders(self):
            used |= _checked(self, place, kind, holder)
        for index, name in enumerate(names):
            if name not in used:
                raise fault(f"parameters.{index}", f"{name!r} is used nowhere; remove it or use it")
        return self

    def sha256(self) -> str:
        """SHA-256 of the canonical bytes."""
        return sha256_hex(canonical_json(self.model_dump()))


class Filled(NamedTuple):
    """A filled-in copy and where it comes from."""

    terms: Terms
    origin: FilledFrom


def parse_template(source: Any) -> Template:
    """Read a template from JSON or YAML or plain values. Raises TermsError with every fault."""
    return read_as(Template, source)


def is_template(plain: Any) -> bool:
    """Whether a document says that it is a template."""
    return isinstance(plain, dict) and plain.get("format") == "sla-ledger-template/1"


def fill(template: Template, values: Mapping[str, Any]) -> Filled:
    """Terms with every placeholder replaced.

    Raises TermsError with every fault: of the values at `parameters.NAME`, of the filled document at its path.
    """
    read = read_values(template.parameters, values)
    plain = _Filling(template, read).value(template.terms, "terms", 0)
    origin = FilledFrom(
        template=template.id, version=template.version, sha256=template.sha256(), values=dict(read)
    )
    if isinstance(plain, dict) and "filled_from" in Terms.model_fields:
        plain["filled_from"] = origin.model_dump()
    return Filled(parse_terms(plain), origin)


def terms_from(source: Any, parameters: Mapping[str, Any] | None = None) -> Terms:
    """Terms from a terms document, or from a template with the values of its parameters. Raises TermsError."""
    plain = read_plain(source) if isinstance(source, (bytes, bytearray, str)) else source
    if parameters is not None and not isinstance(parameters, Mapping):
        raise TermsError([("parameters", "is not an object of named values")])
    if is_template(plain):
        return fill(parse_template(plain), parameters or {}).terms
    if parameters:
        names = ", ".join(str(name)[:60] for name in parameters)
        raise TermsError([("parameters", f"{names}: these terms are no template and take no parameters")])
    return parse_terms(plain)


# Checking what stands in the template ---------------------------------------------------------------------


def _kind(value: Any) -> str | None:
    return _SHAPES.get(frozenset(value)) if isinstance(value, dict) else None


def _placeholders(template: Template) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every placeholder as (path, kind, placeholder), in no special order."""
    waiting: list[tuple[str, Any]] = [("terms", template.terms)]
    waiting += [(f"fragments.{name}", value) for name, value in template.fragments.items()]
    while waiting:
        path, value = waiting.pop()
        kind = _kind(value)
        if kind is not None:
            yield path, kind, value
        if isinstance(value, dict):
            waiting += [(f"{path}.{name}", item) for name, item in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}.{index}", item) for index, item in enumerate(value)]


def _checked(template: Template, place: str, kind: str, holder: dict[str, Any]) -> set[str]:
    """The parameter that a placeholder uses, as a set. Raises the fault of one that cannot be filled."""
    if kind == "include" and holder["include"] not in list(template.fragments):
        raise fault(place, f"includes {str(holder['include'])[:60]!r}, which is no fragment of this template")
    if kind == "join" and not isinstance(holder["join"], list):
        raise fault(place, "joins no list; give a list of texts and placeholders")
    if kind == "leave_out" and holder["leave_out"] is not True:
        raise fault(place, "is written as leave_out: true")
    if kind not in ("parameter", "choose"):
        return set()
    name = holder[kind]
    parameter = next((one for one in template.parameters if one.name == name), None)
    if parameter is None:
        known = ", ".join(one.name for one in template.parameters) or "none"
        raise fault(
            place, f"names {str(name)[:60]!r}, which is no parameter of this template; there are {known}"
        )
    if kind == "choose":
        _check_cases(place, parameter, holder)
    return {parameter.name}


def _check_cases(place: str, parameter: Parameter, holder: dict[str, Any]) -> None:
    cases = holder["cases"]
    if not isinstance(cases, dict) or not cases:
        raise fault(f"{place}.cases", "is not an object of named values")
    if parameter.type in ("texts", "dates"):
        raise fault(place, f"chooses by {parameter.name!r}, which is a list")
    if parameter.type not in ("choice", "flag"):
        return
    possible = parameter.choices if parameter.type == "choice" else ("true", "false")
    for case in cases:
        if case not in possible:
            raise fault(f"{place}.cases.{case[:60]}", f"can never be; possible are {', '.join(possible)}")
    missing = [case for case in possible if case not in cases]
    if missing and "otherwise" not in holder:
        raise fault(f"{place}.cases", f"has no case for {', '.join(missing)}; add it, or add otherwise")


def _refuse_cycles(fragments: Mapping[str, Any]) -> None:
    """Refuse fragments that include each other in a circle."""
    includes = {name: _included(value) & set(fragments) for name, value in fragments.items()}
    done: set[str] = set()
    while len(done) < len(includes):
        ready = {name for name, others in includes.items() if name not in done and others <= done}
        if not ready:
            circle = ", ".join(sorted(set(includes) - done))
            raise fault("fragments", f"include each other in a circle: {circle}")
        done |= ready


def _included(value: Any) -> set[str]:
    found: set[str] = set()
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if _kind(here) == "include":
            found.add(str(here["include"]))
        waiting += here.values() if isinstance(here, dict) else here if isinstance(here, list) else []
    return found


# Filling -----------------------------------------------------------------------------------------------------

_GONE: Any = object()


class _Filling:
    """One filling. What it makes is counted, so that fragments of fragments cannot grow without end."""

    def __init__(self, template: Template, values: Mapping[str, JsonValue]) -> None:
        self.template = template
        self.values = values
        self.made = 0

    def value(self, value: Any, path: str, down: int) -> Any:
        self.made += 1
        if self.made > MAX_VALUES or down > MAX_STEPS_DOWN:
            raise TermsError(
                [(path[:200], f"the filled document would have more than {MAX_VALUES:,} values")]
            )
        kind = _kind(value)
        if kind is not None:
            return self.placeholder(kind, value, path, down + 1)
        if isinstance(value, dict):
            items = {name: self.value(item, f"{path}.{name}", down + 1) for name, item in value.items()}
            return {name: item for name, item in items.items() if item is not _GONE}
        if isinstance(value, list):
            return self.items(value, path, down + 1)
        return value

    def placeholder(self, kind: str, holder: dict[str, Any], path: str, down: int) -> Any:
        if kind == "parameter":
            return self.values[holder["parameter"]]
        if kind == "include":
            return self.value(self.template.fragments[holder["include"]], path, down)
        if kind == "choose":
            return self.chosen(holder, path, down)
        if kind == "join":
            return self.joined(self.items(holder["join"], path, down), path)
        if kind == "leave_out":
            return _GONE
        raise TermsError([(path, "splice stands outside of a list; only in a list can items be put in")])

    def chosen(self, holder: dict[str, Any], path: str, down: int) -> Any:
        value = self.values[holder["choose"]]
        case = ("true" if value else "false") if isinstance(value, bool) else str(value)
        if case in holder["cases"]:
            return self.value(holder["cases"][case], path, down)
        if "otherwise" in holder:
            return self.value(holder["otherwise"], path, down)
        known = ", ".join(holder["cases"])
        raise TermsError(
            [(f"parameters.{holder['choose']}", f"{case[:60]} has no case at {path}; there are {known}")]
        )

    def items(self, values: list[Any], path: str, down: int) -> list[Any]:
        found: list[Any] = []
        for index, item in enumerate(values):
            place = f"{path}.{index}"
            if _kind(item) == "splice":
                inner = self.value(item["splice"], place, down)
                if inner is not _GONE and not isinstance(inner, list):
                    raise TermsError([(place, "splices what is no list")])
                found += [] if inner is _GONE else inner
            else:
                one = self.value(item, place, down)
                found += [] if one is _GONE else [one]
        return found

    def joined(self, parts: list[Any], path: str) -> str:
        texts: list[str] = []
        for part in parts:
            if isinstance(part, list) and all(isinstance(one, str) for one in part):
                texts.append(", ".join(part))
            elif isinstance(part, (str, int)) and not isinstance(part, bool):
                texts.append(str(part))
            else:
                raise TermsError([(path, "joins something that is neither text nor a number")])
        return "".join(texts)


# A later version ---------------------------------------------------------------------------------------------


class CopyStanding(NamedTuple):
    """What a version of a template would make of a copy's values.

    `state`: "same", "differs" (see `changes`), "refused" (the values do not fill it; see `faults`), or "other"
    (the copy comes from another template).
    """

    title: str
    origin: FilledFrom
    state: Literal["same", "differs", "refused", "other"]
    changes: tuple[Change, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()


def compare_copies(template: Template, copies: list[Filled]) -> list[CopyStanding]:
    """Which copies a version of the template would have made otherwise. It changes none of them."""
    found = []
    for copy in copies:
        title, origin = copy.terms.title, copy.origin
        if origin.template != template.id:
            found.append(CopyStanding(title, origin, "other"))
            continue
        known = {parameter.name for parameter in template.parameters}
        values = {name: value for name, value in origin.values.items() if name in known}
        try:
            again = fill(template, values).terms
        except TermsError as error:
            found.append(CopyStanding(title, origin, "refused", faults=error.findings))
            continue
        changes = tuple(one for one in diff(copy.terms, again) if not one.path.startswith("filled_from"))
        found.append(CopyStanding(title, origin, "differs" if changes else "same", changes))
    return found
