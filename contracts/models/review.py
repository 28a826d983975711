"""The review of a version: who was asked, what was remarked and objected, and what was answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import Sha256Field
from contracts.models.agreements import ContractVersion

USER = settings.AUTH_USER_MODEL


class ReviewRequest(models.Model):
    """A role, or one person of it, is asked to look at a version before it is signed."""

    append_only = True

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="review_requests")
    role = models.CharField(max_length=30)
    person = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    words = models.TextField()
    due_on = models.DateField(null=True, blank=True)
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.CheckConstraint(name="contracts_reviewrequest_has_words", condition=~Q(words="")),
        ]

    def __str__(self) -> str:
        return f"{self.role_words} asked about {self.version}"

    @property
    def role_words(self) -> str:
        """The role in words."""
        return self.role.replace("_", " ")


class ReviewRemark(models.Model):
    """A comment or an objection to exactly one text, at a clause (``path``) or to the whole (an empty one).

    An objection is an information that is missing, a trade-off that somebody would make otherwise, or a veto.
    It stands against signing until it is closed (see ``RemarkAnswer``), whatever becomes of the text.
    """

    append_only = True

    class Kind(models.TextChoices):
        COMMENT = "comment", "Comment"
        OBJECTION = "objection", "Objection"

    class ObjectionClass(models.TextChoices):
        INFORMATION = "information", "Information"
        TRADE_OFF = "trade_off", "Trade-off"
        VETO = "veto", "Veto"

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="remarks")
    terms_sha256 = Sha256Field(help_text="Of the text that was remarked on.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    objection_class = models.CharField(max_length=12, choices=ObjectionClass.choices, blank=True)
    path = models.CharField(max_length=300, blank=True)
    words = models.TextField()
    made_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="contracts_remark_has_words", condition=~Q(words="")),
            models.CheckConstraint(
                name="contracts_remark_objection_has_class",
                condition=Q(kind="comment", objection_class="")
                | Q(kind="objection", objection_class__in=["information", "trade_off", "veto"]),
            ),
        ]

    def __str__(self) -> str:
        said = self.get_objection_class_display() if self.objection_class else self.get_kind_display()
        return f"{said} to {self.version}{f' at {self.path}' if self.path else ''}"


class RemarkAnswer(models.Model):
    """An answer to a remark. A reply closes nothing.

    An information or a trade-off is closed by somebody else's acceptance or rejection, or by its author's
    withdrawal. A veto is closed by withdrawal only: its author's, or with a reason that of a second person of
    legal, who did not write the text. ``from_sha256`` and ``to_sha256`` name the edit that an acceptance caused.
    """

    append_only = True

    class Outcome(models.TextChoices):
        REPLY = "reply", "Reply"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    remark = models.ForeignKey(ReviewRemark, on_delete=models.PROTECT, related_name="answers")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    words = models.TextField()
    from_sha256 = Sha256Field(blank=True)
    to_sha256 = Sha256Field(blank=True)
    answered_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="contracts_remarkanswer_has_words", condition=~Q(words="")),
            models.CheckConstraint(
                name="contracts_remarkanswer_known_outcome",
                condition=Q(outcome__in=["reply", "accepted", "rejected", "withdrawn"]),
            ),
            models.CheckConstraint(
                name="contracts_remarkanswer_edit_of_accepted",
                condition=Q(from_sha256="", to_sha256="")
                | Q(outcome="accepted")
                & ~Q(from_sha256="")
                & ~Q(to_sha256="")
                & ~Q(to_sha256=models.F("from_sha256")),
            ),
            models.UniqueConstraint(
                name="contracts_remarkanswer_verdict_once",
                fields=["remark"],
                condition=Q(outcome__in=["accepted", "rejected"]),
            ),
            models.UniqueConstraint(
                name="contracts_remarkanswer_withdrawn_once",
                fields=["remark"],
                condition=Q(outcome="withdrawn"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.remark}"
