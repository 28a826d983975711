"""Legal mends a text by buttons, looks along its ladder, and sees one outage under several readings."""

from datetime import date

from playwright.sync_api import expect

from audit.record import acting
from contracts import services
from contracts.models import Contract, ContractVersion
from demo.people import person


def draft_with_gaps() -> ContractVersion:
    """The customer's terms with tiers written to two decimals under a target of 99.5."""
    contract = Contract.objects.get(reference="CUS-2021-07")
    terms = contract.versions.get(number=1).terms
    commitment = terms["commitments"][0]
    commitment |= {"target_percent": "99.5", "caps": [], "readings": []}

    def row(lower: str | None, upper: str, percent: str) -> dict[str, object]:
        bounds = {"lower": lower, "lower_inclusive": None if lower is None else True}
        return bounds | {"upper": upper, "upper_inclusive": lower is not None, "percent": percent}

    rows = [row("99", "99.49", "10"), row("95", "98.99", "25"), row(None, "95", "100")]
    commitment["schedule"] = {"kind": "tiers", "tiers": rows}
    with acting(person("leo"), via="command", reason="a test"):
        return services.draft_version(contract, terms, date(2026, 1, 1))


def test_legal_closes_gaps_by_buttons_and_moves_along_the_ladder(visit):
    version = draft_with_gaps()
    page = visit("lena")
    page.goto(f"/admin/contracts/contractversion/{version.pk}/change/")
    beside = page.locator("#terms-beside")
    expect(beside.get_by_text("TIER_HOLE")).to_have_count(2)
    page.get_by_role("button", name="Close the gap: let tier 2 end at 99 %, not included.").press("Enter")
    expect(page.locator("#terms-mended")).to_contain_text("Done: Close the gap")
    expect(page.locator("#terms-mended")).to_be_focused()
    expect(beside.get_by_text("TIER_HOLE")).to_have_count(1)
    page.get_by_role("button", name="Close the gap: let tier 1 end at 99.5 %, not included.").click()
    expect(beside.get_by_text("TIER_HOLE")).to_have_count(0)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(beside.get_by_text("TIER_HOLE")).to_have_count(1)
    page.get_by_role("button", name="Redo", exact=True).click()
    expect(beside.get_by_text("TIER_HOLE")).to_have_count(0)

    page.locator("#ladder-month").fill("2026-04")
    expect(page.locator("#ladder-window")).to_contain_text("2026-04 in")
    said = page.locator("#ladder-said")
    expect(said).to_contain_text("above 3 h 36 min")
    slider = page.locator("#ladder-at")
    slider.focus()
    slider.press("End")
    expect(said.locator("output")).to_contain_text("30 d")
    expect(said).to_contain_text("this is the last one")
    expect(slider).to_be_focused()
    slider.press("Home")
    expect(said.locator("output")).to_contain_text("0 s")
    page.locator("#ladder-exact").fill("216")
    expect(said).to_contain_text("in more than 0 s: missed")
    page.locator("#ladder-exact").fill("217")
    expect(said.locator("dl")).to_contain_text("tier 1")
    # What is moved there changes no word of the terms.
    expect(beside.get_by_text("TIER_HOLE")).to_have_count(0)
    page.locator("#terms-ladder").screenshot(path="artefacts/desk-ladder.png")


def test_legal_reads_one_outage_in_several_ways(visit):
    page = visit("lena")
    page.goto("/explainer/")
    decided = page.locator("section[aria-labelledby=decided]")
    expect(decided).to_contain_text("breach, level 99.899907 %")
    excluded = page.get_by_role("region", name="Excluded time", exact=True)
    expect(excluded).to_contain_text("99.900463 %")
    visit.check(page, "desk-explainer")
    page.get_by_text("Edit the outages").click()
    page.get_by_label("Stretch 1: length").fill("42 min")
    page.get_by_role("button", name="Read it again").click()
    expect(decided).to_contain_text("met, level 99.902235 %")
    page.get_by_role("link", name="75 seconds across a month's end").click()
    expect(decided).to_contain_text("Order of testing and cutting")
    page.get_by_role("button", name="Show its readings").click()
    expect(page.get_by_role("link", name="The result itself")).to_be_visible()
    visit.check(page, "desk-explainer-own")
