"""Templates: texts that contracts can start from, their versions, and how they are found."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from base.fields import Sha256Field
from contracts.models.parties import LegalEntity, code_validator

WORDS = SearchVector("words", config="english")


class TermsTemplate(models.Model):
    """A text that contracts can start from: published by somebody, written by us, or taken over by one of our units.

    What it says stands in its versions. A unit's template has a ``parent`` and none of its own: it says what the
    parent's newest version says, with ``preset`` values for some parameters, so that it sees every later one.
    """

    class Industry(models.TextChoices):
        CLOUD = "cloud", "Cloud platforms"
        DATA_CENTRE = "data_centre", "Data centres and hosting"
        TELECOM = "telecom", "Networks and telecoms"
        SAAS = "saas", "Software as a service"
        OUTSOURCING = "outsourcing", "Outsourcing"
        PUBLIC_SECTOR = "public_sector", "Public sector"
        UTILITIES = "utilities", "Utilities"
        MODEL_CLAUSE = "model_clause", "Standard forms and model clauses"
        OTHER = "other", "Other"

    class Read(models.TextChoices):
        WHOLE = "whole", "The whole text was read"
        EXCERPT = "excerpt", "An excerpt was read"
        DESCRIBED = "described", "Others' account of the text was read, not the text itself"
        WRITTEN = "written", "Written here"

    class Origin(models.TextChoices):
        OWN = "own", "on the party's own page"
        COPY = "copy", "in somebody's copy"
        LIBRARY = "library", "in a library of clauses"
        OURS = "ours", "by us"

    slug = models.CharField(max_length=60, unique=True, validators=[code_validator])
    title = models.CharField(max_length=200)
    provider = models.CharField(max_length=120, blank=True)
    service = models.CharField(max_length=200, blank=True, help_text="What is promised, in a few words.")
    industry = models.CharField(max_length=20, choices=Industry.choices, default=Industry.OTHER)
    source_addresses = models.JSONField(default=list, blank=True)
    text_dated = models.CharField(
        max_length=40, blank=True, help_text="What the text says of its date; empty: nothing."
    )
    read_as = models.CharField(max_length=10, choices=Read.choices, default=Read.WRITTEN)
    read_from = models.CharField(max_length=10, choices=Origin.choices, default=Origin.OURS)
    recalled = models.BooleanField(default=False, help_text="Something in it was remembered and not read.")
    is_published = models.BooleanField(default=False, help_text="Somebody's published text, not one of ours.")
    steward = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    review_every_months = models.PositiveSmallIntegerField(
        default=12, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    next_review_on = models.DateField()
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="of_units"
    )
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, null=True, blank=True, related_name="templates"
    )
    preset = models.JSONField(default=dict, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="contracts_termstemplate_unit_has_parent",
                condition=Q(parent__isnull=True, legal_entity__isnull=True)
                | Q(parent__isnull=False, legal_entity__isnull=False),
                violation_error_message="A unit's template has a parent and one of our companies, or neither.",
            ),
            models.UniqueConstraint(
                name="contracts_termstemplate_once_per_unit",
                fields=["parent", "legal_entity"],
                violation_error_message="That company has a template of its own from this one already.",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TermsTemplateVersion(models.Model):
    """One text of a template: terms with parameters, or plain terms, as a canonical document with its hash."""

    append_only = True

    template = models.ForeignKey(TermsTemplate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    sha256 = Sha256Field(help_text="Of the canonical document.")
    reason = models.CharField(max_length=500, help_text="Why it was loaded or changed.")
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    loaded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["template", "number"]
        constraints = [
            models.UniqueConstraint(name="contracts_termstemplateversion_once", fields=["template", "number"])
        ]

    def __str__(self) -> str:
        return f"{self.template.slug} v{self.number}"


class TemplateSearch(models.Model):
    """How a template is found: derived from its newest version and made anew with it, and at any time."""

    template = models.OneToOneField(
        TermsTemplate, on_delete=models.CASCADE, primary_key=True, related_name="search"
    )
    version = models.ForeignKey(TermsTemplateVersion, on_delete=models.CASCADE, null=True, related_name="+")
    words = models.TextField(help_text="Title, provider and the plain wording, in one text.")
    facets = ArrayField(models.CharField(max_length=60), default=list)
    findings = models.PositiveIntegerField(default=0)
    readings = models.PositiveIntegerField(default=0)
    parameters = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            GinIndex(WORDS, name="contracts_templatesearch_words"),
            GinIndex(fields=["facets"], name="contracts_templatesearch_facet"),
        ]

    def __str__(self) -> str:
        return f"where {self.template_id} is found"
