"""Whoever is logged in is the actor of whatever the request does."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from audit.looks import via_of
from audit.record import acting

GetResponse = Callable[[HttpRequest], HttpResponse]


class ActorMiddleware:
    """Binds the request's user as the actor, via the admin or a page. Nobody is bound for a visitor."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with acting(request.user, via=via_of(request)):
            return self.get_response(request)
