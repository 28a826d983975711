"""From a draft to a version in force, as legal does it."""

from datetime import date

import pytest
from django.contrib.auth.models import Group

from audit.models import Event
from audit.record import NoActor, acting
from base.errors import NotAllowed
from contracts import services
from contracts.checks import open_standings
from contracts.errors import (
    AlreadySigned,
    DraftedByYourself,
    FieldsRefused,
    NoSuchFinding,
    NoSuchReading,
    NotAParty,
    OpenFindings,
    ReasonMissing,
    TermsAltered,
    TermsRefused,
    WrongState,
)
from contracts.models import ContractVersion
from contracts.reading import commitments_in_effect, standing_of, terms_of, zone_of
from reckoning.terms import terms_sha256
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2022, 1, 1)
OURS, THEIRS = "Our Us GmbH", "Their Customer Ltd"


def reviewed(document=None, by=None) -> ContractVersion:
    """A version in review against which nothing stands."""
    version = factories.draft(document=document, by=by)
    with factories.legal():
        services.submit_for_review(version)
        services.answer_checklist(version, factories.CHECKLIST)
        for item in open_standings(version):
            services.accept_finding(version, item.code, item.path, "the paper says so")
    return version


def holey() -> dict:
    """Terms with a hole at exactly 99.0 %."""
    tiers = [
        {
            "lower": "99.0",
            "lower_inclusive": False,
            "upper": "99.9",
            "upper_inclusive": False,
            "percent": "10",
        },
        {"upper": "99.0", "upper_inclusive": False, "percent": "25"},
    ]
    schedule = {"kind": "tiers", "tiers": tiers}
    return factories.terms(factories.commitment_terms(schedule=schedule))


def with_reading() -> dict:
    """Terms with a reading of an ambiguous text."""
    reading = {
        "name": "partial outages",
        "question": "Does a partial outage count?",
        "chosen": "It weighs 0.3.",
        "chosen_by": "Lena Legal",
        "chosen_on": "2021-12-01",
        "why": "The status page does so.",
        "alternatives": [{"name": "not at all", "set": {"indicator.weights.partial": "0"}}],
    }
    return factories.terms(factories.seconds_terms(readings=[reading]))


def test_the_second_partys_signature_puts_the_version_in_force():
    contract = factories.signed_contract()
    version = contract.versions.get()
    assert version.state == ContractVersion.State.SIGNED
    assert version.signed_on == DAY
    assert terms_sha256(terms_of(version)) == version.terms_sha256
    [commitment] = commitments_in_effect(contract, DAY)
    assert (commitment.key, commitment.service.code) == ("availability", "platform")
    assert zone_of(commitment) == "Europe/Berlin"


def test_a_commitment_is_made_for_every_service_of_every_clause():
    document = factories.terms(
        factories.commitment_terms(services=["platform", "portal"]),
        factories.commitment_terms(key="strict", services=["portal"]),
    )
    contract = factories.signed_contract(document)
    made = {(row.key, row.service.code) for row in commitments_in_effect(contract, DAY)}
    assert made == {("availability", "platform"), ("availability", "portal"), ("strict", "portal")}


def test_the_version_is_signed_on_the_day_of_the_later_signature():
    version = reviewed()
    with factories.legal():
        services.record_signature(version, THEIRS, "T. Heirs", date(2021, 12, 20))
        services.record_signature(version, OURS, "O. Urs", date(2021, 12, 3))
    assert version.signed_on == date(2021, 12, 20)


def test_one_party_alone_puts_nothing_in_force_but_freezes_the_text():
    version = reviewed()
    with factories.legal():
        services.record_signature(version, OURS, "O. Urs", DAY)
        assert version.state == ContractVersion.State.IN_REVIEW
        with pytest.raises(WrongState):
            services.edit_draft(version, factories.terms(title="Other terms"))


def test_whoever_drafted_does_not_record_the_completing_signature():
    drafter = factories.user("legal")
    version = reviewed(by=drafter)
    with acting(drafter, via="command"):
        services.record_signature(version, OURS, "O. Urs", DAY)
        with pytest.raises(DraftedByYourself):
            services.record_signature(version, THEIRS, "T. Heirs", DAY)
    version.refresh_from_db()
    assert version.state == ContractVersion.State.IN_REVIEW
    assert version.signatures.count() == 1


def test_whoever_edited_the_draft_does_not_record_the_completing_signature():
    editor = factories.user("legal")
    version = factories.draft()
    with acting(editor, via="command"):
        services.edit_draft(version, factories.terms(title="Better terms"))
    factories_sign_up_to_last(version)
    with acting(editor, via="command"), pytest.raises(DraftedByYourself):
        services.record_signature(version, THEIRS, "T. Heirs", DAY)


def factories_sign_up_to_last(version: ContractVersion) -> None:
    with factories.legal():
        services.submit_for_review(version)
        services.answer_checklist(version, factories.CHECKLIST)
        for item in open_standings(version):
            services.accept_finding(version, item.code, item.path, "the paper says so")
        services.record_signature(version, OURS, "O. Urs", DAY)


def test_an_open_finding_stands_against_signing_until_it_is_accepted_with_a_reason():
    version = factories.draft(document=holey())
    with factories.legal() as person:
        services.submit_for_review(version)
        services.answer_checklist(version, factories.CHECKLIST)
        with pytest.raises(OpenFindings, match="TIER_HOLE"):
            services.record_signature(version, OURS, "O. Urs", DAY)
        with pytest.raises(ReasonMissing):
            services.accept_finding(version, "TIER_HOLE", "commitments.0.schedule.tiers", "  ")
        for item in open_standings(version):
            services.accept_finding(version, item.code, item.path, "the published text has the hole")
        assert services.record_signature(version, OURS, "O. Urs", DAY)
    accepted = version.accepted_findings.get(code="TIER_HOLE")
    assert (accepted.accepted_by, accepted.terms_sha256) == (person, version.terms_sha256)


def test_an_acceptance_is_for_exactly_this_text():
    version = factories.draft(document=holey())
    with factories.legal():
        services.accept_finding(version, "TIER_HOLE", "commitments.0.schedule.tiers", "the paper has it")
        assert "TIER_HOLE" not in {item.code for item in open_standings(version)}
        services.edit_draft(version, holey() | {"title": "One word differs"})
        assert "TIER_HOLE" in {item.code for item in open_standings(version)}


def test_only_what_was_found_can_be_accepted():
    version = factories.draft()
    with factories.legal(), pytest.raises(NoSuchFinding):
        services.accept_finding(version, "TIER_HOLE", "commitments.0.schedule.tiers", "to be safe")


def test_a_reading_must_have_been_chosen_by_somebody():
    version = factories.draft(document=with_reading())
    with factories.legal() as person:
        services.submit_for_review(version)
        services.answer_checklist(version, factories.CHECKLIST)
        for item in open_standings(version):
            if item.acceptable:
                services.accept_finding(version, item.code, item.path, "the paper says so")
        with pytest.raises(OpenFindings, match="READING_NOT_CHOSEN"):
            services.record_signature(version, OURS, "O. Urs", DAY)
        with pytest.raises(NoSuchReading, match="the document says 'It weighs 0"):
            services.choose_reading(version, "uptime", "partial outages", "Not at all.", "so it is", DAY)
        with pytest.raises(NoSuchReading, match="there are: partial outages"):
            services.choose_reading(version, "uptime", "quarters", "In UTC.", "so it is", DAY)
        with pytest.raises(NoSuchReading, match="uptime"):
            services.choose_reading(version, "downtime", "partial outages", "It weighs 0.3.", "so it is", DAY)
        choice = services.choose_reading(
            version, "uptime", "partial outages", "It weighs 0.3.", "the status page does so", DAY
        )
        again = services.choose_reading(
            version, "uptime", "partial outages", "It weighs 0.3.", "the status page does so", DAY
        )
        assert (choice.pk, choice.chosen_by) == (again.pk, person)
        assert services.record_signature(version, OURS, "O. Urs", DAY)


def test_services_that_do_not_exist_are_named_with_their_paths():
    document = factories.terms(
        factories.commitment_terms(services=["platform", "nowhere"]),
        factories.commitment_terms(
            key="other",
            indicator={
                "kind": "uptime_from_intervals",
                "down_severities": ["major"],
                "down_components": ["unheard-of"],
            },
        ),
    )
    contract = factories.contract()
    factories.service("platform")
    with factories.legal():
        version = services.draft_version(contract, document, DAY)
        with pytest.raises(OpenFindings) as caught:
            services.submit_for_review(version)
        with pytest.raises(NoSuchFinding):
            services.accept_finding(version, "SERVICE_UNKNOWN", "commitments.0.services.1", "it will come")
    assert {path for _, path, _ in caught.value.findings} == {
        "commitments.0.services.1",
        "commitments.1.indicator.down_components.0",
    }


def test_signing_again_is_free_and_signing_otherwise_is_refused():
    version = reviewed()
    with factories.legal():
        first = services.record_signature(version, OURS, "O. Urs", DAY)
        before = Event.objects.count()
        assert services.record_signature(version, OURS, "O. Urs", DAY) == first
        assert Event.objects.count() == before
        with pytest.raises(AlreadySigned):
            services.record_signature(version, OURS, "O. Urs", date(2022, 1, 2))
        with pytest.raises(AlreadySigned):
            services.record_signature(version, OURS, "Somebody Else", DAY)


def test_only_the_parties_sign():
    version = reviewed()
    with factories.legal(), pytest.raises(NotAParty, match="Our Us GmbH and Their Customer Ltd do"):
        services.record_signature(version, "Somebody Ltd", "S. Body", DAY)


def test_terms_must_be_in_the_contracts_currency():
    contract = factories.contract(currency="USD")
    with factories.legal(), pytest.raises(TermsRefused, match="currency: is EUR"):
        services.draft_version(contract, factories.terms(), DAY)


def test_every_fault_of_a_document_is_named_with_its_path():
    contract = factories.contract()
    document = factories.terms(factories.commitment_terms(target_percent="101", unknown_time="guess"))
    with factories.legal(), pytest.raises(TermsRefused) as caught:
        services.draft_version(contract, document, DAY)
    paths = {path for path, _ in caught.value.findings}
    assert paths == {"commitments.0.target_percent", "commitments.0.unknown_time"}


def test_a_draft_is_edited_and_what_is_not_given_stays():
    version = factories.draft(effective_until_on=date(2023, 1, 1))
    with factories.legal():
        services.edit_draft(version, factories.terms(title="Better terms"), date(2022, 2, 1))
        assert (version.effective_from_on, version.effective_until_on) == (
            date(2022, 2, 1),
            date(2023, 1, 1),
        )
        services.edit_draft(version, factories.terms(title="Better terms"), effective_until_on=None)
    version.refresh_from_db()
    assert version.effective_until_on is None
    assert version.terms_sha256 == terms_sha256(terms_of(version))


def test_an_edit_that_changes_nothing_writes_nothing():
    version = factories.draft()
    before = Event.objects.count(), version.history.count()
    with factories.legal():
        made = Event.objects.count()
        services.edit_draft(version, factories.terms())
    assert (Event.objects.count() - made, version.history.count()) == (0, before[1])


@pytest.mark.parametrize("day", [date(1, 1, 1), date(2255, 9, 1), date.max])
def test_a_day_of_a_year_that_nobody_means_is_refused(day):
    with (
        factories.legal(),
        pytest.raises(FieldsRefused, match=f"Is in the year {day.year}; name a day between"),
    ):
        services.draft_version(factories.contract(), factories.terms(), day)


def test_days_out_of_order_are_refused():
    with pytest.raises(FieldsRefused, match="must lie after effective from"):
        factories.draft(effective_from_on=DAY, effective_until_on=DAY)


def test_a_withdrawn_version_is_kept_and_never_comes_back():
    version = factories.draft()
    with factories.legal():
        services.withdraw(version, "the customer walked away")
        for act in (
            lambda: services.submit_for_review(version),
            lambda: services.edit_draft(version, factories.terms(title="Other")),
            lambda: services.withdraw(version, "again"),
        ):
            with pytest.raises(WrongState, match="is withdrawn"):
                act()


def test_a_signed_version_is_not_withdrawn():
    version = factories.signed_contract().versions.get()
    with factories.legal(), pytest.raises(WrongState, match="is signed"):
        services.withdraw(version, "we regret it")


def test_in_effect_is_derived_from_the_dates_of_the_signed_versions():
    contract = factories.signed_contract(effective_from_on=date(2022, 1, 1))
    first = contract.versions.get()
    second = factories.sign(
        factories.draft(contract, factories.terms(title="Second"), date(2022, 7, 1), date(2023, 1, 1))
    )
    factories.draft(contract, factories.terms(title="Only a draft"), date(2022, 3, 1))
    for day, version in (
        (date(2021, 12, 31), None),
        (date(2022, 1, 1), first),
        (date(2022, 6, 30), first),
        (date(2022, 7, 1), second),
        (date(2022, 12, 31), second),
    ):
        assert contract.version_in_effect(day) == version, day
    assert standing_of(first, date(2022, 6, 30)) == "in effect"
    assert standing_of(first, date(2022, 7, 1)) == "superseded"
    assert standing_of(second, date(2022, 6, 30)) == "not yet in effect"
    assert standing_of(second, date(2023, 1, 1)) == "ended"


def test_two_versions_cannot_take_effect_on_the_same_day():
    contract = factories.signed_contract()
    with pytest.raises(FieldsRefused, match="takes effect on that day already"):
        factories.sign(factories.draft(contract, factories.terms(title="Second"), DAY))


def test_text_that_was_changed_round_the_application_is_noticed():
    version = factories.signed_contract().versions.get()
    version.terms["commitments"][0]["target_percent"] = "99"
    with pytest.raises(TermsAltered, match=version.terms_sha256):
        terms_of(version)


@pytest.mark.parametrize("role", ["finance", "finance_approver", "auditor", "administrator", "executive"])
def test_only_legal_touches_contracts(role):
    contract = factories.contract()
    with acting(factories.user(role), via="command"), pytest.raises(NotAllowed, match="role legal"):
        services.draft_version(contract, factories.terms(), DAY)


def test_a_superuser_has_no_role_by_being_one():
    contract = factories.contract()
    person = factories.user(is_superuser=True)
    with acting(person, via="command"), pytest.raises(NotAllowed, match="role legal"):
        services.draft_version(contract, factories.terms(), DAY)


def test_a_job_signs_nothing_even_with_the_role():
    version = reviewed()
    job = factories.job_user()
    job.groups.add(Group.objects.get(name="legal"))
    with acting(job, via="task"), pytest.raises(NotAllowed, match="scheduled job"):
        services.record_signature(version, OURS, "O. Urs", DAY)


def test_nobody_acts_without_an_actor():
    with pytest.raises(NoActor):
        services.create_service(code="platform", name="Platform")


def combined() -> dict:
    """Terms whose credits come together by a rule."""
    rule = {"name": "best", "commitments": ["availability", "strict"], "rule": "highest"}
    return factories.terms(
        factories.commitment_terms(), factories.commitment_terms(key="strict"), combinations=[rule]
    )


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (combined(), "COMBINATION_NOT_POSTED"),
        (factories.terms(factories.commitment_terms(window={"kind": "day"})), "WINDOW_NOT_POSTED"),
    ],
)
def test_what_no_memo_can_be_written_for_is_drafted_and_not_signed(document, code):
    version = factories.draft(document=document)
    [found] = [item for item in open_standings(version) if item.code == code]
    assert not found.acceptable
    with factories.legal():
        services.submit_for_review(version)
        with pytest.raises(NoSuchFinding):
            services.accept_finding(version, found.code, found.path, "the paper says so")
        with pytest.raises(OpenFindings, match=code):
            services.record_signature(version, OURS, "O. Urs", DAY)
