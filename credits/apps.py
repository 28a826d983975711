from django.apps import AppConfig


class CreditsConfig(AppConfig):
    name = "credits"
    verbose_name = "Credits and ledger"

    def ready(self) -> None:
        from contracts.reckoned_before import reckoned_windows_come_from
        from credits import tasks, visibility  # noqa: F401  # register what workers do, and whose rows are whose
        from credits.close_items import register_all
        from credits.needs import unsettled_windows
        from credits.reckoned import reckoned_windows
        from measurements.needs import needed_for

        register_all()
        needed_for(unsettled_windows)
        reckoned_windows_come_from(reckoned_windows)
