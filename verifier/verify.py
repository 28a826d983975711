"""Reading an evidence file and recomputing what it says."""

import json
from typing import Any, NamedTuple

from pydantic import ValidationError

from reckoning.assessment.inputs import AssessmentInputs
from reckoning.assessment.reckon import reckon
from reckoning.assessment.result import AssessmentResult
from reckoning.canonical import instant_text, sha256_hex
from reckoning.errors import ReckoningError
from reckoning.terms.document import parse_terms, terms_sha256
from reckoning.terms.model import CommitmentTerms, Terms
from reckoning.timeline.placing import window_between
from reckoning.timeline.windows import window_of
from verifier import pdf
from verifier.errors import EvidenceError
from verifier.evidence import FORMAT

MAX_BYTES = 32_000_000
_FIELDS = ("format", "terms", "terms_sha256", "commitment", "inputs", "inputs_sha256", "result")
_MISSING = "(not there)"


class Difference(NamedTuple):
    """The first place where the file and the recomputation part ways."""

    path: str
    recorded: str
    recomputed: str


class Verdict(NamedTuple):
    """What was recomputed, and the first difference from what the file records; None when it is identical."""

    terms: Terms
    commitment: str
    inputs: AssessmentInputs
    result: AssessmentResult
    difference: Difference | None
    sha256: str


def verify(data: bytes) -> Verdict:
    """Recompute the result of an evidence file, or of the evidence that is attached to a PDF.

    Raises EvidenceError for a file that cannot be read.
    """
    if pdf.looks_like_pdf(data):
        data = pdf.evidence_in(data, FORMAT.encode(), MAX_BYTES)
    evidence = _load(data)
    digest = sha256_hex(data)
    try:
        terms = parse_terms(evidence["terms"])
        commitment = terms.commitment(_text(evidence, "commitment"))
        inputs = AssessmentInputs.model_validate(evidence["inputs"])
        result = reckon(
            commitment,
            inputs,
            currency=terms.currency,
            terms_sha256=terms_sha256(terms),
            zone=terms.zone,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise EvidenceError(f"inputs.{place}: {first['msg']}") from None
    except (ReckoningError, RecursionError) as error:
        raise EvidenceError(str(error)) from None
    misplaced = _misplaced(terms, commitment, inputs)
    if misplaced is not None:
        return Verdict(terms, commitment.key, inputs, result, misplaced, digest)
    recorded = {name: evidence[name] for name in ("terms_sha256", "inputs_sha256", "result")}
    recomputed = {
        "terms_sha256": terms_sha256(terms),
        "inputs_sha256": inputs.sha256(),
        "result": result.to_json_obj(),
    }
    return Verdict(terms, commitment.key, inputs, result, first_difference(recorded, recomputed), digest)


def _misplaced(terms: Terms, commitment: CommitmentTerms, inputs: AssessmentInputs) -> Difference | None:
    """Facts of another service or of a period that is no window of the terms prove nothing about them."""
    if inputs.service not in commitment.services:
        return Difference("inputs.service", inputs.service, f"one of {', '.join(commitment.services)}")
    zone = terms.zone_of(commitment)
    if window_between(commitment.window, zone, inputs.window_start, inputs.window_end) is not None:
        return None
    window = window_of(commitment.window, zone, inputs.window_start)
    for name, recorded, right in (
        ("inputs.window_start", inputs.window_start, window.start),
        ("inputs.window_end", inputs.window_end, window.end),
    ):
        if recorded != right:
            return Difference(name, instant_text(recorded), instant_text(right))
    return None


def first_difference(recorded: Any, recomputed: Any, path: str = "") -> Difference | None:
    """The first difference in the order of the recomputed value; a missing or added field is one too."""
    if isinstance(recorded, dict) and isinstance(recomputed, dict):
        names = [*recomputed, *(name for name in recorded if name not in recomputed)]
        pairs = [(name, recorded.get(name, _MISSING), recomputed.get(name, _MISSING)) for name in names]
    elif isinstance(recorded, list) and isinstance(recomputed, list):
        length = max(len(recorded), len(recomputed))
        pairs = [(str(at), _at(recorded, at), _at(recomputed, at)) for at in range(length)]
    elif recorded == recomputed and type(recorded) is type(recomputed):
        return None
    else:
        return Difference(path, _shown(recorded), _shown(recomputed))
    for name, left, right in pairs:
        found = first_difference(left, right, f"{path}.{name}" if path else str(name))
        if found is not None:
            return found
    return None


def _load(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise EvidenceError(f"the file is larger than {MAX_BYTES:,} bytes")
    try:
        evidence = json.loads(data.decode("utf-8"), parse_float=_refuse, parse_constant=_refuse)
    except EvidenceError:
        raise
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EvidenceError(f"the file is not JSON: {reason[:200]}") from None
    if not isinstance(evidence, dict) or evidence.get("format") != FORMAT:
        raise EvidenceError(f"the file is no evidence of the format {FORMAT}")
    missing = [name for name in _FIELDS if name not in evidence]
    unknown = [str(name)[:60] for name in evidence if name not in _FIELDS]
    if missing or unknown:
        raise EvidenceError(
            f"missing: {', '.join(missing)}" if missing else f"unknown fields: {', '.join(unknown)[:300]}"
        )
    return evidence


def _refuse(text: str) -> Any:
    raise EvidenceError(f"the file holds the binary number {text[:40]}; exact values are text")


def _text(evidence: dict[str, Any], name: str) -> str:
    value = evidence[name]
    if not isinstance(value, str):
        raise EvidenceError(f"{name}: is not text")
    return value


def _at(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else _MISSING


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:300]


__all__ = ["MAX_BYTES", "Difference", "EvidenceError", "Verdict", "first_difference", "verify"]
