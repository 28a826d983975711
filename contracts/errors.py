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


class ChangedMeanwhile(Conflict):
    """Somebody else saved another text since the editor's form was opened."""

    code = "changed_meanwhile"


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


class NotNamed(DomainError):
    """Signers are named for that party, and this is none of them."""

    code = "not_named"


class NotYourTurn(DomainError):
    """Signers sign in an order, and somebody comes first."""

    code = "not_your_turn"


class NotTheSigner(NotAllowed):
    """Only the login that is named for a signer signs for them."""

    code = "not_the_signer"


class NotYoursToAnswer(NotAllowed):
    """Whoever objected does not decide on it, and only some may close it."""

    code = "not_yours_to_answer"


class AlreadySigned(Conflict):
    """That party's signature is there already, with other particulars."""

    code = "already_signed"


class DraftedByYourself(NotAllowed):
    """Whoever wrote the text may not record the signature that puts it in force (four eyes)."""

    code = "drafted_by_yourself"


class NoSuchTemplate(DomainError):
    """There is no such template, or no such version of it."""

    code = "no_such_template"


class ReasonMissing(DomainError):
    """An act that needs a reason was given none."""

    code = "reason_missing"


class NoticeTooShort(DomainError):
    """A change would take effect before the notice that is agreed has run."""

    code = "notice_too_short"


class BaseUnknown(DomainError):
    """No signed text of the contract has the hash that an amendment was written upon."""

    code = "base_unknown"


class PaperRefused(DomainError):
    """A file that is not kept as a paper: no PDF, damaged, locked, too large, or with something in it that runs."""

    code = "paper_refused"


class PassageNotThere(DomainError):
    """The words do not stand on that page of the paper; the message says what does."""

    code = "passage_not_there"


class NoSuchClause(DomainError):
    """The version has no clause at that place, or the passage belongs to another."""

    code = "no_such_clause"


class CoverageNotWhole(DomainError):
    """A covered journey lacks its owner or its cost, or one that is not covered lacks the reason (A9)."""

    code = "coverage_not_whole"


class CoverageAlreadyPublished(Conflict):
    """The list was published, or drafted anew since; a published list does not change."""

    code = "coverage_already_published"


class CandidateRefused(DomainError):
    """A candidate, the choice of one, or a back-test that does not fit together."""

    code = "candidate_refused"


class NotByYourself(NotAllowed):
    """A second person must do this: whoever recorded or decided it does not confirm it."""

    code = "not_by_yourself"


class CircleOfDecisions(DomainError):
    """By the decisions that stand, a promise would give way to one that gives way to it: nobody would pay."""

    code = "circle_of_decisions"


# What the services refuse by name, refused once more by the database.
PRECEDENCE_BY_CONSTRAINT: dict[str, type[DomainError]] = {
    "contracts_objective_four_eyes": NotByYourself,
    "contracts_precedence_four_eyes": NotByYourself,
    "contracts_conflictdecision_four_eyes": NotByYourself,
    "contracts_conflictdecision_is_the_last": WrongState,
    "contracts_objective_versions_in_order": WrongState,
}
