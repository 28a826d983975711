"""The only place that asks what time it is. Entrances (pages, commands, tasks) call it and hand the
answer down as an argument; nothing below an entrance may (rule 7)."""

from datetime import UTC, date, datetime

from django.conf import settings


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def as_of() -> date:
    """The date that pages take for today: ``AS_OF`` where the demo sets it, else the UTC date."""
    configured: date | None = getattr(settings, "AS_OF", None)
    return configured or now().date()
