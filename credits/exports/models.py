"""What was handed to other systems: with which settings, as which bytes, and what came back.

Everything here is appended. A batch holds its files byte for byte, so that downloading it again, today or in
ten years, gives what was imported. A line is one thing under the id that the other side knows it by.
"""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from base.fields import CurrencyField, MoneyAmountField, Sha256Field
from contracts.models import LegalEntity
from credits.models import CreditMemo, JournalEntry


class Target(models.TextChoices):
    """What is written: one file in ``credits/exports/formats`` each."""

    JOURNAL_CSV = "journal_csv", "Journal as CSV"
    NETSUITE = "netsuite", "NetSuite credit memos"
    QUICKBOOKS = "quickbooks", "QuickBooks Online journal"
    XERO_JOURNAL = "xero_journal", "Xero manual journals"
    XERO_CREDIT_NOTES = "xero_credit_notes", "Xero credit notes"
    DATEV = "datev", "DATEV Buchungsstapel (EXTF)"
    UBL = "ubl", "UBL credit notes (EN 16931)"
    HLEDGER = "hledger", "hledger journal"
    BEANCOUNT = "beancount", "Beancount journal"


class ExportProfile(models.Model):
    """Accounts and settings of a company's books in one other system. The last row counts; batches name theirs."""

    append_only = True

    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="export_profiles")
    target = models.CharField(max_length=20, choices=Target.choices)
    number = models.PositiveIntegerField()
    options = models.JSONField(help_text="What the format wants to know, such as DATEV's client number.")
    accounts = models.JSONField(help_text="The other side's account per purpose, or purpose:counterparty.")
    reason = models.TextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["legal_entity", "target", "number"]
        constraints = [
            models.UniqueConstraint(name="exports_profile_once", fields=["legal_entity", "target", "number"]),
            models.CheckConstraint(name="exports_profile_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.legal_entity.code}: {self.get_target_display()}, {self.number}"


class ExportBatch(models.Model):
    """What was exported at once: of one company, to one system, effective in ``[from_on, until_on)``."""

    append_only = True

    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="export_batches")
    target = models.CharField(max_length=20, choices=Target.choices)
    number = models.PositiveIntegerField()
    from_on = models.DateField()
    until_on = models.DateField(help_text="The first day that is not in it.")
    profile = models.ForeignKey(
        ExportProfile, on_delete=models.PROTECT, null=True, blank=True, related_name="batches"
    )
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    line_count = models.PositiveIntegerField()
    file_count = models.PositiveIntegerField()
    totals = models.JSONField(help_text="The sum of the lines by currency.")
    left_out = models.JSONField(help_text="What the format cannot take, each with the reason.")
    content_sha256 = Sha256Field(help_text="Of the names and hashes of its files, in their order.")
    exported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    exported_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name_plural = "export batches"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="exports_batch_once", fields=["legal_entity", "target", "number"]),
            models.CheckConstraint(
                name="exports_batch_period_in_order", condition=Q(from_on__lt=models.F("until_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.legal_entity.code}-{self.target}-{self.number:04d}"

    @property
    def sums(self) -> list[tuple[str, Decimal]]:
        """The totals by currency, as amounts."""
        return [(currency, Decimal(total)) for currency, total in self.totals.items()]


class ExportFile(models.Model):
    """One file of a batch, byte for byte."""

    append_only = True

    batch = models.ForeignKey(ExportBatch, on_delete=models.PROTECT, related_name="files")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    row_count = models.PositiveIntegerField(help_text="Rows, postings or documents; headers are not counted.")
    content = models.BinaryField()
    sha256 = Sha256Field()

    class Meta:
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(name="exports_file_number_once", fields=["batch", "number"]),
            models.UniqueConstraint(name="exports_file_name_once", fields=["batch", "name"]),
        ]

    def __str__(self) -> str:
        return self.name


class ExportLine(models.Model):
    """One entry (in one currency) or one memo of a batch, under the id that the other system keeps it by.

    It is exported once. Again, as a further attempt under the same id, only after the other side rejected it.
    """

    append_only = True

    batch = models.ForeignKey(ExportBatch, on_delete=models.PROTECT, related_name="lines")
    target = models.CharField(max_length=20, choices=Target.choices)
    external_id = models.CharField(max_length=160)
    attempt = models.PositiveIntegerField(default=1)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, null=True, related_name="export_lines")
    memo = models.ForeignKey(CreditMemo, on_delete=models.PROTECT, null=True, related_name="export_lines")
    effective_on = models.DateField()
    currency = CurrencyField()
    amount = MoneyAmountField(help_text="An entry's debits; a credit note's total with tax.")

    class Meta:
        ordering = ["batch", "effective_on", "pk"]
        constraints = [
            models.UniqueConstraint(name="exports_line_once", fields=["target", "external_id", "attempt"]),
            models.UniqueConstraint(
                name="exports_line_entry_once", fields=["target", "entry", "currency", "attempt"]
            ),
            models.UniqueConstraint(name="exports_line_memo_once", fields=["target", "memo", "attempt"]),
            models.CheckConstraint(
                name="exports_line_of_one_thing",
                condition=Q(entry__isnull=True, memo__isnull=False)
                | Q(entry__isnull=False, memo__isnull=True),
            ),
            models.CheckConstraint(name="exports_line_positive", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return self.external_id


class ImportReport(models.Model):
    """What the other system said of a batch, byte for byte. A later report adds to an earlier one."""

    append_only = True

    batch = models.ForeignKey(ExportBatch, on_delete=models.PROTECT, related_name="reports")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    sha256 = Sha256Field()
    content = models.BinaryField()
    row_count = models.PositiveIntegerField()
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(name="exports_report_once", fields=["batch", "sha256"]),
            models.UniqueConstraint(name="exports_report_number_once", fields=["batch", "number"]),
        ]

    def __str__(self) -> str:
        return self.name


class ImportReportLine(models.Model):
    """What became of one external id."""

    append_only = True

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"

    report = models.ForeignKey(ImportReport, on_delete=models.PROTECT, related_name="lines")
    external_id = models.CharField(max_length=160)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    amount = MoneyAmountField(null=True)
    currency = CurrencyField(blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["report", "pk"]
        constraints = [
            models.UniqueConstraint(name="exports_report_line_once", fields=["report", "external_id"]),
            models.CheckConstraint(
                name="exports_report_line_says_what",
                condition=Q(outcome="accepted", amount__isnull=False) & ~Q(currency="")
                | Q(outcome="rejected") & ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_id}: {self.get_outcome_display()}"


# Django looks for models here; those of schedules have a file of their own.
from credits.exports.schedules import (  # noqa: E402
    ReportAttempt,
    ReportDocument,
    ReportOutcome,
    ReportRun,
    ReportSchedule,
)

__all__ = [
    "ExportBatch",
    "ExportFile",
    "ExportLine",
    "ExportProfile",
    "ImportReport",
    "ImportReportLine",
    "ReportAttempt",
    "ReportDocument",
    "ReportOutcome",
    "ReportRun",
    "ReportSchedule",
    "Target",
]
