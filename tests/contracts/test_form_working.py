"""Unsaved work on terms: kept as typed, undone step by step, private, bounded, and never over another's text."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.models import Event
from audit.record import acting
from base.models import User
from contracts import services
from contracts.errors import ChangedMeanwhile
from contracts.models import ContractVersion, WorkingCopy, WorkingStep
from contracts.terms_form import working
from contracts.terms_form.edits import apply_edits
from contracts.terms_form.page import SHAPE
from contracts.terms_form.values import shown
from tests import factories
from tests.admin.forms import errors_of, log_in, page, posted

pytestmark = pytest.mark.django_db
TEN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def lena() -> User:
    return factories.user("legal", name="lena")


@pytest.fixture
def leo() -> User:
    return factories.user("legal", name="leo")


class Desk:
    """One person's browser at the form of one draft."""

    def __init__(self, who: User, version: ContractVersion) -> None:
        self.client, self.version = log_in(who), version
        self.address = page("contracts.contractversion", "change", version.pk)
        document = shown(SHAPE, version.terms)
        self.fields: dict[str, Any] = posted(document) | {
            "terms_base": version.terms_sha256,
            "terms_from": "2022-01-01",
            "terms_until": "",
        }

    def press(self, operation: str = "show", **typed: str) -> str:
        self.fields |= typed
        address = page("contracts.contractversion", "terms")
        answer = self.client.post(f"{address}?version={self.version.pk}&op={operation}", self.fields)
        assert answer.status_code == 200
        return answer.content.decode()

    def look(self) -> str:
        return self.client.get(self.address).content.decode()

    def save(self, **typed: str) -> Any:
        self.fields |= typed
        return self.client.post(self.address, self.fields | {"effective_from_on": "2022-01-01"})


def values_of(version: ContractVersion) -> Any:
    return shown(SHAPE, version.terms)


def test_what_was_typed_is_offered_again_after_the_browser_was_closed(lena):
    version = factories.draft(by=lena)
    Desk(lena, version).press(**{"terms.title": "", "terms.commitments.0.target_percent": "ninety"})
    again = Desk(lena, version)
    first = again.look()
    assert "You left work here that is not saved yet" in first
    assert 'value="ninety"' not in first
    again.fields["terms_offer"] = "1"
    assert "You left work" in again.press("show")
    resumed = again.press("resume")
    assert 'value="ninety"' in resumed
    assert "You go on where you were." in resumed


def test_leaving_it_forgets_it(lena):
    version = factories.draft(by=lena)
    Desk(lena, version).press(**{"terms.title": "Changed"})
    left = Desk(lena, version).press("leave")
    assert 'value="Changed"' not in left
    assert not WorkingCopy.objects.exists()
    assert not WorkingStep.objects.exists()


def test_saving_the_draft_clears_the_unsaved_work_and_writes_one_event(lena):
    version = factories.draft(by=lena)
    desk = Desk(lena, version)
    desk.press(**{"terms.title": "Changed"})
    before = Event.objects.count()
    answer = desk.save()
    assert answer.status_code == 302, errors_of(answer)
    version.refresh_from_db()
    assert version.terms["title"] == "Changed"
    assert not WorkingCopy.objects.exists()
    assert Event.objects.count() == before + 1


def test_typing_writes_no_event_and_one_field_is_one_step(lena):
    version = factories.draft(by=lena)
    desk, before = Desk(lena, version), Event.objects.count()
    for text in ("C", "Ch", "Changed"):
        desk.press(**{"terms.title": text})
    desk.press(**{"terms.commitments.0.title": "Another"})
    assert list(WorkingStep.objects.values_list("number", "did")) == [
        (0, ""),
        (1, "changed Title"),
        (2, "changed Commitment 1 › Title"),
    ]
    assert Event.objects.count() == before


def test_a_form_that_was_only_looked_at_keeps_nothing(lena):
    version = factories.draft(by=lena)
    Desk(lena, version).press("show")
    Desk(lena, version).press("find", terms_find="title")
    assert not WorkingCopy.objects.exists()


def test_undo_and_redo_go_through_every_step_and_outlive_a_reload(lena):
    version = factories.draft(by=lena)
    where = working.Where(lena, version, None)
    before = values_of(version)
    states = [before]
    for number in range(1, 6):
        states.append(
            apply_edits(SHAPE, states[-1], [("title", f"Title {number}"), ("currency", f"C{number}")])
        )
        working.keep(where, SHAPE, states[-1], lambda: before, base_sha256=version.terms_sha256, at=TEN)
    for number in range(4, -1, -1):
        step, did = working.move(where, -1)
        assert (step.values, bool(did)) == (states[number], True)
    assert working.move(where, -1) == (None, "")
    for number in range(1, 6):
        assert working.move(where, 1)[0].values == states[number]
    assert working.move(where, 1) == (None, "")


def test_what_was_undone_is_gone_once_something_else_is_done(lena):
    desk = Desk(lena, factories.draft(by=lena))
    desk.press(**{"terms.title": "First"})
    desk.press(**{"terms.commitments.0.title": "Second"})
    assert "Undone: changed Commitment 1 › Title." in desk.press("undo")
    desk.fields["terms.commitments.0.title"] = desk.version.terms["commitments"][0]["title"]
    desk.press(**{"terms.currency": "USD"})
    assert "There is nothing to redo." in desk.press("redo")
    assert 'value="First"' in desk.press("undo")


def test_a_button_is_a_step_that_says_what_it_did(lena):
    desk = Desk(lena, factories.draft(by=lena))
    desk.press("dup:commitments.0.schedule.tiers.0")
    assert (
        WorkingStep.objects.order_by("-number").first().did
        == "duplicated Commitment 1 › What a miss earns › Tier 1"
    )
    left = working.resumed(working.Where(lena, desk.version, None)).values
    desk.fields = posted(left) | {"terms_base": desk.version.terms_sha256}
    assert "Undone: duplicated" in desk.press("undo")


def test_steps_are_bounded_in_number_and_in_bytes_and_the_last_one_stays(lena, monkeypatch):
    monkeypatch.setattr(working, "MAX_STEPS", 4)
    version = factories.draft(by=lena)
    where, before = working.Where(lena, version, None), values_of(version)
    for number in range(9):
        state = apply_edits(SHAPE, before, [("title", f"Title {number}")])
        working.keep(where, SHAPE, state, lambda: before, base_sha256="", at=TEN, did=f"{number}")
    assert WorkingStep.objects.count() == 4
    monkeypatch.setattr(working, "MAX_BYTES", 1)
    state = apply_edits(SHAPE, before, [("title", "last")])
    working.keep(where, SHAPE, state, lambda: before, base_sha256="", at=TEN, did="last")
    assert list(WorkingStep.objects.values_list("did", flat=True)) == ["last"]
    assert working.resumed(where).values == state


def test_two_minutes_apart_are_two_steps(lena):
    version = factories.draft(by=lena)
    where, before = working.Where(lena, version, None), values_of(version)
    for seconds, title in ((0, "a"), (120, "b"), (241, "c")):
        state = apply_edits(SHAPE, before, [("title", title)])
        working.keep(where, SHAPE, state, lambda: before, base_sha256="", at=TEN + timedelta(seconds=seconds))
    assert [working.unpack(one.packed)["title"] for one in WorkingStep.objects.all()[1:]] == ["b", "c"]


def test_others_are_told_who_is_at_it_since_when_and_nothing_else(lena, leo):
    version = factories.draft(by=lena)
    Desk(lena, version).press(**{"terms.title": "A secret that is not saved"})
    seen = Desk(leo, version)
    for text in (seen.look(), seen.press("show"), seen.press("resume"), seen.press("undo")):
        assert "lena is editing this draft since" in text
        assert "secret" not in text
    copy = WorkingCopy.objects.get()
    [told] = working.others(version, leo, copy.saved_at + timedelta(minutes=29))
    assert (told.name, told.since, told.last) == ("lena", copy.opened_at, copy.saved_at)
    assert working.others(version, leo, copy.saved_at + timedelta(minutes=30)) == []
    assert working.others(version, lena, copy.saved_at) == []


def saved_by(leo: User, version: ContractVersion, **changed: Any) -> None:
    document = json.loads(json.dumps(version.terms)) | changed
    fresh = ContractVersion.objects.get(pk=version.pk)
    with acting(leo, via="admin"):
        services.edit_draft(fresh, document)


def test_a_text_that_another_saved_meanwhile_is_not_written_over(lena, leo):
    version = factories.draft(by=lena)
    desk = Desk(lena, version)
    saved_by(leo, version, title="Leo's")
    answer = desk.save(**{"terms.commitments.0.title": "Lena's"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Somebody else saved another text of this draft" in text
    assert "by leo at" in text
    assert "Terms of a test</td><td>Leo&#x27;s" in text
    version.refresh_from_db()
    assert version.terms["title"] == "Leo's"
    assert working.resumed(working.Where(lena, version, None)).values["commitments"][0]["title"] == "Lena's"


def test_what_does_not_collide_is_merged_and_then_saved(lena, leo):
    version = factories.draft(by=lena)
    desk = Desk(lena, version)
    desk.press(**{"terms.commitments.0.title": "Lena's"})
    saved_by(leo, version, title="Leo's")
    assert "Another text of this draft was saved" in desk.press("show")
    merged = desk.press("merge")
    assert "Merged." in merged
    assert 'value="Leo&#x27;s"' in merged
    assert 'value="Lena&#x27;s"' in merged
    version.refresh_from_db()
    answer = desk.save(**{"terms.title": "Leo's", "terms_base": version.terms_sha256})
    assert answer.status_code == 302, errors_of(answer)
    version.refresh_from_db()
    assert (version.terms["title"], version.terms["commitments"][0]["title"]) == ("Leo's", "Lena's")


def test_where_both_changed_the_same_field_both_are_shown(lena, leo):
    version = factories.draft(by=lena)
    desk = Desk(lena, version)
    desk.press(**{"terms.title": "Lena's"})
    saved_by(leo, version, title="Leo's")
    merged = desk.press("merge")
    assert "Both of you changed these" in merged
    assert "yours Lena&#x27;s; theirs Leo&#x27;s" in merged


def test_going_on_from_theirs_can_be_undone(lena, leo):
    version = factories.draft(by=lena)
    desk = Desk(lena, version)
    desk.press(**{"terms.title": "Lena's"})
    saved_by(leo, version, title="Leo's")
    assert 'name="terms.title" value="Leo&#x27;s"' in desk.press("theirs")
    version.refresh_from_db()
    desk.fields |= {"terms.title": "Leo's", "terms_base": version.terms_sha256}
    back = desk.press("undo")
    assert 'value="Lena&#x27;s"' in back
    assert "Another text of this draft was saved" in back


def test_a_day_that_another_moved_meanwhile_is_not_moved_back(lena):
    version = factories.draft(by=lena)
    desk = Desk(lena, version)
    version.refresh_from_db()
    with acting(lena, via="admin"):
        services.edit_draft(version, version.terms, version.effective_from_on.replace(year=2023))
    assert desk.save(**{"terms.title": "Changed"}).status_code == 302
    version.refresh_from_db()
    assert (version.effective_from_on.year, version.terms["title"]) == (2023, "Changed")


def test_the_service_itself_refuses_another_text_and_takes_the_one_that_was_seen(lena):
    version = factories.draft(by=lena)
    seen = version.terms_sha256
    with acting(lena, via="admin"):
        services.edit_draft(version, factories.terms(title="First"), expected_sha256=seen)
        with pytest.raises(ChangedMeanwhile, match="merge the two"):
            services.edit_draft(version, factories.terms(title="Second"), expected_sha256=seen)
    version.refresh_from_db()
    assert version.terms["title"] == "First"


def test_work_on_a_new_version_goes_along_when_its_contract_is_chosen(lena):
    contract = factories.contract()
    client, address = log_in(lena), page("contracts.contractversion", "terms")
    fields = posted(shown(SHAPE, factories.terms())) | {"terms_base": "", "terms_contract": ""}
    assert client.post(f"{address}?op=show", fields).status_code == 200
    assert WorkingCopy.objects.get().contract is None
    client.post(f"{address}?op=show", fields | {"contract": contract.pk, "terms.title": "Mine"})
    copy = WorkingCopy.objects.get()
    assert (copy.contract, copy.at) == (contract, 2)


def test_a_version_that_is_no_draft_any_more_takes_no_more_work(lena):
    version = factories.draft(by=lena)
    desk = Desk(lena, version)
    with acting(lena, via="admin"):
        services.withdraw(version, "not needed")
    address = page("contracts.contractversion", "terms")
    assert desk.client.post(f"{address}?version={version.pk}&op=show", desk.fields).status_code == 403
    assert not WorkingCopy.objects.exists()


def test_a_keystroke_costs_a_bounded_number_of_queries(lena, django_assert_max_num_queries):
    desk = Desk(lena, factories.draft(by=lena))
    desk.press(**{"terms.title": "a"})
    with django_assert_max_num_queries(45):
        desk.press(**{"terms.title": "ab"})
