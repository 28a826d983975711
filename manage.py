#!/usr/bin/env python
"""The door to every command."""

import os
import sys


def main() -> None:
    """Run one command under a correlation id of its own, or the one given in CORRELATION_ID."""
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
