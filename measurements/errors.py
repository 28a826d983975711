"""The named errors of this room."""

from collections.abc import Sequence

from base.csvio import Fault
from base.errors import Conflict, DomainError, NotAllowed


class FieldRefused(DomainError):
    """An argument that cannot be; the message begins with its name."""

    code = "field_refused"


class WrongShape(DomainError):
    """A source of intervals where daily seconds are needed, or the other way round."""

    code = "wrong_shape"


class SourceUnbound(DomainError):
    """No source plays the role that the terms name, so that nothing can be known."""

    code = "source_unbound"


class RoleTaken(Conflict):
    """Another source plays that role for that contract already."""

    code = "role_taken"


class KnowledgeGoesBack(Conflict):
    """A file that claims to be known before what its source reported already: it would rewrite the past."""

    code = "knowledge_goes_back"


class RowsConflict(Conflict):
    """Rows that say something else than what the same source said at the same moment. ``faults`` lists them."""

    code = "rows_conflict"

    def __init__(self, name: str, faults: Sequence[Fault], total: int) -> None:
        self.faults = list(faults)
        self.total = total
        more = f"; and {total - 3} more" if total > 3 else ""
        super().__init__(
            f"{name}: {total} rows contradict what the source said at the same known_at, nothing was kept: "
            + "; ".join(str(fault) for fault in self.faults[:3])
            + more
        )


class ExclusionNeedsIntervals(DomainError):
    """Daily seconds have no time of day, so that no interval can be taken out of them."""

    code = "EXCLUSION_NEEDS_INTERVALS"


class ExclusionChanged(Conflict):
    """The same exclusion was proposed already with other particulars."""

    code = "exclusion_changed"


class DecidedAlready(Conflict):
    """The exclusion was decided already, and otherwise."""

    code = "decided_already"


class DecidedByProposer(NotAllowed):
    """Whoever proposed an exclusion may not decide on it (four eyes)."""

    code = "decided_by_proposer"


class WithdrawnByOther(NotAllowed):
    """Only whoever proposed an exclusion may withdraw it; others decide on it."""

    code = "withdrawn_by_other"


class EvidenceMissing(DomainError):
    """Words alone excuse no outage: a file or a link with its hash must be there before approval."""

    code = "evidence_missing"


class EvidenceTooLate(Conflict):
    """The exclusion was decided already: evidence comes before the decision."""

    code = "evidence_too_late"


class NotComparable(DomainError):
    """The terms measure something that no second source can be set beside, line by line."""

    code = "not_comparable"


class NoSuchDifference(DomainError):
    """A line on which the two sources do not differ, or that they do not have."""

    code = "no_such_difference"


class DifferenceUnexplained(Conflict):
    """Two sources differ by more than the contract tolerates, and nobody has said which figure is accepted and why."""

    code = "difference_unexplained"


class QueueIsLong(Conflict):
    """So many batches wait already that no more are taken. ``wait_seconds``: when to come again."""

    code = "queue_is_long"

    def __init__(self, message: str, *, wait_seconds: int) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds
