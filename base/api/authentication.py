"""Who asks: the owner of a token, or whoever is logged in to the pages (who may only read)."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.authentication import SessionAuthentication as DjangoSession
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from base import clock
from base.api import secrets
from base.api.models import Token
from base.models import User

REFUSED = "This token is not valid: unknown, expired or revoked, or its owner may not enter now."


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer sla_...``. The owner's activity and time box are asked at every request."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        """The owner and the token; None where no token is given. Raises AuthenticationFailed."""
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = self._token(text.strip())
        now = clock.now()
        if found is None or found.revoked_at is not None or found.expires_at <= now:
            raise AuthenticationFailed(REFUSED)
        if not found.owner.may_enter_on(now.date()):
            raise AuthenticationFailed(REFUSED)
        return found.owner, found

    def _token(self, text: str) -> Token | None:
        parts = secrets.split(text)
        if parts is None:
            return None
        found = Token.objects.select_related("owner").filter(prefix=parts[0]).first()
        return found if found and secrets.is_same(parts[1], found.secret_sha256) else None

    def authenticate_header(self, request: Request) -> str:
        """Lets an unknown asker get 401 and not 403."""
        return 'Bearer realm="api"'


class SessionAuthentication(DjangoSession):
    """The session of the pages, so that the documentation's page can be tried while logged in."""
