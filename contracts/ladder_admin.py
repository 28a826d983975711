"""The one endpoint of the ladder beside the form of the terms: what a reader moved, answered by the engine."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from audit.adminbase import RoleAdmin
from base import clock
from contracts.errors import TermsAltered
from contracts.reading import terms_of
from contracts.terms_form.ladder import ladder_of
from contracts.terms_form.page import TermsPage
from contracts.terms_form.values import PREFIX


def ladder_urls(admin: RoleAdmin) -> list[URLPattern]:
    """The address, for ``get_urls`` of the versions' admin."""

    def view(request: HttpRequest) -> HttpResponse:
        return ladder_view(admin, request)

    guarded = admin.admin_site.admin_view(require_POST(view))
    return [path("terms/ladder/", guarded, name="contracts_contractversion_ladder")]


def ladder_view(admin: RoleAdmin, request: HttpRequest) -> HttpResponse:
    """The panel for the posted form; keeps nothing. A version that is only looked at is answered by its stored text.

    Open to whoever may see that version, or, with no version yet, write one.
    """
    given = request.GET.get("version", "")
    version = admin.get_object(request, given) if given else None
    if given and version is None:
        raise Http404
    if not (admin.has_view_permission(request, version) if version else admin.has_add_permission(request)):
        raise PermissionDenied
    sent = any(name.startswith(PREFIX) for name in request.POST)
    if version is not None and not sent:
        try:
            terms = terms_of(version)
        except TermsAltered as error:
            raise Http404(str(error)) from None
    else:
        page = TermsPage.of_post(request.POST)
        if page.terms is None:
            return render(request, "contracts/terms/ladder_none.html")
        terms = page.terms
    context = {
        "ladder": ladder_of(terms, request.POST, clock.as_of()),
        "ladder_address": request.get_full_path(),
    }
    return render(request, "contracts/terms/ladder.html", context)
