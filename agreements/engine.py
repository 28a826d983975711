"""The one place where the benchmark meets the product: documents are read and reckoned by its own functions."""

import copy
from pathlib import Path
from typing import Any

from agreements.faults import CannotPlace
from reckoning.assessment import AssessmentInputs, reckon
from reckoning.terms import terms_sha256
from reckoning.terms.plain import read_plain
from reckoning.terms.templates import terms_from


def read(path: Path) -> dict[str, Any]:
    """A terms document as plain values."""
    plain = read_plain(path.read_bytes())
    if not isinstance(plain, dict):
        raise CannotPlace(f"{path.name} holds no terms document")
    return plain


def replaced(terms: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The document with other values at some paths: what an alternative that is wrong would say."""
    changed = copy.deepcopy(terms)
    for path, value in changes.items():
        _set_at(changed, path.split("."), value)
    return changed


def under(terms: dict[str, Any], name: str) -> dict[str, Any]:
    """The document under one of the alternatives that it states, named "reading: alternative"."""
    changed = copy.deepcopy(terms)
    known: list[str] = []
    for commitment in changed["commitments"]:
        for reading in commitment.pop("readings", []):
            for alternative in reading.get("alternatives", []):
                known.append(f"{reading['name']}: {alternative['name']}")
                if known[-1] == name:
                    for path, value in alternative["set"].items():
                        _set_at(commitment, path.split("."), value)
    if name not in known:
        raise CannotPlace(f"the document states no reading {name!r}; it states {', '.join(known) or 'none'}")
    return changed


def _set_at(holder: Any, steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
    if isinstance(holder, list):
        holder[int(steps[-1])] = value
    else:
        holder[steps[-1]] = value


def result(terms: dict[str, Any], inputs: dict[str, Any], *, reading: str | None = None) -> dict[str, Any]:
    """The calculation's result as plain JSON values."""
    parsed = terms_from(under(terms, reading) if reading else terms, inputs.get("parameters"))
    windows = []
    for given in inputs["windows"]:
        found = {}
        for key, facts in given["commitments"].items():
            commitment = parsed.commitment(key)
            intervals = [
                {"id": str(n), "observation": str(n), **one}
                for n, one in enumerate(facts.get("intervals", []))
            ]
            plain = {
                "window_start": given["window"]["start"],
                "window_end": given["window"]["end"],
                "known_at": given["window"]["end"],
                "service": commitment.services[0],
                "coverage": [{"start": given["window"]["start"], "end": given["window"]["end"]}],
                **facts,
                "intervals": intervals,
            }
            one = reckon(
                commitment,
                AssessmentInputs.model_validate(plain),
                currency=parsed.currency,
                terms_sha256=terms_sha256(parsed),
                zone=parsed.zone,
            )
            found[key] = one.to_json_obj()
            exact = one.uncapped_amount
            found[key]["credit_exact"] = None if exact is None else f"{exact.numerator}/{exact.denominator}"
        windows.append({"commitments": found})
    return {"windows": windows}
