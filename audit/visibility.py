"""Who sees the record."""

from django.db.models import QuerySet

from audit.models import Event, Seal
from base.access import Asking, visible


def visible_events(user: Asking) -> QuerySet[Event]:
    """The events that a user may see: all or none."""
    return visible(Event.objects.all(), user)


def visible_seals(user: Asking) -> QuerySet[Seal]:
    """The sealed blocks that a user may see: all or none."""
    return visible(Seal.objects.all(), user)
