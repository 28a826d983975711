"""The admin of contract versions: the form of the terms, the plain wording beside it, and the acts."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from audit.adminbase import RoleAdmin
from base import clock
from contracts import services
from contracts.errors import TermsAltered
from contracts.ladder_admin import ladder_urls
from contracts.models import Contract, ContractVersion
from contracts.reading import standing_of, terms_of, with_current
from contracts.terms_form.endpoint import Sheet, answer, base_in, keep_posted, opened, refused
from contracts.terms_form.page import TermsPage
from contracts.terms_form.values import UnknownOperation
from contracts.terms_form.working import Where, leave
from contracts.version_acts import VERSION_ACTS
from reckoning.terms.difference import diff


class VersionForm(forms.ModelForm):
    """The dates beside the terms. The terms themselves are read from the same post, field by field."""

    class Meta:
        model = ContractVersion
        fields = ["contract", "effective_from_on", "effective_until_on"]
        labels = {"effective_from_on": "In effect from", "effective_until_on": "In effect until"}

    def clean(self) -> dict[str, Any]:
        """The terms must be terms, in the contract's currency; what is wrong stands at its field."""
        cleaned = super().clean() or {}
        version = self.instance if self.instance.pk else None
        contract = version.contract if version else cleaned.get("contract")
        self.page = TermsPage.of_post(self.data, contract=contract, version=version)
        self.base_sha256 = base_in(self.data)
        if version and self.base_sha256 not in ("", version.terms_sha256):
            self.add_error(
                None,
                "Somebody else saved another text of this draft since you opened it. Nothing of yours is lost: "
                "look above the form at what they changed, and merge the two or go on from theirs.",
            )
        if self.page.faults:
            count = len(self.page.faults)
            said = "one thing" if count == 1 else f"{count} things"
            self.add_error(
                None, f"The terms are not complete: {said}, listed above the form and at the fields."
            )
        return cleaned

    def days(self) -> tuple[Any, Any]:
        """The days as posted; one that this person did not change is left to whoever did meanwhile."""
        given = (self.cleaned_data["effective_from_on"], self.cleaned_data["effective_until_on"])
        began = (self.data.get("terms_from"), self.data.get("terms_until"))
        first, last = (
            services.UNCHANGED if (day.isoformat() if day else "") == stood else day
            for day, stood in zip(given, began, strict=True)
        )
        return first, last


class VersionAdmin(RoleAdmin):
    """Drafts are edited in the form; everything else happens by acts, and a signed text is only looked at."""

    form = VersionForm
    edit_roles = ("legal",)
    acts = VERSION_ACTS
    list_display = [
        "__str__",
        "state_as_of",
        "effective_from_on",
        "effective_until_on",
        "signed_on",
        "created_by",
    ]
    list_filter = ["state", "contract"]
    search_fields = ["contract__reference", "contract__title"]
    fields = [
        "contract",
        "effective_from_on",
        "effective_until_on",
        "state_as_of",
        "created_by",
        "terms_sha256",
    ]
    readonly_fields = ["state_as_of", "created_by", "terms_sha256"]
    change_form_after_template = "contracts/terms/after.html"

    class Media:
        css = {"all": ["contracts/terms.css", "contracts/ladder.css"]}
        js = ["contracts/terms.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContractVersion]:
        """With what its name is made of, and what is in effect."""
        versions = super().get_queryset(request).select_related("contract", "created_by")
        return with_current(versions, clock.as_of())

    @admin.display(description="State")
    def state_as_of(self, version: ContractVersion) -> str:
        """The stored state; for a signed version what follows from its dates as of today (or the demo's day)."""
        words = standing_of(version, clock.as_of())
        return f"{words} (not agreed)" if version.state in ("draft", "in_review") else words

    def has_change_permission(self, request: HttpRequest, obj: ContractVersion | None = None) -> bool:  # type: ignore[override]
        """Only drafts are edited."""
        editable = obj is None or obj.state == ContractVersion.State.DRAFT
        return editable and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: ContractVersion | None = None) -> Any:
        """A new draft has no state yet."""
        return self.fields if obj else self.fields[:3]

    def get_readonly_fields(self, request: HttpRequest, obj: ContractVersion | None = None) -> Any:
        """A version stays with its contract."""
        return [*self.readonly_fields, "contract"] if obj else self.readonly_fields

    def create(self, form: Any) -> ContractVersion:
        """See RoleAdmin."""
        days = form.cleaned_data["effective_from_on"], form.cleaned_data["effective_until_on"]
        return services.draft_version(form.cleaned_data["contract"], form.page.terms, *days)

    def change(self, obj: ContractVersion, form: Any) -> None:
        """See RoleAdmin."""
        services.edit_draft(obj, form.page.terms, *form.days(), expected_sha256=form.base_sha256 or None)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What was unsaved until now is the draft."""
        contract = None if change else form.cleaned_data["contract"]
        super().save_model(request, obj, form, change)
        leave(Where(request.user, obj if change else None, contract))  # type: ignore[arg-type]

    # The form of the terms ---------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        """The admin's addresses and the one endpoint of the form of the terms."""
        view = self.admin_site.admin_view(require_POST(self.terms_view))
        return [
            path("terms/", view, name="contracts_contractversion_terms"),
            *ladder_urls(self),
            *super().get_urls(),
        ]

    def terms_view(self, request: HttpRequest) -> HttpResponse:
        """Takes the whole form, keeps it as unsaved work, and gives back what ``op`` changes.

        ``op`` is a button of a block (``switch``, ``add``, ``del``, ``up``, ``down``, ``dup`` or ``paste`` with a
        path), ``mend:key``, one for the whole form (``undo``, ``redo``, ``resume``, ``leave``, ``merge``, ``theirs``)
        or ``show``, which gives only what is said about the values, out of band.
        """
        version = self._version(request)
        if not self._may_edit(request, version):
            raise PermissionDenied
        sheet = self._sheet(request, version, request.POST.get("contract", ""))
        try:
            return answer(request, sheet, request.GET.get("op", "show"))
        except UnknownOperation:
            return HttpResponseBadRequest(
                "That button belongs to another state of the form; load the page again."
            )

    def _may_edit(self, request: HttpRequest, version: ContractVersion | None) -> bool:
        if version:
            return self.has_change_permission(request, version)
        return self.has_add_permission(request)

    def _sheet(self, request: HttpRequest, version: ContractVersion | None, contract: str) -> Sheet:
        address = reverse("admin:contracts_contractversion_terms")
        where = Where(request.user, version, None if version else self._contract(contract))  # type: ignore[arg-type]
        named = f"{address}?version={version.pk}&op=" if version else f"{address}?op="
        # A form that was opened before its contract was chosen takes its unsaved work along.
        chosen = where.contract is not None and request.POST.get("terms_contract") == ""
        return Sheet(where, named, clock.now(), adopts=chosen)

    def _version(self, request: HttpRequest) -> ContractVersion | None:
        given = request.GET.get("version", "")
        if not given:
            return None
        version = self.get_object(request, given)
        if version is None:
            raise Http404
        return version

    def _contract(self, given: str) -> Contract | None:
        return (
            Contract.objects.filter(pk=int(given)).first() if given.isdecimal() and len(given) < 19 else None
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What is posted is kept before it is saved, so that a refusal or a failure loses nothing."""
        if request.method == "POST":
            version = self.get_object(request, unquote(object_id)) if object_id else None
            if (version or not object_id) and self._may_edit(request, version):
                keep_posted(self._sheet(request, version, request.POST.get("contract", "")), request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Hand the template the terms: as posted, as stored, or to begin with."""
        version: ContractVersion | None = kwargs.get("obj")
        posted: TermsPage | None = getattr(context["adminform"].form, "page", None)
        given = request.POST if request.method == "POST" else request.GET
        sheet = self._sheet(request, version, given.get("contract", ""))
        try:
            if version:
                terms_of(version)
            page, state = (posted, refused(sheet, request, posted)) if posted else opened(sheet)
        except TermsAltered as error:
            context["terms_altered"] = str(error)
            return super().render_change_form(request, context, *args, **kwargs)
        context |= {"terms_page": page, "terms_state": state, "terms_address": sheet.address}
        context["terms_days"] = _days_of(version, request)
        context["terms_editable"] = self._may_edit(request, version)
        if version:
            context |= self._record_of(version)
        return super().render_change_form(request, context, *args, **kwargs)

    def _record_of(self, version: ContractVersion) -> dict[str, Any]:
        before = version.contract.versions.filter(number__lt=version.number).order_by("-number")
        earlier = version.amends or before.first()
        return {
            "signatures": version.signatures.live().select_related("recorded_by").order_by("pk"),
            "choices": version.reading_choices.select_related("chosen_by").order_by("pk"),
            "earlier": earlier,
            "changes": diff(terms_of(earlier), terms_of(version)) if earlier else [],
        }


def _days_of(version: ContractVersion | None, request: HttpRequest) -> dict[str, Any]:
    """The days with which the form was opened."""
    if request.method == "POST":
        return {"first": request.POST.get("terms_from", ""), "last": request.POST.get("terms_until", "")}
    first, last = (version.effective_from_on, version.effective_until_on) if version else (None, None)
    return {"first": first.isoformat() if first else "", "last": last.isoformat() if last else ""}
