"""The list of words, with the examples that were agreed on."""

import pytest

from notices.plain_words import FORBIDDEN, check, paragraphs


def words(text: str, strict: bool = False) -> list[str]:
    return [hit.word for hit in check(text, strict)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("availability", "availability"),
        ("SLO", "SLO"),
        ("SLA", "SLA"),
        ("error budget", "error budget"),
        ("MTTR", "MTTR"),
        ("toil", "toil"),
        ("alert", "alert"),
        ("on-call", "on-call"),
        ("SLAs", "SLA"),
        ("error-budgets", "error budget"),
        ("alerting", "alert"),
        ("on call", "on-call"),
        ("on\u2011call", "on-call"),  # the non-breaking hyphen
        ("error\u2011budget", "error budget"),
        ("error\u2011budgets", "error budget"),
        ("error\u00a0budget", "error budget"),
        ("on\ncall", "on-call"),
        ("sla", "SLA"),
        ("S.L.A.", "SLA"),
        ("the SLA's text", "SLA"),
        ("our SLA-based work", "SLA"),
        ("high-availability", "availability"),
        ("Avail\u00adability", "availability"),
        ("\uff33\uff2c\uff21", "SLA"),  # full-width letters
        ("ALERTS", "alert"),
        ("toiling", "toil"),
        ("sla_ledger", "SLA"),
    ],
)
def test_a_forbidden_word_is_found_however_it_is_spelt(text: str, word: str) -> None:
    assert words(text) == [word]
    assert words(f"We say {text}, and go on.") == [word]


@pytest.mark.parametrize(
    "text",
    [
        "Tesla",
        "legislation",
        "island",
        "Oslo",
        "slow",
        "toilet",
        "translation",
        "slate",
        "slope",
        "Coalerton",
        "the salon called",
        "error in the budget",
        "unavailability",
        "the call went on",
        "",
    ],
)
def test_a_word_that_only_holds_the_letters_is_not_found(text: str) -> None:
    assert words(text) == []


def test_strict_forbids_one_word_more() -> None:
    assert words("unavailability") == []
    assert words("Unavailability", strict=True) == ["unavailability"]
    assert words("availability and unavailability", strict=True) == ["availability", "unavailability"]


def test_a_hit_gives_the_texts_own_spelling_and_its_place() -> None:
    [hit] = check("Who is on\u2011call?")
    assert (hit.found, hit.start) == ("on\u2011call", 7)
    assert "Who is on\u2011call?"[hit.start :].startswith(hit.found)


def test_there_are_exactly_the_eight_words() -> None:
    assert set(FORBIDDEN) == {
        "availability",
        "SLO",
        "SLA",
        "error budget",
        "MTTR",
        "toil",
        "alert",
        "on-call",
    }


def test_paragraphs_are_parted_by_empty_lines() -> None:
    assert paragraphs("One.\nStill one.\n\nTwo.\n") == ["One.\nStill one.", "Two."]
    assert paragraphs("One.\n \n\n\nTwo.\n\n") == ["One.", "Two."]
    assert paragraphs("") == []
