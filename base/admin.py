"""People, and the work that must happen. Changes of people are recorded by signals (see ``audit.signals``)."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from base.models import Job, User

# Beat's schedule comes from the settings; a door here would let work be started that no record names.
for schedule in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule, Group):
    if admin.site.is_registered(schedule):
        admin.site.unregister(schedule)


class SeenAdmin(ModelAdmin):
    """What is looked at and edited by nobody."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """For administrators. Nobody gives a role to themself, and rights are given by role only."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "display_name", "kind", "roles", "is_active", "access_until_on"]
    list_filter = ["kind", "groups", "is_active", "is_superuser"]
    list_per_page = 50
    readonly_fields = ["is_superuser", "last_login", "date_joined"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "email", "kind"]}),
        ("Access", {"fields": ["is_active", "is_staff", "groups", "access_from_on", "access_until_on"]}),
        ("Known", {"fields": ["is_superuser", "last_login", "date_joined"]}),
    ]

    @admin.display(description="Roles")
    def roles(self, user: User) -> str:
        """The names of the roles."""
        return ", ".join(group.name for group in user.groups.all()) or "—"

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the roles, in one query."""
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """One's own roles and access are somebody else's to change."""
        own = ("groups", "is_active", "is_staff", "kind", "access_from_on", "access_until_on")
        fields = super().get_readonly_fields(request, obj)
        return [*fields, *own] if obj is not None and obj == request.user else fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Administrators, and the superuser who enters the first of them."""
        return super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People who acted stay on record: they are made inactive instead."""
        return False


@admin.register(Group)
class GroupAdmin(SeenAdmin):
    """The roles. What each may do stands in ``base.roles``."""

    list_display = ["name"]
    fields = ["name", "permission_names"]
    readonly_fields = ["permission_names"]

    @admin.display(description="May")
    def permission_names(self, group: Group) -> str:
        """The permissions by name."""
        return ", ".join(sorted(group.permissions.values_list("codename", flat=True))) or "—"


@admin.register(Job)
class JobAdmin(SeenAdmin):
    """Work that must happen: what is done, what waits, what was given up."""

    list_display = ["kind", "key", "created_at", "done_at", "failed_at", "attempts", "last_error"]
    list_filter = ["kind"]
    search_fields = ["key", "correlation_id"]
    list_per_page = 50
