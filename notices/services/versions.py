"""From what happened to a version to a mail for each who is asked or told."""

from datetime import datetime

from notices.models import Announcement, Notice
from notices.services.plainly import write_plainly
from notices.wording_versions import told_of


def compose_of_version(announcement: Announcement, *, composed_at: datetime) -> list[Notice]:
    """Write the notices that are not there yet: one for each who is asked or told, whatever else they are told of.

    Who has no address that mail can be sent to is left out. Returns the new notices only.
    """
    version = announcement.version
    if version is None:
        raise ValueError(f"{announcement} is about no version")
    fact = (version.contract.reference, str(version.number), announcement.kind, str(announcement.fact))
    told = [(one.person, one.words) for one in told_of(announcement, composed_at.date())]
    return write_plainly(announcement, told, fact, composed_at=composed_at)
