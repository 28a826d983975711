"""Legal weighs candidates on the demo's past in a real browser; and the past agrees with what was stored."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from playwright.sync_api import expect

from contracts.models import Contract
from contracts.reading import terms_of
from credits.models import Assessment
from credits.whatif import what_if
from reckoning.canonical import fraction_text
from tests.browser.conftest import AS_OF

KNOWN_AT = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC) + timedelta(days=1)


def test_candidates_are_compared_and_one_is_picked(visit: Any):
    contract = Contract.objects.get(reference="CUS-2021-07")
    page = visit("lena")
    page.goto(f"/contracts/{contract.pk}/candidates/")
    for name in ("in effect", "Aspirational", "Realistic", "Conservative"):
        expect(page.get_by_role("columnheader", name=name).first).to_be_visible()
    visit.check(page, "candidates")
    form = page.get_by_role("form", name="Pick conservative")
    form.get_by_label("A new draft is in effect from").fill("2025-09-01")
    form.get_by_label("Why this one").fill("We have kept it for two years.")
    form.get_by_role("button", name="Pick conservative").click()
    expect(page.get_by_role("status")).to_contain_text("Picked: Conservative")
    page.goto(f"/contracts/{contract.pk}/past/")
    expect(page.get_by_role("heading", name="Month by month")).to_be_visible()
    visit.check(page, "past")
    # Beside the form of the new draft.
    draft = contract.versions.order_by("-number").first()
    page.goto(f"/admin/contracts/contractversion/{draft.pk}/change/")
    page.get_by_role("button", name="Lay it on the past").click()
    expect(page.locator("#terms-past-answer")).to_contain_text("Months attained")
    visit.shot(page, "past-beside-the-form")
    agrees_with_what_was_stored()


def agrees_with_what_was_stored() -> None:
    """Every month and quarter of two years, laid on the past again, is what was stored; cent and second.

    Windows that another text reckoned, or that a change of the terms split, are left out and counted.
    """
    compared = 0
    for contract in Contract.objects.all():
        version = contract.version_in_effect(AS_OF)
        if version is None:
            continue
        [laid] = what_if(contract, [terms_of(version)], KNOWN_AT)
        rows = Assessment.objects.filter(commitment__version=version).order_by("revision")
        stored = {
            (row.commitment.key, row.commitment.service.code, row.window_label): row
            for row in rows.select_related("commitment__service")
        }
        for one in laid.replays:
            row = stored.get((one.key, one.service, one.window))
            if row is None:
                continue
            assert (one.outcome, one.credit, one.tier) == (row.outcome, row.credit_amount, row.tier_label), (
                one
            )
            assert fraction_text(one.level) == row.level_exact
            assert one.down_seconds == Fraction(row.down_seconds)
            compared += 1
    assert compared >= 20 + 7 * 10
