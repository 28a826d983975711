"""A formula in one canonical spelling, and in words that a reader without the code understands."""

from reckoning.canonical import decimal_text
from reckoning.terms.formula import Formula, FormulaTable
from reckoning.terms.formula_syntax import (
    COMPARISONS,
    Constant,
    Lookup,
    Name,
    Node,
    Operation,
    Rounding,
    Truth,
    parse,
    spine,
)

_RANKS = {"or": 1, "and": 2, "not": 3, **dict.fromkeys(COMPARISONS, 4), "+": 5, "-": 5, "*": 6, "/": 6}
_CHAINS = ("+", "-", "*", "/", "and", "or")
_SAID = {
    "+": "plus",
    "-": "minus",
    "*": "times",
    "/": "divided by",
    "=": "is equal to",
    "!=": "is not equal to",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
    "and": "and",
    "or": "or",
}
_MODES = {
    "half_up": "half a unit upwards",
    "half_even": "half a unit to the even neighbour",
    "down": "cut off",
}
_CALLS = {
    "sum": "the sum of",
    "mean": "the mean of",
    "count": "the number of items in",
    "abs": "the absolute value of",
    "floor": "the whole number not above",
    "ceil": "the whole number not below",
}


def printed(text: str) -> str:
    """The canonical spelling: one blank around operators, no needless parentheses."""
    return _printed(parse(text), 0)


def _printed(node: Node, outer: int) -> str:
    if isinstance(node, (Constant, Truth, Name)):
        return _leaf(node)
    if isinstance(node, Rounding):
        return f"round({_printed(node.value, 0)}, {node.places}, {node.mode})"
    if isinstance(node, Lookup):
        return f"lookup({node.table}, {_printed(node.value, 0)})"
    rank = _rank(node)
    if rank is None:
        return f"{node.sign}({', '.join(_printed(part, 0) for part in node.parts)})"
    if len(node.parts) == 1:
        text = f"{node.sign}{' ' if node.sign == 'not' else ''}{_printed(node.parts[0], rank)}"
    elif node.sign in _CHAINS:
        first, rest = spine(node)
        text = _printed(first, rank) + "".join(f" {sign} {_printed(one, rank + 1)}" for sign, one in rest)
    else:
        text = f" {node.sign} ".join(_printed(part, rank + 1) for part in node.parts)
    return f"({text})" if rank < outer else text


def _leaf(node: Constant | Truth | Name) -> str:
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Truth):
        return "true" if node.value else "false"
    return decimal_text(node.value) + ("%" if node.percent else "")


def _rank(node: Operation) -> int | None:
    """How tightly the operator binds; None for a function. The minus sign binds tightest."""
    return 7 if node.sign == "-" and len(node.parts) == 1 else _RANKS.get(node.sign)


def worded(text: str) -> str:
    """The formula in words, its names as they are written in the document."""
    return _worded(parse(text), 0)


def _worded(node: Node, outer: int) -> str:
    if isinstance(node, (Constant, Truth, Name)):
        return _leaf(node).replace("%", " %").replace("_", " ")
    if isinstance(node, Rounding):
        decimals = "1 decimal" if node.places == 1 else f"{node.places} decimals"
        return f"[{_worded(node.value, 0)}] rounded to {decimals}, {_MODES[node.mode]}"
    if isinstance(node, Lookup):
        return f"the value of the table {node.table.replace('_', ' ')} for [{_worded(node.value, 0)}]"
    rank = _rank(node)
    if rank is None:
        return _call(node)
    if len(node.parts) == 1:
        text = f"{'not' if node.sign == 'not' else 'minus'} {_worded(node.parts[0], rank)}"
    elif node.sign in _CHAINS:
        first, rest = spine(node)
        text = _worded(first, rank)
        text += "".join(f" {_SAID[sign]} {_worded(one, rank + 1)}" for sign, one in rest)
    else:
        text = f" {_SAID[node.sign]} ".join(_worded(part, rank + 1) for part in node.parts)
    return f"[{text}]" if rank < outer else text


def _call(node: Operation) -> str:
    parts = [_worded(part, 0) for part in node.parts]
    if node.sign == "if":
        return f"[{parts[1]} if {parts[0]}, otherwise {parts[2]}]"
    if node.sign in ("min", "max"):
        which = "the least of" if node.sign == "min" else "the greatest of"
        return f"{which} [{'; '.join(parts)}]"
    return f"{_CALLS[node.sign]} [{parts[0]}]"


def sentences(formula: Formula) -> list[str]:
    """The whole block: what goes in, the tables, each step, and the result."""
    lines = []
    for item in formula.inputs:
        unit = f", in {item.unit}" if item.unit else ""
        kind = {"number": "", "flag": " (yes or no)", "numbers": " (a list)"}[item.kind]
        lines.append(f"{_upper(item.name)}{kind} is {item.meaning.rstrip('.')}{unit}.")
    lines.extend(_table(table) for table in formula.tables)
    for step in formula.steps:
        unit = f", in {step.unit}" if step.unit else ""
        lines.append(f"{_upper(step.name)} is {step.meaning.rstrip('.')}{unit}: {worded(step.formula)}.")
    unit = f", in {formula.unit}" if formula.unit else ""
    lines.append(f"The result{unit} is: {worded(formula.result)}. Parts in brackets are computed first.")
    return lines


def _table(table: FormulaTable) -> str:
    lead = "from" if table.match == "from" else "at exactly"
    rows = ", ".join(f"{lead} {decimal_text(row.at)}: {decimal_text(row.value)}" for row in table.rows)
    below = (
        "; below the first row there is no value" if table.match == "from" else "; elsewhere there is none"
    )
    return f"The table {table.name.replace('_', ' ')} gives {rows}{below}."


def _upper(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
