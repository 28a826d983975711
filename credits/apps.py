from django.apps import AppConfig


class CreditsConfig(AppConfig):
    name = "credits"
    verbose_name = "Credits and ledger"

    def ready(self) -> None:
        from credits import tasks  # noqa: F401  # registers what the workers carry out
