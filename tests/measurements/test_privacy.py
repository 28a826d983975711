"""What is personal does not come in: allow-lists, redaction with a count, hashed ids (C4)."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.privacy import HASHED, PLAIN, TEXT, Redactions, hashed, keep, passes_luhn, redact

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "kind", "left"),
    [
        ("Reported by anna.b+x@example.co.uk at noon", "email", "Reported by [email] at noon"),
        ("card 4111 1111 1111 1111 refused", "card", "card [card] refused"),
        ("card 4111-1111-1111-1111.", "card", "card [card]."),
        ("5500005555555559", "card", "[card]"),
        ("from 203.0.113.77, again", "ip", "from [ip], again"),
        ("from 2001:db8::8a2e:370:7334 again", "ip", "from [ip] again"),
        ("call +49 30 1234567 now", "phone", "call [phone] now"),
        ("call (030) 123 4567 now", "phone", "call [phone] now"),
        ("call 555-123-4567 now", "phone", "call [phone] now"),
        ("used ghp_" + "a1B2" * 9 + " there", "token", "used [token] there"),
        (
            "Authorization: Bearer abcdef0123456789abcdef",
            "token",
            "Authorization: Bearer [token]",
        ),
        ("https://x.test/?token=abcdefgh12345&a=1", "token", "https://x.test/?token=[token]&a=1"),
    ],
)
def test_what_looks_personal_is_replaced_by_its_name_and_counted(text: str, kind: str, left: str) -> None:
    counted = Redactions()
    assert redact(text, counted) == left
    assert counted.counts == {kind: 1}
    assert counted.total == 1


@pytest.mark.parametrize(
    "text",
    [
        "2023-04-01T10:00:00Z",
        "from 10:00:30 until 11:45:00 on 2023-04-01",
        "99.900463 % of 2592000 s",
        "4111 1111 1111 1112",  # a digit off: Luhn says no
        "0000 0000 0000 0000",
        "incident 20230401123456789",
        "version 4.12.0 of build 1.2.3",
        "999.1.1.1 is no address",
        "errors in eu-west-1 and us-east-2, 1,234,567 requests",
        "n2vqnsg14tw2",
    ],
)
def test_instants_counts_levels_and_names_are_left_alone(text: str) -> None:
    counted = Redactions()
    assert redact(text, counted) == text
    assert counted.total == 0


def test_nothing_of_the_real_titles_is_mistaken_for_something_personal() -> None:
    with (CHECKOUT / "demo/data/incidents.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for cell in row.values():
                assert redact(cell, Redactions()) == cell


@given(st.text(alphabet="0123456789 -@.:+()abcxyz[]", max_size=60))
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact(text, Redactions())
    again = Redactions()
    assert redact(once, again) == once


@given(st.lists(st.integers(0, 9), min_size=12, max_size=18))
def test_a_number_with_its_check_digit_passes_and_with_any_other_does_not(digits: list[int]) -> None:
    good = [last for last in range(10) if passes_luhn([*digits, last])]
    # The check digit by the textbook: what is missing to a multiple of ten.
    doubled = [
        sum(divmod(digit * 2, 10)) if place % 2 == 0 else digit
        for place, digit in enumerate(reversed(digits))
    ]
    assert good == [-sum(doubled) % 10]


def test_an_id_becomes_a_keyed_hash_that_is_the_same_every_time(settings: object) -> None:
    counted = Redactions()
    first = hashed("customer-17", counted)
    assert first == hashed("customer-17") != hashed("customer-18")
    assert first.startswith("h:")
    assert "customer" not in first
    assert hashed(first) == first
    assert counted.counts == {HASHED: 1}
    assert counted.total == 0
    settings.PRIVACY_KEY = "another key, which gives other hashes"  # type: ignore[attr-defined]
    assert hashed("customer-17") != first


def test_fields_that_nobody_named_are_not_kept_and_are_counted() -> None:
    counted = Redactions()
    kept = keep(
        {
            "id": "a1",
            "title": "told to bob@example.com",
            "who": "c-9",
            "body": "a long story",
            "updates": [{"at": "2023-04-01T10:00:00Z", "body": "more"}],
            "count": 7,
        },
        {"id": PLAIN, "title": TEXT, "who": HASHED, "updates": {"at": PLAIN}, "count": PLAIN},
        counted,
    )
    assert kept == {
        "id": "a1",
        "title": "told to [email]",
        "who": hashed("c-9"),
        "updates": [{"at": "2023-04-01T10:00:00Z"}],
        "count": 7,
    }
    assert counted.dropped == {"body": 2}
    assert counted.told() == {"redacted": {"email": 1, "hashed": 1}, "dropped": {"body": 2}}


def test_an_object_in_place_of_a_value_is_not_kept() -> None:
    counted = Redactions()
    assert keep({"id": {"mail": "bob@example.com"}}, {"id": PLAIN}, counted) == {"id": None}
    assert counted.dropped.total() == 1


def test_a_named_field_can_be_hashed_beside_its_spec() -> None:
    assert keep({"account": 12}, {"account": PLAIN}, Redactions(), ["account"]) == {"account": hashed("12")}
