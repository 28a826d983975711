from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "credits.invoices"
    label = "invoices"
    verbose_name = "Invoices and fees"

    def ready(self) -> None:
        from credits.invoices import visibility  # noqa: F401  # registers whose rows are whose
