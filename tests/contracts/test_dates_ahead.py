"""Last days for notice, renewals, ends of variations: as days of the contract's zone, and as a calendar file."""

from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar

from contracts import services
from contracts.calendar_files import calendar_file
from contracts.dates_ahead import Due, dates_of_contracts, last_day_for_notice, months_back, term_ends
from contracts.errors import FieldsRefused, ReasonMissing
from contracts.models import Contract, RenewalTerms
from tests import factories

END = date(2026, 12, 31)
SINCE, UNTIL = date(2026, 1, 1), date(2027, 12, 31)


@pytest.mark.parametrize(
    ("notice", "end", "last"),
    [
        ({"notice_months": 3}, END, date(2026, 9, 30)),
        ({"notice_days": 90}, END, date(2026, 10, 2)),
        ({"notice_days": 0}, END, END),
        ({"notice_months": 3}, date(2026, 5, 30), date(2026, 2, 27)),
        ({"notice_months": 1}, date(2024, 3, 30), date(2024, 2, 28)),
        ({"notice_months": 12}, date(2025, 2, 28), date(2024, 2, 29)),
        ({"notice_at_any_time": True, "notice_days": 30}, END, None),
        # What the paper does not say is no last day.
        ({}, END, None),
    ],
)
def test_notice_is_counted_back_from_the_first_day_after_the_term(notice, end, last):
    assert last_day_for_notice(RenewalTerms(term_ends_on=end, **notice), end) == last


def test_a_term_that_renews_itself_ends_again_and_again_from_its_first_end():
    row = RenewalTerms(term_ends_on=date(2024, 1, 30), renews_months=1)
    # Counted from the day after the first end each time, so that a short month shifts no later one.
    assert list(term_ends(row, date(2024, 1, 1), date(2024, 4, 30))) == [
        date(2024, 1, 30),
        date(2024, 2, 28),
        date(2024, 3, 30),
        date(2024, 4, 29),
    ]
    once = RenewalTerms(term_ends_on=date(2024, 1, 30))
    assert list(term_ends(once, date(2024, 1, 1), UNTIL)) == [date(2024, 1, 30)]
    assert list(term_ends(once, date(2024, 1, 31), UNTIL)) == []
    assert months_back(date(2024, 3, 31), 1) == date(2024, 2, 29)


def test_terms_of_a_month_are_told_however_long_ago_the_first_one_ended():
    row = RenewalTerms(term_ends_on=date(2004, 1, 31), renews_months=1)
    assert list(term_ends(row, date(2026, 2, 28), date(2026, 4, 29))) == [
        date(2026, 2, 28),
        date(2026, 3, 31),
    ]
    assert list(term_ends(row, date(2003, 12, 1), date(2004, 2, 29))) == [
        date(2004, 1, 31),
        date(2004, 2, 29),
    ]


@pytest.mark.django_db
def test_what_the_paper_says_is_corrected_by_a_further_row_with_a_reason():
    contract = factories.contract()
    with factories.legal():
        first = services.record_renewal(contract, term_ends_on=END, notice_months=3)
        assert services.record_renewal(contract, term_ends_on=END, notice_months=3) == first
        with pytest.raises(ReasonMissing):
            services.record_renewal(contract, term_ends_on=END, notice_months=6)
        second = services.record_renewal(contract, term_ends_on=END, notice_months=6, reason="Read again")
    assert (first.number, second.number) == (1, 2)
    [end] = [one for one in dates_of_contracts(Contract.objects.all(), SINCE, UNTIL) if one.kind == "notice"]
    assert (end.on, end.sequence) == (date(2026, 6, 30), 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [
        {"notice_months": 3, "notice_days": 90, "term_ends_on": END},
        {"renews_months": 12},
        {"notice_months": 3},
        {"notice_form": "smoke", "term_ends_on": END},
        {"notice_months": -1, "term_ends_on": END},
        {"notice_months": 30_000, "term_ends_on": END},
        {"renews_months": 0, "term_ends_on": END},
        {"clause": "x" * 201},
    ],
)
def test_facts_that_contradict_each_other_are_refused(given):
    contract = factories.contract()
    with factories.legal(), pytest.raises(FieldsRefused):
        services.record_renewal(contract, **given)


@pytest.mark.django_db
def test_a_term_whose_notice_nobody_put_on_record_says_so():
    contract = factories.contract()
    with factories.legal():
        services.record_renewal(contract, term_ends_on=END, renews_months=12, clause="§ 9")
    dues = dates_of_contracts(Contract.objects.all(), SINCE, END)
    assert [(one.kind, one.detail) for one in dues] == [("term", "No period of notice is on record. § 9")]


@pytest.mark.django_db
def test_dates_are_warned_of_90_60_and_30_days_before_and_end_with_their_term():
    base = factories.signed_contract().versions.get()
    with factories.legal():
        services.record_renewal(base.contract, term_ends_on=END, renews_months=12, notice_months=3)
        version = services.draft_variation(
            base,
            factories.terms(title="Other"),
            title="While servers move",
            effective_from_on=date(2026, 3, 1),
            effective_until_on=date(2026, 6, 1),
            mid_window="next_window",
        )
    factories.sign(version, date(2026, 2, 1))
    dues = dates_of_contracts(Contract.objects.all(), SINCE, UNTIL)
    told = [(one.kind, one.on) for one in dues if one.on.year == 2026]
    assert told == [
        ("effective", date(2026, 3, 1)),
        ("variation_end", date(2026, 6, 1)),
        ("ahead", date(2026, 7, 2)),
        ("ahead", date(2026, 8, 1)),
        ("ahead", date(2026, 8, 31)),
        ("notice", date(2026, 9, 30)),
        ("term", END),
    ]
    assert ("term", date(2027, 12, 31)) in [(one.kind, one.on) for one in dues]
    assert {one.zone for one in dues} == {"Europe/Berlin"}


def test_a_calendar_reads_back_as_whole_days_with_stable_identities():
    stamped = datetime(2026, 1, 5, 12, tzinfo=UTC)
    due = Due(
        "contract-7-notice-2026-12-31",
        "notice",
        date(2026, 9, 30),
        "C-7: last day; for notice, \\ and more\nwords",
        "ä" * 100,
        stamped,
        2,
        "C-7",
        7,
        "Europe/Berlin",
    )
    given = {"name": "Dates", "host": "sla.example", "contract_address": "https://sla.example/contracts/{}/"}
    content = calendar_file([due], **given)
    assert content == calendar_file([due], **given)
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    [entry] = Calendar.from_ical(content).walk("VEVENT")
    assert str(entry["UID"]) == "contract-7-notice-2026-12-31@sla.example"
    assert (entry["SEQUENCE"], entry["DTSTAMP"].dt) == (2, stamped)
    assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (date(2026, 9, 30), date(2026, 10, 1))
    assert entry["DTSTART"].params["VALUE"] == "DATE"
    assert str(entry["SUMMARY"]) == due.title
    assert str(entry["DESCRIPTION"]) == f"{due.detail}\nA day in Europe/Berlin."
    assert str(entry["URL"]) == "https://sla.example/contracts/7/"
