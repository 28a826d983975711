"""What every page has around it: the navigation by what the reader may see, the day, and who may enter at all.

A page is a template that extends ``pages/base.html`` and names its ``title`` and, where it lies deeper, its
``crumbs``: a list of (words, address). A view asks ``may`` with :func:`viewing` and narrows its rows with the
functions of ``<room>/visibility.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from base import clock
from base.access import may
from base.access import roles_of as user_roles
from base.access_rules import models_seen
from contracts.models import ContractVersion
from contracts.signers import asked_to_sign
from pages.homes import homes_of

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Link:
    """One entry of the navigation."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True)
class Group:
    """Entries that belong together."""

    title: str
    links: tuple[Link, ...]


# The words, the name of the address, and the kind of object that one must be able to see.
NAVIGATION: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Promised",
        (
            ("Contracts", "pages:contracts", "contract"),
            ("Conflicts", "pages:conflicts", "conflict"),
            ("Internal objectives", "pages:objectives", "objective"),
            ("Under review", "pages:reviews", "review"),
            ("Templates", "pages:templates", "template"),
            ("Portfolios", "pages:portfolios", "portfolio"),
            ("Readings", "pages:explainer", "version"),
            ("Dates ahead", "pages:calendar", "renewal"),
        ),
    ),
    (
        "Happened",
        (
            ("Components", "pages:components", "observation"),
            ("Sources", "pages:sources", "source"),
            ("Imports", "pages:imports", "run"),
            ("Incidents", "pages:incidents", "incident"),
            ("Exclusions", "pages:exclusions", "exclusion"),
            ("Reported against measured", "pages:reported", "figure"),
            ("Reconciliation", "pages:reconciliation", "reconciliation"),
        ),
    ),
    (
        "Owed",
        (
            ("Results", "pages:assessments", "assessment"),
            ("Claims", "pages:claims", "claim"),
            ("Memos", "pages:memos", "memo"),
            ("Restatements", "pages:restatements", "restatement"),
            ("Pass-through", "pages:pass_through", "restatement"),
            ("Goodwill", "pages:goodwill", "goodwill"),
            ("Statements", "pages:statements", "statement"),
            ("Trial balance", "pages:trial_balance", "trial_balance"),
            ("Exports", "pages:exports", "export"),
            ("Scheduled statements", "pages:schedules", "schedule"),
        ),
    ),
    ("Told", (("Mails", "pages:notices", "notice"),)),
    ("Proven", (("Events", "pages:events", "event"),)),
)


def viewing(*kinds: str) -> Callable[[View], View]:
    """A view for those who may see all of ``kinds``; others are told so (403), visitors are sent to log in."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            missing = [kind for kind in kinds if not may(request.user, "view", kind)]
            if missing:
                said = " and ".join(kind.replace("_", " ") for kind in missing)
                raise PermissionDenied(f"Your role does not open this page ({said}).")
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return decorate


def layout(request: HttpRequest) -> dict[str, Any]:
    """A context processor: ``layout`` with the navigation, the day and whether this is the demo; reckoned when
    it is first asked for, so that the admin pays nothing for it."""
    return {"layout": SimpleLazyObject(lambda: _layout(request))}


def _layout(request: HttpRequest) -> dict[str, Any]:
    return {
        "nav": _navigation(request),
        "as_of": clock.as_of(),
        "demo": settings.DEMO_MODE,
        "to_sign": _to_sign(request),
    }


def _to_sign(request: HttpRequest) -> list[ContractVersion]:
    """What waits for the reader's own signature, said on their home: the page of signing is in no navigation."""
    user = request.user
    if not user.is_authenticated or request.path != reverse("pages:home"):
        return []
    return asked_to_sign(user)


def _navigation(request: HttpRequest) -> list[Group]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    groups = [Group("Home", tuple(_home_links(request)))]
    for title, entries in NAVIGATION:
        links = [_link(request, label, name) for label, name, kind in entries if may(user, "view", kind)]
        if found := tuple(link for link in links if link):
            groups.append(Group(title, found))
    if user.is_staff and any(models_seen(role) for role in user_roles(user)):
        admin = Link("Admin", reverse("admin:index"), False)
        groups.append(Group("All records", (admin,)))
    return groups


def _home_links(request: HttpRequest) -> list[Link]:
    homes = homes_of(request.user)
    if len(homes) < 2:
        address = reverse("pages:home")
        return [Link("Home", address, request.path == address)]
    links = []
    for at, home in enumerate(homes):
        address = reverse("pages:home_of", args=[home.role])
        here = request.path == address or (at == 0 and request.path == reverse("pages:home"))
        links.append(Link(home.label, address, here))
    return links


def _link(request: HttpRequest, label: str, name: str) -> Link | None:
    """The entry, or nothing where no room brings the page."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return None
    return Link(label, address, request.path.startswith(address))
