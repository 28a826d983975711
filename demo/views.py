"""The mails of the demo, to be read as in a mail program. Only there in demo mode."""

from functools import wraps
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base.access import scopes_of
from base.access_rules import Scope
from base.models import User
from demo import mails
from notices.models import Audience

PER_PAGE = 50


class View(Protocol):
    """A view with or without further arguments."""

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def for_readers(view: View) -> View:
    """Only in the demo, and only for those who may see notices: by the same matrix as everywhere."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO_MODE:
            raise Http404
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not scopes_of(request.user, "notice"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def _own_mailbox(user: Any) -> str:
    """The only mailbox that a user may read; empty for all."""
    all_rows = isinstance(user, User) and Scope.ALL in scopes_of(user, "notice")
    return "" if all_rows else mails.MAILBOXES[Audience.CUSTOMER_SUCCESS]


@require_safe
@for_readers
def mail_list(request: HttpRequest) -> HttpResponse:
    """All mails that the catcher took, the newest first; ``?to=`` narrows to one receiver."""
    own = _own_mailbox(request.user)
    wanted = own or request.GET.get("to", "")
    found = mails.mails(wanted)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Mails",
        "page": page,
        "mailboxes": [own] if own else list(mails.MAILBOXES.values()),
        "wanted": wanted,
    }
    return render(request, "demo/mails.html", context)


@require_safe
@for_readers
def mail_page(request: HttpRequest, name: str) -> HttpResponse:
    """One mail."""
    mail = mails.mail_named(name)
    if mail is None or mail.receiver != (_own_mailbox(request.user) or mail.receiver):
        raise Http404
    context = {"title": mail.subject, "mail": mail, "crumbs": [("Mails", reverse("demo:mails"))]}
    return render(request, "demo/mail.html", context)


@require_safe
def status_page(request: HttpRequest, name: str) -> HttpResponse:
    """A recorded answer of a status page, for the feed that asks it. It holds nothing but what was published."""
    found = {path.stem: path for path in (Path(__file__).parent / "data" / "statuspage").glob("*.json")}.get(
        name
    )
    if not settings.DEMO_MODE or found is None:
        raise Http404
    return HttpResponse(found.read_bytes(), content_type="application/json")
