"""Amendments and variations: written upon a signed text, for good or for a time, and always exactly one text."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from audit.models import Event
from contracts import services
from contracts.checks import open_standings
from contracts.conformed import Chain, amendment_of
from contracts.errors import (
    BaseUnknown,
    FieldsRefused,
    NoticeTooShort,
    OpenFindings,
    TermsRefused,
    WrongState,
)
from contracts.models import ContractVersion
from contracts.reading import terms_of
from reckoning.terms.amendments import conformed
from tests import factories

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY, JUNE, JULY = (date(2022, month, 1) for month in (3, 4, 5, 6, 7))


def schedule(target: str) -> dict:
    tiers = [{"upper": target, "upper_inclusive": False, "percent": "10"}]
    return {"kind": "tiers", "tiers": tiers}


def text(target: str = "99.9", **changes) -> dict:
    own = factories.commitment_terms(target_percent=target, schedule=schedule(target))
    return factories.terms(own, **changes)


def signed(target: str = "99.9"):
    return factories.signed_contract(text(target)).versions.get()


def amendment(base, document, day=APRIL, **values) -> ContractVersion:
    given = {"title": "Amendment 1", "effective_from_on": day, "mid_window": "next_window"} | values
    with factories.legal():
        return services.draft_amendment(base, document, **given)


def variation(base, document, days=(MARCH, JUNE), **values) -> ContractVersion:
    given = {"title": "While servers move", "mid_window": "next_window"} | values
    with factories.legal():
        return services.draft_variation(
            base, document, effective_from_on=days[0], effective_until_on=days[1], **given
        )


def in_force(version: ContractVersion) -> ContractVersion:
    return factories.sign(version, date(2022, 2, 1))


def target_on(contract, day: date) -> str:
    stretch = Chain(contract).at(factories.utc(day.year, day.month, day.day, 12))
    row = contract.version_in_effect(day)
    assert row.terms_sha256 == stretch.sha256, "the row in effect holds exactly the conformed text"
    return str(stretch.terms.commitments[0].target_percent)


def codes(version: ContractVersion) -> set[str]:
    return {item.code for item in against(version)}


def against(version: ContractVersion) -> list:
    """What stands against signing, but that no source is bound in this world."""
    return [item for item in open_standings(version) if item.code != "SOURCE_ROLE_UNPLAYED"]


# What is written --------------------------------------------------------------------------------------------


def test_the_terms_of_an_amendment_are_the_base_with_its_changes():
    base = signed()
    version = amendment(base, text("99.5"))
    document = amendment_of(version)
    assert document.base_sha256 == base.terms_sha256
    assert {change.at for change in document.changes} == {
        "commitments[availability].target_percent",
        "commitments[availability].schedule.tiers",
    }
    made = conformed(terms_of(base), [document], document.begins("Europe/Berlin"))
    assert made.sha256 == version.terms_sha256


def test_editing_a_draft_brings_its_document_into_step():
    version = amendment(signed(), None)
    assert codes(version) == {"AMENDMENT_CHANGES_NOTHING"}
    with factories.legal():
        services.edit_draft(version, text("99.0"), effective_from_on=MAY)
    version.refresh_from_db()
    assert version.amendment["effective_from"] == "2022-05-01"
    assert amendment_of(version).changes[0].to == "99"
    assert codes(version) == set()


def test_an_amendments_document_is_found_its_base_by_hash():
    base = signed()
    change = {
        "do": "set",
        "at": "commitments[availability].cut_off_days",
        "to": 7,
        "was": 5,
        "why": "Late files",
    }
    document = {
        "id": "amendment-1",
        "title": "Later cut-off",
        "kind": "amendment",
        "base_sha256": base.terms_sha256,
        "effective_from": "2022-04-01",
        "mid_window": "next_window",
        "agreed_on": "2022-03-02",
        "approved_by": "The board",
        "changes": [change],
    }
    with factories.legal():
        version = services.draft_from_document(base.contract, document)
        assert terms_of(version).commitments[0].cut_off_days == 7
        services.edit_draft(version, version.terms, effective_from_on=MAY)
        kept = amendment_of(version)
        assert (kept.agreed_on, kept.approved_by) == (date(2022, 3, 2), "The board")
        assert [one.why for one in kept.changes] == ["Late files"]
        with pytest.raises(BaseUnknown, match=base.terms_sha256[:12]):
            services.draft_from_document(base.contract, document | {"base_sha256": "0" * 64})
        with pytest.raises(TermsRefused, match="midnight"):
            services.draft_from_document(base.contract, document | {"effective_from": "2022-04-01T13:00:00Z"})
        with pytest.raises(TermsRefused, match="was 6"):
            services.draft_from_document(base.contract, document | {"changes": [change | {"was": 6}]})


def test_an_amendment_is_written_upon_a_signed_text_only():
    draft = factories.draft(document=text())
    with pytest.raises(WrongState, match="signed"):
        amendment(draft, text("99.5"))


def test_a_variation_needs_an_end_after_its_beginning():
    base = signed()
    for days in ((MARCH, MARCH), (APRIL, MARCH)):
        with pytest.raises(FieldsRefused, match="effective_until_on"):
            variation(base, text("97"), days)
    with pytest.raises(FieldsRefused, match="ends by itself"):
        variation(base, text("97"), (MARCH, None))


def test_a_notice_that_is_too_short_is_told_the_first_day_in_time():
    base = signed()
    notice = {"notice_given_on": date(2022, 3, 3), "notice_days": 30}
    with pytest.raises(NoticeTooShort, match="2022-04-02 is the first day in time"):
        amendment(base, text("99.5"), APRIL, **notice)
    assert amendment(base, text("99.5"), date(2022, 4, 2), **notice).amendment["notice_days"] == 30


# Which text stands ------------------------------------------------------------------------------------------


def test_a_variation_ends_by_itself_and_leaves_the_text_as_it_was():
    base = signed()
    version = in_force(variation(base, text("97")))
    contract = base.contract
    before, during, after = (date(2022, 2, 28), date(2022, 5, 31), JUNE)
    assert [target_on(contract, day) for day in (before, MARCH, during, after)] == [
        "99.9",
        "97",
        "97",
        "99.9",
    ]
    assert contract.version_in_effect(after) == base
    assert contract.version_in_effect(during) == version


def test_after_a_variation_an_amendment_of_meanwhile_stands_and_no_old_text():
    base = signed()
    in_force(variation(base, text("97")))
    longer = factories.commitment_terms(target_percent="99.9", schedule=schedule("99.9"), cut_off_days=9)
    amended = in_force(amendment(base, factories.terms(longer), APRIL))
    contract = base.contract
    texts = {
        day: (str(one.target_percent), one.cut_off_days)
        for day in (date(2022, 2, 1), MARCH, APRIL, date(2022, 5, 31), JUNE, JULY)
        for one in [Chain(contract).at(factories.utc(day.year, day.month, day.day, 12)).terms.commitments[0]]
    }
    assert list(texts.values()) == [("99.9", 5), ("97", 5), ("97", 9), ("97", 9), ("99.9", 9), ("99.9", 9)]
    for day in texts:
        target_on(contract, day)
    assert contract.version_in_effect(JUNE) == amended
    together = contract.version_in_effect(MAY)
    assert together.kind == ContractVersion.Kind.CONFORMED
    assert together.amendment["made_of"] == [1, 3, 2], "in the order in which they are laid on"
    assert together.commitments.count() == 1
    assert {row.terms_sha256 for row in together.signatures.all()} == {together.terms_sha256}
    assert Event.objects.filter(verb="contract_version.conform", subject_id=str(together.pk)).count() == 1


def test_a_variation_may_begin_on_the_day_of_an_amendment():
    base = signed()
    in_force(amendment(base, text("99.5"), MARCH))
    in_force(variation(base, factories.terms(*text()["commitments"], title="Other"), (MARCH, JUNE)))
    stretch = Chain(base.contract).at(factories.utc(2022, 4, 1))
    assert (stretch.terms.title, str(stretch.terms.commitments[0].target_percent)) == ("Other", "99.5")
    assert target_on(base.contract, APRIL) == "99.5"


def test_two_variations_of_one_place_at_one_time_are_refused():
    base = signed()
    in_force(variation(base, text("97"), (MARCH, JUNE)))
    second = variation(base, text("98"), (MAY, JULY))
    assert codes(second) == {"AMENDMENT_DOES_NOT_FIT"}
    with factories.legal():
        services.submit_for_review(second)
        for item in open_standings(second):
            if item.acceptable:
                services.accept_finding(second, item.code, item.path, "the paper says so")
    with pytest.raises(OpenFindings, match="is changed by v2 at the same time"), factories.legal():
        services.record_signature(second, base.contract.legal_entity.name, "A. Signatory", MARCH)
    assert codes(variation(base, text("98"), (JUNE, JULY))) == set()


def test_an_amendment_of_a_text_that_was_amended_meanwhile_is_refused():
    base = signed()
    first, second = amendment(base, text("99.5"), APRIL), amendment(base, text("99.0"), MAY)
    in_force(first)
    assert codes(second) == {"AMENDMENT_DOES_NOT_FIT"}


def test_a_document_that_does_not_make_its_text_cannot_be_signed():
    version = amendment(signed(), text("99.5"))
    version.amendment["changes"][0]["to"] = "98"
    assert "AMENDMENT_OUT_OF_STEP" in codes(version)


def test_a_whole_text_that_cuts_a_variation_short_says_so():
    base = signed()
    in_force(variation(base, text("97"), (MARCH, JUNE)))
    whole = factories.draft(base.contract, text("99"), APRIL)
    assert codes(whole) == {"VARIATION_CUT_SHORT"}
    in_force(whole)
    assert [target_on(base.contract, day) for day in (MARCH, APRIL, JUNE)] == ["97", "99", "99"]


def test_a_whole_text_does_not_overtake_a_signed_change_that_is_still_to_come():
    base = signed()
    in_force(variation(base, text("97"), (MAY, JUNE)))
    whole = factories.draft(base.contract, text("99"), APRIL)
    assert codes(whole) == {"CHANGE_STILL_TO_COME"}
    assert codes(factories.draft(base.contract, text("99"), JUNE)) == set()


def test_a_change_is_written_upon_the_text_that_stands_on_its_first_day():
    base = signed()
    in_force(factories.draft(base.contract, text("99"), APRIL))
    assert codes(variation(base, text("97"), (MAY, JUNE))) == {"AMENDMENT_DOES_NOT_FIT"}
    assert codes(variation(base, text("97"), (MARCH, JUNE))) == {"VARIATION_CUT_SHORT"}
    assert codes(variation(base, text("97"), (MARCH, APRIL))) == set()


@pytest.mark.parametrize(
    ("at", "target"),
    [
        (factories.utc(2022, 3, 26, 22, 59, 59), "99.9"),
        (factories.utc(2022, 3, 26, 23), "97"),
        (factories.utc(2022, 3, 27, 21, 59, 59), "97"),
        (factories.utc(2022, 3, 27, 22), "99.9"),
    ],
)
def test_a_day_on_which_the_clocks_change_begins_and_ends_at_midnight_of_the_contract(at, target):
    base = signed()
    days = (date(2022, 3, 27), date(2022, 3, 28))
    draft = variation(base, text("97"), days, mid_window="splits_window")
    chain = Chain(base.contract, also=draft)
    assert str(chain.at(at).terms.commitments[0].target_percent) == target


# Inside a window --------------------------------------------------------------------------------------------


def test_a_variation_that_would_never_apply_is_refused_with_the_days_that_would():
    base = signed()
    version = variation(base, text("97"), (date(2022, 3, 10), date(2022, 3, 31)))
    [found] = against(version)
    assert (found.code, found.acceptable) == ("VARIATION_INSIDE_WINDOW", False)
    assert "2022-03-01" in found.mend
    assert "2022-04-01" in found.mend
    assert codes(variation(base, text("97"), (MARCH, date(2022, 3, 31)))) == set()
    assert codes(variation(base, text("97"), (date(2022, 3, 10), date(2022, 4, 2)))) == set()


def later_cut_off(target: str = "99.9") -> dict:
    own = factories.commitment_terms(target_percent=target, schedule=schedule(target), cut_off_days=9)
    return factories.terms(own)


@pytest.mark.parametrize("document", [later_cut_off("99.5"), text("99.0")])
def test_a_change_that_splits_a_window_in_which_another_waits_is_refused(document):
    base = signed()
    first = in_force(amendment(base, text("99.5"), date(2022, 3, 10)))
    second = amendment(first, document, date(2022, 3, 20), mid_window="splits_window")
    [found] = against(second)
    assert (found.code, found.acceptable) == ("WINDOW_MIXES_CHANGES", False)
    assert "2022-04-01" in found.mend
    assert codes(amendment(first, document, date(2022, 3, 20))) == set()
    assert codes(amendment(first, document, APRIL, mid_window="splits_window")) == set()


def test_a_variation_that_holds_for_all_of_a_window_is_not_split_after_its_end_either():
    base = signed()
    in_force(variation(base, text("97"), (MARCH, date(2022, 3, 20))))
    late = amendment(base, later_cut_off(), date(2022, 3, 25), mid_window="splits_window")
    [found] = against(late)
    assert found.code == "WINDOW_MIXES_CHANGES"
    assert "2022-03-25" in found.sentence


def test_a_text_that_stands_twice_is_kept_for_each_time():
    base = signed()
    for days in ((APRIL, date(2022, 4, 10)), (MAY, date(2022, 5, 10))):
        in_force(variation(base, text("97"), days))
    in_force(amendment(base, later_cut_off(), date(2022, 4, 5)))
    assert [target_on(base.contract, day) for day in (date(2022, 4, 6), date(2022, 4, 10), MAY)] == [
        "97",
        "99.9",
        "97",
    ]
    assert base.contract.versions.filter(kind="conformed").count() == 2


@pytest.mark.parametrize("mid_window", ["next_window", "splits_window"])
@pytest.mark.parametrize(("before", "after"), [("quarter", "month"), ("month", "quarter")])
def test_windows_that_change_begin_where_both_do(before, after, mid_window):
    def over(kind: str) -> dict:
        return factories.terms(factories.commitment_terms(window={"kind": f"calendar_{kind}", "zone": None}))

    base = factories.signed_contract(over(before)).versions.get()
    [found] = against(amendment(base, over(after), MAY, mid_window=mid_window))
    assert (found.code, found.acceptable) == ("WINDOWS_DO_NOT_MEET", False)
    assert "Take 2022-07-01" in found.mend
    assert codes(amendment(base, over(after), JULY, mid_window=mid_window)) == set()


def test_windows_of_another_zone_are_told_and_may_be_accepted():
    base = signed()
    own = text()["commitments"][0] | {"window": {"kind": "calendar_month", "zone": "Asia/Tokyo"}}
    [found] = against(amendment(base, factories.terms(own), APRIL))
    assert (found.code, found.acceptable) == ("WINDOWS_DO_NOT_MEET", True)
    assert "Europe/Berlin before the change and in Asia/Tokyo after it" in found.sentence


# Guards -----------------------------------------------------------------------------------------------------


def test_what_a_version_changes_is_frozen_in_the_database():
    base = signed()
    version = amendment(base, text("99.5"))
    rows = ContractVersion.objects.filter(pk=version.pk)
    with pytest.raises(IntegrityError, match="said once"), transaction.atomic():
        rows.update(kind="variation", effective_until_on=JULY)
    with pytest.raises(IntegrityError, match="change of another text"), transaction.atomic():
        rows.update(amendment=version.amendment | {"base_sha256": "0" * 64})
    in_force(version)
    with pytest.raises(IntegrityError, match="no draft any more"), transaction.atomic():
        rows.update(amendment=version.amendment | {"title": "Another"})
