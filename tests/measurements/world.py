"""A vendor with three components, a source of each shape, and files for them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from contracts.models import Counterparty
from measurements import services
from measurements.models import Payload, Source
from tests import factories

KNOWN = datetime(2023, 5, 2, tzinfo=UTC)
INCIDENTS_BEGIN = datetime(2022, 3, 24, 19, 11, tzinfo=UTC)
INTERVALS = "external_id,start,end,severity,components,title\n"
SECONDS = "component,day,partial_seconds,major_seconds,incidents\n"
FIGURES = "component,month,uptime\n"


def vendor_with_components() -> Counterparty:
    vendor = factories.counterparty("vendor")
    factories.service("actions", vendor=vendor, external_name="Actions")
    factories.service("api-requests", vendor=vendor, external_name="API Requests")
    factories.service(
        "copilot", vendor=vendor, external_name="Copilot", existed_from=datetime(2022, 6, 21, tzinfo=UTC)
    )
    return vendor


def source(shape: str, vendor: Counterparty, **given: Any) -> Source:
    intervals = shape == Source.Shape.INTERVALS
    return services.create_source(
        **{
            "code": "incidents" if intervals else "seconds",
            "name": "Status page, incidents" if intervals else "Status page, seconds a day",
            "kind": Source.Kind.VENDOR_REPORTED,
            "shape": shape,
            "measurement_point": "status page",
            "vendor": vendor,
            "covers_from": INCIDENTS_BEGIN if intervals else None,
            "untracked_components": ["Visit www"] if intervals else [],
        }
        | given
    )


def importing(service: Callable[..., Payload], source: Source, header: str) -> Callable[..., Payload]:
    """A function that imports rows, given without their header."""

    def run(rows: str, known_at: datetime = KNOWN, header: str = header, **given: Any) -> Payload:
        given = {"name": f"{source.code}.csv", "retrieved_at": known_at} | given
        return service(source=source, content=(header + rows).encode(), known_at=known_at, **given)

    return run
