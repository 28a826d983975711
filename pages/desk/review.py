"""The page of one version on its way from draft to signed, and the list of those that are on it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from audit.record import acting_for
from base.access import may
from base.errors import DomainError
from contracts import checklist
from contracts.models import ContractVersion, ReviewRemark, ReviewRequest
from contracts.review_checks import UNSIGNED, life_of
from contracts.review_visibility import reviewable_versions
from contracts.signers import seats_of
from pages.acting import sentence
from pages.desk import review_reading as reading
from pages.desk.review_acts import BY_NAME, Desk, form_of
from pages.layout import viewing

PER_PAGE = 30
State = ContractVersion.State


@require_safe
@viewing("review")
def reviews(request: HttpRequest) -> HttpResponse:
    """The versions that are not signed yet and that the reader may see, with what stands in their way."""
    rows = (
        reviewable_versions(request.user)
        .filter(state__in=UNSIGNED)
        .select_related("contract__counterparty", "contract__legal_entity")
        .order_by("state", "recorded_at", "pk")
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    versions = list(page.object_list)
    life = life_of(versions)
    asked: dict[int, list[Any]] = {}
    requests = ReviewRequest.objects.filter(version__in=versions).select_related("person").order_by("pk")
    for row in requests:
        if row.person_id == request.user.pk or (row.person_id is None and request.user.has_role(row.role)):  # type: ignore[union-attr]
            asked.setdefault(row.version_id, []).append(row)
    mine = ReviewRemark.objects.filter(version__in=reviewable_versions(request.user))
    changed, of, share = reading.share_that_changed(mine)
    context = {
        "title": "Under review",
        "page": page,
        "rows": [(version, _counted(life[version.pk]), asked.get(version.pk, [])) for version in versions],
        "changed": changed,
        "of": of,
        "percent": None if share is None else round(share * 100),
        "may_set": may(request.user, "view", "consultation_policy"),
    }
    return render(request, "pages/desk/review/list.html", context)


def _counted(life: Any) -> dict[str, int]:
    codes = [item.code for item in life if item.is_open]
    return {
        "objections": codes.count("OBJECTION_OPEN"),
        "items": codes.count("CHECKLIST_UNANSWERED"),
        "seats": codes.count("GATE_NOT_CONSULTED"),
        "declined": codes.count("SIGNER_DECLINED"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("review")
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: what stands against signing it, what was said about it, and what its reader may do."""
    version = _version(request, pk)
    posted = None
    if request.method == "POST":
        act = BY_NAME.get(request.POST.get("act", ""))
        if act is None:
            raise Http404("There is no such act.")
        if not may(request.user, *act.right):
            raise PermissionDenied("Your role does not do this.")
        desk = Desk(request, version)
        form = form_of(desk, act, request.POST)
        if form.is_valid() and _done(request, desk, act, form):
            return redirect(f"{reverse('pages:review', args=[pk])}#{act.section}")
        posted = (act.name, form.of, form)
        version = _version(request, pk)
    return render(request, "pages/desk/review/version.html", _context(request, version, posted), status=200)


def _done(request: HttpRequest, desk: Desk, act: Any, form: Any) -> bool:
    try:
        with acting_for(form.cleaned_data.get("reason") or form.cleaned_data.get("words") or act.label):
            said = act.do(desk, form)
    except DomainError as error:
        fields = getattr(error, "fields", {})
        for name, lines in fields.items():
            place = next((one for one in (name, f"{name}__answer") if one in form.fields), None)
            if place and form[place].is_hidden:
                form.add_error(None, lines)
            else:
                form.add_error(place, lines if place else [f"{name}: {' '.join(lines)}"])
        if not fields:
            form.add_error(None, sentence(error))
        return False
    messages.success(request, said)
    return True


def _version(request: HttpRequest, pk: int) -> ContractVersion:
    rows = reviewable_versions(request.user).select_related(
        "contract__legal_entity", "contract__counterparty", "created_by"
    )
    return get_object_or_404(rows, pk=pk)


def _context(request: HttpRequest, version: ContractVersion, posted: Any) -> dict[str, Any]:
    desk = Desk(request, version, posted)
    still, let_stand = desk.against
    answering = desk.forms_of("answer", [one.remark.pk for one in desk.remarks])
    for one in desk.remarks:
        one.form = answering.get(one.remark.pk)
    clauses, whole = reading.beside(desk.terms, desk.remarks)
    consulted, _ = desk.consulted
    context: dict[str, Any] = {
        "title": str(version),
        "crumbs": [("Under review", reverse("pages:reviews"))],
        "version": version,
        "is_unsigned": version.state in UNSIGNED,
        "refusal": desk.refusal,
        "steps": _steps(version),
        "still": still,
        "let_stand": let_stand,
        "clauses": clauses,
        "whole": whole,
        "metric": reading.share_that_changed(version.remarks.all()),
        "requests": version.review_requests.select_related("person", "asked_by").order_by("pk"),
        "checklist": desk.checklist,
        "check_rows": _check_rows(desk),
        "seats": _seats(desk),
        "forms": desk.forms,
        "consulted": consulted,
        "desk": desk,
        "may_policy": may(request.user, "view", "consultation_policy"),
        "may_map": may(request.user, "view", "stakeholder"),
        "may_admin": may(request.user, "view", "version") and request.user.is_staff,
        "posted": posted,
    }
    if context["may_map"]:
        context["stakeholders"] = reading.stakeholders_of(version)
    if may(request.user, "view", "event"):
        context["events"] = reading.of_version(version).defer("before", "after")[: reading.EVENTS]
    voided = version.signatures.exclude(voided=None).select_related("voided__voided_by").order_by("pk")
    context["voided"] = voided
    return context


def _check_rows(desk: Desk) -> list[dict[str, Any]]:
    """Each item of the checklist with the three fields of its form."""
    form = desk.forms["check"]
    if form is None:
        return []
    by = {row.item.id: row for row in desk.checklist}
    items = [name.removesuffix("__answer") for name in form.fields if name.endswith("__answer")]
    return [
        {
            "item": checklist.BY_ID[item],
            "answer": by[item].answer if item in by else None,
            "proposal": by[item].proposal if item in by else None,
            "fields": [form[f"{item}__{part}"] for part in ("answer", "clause", "note")],
        }
        for item in items
    ]


def _seats(desk: Desk) -> list[dict[str, Any]]:
    """Every place under the text, with the forms of what may be recorded about it."""
    found = []
    for seat in seats_of(desk.version):
        pk = seat.signer.pk if seat.signer else None
        open_to = pk is not None and seat.status != "signed"
        acts = ("ask-signer", "decline", "remove-signer") if open_to else ()
        forms = [(BY_NAME[name], form) for name in acts if (form := desk.form(name, pk))]
        found.append({"seat": seat, "forms": forms})
    return found


def _steps(version: ContractVersion) -> list[tuple[str, bool]]:
    """The states that a version goes through, and which it is in."""
    way = [State.DRAFT, State.IN_REVIEW, State.SIGNED]
    if version.state == State.WITHDRAWN:
        way = [State.DRAFT, State.IN_REVIEW, State.WITHDRAWN]
    return [(str(state.label), state == version.state) for state in way]


@require_safe
@viewing("stakeholder")
def stakeholders(request: HttpRequest, pk: int) -> HttpResponse:
    """The map of those whom a version concerns, on one page to be printed. Legal's eyes only."""
    version = _version(request, pk)
    context = {
        "title": "Whom it concerns",
        "crumbs": [
            ("Under review", reverse("pages:reviews")),
            (str(version), reverse("pages:review", args=[pk])),
        ],
        "version": version,
        "is_unsigned": version.state in UNSIGNED,
        "rows": reading.stakeholders_of(version),
    }
    return render(request, "pages/desk/review/stakeholders.html", context)
