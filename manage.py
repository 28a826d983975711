#!/usr/bin/env python
"""The door to every command."""

import os
import sys

# What these do needs no database, and so no settings of an installation either.
WITHOUT_SETTINGS = ("terms", "calculate")


def main() -> None:
    """Run one command under a correlation id of its own, or the one given in CORRELATION_ID."""
    if len(sys.argv) > 1 and sys.argv[1] in WITHOUT_SETTINGS:
        from base.console import run

        sys.exit(run(sys.argv[1], sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from base.correlation import correlated
    from base.logging import accepted
    from config import environment

    try:
        environment.load()
    except environment.SettingsError as error:
        sys.exit(str(error))
    with correlated(accepted(os.environ.get("CORRELATION_ID", ""))):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
