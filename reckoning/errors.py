"""The named errors of the reckoning.

Each carries a stable `code`, and a message that says what would be right.
"""

from collections.abc import Sequence


class ReckoningError(ValueError):
    """The base of all errors that this package raises on purpose."""

    code = "RECKONING"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class TermsError(ReckoningError):
    """A terms document that cannot be read. `findings` lists every fault as (path, sentence)."""

    code = "TERMS"

    def __init__(self, findings: Sequence[tuple[str, str]]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{path or 'document'}: {sentence}" for path, sentence in self.findings))


class InputError(ReckoningError):
    """Facts that contradict themselves or the terms, so that no honest figure can be computed from them."""

    code = "INPUT"


class CurrencyError(InputError):
    """A currency that is not in the ISO 4217 table."""

    code = "UNKNOWN_CURRENCY"
