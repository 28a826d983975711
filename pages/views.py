"""The way in, and whose home is shown."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from pages import demo_logins
from pages.homes import BY_ROLE, FIGURES, Home, homes_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The home of the reader's first role; a visitor sees the way in only."""
    if not request.user.is_authenticated:
        return render(request, "pages/welcome.html", {"demo": settings.DEMO_MODE})
    homes = homes_of(request.user)
    return _shown(request, homes[0] if homes else None)


@require_safe
@login_required
def home_of(request: HttpRequest, role: str) -> HttpResponse:
    """The home of one of the reader's roles."""
    if role not in BY_ROLE or not request.user.has_role(role):  # type: ignore[union-attr]
        raise PermissionDenied("This is the home of a role that you do not have.")
    return _shown(request, BY_ROLE[role])


def _shown(request: HttpRequest, chosen: Home | None) -> HttpResponse:
    name = chosen.view if chosen and find_spec(chosen.view.rpartition(".")[0]) else FIGURES
    answer: HttpResponse = import_string(name)(request)
    return answer


class Login(auth.LoginView):
    """Name and password; in the demo beside them whoever plays in it, filled in by one click."""

    template_name = "pages/login.html"
    redirect_authenticated_user = True

    def get_initial(self) -> dict[str, str]:
        """Filled in for ``?as=NAME`` in the demo, so that it works without a script."""
        name = self.request.GET.get("as", "")
        return next(
            (
                {"username": one.username, "password": one.password}
                for one in _players()
                if one.username == name
            ),
            {},
        )

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """With the logins of the demo, where this is one."""
        context = super().get_context_data(**kwargs)
        if self.request.method in ("GET", "HEAD"):
            # Django never shows a password again; the demo's is no secret.
            context["form"].fields["password"].widget.render_value = bool(self.get_initial())
        return context | {"players": _players()}


def _players() -> list[demo_logins.Player]:
    return demo_logins.players() if settings.DEMO_MODE else []


class Logout(auth.LogoutView):
    """Ends the session; posted only."""

    next_page = "pages:home"
