"""Every field of the language has a label in plain words, help, and every choice its words."""

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from contracts.terms_form.glossary import CHOICES, LABELS
from contracts.terms_form.helps import HELPS
from contracts.terms_form.labels import help_of, label_of
from reckoning.terms import Terms


def models(of: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> set[type[BaseModel]]:
    """Every model of the language; two of one name are two."""
    seen = set() if seen is None else seen
    if of not in seen:
        seen.add(of)
        for info in of.model_fields.values():
            for one in parts(info.annotation):
                models(one, seen)
    return seen


def parts(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in get_args(annotation):
        yield from parts(one)


def fields() -> list[tuple[str, str, str]]:
    return [
        (of.__name__, name, info.description or "")
        for of in models(Terms)
        for name, info in of.model_fields.items()
    ]


def test_every_field_has_a_label_of_its_own():
    assert len(fields()) > 300
    bare = [
        f"{model}.{name}"
        for model, name, _ in fields()
        if f"{model}.{name}" not in LABELS and name not in LABELS
    ]
    assert bare == []


def test_every_field_has_help():
    assert [f"{model}.{name}" for model, name, said in fields() if not help_of(model, name, said)] == []


def test_no_label_and_no_help_names_code():
    for model, name, said in fields():
        text = label_of(model, name) + help_of(model, name, said)
        assert not {"_", "`"} & set(text), (model, name, text)


def test_what_stands_in_the_glossary_is_used():
    known = {name for _, name, _ in fields()} | {f"{model}.{name}" for model, name, _ in fields()}
    assert sorted(set(LABELS) - known) == []
    described = {f"{model}.{name}" for model, name, said in fields() if said}
    described -= {f"{model}.{name}" for model, name, said in fields() if not said}
    assert sorted(set(HELPS) - known) == []
    assert sorted(set(HELPS) & described) == []
    assert all(CHOICES.values())


def test_fields_of_one_block_are_told_apart_by_their_labels():
    for of in models(Terms):
        labels = [label_of(of.__name__, name) for name in of.model_fields]
        assert len(labels) == len(set(labels)), of


def test_a_choice_that_help_explains_is_called_as_in_its_list():
    assert help_of("UptimeFromIntervals", "clock_ends", "closed: an outage counts until then.").startswith(
        "“Closed”: "
    )
    assert (
        help_of("TierSchedule", "none", "What no row has. ask: as told.")
        == "What no row has. “A person decides”: as told."
    )
    assert help_of("MinimumPayout", "strict", "true: it must be more.") == "“Yes”: it must be more."
