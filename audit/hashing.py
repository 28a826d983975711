"""The pure part of the record: leaf hashes, Merkle roots and heads of the chain.

No Django and no database: an outsider recomputes a head from exported events with this module alone.
A leaf's and a node's hash are told apart by a prefix byte, as RFC 6962 does, so that no node can pass
for a leaf.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from reckoning.canonical import canonical_json

LEAF_FORMAT = "sla-ledger-event/1"
GENESIS = "0" * 64


def leaf_hash(content: Mapping[str, object]) -> str:
    """SHA-256 in hexadecimal digits of one event's canonical JSON, with the format's name in it."""
    return sha256(b"\x00" + canonical_json({"format": LEAF_FORMAT, **content})).hexdigest()


def merkle_root(leaves: Sequence[str]) -> str:
    """The root over the leaves in their order; an odd node is carried up unchanged.

    Raises ValueError where there is no leaf.
    """
    if not leaves:
        raise ValueError("a block has at least one leaf")
    level = [bytes.fromhex(leaf) for leaf in leaves]
    while len(level) > 1:
        paired = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0].hex()


def head_hash(number: int, previous: str, root: str, count: int) -> str:
    """The head of block ``number``: it binds the block before, the root and how many leaves there are."""
    return sha256(
        b"\x02" + canonical_json({"number": number, "previous": previous, "root": root, "count": count})
    ).hexdigest()
