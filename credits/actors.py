"""Who may act in this room. A scheduled job acts where it is named; it never decides (rule 20)."""

from base.access import acting_user, require_role
from base.models import User


def require_job_or(*roles: str) -> User:
    """The acting user: a scheduled job, or somebody in one of ``roles``. Raises NotAllowed."""
    user = acting_user()
    return user if not user.is_person else require_role(*roles)
