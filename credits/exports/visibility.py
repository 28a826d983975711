"""Exports are seen whole or not at all: see ``base.access_rules``."""

from django.db.models import QuerySet

from base.access import Asking, visible
from credits.exports.models import ExportBatch


def visible_batches(user: Asking) -> QuerySet[ExportBatch]:
    """The batches that a user may see."""
    return visible(ExportBatch.objects.all(), user)
