"""The small language of formulas: text into a tree. Nothing of it is ever run as Python.

The grammar, from the loosest to the tightest: `or`, `and`, `not`, one comparison (= != < <= > >=), + and -,
* and /, a minus sign, and then numbers, percentages, names, calls and parentheses.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from reckoning.errors import ReckoningError

MAX_LENGTH = 2_000
MAX_DEPTH = 30
MAX_NODES = 400

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
CHAINED = ("+", "-", "*", "/", "and", "or")
WORDS = ("and", "or", "not", "true", "false")
# For each function the least and the most number of arguments. None: no limit but that of the whole formula.
FUNCTIONS: dict[str, tuple[int, int | None]] = {
    "abs": (1, 1),
    "ceil": (1, 1),
    "count": (1, 1),
    "floor": (1, 1),
    "if": (3, 3),
    "lookup": (2, 2),
    "max": (1, None),
    "mean": (1, 1),
    "min": (1, None),
    "round": (3, 3),
    "sum": (1, 1),
}
MODES = ("half_up", "half_even", "down")

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]{1,15}(?:\.[0-9]{1,12})?)(?P<percent>%?)(?![0-9A-Za-z_.])"
    r"|(?P<name>[a-z][a-z0-9_]{0,59})(?![0-9A-Za-z_])"
    r"|(?P<sign><=|>=|!=|[-+*/()<>=,]))"
)


class FormulaError(ReckoningError):
    """A formula that cannot be read, or has no value for the figures that it was given.

    `code` is FORMULA_SYNTAX, FORMULA_TOO_LONG, DIVISION_BY_ZERO, NO_ROW, MISSING_INPUT, WRONG_KIND, EMPTY_LIST,
    NUMBER_TOO_LARGE or TOO_MUCH_WORK.
    """

    code = "FORMULA_SYNTAX"


class Constant(NamedTuple):
    """A number as it was written; `percent` when it carried a percent sign and so counts for a hundredth."""

    value: Decimal
    percent: bool


class Truth(NamedTuple):
    """`true` or `false`."""

    value: bool


class Name(NamedTuple):
    """An input or an earlier step."""

    name: str


class Operation(NamedTuple):
    """An operator or a function with its operands; `-` with one operand is the minus sign."""

    sign: str
    parts: tuple["Node", ...]


class Rounding(NamedTuple):
    """round(value, places, mode): places and mode are written out, never computed."""

    value: "Node"
    places: int
    mode: str


class Lookup(NamedTuple):
    """lookup(table, value)."""

    table: str
    value: "Node"


Node = Constant | Truth | Name | Operation | Rounding | Lookup


def spine(node: Operation) -> tuple[Node, list[tuple[str, Node]]]:
    """A chain such as a + b - c as its first part and (operator, part) pairs.

    Only operators of one rank follow each other like that. A long chain is no deep nesting.
    """
    rank = next(signs for signs in _RANKS if node.sign in signs)
    rest: list[tuple[str, Node]] = []
    here: Node = node
    while isinstance(here, Operation) and here.sign in rank and len(here.parts) == 2:
        rest.append((here.sign, here.parts[1]))
        here = here.parts[0]
    return here, rest[::-1]


_RANKS = (("+", "-"), ("*", "/"), ("and",), ("or",))


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


@lru_cache(maxsize=512)
def parse(text: str) -> Node:
    """Read one formula.

    Raises FormulaError for what is not of this language, naming the place as a count of characters from 1, and
    for more than 2,000 characters, 30 levels of nesting or 400 parts.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"has more than {MAX_LENGTH:,} characters; split it into steps", code="FORMULA_TOO_LONG"
        )
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise FormulaError(
                f"cannot be read at character {at + 1}: {text[at : at + 20]!r}; numbers are written as 12 or 0.5, "
                "names in lower-case letters, digits and underscores"
            )
        kind = match.lastgroup or ""
        kind = "number" if kind == "percent" else kind
        found.append(_Token(kind, match[0].strip(), match.end() - len(match[0].strip())))
        at = match.end()
    found.append(_Token("end", "", len(text)))
    return found


class _Parser:
    """Recursive descent over the tokens; depth and number of parts are bounded."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.nodes = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self.either()
        if self.here.kind != "end":
            raise self.surprise("an operator or the end")
        return node

    @property
    def here(self) -> _Token:
        return self.tokens[self.position]

    def surprise(self, wanted: str) -> FormulaError:
        token = self.here
        found = f"{token.text!r} at character {token.at + 1}" if token.text else "the end"
        return FormulaError(f"has {found} where {wanted} is expected")

    def taken(self, *texts: str) -> str | None:
        token = self.here
        if token.text in texts and token.kind != "end":
            self.position += 1
            return token.text
        return None

    def expect(self, text: str) -> None:
        if self.taken(text) is None:
            raise self.surprise(repr(text))

    def made(self, node: Node) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise FormulaError(
                f"has more than {MAX_NODES} parts; split it into steps", code="FORMULA_TOO_LONG"
            )
        return node

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError(
                f"is nested deeper than {MAX_DEPTH} levels; split it into steps", code="FORMULA_TOO_LONG"
            )

    def either(self) -> Node:
        self.deeper()
        node = self.both()
        while self.taken("or"):
            node = self.made(Operation("or", (node, self.both())))
        self.depth -= 1
        return node

    def both(self) -> Node:
        node = self.negation()
        while self.taken("and"):
            node = self.made(Operation("and", (node, self.negation())))
        return node

    def negation(self) -> Node:
        if self.taken("not"):
            self.deeper()
            node = self.made(Operation("not", (self.negation(),)))
            self.depth -= 1
            return node
        return self.comparison()

    def comparison(self) -> Node:
        node = self.total()
        sign = self.taken(*COMPARISONS)
        if sign is None:
            return node
        node = self.made(Operation(sign, (node, self.total())))
        if self.here.text in COMPARISONS:
            raise FormulaError(
                f"compares twice in a row at character {self.here.at + 1}; join two comparisons by 'and'"
            )
        return node

    def total(self) -> Node:
        node = self.product()
        while sign := self.taken("+", "-"):
            node = self.made(Operation(sign, (node, self.product())))
        return node

    def product(self) -> Node:
        node = self.signed()
        while sign := self.taken("*", "/"):
            node = self.made(Operation(sign, (node, self.signed())))
        return node

    def signed(self) -> Node:
        if self.taken("-"):
            self.deeper()
            node = self.made(Operation("-", (self.signed(),)))
            self.depth -= 1
            return node
        return self.single()

    def single(self) -> Node:
        token = self.here
        if token.kind == "number":
            self.position += 1
            return self.made(Constant(Decimal(token.text.rstrip("%")), token.text.endswith("%")))
        if self.taken("("):
            node = self.either()
            self.expect(")")
            return node
        if token.kind != "name" or token.text in ("and", "or", "not"):
            raise self.surprise("a number, a name or '('")
        self.position += 1
        if token.text in ("true", "false"):
            return self.made(Truth(token.text == "true"))
        if self.here.text == "(":
            return self.call(token)
        if token.text in FUNCTIONS:
            raise FormulaError(f"{token.text} is a function; write {token.text}(...)")
        return self.made(Name(token.text))

    def call(self, token: _Token) -> Node:
        if token.text not in FUNCTIONS:
            known = ", ".join(sorted(FUNCTIONS))
            raise FormulaError(
                f"has no function {token.text!r} (character {token.at + 1}); there are {known}"
            )
        self.expect("(")
        if token.text == "lookup":
            return self.lookup()
        parts = [self.either()]
        if token.text == "round":
            return self.rounding(parts[0])
        while self.taken(","):
            parts.append(self.either())
        self.expect(")")
        least, most = FUNCTIONS[token.text]
        if len(parts) < least or (most is not None and len(parts) > most):
            raise FormulaError(f"{token.text}(...) takes {least} arguments and has {len(parts)}")
        return self.made(Operation(token.text, tuple(parts)))

    def rounding(self, value: Node) -> Node:
        self.expect(",")
        places = self.here
        if places.kind != "number" or not places.text.isdecimal() or int(places.text) > 12:
            raise self.surprise("a number of decimals from 0 to 12")
        self.position += 1
        self.expect(",")
        mode = self.taken(*MODES)
        if mode is None:
            raise self.surprise(f"one of {', '.join(MODES)}")
        self.expect(")")
        return self.made(Rounding(value, int(places.text), mode))

    def lookup(self) -> Node:
        table = self.here
        if table.kind != "name" or table.text in WORDS or table.text in FUNCTIONS:
            raise self.surprise("the name of a table")
        self.position += 1
        self.expect(",")
        value = self.either()
        self.expect(")")
        return self.made(Lookup(table.text, value))
