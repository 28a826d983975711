"""What is seen besides the admin."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from base import clock
from pages.state import figures_for


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where things stand, as far as the reader may see it; a visitor sees the way in only."""
    context = {"as_of": clock.as_of(), "demo": settings.DEMO_MODE, "groups": []}
    if request.user.is_authenticated:
        context["groups"] = figures_for(request.user, clock.as_of())
    return render(request, "pages/home.html", context)
