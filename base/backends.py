"""Who may log in, and how often it may be tried."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from base import clock
from base.limits import Limit, address_of, hit, is_exceeded
from base.models import User


class TimeBoxedBackend(ModelBackend):
    """Django's own, but scheduled jobs never enter and a time-boxed login only on its days (UTC).

    Asked on every request, so that an open session ends with the box. Failures are counted by name and address;
    past a limit nothing is tried any more until the next quarter of an hour, the right password included.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """As Django does, within the limits. Without a request (tests, a shell) nothing is counted."""
        if request is None or username is None:
            return super().authenticate(request, username, password, **kwargs)
        keys = _keys(request, username)
        now = clock.now()
        for limit, key in keys:
            if is_exceeded(limit, key, now):
                request.login_wait_seconds = limit.wait_seconds(now)  # type: ignore[attr-defined]
                raise PermissionDenied
        user = super().authenticate(request, username, password, **kwargs)
        if user is None:
            for limit, key in keys:
                hit(limit, key, now)
        return user

    def user_can_authenticate(self, user: User | None) -> bool:  # type: ignore[override]
        return user is not None and user.may_enter_on(clock.now().date())


def _keys(request: HttpRequest, username: str) -> list[tuple[Limit, str]]:
    address, name = address_of(request), username.casefold()[:200]
    keys = {"login_pair": f"{name} {address}", "login_name": name, "login_address": address}
    return [
        (Limit(limit, count, settings.LOGIN_LIMIT_SECONDS), keys[limit])
        for limit, count in settings.LOGIN_LIMITS.items()
    ]
