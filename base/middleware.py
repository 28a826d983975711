"""What every request passes through, besides Django's own."""

from collections.abc import Callable
from typing import Any

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from base.correlation import correlated
from base.logging import accepted

REQUEST_ID = "X-Request-ID"
GetResponse = Callable[[HttpRequest], HttpResponse]


class CorrelationIdMiddleware:
    """Binds the correlation id of a request, its ``X-Request-ID`` or a new one, and answers with it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with correlated(accepted(request.headers.get(REQUEST_ID, ""))) as correlation_id:
            response = self.get_response(request)
        response[REQUEST_ID] = correlation_id
        return response


class AdminPolicyMiddleware:
    """Widens the content policy for the admin alone, whose Alpine needs eval and inline styles.

    Stands inside django-csp's middleware. Inline scripts stay blocked, but an injected Alpine attribute
    would run there: nothing that people wrote is ever marked safe in a template.
    """

    wider = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(reverse("admin:index")):
            response._csp_update = self.wider  # type: ignore[attr-defined]
        return response


def takes_bodies_of[View: Callable[..., HttpResponse]](
    limit: Callable[[HttpRequest], int],
) -> Callable[[View], View]:
    """A view that takes larger bodies than others do: how many bytes, by who asks. Above all other decorators."""

    def mark(view: View) -> View:
        view.body_limit = limit  # type: ignore[attr-defined]
        return view

    return mark


class BodyLimitMiddleware:
    """Refuses a body that is larger than anything that is taken at that address, before a byte of it is read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._refusal(request, settings.LARGEST_BODY_BYTES) or self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """The view and who asks are known by now, and nothing of the body was read yet."""
        limit = getattr(view, "body_limit", lambda _: settings.BODY_LIMIT_BYTES)
        return self._refusal(request, settings.BODY_LIMIT_BYTES) and self._refusal(request, limit(request))

    def _refusal(self, request: HttpRequest, limit: int) -> HttpResponse | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) <= limit:
            return None
        text = f"At most {limit:,} bytes are taken at once; split what you send.\n"
        return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")


class LoginLimitMiddleware:
    """Says plainly that a login was not even tried, in place of the form's doubt about the password."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        wait = getattr(request, "login_wait_seconds", None)
        if wait is None:
            return response
        text = f"Too many failed logins. Try again in {-(-wait // 60)} minutes.\n"
        return HttpResponse(
            text, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": str(wait)}
        )
