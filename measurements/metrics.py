"""How far our knowledge reaches: the lag of every source."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Max

from base.metrics import Sample, gauge
from measurements.models import Source


@gauge("source_lag_seconds", "Time since a source last reported anything.", "source")
def _lag(now: datetime) -> Iterable[Sample]:
    rows = Source.objects.annotate(last=Max("payloads__known_at")).exclude(last=None).order_by("code")
    return [
        ({"source": code}, max(0.0, (now - last).total_seconds()))
        for code, last in rows.values_list("code", "last")
    ]
