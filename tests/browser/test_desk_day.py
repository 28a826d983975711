"""A lawyer's day: from a template and the paper to a version that both parties signed, each step timed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from contracts.models import ContractVersion, Signature
from tests.browser.conftest import ARTEFACTS
from tests.contracts.pdfs import SIGNED, pdf

REFERENCE = "CUS-2025-09"
HOLE = "TIER_HOLE"


class Day:
    """What was done, and how long each step took, in whole milliseconds."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        began = time.monotonic_ns()
        yield
        self.steps.append((name, (time.monotonic_ns() - began) // 1_000_000))

    def write(self) -> None:
        """Keep the times beside the pictures."""
        ARTEFACTS.mkdir(exist_ok=True)
        total = sum(took for _, took in self.steps)
        lines = [f"{name}\t{took} ms" for name, took in [*self.steps, ("the whole day", total)]]
        (ARTEFACTS / "lawyers-day.txt").write_text("\n".join([*lines, ""]))


def stands(page: Page) -> Locator:
    """What stands against signing."""
    return page.locator("section[aria-labelledby=stands]")


def told(page: Page, words: str) -> None:
    """The page says that something was done."""
    expect(page.get_by_role("status")).to_contain_text(words)


def let_stand(page: Page, code: str) -> None:
    """Accept a finding with a reason."""
    page.get_by_text("Let something stand, with a reason", exact=True).first.click()
    finding = page.locator("#accept-finding")
    finding.select_option(finding.locator(f"option[value^='{code}']").first.get_attribute("value"))
    page.locator("#accept-reason").fill("As the paper has it")
    page.get_by_role("button", name="Let it stand").click()
    told(page, "stands no more in the way")


def answer_checklist(page: Page) -> None:
    """Answer every item that is asked; some answers ask further ones."""
    box = page.locator("section[aria-labelledby=checklist]")
    for item in box.locator("select").all():
        item.select_option(index=1)
    for note in box.locator("[name$=__note]").all():
        note.fill("Clause 12 of the paper")
    page.get_by_role("button", name="Keep the answers").click()
    told(page, "kept for this text")


def sign(page: Page, party: str, signatory: str, done: str) -> None:
    """Record a signature from the paper."""
    page.get_by_text("Record a signature from the paper").click()
    form = page.locator("form:has(#sign-seat)")
    seat = form.locator("#sign-seat")
    seat.select_option(seat.locator("option", has_text=party).first.get_attribute("value"))
    form.locator("#sign-signatory").fill(signatory)
    form.locator("#sign-signed_on").fill("2025-07-14")
    form.get_by_role("button", name="Record the signature").click()
    expect(page.get_by_role("alert")).to_have_text([])
    told(page, done)


@pytest.mark.slow
def test_a_lawyers_day_from_the_paper_to_the_signed_version(visit: Any) -> None:
    day = Day()
    lena, leo = visit("lena"), visit("leo")
    with day.step("find the template by words of its text"):
        lena.goto("/templates/?q=name+servers")
        lena.goto("/templates/aws-route53/")
        expect(lena.get_by_text("a dated fact and not today's terms")).to_be_visible()
    with day.step("start a contract of our own from it"):
        lena.get_by_role("link", name="Start from this").click()
        lena.locator("#id_reference").fill(REFERENCE)
        lena.locator("#id_title").fill("Name service")
        lena.locator("#id_legal_entity").select_option(label="Example Software GmbH (invented)")
        lena.locator("#id_counterparty").select_option(label="Northwind Assembly B.V. (invented)")
        lena.locator("#id_direction").select_option("promised_by_us")
        lena.locator("#id_new_currency").fill("USD")
        lena.locator("#id_s_0").fill("build-platform")
        lena.locator("#id_effective_from_on").fill("2025-09-01")
        lena.get_by_role("button", name="Draft it").click()
        lena.wait_for_url("**/admin/contracts/contractversion/*/change/")
    version = ContractVersion.objects.get(contract__reference=REFERENCE)
    beside = lena.locator("#terms-beside")
    with day.step("close the gap between two rows with its button"):
        expect(beside).to_contain_text(HOLE)
        lena.get_by_role("button", name="Close the gap: let tier 3 begin at 30 minutes").click()
        expect(beside).not_to_contain_text(HOLE)
    with day.step("save the draft"):
        lena.get_by_role("button", name="Save and continue editing").click()
        lena.wait_for_url("**/admin/contracts/contractversion/*/change/")
        expect(lena.locator("#terms-beside")).not_to_contain_text(HOLE)
    version.refresh_from_db()
    assert version.terms["commitments"][0]["schedule"]["tiers"][2]["lower"] == "30"
    with day.step("lay the paper beside it"):
        lena.goto(f"/desk/versions/{version.pk}/paper/")
        lena.get_by_label("PDF").set_input_files(
            {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": pdf(*SIGNED)}
        )
        lena.get_by_label("Title").fill("Agreement on the name service")
        lena.get_by_role("button", name="Upload").click()
        expect(lena.get_by_text("0 of ")).to_be_visible()
    with day.step("settle what the page says stands against signing"):
        lena.goto(f"/versions/{version.pk}/")
        for code in ("SOURCE_ROLE_UNPLAYED", "PROMISES_CONFLICT", "PROMISE_NOT_BELOW_OBJECTIVE"):
            let_stand(lena, code)
        lena.get_by_text("Record who chose a reading").click()
        lena.locator("#choose-reading").select_option(index=0)
        lena.locator("#choose-chosen_on").fill("2025-07-14")
        lena.locator("#choose-reason").fill("The credit grows without a gap")
        lena.get_by_role("button", name="Record the reading").click()
        told(lena, "The reading is on record")
    with day.step("answer the checklist"):
        answer_checklist(lena)
        if "CHECKLIST_UNANSWERED" in stands(lena).inner_text():
            answer_checklist(lena)
    with day.step("submit it for review"):
        lena.get_by_text("Submit for review", exact=True).first.click()
        lena.get_by_role("button", name="Submit for review").click()
        told(lena, "It is in review")
    with day.step("an objection by the other lawyer, and its answer"):
        leo.goto(f"/versions/{version.pk}/")
        leo.locator("#remark-objection_class").select_option("trade_off")
        leo.locator("#remark-words").fill("The claim should say where it is sent")
        leo.get_by_role("button", name="Put it on record").click()
        told(leo, "It is on record")
        lena.reload()
        expect(stands(lena)).to_contain_text("OBJECTION_OPEN")
        lena.locator("details:has([name=outcome]) > summary").first.click()
        answer = lena.locator("form:has([name=outcome])").first
        answer.locator("[name=outcome]").select_option("rejected")
        answer.locator("[name=words]").fill("The order form names the address; the text stays")
        answer.get_by_role("button").last.click()
        expect(stands(lena)).not_to_contain_text("OBJECTION_OPEN")
    with day.step("record both signatures"):
        sign(lena, "Example Software GmbH (invented)", "E. Xample", "Recorded")
        leo.reload()
        visit.check(leo, "lawyers-day-half-signed")
        sign(leo, "Northwind Assembly B.V. (invented)", "N. Orthwind", "It is signed and in force")
        expect(leo.get_by_role("heading", level=1)).not_to_contain_text("not agreed")
    version.refresh_from_db()
    assert version.state == ContractVersion.State.SIGNED
    assert set(Signature.objects.filter(version=version).values_list("terms_sha256", flat=True)) == {
        version.terms_sha256
    }
    assert version.commitments.count() == 1
    day.write()
