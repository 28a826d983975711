"""The named errors of this room."""

from collections.abc import Sequence

from base.errors import Conflict, DomainError, NotAllowed


class FieldsRefused(DomainError):
    """Values that a record may not have. ``fields`` gives the sentences for each field."""

    code = "fields_refused"

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self.fields = fields
        super().__init__("; ".join(f"{name}: {' '.join(said)}" for name, said in fields.items()))


class AlreadyThere(FieldsRefused, Conflict):
    """A record with the same key is there already (rule 17)."""

    code = "already_there"


class TermsRefused(DomainError):
    """A terms document that cannot be kept. ``findings`` lists every fault as (path, sentence)."""

    code = "terms_refused"

    def __init__(self, findings: Sequence[tuple[str, str]]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"terms.{path}: {sentence}" for path, sentence in self.findings))


class TermsAltered(DomainError):
    """The stored document does not give the hash that was frozen: someone went round the application."""

    code = "terms_altered"


class WrongState(DomainError):
    """The version is in a state in which this cannot be done."""

    code = "wrong_state"


class OpenFindings(DomainError):
    """Findings of the linter, unknown names or readings without a choice stand against signing (rule 8)."""

    code = "open_findings"

    def __init__(self, findings: Sequence[tuple[str, str, str]]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{path}: {code}: {said}" for code, path, said in self.findings))


class NoSuchFinding(DomainError):
    """There is no such finding in exactly this text, so that there is nothing to accept."""

    code = "no_such_finding"


class NoSuchReading(DomainError):
    """The document holds no reading of that name, or says another choice."""

    code = "no_such_reading"


class NotAParty(DomainError):
    """The name signed for is neither our entity's nor the counterparty's."""

    code = "not_a_party"


class AlreadySigned(Conflict):
    """That party's signature is there already, with other particulars."""

    code = "already_signed"


class DraftedByYourself(NotAllowed):
    """Whoever wrote the text may not record the signature that puts it in force (four eyes)."""

    code = "drafted_by_yourself"


class ReasonMissing(DomainError):
    """An act that needs a reason was given none."""

    code = "reason_missing"
