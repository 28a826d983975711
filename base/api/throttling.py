"""How often the API may be asked: per token or session, and per address, whoever asks. Two statements a request."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from base import clock
from base.api.models import Token
from base.limits import Limit, address_of, hit


class _Throttle(BaseThrottle):
    name = ""

    def limit(self) -> Limit:
        """The limit of the settings."""
        return Limit(self.name, settings.API_LIMITS[self.name], 60)

    def key(self, request: Request) -> str | None:
        """Whom to count; None: not by this throttle."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count and compare."""
        key = self.key(request)
        self.now = clock.now()
        return key is None or hit(self.limit(), key, self.now) <= self.limit().count

    def wait(self) -> float | None:
        """Seconds until it may be asked again."""
        return self.limit().wait_seconds(self.now)


class PerToken(_Throttle):
    """So many requests a minute in the name of one token, or of one person who is logged in."""

    name = "api_token"

    def key(self, request: Request) -> str | None:
        """The token, else the person, else nobody."""
        if isinstance(request.auth, Token):
            return f"token {request.auth.pk}"
        return f"user {request.user.pk}" if request.user and request.user.is_authenticated else None


class PerAddress(_Throttle):
    """So many requests a minute from one address, with or without a valid token."""

    name = "api_address"

    def key(self, request: Request) -> str | None:
        """The address."""
        return address_of(request._request)
