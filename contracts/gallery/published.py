"""The published agreements that come with the product: their texts, and what is known of where they come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.gallery.texts import Text, read_text
from reckoning.terms.plain import read_plain

AGREEMENTS = Path(__file__).resolve().parents[2] / "agreements"
FACTS = Path(__file__).resolve().parent / "gallery.yaml"


@dataclass(frozen=True)
class Published:
    """One published agreement: its text, and the facts about it under the names of the template's fields."""

    slug: str
    text: Text
    facts: dict[str, Any]


def published() -> list[Published]:
    """All of them, in the order of their names. Raises TermsError for a file that is no text, KeyError for facts
    without a file or without a field."""
    facts: dict[str, dict[str, Any]] = read_plain(FACTS.read_bytes())
    found = []
    for slug in sorted(facts):
        text = read_text(slug, 1, (AGREEMENTS / f"{slug}.yaml").read_bytes())
        row = facts[slug]
        values = {
            "title": text.source.title[:200],
            "provider": row["provider"],
            "service": row["service"],
            "industry": row["industry"],
            "source_addresses": row["addresses"],
            "text_dated": row["dated"],
            "read_as": row["read"],
            "read_from": row["from"],
            "recalled": row["recalled"],
        }
        found.append(Published(slug, text, values))
    return found
