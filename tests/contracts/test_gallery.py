"""Templates: the published agreements, what is started from them, and what a later version changes: nothing."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from contracts import services
from contracts.errors import FieldsRefused, NoSuchTemplate, ReasonMissing, TermsRefused
from contracts.gallery.copies import compared
from contracts.gallery.facets import FACETS, facets_of
from contracts.gallery.published import AGREEMENTS, Published, published
from contracts.gallery.reading import newest_version, started_from, text_of
from contracts.gallery.texts import Given, read_text, same_words, sample, started, variants
from contracts.models import Contract, TemplateSearch, TermsTemplate, TermsTemplateVersion
from contracts.reading import terms_of
from reckoning.errors import TermsError
from reckoning.terms.wording import word
from tests import factories

DAY = date(2026, 1, 1)
ALL = published()
BY_SLUG = {one.slug: one for one in ALL}

GOLD: dict[str, Any] = {
    "format": "sla-ledger-template/1",
    "id": "any",
    "version": 7,
    "title": "Gold",
    "parameters": [
        {
            "name": "target",
            "type": "number",
            "description": "The level.",
            "at_least": "99",
            "default": "99.9",
        },
        {"name": "services", "type": "texts", "description": "Which services."},
    ],
    "terms": factories.terms()
    | {"commitments": [factories.commitment_terms(target_percent={"parameter": "target"})]},
}
GOLD["terms"]["commitments"][0]["services"] = {"parameter": "services"}


# The data ---------------------------------------------------------------------------------------------------


def test_every_agreement_has_its_row_of_facts() -> None:
    assert len(ALL) == 67
    assert {one.slug for one in ALL} == {path.stem for path in AGREEMENTS.glob("*.yaml")}
    for one in ALL:
        assert one.facts["provider"]
        assert one.facts["industry"] in TermsTemplate.Industry.values
        assert one.facts["read_as"] in {"whole", "excerpt", "described"}
        assert one.facts["read_from"] in {"own", "copy", "library"}
        assert one.facts["source_addresses"]
        assert all(address.startswith(("https://", "http://")) for address in one.facts["source_addresses"])
        assert isinstance(one.facts["recalled"], bool)
        assert len(one.facts["text_dated"]) <= 40


def test_the_facts_name_the_day_that_the_terms_name() -> None:
    for one in ALL:
        first = next(variants(one.text))
        assert first.dated_text is not None, one.slug
        year = first.dated_text.dated[:4]
        said = one.facts["text_dated"]
        assert not said or not said[:4].isdecimal() or said[:4] <= year or year in said, (
            one.slug,
            said,
            year,
        )


def test_every_agreement_is_found_by_facets_that_have_words() -> None:
    known = {f"{group}:{name}" for group, (_, names) in FACETS.items() for name in names}
    found: set[str] = set()
    for one in ALL:
        facets = facets_of(variants(one.text), parameters=len(one.text.parameters), findings=0)
        assert set(facets) <= known, one.slug
        found |= set(facets)
    # What none of them says is offered for texts of one's own; most of the language is there.
    assert len(found) > 50


# Starting ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", sorted(BY_SLUG))
def test_every_agreement_can_be_started_from_and_remembers_it(slug: str) -> None:
    text = BY_SLUG[slug].text
    first, values, without = sample(text)
    assert first is not None
    assert not without
    terms = started(text, Given(values if text.parameters else {}))
    assert terms.filled_from is not None
    assert (terms.filled_from.template, terms.filled_from.version) == (slug, 1)
    assert terms.filled_from.sha256 == text.sha256
    assert same_words(read_text("other", 2, text.document), text)


def test_services_and_currency_are_replaced_and_remembered() -> None:
    text = read_text("plain", 1, factories.terms())
    terms = started(text, Given(services={"platform": ("api", "web")}, currency="GBP"))
    assert terms.commitments[0].services == ("api", "web")
    assert terms.currency == "GBP"
    assert terms.filled_from is not None
    assert terms.filled_from.values == {
        "replaced:services": {"platform": ["api", "web"]},
        "replaced:currency": "GBP",
    }
    assert "filled in so: currency is GBP and api and web for platform (" in word(terms)[1].text


def test_a_service_that_an_alternative_names_is_replaced_there_too() -> None:
    document = factories.terms()
    indicator = document["commitments"][0]["indicator"] | {"down_components": ["platform"]}
    alternatives = [
        {"name": "its parts", "set": {"indicator.down_components": ["platform", "other"]}},
        {"name": "the whole of it", "set": {"indicator": indicator}},
    ]
    reading = dict.fromkeys(("question", "chosen", "chosen_by", "why"), "x") | {"chosen_on": "2026-01-01"}
    document["commitments"][0]["readings"] = [{"name": "what"} | reading | {"alternatives": alternatives}]
    terms = started(read_text("plain", 1, document), Given(services={"platform": ("api", "web")}))
    first, second = terms.commitments[0].readings[0].alternatives
    assert first.set == {"indicator.down_components": ["api", "web", "other"]}
    assert second.set["indicator"]["down_components"] == ["api", "web"]  # type: ignore[index,call-overload]


def test_a_service_that_the_text_does_not_name_and_a_value_that_it_does_not_ask_for_are_refused() -> None:
    text = read_text("plain", 1, factories.terms())
    with pytest.raises(TermsError, match="is no service of this text"):
        started(text, Given(services={"other": ("api",)}))
    with pytest.raises(TermsError, match="is no parameter"):
        started(text, Given({"target": "99"}))


# The ledger's side ------------------------------------------------------------------------------------------


def load(*slugs: str) -> Any:
    with factories.legal():
        return services.load_templates([BY_SLUG[slug] for slug in slugs], loaded_on=DAY)


def gold(**changes: Any) -> TermsTemplate:
    with factories.legal():
        return services.create_template(
            slug="gold", document=deepcopy(GOLD) | changes, reason="ours", created_on=DAY
        )


def eur() -> Contract:
    return factories.contract("C-1")


@pytest.mark.django_db
def test_loading_again_adds_nothing_and_other_content_is_the_next_version() -> None:
    done = load("slack-2019", "aws-rds-single")
    assert sorted(done.new) == ["aws-rds-single", "slack-2019"]
    assert Event.objects.filter(verb="terms_template.load").count() == 2
    assert TemplateSearch.objects.get(template__slug="slack-2019").parameters == 1
    again = load("slack-2019", "aws-rds-single")
    assert (again.new, again.changed) == ([], [])
    assert TermsTemplateVersion.objects.count() == 2
    changed = deepcopy(BY_SLUG["aws-rds-single"].text.document)
    changed["commitments"][0]["cut_off_days"] = 44
    other = Published(
        "aws-rds-single", read_text("aws-rds-single", 1, changed), BY_SLUG["aws-rds-single"].facts
    )
    with factories.legal():
        assert services.load_templates([other], loaded_on=DAY).changed == ["aws-rds-single"]
        assert services.load_templates([other], loaded_on=DAY).same == ["aws-rds-single"]
    numbers = TermsTemplateVersion.objects.filter(template__slug="aws-rds-single").values_list(
        "number", flat=True
    )
    assert sorted(numbers) == [1, 2]


@pytest.mark.django_db
def test_a_later_version_lists_the_contracts_that_differ_and_changes_none() -> None:
    factories.service("api")
    template, contract = gold(), eur()
    with factories.legal():
        version = services.start_from_template(
            template, contract, Given({"target": "99.5", "services": ["api"]}), DAY
        )
    origin = terms_of(version).filled_from
    assert origin is not None
    assert (origin.template, origin.version, origin.values["target"]) == ("gold", 1, "99.5")
    before = version.terms_sha256
    later = deepcopy(GOLD)
    later["terms"]["commitments"][0]["cut_off_days"] = 20
    with factories.legal():
        published_version = services.publish_template_version(template, later, "finance closes later")
        assert services.publish_template_version(template, later, "again") == published_version
        with pytest.raises(ReasonMissing):
            services.publish_template_version(template, later, " ")
    assert published_version.number == 2
    version.refresh_from_db()
    assert version.terms_sha256 == before
    assert [row.pk for row in started_from(["gold"])] == [version.pk]
    copy = compared(version, text_of(published_version), texts(template))
    assert copy.state == "differs"
    assert [(one.title, [c.path for c in one.changes]) for one in copy.clauses] == [
        ("Monthly availability", ["cut_off_days"])
    ]


@pytest.mark.django_db
def test_what_somebody_else_changed_of_a_template_meanwhile_is_not_put_back() -> None:
    read_before = gold()
    with factories.legal():
        services.change_template(TermsTemplate.objects.get(), "its name", title="Gold, for all")
        services.change_template(read_before, "sooner", review_every_months=6)
    template = TermsTemplate.objects.get()
    assert (template.title, template.review_every_months) == ("Gold, for all", 6)
    last = Event.objects.filter(verb="terms_template.change").latest("pk")
    assert (last.before, last.after) == ({"review_every_months": 12}, {"review_every_months": 6})


def texts(template: TermsTemplate) -> Any:
    return {row.number: text_of(row, template) for row in template.versions.all()}


@pytest.mark.django_db
def test_what_was_edited_by_hand_is_no_news_of_the_template() -> None:
    factories.service("api")
    template, contract = gold(), eur()
    with factories.legal():
        version = services.start_from_template(template, contract, Given({"services": ["api"]}), DAY)
        document = deepcopy(version.terms)
        document["commitments"][0]["cut_off_days"] = 9
        services.edit_draft(version, document)
        later = deepcopy(GOLD) | {"note": "only the note is new"}
        newest = services.publish_template_version(template, later, "a note")
    copy = compared(version, text_of(newest), texts(template))
    assert (copy.state, copy.edited) == ("same", 1)


@pytest.mark.django_db
def test_a_value_that_a_later_version_does_not_take_is_said() -> None:
    factories.service("api")
    template, contract = gold(), eur()
    with factories.legal():
        version = services.start_from_template(
            template, contract, Given({"target": "99.5", "services": ["api"]}), DAY
        )
        later = deepcopy(GOLD)
        later["parameters"][0]["at_least"] = "99.9"
        newest = services.publish_template_version(template, later, "no less than 99.9")
    copy = compared(version, text_of(newest), texts(template))
    assert copy.state == "refused"
    assert copy.faults[0][0] == "parameters.target"


@pytest.mark.django_db
def test_a_unit_sees_its_parents_later_version_with_the_values_that_it_has_set() -> None:
    factories.service("api")
    template = gold()
    with factories.legal():
        unit = services.inherit_template(
            parent=template,
            legal_entity=factories.entity(),
            slug="gold-us",
            reason="ours differ",
            created_on=DAY,
            preset={"target": "99.95"},
        )
        later = deepcopy(GOLD)
        later["terms"]["commitments"][0]["cut_off_days"] = 20
        services.publish_template_version(template, later, "later")
        version = services.start_from_template(unit, eur(), Given({"services": ["api"]}), DAY)
        with pytest.raises(FieldsRefused, match="says what Gold says"):
            services.publish_template_version(unit, later, "no")
        with pytest.raises(TermsRefused, match=r"parameters\.target"):
            services.change_template(unit, "too low", preset={"target": "50"})
    terms = terms_of(version)
    assert (str(terms.commitments[0].target_percent), terms.commitments[0].cut_off_days) == ("99.95", 20)
    assert terms.filled_from is not None
    assert (terms.filled_from.template, terms.filled_from.version) == ("gold-us", 2)


@pytest.mark.django_db
def test_another_currency_is_said_in_plain_words_and_can_be_replaced() -> None:
    load("aws-rds-single")
    template, contract = TermsTemplate.objects.get(slug="aws-rds-single"), eur()
    with factories.legal():
        with pytest.raises(TermsRefused, match="is USD, but the contract is kept in EUR"):
            services.start_from_template(template, contract, Given(), DAY)
        version = services.start_from_template(template, contract, Given(currency="EUR"), DAY)
        with pytest.raises(NoSuchTemplate, match="no version 3"):
            services.start_from_template(template, contract, Given(), DAY, number=3)
    assert version.terms["currency"] == "EUR"
    assert version.state == "draft"


@pytest.mark.django_db
def test_a_review_dates_the_next_one() -> None:
    template = gold()
    assert template.next_review_on == date(2027, 1, 1)
    with factories.legal():
        services.review_template(template, "still what we want", date(2026, 8, 31))
    template.refresh_from_db()
    assert template.next_review_on == date(2027, 8, 31)


@pytest.mark.django_db
def test_a_signed_contract_becomes_a_template_without_its_origin() -> None:
    factories.service("api")
    with factories.legal():
        version = services.start_from_template(gold(), eur(), Given({"services": ["api"]}), DAY)
        own = services.create_template(
            slug="from-c-1", document=version.terms, reason="good terms", created_on=DAY
        )
    newest = newest_version(own)
    assert newest is not None
    assert not newest.document.get("filled_from")


@pytest.mark.django_db
def test_the_command_loads_all_of_them_and_a_second_run_adds_nothing(
    capsys: Any, django_assert_max_num_queries: Any
) -> None:
    factories.user("legal", name="lena")
    with django_assert_max_num_queries(1_100):
        call_command("gallery", "load", "--user=lena")
    call_command("gallery", "load", "--user=lena")
    assert capsys.readouterr().out == (
        "gallery: 67 new, 0 changed, 0 as they were\ngallery: 0 new, 0 changed, 67 as they were\n"
    )
    assert TemplateSearch.objects.count() == TermsTemplateVersion.objects.count() == 67
    with pytest.raises(CommandError, match="no active login 'nobody'"):
        call_command("gallery", "load", "--user=nobody")
