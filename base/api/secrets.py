"""The making and the reading of a token's text: ``sla_PREFIX_SECRET``."""

import re
import secrets
from hashlib import sha256
from hmac import compare_digest

_TEXT = re.compile(r"sla_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


def make() -> tuple[str, str, str]:
    """A new token's text, its prefix, and the SHA-256 of its secret (256 random bits need no slow hash)."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return f"sla_{prefix}_{secret}", prefix, digest(secret)


def split(text: str) -> tuple[str, str] | None:
    """Prefix and secret of a token's text; None for anything else."""
    match = _TEXT.fullmatch(text)
    return (match.group(1), match.group(2)) if match else None


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode()).hexdigest()


def is_same(secret: str, kept: str) -> bool:
    """Whether a secret gives the hash that was kept, in constant time."""
    return compare_digest(digest(secret), kept)
