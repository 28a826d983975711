"""The last resort: a formula in exact arithmetic, with named inputs and its rounding written out.

Where no block says what the paper says, a formula does. It is parsed by `formula_syntax` and walked here, in
fractions; there is no power, no loop and no recursion, so that every formula ends.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reckoning.fields import Name as Line
from reckoning.fields import Number, Text, Value
from reckoning.money import round_fraction
from reckoning.terms.faults import fault
from reckoning.terms.formula_syntax import (
    CHAINED,
    COMPARISONS,
    FUNCTIONS,
    WORDS,
    Constant,
    FormulaError,
    Lookup,
    Name,
    Node,
    Operation,
    Rounding,
    Truth,
    parse,
    spine,
)

__all__ = ["Formula", "FormulaError", "FormulaInput", "FormulaStep", "FormulaTable", "evaluate", "evaluated"]

MAX_ITEMS = 10_000
MAX_BITS = 16_384
MAX_WORK = 200_000

Given = Fraction | Decimal | int | bool | Sequence[Fraction | Decimal | int]
_Value = Fraction | bool | tuple[Fraction, ...]

FormulaText = Annotated[str, Field(min_length=1, max_length=2_000)]
FormulaName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


class FormulaInput(Value):
    """A figure that the formula needs."""

    name: FormulaName
    kind: Literal["number", "flag", "numbers"] = Field(
        default="number", description="A number, yes or no, or a list of numbers."
    )
    unit: Line | None = Field(default=None, description='What it is counted in, such as "seconds".')
    meaning: Text


class FormulaRow(Value):
    """A row of a table."""

    at: Number
    value: Number


class FormulaTable(Value):
    """A table that lookup(name, x) reads."""

    name: FormulaName
    match: Literal["from", "exactly"] = Field(
        default="from",
        description="from: the last row whose `at` is not above x. exactly: the row of x itself.",
    )
    rows: tuple[FormulaRow, ...] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _rows_rise(self) -> Self:
        for index in range(1, len(self.rows)):
            if self.rows[index].at <= self.rows[index - 1].at:
                raise fault(
                    f"rows.{index}.at", "is not above the row before it; put the rows in rising order"
                )
        return self


class FormulaStep(Value):
    """An intermediate figure, which later steps and the result may name."""

    name: FormulaName
    formula: FormulaText
    unit: Line | None = None
    meaning: Text


class Formula(Value):
    """A figure computed by a formula of its own."""

    kind: Literal["formula"] = "formula"
    inputs: tuple[FormulaInput, ...] = Field(default=(), max_length=40)
    tables: tuple[FormulaTable, ...] = Field(default=(), max_length=20)
    steps: tuple[FormulaStep, ...] = Field(default=(), max_length=40)
    result: FormulaText
    unit: Line | None = Field(default=None, description="Unit of the result.")

    @model_validator(mode="after")
    def _names_and_kinds_fit(self) -> Self:
        tables = {table.name for table in self.tables}
        _refuse_taken(
            [("inputs", item.name) for item in self.inputs]
            + [("tables", item.name) for item in self.tables]
            + [("steps", item.name) for item in self.steps]
        )
        kinds: dict[str, str] = {item.name: item.kind for item in self.inputs}
        for index, step in enumerate(self.steps):
            kinds[step.name] = _checked(f"steps.{index}.formula", step.formula, kinds, tables)
            if kinds[step.name] == "numbers":
                raise fault(f"steps.{index}.formula", "is a list; sum, mean, count, min or max make a number")
        if _checked("result", self.result, kinds, tables) != "number":
            raise fault("result", "is no number; compare inside of if(..., ..., ...) to make one")
        return self


def evaluate(formula: Formula, names: Mapping[str, Given]) -> Fraction:
    """The exact value of a formula for these inputs.

    Raises FormulaError: MISSING_INPUT, WRONG_KIND, DIVISION_BY_ZERO, NO_ROW, EMPTY_LIST, NUMBER_TOO_LARGE,
    TOO_MUCH_WORK. Names that the formula does not declare are left aside.
    """
    return evaluated(formula, names)["result"]


def evaluated(formula: Formula, names: Mapping[str, Given]) -> dict[str, Fraction]:
    """The steps by name in their order, and last the `result`; a step that is yes or no is 1 or 0."""
    walk = _Walk(formula, {item.name: _given(item, names) for item in formula.inputs})
    shown: dict[str, Fraction] = {}
    for step in formula.steps:
        value = walk.value(parse(step.formula))
        walk.names[step.name] = value
        shown[step.name] = _number(value)
    shown["result"] = _number(walk.value(parse(formula.result)))
    return shown


def _refuse_taken(names: list[tuple[str, str]]) -> None:
    seen: set[str] = set(FUNCTIONS) | {*WORDS, "result"}
    for number, (place, name) in enumerate(names):
        if name in seen:
            index = number - [one for one, _ in names].index(place)
            raise fault(f"{place}.{index}.name", f"{name!r} is taken; choose another name")
        seen.add(name)


def _given(item: FormulaInput, names: Mapping[str, Given]) -> _Value:
    if item.name not in names:
        raise FormulaError(
            f"{item.name} is missing ({item.meaning}); give it as a {item.kind}", code="MISSING_INPUT"
        )
    value = names[item.name]
    if item.kind == "flag" and isinstance(value, bool):
        return value
    if item.kind == "number" and isinstance(value, (Fraction, Decimal, int)) and not isinstance(value, bool):
        return _bounded(Fraction(value))
    if item.kind == "numbers" and isinstance(value, (list, tuple)):
        if len(value) > MAX_ITEMS:
            raise FormulaError(f"{item.name} has more than {MAX_ITEMS:,} items", code="TOO_MUCH_WORK")
        return tuple(_bounded(Fraction(one)) for one in value)
    wanted = {"flag": "yes or no", "number": "a number", "numbers": "a list of numbers"}[item.kind]
    raise FormulaError(f"{item.name} is not {wanted}", code="WRONG_KIND")


def _number(value: _Value) -> Fraction:
    return Fraction(value) if isinstance(value, (bool, Fraction)) else Fraction(0)


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise FormulaError("a figure on the way grows beyond 4,900 digits", code="NUMBER_TOO_LARGE")
    return value


class _Walk:
    """One evaluation. The work that an operation costs grows with the square of the size of its figures."""

    def __init__(self, formula: Formula, names: dict[str, _Value]) -> None:
        self.names = names
        self.tables = {table.name: table for table in formula.tables}
        self.work = 0

    def kept(self, value: Fraction) -> Fraction:
        _bounded(value)
        bits = max(value.numerator.bit_length(), value.denominator.bit_length())
        self.work += 1 + (bits // 1_024) ** 2
        if self.work > MAX_WORK:
            raise FormulaError(
                "takes too much work; give figures that are already summed", code="TOO_MUCH_WORK"
            )
        return value

    def value(self, node: Node) -> _Value:
        if isinstance(node, Constant):
            return Fraction(node.value) / (100 if node.percent else 1)
        if isinstance(node, Truth):
            return node.value
        if isinstance(node, Name):
            return self.names[node.name]
        if isinstance(node, Rounding):
            return Fraction(round_fraction(self.number(node.value), node.places, _mode(node.mode)))
        if isinstance(node, Lookup):
            return self.row(self.tables[node.table], self.number(node.value))
        return self.operation(node)

    def number(self, node: Node) -> Fraction:
        value = self.value(node)
        assert isinstance(value, Fraction)
        return value

    def chain(self, node: Operation) -> _Value:
        """A chain of operators from left to right, without going deeper for each of them."""
        first, rest = spine(node)
        value = self.value(first)
        for sign, part in rest:
            if sign in ("and", "or"):
                value = self.value(part) if bool(value) == (sign == "and") else value
            else:
                assert isinstance(value, Fraction)
                value = self.kept(self.arithmetic(sign, [value, self.number(part)]))
        return value

    def operation(self, node: Operation) -> _Value:
        sign, parts = node.sign, node.parts
        if sign == "if":
            return self.value(parts[1] if self.value(parts[0]) else parts[2])
        if sign in CHAINED and len(parts) == 2:
            return self.chain(node)
        if sign == "not":
            return not self.value(parts[0])
        if sign in _LISTS and len(parts) == 1:
            items = self.value(parts[0])
            if isinstance(items, tuple):
                return self.of_list(sign, items)
        numbers = [self.number(part) for part in parts]
        if sign in COMPARISONS:
            return _compared(sign, numbers[0], numbers[1])
        if sign in ("min", "max"):
            return self.kept(min(numbers) if sign == "min" else max(numbers))
        return self.kept(self.arithmetic(sign, numbers))

    def arithmetic(self, sign: str, numbers: list[Fraction]) -> Fraction:
        first = numbers[0]
        if len(numbers) == 1:
            if sign in ("floor", "ceil"):
                return Fraction(first.__floor__() if sign == "floor" else first.__ceil__())
            return abs(first) if sign == "abs" else -first
        second = numbers[1]
        if sign == "/":
            if second == 0:
                raise FormulaError("divides by zero", code="DIVISION_BY_ZERO")
            return first / second
        if sign == "*":
            return first * second
        return first + second if sign == "+" else first - second

    def of_list(self, sign: str, items: tuple[Fraction, ...]) -> Fraction:
        if sign == "count":
            return Fraction(len(items))
        if not items and sign != "sum":
            raise FormulaError(f"{sign}(...) of an empty list has no value", code="EMPTY_LIST")
        if sign in ("min", "max"):
            self.work += len(items)
            return self.kept(min(items) if sign == "min" else max(items))
        total = Fraction(0)
        for item in items:
            total = self.kept(total + item)
        return total if sign == "sum" else total / len(items)

    def row(self, table: FormulaTable, value: Fraction) -> Fraction:
        self.work += len(table.rows)
        found: Decimal | None = None
        for row in table.rows:
            at = Fraction(row.at)
            if at == value or (at < value and table.match == "from"):
                found = row.value
        if found is None:
            raise FormulaError(f"{table.name} has no row for {_shown(value)}", code="NO_ROW")
        return self.kept(Fraction(found))


_LISTS = ("sum", "mean", "count", "min", "max")


def _mode(mode: str) -> Literal["half_up", "half_even", "down"]:
    return "half_up" if mode == "half_up" else "half_even" if mode == "half_even" else "down"


def _compared(sign: str, left: Fraction, right: Fraction) -> bool:
    if sign in ("=", "!="):
        return (left == right) == (sign == "=")
    if sign in ("<", ">="):
        return (left < right) == (sign == "<")
    return (left > right) == (sign == ">")


def _shown(value: Fraction) -> str:
    text = str(value)
    return text if len(text) < 40 else f"about {round_fraction(value, 6, 'half_even')}"[:60]


# Kinds, before anything is computed -------------------------------------------------------------------------


def _checked(at: str, text: str, kinds: Mapping[str, str], tables: set[str]) -> str:
    """The kind of a formula: number, flag or numbers. Raises the fault of a document at `at`."""
    try:
        return _kind(parse(text), kinds, tables)
    except FormulaError as error:
        raise fault(at, error.message) from None


def _kind(node: Node, kinds: Mapping[str, str], tables: set[str]) -> str:
    if isinstance(node, Name):
        if node.name not in kinds:
            known = ", ".join(kinds) or "none"
            raise FormulaError(
                f"names {node.name!r}, which is no input and no earlier step; there are {known}"
            )
        return kinds[node.name]
    if isinstance(node, (Constant, Truth)):
        return "number" if isinstance(node, Constant) else "flag"
    if isinstance(node, Lookup):
        if node.table not in tables:
            raise FormulaError(
                f"looks up {node.table!r}; there are the tables {', '.join(sorted(tables)) or 'none'}"
            )
        return _wanted(node.value, "number", f"lookup({node.table}, ...)", kinds, tables)
    if isinstance(node, Rounding):
        return _wanted(node.value, "number", "round(...)", kinds, tables)
    sign, parts = node.sign, node.parts
    if sign in CHAINED and len(parts) == 2:
        first, rest = spine(node)
        kind = "flag" if sign in ("and", "or") else "number"
        for of, part in (rest[0][0], first), *rest:
            _wanted(part, kind, repr(of), kinds, tables)
        return kind
    if sign == "if":
        _wanted(parts[0], "flag", "the condition of if(...)", kinds, tables)
        return _wanted(parts[2], _kind(parts[1], kinds, tables), "if(...)", kinds, tables)
    if sign == "not":
        return _wanted(parts[0], "flag", "'not'", kinds, tables)
    if sign in _LISTS and len(parts) == 1:
        _wanted(parts[0], "numbers", f"{sign}(...) of one", kinds, tables)
        return "number"
    for part in parts:
        _wanted(part, "number", f"{sign}(...)" if sign in FUNCTIONS else repr(sign), kinds, tables)
    return "flag" if sign in COMPARISONS else "number"


_KIND_WORDS = {"number": "a number", "flag": "yes or no", "numbers": "a list of numbers"}


def _wanted(node: Node, kind: str, of: str, kinds: Mapping[str, str], tables: set[str]) -> str:
    found = _kind(node, kinds, tables)
    if found != kind:
        raise FormulaError(f"{of} needs {_KIND_WORDS[kind]} and has {_KIND_WORDS[found]}")
    return kind
