"""The record, to be read."""

import django_filters as filters
from rest_framework import serializers

from audit.apibase import Reading
from audit.models import Event
from base.api.filters import InstantFilter


class EventSerializer(serializers.ModelSerializer[Event]):
    class Meta:
        model = Event
        fields = [
            "id",
            "recorded_at",
            "actor_name",
            "via",
            "verb",
            "subject_type",
            "subject_id",
            "subject_label",
            "reason",
            "before",
            "after",
            "correlation_id",
            "leaf_hash",
        ]


class EventFilter(filters.FilterSet):
    recorded_from = InstantFilter(field_name="recorded_at", lookup_expr="gte")
    recorded_until = InstantFilter(field_name="recorded_at", lookup_expr="lt")

    class Meta:
        model = Event
        fields = ["verb", "via", "subject_type", "subject_id", "correlation_id"]


class EventView(Reading[Event]):
    """Who did what, when, why and from where."""

    kind, scope = "event", "read:events"
    rows = Event.objects.all()
    serializer_class = EventSerializer
    filterset_class = EventFilter


VIEWS = (("events", EventView),)
