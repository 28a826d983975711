"""What the API's views of every room have in common: who acts, what is seen, and pages."""

from contextlib import ExitStack
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.views import APIView

from audit.record import acting
from base.access import visible
from base.api.models import Token
from base.api.throttling import PerAddress, PerToken
from base.models import User


class ActorView(APIView):
    """Binds the asker as the actor, via the API; names the token as the reason of what it does.

    ``kind`` and ``scope`` say what reading needs; ``write_kind``, ``act`` and ``write_scope`` what writing does.
    """

    kind = ""
    scope = ""
    write_kind = ""
    act = ""
    write_scope = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The actor is released whatever happens: the next request of this thread is somebody else's."""
        with ExitStack() as self._bound:
            return super().dispatch(request, *args, **kwargs)

    throttle_classes = [PerToken]

    def perform_authentication(self, request: Request) -> None:
        """The address is counted first: guessing tokens is asking as well."""
        throttle = PerAddress()
        if not throttle.allow_request(request, self):
            self.throttled(request, throttle.wait())  # type: ignore[arg-type]
        super().perform_authentication(request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication, permission and throttles."""
        super().initial(request, *args, **kwargs)
        if isinstance(request.user, User):
            token = request.auth
            reason = f"token {token.name} ({token.prefix})" if isinstance(token, Token) else ""
            self._bound.enter_context(acting(request.user, via="api", reason=reason))

    @property
    def asker(self) -> User:
        """Whoever asks; views are only reached by users."""
        user = self.request.user
        assert isinstance(user, User)
        return user


class Reading[RowT: Model](
    ActorView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[RowT],
):
    """A list with pages and filters, and single rows, narrowed to what the asker may see."""

    lookup_value_regex = "[0-9]{1,18}"
    rows: QuerySet[RowT]

    def get_queryset(self) -> QuerySet[RowT]:
        """The rows of ``rows`` that the asker may see; none while the schema is drawn."""
        if getattr(self, "swagger_fake_view", False):
            return self.rows.none()
        return visible(self.rows.all(), self.asker, kind=self.kind)
