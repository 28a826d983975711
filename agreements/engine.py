"""The one place where the benchmark meets the product: documents are read and reckoned by its own functions."""

import copy
from pathlib import Path
from typing import Any

from agreements.faults import CannotPlace
from reckoning.calculation import calculate
from reckoning.terms import Terms, parse_terms
from reckoning.terms.plain import read_plain
from reckoning.terms.templates import terms_from


def read(path: Path) -> Any:
    """A terms document or a template as plain values, by the product's own reading."""
    return read_plain(path.read_bytes())


def result(
    document: Any,
    inputs: dict[str, Any],
    *,
    reading: str | None = None,
    replaced: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The result of a calculation as plain JSON values.

    `reading` names an alternative that the document states, as "reading: alternative"; `replaced` holds other
    values for some paths of the filled-in document. Raises TermsError, InputError and CannotPlace.
    """
    agreed = terms_from(document, inputs.get("parameters"))
    if reading is not None:
        agreed = under(agreed, reading)
    if replaced:
        plain = copy.deepcopy(agreed.document())
        for path, value in replaced.items():
            _set_at(plain, path.split("."), value)
        agreed = parse_terms(plain)
    return calculate(agreed, inputs)


def under(agreed: Terms, name: str) -> Terms:
    """The terms under one of their alternatives, in every commitment that states it."""
    stated = [dict(commitment.alternatives) for commitment in agreed.commitments]
    if not any(name in one for one in stated):
        known = ", ".join(sorted({one for alternatives in stated for one in alternatives})) or "none"
        raise CannotPlace(f"the document states no reading {name!r}; it states {known}")
    chosen = tuple(
        one.get(name, commitment) for one, commitment in zip(stated, agreed.commitments, strict=True)
    )
    return agreed.model_copy(update={"commitments": chosen})


def _set_at(holder: Any, steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
    if isinstance(holder, list):
        holder[int(steps[-1])] = value
    else:
        holder[steps[-1]] = value
