"""Making and revoking the API's tokens: acts of administrators, on record."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.api import secrets
from base.api.models import Token
from base.api.scopes import SCOPES
from base.errors import DomainError
from base.models import User

LONGEST = timedelta(days=366)


class TokenRefused(DomainError):
    """A token that cannot be made, or cannot be revoked again."""

    code = "token_refused"


@transaction.atomic
def create_token(
    *, owner: User, name: str, scopes: Sequence[str], created_at: datetime, expires_at: datetime
) -> tuple[Token, str]:
    """Make a token in the name of ``owner``, for at most a year. Returns it with its text, which is never seen again.

    It gives no more than the owner's role does, and nothing to which a second person is needed. Raises TokenRefused,
    NotAllowed (administrators make tokens).
    """
    require_person("administrator")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise TokenRefused(
            f"scopes: {', '.join(unknown) or 'none'} given; at least one of {', '.join(SCOPES)} is expected"
        )
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise TokenRefused(
            "name: says nothing; name the system that will hold the token, in 1 to 100 characters"
        )
    if not created_at < expires_at <= created_at + LONGEST:
        raise TokenRefused(
            f"expires_at: {expires_at.isoformat()} does not lie within a year from {created_at.isoformat()}"
        )
    if not owner.is_person or not owner.is_active:
        raise TokenRefused(f"owner: {owner.display_name} is no active person; a token acts for a person")
    text, prefix, digest = secrets.make()
    token = Token.objects.create(
        owner=owner,
        name=name.strip(),
        prefix=prefix,
        secret_sha256=digest,
        scopes=sorted(set(scopes)),
        created_at=created_at,
        expires_at=expires_at,
    )
    facts = {"owner": owner.username, "scopes": token.scopes, "expires_at": expires_at}
    record("token.create", token, after=facts)
    return token, text


@transaction.atomic
def revoke_token(token: Token, *, revoked_at: datetime, reason: str) -> Token:
    """Let a token end now. Raises TokenRefused where it was revoked before or no reason is given, NotAllowed."""
    require_person("administrator")
    token = Token.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if token.revoked_at is not None:
        raise TokenRefused(f"token: {token} was revoked at {token.revoked_at.isoformat()} already")
    if not reason.strip():
        raise TokenRefused("reason: is empty; say why the token ends")
    token.revoked_at = revoked_at
    token.save(update_fields=["revoked_at"])
    record("token.revoke", token, after={"revoked_at": revoked_at}, reason=reason)
    return token
