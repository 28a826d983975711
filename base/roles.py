"""What each role may see and edit in the admin, made from the matrix of ``base.access_rules`` after every migration.

Acts (signing, approving, deciding) are no permissions of Django's: services ask for the role itself, so that
nothing here opens a door to them. Facts have no edit permission at all.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.db import connections

from base.access_rules import models_edited, models_seen
from base.models import ROLES

VIEW: dict[str, tuple[str, ...]] = {role: models_seen(role) for role in ROLES}
EDIT: dict[str, tuple[str, ...]] = {role: models_edited(role) for role in ROLES}


def wanted(role: str) -> set[tuple[str, str]]:
    """The permissions of a role as (app label, codename)."""
    found = set()
    for verbs, table in ((("view",), VIEW), (("add", "change"), EDIT)):
        for name in table.get(role, ()):
            label, model = name.split(".")
            found |= {(label, f"{verb}_{model}") for verb in verbs}
    return found


def give_permissions(sender: AppConfig, using: str = "default", **options: Any) -> None:
    """After a migration: give every role exactly its permissions on the models of ``sender``."""
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    tables = connections[using].introspection.table_names()
    if not {permission_model._meta.db_table, "django_content_type"} <= set(tables):
        return  # on the way back, when there are no permissions any more
    # Django makes the permissions' rows in a handler of the same signal; asking again is free.
    create_permissions(sender, verbosity=0, interactive=False, using=using)
    here = permission_model.objects.using(using).filter(content_type__app_label=sender.label)
    by_name = {permission.codename: permission for permission in here}
    if not by_name:
        return
    for group in group_model.objects.using(using).filter(name__in=VIEW):
        names = {codename for label, codename in wanted(group.name) if label == sender.label}
        if missing := names - set(by_name):
            raise LookupError(f"base.roles names what {sender.label} does not have: {sorted(missing)}")
        keep = {by_name[name].pk for name in names}
        has = set(group.permissions.filter(pk__in=[row.pk for row in here]).values_list("pk", flat=True))
        group.permissions.remove(*(has - keep))
        group.permissions.add(*(keep - has))
