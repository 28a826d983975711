"""Every look of an auditor goes on record: pages, admin, API, documents and exports alike."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from audit.record import acting, record
from base.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]
VERB = "auditor.look"
SAFE = ("GET", "HEAD")
# What tells nothing about the business: words for the browser, and whether the process lives.
LEFT_OUT = ("/static/", "/healthz", "/readyz", "/metrics", "/favicon.ico")


class LooksMiddleware:
    """Records what an auditor was shown, before it is shown: where the record fails, so does the look.

    Stands inside of the authentication; the API's own authentication puts its user onto the same request.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if self.is_look(request, response):
            self.note(request, response)
        return response

    def is_look(self, request: HttpRequest, response: HttpResponse) -> bool:
        """Whether an auditor was shown something. A refused or a missing page shows nothing."""
        if request.method not in SAFE or response.status_code >= 300 or request.path.startswith(LEFT_OUT):
            return False
        return isinstance(request.user, User) and request.user.has_role("auditor")

    def note(self, request: HttpRequest, response: HttpResponse) -> None:
        """One event with the address and what was sent: its type and length."""
        user = request.user
        via = via_of(request)
        with acting(user, via=via), transaction.atomic():  # type: ignore[arg-type]
            record(
                VERB,
                user,  # type: ignore[arg-type]
                after={
                    "address": request.get_full_path()[:2000],
                    "type": response.headers.get("Content-Type", ""),
                    "bytes": None if response.streaming else len(response.content),
                },
                label=request.path,
            )


def via_of(request: HttpRequest) -> str:
    """Through which entrance a request comes: "admin", "api" or "page"."""
    if request.path.startswith(reverse("admin:index")):
        return "admin"
    return "api" if request.path.startswith("/api/") else "page"
