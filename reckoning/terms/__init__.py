"""The language of terms: typed immutable values, documents in and out, linter, wording, differences."""

from reckoning.terms.document import parse_terms, terms_json_schema, terms_sha256
from reckoning.terms.model import Alternative, CommitmentTerms, Reading, Terms, with_alternative

__all__ = [
    "Alternative",
    "CommitmentTerms",
    "Reading",
    "Terms",
    "parse_terms",
    "terms_json_schema",
    "terms_sha256",
    "with_alternative",
]
