from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "base.api"
    label = "api"
    verbose_name = "API"
