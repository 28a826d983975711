"""Places of a document in the words of the form."""

import pytest

from contracts.terms_form.places import place_words


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("title", "Title"),
        ("commitments[uptime].cut_off_days", "Commitment uptime › Final so many days after the window"),
        ("commitments.0.schedule.tiers.1.lower", "Commitment 1 › What a miss earns › Tier 2 › From"),
        # A place within a commitment alone, as a template's copies are compared.
        ("schedule.tiers[0].percent", "What a miss earns › Tier 1 › Percent"),
        # Names among pairs stand as they are.
        (
            "commitments[x].indicator.weights.partial",
            "Commitment x › What is measured › Weight of each class of outage › partial",
        ),
        # Kinds of measurement call their units differently.
        ("commitments.0.indicator.unit", "Commitment 1 › What is measured › Unit"),
        # What is no place of a document stays as it is.
        ("checklist.governing_law", "checklist.governing_law"),
        ("", ""),
        ("a..b", "a..b"),
    ],
)
def test_a_place_is_said_in_the_words_of_the_form(place, said):
    assert place_words(place) == said
