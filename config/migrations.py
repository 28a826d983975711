"""``python -m config.migrations``: all migrations forward, ours back to nothing, and forward again.

On a private database that is thrown away. Whatever a reverse leaves behind is named and fails the check.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from config.embedded import APPLICATION_ROLE, OWNER_ROLE, PostgreSQL, home, programs, server_user
from config.supervisor import Supervisor

CHECKOUT = Path(__file__).resolve().parent.parent

# What an application may leave in the database besides tables: everything of ours that is not an extension's.
REMAINS = """
    SELECT 'table ' || c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
          AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    UNION ALL SELECT 'function ' || p.proname FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL SELECT 'type ' || t.typname FROM pg_type t
        WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('d', 'e')
          AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
"""
# Tables of applications that are not ours keep to these names, and stay.
OTHERS = ("auth_", "django_", "authtoken_")


def main() -> int:
    """Print what is amiss; 1 if anything is."""
    # A short path, for the socket.
    folder = Path(tempfile.mkdtemp(prefix="sla-ledger-migrations-", dir="/tmp"))
    folder.chmod(0o755)
    supervisor = Supervisor()
    try:
        server = PostgreSQL(folder=folder, bin=programs(home(CHECKOUT)), user=server_user(), durable=False)
        server.initialise()
        supervisor.start(server.program())
        os.environ |= {
            "DATABASE_OWNER_URL": server.url(OWNER_ROLE),
            "DATABASE_URL": server.url(APPLICATION_ROLE),
            "DB_ROLE": "owner",
        }
        return _there_and_back()
    finally:
        supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _there_and_back() -> int:
    import django

    django.setup()
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection

    ours = [app for app in apps.get_app_configs() if "site-packages" not in Path(app.path).parts]
    ours = [app for app in ours if (Path(app.path) / "migrations" / "__init__.py").exists()]
    call_command("migrate", verbosity=0)
    forward = _remains()
    for app in reversed(ours):
        call_command("migrate", app.label, "zero", verbosity=0)
    left = [item for item in _remains() if not item.split()[1].startswith(OTHERS)]
    call_command("migrate", verbosity=0)
    again = _remains()
    connection.close()
    for item in left:
        print(f"left behind by the way back: {item}")
    for item in sorted(set(forward) ^ set(again)):
        print(f"only once of the two ways forward: {item}")
    print(
        f"{len(ours)} applications, {len(forward)} tables, sequences, functions and types, there and back and there"
    )
    return 1 if left or set(forward) != set(again) else 0


def _remains() -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(REMAINS)
        return [str(row[0]) for row in cursor.fetchall()]


if __name__ == "__main__":
    sys.exit(main())
