"""Who may log in."""

from django.contrib.auth.backends import ModelBackend

from base import clock
from base.models import User


class TimeBoxedBackend(ModelBackend):
    """Django's own, but scheduled jobs never enter and a time-boxed login only on its days (UTC).

    Asked on every request, so that an open session ends with the box.
    """

    def user_can_authenticate(self, user: User | None) -> bool:  # type: ignore[override]
        return user is not None and user.may_enter_on(clock.now().date())
