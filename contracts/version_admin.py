"""The admin of contract versions: the form of the terms, the plain wording beside it, and the acts."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from audit.adminbase import RoleAdmin
from base import clock
from contracts import services
from contracts.errors import TermsAltered
from contracts.ladder_admin import ladder_urls
from contracts.models import Contract, ContractVersion
from contracts.reading import standing_of, terms_of, with_current
from contracts.terms_form.mending import mended
from contracts.terms_form.page import SHAPE, TermsPage
from contracts.terms_form.values import UnknownOperation, blank
from contracts.version_acts import VERSION_ACTS
from reckoning.terms.difference import diff


class VersionForm(forms.ModelForm):
    """The dates beside the terms. The terms themselves are read from the same post, field by field."""

    class Meta:
        model = ContractVersion
        fields = ["contract", "effective_from_on", "effective_until_on"]

    def clean(self) -> dict[str, Any]:
        """The terms must be terms, in the contract's currency; what is wrong stands at its field."""
        cleaned = super().clean() or {}
        version = self.instance if self.instance.pk else None
        contract = version.contract if version else cleaned.get("contract")
        self.page = TermsPage.of_post(self.data, contract=contract, version=version)
        if self.page.faults:
            count = len(self.page.faults)
            said = "one thing" if count == 1 else f"{count} things"
            self.add_error(
                None, f"The terms are not complete: {said}, listed beside the form and at the fields."
            )
        return cleaned


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
        days = form.cleaned_data["effective_from_on"], form.cleaned_data["effective_until_on"]
        services.edit_draft(obj, form.page.terms, *days)

    # The form of the terms ---------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        """The admin's addresses and the one endpoint of the form of the terms."""
        view = self.admin_site.admin_view(require_POST(self.terms_view))
        own = [path("terms/", view, name="contracts_contractversion_terms"), *ladder_urls(self)]
        return [*own, *super().get_urls()]

    def terms_view(self, request: HttpRequest) -> HttpResponse:
        """Takes the whole form and gives it back after ``op``; keeps nothing.

        ``op`` is ``switch:path``, ``add:path``, ``del:path``, ``up:path``, ``mend:key`` or ``show``, which gives
        only what is said about the values: the panel beside the form and the sentences at the fields, out of band.
        """
        version = self._version(request)
        if not (self.has_change_permission(request, version) or self.has_add_permission(request)):
            raise PermissionDenied
        contract = version.contract if version else self._contract(request.POST.get("contract", ""))
        operation = request.GET.get("op", "show")
        try:
            mend, button = None, "show" if operation.startswith("mend:") else operation
            page = TermsPage.of_post(request.POST, button, contract=contract, version=version)
            if operation.startswith("mend:"):
                page, mend = mended(page, operation)
        except UnknownOperation:
            return HttpResponseBadRequest(
                "That button belongs to another state of the form; load the page again."
            )
        template = "contracts/terms/said.html" if operation == "show" else "contracts/terms/form.html"
        return render(request, template, self._terms_context(page, version) | {"terms_mended": mend})

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

    def _terms_context(self, page: TermsPage, version: ContractVersion | None) -> dict[str, Any]:
        address = reverse("admin:contracts_contractversion_terms")
        return {
            "terms_page": page,
            "terms_address": f"{address}?version={version.pk}&op=" if version else f"{address}?op=",
        }

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Hand the template the terms: as posted, as stored, or to begin with."""
        version: ContractVersion | None = kwargs.get("obj")
        form = context["adminform"].form
        try:
            page = getattr(form, "page", None) or self._first_page(request, version)
        except TermsAltered as error:
            context["terms_altered"] = str(error)
            return super().render_change_form(request, context, *args, **kwargs)
        context |= self._terms_context(page, version)
        editable = (
            self.has_change_permission(request, version) if version else self.has_add_permission(request)
        )
        context["terms_editable"] = editable
        if version:
            context |= self._record_of(version)
        return super().render_change_form(request, context, *args, **kwargs)

    def _first_page(self, request: HttpRequest, version: ContractVersion | None) -> TermsPage:
        if version:
            terms_of(version)
            return TermsPage.of_document(version.terms, contract=version.contract, version=version)
        contract = self._contract(request.GET.get("contract", ""))
        last = contract.versions.order_by("-number").first() if contract else None
        if last:
            # An amendment begins with the text that it amends.
            return TermsPage.of_document(last.terms, contract=contract)
        values = blank(SHAPE)
        values["currency"] = contract.currency if contract else ""
        return TermsPage(values, contract, quiet=True)

    def _record_of(self, version: ContractVersion) -> dict[str, Any]:
        earlier = version.contract.versions.filter(number__lt=version.number).order_by("-number").first()
        return {
            "signatures": version.signatures.live().select_related("recorded_by").order_by("pk"),
            "choices": version.reading_choices.select_related("chosen_by").order_by("pk"),
            "earlier": earlier,
            "changes": diff(terms_of(earlier), terms_of(version)) if earlier else [],
        }
