"""What must be there before a version is signed: a checklist answered, people consulted, and a map of whom it
concerns."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from base.fields import Sha256Field
from contracts.models.agreements import ContractVersion

USER = settings.AUTH_USER_MODEL


class ChecklistAnswer(models.Model):
    """Legal's answer to one item of the checklist, for exactly one text. The last one for a text counts."""

    append_only = True

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="checklist_answers")
    terms_sha256 = Sha256Field(help_text="Of the text that was checked: an edit asks for it anew.")
    item = models.CharField(max_length=60)
    answer = models.CharField(max_length=60)
    clause = models.CharField(max_length=200, blank=True, help_text="Where the paper says so.")
    note = models.TextField(blank=True)
    answered_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_checklistanswer_said", condition=~Q(item="") & ~Q(answer="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.answer}"


class ConsultationPolicy(models.Model):
    """Whom legal must have consulted before a version of this direction is signed. The last one counts."""

    append_only = True

    direction = models.CharField(max_length=20)
    roles = models.JSONField(default=list, help_text="Codes of contracts.consulting.ROLES; empty: nobody.")
    reason = models.TextField()
    set_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(name="contracts_consultationpolicy_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.direction}: {', '.join(self.roles) or 'nobody'}"


class Consultation(models.Model):
    """Somebody was consulted about a version on a day, in a role (for one service where the role is of services)."""

    append_only = True

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="consultations")
    role = models.CharField(max_length=40)
    service_code = models.CharField(max_length=60, blank=True)
    person = models.CharField(max_length=200)
    consulted_on = models.DateField()
    words = models.TextField(blank=True, help_text="What they said.")
    recorded_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="contracts_consultation_has_person", condition=~Q(person="")),
        ]

    def __str__(self) -> str:
        return f"{self.person} ({self.role}) on {self.consulted_on}"


class StakeholderEntry(models.Model):
    """A party whom a version concerns, and how legal sees it. The last entry of a party counts. Legal's eyes only."""

    append_only = True

    class Stance(models.TextChoices):
        UNKNOWN = "", "not known"
        SUPPORTS = "supports", "supports it"
        NEUTRAL = "neutral", "neutral"
        OPPOSES = "opposes", "opposes it"

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="stakeholders")
    party = models.CharField(max_length=200)
    concern = models.TextField(blank=True)
    objection = models.TextField(blank=True)
    attraction = models.TextField(blank=True)
    stance = models.CharField(max_length=10, choices=Stance.choices, blank=True)
    relationship_owner = models.CharField(max_length=200, blank=True)
    is_dropped = models.BooleanField(default=False)
    written_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="contracts_stakeholder_has_party", condition=~Q(party="")),
        ]

    def __str__(self) -> str:
        return f"{self.party} on {self.version}"

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that nobody filled in, in words."""
        named = {
            "primary concern": self.concern,
            "likely objection": self.objection,
            "what would attract them": self.attraction,
            "stance": self.stance,
            "relationship owner": self.relationship_owner,
        }
        return tuple(name for name, value in named.items() if not value)
