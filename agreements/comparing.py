"""Expected figures against a result, exactly: fractions as fractions, amounts to the last digit."""

import re
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any

from agreements.mapping import Check
from agreements.placing import is_there, look_up, renamed
from agreements.units import change, number
from reckoning.money import round_fraction

# What describes a figure instead of being one: its name in words, a decimal "for display only", its unit.
DESCRIBES = ("measured.name", "measured.decimal", "measured.unit")

_ROW = re.compile(r"([\[(?])\s*(-inf|-?[\d.]+)\s*,\s*(\+?inf|-?[\d.]+)\s*([\])?])")


def differences(expected: dict[str, Any], checks: dict[str, Check], result: dict[str, Any]) -> list[str]:
    """What does not come out, one sentence each. A figure that no check looks at is a difference too."""
    found: list[str] = []
    looked_at: set[str] = set()
    for path, check in checks.items():
        if not is_there(expected, path.split(".*")[0]):
            continue
        wanted = look_up(expected, path)
        looked_at.add(path)
        found.extend(f"{path}: {one}" for one in _differs(wanted, check, result))
    for path in sorted(_leaves(expected)):
        if path not in DESCRIBES and not _is_covered(path, looked_at, look_up(expected, path)):
            found.append(f"{path}: no check of the mapping looks at it")
    return found


def differences_of_other(
    alternative: dict[str, Any], checks: dict[str, Check], result: dict[str, Any]
) -> list[str]:
    """The same for an alternative, which states a figure bare: measured for measured.exact."""
    found: list[str] = []
    for name, wanted in alternative.items():
        if name == "reading":
            continue
        if isinstance(wanted, dict):
            inner = {path: check for path, check in checks.items() if path.split(".")[0] == name}
            found.extend(differences({name: wanted}, inner, result))
            continue
        check = checks.get(name) or checks.get(f"{name}.exact")
        if check is None:
            found.append(f"{name}: no check of the mapping looks at it")
        else:
            found.extend(f"{name}: {one}" for one in _differs(wanted, check, result))
    return found


def _leaves(value: Any, at: str = "") -> Iterator[str]:
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        parts = enumerate(value)
    else:
        yield at
    for key, one in parts:
        yield from _leaves(one, f"{at}.{key}" if at else str(key))


def _is_covered(leaf: str, looked_at: set[str], value: Any) -> bool:
    if isinstance(value, list) and value and all(f"{leaf}.{n}" in looked_at for n in range(len(value))):
        return True
    steps = leaf.split(".")
    for path in looked_at:
        pattern = path.split(".")
        if len(pattern) <= len(steps) and all(
            one in ("*", step) for one, step in zip(pattern, steps, strict=False)
        ):
            return True
    return False


def _differs(wanted: Any, check: Check, result: dict[str, Any]) -> list[str]:
    if not is_there(result, check.at.split(".*")[0]):
        return [f"the result has nothing at {check.at}"]
    found = _selected(result, check) if check.where else look_up(result, check.at)
    wanted = renamed(wanted, check.values)
    if check.compare == "credit":
        return _credit(wanted, found, check, result.get("currency"))
    if check.compare == "filled":
        is_filled = bool(found) and number(found) != 0
        return [] if is_filled is wanted else [_said(wanted, found, check)]
    if check.compare == "shown":
        return [] if _is_shown(wanted, found, check.units) else [_said(wanted, found, check)]
    if check.units is not None:
        wanted = _in_units(wanted, check.units)
    if check.compare == "row":
        wanted, found = _row(wanted), _row(found)
    return [] if same(wanted, found) else [_said(wanted, found, check)]


def _selected(result: dict[str, Any], check: Check) -> Any:
    """What stands at the path in those items of its list in which the mapping's conditions hold."""
    before, _, after = check.at.partition(".*")
    items = [
        item
        for item in look_up(result, before) or []
        if all(is_there(item, path) and look_up(item, path) == value for path, value in check.where.items())
    ]
    return [look_up(item, after.removeprefix(".")) if after else item for item in items]


def same(wanted: Any, found: Any) -> bool:
    """Whether two values are the same: numbers exactly, whatever their spelling; true is no 1."""
    if isinstance(wanted, list) and isinstance(found, (list, tuple)):
        return len(wanted) == len(found) and all(same(*pair) for pair in zip(wanted, found, strict=True))
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(same(wanted[key], found[key]) for key in wanted)
    left, right = number(wanted), number(found)
    if left is not None or right is not None:
        return left == right
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted == found or _same_instant(wanted, found)
    return type(wanted) is type(found) and bool(wanted == found)


def _same_instant(wanted: str, found: str) -> bool:
    if len(wanted) < 19 or len(found) < 19:
        return False
    try:
        left, right = datetime.fromisoformat(wanted), datetime.fromisoformat(found)
    except ValueError:
        return False
    return left.tzinfo is not None and right.tzinfo is not None and left == right


def _credit(wanted: Any, found: Any, check: Check, currency: Any) -> list[str]:
    """An amount with its currency, and exactly before it was rounded; or the amount alone.

    While a level falls in no row the amount is an open question, and what is paid until a person answers is
    nothing: that is what a zero then says, where the mapping names the question.
    """
    if not isinstance(found, dict):
        return [_said(wanted, found, check)]
    alone = not isinstance(wanted, dict)
    amount = wanted if alone else wanted.get("amount")
    codes = {question["code"] for question in found.get("open_questions") or ()}
    if found.get("credit_amount") is None and codes & set(check.while_open):
        return [] if number(amount) == 0 else [f"{sorted(codes)} is open, and {amount} is expected"]
    faults: list[str] = []
    if found.get("credit_amount") != amount:
        faults.append(f"amount {amount} is expected, {found.get('credit_amount')} comes out")
    if not alone and not same(wanted["exact"], found.get("credit_exact")):
        faults.append(f"exactly {wanted['exact']} is expected, {found.get('credit_exact')} comes out")
    if not alone and wanted["currency"] != found.get("currency", currency):
        faults.append(
            f"currency {wanted['currency']} is expected, {found.get('currency', currency)} comes out"
        )
    return faults


def _in_units(value: Any, units: tuple[str, str]) -> Any:
    if isinstance(value, list):
        return [_in_units(one, units) for one in value]
    return value if number(value) is None else change(value, *units)


def _is_shown(wanted: Any, found: Any, units: tuple[str, str] | None) -> bool:
    """Whether a decimal shows an exact figure, half up to as many decimals as it has."""
    exact = number(found if units is None else _in_units(found, (units[1], units[0])))
    if exact is None or not isinstance(wanted, str):
        return False
    places = len(wanted.partition(".")[2])
    return wanted == str(round_fraction(exact, places, "half_up"))


def _row(value: Any) -> Any:
    """A row's bounds, from its label or from a pair of whole numbers of which both belong to it."""
    if isinstance(value, list) and len(value) == 2:
        return ("[", number(value[0]), number(value[1]), ")" if value[1] is None else "]")
    if isinstance(value, str):
        match = _ROW.fullmatch(value.strip())
        if match:
            opening, lower, upper, closing = match.groups()
            return (
                opening,
                *(None if "inf" in bound else Fraction(bound) for bound in (lower, upper)),
                closing,
            )
    return value


def _said(wanted: Any, found: Any, check: Check) -> str:
    return f"{wanted!r} is expected, {found!r} comes out at {check.at}"
