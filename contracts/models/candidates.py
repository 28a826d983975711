"""Terms that are weighed against each other before any is signed, which was picked, and what the past said of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import Sha256Field
from contracts.models.agreements import Contract, ContractVersion
from contracts.models.templates import TermsTemplateVersion


def _by_person() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")


class Candidate(models.Model):
    """Terms that a contract might get. The newest of each label is the one that is compared; earlier ones stay.

    ``terms`` is the canonical document with its hash. ``from_version`` or ``from_template`` say what it was taken
    from; neither: from the form as it stood.
    """

    append_only = True

    class Label(models.TextChoices):
        ASPIRATIONAL = "aspirational", "Aspirational"
        REALISTIC = "realistic", "Realistic"
        CONSERVATIVE = "conservative", "Conservative"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="candidates")
    label = models.CharField(max_length=12, choices=Label.choices)
    terms = models.JSONField()
    terms_sha256 = Sha256Field()
    note = models.CharField(max_length=500, blank=True)
    from_version = models.ForeignKey(
        ContractVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    from_template = models.ForeignKey(
        TermsTemplateVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    kept_by = _by_person()
    kept_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["contract", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_candidate_from_one_place",
                condition=Q(from_version__isnull=True) | Q(from_template__isnull=True),
                violation_error_message="It was taken from a version or from a template, not from both.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract.reference} {self.get_label_display().lower()}"


class CandidateChoice(models.Model):
    """Who picked a candidate, when and why, with the figures of it and of the rejected ones as they were shown.

    ``comparison`` is the whole comparison as canonical plain values, known as of ``known_at``; ``draft`` is the
    version that the candidate's text went into.
    """

    append_only = True

    chosen = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="choices")
    comparison = models.JSONField()
    comparison_sha256 = Sha256Field()
    known_at = models.DateTimeField(help_text="Until when knowledge counted in the figures.")
    reason = models.TextField()
    draft = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="candidate_choices")
    chosen_by = _by_person()
    chosen_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="contracts_candidatechoice_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.chosen} picked"


class BackTest(models.Model):
    """What exactly one text came to on the contract's past: by commitment and month, whether it was met.

    The reckoning is a room above; it hands over what it found, so that what stands against signing can name it.
    """

    append_only = True

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="back_tests")
    terms_sha256 = Sha256Field()
    known_at = models.DateTimeField(help_text="Until when knowledge counted.")
    months = models.PositiveSmallIntegerField(help_text="How many months were looked at.")
    decided = models.PositiveSmallIntegerField(help_text="Of how many it is known whether they were met.")
    attained = models.PositiveSmallIntegerField()
    figures = models.JSONField()
    figures_sha256 = Sha256Field()
    run_by = _by_person()
    run_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["contract", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="contracts_backtest_once", fields=["contract", "terms_sha256", "figures_sha256"]
            ),
            models.CheckConstraint(
                name="contracts_backtest_counts_fit",
                condition=Q(attained__lte=models.F("decided")) & Q(decided__lte=models.F("months")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract.reference}: {self.attained} of {self.decided} months"
