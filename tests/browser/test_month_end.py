"""A month's end: the checklist, a finding accepted with a reason, a worker that closes, and another who reopens."""

import re
from datetime import date

from playwright.sync_api import expect

from base import jobs
from base.models import Job, User
from credits import services
from credits.reading import memos_with_state
from demo.world import US
from tests.credits.world import as_

MONTH = f"/periods/{US}/2025-07/"


def everything_is_issued() -> None:
    """What blocks the month is settled as any day's work is: approved by one, issued by another."""
    ada, finn = (User.objects.get(username=name) for name in ("ada", "finn"))
    for memo in memos_with_state().filter(state="proposed"):
        with as_(ada):
            services.approve_memo(memo, taken_on=date(2025, 7, 16))
        with as_(finn):
            services.issue_memo(memo, taken_on=date(2025, 7, 17))


def a_worker_does(stages: int) -> None:
    """What a worker would take up next, and no more of it than that."""
    for _ in range(stages):
        assert jobs.run(Job.objects.get(kind="credits.close", done_at=None).pk) == "done"


def test_finance_closes_a_month_and_an_approver_opens_it_again(visit, settings):
    settings.AS_OF = date(2025, 8, 5)
    page = visit("fay")
    page.goto(MONTH)
    checklist = page.get_by_role("region", name="Checklist")
    expect(checklist).to_contain_text("stand against closing")
    expect(checklist.locator(".tag", has_text="blocks").first).to_be_visible()
    visit.check(page, "month-end-blocked")

    everything_is_issued()
    page.reload()
    expect(checklist.locator(".tag", has_text="blocks")).to_have_count(0)
    lines = checklist.get_by_role("button", name=re.compile("^Accept: "))
    # Without a reason nothing is accepted; with one each line says who accepted it and why.
    assert lines.count() > 0
    lines.first.click()
    expect(checklist.get_by_label("Accept as it stands, because").first).to_be_focused()
    for left in range(lines.count(), 0, -1):
        checklist.get_by_label("Accept as it stands, because").first.fill("known, and settled in August")
        page.keyboard.press("Enter")
        expect(lines).to_have_count(left - 1)
    expect(checklist).to_contain_text("nothing stands against closing")
    expect(checklist).to_contain_text("Accepted by Fay Finance: known, and settled in August")
    visit.check(page, "month-end-accepted")

    page.get_by_label("Reason", exact=True).fill("the month is complete")
    page.get_by_role("button", name="Let a worker close it").click()
    progress = page.get_by_role("region", name="Closing by a worker")
    expect(progress).to_contain_text("0 of 6 stages, under way")
    # Whoever asks again while it runs is offered nothing to start.
    expect(page.get_by_role("button", name="Let a worker close it")).to_have_count(0)
    a_worker_does(2)
    page.reload()
    expect(progress).to_contain_text("2 of 6 stages, under way")
    visit.check(page, "month-end-under-way")
    a_worker_does(4)
    page.reload()
    expect(progress).to_contain_text("6 of 6 stages")
    expect(page.locator(".head .tag")).to_have_text("closed")
    expect(page.get_by_role("region", name="Closed and reopened")).to_contain_text("Closed by Fay Finance")
    # Finance itself does not open what it closed.
    expect(page.get_by_role("button", name="Reopen 2025-07")).to_have_count(0)
    visit.check(page, "month-end-closed")

    other = visit("ada")
    other.goto(MONTH)
    other.get_by_role("button", name="Reopen 2025-07").click()
    expect(other.get_by_label("Reason", exact=True)).to_be_focused()
    other.get_by_label("Reason", exact=True).fill("an invoice of July came late")
    other.get_by_role("button", name="Reopen 2025-07").click()
    expect(other.locator(".head .tag")).to_have_text("open again")
    expect(other.get_by_role("region", name="Closed and reopened")).to_contain_text(
        "an invoice of July came late"
    )
    visit.check(other, "month-end-reopened")
