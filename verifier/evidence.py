"""The evidence file: terms, inputs and result of one assessment, each in its canonical spelling."""

from typing import Any

from reckoning.assessment.inputs import AssessmentInputs
from reckoning.assessment.result import AssessmentResult
from reckoning.terms.document import terms_sha256
from reckoning.terms.model import Terms

FORMAT = "sla-ledger-evidence/1"


def build(
    terms: Terms, commitment_key: str, inputs: AssessmentInputs, result: AssessmentResult
) -> dict[str, Any]:
    """Everything that an outsider needs to recompute `result`, as plain JSON values.

    Raises TermsError when the terms have no commitment of that key.
    """
    return {
        "format": FORMAT,
        "terms": terms.document(),
        "terms_sha256": terms_sha256(terms),
        "commitment": terms.commitment(commitment_key).key,
        "inputs": inputs.document(),
        "inputs_sha256": inputs.sha256(),
        "result": result.to_json_obj(),
    }
