"""The reckoning of one commitment over one window."""

from reckoning.assessment.inputs import AssessmentInputs
from reckoning.assessment.result import AssessmentResult
from reckoning.terms.model import CommitmentTerms


def reckon(
    commitment: CommitmentTerms,
    inputs: AssessmentInputs,
    *,
    currency: str,
    terms_sha256: str,
    zone: str | None = None,
) -> AssessmentResult:
    """Reckon what happened against what was promised.

    `zone` is the contract's zone (`terms.zone`); it is needed where the commitment's window names none of its own.
    """
    raise NotImplementedError
