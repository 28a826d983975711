"""What a template's version says, and terms that are started from it.

Terms remember in ``filled_from`` where they come from: the template, its version, its hash, and what was filled
in. Beside the parameters stand there, under names that no parameter can have, what was put in place of the
template's services and of its currency.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reckoning.canonical import canonical_object
from reckoning.errors import TermsError
from reckoning.terms import Terms, parse_terms, terms_sha256
from reckoning.terms.parameters import Parameter
from reckoning.terms.plain import read_plain
from reckoning.terms.templates import Template, fill, is_template, parse_template

CURRENCY, SERVICES = "replaced:currency", "replaced:services"
_STAND_INS: dict[str, Any] = {
    "number": 1,
    "text": "to be filled in",
    "date": "2026-01-01",
    "instant": "2026-01-01T00:00:00Z",
    "flag": False,
    "texts": ["to-be-filled-in"],
    "dates": ["2026-01-01"],
}


class Text(NamedTuple):
    """One version's text under the name of the template that it is used as."""

    slug: str
    number: int
    source: Template | Terms

    @property
    def sha256(self) -> str:
        """Of the canonical document."""
        return self.source.sha256() if isinstance(self.source, Template) else terms_sha256(self.source)

    @property
    def document(self) -> dict[str, Any]:
        """The document as plain JSON values."""
        plain: dict[str, Any] = canonical_object(self.source.model_dump())
        return plain

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What is to be filled in."""
        return self.source.parameters if isinstance(self.source, Template) else ()


@dataclass(frozen=True)
class Given:
    """What somebody fills in: values by parameter, our services by the template's, and another currency."""

    values: Mapping[str, Any] = field(default_factory=dict)
    services: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    currency: str = ""


def read_text(slug: str, number: int, source: Any) -> Text:
    """Read a template or terms, as YAML, JSON or plain values, as that version of a template.

    What the document itself says of its name and number gives way to those of the template, and where it was
    filled in from another one is left away. Raises TermsError with every fault.
    """
    plain = read_plain(source) if isinstance(source, (bytes, bytearray, str)) else source
    if not isinstance(plain, dict):
        raise TermsError([("", "is not an object of named values")])
    if is_template(plain):
        return Text(slug, number, parse_template(plain | {"id": slug, "version": number}))
    return Text(
        slug, number, parse_terms({name: value for name, value in plain.items() if name != "filled_from"})
    )


def same_words(one: Text, other: Text) -> bool:
    """Whether two versions say the same, whatever their numbers."""
    return _without_number(one) == _without_number(other)


def _without_number(text: Text) -> dict[str, Any]:
    return {name: value for name, value in text.document.items() if name not in ("id", "version")}


def with_preset(text: Text, slug: str, preset: Mapping[str, Any]) -> Text:
    """The same text under a unit's name, where the values that the unit has set are the defaults.

    Raises TermsError where a value is none of the parameter's, or names none.
    """
    if not isinstance(text.source, Template):
        if preset:
            raise TermsError(
                [(f"parameters.{name}", "is no parameter: the text has none") for name in preset]
            )
        return text._replace(slug=slug)
    known = {parameter.name: parameter for parameter in text.source.parameters}
    faults = [(f"parameters.{name}", "is no parameter of this text") for name in preset if name not in known]
    for name, value in preset.items():
        try:
            if name in known:
                known[name].read(value)
        except ValueError as error:
            faults.append((f"parameters.{name}", str(error)))
    if faults:
        raise TermsError(faults)
    parameters = [
        canonical_object(one.model_dump()) | ({"default": preset[one.name]} if one.name in preset else {})
        for one in text.source.parameters
    ]
    return Text(slug, text.number, parse_template(text.document | {"id": slug, "parameters": parameters}))


def started(text: Text, given: Given) -> Terms:
    """The terms that somebody starts from a text.

    Raises TermsError with every fault: of a value at ``parameters.NAME``, of a service at ``services.NAME``.
    """
    if isinstance(text.source, Template):
        filled = fill(text.source, given.values)
        plain, values = filled.terms.document(), dict(filled.origin.values)
    elif given.values:
        raise TermsError(
            [(f"parameters.{name}", "is no parameter: the text has none") for name in given.values]
        )
    else:
        plain, values = text.source.document(), {}
    known = set(services_of(plain))
    if unknown := [name for name in given.services if name not in known]:
        raise TermsError([(f"services.{name}", "is no service of this text") for name in unknown])
    replaced = {name: codes for name, codes in given.services.items() if codes and codes != (name,)}
    if replaced:
        _replace_services(plain, replaced)
        values[SERVICES] = {name: list(codes) for name, codes in sorted(replaced.items())}
    if given.currency and given.currency != plain["currency"]:
        plain["currency"] = values[CURRENCY] = given.currency
    plain["filled_from"] = {
        "template": text.slug,
        "version": text.number,
        "sha256": text.sha256,
        "values": values,
    }
    return parse_terms(plain)


def given_in(terms: Terms) -> Given:
    """What was filled in when these terms were started; all is empty where they were not."""
    values = dict(terms.filled_from.values) if terms.filled_from else {}
    services, currency = values.pop(SERVICES, None), values.pop(CURRENCY, None)
    named = services if isinstance(services, dict) else {}
    return Given(
        values,
        {
            name: tuple(str(code) for code in codes)
            for name, codes in named.items()
            if isinstance(codes, list)
        },
        str(currency or ""),
    )


def services_of(document: Mapping[str, Any]) -> list[str]:
    """The codes of services that a terms document names, each once, in the order in which it names them."""
    named: dict[str, None] = {}
    for commitment in document["commitments"]:
        for code in (*commitment["services"], *(commitment["indicator"].get("down_components") or ())):
            named[code] = None
    return list(named)


def amounts_in(document: Any, path: str = "") -> Iterator[str]:
    """The paths of amounts of money, whose figures stay as they are when the currency is replaced."""
    if isinstance(document, dict):
        if document.get("kind") == "amount" and "value" in document:
            yield f"{path}.value"
        for name, value in document.items():
            if name == "amount" and value is not None:
                yield f"{path}.{name}"
            yield from amounts_in(value, f"{path}.{name}" if path else name)
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from amounts_in(value, f"{path}.{index}")


def _replace_services(document: dict[str, Any], by: Mapping[str, tuple[str, ...]]) -> None:
    def put(holder: Any, name: str) -> None:
        codes = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(codes, list):
            holder[name] = list(dict.fromkeys(one for code in codes for one in by.get(code, (code,))))

    for commitment in document["commitments"]:
        put(commitment, "services")
        put(commitment["indicator"], "down_components")
        for reading in commitment["readings"]:
            for alternative in reading["alternatives"]:
                # An alternative sets the components alone, or the indicator whole.
                put(alternative["set"], "indicator.down_components")
                put(alternative["set"].get("indicator"), "down_components")


def sample(text: Text) -> tuple[Terms | None, dict[str, Any], tuple[str, ...]]:
    """The terms that a text makes of its defaults: with the values taken, and the parameters without a default.

    For those something stands in, so that the text can be read; None where no terms come of that.
    """
    if not isinstance(text.source, Template):
        return text.source, {}, ()
    values, without = {}, []
    for one in text.source.parameters:
        values[one.name] = one.default
        if one.default is None:
            without.append(one.name)
            values[one.name] = stand_in(one)
    try:
        return fill(text.source, values).terms, values, tuple(without)
    except TermsError:
        return None, values, tuple(without)


def variants(text: Text, most: int = 24) -> Iterator[Terms]:
    """The terms under the defaults, and under every other case of each choice and flag by itself."""
    first, values, _ = sample(text)
    if first is not None:
        yield first
    if not isinstance(text.source, Template):
        return
    tried = 0
    for one in text.source.parameters:
        cases: tuple[Any, ...] = one.choices if one.type == "choice" else (True, False)
        for case in cases if one.type in ("choice", "flag") else ():
            tried += 1
            if case == values[one.name] or tried > most:
                continue
            try:
                yield fill(text.source, values | {one.name: case}).terms
            except TermsError:
                continue


def stand_in(parameter: Parameter) -> Any:
    """A value that a parameter may have, where none is known."""
    if parameter.type == "choice":
        return parameter.choices[0]
    if parameter.type == "number":
        return parameter.at_least if parameter.at_least is not None else (parameter.at_most or 1)
    return _STAND_INS[parameter.type]
