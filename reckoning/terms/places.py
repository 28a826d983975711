"""Places in a document, written as people find them: commitments[uptime].exclusions[planned_maintenance].

In brackets stands the key, name or kind of an item of a list, or its number counted from 0; a number after a dot
is understood as well.
"""

import re
from decimal import Decimal
from typing import Any

from reckoning.canonical import canonical_json
from reckoning.errors import TermsError

MAX_PLACE = 400
IDENTITIES = ("key", "name", "kind")

_STEP = re.compile(r"\.?([^.\[\]]+)|\[([^\[\]]+)\]")


def steps_of(place: str) -> tuple[str, ...]:
    """The steps of a place. Raises TermsError for what cannot be read as one."""
    steps: list[str] = []
    at = 0
    while at < len(place):
        match = _STEP.match(place, at)
        if match is None or len(place) > MAX_PLACE or (at == 0 and match[0].startswith((".", "["))):
            raise TermsError([(place[:200], "is no place in a document; write it as commitments[key].field")])
        steps.append(match[1] or match[2])
        at = match.end()
    if not steps:
        raise TermsError([("", "is no place in a document; write it as commitments[key].field")])
    return tuple(steps)


def find(holder: Any, step: str, place: str) -> Any:
    """The key or index of a step in a dict or list. Raises TermsError when nothing stands there."""
    if isinstance(holder, dict):
        if step in holder:
            return step
        raise TermsError(
            [(place, f"nothing stands at {step!r}; there are {', '.join(holder)[:300] or 'no fields'}")]
        )
    if not isinstance(holder, list):
        raise TermsError([(place, f"what stands above {step!r} has no parts")])
    for identity in IDENTITIES:
        found = [
            at for at, item in enumerate(holder) if isinstance(item, dict) and item.get(identity) == step
        ]
        if len(found) > 1:
            raise TermsError(
                [(place, f"{step!r} stands in {len(found)} items; name one by its number from 0")]
            )
        if found:
            return found[0]
    if step in holder:
        return holder.index(step)
    if step.isdecimal() and len(step) < 6 and int(step) < len(holder):
        return int(step)
    raise TermsError([(place, f"no item {step!r} is in the list of {len(holder)}")])


def value_at(plain: Any, place: str) -> Any:
    """What stands at a place. Raises TermsError when nothing does."""
    here = plain
    for step in steps_of(place):
        here = here[find(here, step, place)]
    return here


def value_or_none_at(plain: Any, place: str) -> Any:
    """What stands at a place, or None where a field is left out because it has its default.

    Raises TermsError when what is above it is not there.
    """
    holder, last = _holder(plain, place)
    if isinstance(holder, dict) and last not in holder:
        return None
    return holder[find(holder, last, place)]


def set_at(plain: Any, place: str, value: Any) -> None:
    """Put a value in the place of another, or into a field that is left out because it has its default.

    Raises TermsError when no such item or nothing above it is there. Whether the language has such a field is for
    whoever reads the document to say.
    """
    holder, last = _holder(plain, place)
    holder[last if isinstance(holder, dict) else find(holder, last, place)] = value


def remove_at(plain: Any, place: str) -> None:
    """Take a field or an item out. Raises TermsError when nothing stands there."""
    holder, last = _holder(plain, place)
    del holder[find(holder, last, place)]


def add_at(plain: Any, place: str, value: Any) -> None:
    """Put an item to the end of the list at a place, or a field into an object where it is missing or empty.

    Raises TermsError where something stands already, which is to be set instead.
    """
    holder, last = _holder(plain, place)
    if isinstance(holder, dict) and holder.get(last) is None:
        holder[last] = value
        return
    found = holder[find(holder, last, place)]
    if not isinstance(found, list):
        raise TermsError([(place, "stands there already; set it instead of adding it")])
    found.append(value)


def _holder(plain: Any, place: str) -> tuple[Any, str]:
    steps = steps_of(place)
    here = plain
    for step in steps[:-1]:
        here = here[find(here, step, place)]
    return here, steps[-1]


def named(plain: Any, dotted: str) -> str:
    """A path of positions, such as commitments.0.schedule, with the names of the items in it."""
    here, text = plain, ""
    for step in dotted.split("."):
        if isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            text += f"[{item_name(here, int(step))}]"
            here = here[int(step)]
        else:
            text += f".{step}" if text else step
            here = here.get(step) if isinstance(here, dict) else None
    return text


def item_name(items: list[Any], index: int) -> str:
    """The name of an item in its list: its key, name or kind where no other item has it, else its number."""
    item = items[index]
    for identity in IDENTITIES:
        name = item.get(identity) if isinstance(item, dict) else None
        if isinstance(name, str):
            same = [one for one in items if isinstance(one, dict) and one.get(identity) == name]
            return name if len(same) == 1 else str(index)
    return str(index)


def alike(stands: Any, said: Any) -> bool:
    """Whether two plain values are the same, however a number of them is written."""
    if canonical_json(stands) == canonical_json(said):
        return True
    try:
        return not isinstance(said, bool) and Decimal(str(stands)) == Decimal(str(said))
    except ArithmeticError:
        return False
