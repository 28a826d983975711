"""For which windows payloads are kept past their retention."""

from datetime import date

import pytest

from credits import services
from credits.needs import unsettled_windows
from measurements.needs import open_windows
from tests.credits import world

pytestmark = pytest.mark.django_db
ON = date(2023, 4, 20)


def test_a_window_is_needed_until_its_result_is_final_its_claim_has_ended_and_no_dispute_is_open() -> None:
    told = world.customer()
    source = told.contract.source_bindings.get().source
    assert list(unsettled_windows(source)) == []
    assessment = told.assess()
    window = (assessment.window_start, assessment.window_end)
    assert set(unsettled_windows(source)) == {window}
    assert window in open_windows(source)
    told.finalise()
    claim = told.claim()
    assert bool(list(unsettled_windows(source))) == (claim.steps.last().kind == "found")
    memo = told.issue()
    assert list(unsettled_windows(source)) == []
    with world.as_("finance"):
        dispute = services.open_dispute(memo, taken_on=ON, reason="they say that it was two hours")
    assert set(unsettled_windows(source)) == {window}
    with world.as_("finance_approver"):
        services.resolve_dispute(dispute, verdict="stands", taken_on=ON, reason="the log shows one")
    assert list(unsettled_windows(source)) == []
    assert list(open_windows(source)) == []
