"""Events about people: who was entered, who got which role, whose password or time box was changed.

Django writes users and groups from many doors (admin, createsuperuser, a shell), so that the record is kept by
signals here. Where no actor is bound, as for the first superuser, the user stands for themself and the entrance
is a command.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from audit.record import NoActor, acting, current_actor, record
from base.models import User

WATCHED = (
    "username",
    "first_name",
    "last_name",
    "email",
    "kind",
    "is_active",
    "is_staff",
    "is_superuser",
    "access_from_on",
    "access_until_on",
)
CHANGES = {"post_add": "given", "post_remove": "taken", "post_clear": "cleared"}


def connect() -> None:
    """Begin to listen; called once, when the app is ready."""
    pre_save.connect(_remember, sender=User, dispatch_uid="audit.user.before")
    post_save.connect(_saved, sender=User, dispatch_uid="audit.user.saved")
    post_delete.connect(_deleted, sender=User, dispatch_uid="audit.user.deleted")
    m2m_changed.connect(_roles_changed, sender=User.groups.through, dispatch_uid="audit.user.roles")
    m2m_changed.connect(
        _permissions_changed, sender=User.user_permissions.through, dispatch_uid="audit.user.permissions"
    )


@contextmanager
def _someone(user: User) -> Iterator[None]:
    try:
        current_actor()
    except NoActor:
        with acting(user, via="command"), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            yield


def _facts(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in WATCHED}


def _remember(sender: type[User], instance: User, raw: bool = False, **kwargs: Any) -> None:
    instance._stored = None if raw or not instance.pk else User.objects.filter(pk=instance.pk).first()  # type: ignore[attr-defined]


def _saved(sender: type[User], instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if raw:
        return
    with _someone(instance):
        stored = getattr(instance, "_stored", None)
        if created or stored is None:
            record("user.create", instance, after=_facts(instance))
            return
        old, new = _facts(stored), _facts(instance)
        changed = [name for name in WATCHED if old[name] != new[name]]
        if changed:
            before = {name: old[name] for name in changed}
            record("user.change", instance, before=before, after={name: new[name] for name in changed})
        if stored.password != instance.password:
            # That it was changed is a fact; what it was and is, nobody may know.
            record("user.change_password", instance)


def _deleted(sender: type[User], instance: User, **kwargs: Any) -> None:
    try:
        current_actor()
    except NoActor:
        return  # Nobody is left to stand for it; the database keeps every user whom the record names.
    with transaction.atomic():
        record("user.delete", instance, before=_facts(instance))


def _named(model: type[models.Model], keys: set[int]) -> list[str]:
    return sorted(str(row) for row in model._default_manager.filter(pk__in=keys))


def _roles_changed(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any) -> None:
    if action not in CHANGES:
        return
    pairs = (
        [(user, [str(instance)]) for user in User.objects.filter(pk__in=pk_set or ())]
        if reverse
        else [(instance, _named(Group, pk_set or set()))]
    )
    for user, roles in pairs:
        # has_role keeps what it read; a change of roles must show at once.
        user.__dict__.pop("_role_names", None)
        if roles or action == "post_clear":
            with _someone(user):
                record("user.roles", user, after={CHANGES[action]: roles})


def _permissions_changed(
    instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any
) -> None:
    if action in CHANGES and not reverse and (pk_set or action == "post_clear"):
        with _someone(instance):
            names = _named(Permission, pk_set or set())
            record("user.permissions", instance, after={CHANGES[action]: names})
