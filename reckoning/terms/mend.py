"""What a mend is: a label, what follows from it, and the edits of the text."""

from typing import Any, Final, NamedTuple


class _Removed:
    """Stands for a value that is taken away."""

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED: Final[Any] = _Removed()


class Edit(NamedTuple):
    """A new plain value at a dotted path: JSON values, decimals as text, or REMOVED for an item of a list."""

    path: str
    value: Any


class Mend(NamedTuple):
    """One offered change of the text. `label` says what is done and `effect` what then holds, in plain words."""

    label: str
    effect: str
    edits: tuple[Edit, ...]
