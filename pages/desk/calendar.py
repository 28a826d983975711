"""The obligations calendar: dates of contracts ahead, as a list, as a file, and under a private address."""

from datetime import UTC, date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from base import clock
from base.access import may, visible
from base.api.negotiation import download
from base.errors import DomainError
from base.limits import Limit, address_of, hit
from base.models import User
from contracts import services
from contracts.calendar_files import MEDIA_TYPE, calendar_file
from contracts.dates_ahead import KINDS, Due, dates_of_contracts, in_order, last_day_for_notice, term_ends
from contracts.models import CalendarAddress, Contract, RenewalTerms, TermsTemplate
from contracts.services.renewals import (
    MOST_NOTICE_DAYS,
    MOST_NOTICE_MONTHS,
    MOST_RENEWS_MONTHS,
    opened_by,
)
from contracts.visibility import visible_contracts
from credits.explained import money
from credits.models import ClaimStep
from credits.reading import claims_with_state
from pages.acting import sentence, tell
from pages.desk.conformed import contract_of
from pages.layout import viewing
from pages.statements import Day

BACK = timedelta(days=31)
AHEAD = timedelta(days=800)
LISTED = 400
READ = Limit("calendar", 60, 3600)
GUESSED = Limit("calendar-guess", 20, 3600)


class RenewalForm(forms.Form):
    """What the paper says about the end of a contract."""

    term_ends_on = forms.DateField(widget=Day, required=False, label="Last day of the term that runs now")
    renews_months = forms.IntegerField(
        min_value=1,
        max_value=MOST_RENEWS_MONTHS,
        required=False,
        label="Renews itself by months",
        help_text="Empty: it ends.",
    )
    notice_months = forms.IntegerField(
        min_value=0, max_value=MOST_NOTICE_MONTHS, required=False, label="Notice, months"
    )
    notice_days = forms.IntegerField(min_value=0, max_value=MOST_NOTICE_DAYS, required=False, label="or days")
    notice_at_any_time = forms.BooleanField(required=False, label="Notice may be given at any time")
    notice_form = forms.ChoiceField(choices=RenewalTerms.Form.choices, label="Form of the notice")
    notice_counts = forms.ChoiceField(choices=RenewalTerms.Counts.choices, label="By the last day it")
    review_on = forms.DateField(widget=Day, required=False, label="To be looked at again on")
    clause = forms.CharField(max_length=200, required=False, label="Where the paper says so")
    reason = forms.CharField(max_length=500, required=False, label="Reason, for a correction")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"label_suffix": ""})


class AddressForm(forms.Form):
    """Where a calendar address is used."""

    label = forms.CharField(max_length=80, label="Where it is used, such as the phone")


def dates_for(user: User, on: date) -> list[Due]:
    """Every date that a user may see, from a month before a day to about two years after it."""
    since, until = on - BACK, on + AHEAD
    found = dates_of_contracts(visible_contracts(user), since, until)
    if may(user, "view", "claim"):
        found += _claims(user, since, until)
    if may(user, "view", "template"):
        found += _templates(since, until)
    return in_order(found)


def _claims(user: User, since: date, until: date) -> list[Due]:
    """Claims on vendors that nobody has sent, on their last day."""
    rows = visible(claims_with_state(), user).filter(
        state=ClaimStep.Kind.FOUND,
        deadline_on__range=(since, until),
        breach__assessment__commitment__version__contract__direction=Contract.Direction.PROMISED_TO_US,
    )
    deep = "breach__assessment__commitment__version__contract"
    rows = rows.select_related(deep, "breach__assessment__commitment__service").defer(
        "breach__assessment__inputs", "breach__assessment__result", deep.replace("__contract", "__terms")
    )
    found = []
    for row in rows.order_by("deadline_on", "pk")[:LISTED]:
        result = row.breach.assessment
        contract = result.commitment.version.contract
        said = (
            f"{contract.reference}: last day to claim {result.commitment.service.name}, {result.window_label}"
        )
        amount = money(result.credit_amount, result.currency)
        ident = f"claim-{row.pk}"
        stamped = result.recorded_at
        found.append(
            Due(ident, "claim", row.deadline_on, said, amount, stamped, 0, contract.reference, contract.pk)
        )
    return found


def _templates(since: date, until: date) -> list[Due]:
    past = TermsTemplate.history.filter(id=OuterRef("pk")).order_by("-history_date").values("history_date")
    rows = TermsTemplate.objects.filter(next_review_on__range=(since, until)).annotate(
        edited_at=Subquery(past[:1])
    )
    return [
        Due(
            f"template-{row.pk}-review",
            "template_review",
            row.next_review_on,
            f"Template {row}: to be reviewed",
            "",
            row.edited_at.astimezone(UTC),
        )
        for row in rows.order_by("pk")
    ]


@require_safe
@viewing("renewal", "contract")
def calendar(request: HttpRequest) -> HttpResponse:
    """The dates ahead, the nearest first, and one's own addresses."""
    return _page(request)


def _page(request: HttpRequest, secret_address: str = "") -> HttpResponse:
    on = clock.as_of()
    dues = dates_for(request.user, on)  # type: ignore[arg-type]
    kind = request.GET.get("kind", "")
    shown = [one for one in dues if not kind or one.kind == kind]
    context = {
        "title": "Dates ahead",
        "crumbs": [],
        "on": on,
        "dues": [(one, (one.on - on).days, KINDS[one.kind]) for one in shown[:LISTED]],
        "count": len(shown),
        "kinds": KINDS.items(),
        "kind": kind,
        "may_read": may(request.user, "view", "version"),
        "addresses": CalendarAddress.objects.filter(user=request.user, revocation=None),  # type: ignore[misc]
        "form": AddressForm(label_suffix=""),
        "secret_address": secret_address,
    }
    return render(request, "pages/desk/calendar.html", context)


@require_safe
@viewing("renewal", "contract")
def calendar_download(request: HttpRequest) -> HttpResponse:
    """The same dates as a file."""
    return download(_file(request, request.user), MEDIA_TYPE, "dates-ahead.ics")  # type: ignore[arg-type]


@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The same dates for a calendar program that knows a private address. No login: the address is the key.

    What its owner may see no more is in it no more. Guessing and polling are limited.
    """
    now = clock.now()
    whence = address_of(request)
    address = opened_by(secret)
    if address is None:
        if hit(GUESSED, whence, now) > GUESSED.count:
            return _wait(GUESSED.wait_seconds(now))
        raise Http404("There is no such calendar.")
    if hit(READ, str(address.pk), now) > READ.count:
        return _wait(READ.wait_seconds(now))
    if not may(address.user, "view", "renewal"):
        raise Http404("There is no such calendar.")
    answer = HttpResponse(_file(request, address.user), content_type=MEDIA_TYPE)
    answer["Cache-Control"] = "private, max-age=900"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_POST
@viewing("renewal")
def calendar_address_make(request: HttpRequest) -> HttpResponse:
    """A new private address; it is shown once."""
    form = AddressForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say where it is used, such as the phone.")
        return redirect("pages:calendar")
    try:
        _, secret = services.make_calendar_address(label=form.cleaned_data["label"])
    except DomainError as refusal:
        messages.error(request, sentence(refusal))
    else:
        # Shown in the answer itself: nothing keeps the secret between two requests.
        path = reverse("pages:calendar_feed", args=[secret])
        return _page(request, request.build_absolute_uri(path))
    return redirect("pages:calendar")


@require_POST
@viewing("renewal")
def calendar_address_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one of one's own."""
    address = get_object_or_404(CalendarAddress, pk=pk, user=request.user)
    services.revoke_calendar_address(address)
    messages.success(request, f"The address for {address.label} opens nothing from now on.")
    return redirect("pages:calendar")


@viewing("renewal", "contract")
def renewal(request: HttpRequest, pk: int) -> HttpResponse:
    """What the paper of a contract says about its end, what follows from it, and a correction by legal."""
    contract = contract_of(request, pk)
    rows = list(contract.renewal_terms.select_related("entered_by").order_by("-number"))
    last = rows[0] if rows else None
    may_edit = may(request.user, "edit", "renewal")
    form = RenewalForm(request.POST or None, initial=_initial(last))
    if request.method == "POST":
        if not may_edit:
            raise PermissionDenied("Your role reads the dates; legal records them.")
        if form.is_valid() and _recorded(request, contract, form):
            return redirect("pages:renewal", contract.pk)
    on = clock.as_of()
    ends = list(term_ends(last, on, on + timedelta(days=3700)))[:4] if last else []
    context = {
        "contract": contract,
        "title": f"{contract.reference}: end and renewal",
        "crumbs": [
            ("Contracts", reverse("pages:contracts")),
            (contract.reference, reverse("pages:contract", args=[contract.pk])),
        ],
        "last": last,
        "rows": rows,
        "ahead": [(end, last_day_for_notice(last, end)) for end in ends if last],
        "form": form,
        "may_edit": may_edit,
        "on": on,
    }
    return render(request, "pages/desk/renewal.html", context)


def _initial(last: RenewalTerms | None) -> dict[str, Any]:
    return {name: getattr(last, name) for name in RenewalForm.base_fields if name != "reason"} if last else {}


def _recorded(request: HttpRequest, contract: Contract, form: RenewalForm) -> bool:
    try:
        services.record_renewal(contract, **form.cleaned_data)
    except DomainError as refusal:
        tell(form, refusal)
        return False
    messages.success(request, "Recorded. The dates below follow from it.")
    return True


def _file(request: HttpRequest, user: User) -> bytes:
    page = request.build_absolute_uri(reverse("pages:contract", args=[0])).replace("/0/", "/{}/")
    host = request.get_host().partition(":")[0]
    name = "Dates of contracts" + (" (demo)" if settings.DEMO_MODE else "")
    return calendar_file(dates_for(user, clock.as_of()), name=name, host=host, contract_address=page)


def _wait(seconds: int) -> HttpResponse:
    return HttpResponse(
        "Asked too often; ask again later.", status=429, headers={"Retry-After": str(seconds)}
    )
