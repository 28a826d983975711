"""A worker to be killed: ``python -m tests.notices.sender DATABASE PORT NOW NOTICE...`` attempts each notice."""

import os
import sys
from datetime import datetime


def main(database: str, port: str, now: str, *notices: str) -> None:
    """Connect to the test's own database and mail server, and send."""
    os.environ |= {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "EMAIL_FROM": "Promises <notices@example.com>",
    }
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    from notices import services
    from notices.smtp import Post

    with Post() as post:
        for notice in notices:
            outcome = services.deliver(int(notice), now=datetime.fromisoformat(now), post=post)
            print(outcome.kind if outcome else "nothing", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
