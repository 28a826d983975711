"""Exclusions: proposed by one, decided by another person, and on intervals only."""

from datetime import timedelta

import pytest

from audit.models import Event
from audit.record import acting
from base.errors import NotAllowed
from contracts.models import Contract
from measurements import services
from measurements.errors import (
    DecidedAlready,
    DecidedByProposer,
    ExclusionChanged,
    ExclusionNeedsIntervals,
    FieldRefused,
)
from measurements.models import Exclusion, ExclusionDecision
from tests import factories
from tests.factories import utc
from tests.measurements.world import KNOWN

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(importer) -> Contract:
    return factories.signed_contract()


def propose(contract: Contract, **changes) -> Exclusion:
    given = {
        "contract": contract,
        "service": factories.service("platform"),
        "kind": "planned_maintenance",
        "start": utc(2023, 4, 1),
        "end": utc(2023, 4, 2),
        "evidence": "notice N-1",
        "proposed_at": KNOWN,
        "announced_at": utc(2023, 3, 20),
        "external_id": "m1",
    }
    return services.propose_exclusion(**(given | changes))


def decide(exclusion: Exclusion, role: str = "finance_approver", **changes) -> ExclusionDecision:
    given = {"verdict": "approved", "reason": "announced in time", "decided_at": KNOWN}
    with acting(factories.user(role), via="admin"):
        return services.decide_exclusion(exclusion=exclusion, **(given | changes))


def test_a_proposal_is_recorded_and_decides_nothing(contract):
    exclusion = propose(contract)
    event = Event.objects.get(verb="exclusion.propose")
    assert (event.subject_id, event.after["external_id"]) == (str(exclusion.pk), "m1")
    assert not ExclusionDecision.objects.exists()


def test_another_person_approves_it_with_a_reason(contract):
    decision = decide(propose(contract), worth={"level": "99.95"})
    assert (decision.verdict, decision.worth) == ("approved", {"level": "99.95"})
    event = Event.objects.get(verb="exclusion.approve")
    assert (event.reason, event.via) == ("announced in time", "admin")


def test_whoever_proposed_it_may_not_decide_even_with_the_role(contract):
    both = factories.user("vendor_manager", "finance_approver", is_superuser=True)
    with acting(both, via="admin"):
        exclusion = propose(contract)
        with pytest.raises(DecidedByProposer, match="somebody else must decide"):
            services.decide_exclusion(
                exclusion=exclusion, verdict="approved", reason="mine", decided_at=KNOWN
            )
    assert not ExclusionDecision.objects.exists()


def test_a_job_may_propose_and_may_not_decide(contract):
    with acting(factories.job_user(), via="task"):
        exclusion = propose(contract)
        with pytest.raises(NotAllowed):
            services.decide_exclusion(
                exclusion=exclusion, verdict="approved", reason="auto", decided_at=KNOWN
            )


@pytest.mark.parametrize("role", ["finance", "auditor", "executive", "vendor_manager", "administrator"])
def test_only_legal_and_the_finance_approver_decide(contract, role):
    with pytest.raises(NotAllowed, match="does not have the role finance approver or legal"):
        decide(propose(contract), role=role)


@pytest.mark.parametrize("role", ["auditor", "executive"])
def test_not_everybody_proposes(contract, role):
    with acting(factories.user(role), via="admin"), pytest.raises(NotAllowed):
        propose(contract)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": " "}, "reason: is empty"),
        ({"verdict": "perhaps"}, "approved or refused"),
        ({"decided_at": KNOWN - timedelta(seconds=1)}, "lies before the proposal"),
        ({"decided_at": KNOWN.replace(tzinfo=None)}, "naive"),
    ],
)
def test_a_decision_needs_a_verdict_a_reason_and_a_moment_after_the_proposal(contract, changes, said):
    with pytest.raises(FieldRefused, match=said):
        decide(propose(contract), **changes)


def test_the_same_decision_again_is_free_and_another_one_is_refused(contract):
    exclusion = propose(contract)
    decision = decide(exclusion)
    assert decide(exclusion) == decision
    with pytest.raises(DecidedAlready, match="a decision is not changed"):
        decide(exclusion, verdict="refused")
    assert Event.objects.filter(verb__startswith="exclusion.").count() == 2


def test_the_same_proposal_again_is_free_and_a_changed_one_is_refused(contract):
    exclusion = propose(contract)
    assert propose(contract, proposed_at=KNOWN + timedelta(days=1)) == exclusion
    for changes in (
        {"end": utc(2023, 4, 3)},
        {"announced_at": None},
        {"evidence": "notice N-2"},
    ):
        with pytest.raises(ExclusionChanged, match="under another external_id"):
            propose(contract, **changes)
    assert propose(contract, external_id="m2", end=utc(2023, 4, 3)) != exclusion
    assert Exclusion.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"end": utc(2023, 4, 1)}, "is not after start"),
        ({"end": utc(2023, 3, 31)}, "is not after start"),
        ({"start": utc(2023, 4, 1).replace(tzinfo=None)}, "start: .* has no time zone"),
        ({"kind": "bad_luck"}, "kind: "),
        ({"evidence": "  "}, "evidence: "),
    ],
)
def test_a_proposal_with_impossible_particulars_is_refused(contract, changes, said):
    with pytest.raises(FieldRefused, match=said):
        propose(contract, **changes)
    assert not Exclusion.objects.exists()


def test_daily_seconds_refuse_exclusions_by_name(importer):
    weighted = factories.signed_contract(factories.terms(factories.seconds_terms()), reference="C-2")
    with pytest.raises(ExclusionNeedsIntervals, match="which have no time of day") as refused:
        propose(weighted, service=factories.service("actions"))
    assert refused.value.code == "EXCLUSION_NEEDS_INTERVALS"


def test_a_service_that_the_contract_does_not_promise_is_refused(contract):
    with pytest.raises(FieldRefused, match="promises anything of actions"):
        propose(contract, service=factories.service("actions"))


# Announced maintenance -----------------------------------------------------------------------------------

MAINTENANCE = (
    "m1,2023-04-01T10:00:00Z,2023-04-01T12:00:00Z,maintenance,Actions,Planned\n"
    "m2,2023-04-02T10:00:00Z,2023-04-02T12:00:00Z,maintenance,Copilot,Elsewhere\n"
    "i3,2023-04-03T10:00:00Z,2023-04-03T12:00:00Z,major,Actions,Trouble\n"
    "m4,2023-04-04T10:00:00Z,2023-04-04T12:00:00Z,maintenance,API Requests;Actions,Planned too\n"
)


@pytest.fixture
def product(importer) -> Contract:
    """A product of ours that is down while Actions or API Requests is."""
    down = {
        "kind": "uptime_from_intervals",
        "down_severities": ["major"],
        "down_components": ["actions", "api-requests"],
    }
    return factories.signed_contract(factories.terms(factories.commitment_terms(indicator=down)))


def test_maintenance_of_what_a_product_rests_on_is_proposed_once(product, incidents, import_incidents):
    import_incidents(MAINTENANCE)
    given = {
        "contract": product,
        "service": factories.service("platform"),
        "source": incidents,
        "known_at": KNOWN,
        "announced": timedelta(days=7),
    }
    proposed = services.propose_maintenance_from_incidents(**given)
    assert [one.external_id for one in proposed] == ["m1", "m4"]
    assert proposed[0].announced_at == utc(2023, 3, 25, 10)
    assert (proposed[0].during.lower, proposed[0].during.upper) == (utc(2023, 4, 1, 10), utc(2023, 4, 1, 12))
    assert "m1 Planned" in proposed[0].evidence
    assert services.propose_maintenance_from_incidents(**given) == proposed
    assert Exclusion.objects.count() == 2


def test_only_what_was_announced_is_proposed(product, incidents, import_incidents):
    import_incidents(MAINTENANCE)
    (proposed,) = services.propose_maintenance_from_incidents(
        contract=product,
        service=factories.service("platform"),
        source=incidents,
        known_at=KNOWN,
        announced={"m4": utc(2023, 4, 1)},
    )
    assert (proposed.external_id, proposed.announced_at) == ("m4", utc(2023, 4, 1))
