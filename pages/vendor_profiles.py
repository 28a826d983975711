"""A vendor: where it is written to, what it promised, how its claims went."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from audit.record import acting_for
from base import clock
from base.errors import DomainError
from contracts.visibility import visible_contracts, visible_counterparties
from credits.visibility import visible_claims
from pages.acting import sentence
from pages.layout import viewing
from pages.vendor_forms import ProfileForm
from vendors import reading, services
from vendors.comparing import lists_of
from vendors.services.profiles import KEEPERS
from vendors.visibility import visible_profiles

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("counterparty", "vendor_profile")
def vendor(request: HttpRequest, code: str) -> HttpResponse:
    """One vendor; those who keep profiles change here where its claims go."""
    rows = visible_counterparties(request.user).filter(is_vendor=True)
    row = get_object_or_404(rows, code=code)
    profile = visible_profiles(request.user).filter(counterparty=row).first()
    keeps = request.user.has_role(*KEEPERS)  # type: ignore[union-attr]
    form = ProfileForm(request.POST if request.method == "POST" else None, profile=profile)
    if request.method == "POST":
        if not keeps:
            raise PermissionDenied("Vendor managers and legal keep the profiles of vendors.")
        if form.is_valid() and _kept(form, row):
            messages.success(request, "The profile is kept. Letters that are there stay as they are.")
            return redirect("pages:vendor", code=code)
    claims = reading.on_vendors(visible_claims(request.user)).filter(
        **{f"{reading.CONTRACT}__counterparty": row}
    )
    context = {
        "vendor": row,
        "title": row.name,
        "profile": profile,
        "form": form if keeps else None,
        "contracts": visible_contracts(request.user).filter(counterparty=row, direction="promised_to_us")[
            :SHOWN
        ],
        "recoveries": reading.recoveries(claims),
        "compared": lists_of(row) is not None,
        "as_of": clock.as_of(),
    }
    return render(request, "pages/vendors/vendor.html", context)


def _kept(form: ProfileForm, row: Any) -> bool:
    values = {name: value for name, value in form.cleaned_data.items() if name != "reason"}
    try:
        with acting_for(form.cleaned_data["reason"]):
            services.set_profile(row, **values)
    except DomainError as error:
        named = str(error).partition(":")[0]
        form.add_error(named if named in form.fields else None, sentence(error))
        return False
    return True
