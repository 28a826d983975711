"""What is known of a commitment by itself, kept by its values: of forty, only the edited one is read anew."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.terms_form.durations import reading_of
from contracts.terms_form.shapes import Group, Leaf, Many, OneOf, Shape, group_of
from contracts.terms_form.values import document, number_alternatives, repeated_names
from reckoning.kept import Kept
from reckoning.terms import CommitmentTerms
from reckoning.terms.parts import ReadCommitment, read_commitment

COMMITMENT = group_of(CommitmentTerms)
MOST_KEPT = 400


@dataclass(frozen=True)
class Part:
    """A commitment of the form, whatever document it stands in; paths are those in it. Nobody may change it.

    ``repeated``: names among pairs that stand twice. ``lengths``: lengths of time with what each is read as.
    """

    read: ReadCommitment
    repeated: tuple[tuple[str, str], ...]
    lengths: tuple[tuple[str, str], ...]


_PARTS: Kept[Part] = Kept(MOST_KEPT)


def part_of(values: dict[str, Any]) -> Part:
    """What is known of a commitment with these values."""
    return _PARTS.of(text_of(values), lambda: _known(values))


def text_of(values: Any) -> str:
    """Values as one text: equal texts are equal values."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _known(values: dict[str, Any]) -> Part:
    plain = document(COMMITMENT, values)
    number_alternatives({"commitments": [plain]})
    return Part(
        read_commitment(plain),
        tuple(repeated_names(COMMITMENT, values)),
        tuple(lengths(COMMITMENT, values)),
    )


def lengths(shape: Shape, values: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """The lengths of time that are read as something else than what stands there, as (place, what is read)."""
    prefix = f"{place}." if place else ""
    match shape:
        case Group() | OneOf():
            group = shape.variants[values["kind"]] if isinstance(shape, OneOf) else shape
            for item in group.timed:
                given = values.get(item.name)
                if not isinstance(item.shape, Leaf):
                    if given is not None:
                        yield from lengths(item.shape, given, prefix + item.name)
                elif given and (reading := reading_of(given)):
                    yield prefix + item.name, reading
        case Many(item_shape):
            for index, one in enumerate(values):
                yield from lengths(item_shape, one, f"{prefix}{index}")
