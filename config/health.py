"""``/healthz``: the process lives. ``/readyz``: it can do its work. Neither tells more than that."""

from collections.abc import Callable

import structlog
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from config.celery import app

log = structlog.get_logger(__name__)
BROKER_PATIENCE_SECONDS = 2
NO_STORE = {"Cache-Control": "no-store"}


@require_safe
def lives(request: HttpRequest) -> HttpResponse:
    """Asks nobody: a broken database must not get a living process killed."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8", headers=NO_STORE)


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 where database, schema and broker are as they must be; else 503, with which of them is not."""
    found = {name: _says(name, check) for name, check in CHECKS.items()}
    status = 200 if all(said == "ok" for said in found.values()) else 503
    return JsonResponse(found, status=status, headers=NO_STORE)


def _says(name: str, check: Callable[[], bool]) -> str:
    try:
        return "ok" if check() else "behind"
    except Exception as error:
        log.warning("not_ready", check=name, error_type=type(error).__name__, error=str(error))
        return "failed"


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrations() -> bool:
    """Whether no migration of this code is missing in the database."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker() -> bool:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_PATIENCE_SECONDS)
    return True


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrations,
    "broker": _broker,
}
