from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "credits.exports"
    label = "exports"
    verbose_name = "Exports"

    def ready(self) -> None:
        from credits.exports import tasks, visibility  # noqa: F401  # register what workers do, and whose rows are whose
