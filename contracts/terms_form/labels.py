"""How the form speaks of a field: its label, its help, its choices in words.

A field is looked up as ``Model.field`` first and as ``field`` then. What the model describes is not said twice.
"""

import re
from functools import cache

from contracts.terms_form.glossary import CHOICES, LABELS
from contracts.terms_form.helps import HELPS

# A choice at the beginning of a sentence of the model that says what it means: "closed: an outage counts until ..."
_CHOICE = re.compile(r"(^|(?<=\. ))([a-z]+): ")
_FLAGS = {"true": "Yes", "false": "No"}
_CODE = re.compile(r"`([A-Za-z0-9_]+)`|\b([a-z0-9]+(?:_[a-z0-9]+)+)\b")


def words(name: str) -> str:
    """A name in code as words with a capital letter."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def label_of(model: str, field: str) -> str:
    """The label of a field."""
    return LABELS.get(f"{model}.{field}") or LABELS.get(field) or words(field)


def help_of(model: str, field: str, said: str) -> str:
    """The help at a field: what the model says of it, else what is said here; names in code become words."""
    text = said or HELPS.get(f"{model}.{field}") or HELPS.get(field, "")
    text = _CHOICE.sub(lambda found: f"“{_FLAGS.get(found[2]) or choice_of(found[2])}”: ", text)
    return _CODE.sub(lambda found: f"“{plain(model, found[1] or found[2])}”", text)


@cache
def choice_of(value: str) -> str:
    """A choice in words."""
    return CHOICES.get(value) or words(value)


def plain(model: str, name: str) -> str:
    """A name in code as the form shows it, be it a field or a choice."""
    if name in CHOICES:
        return CHOICES[name]
    return label_of(model, name) if f"{model}.{name}" in LABELS or name in LABELS else words(name)
