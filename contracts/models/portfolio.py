"""A portfolio that is imported: many contracts in one file, with terms by template."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import Sha256Field
from contracts.models.agreements import ContractVersion


class PortfolioImport(models.Model):
    """One file of contracts: looked at row by row, and written once somebody of legal has confirmed it.

    How far it has come is counted from its rows, so that nothing has to be kept in step with them.
    """

    name = models.CharField(max_length=200)
    sha256 = Sha256Field(unique=True, help_text="Of the bytes as they came: the same file is one import.")
    headers = models.JSONField()
    row_total = models.PositiveIntegerField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_portfolioimport_confirmed_by_somebody",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name


class PortfolioRow(models.Model):
    """One row: one contract. What it holds, what is wrong with it, and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Not looked at yet"
        GOOD = "good", "Can be written"
        THERE = "there", "Is there already"
        FAULTY = "faulty", "Something is wrong"
        WRITTEN = "written", "Written as a draft"
        FAILED = "failed", "Could not be written"

    portfolio = models.ForeignKey(PortfolioImport, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField(help_text="As the sheet numbers it: the header is row 1.")
    cells = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    does = models.CharField(max_length=300, blank=True, help_text="What writing it would do, or did.")
    faults = models.JSONField(default=list, help_text="Lists of column, what is wrong, what would be right.")
    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["portfolio", "number"]
        constraints = [
            models.UniqueConstraint(name="contracts_portfoliorow_once", fields=["portfolio", "number"]),
            models.CheckConstraint(
                name="contracts_portfoliorow_written_has_a_version",
                condition=~Q(state="written") | Q(version__isnull=False),
            ),
        ]
        indexes = [models.Index(name="contracts_portfoliorow_state", fields=["portfolio", "state"])]

    def __str__(self) -> str:
        return f"{self.portfolio}, row {self.number}"
