"""Who may do what. Services ask here; the admin's permissions only decide what is shown.

The actor in force is known to the room above (``audit``), which registers how to find it.
"""

from collections.abc import Callable

from base.errors import NotAllowed
from base.models import ROLES, User

_who_acts: Callable[[], User] | None = None


def who_acts(find: Callable[[], User]) -> None:
    """Register how to find the user in whose name the running code acts."""
    global _who_acts
    _who_acts = find


def acting_user() -> User:
    """The user who acts. Raises what the registered finder raises where nobody does."""
    if _who_acts is None:
        raise RuntimeError("nobody registered who acts; audit's AppConfig does so at the start")
    return _who_acts()


def require_role(*roles: str) -> User:
    """The acting user, who must be in one of ``roles``. A superuser has no role by being one (rule 20).

    Raises :class:`~base.errors.NotAllowed` naming the roles that would do.
    """
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise ValueError(f"no such role: {', '.join(unknown) or 'none given'}; there are {', '.join(ROLES)}")
    user = acting_user()
    if not user.has_role(*roles):
        wanted = " or ".join(role.replace("_", " ") for role in roles)
        raise NotAllowed(f"actor: {user.display_name} does not have the role {wanted}", code="role_missing")
    return user


def require_person(*roles: str) -> User:
    """Like :func:`require_role`, and a person: a scheduled job acts but decides nothing (rule 20)."""
    user = require_role(*roles) if roles else acting_user()
    if not user.is_person:
        raise NotAllowed(
            f"actor: {user.display_name} is a scheduled job; a person must do this", code="not_a_person"
        )
    return user
