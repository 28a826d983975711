"""Who wants to be told, what they are told, and how each mail fared.

A breach, every later revision of its result, a conflict of promises, and what somebody is asked or told about a version
on its way to be signed is announced by a trigger in the transaction that writes it (:class:`Announcement`, the outbox).
A job composes one :class:`Notice` per receiver, whose words never change. Each try to send it is an :class:`Attempt`,
committed before the first word with the mail server; what came of it is an :class:`Outcome`. What a person decides
about a mail whose fate is not known is a :class:`Decision`. States are derived from these rows (see
``notices.reading``).
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import Sha256Field
from base.models import ROLES
from contracts.models import ConflictStep, ContractVersion
from credits.models import Assessment


class Audience(models.TextChoices):
    """For whom a text is worded."""

    LEGAL = "legal", "Legal"
    CUSTOMER_SUCCESS = "customer_success", "Customer success"


class Channel(models.TextChoices):
    """By which way a notice reaches its receiver."""

    MAIL = "mail", "Mail"


class Subscription(models.Model):
    """Who is told: one person, one address, or everybody in a role; in the words of ``audience``.

    Where an audience has no subscription, the people who have the role of that name are told, so that silence
    is never an accident of set-up. Ended, not deleted.
    """

    class Kind(models.TextChoices):
        BREACH = "breach", "Breaches, their revisions and withdrawals"

    class Language(models.TextChoices):
        ENGLISH = "en", "English"

    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.BREACH)
    audience = models.CharField(max_length=20, choices=Audience.choices)
    role = models.CharField(
        max_length=30, blank=True, choices=[(role, role.replace("_", " ")) for role in ROLES]
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="subscriptions",
    )
    address = models.EmailField(blank=True, help_text="Such as a shared mailbox.")
    language = models.CharField(max_length=5, choices=Language.choices, default=Language.ENGLISH)
    recorded_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["audience", "pk"]
        constraints = [
            models.CheckConstraint(
                name="notices_subscription_one_target",
                violation_error_message="Name a role, a person or an address: exactly one of the three.",
                condition=(~Q(role="") & Q(person__isnull=True, address=""))
                | Q(role="", person__isnull=False, address="")
                | (Q(role="", person__isnull=True) & ~Q(address="")),
            ),
            models.UniqueConstraint(
                name="notices_subscription_once",
                fields=["kind", "audience", "role", "person", "address"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_audience_display()}: {self.target}"

    @property
    def target(self) -> str:
        """Who is meant, for people."""
        if self.role:
            return f"everybody in {self.get_role_display()}"
        return self.person.display_name if self.person else self.address


class Announcement(models.Model):
    """That there is something to tell: written by the database in the transaction of the fact itself."""

    append_only = True

    class Kind(models.TextChoices):
        FOUND = "found", "A breach was found"
        REVISED = "revised", "The result of a breach was revised"
        WITHDRAWN = "withdrawn", "What was told no longer holds"
        CONFLICT = "conflict", "Two promises are in conflict"
        REVIEW = "review", "Somebody is asked to review a version"
        ANSWER = "answer", "An objection was answered"
        TURN = "turn", "A signer is asked to sign"
        SIGNED = "signed", "All have signed a version"
        VOIDED = "voided", "Signatures were voided by an edit"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    assessment = models.OneToOneField(
        Assessment, on_delete=models.PROTECT, null=True, related_name="announcement"
    )
    conflict_step = models.OneToOneField(
        ConflictStep, on_delete=models.PROTECT, null=True, related_name="announcement"
    )
    version = models.ForeignKey(
        ContractVersion, on_delete=models.PROTECT, null=True, related_name="announcements"
    )
    fact = models.BigIntegerField(
        null=True,
        help_text="What it is of a version: the key of the request, the answer, the step, the version, or the first "
        "signature that was voided, by the kind.",
    )
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="notices_announcement_of_one_thing",
                condition=Q(
                    kind="conflict",
                    assessment__isnull=True,
                    conflict_step__isnull=False,
                    version__isnull=True,
                    fact__isnull=True,
                )
                | Q(
                    kind__in=["found", "revised", "withdrawn"],
                    assessment__isnull=False,
                    conflict_step__isnull=True,
                    version__isnull=True,
                    fact__isnull=True,
                )
                | Q(
                    kind__in=["review", "answer", "turn", "signed", "voided"],
                    assessment__isnull=True,
                    conflict_step__isnull=True,
                    version__isnull=False,
                    fact__isnull=False,
                ),
            ),
            models.UniqueConstraint(
                name="notices_announcement_of_version_once",
                fields=["kind", "fact"],
                condition=Q(version__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        subject = self.assessment or self.conflict_step or self.version
        return f"{self.get_kind_display()}: {subject}"


class Notice(models.Model):
    """What one receiver is told of one revision by one channel (rule 18). Its words are frozen here.

    ``replaces`` is the same receiver's notice of an earlier revision. ``held_because`` is not empty where the
    words may not be sent; ``needless``: the receiver was never sent what this one would take back. Neither is
    ever sent.
    """

    append_only = True

    announcement = models.ForeignKey(Announcement, on_delete=models.PROTECT, related_name="notices")
    assessment = models.ForeignKey(
        Assessment,
        on_delete=models.PROTECT,
        null=True,
        related_name="notices",
        help_text="Empty where it is about no result.",
    )
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.MAIL)
    audience = models.CharField(max_length=20, choices=Audience.choices)
    recipient_name = models.CharField(max_length=200, blank=True)
    recipient_address = models.EmailField()
    language = models.CharField(max_length=5, choices=Subscription.Language.choices)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    text_sha256 = Sha256Field(help_text="Of subject, an empty line, and text, in UTF-8.")
    message_id = models.CharField(
        max_length=200,
        unique=True,
        help_text="The same for every attempt, so that a receiver can drop a double.",
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    held_because = models.CharField(max_length=500, blank=True)
    needless = models.BooleanField(default=False)
    composed_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="notices_notice_once", fields=["assessment", "recipient_address", "channel"]
            ),
            models.UniqueConstraint(
                name="notices_notice_of_conflict_once",
                fields=["announcement", "recipient_address", "channel"],
                condition=Q(assessment__isnull=True),
            ),
            models.CheckConstraint(
                name="notices_notice_address_in_small_letters",
                condition=Q(recipient_address=models.functions.Lower("recipient_address")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient_address}"


class Attempt(models.Model):
    """One try to hand a notice to the mail server, committed before the conversation begins.

    Without an outcome after ``lost_after`` it counts as lost: nobody knows whether the mail went out.
    """

    append_only = True

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    lost_after = models.DateTimeField()
    worker = models.CharField(max_length=100, help_text="Machine and process.")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["notice", "number"]
        constraints = [
            models.UniqueConstraint(name="notices_attempt_once", fields=["notice", "number"]),
            models.CheckConstraint(
                name="notices_attempt_in_order", condition=Q(started_at__lt=models.F("lost_after"))
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} at {self.notice}"


class Outcome(models.Model):
    """What came of an attempt. One that was counted as lost may still be followed by the server's late answer."""

    append_only = True

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", "Accepted by the mail server"
        REFUSED_FOR_NOW = "refused_for_now", "Refused for now"
        REFUSED = "refused", "Refused for good"
        UNCERTAIN = "uncertain", "Uncertain: it may have gone out"

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="outcomes")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    answer_code = models.PositiveIntegerField(null=True, help_text="The mail server's, where there was one.")
    answer = models.TextField(help_text="The mail server's words, or what happened instead.")
    next_try_at = models.DateTimeField(null=True, help_text="When it is tried again by itself; empty: never.")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["attempt", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="notices_outcome_definite_once", fields=["attempt"], condition=~Q(kind="uncertain")
            ),
            models.UniqueConstraint(
                name="notices_outcome_uncertain_once", fields=["attempt"], condition=Q(kind="uncertain")
            ),
            models.CheckConstraint(
                name="notices_outcome_tried_again_only_if_refused_for_now",
                condition=Q(kind="refused_for_now") | Q(next_try_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.attempt}"


class Decision(models.Model):
    """What a person decided about a notice whose last attempt is uncertain or failed, or that is held."""

    append_only = True

    class Kind(models.TextChoices):
        RESEND = "resend", "Send it again"
        DELIVERED = "delivered", "It arrived, or its receiver was told otherwise"
        GIVEN_UP = "given_up", "It is not sent"

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="decisions")
    attempt = models.OneToOneField(
        Attempt,
        on_delete=models.PROTECT,
        null=True,
        related_name="decision",
        help_text="Empty for a held one.",
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.TextField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["notice", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="notices_decision_of_held_once", fields=["notice"], condition=Q(attempt__isnull=True)
            ),
            models.CheckConstraint(name="notices_decision_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.notice}"
