"""Structured logs: one line per event, each with the correlation id that is in force."""

import logging
import logging.config
import re
import sys
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from base import correlation

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class StandardError(logging.Handler):
    """Writes to what standard error is at the moment, also when it is changed after the start."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a failure to write is reported as the standard library does."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def accepted(correlation_id: str) -> str:
    """``correlation_id`` if it is a harmless token of at most 64 characters, else an empty string."""
    return correlation_id if _ACCEPTED.fullmatch(correlation_id) else ""


def add_correlation_id(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Put the correlation id in force, if any, into a log event."""
    if current := correlation.current():
        event.setdefault("correlation_id", current)
    return event


def configure(*, level: str = "INFO", form: Literal["json", "text"] = "json") -> None:
    """Send structlog's and the standard library's messages to standard error in one form.

    Times are UTC in ISO 8601.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_correlation_id,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    finish: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form == "json":
        finish.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "one": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [*finish, last],
                }
            },
            "handlers": {"stderr": {"()": StandardError, "formatter": "one"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {"celery.app.trace": {"level": "WARNING"}, "django.server": {"level": "WARNING"}},
        }
    )
