from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "credits.exports"
    label = "exports"
    verbose_name = "Exports"

    def ready(self) -> None:
        from credits.exports import visibility  # noqa: F401  # registers whose rows are whose
