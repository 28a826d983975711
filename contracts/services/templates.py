"""Templates: loaded, made, published anew, taken over by a unit, reviewed, and contracts started from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.models import User
from contracts.errors import FieldsRefused, NoSuchTemplate, TermsRefused
from contracts.gallery.published import Published
from contracts.gallery.reading import index, newest_version, root_of, text_of
from contracts.gallery.texts import Given, Text, read_text, same_words, started
from contracts.models import Contract, ContractVersion, LegalEntity, TermsTemplate, TermsTemplateVersion
from contracts.services.common import columns_of, difference, require_reason, save
from contracts.services.versions import draft_version
from reckoning.errors import TermsError
from reckoning.timeline.windows import add_months

LOADED = "It came with the product."
CHANGED = "The text that comes with the product was changed."
MAY_CHANGE = ("title", "provider", "service", "industry", "steward", "review_every_months", "preset")


@dataclass
class Loaded:
    """What loading the published agreements did, by their names."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)


@transaction.atomic
def load_templates(entries: Sequence[Published], loaded_on: date) -> Loaded:
    """Keep published agreements as templates. Again is free; other content becomes a template's next version.

    An event for each template that is new or changed. Raises FieldsRefused where one of our own templates has
    the name of a published one, NotAllowed.
    """
    actor = require_person("legal")
    known = {row.slug: row for row in TermsTemplate.objects.select_for_update()}
    versions = {
        row.template_id: row
        for row in TermsTemplateVersion.objects.filter(template__in=known.values())
        .order_by("template_id", "-number")
        .distinct("template_id")
    }
    done = Loaded()
    for entry in entries:
        template = known.get(entry.slug)
        if template is None:
            values = entry.facts | {"slug": entry.slug, "is_published": True}
            _made(values, entry.text, LOADED, actor, loaded_on, "terms_template.load")
            done.new.append(entry.slug)
        elif not template.is_published:
            raise FieldsRefused(
                {"slug": [f"{entry.slug} is one of our own templates; it is not overwritten."]}
            )
        elif _reloaded(template, versions[template.pk], entry, actor):
            done.changed.append(entry.slug)
        else:
            done.same.append(entry.slug)
    return done


def _reloaded(template: TermsTemplate, newest: TermsTemplateVersion, entry: Published, actor: User) -> bool:
    stored = TermsTemplate.objects.get(pk=template.pk)
    for name, value in entry.facts.items():
        setattr(template, name, value)
    before, after = difference(stored, template)
    differs = not same_words(text_of(newest, template), entry.text)
    if not before and not differs:
        return False
    if before:
        save(template, actor, CHANGED)
    version = _next(template, newest.number, entry.text, CHANGED, actor) if differs else newest
    _index_all(template, version)
    after |= {"number": version.number, "sha256": version.sha256}
    record("terms_template.load", template, before=before, after=after, reason=CHANGED)
    return True


@transaction.atomic
def create_template(
    *,
    slug: str,
    document: Any,
    reason: str,
    created_on: date,
    title: str = "",
    provider: str = "",
    service: str = "",
    industry: str = TermsTemplate.Industry.OTHER,
    steward: User | None = None,
    review_every_months: int = 12,
) -> TermsTemplate:
    """Make one of our own templates, from YAML, JSON or plain values: a template, or terms (a contract's, too).

    Its first version carries the reason. Raises TermsRefused with every fault, AlreadyThere, FieldsRefused,
    ReasonMissing, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(reason)
    text = _read(slug, 1, document)
    values = {
        "slug": slug,
        "title": title or text.source.title[:200],
        "provider": provider,
        "service": service,
        "industry": industry,
        "steward": steward or actor,
        "review_every_months": review_every_months,
    }
    return _made(values, text, reason, actor, created_on, "terms_template.create")


def _made(
    values: Mapping[str, Any], text: Text, reason: str, actor: User, on: date, verb: str
) -> TermsTemplate:
    months = values.get("review_every_months", 12)
    template = TermsTemplate(**values, next_review_on=add_months(on, _months(months)))
    save(template, actor, reason)
    version = _next(template, 0, text, reason, actor)
    index(template, version, text)
    record(verb, template, after=columns_of(template) | _fingerprint(version), reason=reason)
    return template


def _months(given: Any) -> int:
    """A length in months that a day can be moved by; what else is wrong with it the record says itself."""
    return given if isinstance(given, int) and 0 < given <= 120 else 12


@transaction.atomic
def publish_template_version(template: TermsTemplate, document: Any, reason: str) -> TermsTemplateVersion:
    """Publish a template's next version. The same words again are the version that is there.

    No contract is changed: those that were started from earlier versions stay as they are. Raises TermsRefused
    with every fault, FieldsRefused for a unit's template, ReasonMissing, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(reason)
    template = TermsTemplate.objects.select_for_update().get(pk=template.pk)
    if template.parent_id is not None:
        raise FieldsRefused(
            {
                "template": [
                    f"says what {root_of(template)} says; publish a version of that, or change what it sets."
                ]
            }
        )
    newest = _newest(template)
    text = _read(template.slug, newest.number + 1, document)
    if same_words(text_of(newest, template), text):
        return newest
    version = _next(template, newest.number, text, reason, actor)
    _index_all(template, version)
    record(
        "terms_template.publish",
        template,
        before=_fingerprint(newest),
        after=_fingerprint(version) | {"document": version.document},
        reason=reason,
    )
    return version


@transaction.atomic
def inherit_template(
    *,
    parent: TermsTemplate,
    legal_entity: LegalEntity,
    slug: str,
    reason: str,
    created_on: date,
    title: str = "",
    preset: Mapping[str, Any] | None = None,
    steward: User | None = None,
    review_every_months: int = 12,
) -> TermsTemplate:
    """Let one of our companies take a template over, with values of its own for some of its parameters.

    It sees every later version of the parent. Raises TermsRefused where a value is none of its parameter's,
    AlreadyThere, FieldsRefused, ReasonMissing, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(reason)
    if parent.parent_id is not None:
        raise FieldsRefused({"parent": [f"belongs to a unit itself; take {root_of(parent)} over."]})
    template = TermsTemplate(
        slug=slug,
        title=title or f"{parent.title}, for {legal_entity.name}"[:200],
        provider=parent.provider,
        service=parent.service,
        industry=parent.industry,
        source_addresses=parent.source_addresses,
        text_dated=parent.text_dated,
        read_as=parent.read_as,
        read_from=parent.read_from,
        recalled=parent.recalled,
        steward=steward or actor,
        review_every_months=review_every_months,
        next_review_on=add_months(created_on, _months(review_every_months)),
        parent=parent,
        legal_entity=legal_entity,
        preset=dict(preset or {}),
    )
    newest = _newest(parent)
    text = _as_unit(template, newest)
    save(template, actor, reason)
    index(template, newest, text)
    record(
        "terms_template.inherit", template, after=columns_of(template) | _fingerprint(newest), reason=reason
    )
    return template


@transaction.atomic
def change_template(template: TermsTemplate, reason: str, **values: Any) -> TermsTemplate:
    """Change what is said about a template, or the values that a unit has set; no text, and no contract.

    Raises TermsRefused, FieldsRefused for what is not changed here, ReasonMissing, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(reason)
    if fixed := [name for name in values if name not in MAY_CHANGE]:
        raise FieldsRefused({name: ["is not changed here."] for name in fixed})
    stored = TermsTemplate.objects.select_for_update().get(pk=template.pk)
    # What the caller read may be older than the row: what somebody else changed since is not put back.
    template.refresh_from_db()
    if values.get("preset") and template.parent_id is None:
        raise FieldsRefused({"preset": ["belongs to a unit's template; change the default in the text."]})
    for name, value in values.items():
        setattr(template, name, value)
    before, after = difference(stored, template)
    if before:
        newest = _newest(template)
        text = _as_unit(template, newest)
        save(template, actor, reason)
        index(template, newest, text)
        record("terms_template.change", template, before=before, after=after, reason=reason)
    return template


@transaction.atomic
def review_template(template: TermsTemplate, note: str, reviewed_on: date) -> TermsTemplate:
    """Put on record that somebody looked at a template and what they found; the next review is dated from it.

    Raises ReasonMissing without a note, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(note)
    template = (
        TermsTemplate.objects.select_for_update(of=("self",)).select_related("parent").get(pk=template.pk)
    )
    before = {"next_review_on": template.next_review_on}
    template.next_review_on = add_months(reviewed_on, template.review_every_months)
    save(template, actor, note)
    after = {"next_review_on": template.next_review_on} | _fingerprint(_newest(template))
    record("terms_template.review", template, before=before, after=after, reason=note)
    return template


@transaction.atomic
def start_from_template(
    template: TermsTemplate,
    contract: Contract,
    given: Given,
    effective_from_on: date,
    effective_until_on: date | None = None,
    *,
    number: int | None = None,
) -> ContractVersion:
    """Draft a contract's next version from a template's newest version, or from that ``number`` of it.

    Values, our services in place of the template's, and the currency are filled in; the document remembers them
    and where it comes from. Raises TermsRefused at ``parameters.NAME``, ``services.NAME`` or ``currency``,
    NoSuchTemplate, FieldsRefused, NotAllowed.
    """
    require_person("legal")
    version = _newest(template)
    if number is not None and number != version.number:
        version = root_of(template).versions.filter(number=number).first() or _none(template, number)
    try:
        terms = started(text_of(version, template), given)
    except TermsError as error:
        raise TermsRefused(error.findings) from None
    return draft_version(contract, terms, effective_from_on, effective_until_on)


def _none(template: TermsTemplate, number: int) -> TermsTemplateVersion:
    newest = _newest(template).number
    raise NoSuchTemplate(f"version: {template.slug} has no version {number}; its newest is {newest}")


def _newest(template: TermsTemplate) -> TermsTemplateVersion:
    found = newest_version(template)
    if found is None:
        raise NoSuchTemplate(f"template: {template.slug} has no version yet")
    return found


def _read(slug: str, number: int, document: Any) -> Text:
    try:
        return read_text(slug, number, document)
    except TermsError as error:
        raise TermsRefused(error.findings) from None


def _as_unit(template: TermsTemplate, version: TermsTemplateVersion) -> Text:
    try:
        return text_of(version, template)
    except TermsError as error:
        raise TermsRefused(error.findings) from None


def _next(template: TermsTemplate, after: int, text: Text, reason: str, actor: User) -> TermsTemplateVersion:
    numbered = read_text(template.slug, after + 1, text.document)
    return TermsTemplateVersion.objects.create(
        template=template,
        number=numbered.number,
        document=numbered.document,
        sha256=numbered.sha256,
        reason=reason,
        loaded_by=actor,
    )


def _index_all(template: TermsTemplate, version: TermsTemplateVersion) -> None:
    """Write down anew how a template and those that took it over are found."""
    index(template, version, text_of(version, template))
    for unit in template.of_units.select_related("parent"):
        try:
            index(unit, version, text_of(version, unit))
        except TermsError:
            # A value that the unit has set does not fit any more: its page says so, and starting from it refuses.
            continue


def _fingerprint(version: TermsTemplateVersion) -> dict[str, Any]:
    return {"number": version.number, "sha256": version.sha256}
