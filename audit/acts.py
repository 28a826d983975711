"""Acts as buttons of the admin: each asks for its reason on a page of its own and calls one service.

The admin never saves what only an act may change. A room says which acts its records have::

    acts = (Act("approve", "Approve", ("finance_approver",), approve, bulk=True),)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from audit.record import acting
from base.errors import DomainError
from base.models import User

SHOWN_FAULTS = 50


def refusal_of(error: DomainError) -> list[str]:
    """A refusal as lines to show: of a file, one per fault of it."""
    faults = list(getattr(error, "faults", ()))
    if not faults:
        return [str(error)]
    more = [f"... and {len(faults) - SHOWN_FAULTS} more."] if len(faults) > SHOWN_FAULTS else []
    return [f"{error.code}: nothing was kept.", *[str(fault) for fault in faults[:SHOWN_FAULTS]], *more]


class ActForm(forms.Form):
    """What an act asks for; at the least its reason. ``subject`` is the record, None for several at once."""

    reason = forms.CharField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), max_length=2000)

    def __init__(self, *args: Any, subject: models.Model | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject

    @property
    def field_rows(self) -> list[forms.BoundField]:
        """The fields that are seen, with the reason last."""
        rows = self.visible_fields()
        return sorted(rows, key=lambda row: row.name == "reason")


@dataclass(frozen=True)
class Act:
    """One act: its button, who has it, when it is there, what it asks for, and the service that it calls.

    ``do`` gets the record and the form's cleaned values; a text that it returns is told.
    """

    name: str
    label: str
    roles: tuple[str, ...]
    do: Callable[[Any, dict[str, Any]], Any]
    when: Callable[[Any], bool] = field(default=lambda subject: True)
    form: type[ActForm] = ActForm
    says: str = ""
    bulk: bool = False

    def open_to(self, user: User) -> bool:
        """Whether the user has a role for it; the service has the last word."""
        return user.has_role(*self.roles)

    def carry_out(self, user: User, subject: models.Model, values: dict[str, Any]) -> str:
        """Call the service in the user's name. Returns what to tell; raises the service's DomainError."""
        with acting(user, via="admin", reason=str(values.get("reason", ""))):
            told = self.do(subject, values)
        return told if isinstance(told, str) else f"{self.label}: {subject}."


class ActsMixin:
    """Adds to a ModelAdmin the pages and the bulk actions of its ``acts``."""

    acts: Sequence[Act] = ()
    change_form_outer_before_template = "audit/act_buttons.html"

    def get_urls(self) -> list[Any]:
        """The admin's addresses, and one per act below the record's."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"  # type: ignore[attr-defined]
        view = self.admin_site.admin_view(self.act_view)  # type: ignore[attr-defined]
        return [path("<path:object_id>/act/<slug:act>/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The record's page with the buttons of what its reader may do now."""
        obj = kwargs.get("obj") or context.get("original")
        context["acts"] = [
            (act, self._address(act, obj))
            for act in self.acts
            if obj is not None and act.open_to(request.user) and act.when(obj)  # type: ignore[arg-type]
        ]
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]

    def _address(self, act: Act, obj: models.Model) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_act"  # type: ignore[attr-defined]
        return reverse(name, args=[obj.pk, act.name])

    def act_view(self, request: HttpRequest, object_id: str, act: str) -> HttpResponse:
        """Ask for what the act needs, and carry it out."""
        subject = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        wanted = next((one for one in self.acts if one.name == act), None)
        if subject is None or wanted is None:
            raise Http404
        if not self.has_view_permission(request, subject) or not wanted.open_to(request.user):  # type: ignore[attr-defined, arg-type]
            raise PermissionDenied
        sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = wanted.form(*sent, subject=subject)
        back = reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_change",  # type: ignore[attr-defined]
            args=[subject.pk],
        )
        if request.method == "POST" and form.is_valid():
            try:
                told = wanted.carry_out(request.user, subject, form.cleaned_data)  # type: ignore[arg-type]
            except DomainError as error:
                form.add_error(None, refusal_of(error))
            else:
                messages.success(request, told)
                return HttpResponseRedirect(back)
        return self._asked(request, wanted, form, str(subject), back)

    def _asked(
        self, request: HttpRequest, act: Act, form: ActForm, title: str, back: str, **more: Any
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": f"{act.label}: {title}",
            "act": act,
            "form": form,
            "back": back,
            "media": form.media,
            **more,
        }
        return TemplateResponse(request, "audit/act.html", context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The bulk actions: no deleting, and the acts that may be done to several records at once."""
        actions = super().get_actions(request)  # type: ignore[misc]
        actions.pop("delete_selected", None)
        for act in self.acts:
            if act.bulk and act.open_to(request.user):  # type: ignore[arg-type]
                actions[f"act_{act.name}"] = (self._bulk(act), f"act_{act.name}", act.label)
        return actions

    def _bulk(self, act: Act) -> Callable[..., HttpResponse | None]:
        def action(admin: Any, request: HttpRequest, chosen: models.QuerySet[Any]) -> HttpResponse | None:
            form = act.form(request.POST if "carry_out" in request.POST else None)
            if form.is_valid():
                self._carry_out_all(request, act, chosen, form.cleaned_data)
                return None
            more = {"chosen": chosen, "action": f"act_{act.name}", "subjects": [str(one) for one in chosen]}
            return self._asked(request, act, form, f"{len(chosen)} chosen", request.get_full_path(), **more)

        return action

    def _carry_out_all(
        self, request: HttpRequest, act: Act, chosen: models.QuerySet[Any], values: dict[str, Any]
    ) -> None:
        """Each record in a transaction of its own; a refusal is told and stops nothing."""
        done = 0
        for subject in chosen:
            try:
                act.carry_out(request.user, subject, values)  # type: ignore[arg-type]
                done += 1
            except DomainError as error:
                messages.error(request, f"{subject}: {error}")
        if done:
            messages.success(request, f"{act.label}: {done} of {len(chosen)}.")
