"""The places of a version's text that a remark may stand at: every node of the document, as a path."""

from collections.abc import Iterator
from typing import Any

from contracts.models import ContractVersion


def places_of(version: ContractVersion) -> frozenset[str]:
    """Every path of the document, such as ``commitments.0.schedule.tiers.1``."""
    return frozenset(_paths(version.terms))


def _paths(value: Any, path: str = "") -> Iterator[str]:
    if path:
        yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _paths(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _paths(item, f"{path}.{number}" if path else str(number))
