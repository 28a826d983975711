"""What somebody wrote in the form of the terms and has not saved yet: private, bounded, with its steps."""

from django.conf import settings
from django.db import models

from base.fields import Sha256Field
from contracts.models.agreements import Contract, ContractVersion


class WorkingCopy(models.Model):
    """One person's unsaved work on one draft, or on a version of ``contract`` that is not there yet.

    It is nobody's record: it holds values as they were typed, complete or not, and goes when the draft is saved
    or when its owner leaves it. Others are told that it is there and when it last changed, never what it says.
    ``at`` is the number of the step that is shown; steps above it can be redone.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(
        ContractVersion, on_delete=models.CASCADE, null=True, blank=True, related_name="working_copies"
    )
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    at = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "working copies"
        constraints = [
            models.UniqueConstraint(
                name="contracts_workingcopy_once",
                fields=["owner", "version", "contract"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"unsaved work on {self.version or self.contract or 'a new version'}"


class WorkingStep(models.Model):
    """The form's values after one change. ``base_sha256`` is the stored text from which they were made."""

    working_copy = models.ForeignKey(WorkingCopy, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    did = models.CharField(max_length=200)
    place = models.CharField(max_length=400, blank=True)
    base_sha256 = Sha256Field(blank=True)
    packed = models.BinaryField()
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["working_copy", "number"]
        constraints = [
            models.UniqueConstraint(name="contracts_workingstep_once", fields=["working_copy", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.working_copy} step {self.number}: {self.did}"
