"""The named errors of this room, and which of them each constraint of the database stands for."""

from base.errors import Conflict, DomainError


class NoTarget(DomainError):
    """A subscription names no receiver, or more than one kind of receiver."""

    code = "no_target"


class BadAddress(DomainError):
    """An address is none that mail can be sent to."""

    code = "bad_address"


class AlreadySubscribed(Conflict):
    """The same receiver has a subscription of the same kind already."""

    code = "already_subscribed"


class AlreadyEnded(Conflict):
    """The subscription was ended before."""

    code = "already_ended"


class NotToBeSent(DomainError):
    """The notice is held, needless, overtaken, or its fate is known or with a person: no attempt is due."""

    code = "not_to_be_sent"


class AttemptUnderWay(DomainError):
    """Another attempt at the same notice has no outcome yet."""

    code = "attempt_under_way"


class NothingToDecide(DomainError):
    """A person decides on notices that are uncertain, failed or held, and on no others."""

    code = "nothing_to_decide"


class DecidedAlready(Conflict):
    """Somebody decided on this attempt before."""

    code = "decided_already"


class ReasonMissing(DomainError):
    """A decision needs a reason."""

    code = "reason_missing"


class OutcomeKnown(Conflict):
    """The attempt has an outcome already."""

    code = "outcome_known"


BY_CONSTRAINT: dict[str, type[DomainError]] = {
    "notices_subscription_one_target": NoTarget,
    "notices_subscription_once": AlreadySubscribed,
    "notices_subscription_ends_once": AlreadyEnded,
    "notices_attempt_under_way": AttemptUnderWay,
    "notices_attempt_not_due": NotToBeSent,
    "notices_attempt_next": AttemptUnderWay,
    "notices_attempt_once": AttemptUnderWay,
    "notices_outcome_definite_once": OutcomeKnown,
    "notices_outcome_uncertain_once": OutcomeKnown,
    "notices_decision_due": NothingToDecide,
    "notices_decision_once": DecidedAlready,
    "notices_decision_of_held_once": DecidedAlready,
    "notices_decision_has_reason": ReasonMissing,
}
