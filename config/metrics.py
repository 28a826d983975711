"""``/metrics`` in Prometheus' text form, for whoever holds METRICS_TOKEN, or for this machine alone."""

from collections.abc import Iterator
from hmac import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from base import clock
from base.metrics import gauges

HERE = ("127.0.0.1", "::1")


class _Gauges(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask every gauge once."""
        now = clock.now()
        for gauge in gauges():
            family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=gauge.labels)
            for labels, value in gauge.read(now):
                family.add_metric([labels[name] for name in gauge.labels], value)
            yield family


def may_read(request: HttpRequest) -> bool:
    """The token where one is set; else this machine, asked without any proxy between."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    direct = "X-Forwarded-For" not in request.headers and "Forwarded" not in request.headers
    return direct and not settings.TRUST_PROXY and request.META.get("REMOTE_ADDR") in HERE


@require_safe
def exposed(request: HttpRequest) -> HttpResponse:
    """All gauges. 403 for anybody else, without a word of why."""
    if not may_read(request):
        return HttpResponse("Not for you.\n", status=403, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Gauges())
    return HttpResponse(
        generate_latest(registry), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
    )
