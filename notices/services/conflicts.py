"""From the announcement of a conflict to a mail for each owner."""

from datetime import datetime

from notices.models import Announcement, Notice
from notices.services.plainly import write_plainly
from notices.wording_conflicts import told_people, words_for_owners


def compose_conflict(announcement: Announcement, *, composed_at: datetime) -> list[Notice]:
    """Write the notices of a conflict that are not there yet: one for each owner, whatever else they are told of.

    Who has no address that mail can be sent to is left out. Returns the new notices only.
    """
    step = announcement.conflict_step
    if step is None:
        raise ValueError(f"{announcement} is about no conflict")
    words = words_for_owners(step)
    told = [(person, words) for person in told_people(step.conflict)]
    fact = (step.conflict.fingerprint, str(step.number))
    return write_plainly(announcement, told, fact, composed_at=composed_at)
