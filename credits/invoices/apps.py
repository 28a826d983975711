from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "credits.invoices"
    label = "invoices"
    verbose_name = "Invoices and fees"
