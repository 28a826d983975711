"""Conflicts of promises: found once, by whoever signs or enters; gone; decided by two persons; real in effect."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from audit.models import Event
from audit.record import acting
from base.errors import NotAllowed
from contracts import services
from contracts.checks import open_standings
from contracts.errors import CircleOfDecisions, FieldsRefused, NotByYourself, WrongState
from contracts.models import Conflict, ConflictStep, Contract, DecisionConfirmation
from contracts.precedence_reading import conflicts_with_state, proposal_for, state_of
from contracts.reading import commitments_in_effect
from tests import factories
from tests.contracts.agreements import (
    DAY,
    JUNE,
    decide,
    level,
    master,
    objective,
    order_form,
    order_of_precedence,
    two_documents,
)

pytestmark = pytest.mark.django_db


def state(conflict: Conflict) -> str:
    return state_of(conflicts_with_state().get(pk=conflict.pk))


def keys(contract: Contract, on: date = DAY) -> list[str]:
    return [row.key for row in commitments_in_effect(contract, on)]


# Finding --------------------------------------------------------------------------------------------------


def test_an_order_form_against_its_master_agreement_is_found_as_it_is_signed():
    above, below, conflict = two_documents()
    assert (conflict.kind, conflict.is_family) == ("disagree", True)
    assert {conflict.first, conflict.second} == {above, below}
    assert conflict.differences == [{"field": "target_percent", "first": "99.5", "second": "99.9"}]
    assert Event.objects.filter(verb="conflict.find").count() == 1
    assert state(conflict) == "open"


def test_the_very_same_promise_in_two_documents_of_a_family_would_be_paid_twice():
    above = master(document=level("99.9"))
    order_form(above, document=level("99.9"))
    assert Conflict.objects.get().kind == "said_twice"


def test_two_contracts_of_no_family_that_agree_are_no_conflict():
    factories.signed_contract(reference="C-1")
    factories.signed_contract(reference="C-2")
    assert not Conflict.objects.exists()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"unknown_time": "down"}, ["unknown_time"]),
        ({"exclusions": []}, ["exclusions"]),
        ({"window": {"kind": "calendar_quarter", "zone": None}}, ["window"]),
        ({"target_inclusive": False}, ["target_inclusive"]),
        ({"title": "Another title"}, []),
    ],
)
def test_what_differs_is_named_field_by_field(changes, fields):
    factories.signed_contract(level("99.9"), "C-1")
    factories.signed_contract(level("99.9", **changes), "C-2")
    found = [one["field"] for row in Conflict.objects.all() for one in row.differences]
    assert found == fields


def test_another_party_direction_service_or_time_is_no_conflict():
    factories.signed_contract(level("99.9"), "C-1", effective_until_on=JUNE)
    factories.signed_contract(level("99.5"), "C-2", counterparty=factories.counterparty("other"))
    factories.signed_contract(
        level("99.5"), "C-3", direction="promised_to_us", counterparty=factories.counterparty()
    )
    factories.signed_contract(level("99.5", services=["backup"]), "C-4")
    factories.signed_contract(level("99.5"), "C-5", effective_from_on=JUNE)
    assert not Conflict.objects.exists()


def test_looking_twice_changes_nothing():
    two_documents()
    job = factories.job_user()
    before = (Conflict.objects.count(), ConflictStep.objects.count(), Event.objects.count())
    with acting(job, via="task"):
        assert services.find_conflicts(on=JUNE) == []
        assert services.find_conflicts(on=JUNE) == []
    assert (Conflict.objects.count(), ConflictStep.objects.count(), Event.objects.count()) == before


def test_a_conflict_is_gone_with_the_day_on_which_one_document_ends_and_is_found_again():
    above = master(effective_until_on=JUNE)
    order_form(above)
    conflict = Conflict.objects.get()
    with acting(factories.job_user(), via="task"):
        services.find_conflicts(on=date(2022, 5, 31))
        assert state(conflict) == "open"
        services.find_conflicts(on=JUNE)
        assert state(conflict) == "gone"
        services.find_conflicts(on=date(2022, 5, 31))
    assert state(conflict) == "open"
    assert [step.kind for step in conflict.steps.all()] == ["found", "gone", "found"]


def test_a_draft_says_what_it_would_be_in_conflict_with_and_is_not_signed_unless_that_is_accepted():
    above = master()
    draft = factories.draft(factories.contract("OF-1", kind="order_form", under=above), level("99.9"))
    [standing] = [one for one in open_standings(draft) if one.code == "PROMISES_CONFLICT"]
    assert (standing.path, standing.acceptable) == ("commitments.0", True)
    assert "MSA-1 (without an owner) says otherwise: target" in standing.sentence


# Objectives -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promise", "aim", "found"),
    [("99.95", "99.9", True), ("99.9", "99.9", True), ("99.89", "99.9", False)],
)
def test_a_promise_at_or_above_the_objective_is_a_conflict_with_both_owners(promise, aim, found):
    owner = factories.user("legal")
    factories.signed_contract(level(promise), "C-1", owner=owner)
    row = objective(Decimal(aim))
    assert [(one.first.owner, one.objective.owner) for one in Conflict.objects.all()] == (
        [(owner, row.owner)] if found else []
    )


def test_a_promise_signed_over_an_objective_is_found_too_and_a_vendors_is_not():
    objective(Decimal("99.9"))
    factories.signed_contract(
        level("99.95"), "V-1", direction="promised_to_us", counterparty=factories.counterparty("vendor")
    )
    assert not Conflict.objects.exists()
    factories.signed_contract(level("99.95"), "C-1")
    assert Conflict.objects.get().kind == "objective"


def test_aiming_for_more_ends_the_conflict_and_nothing_of_the_promise():
    contract = factories.signed_contract(level("99.95"), "C-1")
    objective(Decimal("99.9"))
    conflict = Conflict.objects.get()
    objective(Decimal("99.99"), owner=conflict.objective.owner)
    assert state(conflict) == "gone"
    assert keys(contract) == ["availability"]


def test_a_promise_does_not_give_way_to_an_objective():
    factories.signed_contract(level("99.95"), "C-1")
    objective(Decimal("99.9"))
    with factories.legal(), pytest.raises(FieldsRefused, match="does not give way to an objective"):
        services.decide_conflict(Conflict.objects.get(), gives_way="first", from_on=DAY, reason="because")


def test_an_objective_is_agreed_by_its_owner_who_did_not_enter_it():
    row = objective(Decimal("99.9"))
    with factories.legal(), pytest.raises(NotByYourself):
        services.agree_objective(row)
    with acting(row.owner, via="page"):
        services.agree_objective(row)
        services.agree_objective(row)
    assert row.agreement.agreed_by == row.owner


# Deciding -------------------------------------------------------------------------------------------------


def test_a_decision_counts_from_its_day_once_a_second_person_confirmed_it():
    above, below, conflict = two_documents()
    with factories.legal() as first:
        decision = services.decide_conflict(
            conflict, gives_way="first", from_on=JUNE, reason="the later paper"
        )
        with pytest.raises(NotByYourself):
            services.confirm_decision(decision)
    assert first.pk == decision.decided_by_id
    assert state(conflict) == "to be confirmed"
    assert keys(above, JUNE) == ["availability"]
    with factories.legal():
        services.confirm_decision(decision)
    assert state(conflict) == "decided"
    assert keys(above, date(2022, 5, 31)) == ["availability"]
    assert keys(above, JUNE) == []
    assert keys(below, JUNE) == ["availability"]


def test_four_eyes_hold_round_the_services_too():
    _, _, conflict = two_documents()
    with factories.legal() as person:
        decision = services.decide_conflict(conflict, gives_way="first", from_on=DAY, reason="why")
        with pytest.raises(IntegrityError, match="confirmed by whoever made it"), transaction.atomic():
            DecisionConfirmation.objects.create(decision=decision, confirmed_by=person)


def test_what_gives_way_computes_again_when_the_other_document_ended():
    above = master()
    below = order_form(above, effective_until_on=JUNE)
    decide(Conflict.objects.get(), "first")
    assert keys(above, DAY) == []
    assert keys(above, JUNE) == ["availability"]
    assert keys(below, JUNE) == []


def test_a_later_decision_takes_the_place_of_an_earlier_one_from_its_day():
    above, below, conflict = two_documents()
    decide(conflict, "first")
    decide(conflict, "second", JUNE)
    assert (keys(above, DAY), keys(below, DAY)) == ([], ["availability"])
    assert (keys(above, JUNE), keys(below, JUNE)) == (["availability"], [])


def test_a_later_version_that_repeats_the_disagreement_is_held_by_the_decision():
    above, below, conflict = two_documents()
    decide(conflict, "first")
    factories.sign(factories.draft(below, level("99.9", title="New words"), JUNE))
    assert Conflict.objects.count() == 1
    assert keys(above, JUNE) == []


def test_a_later_version_that_disagrees_otherwise_is_another_conflict():
    above, below, conflict = two_documents()
    decide(conflict, "first")
    factories.sign(factories.draft(below, level("99.95"), JUNE))
    assert Conflict.objects.count() == 2
    assert keys(above, JUNE) == ["availability"]


def test_the_order_of_precedence_proposes_what_computes_and_refuses_the_other():
    above, _, conflict = two_documents()
    assert "no order of precedence" in proposal_for(conflict).sentence
    with factories.legal(), pytest.raises(WrongState):
        services.decide_conflict(conflict, gives_way="first", from_on=DAY, reason="why", by_order=True)
    order = order_of_precedence(above)
    proposal = proposal_for(conflict)
    assert (proposal.order, proposal.gives_way) == (order, "first")
    assert proposal.sentence.startswith("OF-1 prevails over MSA-1 (Master agreement, clause 2.1, page 3")
    with factories.legal(), pytest.raises(FieldsRefused, match="says otherwise"):
        services.decide_conflict(conflict, gives_way="second", from_on=DAY, reason="why", by_order=True)


def test_a_contract_that_is_named_goes_before_its_kind_and_one_that_is_not_named_is_said():
    above, below, conflict = two_documents()
    order_of_precedence(above, above, below)
    assert proposal_for(conflict).gives_way == "second"
    order_of_precedence(above, "side_letter", "order_form")
    assert proposal_for(conflict).gives_way is None
    assert "does not name MSA-1" in proposal_for(conflict).sentence


def test_no_circle_of_decisions_leaves_nobody_to_pay():
    above = master()
    order_form(above, "OF-1", level("99.9"))
    order_form(above, "OF-2", level("99.95"))
    rows = {(row.first.reference, row.second.reference): row for row in Conflict.objects.all()}
    decide(rows["MSA-1", "OF-1"], "first")
    decide(rows["OF-1", "OF-2"], "first")
    with pytest.raises(CircleOfDecisions):
        decide(rows["MSA-1", "OF-2"], "second")
    decide(rows["MSA-1", "OF-2"], "first")


def test_a_decision_that_another_replaced_is_in_no_circle_and_a_day_that_both_reach_is():
    above = master()
    order_form(above, "OF-1", level("99.9"))
    order_form(above, "OF-2", level("99.95"))
    rows = {(row.first.reference, row.second.reference): row for row in Conflict.objects.all()}
    decide(rows["MSA-1", "OF-1"], "first")
    decide(rows["MSA-1", "OF-1"], "neither", JUNE)
    decide(rows["OF-1", "OF-2"], "first", JUNE)
    decide(rows["MSA-1", "OF-2"], "second", JUNE)
    with pytest.raises(CircleOfDecisions, match="in windows that begin on 2022-06-01"):
        decide(rows["MSA-1", "OF-1"], "first")


def test_a_decision_by_an_order_that_was_replaced_since_is_not_confirmed():
    above, below, conflict = two_documents()
    order_of_precedence(above)
    with factories.legal():
        decision = services.decide_conflict(
            conflict, gives_way="first", from_on=DAY, reason="why", by_order=True
        )
    order_of_precedence(above, above, below)
    with factories.legal(), pytest.raises(FieldsRefused, match="says otherwise"):
        services.confirm_decision(decision)
    order_of_precedence(above, below, above)
    with factories.legal(), pytest.raises(WrongState, match="a later version"):
        services.confirm_decision(decision)


def test_what_is_gone_is_not_found_again_by_a_signature_that_is_entered_late():
    above = master(effective_until_on=JUNE)
    order_form(above)
    conflict = Conflict.objects.get()
    with acting(factories.job_user(), via="task"):
        services.find_conflicts(on=JUNE)
    factories.signed_contract(level("99.9", services=["backup"]), "C-4")
    assert state(conflict) == "gone"


def test_only_persons_of_legal_decide():
    _, _, conflict = two_documents()
    with (
        acting(factories.user("vendor_manager"), via="page"),
        pytest.raises(NotAllowed),
    ):
        services.decide_conflict(conflict, gives_way="first", from_on=DAY, reason="why")


# Documents and owners -------------------------------------------------------------------------------------


def test_a_document_stands_under_a_master_agreement_of_the_same_parties_in_no_circle():
    above = master()
    other = master("MSA-2", counterparty=factories.counterparty("other"))
    below = order_form(above)
    for wrong in (below, other):
        with factories.legal(), pytest.raises(FieldsRefused, match="under"):
            services.change(factories.contract(f"X-{wrong.pk}"), under=wrong, reason="why")
    frame = master("FRAME-1", level("99.0"), under=above)
    with factories.legal(), pytest.raises(FieldsRefused, match="stands under this contract already"):
        services.change(above, under=frame, reason="why")
    with (
        factories.legal(),
        pytest.raises(IntegrityError, match="would stand under itself"),
        transaction.atomic(),
    ):
        Contract.objects.filter(pk=above.pk).update(under=frame)


def test_an_owner_is_a_person_of_ours():
    with factories.legal(), pytest.raises(FieldsRefused, match="person of ours"):
        services.change(factories.contract(), owner=factories.job_user(), reason="why")
