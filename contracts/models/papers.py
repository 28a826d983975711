"""The paper of a version: the PDF, its pages, and the passages that clauses of the terms rest on."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from base.fields import Sha256Field
from contracts.models.agreements import ContractVersion


class Paper(models.Model):
    """A PDF as it came, byte for byte. It stands beside the terms and decides nothing; its hash is in the record."""

    append_only = True

    class Kind(models.TextChoices):
        SIGNED = "signed", "The signed paper"
        DRAFT = "draft", "A draft of the paper"
        ANNEX = "annex", "An annex"

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=200)
    name = models.CharField(max_length=200, help_text="The name of the file.")
    dated_on = models.DateField(null=True, blank=True, help_text="The day that the paper bears, if any.")
    content = models.BinaryField()
    sha256 = Sha256Field()
    byte_count = models.PositiveIntegerField()
    page_count = models.PositiveIntegerField()
    carries = models.JSONField(default=list, help_text="What the file carries besides pages, in words.")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["version", "pk"]
        constraints = [
            models.UniqueConstraint(name="contracts_paper_once", fields=["version", "sha256"]),
            models.CheckConstraint(
                name="contracts_paper_has_pages", condition=Q(page_count__gte=1, page_count__lte=500)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PaperPage(models.Model):
    """One page of a paper as it was read at the upload. Words are [line, text, left, top, right, bottom].

    Lengths are tenths of a point from the upper left of the page as it is shown. No words: a scan.
    """

    append_only = True

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    words = models.JSONField()

    class Meta:
        ordering = ["paper", "number"]
        constraints = [
            models.UniqueConstraint(name="contracts_paperpage_once", fields=["paper", "number"]),
            models.CheckConstraint(
                name="contracts_paperpage_has_a_size", condition=Q(number__gte=1, width__gte=1, height__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.paper}, p. {self.number}"


class ClausePassage(models.Model):
    """That a clause of a version rests on a passage of a paper of the same contract.

    ``place`` finds the clause by names (as a redline does), ``clause_sha256`` is the hash of the words that it had
    when the passage was laid beside it. A row that ``replaces`` another puts it out of force; one that is ``removed``
    only takes it away. In force is what nothing replaces and what is not removed.
    """

    append_only = True

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="passages")
    place = models.CharField(max_length=300)
    clause = models.CharField(max_length=300, help_text="Number and heading of the clause, as it stood then.")
    clause_sha256 = Sha256Field()
    page = models.ForeignKey(PaperPage, on_delete=models.PROTECT, related_name="passages")
    first_word = models.PositiveIntegerField(null=True, blank=True)
    last_word = models.PositiveIntegerField(null=True, blank=True)
    text = models.TextField(help_text="As it stands on the page; of a scan, as a person read it.")
    read_by_person = models.BooleanField(
        default=False, help_text="The page is a scan, and nothing could check it."
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    carried_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="carried_to"
    )
    removed = models.BooleanField(default=False)
    reason = models.CharField(max_length=2000, blank=True)
    attached_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    attached_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["version", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_passage_found_or_read",
                condition=Q(read_by_person=True, first_word__isnull=True, last_word__isnull=True)
                | Q(read_by_person=False, first_word__lte=F("last_word")),
            ),
            models.CheckConstraint(name="contracts_passage_has_text", condition=~Q(text="")),
            models.CheckConstraint(
                name="contracts_passage_removal_has_reason",
                condition=Q(removed=False) | (Q(replaces__isnull=False) & ~Q(reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clause}: p. {self.page.number}"
