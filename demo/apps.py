from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"

    def ready(self) -> None:
        """Tell the login page who plays; it shows them in demo mode only."""
        from demo.people import PASSWORD, PEOPLE
        from pages import demo_logins

        demo_logins.come_from(
            lambda: [
                demo_logins.Player(
                    one.username,
                    PASSWORD,
                    f"{one.first_name} {one.last_name}",
                    ", ".join(role.replace("_", " ") for role in one.roles),
                )
                for one in PEOPLE
            ]
        )
