"""Legal's pages: master data, contracts, and versions with the form of the terms."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from audit.adminbase import FactsAdmin, RoleAdmin
from base.models import User
from contracts import services
from contracts.models import (
    Commitment,
    Contract,
    ContractVersion,
    Counterparty,
    LegalEntity,
    Service,
    TermsTemplate,
    TermsTemplateVersion,
)
from contracts.version_admin import VersionAdmin


class MasterForm(forms.ModelForm):
    """A form that asks why, when something that is there already is changed."""

    reason = forms.CharField(
        widget=UnfoldAdminTextInputWidget, max_length=500, help_text="Why it is changed; goes on record."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.fields.pop("reason", None)

    @property
    def values(self) -> dict[str, Any]:
        """What the services take: everything but the reason."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}


class MasterAdmin(RoleAdmin):
    """Master data of legal's: made and changed through services."""

    form = MasterForm
    edit_roles = ("legal",)
    maker: Any = None
    fixed: tuple[str, ...] = ()
    """What cannot be changed once others refer to it by that name."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keys are given once."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, *self.fixed] if obj is not None else fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The reason comes last, and only where something is there to be changed."""
        names = [name for name in super().get_fields(request, obj) if name != "reason"]
        asks = obj is not None and self.has_change_permission(request, obj)
        return [*names, "reason"] if asks else names

    def create(self, form: Any) -> Any:
        """See RoleAdmin."""
        return type(self).maker(**form.values)

    def change(self, obj: Any, form: Any) -> None:
        """See RoleAdmin."""
        services.change(obj, reason=form.cleaned_data["reason"], **form.values)


@admin.register(LegalEntity)
class LegalEntityAdmin(MasterAdmin):
    maker = staticmethod(services.create_legal_entity)
    fixed = ("code",)
    list_display = ["code", "name", "country", "functional_currency"]
    search_fields = ["code", "name"]


@admin.register(Counterparty)
class CounterpartyAdmin(MasterAdmin):
    maker = staticmethod(services.create_counterparty)
    fixed = ("code",)
    list_display = ["code", "name", "country", "is_customer", "is_vendor"]
    list_filter = ["is_customer", "is_vendor"]
    search_fields = ["code", "name"]


@admin.register(Service)
class ServiceAdmin(MasterAdmin):
    maker = staticmethod(services.create_service)
    fixed = ("code",)
    list_display = ["code", "name", "vendor", "existed_from", "existed_until"]
    list_filter = ["vendor"]
    list_select_related = ["vendor"]
    search_fields = ["code", "name"]


@admin.register(Contract)
class ContractAdmin(MasterAdmin):
    maker = staticmethod(services.create_contract)
    change_form_outer_before_template = "contracts/contract_links.html"
    fixed = ("reference", "direction", "currency", "legal_entity", "counterparty")
    list_display = ["reference", "title", "counterparty", "direction", "currency"]
    list_filter = ["direction", "counterparty"]
    list_select_related = ["counterparty"]
    search_fields = ["reference", "title", "counterparty__name"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """An owner is one of our people; a contract stands under a master or framework agreement."""
        if db_field.name == "owner":
            people = User.objects.filter(kind=User.Kind.STAFF, is_active=True)
            kwargs["queryset"] = people.order_by("last_name", "username")
        if db_field.name == "under":
            masters = Contract.objects.filter(kind__in=("master_agreement", "framework"))
            kwargs["queryset"] = masters.order_by("reference")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Commitment)
class CommitmentAdmin(FactsAdmin):
    list_display = ["version", "key", "service"]
    list_filter = ["service"]
    search_fields = ["key", "service__code", "version__contract__reference"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Commitment]:
        """With what its name is made of."""
        return super().get_queryset(request).select_related("version__contract", "service")


@admin.register(TermsTemplate)
class TermsTemplateAdmin(FactsAdmin):
    """Templates are made and changed on the pages of the gallery."""

    list_display = ["slug", "title", "provider", "industry", "is_published", "next_review_on"]
    list_filter = ["industry", "is_published"]
    search_fields = ["slug", "title", "provider"]


@admin.register(TermsTemplateVersion)
class TermsTemplateVersionAdmin(FactsAdmin):
    list_display = ["__str__", "sha256", "loaded_by", "loaded_at"]
    list_select_related = ["template", "loaded_by"]
    search_fields = ["template__slug", "template__title"]


admin.site.register(ContractVersion, VersionAdmin)
