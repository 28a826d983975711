from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Record"

    def ready(self) -> None:
        from audit import signals
        from audit.record import current_actor
        from base.access import who_acts

        who_acts(lambda: current_actor().user)
        signals.connect()
