"""Who may do what. Services ask for the actor's role; whatever shows something asks :func:`may` and :func:`visible`.

The table stands in ``base.access_rules``. The actor in force is known to the room above (``audit``), which
registers how to find it; how rows belong to a side is known to their rooms, which register that here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q, QuerySet

from base.access_rules import BY_MODEL, BY_NAME, CUSTOMER_LOGIN, VENDOR_LOGIN, Scope
from base.errors import NotAllowed
from base.models import ROLES, User

Asking = User | AnonymousUser

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


def roles_of(user: Asking) -> frozenset[str]:
    """The rows of the matrix that hold for a user: the roles, or for a counterparty's login that of logins.

    Empty for a visitor, for a scheduled job, and for whoever may no longer enter.
    """
    if not isinstance(user, User) or not user.is_active or not user.is_person:
        return frozenset()
    if user.kind == User.Kind.VENDOR:
        return frozenset({VENDOR_LOGIN})
    if user.kind == User.Kind.CUSTOMER:
        return frozenset({CUSTOMER_LOGIN})
    return frozenset(role for role in ROLES if user.has_role(role))


def may(user: Asking, action: str, kind: str) -> bool:
    """Whether a user may do ``action`` ("view", or an act such as "approve") to any object of ``kind``.

    Which rows are meant is narrowed by :func:`visible`; of an act on one object the service has the last word.
    Raises KeyError for a kind or an act that the matrix does not know.
    """
    row = BY_NAME[kind]
    if action == "view":
        return bool(row.scopes(roles_of(user)))
    return bool(roles_of(user) & set(row.acts[action]))


def scopes_of(user: Asking, kind: str) -> frozenset[Scope]:
    """Which rows of a kind a user sees; several scopes are seen together. Empty: none."""
    return BY_NAME[kind].scopes(roles_of(user))


@dataclass(frozen=True)
class Rows:
    """How rows of a model are told apart. What is left out has no rows on that side.

    ``own`` gets the login. No condition may join to many rows (use a subquery): the rows would be repeated.
    """

    vendors: Q | None = None
    customers: Q | None = None
    own: Callable[[User], Q] | None = None

    def matching(self, user: User, scopes: frozenset[Scope]) -> Q | None:
        """The rows of any of the scopes (without ALL); None where there are none."""
        found = [
            self.vendors if Scope.VENDORS in scopes else None,
            self.customers if Scope.CUSTOMERS in scopes else None,
            self.own(user) if self.own is not None and Scope.OWN in scopes else None,
        ]
        conditions = [one for one in found if one is not None]
        if not conditions:
            return None
        together = conditions[0]
        for one in conditions[1:]:
            together |= one
        return together


_rows: dict[tuple[str, str], Rows] = {}


def tell_apart(model: type[Model], rows: Rows, *, kind: str = "") -> None:
    """Register how the rows of a model are told apart; for another ``kind`` than its own where one is given."""
    label = model._meta.label_lower
    _rows[label, kind or BY_MODEL[label].name] = rows


def visible[RowT: Model](queryset: QuerySet[RowT], user: Asking, *, kind: str = "") -> QuerySet[RowT]:
    """The rows of a queryset that a user may see, by the matrix; of a model that is not in it, none."""
    label = queryset.model._meta.label_lower
    if not kind:
        if label not in BY_MODEL:
            return queryset.none()
        kind = BY_MODEL[label].name
    scopes = scopes_of(user, kind)
    if Scope.ALL in scopes:
        return queryset
    rows = _rows.get((label, kind))
    matching = rows.matching(user, scopes) if rows and isinstance(user, User) and scopes else None
    return queryset.none() if matching is None else queryset.filter(matching)


def may_see(user: Asking, row: Any, *, kind: str = "") -> bool:
    """Whether a user may see one object. One query, unless the answer is the same for every row."""
    return visible(type(row)._default_manager.filter(pk=row.pk), user, kind=kind).exists()
