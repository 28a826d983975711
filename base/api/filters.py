"""Filters of the API's lists."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django_filters import IsoDateTimeFilter
from django_filters.fields import IsoDateTimeField


class InstantField(IsoDateTimeField):
    """An instant with any offset that ISO 8601 can write, in UTC: the database knows fewer offsets."""

    def clean(self, value: Any) -> datetime | None:
        """Raises ValidationError for an instant that no calendar of ours has."""
        found: datetime | None = super().clean(value)
        try:
            return found.astimezone(UTC) if found else None
        except OverflowError:
            raise ValidationError("Enter an instant between the years 1 and 9999.") from None


class InstantFilter(IsoDateTimeFilter):
    """Compares with an instant."""

    field_class = InstantField
