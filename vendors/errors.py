"""The named errors of this room, and which of them each constraint of the database stands for."""

from base.errors import Conflict, DomainError


class NotAVendor(DomainError):
    """A profile is kept of vendors only."""

    code = "not_a_vendor"


class FieldRefused(DomainError):
    """A field holds what cannot be."""

    code = "field_refused"


class NotOurClaim(DomainError):
    """We write letters about what vendors owe to us, not about what we owe."""

    code = "not_our_claim"


class LetterTooLate(DomainError):
    """A claim that was sent, answered or forfeited gets no further letter."""

    code = "letter_too_late"


class LetterOutdated(DomainError):
    """The letter does not say what it would say today, or a later version of it is there."""

    code = "letter_outdated"


class LetterAltered(DomainError):
    """A stored letter is not what its hash was made of."""

    code = "letter_altered"


class SentBeforeWritten(DomainError):
    """A letter is not sent before the day that stands on it."""

    code = "sent_before_written"


class AnswerIncomplete(DomainError):
    """An answer lacks what its verdict needs."""

    code = "answer_incomplete"


class AnsweredAlready(Conflict):
    """The vendor's answer is on record already, and it is another one."""

    code = "answered_already"


BY_CONSTRAINT: dict[str, type[DomainError]] = {
    "vendors_profile_of_a_vendor": NotAVendor,
    "vendors_letter_on_a_vendor": NotOurClaim,
    "vendors_letter_before_sending": LetterTooLate,
    "vendors_letter_version_next": LetterOutdated,
    "vendors_letter_version_once": LetterOutdated,
    "vendors_letter_hash_of_its_text": LetterAltered,
    "vendors_sent_newest": LetterOutdated,
    "vendors_sent_of_its_claim": LetterOutdated,
    "vendors_sent_after_written": SentBeforeWritten,
    "vendors_sent_hash_of_its_document": LetterAltered,
    "vendors_answer_of_its_step": AnswerIncomplete,
    "vendors_answer_amount_of_verdict": AnswerIncomplete,
    "vendors_answer_says_why": AnswerIncomplete,
    "vendors_answer_claim_id_key": AnsweredAlready,
    "vendors_answer_step_id_key": AnsweredAlready,
}
