"""From the announcement of a conflict to a mail for each owner."""

from datetime import datetime
from hashlib import sha256

from audit.record import record
from notices.models import Announcement, Audience, Channel, Notice, Subscription
from notices.recipients import sendable
from notices.smtp import domain
from notices.wording_conflicts import told_people, words_for_owners


def compose_conflict(announcement: Announcement, *, composed_at: datetime) -> list[Notice]:
    """Write the notices of a conflict that are not there yet: one for each owner, whatever else they are told of.

    Who has no address that mail can be sent to is left out. Returns the new notices only.
    """
    step = announcement.conflict_step
    if step is None:
        raise ValueError(f"{announcement} is about no conflict")
    words = words_for_owners(step)
    there = set(announcement.notices.values_list("recipient_address", flat=True))
    made = []
    for person in told_people(step.conflict):
        address = person.email.lower()
        if not sendable(address) or address in there:
            continue
        there.add(address)
        told = "\n".join([step.conflict.fingerprint, str(step.number), Channel.MAIL.value, address])
        made.append(
            Notice.objects.create(
                announcement=announcement,
                channel=Channel.MAIL,
                audience=Audience.LEGAL,
                recipient_name=" ".join(person.display_name.split()),
                recipient_address=address,
                language=Subscription.Language.ENGLISH,
                subject=words.subject,
                text=words.text,
                text_sha256=sha256(f"{words.subject}\n\n{words.text}".encode()).hexdigest(),
                message_id=f"<{sha256(told.encode()).hexdigest()[:40]}@{domain()}>",
                composed_at=composed_at,
            )
        )
    if made:
        record(
            "notice.compose",
            announcement,
            after={"notices": [{"id": one.pk, "text_sha256": one.text_sha256} for one in made]},
        )
    return made
