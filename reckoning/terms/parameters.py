"""The typed parameters of a template, and the values that are given for them."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, TypeAdapter, ValidationError, model_validator

from reckoning.canonical import decimal_text, instant_text
from reckoning.errors import TermsError
from reckoning.fields import Day, Instant, Name, Number, Text, Value
from reckoning.terms.faults import fault

ParameterName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
ParameterType = Literal["number", "text", "date", "instant", "choice", "flag", "texts", "dates"]

_FRACTION = re.compile(r"-?[0-9]{1,30}/[1-9][0-9]{0,29}")
_NUMBER: TypeAdapter[Decimal] = TypeAdapter(Number)
_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_DAY: TypeAdapter[date] = TypeAdapter(Day)
_INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)


class Parameter(Value):
    """A figure or a fact that every filled-in copy has of its own."""

    name: ParameterName
    type: ParameterType
    description: Text
    unit: Name | None = None
    choices: tuple[Name, ...] = Field(
        default=(), max_length=100, description="Of the type choice: all of them."
    )
    at_least: Number | None = None
    at_most: Number | None = None
    default: JsonValue = Field(default=None, description="Empty: a value must be given.")

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise fault("choices", "belongs to the type choice, which needs at least one")
        if self.type != "number" and (self.at_least is not None or self.at_most is not None):
            raise fault("at_least" if self.at_least is not None else "at_most", "belongs to the type number")
        if self.default is not None:
            try:
                self.read(self.default)
            except ValueError as error:
                raise fault("default", str(error)) from None
        return self

    def read(self, given: Any) -> JsonValue:
        """The value in its canonical spelling, as it is put into the document.

        A whole number becomes an int, any other number text. Raises ValueError with a sentence.
        """
        try:
            return self._read(given)
        except ValidationError as error:
            context = error.errors(include_url=False)[0].get("ctx") or {}
            raise ValueError(str(context.get("error", f"is no {self.type}"))) from None

    def _read(self, given: Any) -> JsonValue:
        if self.type == "number":
            return self._number(given)
        if self.type == "flag":
            if not isinstance(given, bool):
                raise ValueError("is neither true nor false")
            return given
        if self.type == "choice":
            if given not in self.choices:
                raise ValueError(f"is none of {', '.join(self.choices)}")
            return str(given)
        if self.type in ("texts", "dates"):
            if not isinstance(given, (list, tuple)):
                raise ValueError("is not a list")
            return [_single(self.type.removesuffix("s"), one) for one in given]
        return _single(self.type, given)

    def _number(self, given: Any) -> JsonValue:
        if isinstance(given, str) and _FRACTION.fullmatch(given) and self.at_least is self.at_most is None:
            return given
        value = _NUMBER.validate_python(given)
        if self.at_least is not None and value < self.at_least:
            raise ValueError(f"is below {self.at_least:f}, the least that is allowed")
        if self.at_most is not None and value > self.at_most:
            raise ValueError(f"is above {self.at_most:f}, the most that is allowed")
        return int(value) if value == int(value) else decimal_text(value)


def _single(kind: str, given: Any) -> str:
    if kind == "date":
        return _DAY.validate_python(given).isoformat()
    if kind == "instant":
        return instant_text(_INSTANT.validate_python(given))
    if not isinstance(given, str):
        raise ValueError("is not text")
    return _TEXT.validate_python(given)


def read_values(parameters: tuple[Parameter, ...], given: Mapping[str, Any]) -> dict[str, JsonValue]:
    """A value for every parameter, defaults included.

    Raises TermsError with every fault at `parameters.NAME`: unknown, missing, or of the wrong type.
    """
    faults: list[tuple[str, str]] = []
    values: dict[str, JsonValue] = {}
    names = [parameter.name for parameter in parameters]
    for name in given:
        if name not in names:
            known = ", ".join(names) or "none"
            faults.append(
                (f"parameters.{str(name)[:60]}", f"is no parameter of this template; there are {known}")
            )
    for parameter in parameters:
        value = given.get(parameter.name)
        if value is None:
            value = parameter.default
        if value is None:
            unit = f", in {parameter.unit}" if parameter.unit else ""
            faults.append((f"parameters.{parameter.name}", f"is missing ({parameter.description}{unit})"))
            continue
        try:
            values[parameter.name] = parameter.read(value)
        except ValueError as error:
            faults.append((f"parameters.{parameter.name}", str(error)))
    if faults:
        raise TermsError(faults)
    return values
