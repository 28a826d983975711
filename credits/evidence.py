"""What an outsider needs to recompute a result without this system: ``python -m verifier FILE``."""

from typing import Any

from contracts.reading import terms_of
from credits.models import Assessment
from reckoning.canonical import canonical_json

FORMAT = "sla-ledger-evidence/1"


def evidence_of(assessment: Assessment) -> dict[str, Any]:
    """The evidence of one result: its terms, its inputs and what was computed, each with its hash.

    Raises TermsAltered where the stored terms do not give the hash that was frozen at signing.
    """
    terms = terms_of(assessment.commitment.version)
    return {
        "format": FORMAT,
        "terms": terms.document(),
        "commitment": assessment.commitment.key,
        "inputs": assessment.inputs,
        "result": assessment.result,
        "terms_sha256": assessment.terms_sha256,
        "inputs_sha256": assessment.inputs_sha256,
    }


def evidence_file(assessment: Assessment) -> bytes:
    """The evidence as canonical JSON: the same result gives the same bytes."""
    return canonical_json(evidence_of(assessment)) + b"\n"
