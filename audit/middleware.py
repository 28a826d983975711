"""Whoever is logged in is the actor of whatever the request does."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from audit.record import acting

GetResponse = Callable[[HttpRequest], HttpResponse]


class ActorMiddleware:
    """Binds the request's user as the actor, via the admin or a page. Nobody is bound for a visitor."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        via = "admin" if request.path.startswith(reverse("admin:index")) else "page"
        with acting(request.user, via=via):
            return self.get_response(request)
