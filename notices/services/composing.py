"""From an announcement to the words for each receiver."""

from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from audit.record import record
from notices.models import Announcement, Audience, Channel, Decision, Notice, Outcome
from notices.plain_words import check, paragraphs
from notices.reading import hold
from notices.recipients import Recipient, recipients_of
from notices.services.conflicts import compose_conflict
from notices.services.versions import compose_of_version
from notices.smtp import domain
from notices.wording import Facts, Words, facts_of, words_for


@transaction.atomic
def compose(announcement: Announcement, *, composed_at: datetime) -> list[Notice]:
    """Write the notices of an announcement that are not there yet, one for each receiver (rule 18).

    A notice of a revision takes the place of the same receiver's notice of the revision before; that one, if it
    was not sent, never will be. Words that must not be sent are kept and held. Returns the new notices only;
    composing again adds receivers who subscribed since.
    """
    if announcement.conflict_step_id is not None:
        return compose_conflict(announcement, composed_at=composed_at)
    if announcement.version_id is not None:
        return compose_of_version(announcement, composed_at=composed_at)
    facts = facts_of(announcement)
    there = set(announcement.notices.values_list("recipient_address", flat=True))
    made = []
    for audience in Audience.values:
        words = words_for(audience, facts)
        for recipient in recipients_of(audience):
            if recipient.address not in there:
                there.add(recipient.address)
                made.append(_write(announcement, facts, recipient, words, composed_at))
    if made:
        record(
            "notice.compose",
            announcement,
            after={"notices": [{"id": one.pk, "text_sha256": one.text_sha256} for one in made]},
        )
    return made


def why_held(audience: str, words: Words) -> str:
    """Why words may not be sent; empty where they may. Only customer success has rules of words."""
    if audience != Audience.CUSTOMER_SUCCESS:
        return ""
    if hits := check(f"{words.subject}\n\n{words.text}"):
        return ("words that its readers should not have to know: " + ", ".join(hit.found for hit in hits))[
            :500
        ]
    count = len(paragraphs(words.text))
    return "" if count == 2 else f"{count} paragraphs instead of two"


def _write(
    announcement: Announcement, facts: Facts, recipient: Recipient, words: Words, composed_at: datetime
) -> Notice:
    earlier = _earlier(facts, recipient)
    needless = facts.kind == Announcement.Kind.WITHDRAWN and not _believed(earlier)
    return Notice.objects.create(
        announcement=announcement,
        assessment=announcement.assessment,
        channel=Channel.MAIL,
        audience=recipient.audience,
        recipient_name=recipient.name,
        recipient_address=recipient.address,
        language=recipient.language,
        subject=words.subject,
        text=words.text,
        text_sha256=sha256(f"{words.subject}\n\n{words.text}".encode()).hexdigest(),
        message_id=_message_id(facts, recipient),
        replaces=earlier,
        held_because=why_held(recipient.audience, words),
        needless=needless,
        composed_at=composed_at,
    )


def _earlier(facts: Facts, recipient: Recipient) -> Notice | None:
    """The receiver's last notice of an earlier revision; nobody begins to send it from here on."""
    result = facts.result
    earlier = (
        Notice.objects.filter(
            assessment__commitment=result.commitment_id,
            assessment__window_start=result.window_start,
            assessment__revision__lt=result.revision,
            recipient_address=recipient.address,
            channel=Channel.MAIL,
        )
        .order_by("-assessment__revision")
        .first()
    )
    if earlier is not None:
        hold(earlier.pk)
    return earlier


def _believed(notice: Notice | None) -> bool:
    """Whether the receiver may take a breach for true: the last notice that may have reached them told of one."""
    while notice is not None:
        on_its_way = Q(outcomes__isnull=True) | Q(
            outcomes__kind__in=[Outcome.Kind.ACCEPTED, Outcome.Kind.UNCERTAIN]
        )
        told = notice.decisions.filter(kind=Decision.Kind.DELIVERED).exists()
        if told or notice.attempts.filter(on_its_way).exists():
            return notice.announcement.kind != Announcement.Kind.WITHDRAWN
        notice = notice.replaces
    return False


def _message_id(facts: Facts, recipient: Recipient) -> str:
    """From what is told to whom alone, so that it is the same however often it is made and sent."""
    result = facts.result
    told = (
        facts.contract.reference,
        str(result.commitment.version.number),
        result.commitment.key,
        result.commitment.service.code,
        result.window_start.isoformat(),
        str(result.revision),
        Channel.MAIL.value,
        recipient.address,
    )
    digest = sha256("\n".join(told).encode()).hexdigest()
    return f"<{digest[:40]}@{domain()}>"
