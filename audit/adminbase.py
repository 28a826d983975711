"""What the admin pages of every room have in common: the record as history, and facts that nobody edits."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.admin.filters import RelatedOnlyFieldListFilter
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin, TabularInline

from audit.acts import ActsMixin, refusal_of
from audit.models import Event
from audit.record import acting
from base.access import may, visible
from base.access_rules import BY_MODEL
from base.errors import DomainError


class LedgerAdmin(ActsMixin, ModelAdmin):
    """The base of all: acts, the record as history, nothing is deleted, no bulk editing."""

    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """By the matrix of ``base.access_rules``, whose rows a superuser is not in by being one."""
        kind = BY_MODEL.get(self.opts.label_lower)
        return (
            kind is not None
            and super().has_view_permission(request, obj)
            and may(request.user, "view", kind.name)
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        """The rows that the user may see."""
        return visible(super().get_queryset(request), request.user)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Filters name only what is on rows that the user may see."""
        return [self._own_names(one) for one in super().get_list_filter(request)]

    def _own_names(self, wanted: Any) -> Any:
        if not isinstance(wanted, str):
            return wanted
        field = get_fields_from_path(self.model, wanted)[-1]
        return (wanted, RelatedOnlyFieldListFilter) if field.is_relation else wanted

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody deletes here, not even a superuser."""
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The events of the record, newest first, in place of Django's own log."""
        subject = self.get_object(request, unquote(object_id))
        if subject is None:
            raise Http404
        if not self.has_view_permission(request, subject):
            raise PermissionDenied
        events = Event.objects.filter(subject_type=self.opts.label_lower, subject_id=str(subject.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {subject}",
            "opts": self.opts,
            "object": subject,
            "events": [(event, shown(event.before), shown(event.after)) for event in events.order_by("-pk")],
        }
        return TemplateResponse(request, "audit/history.html", context)

    def log_addition(self, request: HttpRequest, object: Any, message: Any) -> Any:
        """Django's log is not kept: the record is the one place that says who did what."""

    def log_change(self, request: HttpRequest, object: Any, message: Any) -> Any:
        """See :meth:`log_addition`."""


class FactsAdmin(LedgerAdmin):
    """Facts: they are looked at. Not even a superuser adds, changes or deletes them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Facts come from imports and acts."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Facts are appended."""
        return False


class FactsInline(TabularInline):
    """Facts below the record that they belong to; whoever sees the one sees the other."""

    extra = 0
    max_num = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The record's own permission was asked already."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Facts come from imports and acts."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Facts are appended."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Facts stay."""
        return False


class RoleAdmin(LedgerAdmin):
    """Records that people of ``edit_roles`` edit, through services. Being a superuser is no role (rule 20).

    ``create`` and ``change`` call the services; an error of theirs is told, and nothing is kept.
    """

    edit_roles: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the roles."""
        return super().has_add_permission(request) and request.user.has_role(*self.edit_roles)  # type: ignore[union-attr]

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Only the roles."""
        return super().has_change_permission(request, obj) and request.user.has_role(*self.edit_roles)  # type: ignore[union-attr]

    def create(self, form: Any) -> models.Model:
        """Call the service that makes the record."""
        raise NotImplementedError

    def change(self, obj: Any, form: Any) -> None:
        """Call the service that changes the record."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """Through the services, in the user's name; never by a plain save."""
        with acting(request.user, via="admin", reason=str(form.cleaned_data.get("reason", ""))):  # type: ignore[arg-type]
            if change:
                self.change(obj, form)
                return
            made = self.create(form)
        obj.__dict__.update(made.__dict__)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Tell a refusal of the services, which comes after the form found nothing wrong, in one line."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            for line in refusal_of(error):
                messages.error(request, line)
            return HttpResponseRedirect(request.get_full_path())


def shown(values: Any) -> str:
    """An event's before or after, as indented JSON."""
    return "" if values is None else json.dumps(values, indent=1, ensure_ascii=False, sort_keys=True)
