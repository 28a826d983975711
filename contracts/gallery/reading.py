"""Templates as they are kept: which text one says now, how it is found, and which contracts were started from it."""

from collections.abc import Sequence
from functools import lru_cache

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from contracts.gallery.facets import facets_of
from contracts.gallery.texts import Text, read_text, sample, variants, with_preset
from contracts.models import ContractVersion, TemplateSearch, TermsTemplate, TermsTemplateVersion
from reckoning.terms.linter import lint
from reckoning.terms.wording import word


def root_of(template: TermsTemplate) -> TermsTemplate:
    """The template whose versions this one says: its parent's, or its own."""
    return template.parent or template


def newest_version(template: TermsTemplate) -> TermsTemplateVersion | None:
    """The version that a template says now."""
    return root_of(template).versions.order_by("-number").first()


@lru_cache(maxsize=512)
def _kept(pk: int, sha256: str, slug: str, number: int) -> Text:
    row = TermsTemplateVersion.objects.only("document").get(pk=pk)
    return read_text(slug, number, row.document)


def text_of(version: TermsTemplateVersion, template: TermsTemplate | None = None) -> Text:
    """The text of a version; as ``template``, where that is a unit's, with the values that the unit has set.

    A version is never changed, so it is read once. Raises TermsError where a preset value does not fit.
    """
    of = template or version.template
    text = _kept(version.pk, version.sha256, root_of(of).slug, version.number)
    return text if of.parent_id is None else with_preset(text, of.slug, of.preset)


def index(template: TermsTemplate, version: TermsTemplateVersion, text: Text) -> None:
    """Write down how a template is found: its words, its facets and the numbers that its card shows."""
    terms, _, _ = sample(text)
    findings = len(lint(terms)) if terms else 0
    said = [f"{clause.heading}. {clause.text}" for clause in word(terms)] if terms else []
    facts = [template.title, template.provider, template.service, template.get_industry_display()]
    TemplateSearch.objects.update_or_create(
        template=template,
        defaults={
            "version": version,
            "words": "\n".join([*(one for one in facts if one), *said])[:500_000],
            "facets": facets_of(variants(text), parameters=len(text.parameters), findings=findings),
            "findings": findings,
            "readings": sum(len(one.readings) for one in terms.commitments) if terms else 0,
            "parameters": len(text.parameters),
        },
    )


def with_newest(templates: QuerySet[TermsTemplate]) -> QuerySet[TermsTemplate]:
    """Templates, each with the number of its newest version, ``newest``. One query."""
    versions = TermsTemplateVersion.objects.filter(template=OuterRef("root")).order_by("-number")
    return templates.annotate(root=Coalesce("parent_id", "pk")).annotate(
        newest=Subquery(versions.values("number")[:1])
    )


def started_from(slugs: Sequence[str]) -> QuerySet[ContractVersion]:
    """The versions of contracts whose documents say that they were started from one of these templates.

    Each carries the template's name as ``from_template``; an index of the database holds it.
    """
    named = ContractVersion.objects.annotate(from_template=KT("terms__filled_from__template"))
    return named.filter(from_template__in=list(slugs))
