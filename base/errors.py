"""Errors that a person can act on."""


class DomainError(Exception):
    """A rule of the business was not kept; nothing was written.

    ``code`` is stable and machine-readable; the message names the field, what is wrong with it and
    what would be right. Commands print the message as one line and exit with a non-zero status.
    """

    code = "domain_error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class NotAllowed(DomainError):
    """The actor lacks the role, or is barred by an earlier act of theirs (rule 20)."""

    code = "not_allowed"


class Conflict(DomainError):
    """The same key came again with other content (rule 17)."""

    code = "conflict"
