"""Lengths of time are read as people write them, exactly, and said as they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.terms_form.durations import REFUSAL, reading_of, said, seconds_of
from contracts.terms_form.page import SHAPE, TermsPage
from contracts.terms_form.values import shown
from tests import factories


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5400", 5400),
        ("90 min", 5400),
        ("90min", 5400),
        ("1 h 30 min", 5400),
        ("1 hour and 30 minutes", 5400),
        ("1.5 h", 5400),
        ("2 days", 172_800),
        ("1 week, 1 day", 691_200),
        ("0", 0),
        ("0.1 h", 360),
        ("1 H", 3600),
    ],
)
def test_a_length_is_read(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "1 fortnight", "1,5 h", "0.0001 s", "1 h 30", "-5 min", "1:30", "h", "9" * 70]
)
def test_what_means_no_whole_number_of_seconds_is_not_guessed(text):
    assert seconds_of(text) is None


@given(st.integers(0, 10**12))
def test_what_is_said_of_a_length_is_read_as_the_same(seconds):
    assert seconds_of(said(seconds)) == seconds


def test_the_form_says_what_it_read_and_refuses_at_the_field_what_it_cannot_read():
    values = shown(SHAPE, factories.terms())
    place = "commitments.0.exclusions.0.notice_seconds"
    values["commitments"][0]["exclusions"][0]["notice_seconds"] = "90 min"
    page = TermsPage(values)
    assert page.terms.commitments[0].exclusions[0].notice_seconds == 5400
    values["commitments"][0]["exclusions"][0]["notice_seconds"] = "a while"
    assert dict(TermsPage(values).faults) == {place: REFUSAL}
    assert reading_of("90 min") == "Reads as 1 h 30 min (5,400 seconds)."
    assert reading_of("1 h 30 min") == ""
