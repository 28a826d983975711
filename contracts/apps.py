from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "contracts"
    verbose_name = "Contracts"

    def ready(self) -> None:
        from contracts import review_visibility, tasks, visibility  # noqa: F401  # register what is in them
        from contracts.amending import change_standings
        from contracts.attainment import attainment_standings
        from contracts.checks import also_stands
        from contracts.portfolio import jobs  # noqa: F401  # registers what carries portfolios
        from contracts.precedence_reading import conflict_standings

        also_stands(change_standings)
        also_stands(attainment_standings)
        also_stands(conflict_standings)
