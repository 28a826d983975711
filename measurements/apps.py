from django.apps import AppConfig


class MeasurementsConfig(AppConfig):
    name = "measurements"
    verbose_name = "Measurements"

    def ready(self) -> None:
        from contracts.checks import source_roles_come_from
        from measurements import metrics, visibility  # noqa: F401  # register how far we know, and whose rows are whose
        from measurements.reading import roles_played

        source_roles_come_from(roles_played)
