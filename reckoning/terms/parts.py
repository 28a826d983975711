"""A document read in parts: of many commitments, only those that changed are read again.

The outcome is that of `parse_terms` on the whole document, fault for fault; whatever a part cannot know of the others
(the bounds of the whole document, keys that stand twice) is looked at for the whole.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from reckoning.errors import TermsError
from reckoning.kept import Kept
from reckoning.terms.document import MAX_READ_AGAIN, parse_terms, read_again
from reckoning.terms.model import CommitmentTerms, Terms
from reckoning.terms.paths import faults_of
from reckoning.terms.plain import MAX_DEPTH, MAX_VALUES, guard, read_plain

# A commitment of a document lies two levels down: in the list, which lies in the document.
_LEVELS_ABOVE = 2


class ReadCommitment(NamedTuple):
    """A commitment as it was read by itself. `plain` may not be changed any more.

    `values`: how many values it has; None where it holds what no document may. `again`: how many are read for its
    alternatives. `terms`: None where it has faults.
    """

    plain: dict[str, Any]
    values: int | None
    again: int
    terms: CommitmentTerms | None


_READ: Kept[ReadCommitment] = Kept(400)


def read_commitment(plain: dict[str, Any]) -> ReadCommitment:
    """Read one commitment by itself; its faults are told when the document is read."""
    try:
        values = guard(plain, max_depth=MAX_DEPTH - _LEVELS_ABOVE)
    except TermsError:
        return ReadCommitment(plain, None, 0, None)
    again = read_again(plain)
    if again > MAX_READ_AGAIN:
        return ReadCommitment(plain, values, again, None)
    try:
        return ReadCommitment(plain, values, again, CommitmentTerms.model_validate(plain))
    except ValidationError:
        return ReadCommitment(plain, values, again, None)


def parse_known(text: str) -> Terms:
    """`parse_terms` for text that is read again and again, mostly with one commitment changed: the others are kept.

    Raises TermsError with every fault, as `parse_terms` does.
    """
    plain = read_plain(text)
    stated = plain.get("commitments") if isinstance(plain, dict) else None
    if not isinstance(stated, list) or not all(isinstance(one, dict) for one in stated):
        return parse_terms(plain)
    return parse_parts(plain | {"commitments": []}, [_known(one) for one in stated])


def _known(plain: dict[str, Any]) -> ReadCommitment:
    return _READ.of(json.dumps(plain, ensure_ascii=False), lambda: read_commitment(plain))


def parse_parts(head: dict[str, Any], commitments: Sequence[ReadCommitment]) -> Terms:
    """The terms of a document whose `commitments` were read before; `head` is the document without any.

    Raises TermsError with every fault, as `parse_terms` does for the whole.
    """
    whole = head | {"commitments": [one.plain for one in commitments]}
    if not _within_bounds(head, commitments):
        return parse_terms(whole)
    try:
        return Terms.model_validate(
            head | {"commitments": [one.plain if one.terms is None else one.terms for one in commitments]}
        )
    except ValidationError as error:
        raise TermsError(faults_of(error, whole)) from None


def _within_bounds(head: dict[str, Any], commitments: Sequence[ReadCommitment]) -> bool:
    if sum(one.again for one in commitments) > MAX_READ_AGAIN:
        return False
    counted = [one.values for one in commitments if one.values is not None]
    if len(counted) < len(commitments):
        return False
    try:
        around = guard(head | {"commitments": []})
    except TermsError:
        return False
    return around + sum(counted) <= MAX_VALUES
