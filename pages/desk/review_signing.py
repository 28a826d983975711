"""Where a named signer signs by themselves, and where legal says whom it must consult."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audit.record import acting_for
from base import clock
from base.access import may
from base.errors import DomainError
from contracts import consulting as seats
from contracts import services
from contracts.models import Contract, ContractVersion
from contracts.signers import Seat, seats_of
from pages.acting import sentence
from pages.desk import review_reading as reading
from pages.desk.review_forms import PolicyForm, ReasonForm, SignForm
from pages.layout import viewing
from reckoning.terms.wording import word


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """The text with its hash, and the place for the reader's own name. For nobody but the logins that are named."""
    named = ContractVersion.objects.filter(named_signers__login=request.user.pk).distinct()
    version = get_object_or_404(
        named.select_related("contract__legal_entity", "contract__counterparty"), pk=pk
    )
    # Whoever was taken off the list sees nothing of it any more.
    own = _own(request, version)
    if not own:
        raise Http404
    posted: dict[tuple[str, int], Any] = {}
    if request.method == "POST":
        target = request.POST.get("target", "")
        seat = next((one for one in own if one.signer and str(one.signer.pk) == target), None)
        name = request.POST.get("act", "")
        if seat is None or seat.signer is None or name not in ("sign", "decline"):
            raise Http404
        form = _form(name, seat.signer.pk, version, request.POST)
        if form.is_valid() and _carried_out(request, name, seat.signer, form):
            return redirect("pages:sign", pk)
        posted[name, seat.signer.pk] = form
    terms, refusal = reading.text_of(version)
    is_open = version.state == ContractVersion.State.IN_REVIEW
    places = [
        {
            "seat": one,
            "sign": (posted.get(("sign", one.signer.pk)) or _form("sign", one.signer.pk, version, None))
            if is_open and one.signer
            else None,
            "decline": (
                posted.get(("decline", one.signer.pk)) or _form("decline", one.signer.pk, version, None)
            )
            if one.signer
            else None,
        }
        for one in own
    ]
    context = {
        "title": f"Sign {version}",
        "version": version,
        "clauses": word(terms) if terms else [],
        "refusal": refusal,
        "places": places,
    }
    return render(request, "pages/desk/review/sign.html", context)


def _own(request: HttpRequest, version: ContractVersion) -> list[Seat]:
    return [one for one in seats_of(version) if one.signer and one.signer.login_id == request.user.pk]


def _form(name: str, target: int, version: ContractVersion, data: Any) -> Any:
    if name == "decline":
        return ReasonForm(data, act=name, target=target)
    return SignForm(data, act=name, target=target, text=version.terms_sha256)


def _carried_out(request: HttpRequest, name: str, signer: Any, form: Any) -> bool:
    given, today = form.cleaned_data, clock.as_of()
    try:
        with acting_for(given.get("reason") or "signed with one's own login"):
            if name == "sign":
                services.sign_by_name(signer, given["typed_name"], given["terms_sha256"], today)
                messages.success(request, "You have signed exactly this text.")
            else:
                services.decline_signature(signer, given["reason"], today)
                messages.success(request, "Your reason is on record.")
    except DomainError as error:
        form.add_error(None, sentence(error))
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("consultation_policy")
def consulting(request: HttpRequest) -> HttpResponse:
    """Whom legal must consult, by direction; legal changes it with a reason."""
    posted: dict[str, PolicyForm] = {}
    if request.method == "POST":
        if not may(request.user, "set", "consultation_policy"):
            raise PermissionDenied("Your role does not do this.")
        direction = request.POST.get("direction", "")
        form = PolicyForm(request.POST, act=f"set-{direction}")
        if form.is_valid():
            try:
                with acting_for(form.cleaned_data["reason"]):
                    services.set_consultation_policy(
                        direction, form.cleaned_data["roles"], form.cleaned_data["reason"]
                    )
            except DomainError as error:
                form.add_error(None, sentence(error))
            else:
                messages.success(request, "Set.")
                return redirect("pages:consulting")
        posted[direction] = form
    there = seats.policies()
    may_set = may(request.user, "set", "consultation_policy")
    directions = []
    for direction, label in Contract.Direction.choices:
        policy = there.get(direction)
        roles = policy.roles if policy else []
        empty = PolicyForm(None, act=f"set-{direction}")
        empty.initial["roles"] = roles
        directions.append(
            {
                "direction": direction,
                "label": label,
                "policy": policy,
                "roles": [seats.ROLES.get(role, role) for role in roles],
                "form": (posted.get(direction) or empty) if may_set else None,
            }
        )
    context = {
        "title": "Whom legal must consult",
        "crumbs": [("Under review", reverse("pages:reviews"))],
        "directions": directions,
    }
    return render(request, "pages/desk/review/consulting.html", context)
