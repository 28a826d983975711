"""Legal's desk: what stands against signing a version, an objection answered, and the signatures that are missing."""

from playwright.sync_api import expect

from contracts.models import ContractVersion


def version(number: int) -> ContractVersion:
    return ContractVersion.objects.get(contract__reference="VND-2021-01", number=number)


def test_legal_sees_what_stands_against_signing_and_settles_some_of_it(visit):
    page = visit("leo")
    page.goto("/versions/")
    row = page.get_by_role("row", name="VND-2021-01 v3")
    expect(row).to_contain_text("not agreed")
    expect(row).to_contain_text("1 open objection")
    visit.check(page, "desk-reviews")
    row.get_by_role("link", name="VND-2021-01 v3").click()
    stands = page.locator("section[aria-labelledby=stands]")
    expect(stands).to_contain_text("OBJECTION_OPEN")
    expect(stands).to_contain_text("CHECKLIST_UNANSWERED")
    expect(stands).to_contain_text("the product owner was not consulted")
    # The objection that was accepted shows the field that it changed.
    expect(page.get_by_role("region", name="What remark")).to_contain_text(
        "Final so many days after the window"
    )
    visit.check(page, "desk-review")
    page.get_by_text("Record a consultation").click()
    page.locator("#consult-person").fill("Paula Product")
    page.locator("#consult-consulted_on").fill("2025-07-14")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Paula Product was consulted")
    expect(stands).not_to_contain_text("the product owner was not consulted")
    page.locator("#check-jurisdiction__answer").select_option("arbitration")
    page.get_by_role("button", name="Keep the answers for this text").click()
    expect(page.get_by_role("status")).to_contain_text("kept for this text")


def test_two_of_three_signed_is_not_in_force(visit):
    page = visit("lena")
    page.goto(f"/versions/{version(2).pk}/")
    signers = page.get_by_role("region", name="The signers")
    expect(signers.get_by_text("signed", exact=True)).to_have_count(2)
    # The executive with a login was asked by himself when whoever signs before him had.
    expect(signers.get_by_role("row", name="Emil")).to_contain_text("asked")
    expect(signers).to_contain_text("It became their turn.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("not agreed")
    expect(page.locator("section[aria-labelledby=stands]")).to_contain_text("Nothing.")
