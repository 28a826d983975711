from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BaseConfig(AppConfig):
    name = "base"
    verbose_name = "People and work"

    def ready(self) -> None:
        from base.grants import grant_application_role
        from base.roles import give_permissions

        post_migrate.connect(grant_application_role, dispatch_uid="base.grants")
        post_migrate.connect(give_permissions, dispatch_uid="base.roles")
