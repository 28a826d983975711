"""The admin of the API's tokens: made once and shown once, revoked, never edited."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
)

from audit.acts import Act
from audit.adminbase import RoleAdmin
from audit.tokens import create_token, revoke_token
from base import clock
from base.api.models import Token
from base.api.scopes import CHOICES
from base.models import User


class TokenForm(forms.ModelForm):
    """Whose, what for, for which purposes, until when (the day is included, UTC)."""

    scopes = forms.MultipleChoiceField(widget=UnfoldAdminCheckboxSelectMultipleWidget, choices=CHOICES)
    expires_on = forms.DateField(widget=UnfoldAdminSingleDateWidget, label="Last day")

    class Meta:
        model = Token
        fields = ["owner", "name", "scopes"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "owner" in self.fields:
            self.fields["owner"].queryset = User.objects.filter(is_active=True).exclude(kind=User.Kind.JOB)  # type: ignore[attr-defined]
            self.fields["owner"].widget = UnfoldAdminSelectWidget(choices=self.fields["owner"].choices)  # type: ignore[attr-defined]


@admin.register(Token)
class TokenAdmin(RoleAdmin):
    form = TokenForm
    edit_roles = ("administrator",)
    acts = (
        Act(
            "revoke",
            "Revoke",
            ("administrator",),
            lambda token, values: revoke_token(token, revoked_at=clock.now(), reason=values["reason"]),
            when=lambda token: token.revoked_at is None,
            says="Whatever uses the token stops working at once.",
        ),
    )
    list_display = ["name", "prefix", "owner", "expires_at", "revoked_at"]
    list_filter = ["owner"]
    search_fields = ["name", "prefix", "owner__username"]
    list_select_related = ["owner"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        """Without what is kept of the secret."""
        return super().get_queryset(request).defer("secret_sha256").select_related("owner")

    def get_fields(self, request: HttpRequest, obj: Token | None = None) -> Any:
        """What is asked for, and afterwards what there is to know."""
        if obj is None:
            return ["owner", "name", "scopes", "expires_on"]
        return ["owner", "name", "prefix", "scopes", "created_at", "expires_at", "revoked_at"]

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:  # type: ignore[override]
        """Nobody widens a token."""
        return False

    def create(self, form: Any) -> Token:
        """See RoleAdmin. The text rides on the row to the one answer that shows it."""
        values, now = form.cleaned_data, clock.now()
        ends = values["expires_on"] + timedelta(days=1)
        token, text = create_token(
            owner=values["owner"],
            name=values["name"],
            scopes=values["scopes"],
            created_at=now,
            expires_at=now.replace(
                year=ends.year, month=ends.month, day=ends.day, hour=0, minute=0, second=0, microsecond=0
            ),
        )
        token.text = text  # type: ignore[attr-defined]
        return token

    def response_add(
        self, request: HttpRequest, obj: Token, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The text, this once."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Token: {obj.name}",
            "text": obj.text,  # type: ignore[attr-defined]
            "back": reverse("admin:api_token_changelist"),
        }
        return TemplateResponse(
            request, "audit/token_made.html", context, headers={"Cache-Control": "no-store"}
        )
