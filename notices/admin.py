"""Notices and how they fared, to look at; what a person decides about them; who is told."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.widgets import UnfoldAdminTextareaWidget

from audit.acts import Act, ActForm
from audit.adminbase import FactsAdmin, FactsInline, RoleAdmin
from base import clock
from base.access import visible
from notices import services
from notices.models import Announcement, Attempt, Decision, Notice, Subscription
from notices.reading import MEANING, NEEDS_A_PERSON, State, notices_with_state
from notices.services.deciding import DECIDERS
from notices.services.subscribing import KEEPERS


class StateFilter(admin.SimpleListFilter):
    """By where a notice stands, which is derived."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All states, and first those that wait for a person."""
        return [("person", "Needs a person"), *((state.value, MEANING[state]) for state in State)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of a state."""
        value = self.value()
        if not value:
            return queryset
        return queryset.filter(state__in=NEEDS_A_PERSON if value == "person" else [value])


class AttemptInline(FactsInline):
    model = Attempt
    fields = ["number", "started_at", "worker", "what_came"]
    readonly_fields = fields
    ordering = ["number"]

    @admin.display(description="What came of it")
    def what_came(self, attempt: Attempt) -> str:
        """Its outcomes, in the server's words."""
        told = [
            f"{one.get_kind_display()}{f' ({one.answer_code})' if one.answer_code else ''}: {one.answer}"
            for one in attempt.outcomes.all()
        ]
        return "; ".join(told) or "Nothing yet"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        """With the outcomes."""
        return super().get_queryset(request).prefetch_related("outcomes")


class DecisionInline(FactsInline):
    model = Decision
    fields = ["recorded_at", "kind", "reason", "decided_by"]
    readonly_fields = fields


def _in(*states: str) -> Any:
    return lambda notice: getattr(notice, "state", "") in states


@admin.register(Notice)
class NoticeAdmin(FactsAdmin):
    inlines = [AttemptInline, DecisionInline]
    acts = (
        Act(
            "resend",
            "Send again",
            DECIDERS,
            lambda notice, values: (
                services.resend(notice, reason=values["reason"]) and "It is sent once more."
            ),
            when=_in(State.UNCERTAIN, State.FAILED),
            says="It goes out under the same message id, so that a mail program may drop the double. Ask the "
            "receiver first where it may have arrived.",
            bulk=True,
        ),
        Act(
            "delivered",
            "Mark as delivered",
            DECIDERS,
            lambda notice, values: services.mark_delivered(notice, reason=values["reason"]) and "Noted.",
            when=_in(*NEEDS_A_PERSON),
            says="It arrived, or its receiver was told in another way. Say who confirmed it.",
            bulk=True,
        ),
        Act(
            "give-up",
            "Give up",
            DECIDERS,
            lambda notice, values: services.give_up(notice, reason=values["reason"]) and "Noted.",
            when=_in(*NEEDS_A_PERSON),
            says="It is not sent.",
            bulk=True,
        ),
    )
    list_display = [
        "subject",
        "recipient_address",
        "audience",
        "state_shown",
        "attempted_at_shown",
        "answer_shown",
    ]
    list_filter = [StateFilter, "audience", "announcement__kind"]
    search_fields = ["subject", "recipient_address", "message_id"]
    date_hierarchy = "composed_at"
    ordering = ["-pk"]
    fields = [
        "subject",
        "recipient_name",
        "recipient_address",
        "audience",
        "state_shown",
        "held_because",
        "next_try_shown",
        "text_shown",
        "assessment",
        "replaces",
        "message_id",
        "text_sha256",
        "composed_at",
    ]
    readonly_fields = ["state_shown", "next_try_shown", "text_shown"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With where each stands; narrowed to what the user may see."""
        rows = notices_with_state().select_related(
            "assessment__commitment__service", "assessment__commitment__version__contract", "replaces"
        )
        return visible(rows, request.user).order_by(*self.ordering)

    @admin.display(description="State")
    def state_shown(self, notice: Any) -> str:
        """In words."""
        return MEANING.get(notice.state, notice.state)

    @admin.display(description="Text")
    def text_shown(self, notice: Notice) -> str:
        """Its words, line by line."""
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in notice.text.splitlines()))

    @admin.display(description="Last attempt", ordering="attempted_at")
    def attempted_at_shown(self, notice: Any) -> Any:
        """When it was last tried."""
        return notice.attempted_at

    @admin.display(description="Answer")
    def answer_shown(self, notice: Any) -> str:
        """The mail server's last words."""
        return notice.held_because or notice.answer or "—"

    @admin.display(description="Tried again at")
    def next_try_shown(self, notice: Any) -> Any:
        """When it is tried again by itself."""
        return notice.next_try_at or "—"


@admin.register(Announcement)
class AnnouncementAdmin(FactsAdmin):
    list_display = ["recorded_at", "kind", "assessment"]
    list_filter = ["kind"]
    list_select_related = [
        "assessment__commitment__service",
        "assessment__commitment__version__contract",
    ]


@admin.register(Attempt)
class AttemptAdmin(FactsAdmin):
    list_display = ["started_at", "notice", "number", "worker", "what_came"]
    list_filter = ["outcomes__kind"]
    date_hierarchy = "started_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        """With what the list shows."""
        return super().get_queryset(request).select_related("notice").prefetch_related("outcomes")

    @admin.display(description="What came of it")
    def what_came(self, attempt: Attempt) -> str:
        """The kinds of its outcomes."""
        return "; ".join(one.get_kind_display() for one in attempt.outcomes.all()) or "Nothing yet"


class SubscriptionForm(forms.ModelForm):
    """Who is to be told: one of role, person and address."""

    reason = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), max_length=2000, required=False
    )

    class Meta:
        model = Subscription
        fields = ["kind", "audience", "role", "person", "address", "language"]


@admin.register(Subscription)
class SubscriptionAdmin(RoleAdmin):
    edit_roles = KEEPERS
    form = SubscriptionForm
    acts = (
        Act(
            "end",
            "End",
            KEEPERS,
            lambda row, values: (
                services.end_subscription(row, ended_at=clock.now(), reason=values["reason"]) and "Ended."
            ),
            when=lambda row: row.ended_at is None,
            form=ActForm,
            says="From now on nothing is told by it. Without any subscription of an audience, everybody in the role "
            "is told.",
        ),
    )
    list_display = ["audience", "target", "kind", "language", "recorded_at", "ended_at"]
    list_filter = ["audience", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["person"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits one: it is ended, and another begun."""
        return False

    def create(self, form: Any) -> Subscription:
        """See RoleAdmin."""
        values = {key: value for key, value in form.cleaned_data.items() if key != "reason"}
        return services.subscribe(**values)
