"""The life of a version from draft to signed: objections, the checklist, named signers, consultations."""

from datetime import date

import pytest
from django.db import connection

from audit.models import Event
from audit.record import acting
from base.errors import NotAllowed
from contracts import checklist, services
from contracts.checks import open_standings
from contracts.errors import (
    AlreadySigned,
    FieldsRefused,
    NotNamed,
    NotTheSigner,
    NotYoursToAnswer,
    NotYourTurn,
    OpenFindings,
    WrongState,
)
from contracts.models import ContractVersion, Signature
from contracts.reading import commitments_in_effect
from contracts.review_checks import stands_against
from contracts.services.checklist import answers_of, proposals_for
from contracts.signers import missing_of, seats_of
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2022, 1, 1)
OURS, THEIRS = "Our Us GmbH", "Their Customer Ltd"


def codes(version) -> list[str]:
    return [item.code for item in stands_against(version)]


@pytest.fixture
def version() -> ContractVersion:
    """In review; nothing stands against it but what a test puts there."""
    made = factories.draft()
    with factories.legal():
        services.submit_for_review(made)
        services.answer_checklist(made, factories.CHECKLIST)
        for item in open_standings(made):
            services.accept_finding(made, item.code, item.path, "the paper says so")
    return made


def sign(version, party=OURS, name="O. Urs"):
    with factories.legal():
        return services.record_signature(version, party, name, DAY)


# Objections ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["information", "trade_off", "veto"])
def test_an_open_objection_stands_against_signing_and_is_named(version, kind):
    with factories.legal():
        services.add_remark(version, "It is too dear.", path="commitments.0.caps", objection_class=kind)
    with pytest.raises(OpenFindings, match=r"commitments\.0\.caps: OBJECTION_OPEN: .* It is too dear"):
        sign(version)


def test_a_comment_stands_in_nobodys_way(version):
    with acting(factories.user("finance"), via="command"):
        services.add_remark(version, "Nicely put.")
    assert codes(version) == []


@pytest.mark.parametrize("outcome", ["accepted", "rejected"])
def test_whoever_objected_does_not_decide_on_it(version, outcome):
    with factories.legal():
        remark = services.add_remark(version, "Too dear.", objection_class="trade_off")
        with pytest.raises(NotYoursToAnswer):
            services.answer_remark(remark, outcome, "Quite right.")
        services.answer_remark(remark, "reply", "To say it again.")
    assert codes(version) == ["OBJECTION_OPEN"]
    with factories.legal():
        services.answer_remark(remark, outcome, "We spoke of it.")
        with pytest.raises(WrongState, match="already"):
            services.answer_remark(remark, "rejected" if outcome == "accepted" else "accepted", "No.")
    assert codes(version) == []


def test_a_veto_is_lifted_by_its_author_or_by_a_second_person_of_legal_who_did_not_write_the_text():
    author = factories.user("legal")
    version = factories.draft(by=author)
    for number in (1, 2):
        with acting(factories.user("finance"), via="command") as vetoing:
            remark = services.add_remark(version, f"Never {number}.", objection_class="veto")
        with factories.legal():
            services.answer_remark(remark, "rejected", "We may.")
        assert "OBJECTION_OPEN" in codes(version)
        with acting(author, via="command"), pytest.raises(NotYoursToAnswer, match="did not write the text"):
            services.answer_remark(remark, "withdrawn", "I wrote it well.")
        with acting(factories.user("finance"), via="command"), pytest.raises(NotYoursToAnswer):
            services.answer_remark(remark, "withdrawn", "She means well.")
        lifter = vetoing.user if number == 1 else factories.user("legal")
        with acting(lifter, via="command"):
            services.answer_remark(remark, "withdrawn", "The board decided so.")
        assert "OBJECTION_OPEN" not in codes(version)


def test_others_of_legal_do_not_withdraw_an_objection_that_is_no_veto(version):
    with factories.legal():
        remark = services.add_remark(version, "Too dear.", objection_class="information")
    with factories.legal(), pytest.raises(NotYoursToAnswer, match="accept or reject"):
        services.answer_remark(remark, "withdrawn", "It is not.")


def test_finance_replies_and_legal_decides(version):
    with factories.legal():
        remark = services.add_remark(version, "What is the fee base?", objection_class="information")
    with acting(factories.user("finance"), via="command"):
        services.answer_remark(remark, "reply", "The list price.")
        with pytest.raises(NotYoursToAnswer, match="legal accepts"):
            services.answer_remark(remark, "accepted", "The list price.")


def test_an_acceptance_names_the_edit_that_it_caused_and_no_other():
    version = factories.draft()
    old = version.terms_sha256
    with acting(factories.user("finance"), via="command"):
        remark = services.add_remark(version, "The title misleads.", objection_class="information")
    with factories.legal():
        with pytest.raises(FieldsRefused, match="no such edit"):
            services.answer_remark(remark, "accepted", "Yes.", edit=(old, "0" * 64))
        services.edit_draft(version, factories.terms(title="Better"))
        edit = (old, version.terms_sha256)
        with pytest.raises(FieldsRefused, match="Only an acceptance"):
            services.answer_remark(remark, "rejected", "No.", edit=edit)
        answer = services.answer_remark(remark, "accepted", "Yes.", edit=edit)
    assert (answer.from_sha256, answer.to_sha256) == edit


def test_a_remark_is_made_on_the_text_that_was_read(version):
    with factories.legal():
        with pytest.raises(FieldsRefused, match="edited since"):
            services.add_remark(version, "Hm.", terms_sha256="0" * 64)
        with pytest.raises(FieldsRefused, match=r"no 'commitments\.7'"):
            services.add_remark(version, "Hm.", path="commitments.7")
        with pytest.raises(FieldsRefused, match="words"):
            services.add_remark(version, "  ")


def test_others_remark_on_what_they_may_see(version):
    for role in ("vendor_manager", "customer_success"):
        person = factories.user(role)
        with acting(person, via="command"), pytest.raises(NotAllowed, match="not asked"):
            services.add_remark(version, "Hm.")
    with factories.legal():
        services.ask_for_review(version, "customer_success", "Can we say so?")
    with acting(person, via="command"):
        assert services.add_remark(version, "Yes.").made_by == person
    with acting(factories.user("executive"), via="command"), pytest.raises(NotAllowed):
        services.add_remark(version, "Hm.")


def test_nobody_is_asked_who_would_not_see_it(version):
    with factories.legal():
        with pytest.raises(
            FieldsRefused, match=r"'vendor_manager' is not asked about .*customer_success are"
        ):
            services.ask_for_review(version, "vendor_manager", "Can we?")
        assert services.ask_for_review(version, "customer_success", "Can we?")


def test_nothing_is_remarked_on_what_is_signed():
    signed = factories.signed_contract().versions.get()
    with factories.legal(), pytest.raises(WrongState):
        services.add_remark(signed, "Too late.", objection_class="veto")


# The checklist ---------------------------------------------------------------------------------------------


def test_an_unanswered_item_stands_against_signing_and_is_named():
    version = factories.draft()
    with factories.legal():
        services.submit_for_review(version)
        for item in open_standings(version):
            services.accept_finding(version, item.code, item.path, "the paper says so")
        rest = {item: answer for item, answer in factories.CHECKLIST.items() if item != "liability_cap"}
        services.answer_checklist(version, rest)
    with pytest.raises(
        OpenFindings, match=r"checklist\.liability_cap: CHECKLIST_UNANSWERED: .* cap on liability"
    ):
        sign(version)
    with factories.legal():
        services.answer_checklist(version, {"liability_cap": "silent"})
    assert sign(version)


def test_the_law_decides_what_else_is_asked(version):
    german = factories.CHECKLIST | {"governing_law": "DE"}
    with factories.legal():
        with pytest.raises(FieldsRefused, match="fr_moderation: Is asked under the law of FR"):
            services.answer_checklist(version, german | {"fr_moderation": "reviewed"})
        services.answer_checklist(version, german)
    assert {item.path for item in stands_against(version)} == {
        "checklist.de_at_standard_terms",
        "checklist.de_lower_damage",
    }


def test_all_answers_are_one_event_and_the_same_again_is_none(version):
    changed = factories.CHECKLIST | {"chronic_failure": "yes"}
    with factories.legal():
        before = Event.objects.count()
        [row] = services.answer_checklist(version, changed)
        assert (row.item, Event.objects.count()) == ("chronic_failure", before + 1)
        assert services.answer_checklist(version, changed) == []
        assert Event.objects.count() == before + 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"no_such_item": "yes"}, "no such item"),
        ({"precedence": "mine"}, "none of the answers"),
        ({"penalty_test": "doubtful"}, "needs a note"),
        ({}, "at least one"),
    ],
)
def test_wrong_answers_are_refused_by_name(version, given, said):
    with factories.legal(), pytest.raises(FieldsRefused, match=said):
        services.answer_checklist(version, given)


def test_one_word_more_and_every_answer_must_be_given_anew_from_proposals(version):
    with factories.legal():
        services.return_to_draft(version, "a typing error")
        services.edit_draft(version, factories.terms(title="One word differs"))
    assert codes(version).count("CHECKLIST_UNANSWERED") == len(factories.CHECKLIST)
    proposed = proposals_for(version)
    with factories.legal():
        answers = {
            item: services.Answered(row.answer, row.clause, row.note) for item, row in proposed.items()
        }
        services.answer_checklist(version, answers)
    assert "CHECKLIST_UNANSWERED" not in codes(version)
    following = factories.draft(version.contract, effective_from_on=date(2023, 1, 1))
    assert set(proposals_for(following)) == set(factories.CHECKLIST)
    assert answers_of(following) == {}


def test_the_database_asks_for_the_same_items_as_the_list():
    with connection.cursor() as cursor:
        for law in ("", *(code for code, _ in checklist.LAWS)):
            cursor.execute("SELECT * FROM contracts_checklist_required(%s)", [law])
            assert {row[0] for row in cursor.fetchall()} == {item.id for item in checklist.items_for(law)}


# Named signers ---------------------------------------------------------------------------------------------


@pytest.fixture
def named(version):
    """Three who must sign: two of ours in order, and one of theirs."""
    with factories.legal():
        first = services.name_signer(version, party=OURS, name="First", title="CFO", position=1)
        second = services.name_signer(version, party=OURS, name="Second", position=2)
        theirs = services.name_signer(version, party=THEIRS, name="Third")
    return first, second, theirs


def test_two_of_three_signed_is_not_in_force_and_the_engine_sees_no_promise(version, named):
    sign(version, OURS, "First")
    sign(version, THEIRS, "Third")
    version.refresh_from_db()
    assert version.state == "in_review"
    assert list(commitments_in_effect(version.contract, date(2022, 6, 1))) == []
    assert [seat.status for seat in seats_of(version)] == ["signed", "waiting", "signed"]
    sign(version, OURS, "Second")
    version.refresh_from_db()
    assert version.state == "signed"
    assert len(commitments_in_effect(version.contract, date(2022, 6, 1))) == 1


def test_legal_is_told_whose_signature_is_missing(version, named):
    assert missing_of([version]) == {version.pk: ("First", "Second", "Third")}
    sign(version, OURS, "First")
    assert missing_of([version]) == {version.pk: ("Second", "Third")}


def test_signers_sign_in_their_order_and_only_those_who_are_named(version, named):
    with pytest.raises(NotYourTurn, match="Second signs after First"):
        sign(version, OURS, "Second")
    with pytest.raises(NotNamed, match="First, Second"):
        sign(version, OURS, "Somebody")
    sign(version, OURS, "First")
    with factories.legal(), pytest.raises(AlreadySigned):
        services.record_signature(version, OURS, "First", date(2022, 1, 2))


def test_whoever_need_not_sign_is_not_waited_for(version):
    with factories.legal():
        services.name_signer(version, party=OURS, name="Must", position=2)
        services.name_signer(version, party=OURS, name="May", position=1, must_sign=False)
    sign(version, OURS, "Must")
    sign(version, THEIRS, "Anybody")
    version.refresh_from_db()
    assert version.state == "signed"


def test_the_list_of_signers_is_fixed_with_the_first_signature(version, named):
    sign(version, OURS, "First")
    with factories.legal():
        with pytest.raises(WrongState, match="list of its signers is fixed"):
            services.name_signer(version, party=THEIRS, name="Fourth")
        with pytest.raises(WrongState, match="list of its signers is fixed"):
            services.remove_signer(named[1], "she left")


def test_who_declined_stands_in_the_way_until_asked_again(version, named):
    with factories.legal():
        services.ask_signer(named[0], DAY)
        services.decline_signature(named[0], "The cap is too high.", DAY)
    assert codes(version) == ["SIGNER_DECLINED"]
    assert next(seat.status for seat in seats_of(version)) == "declined"
    with pytest.raises(OpenFindings, match="First declined to sign"):
        sign(version, THEIRS, "Third")
    with factories.legal():
        services.ask_signer(named[0], date(2022, 1, 3))
    assert codes(version) == []


def test_who_was_taken_off_the_list_is_not_waited_for(version, named):
    with factories.legal():
        services.remove_signer(named[1], "she left")
    sign(version, OURS, "First")
    sign(version, THEIRS, "Third")
    version.refresh_from_db()
    assert version.state == "signed"


def test_one_word_edited_and_every_signature_is_void(version, named):
    sign(version, OURS, "First")
    sign(version, THEIRS, "Third")
    with factories.legal():
        services.return_to_draft(version, "one word is wrong")
        services.edit_draft(version, factories.terms(title="One word differs"))
        services.submit_for_review(version)
        services.answer_checklist(version, factories.CHECKLIST)
        for item in open_standings(version):
            services.accept_finding(version, item.code, item.path, "the paper says so")
    assert version.signatures.live().count() == 0
    assert Signature.objects.filter(version=version, voided__reason="one word is wrong").count() == 2
    assert {seat.status for seat in seats_of(version)} == {"waiting"}
    event = Event.objects.filter(verb="contract_version.return").latest("pk")
    assert event.after["voided"] == [f"First for {OURS}", f"Third for {THEIRS}"]
    # The same people sign the new text.
    for party, name in ((OURS, "First"), (OURS, "Second"), (THEIRS, "Third")):
        assert sign(version, party, name).terms_sha256 == version.terms_sha256
    version.refresh_from_db()
    assert version.state == "signed"


def test_a_login_signs_for_itself_and_for_nobody_else(version):
    person = factories.user()
    with factories.legal():
        signer = services.name_signer(version, party=OURS, name="Olga Urs", login=person)
        with pytest.raises(NotTheSigner):
            services.sign_by_name(signer, "Olga Urs", version.terms_sha256, DAY)
    with acting(person, via="command"):
        with pytest.raises(FieldsRefused, match="typed_name"):
            services.sign_by_name(signer, "Olga", version.terms_sha256, DAY)
        with pytest.raises(FieldsRefused, match="another by now"):
            services.sign_by_name(signer, "Olga Urs", "0" * 64, DAY)
        signature = services.sign_by_name(signer, "Olga  Urs", version.terms_sha256, DAY)
        assert services.sign_by_name(signer, "Olga Urs", version.terms_sha256, DAY) == signature
    assert (signature.recorded_by, signature.terms_sha256) == (person, version.terms_sha256)


def test_whoever_was_taken_off_the_list_does_not_sign_as_another_of_the_same_name(version):
    wrong, right = factories.user(), factories.user()
    with factories.legal():
        mistaken = services.name_signer(version, party=OURS, name="Olga Urs", login=wrong)
        with pytest.raises(FieldsRefused, match="named to sign"):
            services.name_signer(version, party=OURS, name="OLGA  Urs", login=right)
        services.remove_signer(mistaken, "the wrong login")
        services.name_signer(version, party=OURS, name="Olga Urs", login=right)
    with acting(wrong, via="command"), pytest.raises(WrongState, match="taken off"):
        services.sign_by_name(mistaken, "Olga Urs", version.terms_sha256, DAY)
    assert not version.signatures.exists()


def test_the_same_signers_are_named_for_the_next_version_in_one_act(version, named):
    left, boxed = factories.user(), factories.user()
    with factories.legal():
        services.remove_signer(named[1], "she left")
        for name, login in (("Gone", left), ("Boxed", boxed)):
            services.name_signer(version, party=OURS, name=name, title="CFO", position=3, login=login)
        following = services.draft_version(version.contract, version.terms, date(2023, 1, 1))
        left.is_active, boxed.access_until_on = False, date(2021, 12, 31)
        left.save()
        boxed.save()
        found = services.name_same_signers(following, DAY)
    assert found.left_out_words == (
        "Left out: Gone, whose login may not enter any more; Boxed, whose login may not enter any more."
    )
    fields = ("party", "name", "title", "position", "must_sign", "login_id")
    names = ("First", "Third")
    before = list(version.named_signers.filter(name__in=names).order_by("name").values_list(*fields))
    assert list(following.named_signers.order_by("name").values_list(*fields)) == before
    event = Event.objects.latest("pk")
    assert (event.verb, event.after["as_for"]) == ("contract_version.name_same_signers", version.number)
    assert event.after["left_out"] == ["Gone", "Boxed"]
    with factories.legal(), pytest.raises(FieldsRefused, match="has one itself"):
        services.name_same_signers(following, DAY)


def test_the_same_signers_are_refused_where_there_are_none_or_none_is_left(version):
    person = factories.user()
    with factories.legal():
        with pytest.raises(FieldsRefused, match="No version before"):
            services.name_same_signers(version, DAY)
        services.name_signer(version, party=OURS, name="Olga Urs", login=person)
        following = services.draft_version(version.contract, version.terms, date(2023, 1, 1))
        person.is_active = False
        person.save()
        with pytest.raises(FieldsRefused, match=r"Nobody of .* can sign any more\. Left out: Olga Urs"):
            services.name_same_signers(following, DAY)


def test_a_name_is_typed_as_it_is_read_however_it_was_composed(version):
    person = factories.user()
    with factories.legal():
        signer = services.name_signer(version, party=OURS, name="Zoe\u0308  Urs", login=person)
    with acting(person, via="command"):
        assert services.sign_by_name(signer, "Zo\u00eb Urs", version.terms_sha256, DAY)


def test_what_is_recorded_from_the_paper_is_for_the_text_that_was_held_against_it(version):
    with factories.legal():
        for act in (
            lambda: services.record_signature(version, OURS, "O. Urs", DAY, terms_sha256="0" * 64),
            lambda: services.accept_finding(version, "X", "y", "so", terms_sha256="0" * 64),
        ):
            with pytest.raises(FieldsRefused, match="edited since you read it"):
                act()
        with pytest.raises(FieldsRefused, match="at most 200"):
            services.record_signature(version, OURS, "U" * 201, DAY)
        assert services.record_signature(version, OURS, "O. Urs", DAY, terms_sha256=version.terms_sha256)


def test_a_second_refusal_for_another_reason_is_on_record_and_the_same_again_is_not(version):
    with factories.legal():
        signer = services.name_signer(version, party=OURS, name="Olga Urs")
        said = [
            services.decline_signature(signer, reason, DAY) for reason in ("The cap.", "The cap.", "The fee.")
        ]
    assert said[0] == said[1] != said[2]
    assert [one.reason for one in signer.steps.all()] == ["The cap.", "The fee."]


# Whom legal consulted --------------------------------------------------------------------------------------


def test_where_no_policy_is_set_nobody_must_be_consulted(version):
    assert codes(version) == []


def test_the_gate_names_who_was_not_consulted_and_a_reason_opens_it(version):
    with factories.legal():
        services.set_consultation_policy("promised_by_us", ["service_owner", "product_owner"], "our rule")
    said = [(item.path, item.sentence) for item in stands_against(version)]
    assert said == [
        ("consulted.product_owner", "the product owner was not consulted"),
        ("consulted.service_owner.platform", "the owner of the service platform was not consulted"),
    ]
    with pytest.raises(OpenFindings, match="product owner was not consulted"):
        sign(version)
    with factories.legal():
        services.record_consultation(version, role="product_owner", person="P. Owner", consulted_on=DAY)
        with pytest.raises(FieldsRefused, match="for a service that the terms name"):
            services.record_consultation(
                version, role="service_owner", service_code="mail", person="X", consulted_on=DAY
            )
        services.accept_finding(
            version, "GATE_NOT_CONSULTED", "consulted.service_owner.platform", "nobody owns it yet"
        )
    event = Event.objects.filter(verb="contract_version.accept_finding").latest("pk")
    assert event.reason == "nobody owns it yet"
    assert sign(version)


def test_the_policy_of_the_other_direction_asks_nothing_here(version):
    with factories.legal():
        services.set_consultation_policy("promised_to_us", ["product_owner"], "our rule")
    assert codes(version) == []


def test_what_legal_thinks_of_a_party_is_not_in_the_record(version):
    with factories.legal():
        services.describe_stakeholder(version, party="Operations", concern="Nights", stance="opposes")
        assert (
            services.describe_stakeholder(version, party="Operations", concern="Nights", stance="opposes")
            == version.stakeholders.get()
        )
    event = Event.objects.latest("pk")
    assert event.after == {"party": "Operations", "is_dropped": False}
    assert version.stakeholders.get().missing == (
        "likely objection", "what would attract them", "relationship owner",
    )  # fmt: skip
