"""Notices that take no other's place: of what is told once, to people and not to subscriptions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from audit.record import record
from base.models import User
from notices.models import Announcement, Audience, Channel, Notice, Subscription
from notices.recipients import sendable
from notices.smtp import domain
from notices.wording import Words


def write_plainly(
    announcement: Announcement,
    told: Iterable[tuple[User, Words]],
    fact: Sequence[str],
    *,
    composed_at: datetime,
) -> list[Notice]:
    """Write the notices of an announcement that are not there yet, each address once, with one event for all.

    ``fact`` says what is told: from it and the address follows the message id. Who has no address that mail can be sent
    to is left out. Returns the new notices only.
    """
    there = set(announcement.notices.values_list("recipient_address", flat=True))
    made = []
    for person, words in told:
        address = person.email.lower()
        if not sendable(address) or address in there:
            continue
        there.add(address)
        digest = sha256("\n".join([*fact, Channel.MAIL.value, address]).encode()).hexdigest()
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
                message_id=f"<{digest[:40]}@{domain()}>",
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
