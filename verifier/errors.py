"""What the verifier raises on purpose."""


class EvidenceError(Exception):
    """A file that is no evidence file; the message fits one line."""
