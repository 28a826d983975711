"""The Celery application: settings from Django, the correlation id with every message.

A worker wants ``REMAP_SIGTERM=SIGQUIT`` in its environment: it then puts a long task back at once when it is
stopped, instead of waiting for its end. Celery reads it before this module, so that it cannot be set here.
"""

import os
import signal
from contextlib import AbstractContextManager
from typing import Any

from celery import Celery, signals

from base import correlation
from config.supervisor import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Not "correlation_id": Celery overwrites a header of that name with the task's own id.
HEADER = "sla_correlation_id"
_open: dict[str, AbstractContextManager[str]] = {}

app = Celery("sla_ledger")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def _keep_our_logging(**options: Any) -> None:
    """Being connected is enough: Celery then leaves logging to Django's settings."""


@signals.worker_process_init.connect
def _end_with_the_worker(**options: Any) -> None:
    """A pool process must not go on without its head."""
    die_with_parent(signal.SIGKILL)


@signals.before_task_publish.connect
def _send_correlation_id(headers: dict[str, Any] | None = None, **options: Any) -> None:
    if headers is not None:
        given = headers.get(HEADER) or headers.get("correlation_id")
        headers[HEADER] = given or correlation.current() or correlation.new()


@signals.task_prerun.connect
def _bind_correlation_id(task_id: str, task: Any, **options: Any) -> None:
    bound = correlation.correlated(task.request.get(HEADER) or correlation.new())
    bound.__enter__()
    _open[task_id] = bound


@signals.task_postrun.connect
def _release_correlation_id(task_id: str, **options: Any) -> None:
    if bound := _open.pop(task_id, None):
        bound.__exit__(None, None, None)
