"""Evidence as a document: rooms hand plain values over, and this renders them. It knows no room."""

from audit.documents.evidence import evidence_pdf, evidence_sha256
from audit.documents.value import EvidenceValue, Listing

__all__ = ["EvidenceValue", "Listing", "evidence_pdf", "evidence_sha256"]
