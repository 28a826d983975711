"""Observations: to be read, and to be sent as JSON rows or as a CSV file."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from audit.apibase import Reading
from base import clock
from base.api.idempotency import HEADER, once
from base.api.negotiation import CsvParser, csv_bytes
from measurements import services
from measurements.api import (
    SCOPE,
    ExclusionView,
    FigureView,
    IntervalFilter,
    IntervalSerializer,
    PayloadSerializer,
    PayloadView,
    SecondsFilter,
    SecondsSerializer,
    SourceView,
)
from measurements.api_push import within_grants
from measurements.models import IntervalObservation, Payload, SecondsObservation, Source
from measurements.visibility import visible_sources

MAX_ROWS = 20_000
KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Names this request; 1 to 200 characters.",
)


class About(serializers.Serializer[Any]):
    """What is said about the rows: in the body beside JSON rows, in the query of a CSV file."""

    source = serializers.CharField(max_length=60, help_text="The source's code.")  # type: ignore[assignment]
    name = serializers.CharField(max_length=200, help_text="How the file is called in lists.")
    origin = serializers.CharField(max_length=500, required=False, default="")
    retrieved_at = serializers.DateTimeField(required=False, help_text="Now, unless told.")
    known_at = serializers.DateTimeField(
        required=False, help_text="Since when this is known: now, unless told; never later."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Nothing is known before its time; what is left out is now."""
        now = clock.now()
        for name in ("retrieved_at", "known_at"):
            if attrs.setdefault(name, now) > now:
                raise serializers.ValidationError({name: ["lies in the future"]})
        return attrs


class AboutIntervals(About):
    covers_until = serializers.DateTimeField(
        required=False, help_text="The source's knowledge reaches to here, incidents or none."
    )


class IntervalRow(serializers.Serializer[Any]):
    external_id = serializers.CharField(max_length=100)
    start = serializers.CharField(max_length=40, help_text="An instant with its offset.")
    end = serializers.CharField(max_length=40, help_text="The first instant after it.")
    severity = serializers.CharField(max_length=30)
    components = serializers.ListField(
        child=serializers.RegexField(r"^[^;]+$", max_length=200), max_length=200, allow_empty=True
    )
    title = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    withdrawn = serializers.BooleanField(required=False, default=False)


class SecondsRow(serializers.Serializer[Any]):
    component = serializers.CharField(max_length=200)
    day = serializers.DateField()
    partial_seconds = serializers.IntegerField(min_value=0, max_value=86_400)
    major_seconds = serializers.IntegerField(min_value=0, max_value=86_400)
    incidents = serializers.ListField(
        child=serializers.RegexField(r"^[^;]+$", max_length=100),
        max_length=200,
        required=False,
        default=list,
    )


class IntervalsBody(AboutIntervals):
    rows = IntervalRow(many=True, allow_empty=True, max_length=MAX_ROWS)  # type: ignore[call-arg]


class SecondsBody(About):
    rows = SecondsRow(many=True, allow_empty=False, max_length=MAX_ROWS)  # type: ignore[call-arg]


def _body(serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    return {"application/json": serializer, "text/csv": OpenApiTypes.STR}


class Sent[RowT: (IntervalObservation, SecondsObservation)](Reading[RowT]):
    """Observations of one shape: a list, and POST."""

    kind, scope = "observation", SCOPE
    write_kind, act, write_scope = "source", "import", "write:observations"
    parser_classes = [JSONParser, CsvParser]
    body: type[serializers.Serializer[Any]]
    about: type[serializers.Serializer[Any]]
    service: Any = None

    def file_of(self, rows: list[dict[str, Any]]) -> bytes:
        """JSON rows as the CSV file that is kept."""
        raise NotImplementedError

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Import the rows, all or none, once per key. The answer is the file as it was kept."""
        return once(request, self.asker, lambda: self._import(request))

    def _import(self, request: Request) -> dict[str, Any]:
        if isinstance(request.data, bytes):
            given = self.about(data=request.query_params)
            given.is_valid(raise_exception=True)
            values, content = dict(given.validated_data), request.data
        else:
            given = self.body(data=request.data)
            given.is_valid(raise_exception=True)
            values = dict(given.validated_data)
            content = self.file_of(values.pop("rows"))
        values["source"] = self._source(values["source"])
        payload: Payload = type(self).service(content=content, **values)
        return dict(PayloadSerializer(payload).data)

    def _source(self, code: str) -> Source:
        found = visible_sources(self.asker).filter(code=code).first()
        if found is None or not within_grants(self.request.auth, found):
            raise serializers.ValidationError({"source": [f"there is no source {code!r} that you see"]})
        return found


def _about(serializer: type[serializers.Serializer[Any]]) -> list[Any]:
    """The query of a CSV file; with JSON the same stands in the body."""
    return [
        OpenApiParameter(
            name,
            OpenApiTypes.DATETIME if isinstance(field, serializers.DateTimeField) else OpenApiTypes.STR,
            description=f"With CSV. {field.help_text or ''}".strip(),
        )
        for name, field in serializer().fields.items()
    ]


class IntervalView(Sent[IntervalObservation]):
    """Incidents with start and end."""

    rows = IntervalObservation.objects.select_related("source")
    serializer_class = IntervalSerializer
    filterset_class = IntervalFilter
    body, about = IntervalsBody, AboutIntervals
    service = staticmethod(services.import_intervals_csv)

    def file_of(self, rows: list[dict[str, Any]]) -> bytes:
        """See Sent."""
        columns = ("external_id", "start", "end", "severity", "components", "title", "withdrawn")
        return csv_bytes(
            columns,
            (
                (
                    *(row[name] for name in columns[:4]),
                    ";".join(row["components"]),
                    row["title"],
                    "yes" if row["withdrawn"] else "no",
                )
                for row in rows
            ),
        )

    @extend_schema(
        request=_body(IntervalsBody),
        parameters=[KEY, *_about(AboutIntervals)],
        responses={201: PayloadSerializer},
        filters=False,
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Import incidents."""
        return super().create(request, *args, **kwargs)


class SecondsView(Sent[SecondsObservation]):
    """Seconds of outage by component and UTC day."""

    rows = SecondsObservation.objects.select_related("source", "service")
    serializer_class = SecondsSerializer
    filterset_class = SecondsFilter
    body, about = SecondsBody, About
    service = staticmethod(services.import_daily_seconds_csv)

    def file_of(self, rows: list[dict[str, Any]]) -> bytes:
        """See Sent."""
        columns = ("component", "day", "partial_seconds", "major_seconds", "incidents")
        return csv_bytes(
            columns,
            (
                (
                    row["component"],
                    row["day"].isoformat(),
                    str(row["partial_seconds"]),
                    str(row["major_seconds"]),
                    ";".join(row["incidents"]),
                )
                for row in rows
            ),
        )

    @extend_schema(
        request=_body(SecondsBody),
        parameters=[KEY, *_about(About)],
        responses={201: PayloadSerializer},
        filters=False,
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Import daily seconds."""
        return super().create(request, *args, **kwargs)


VIEWS = (
    ("sources", SourceView),
    ("payloads", PayloadView),
    ("observations/intervals", IntervalView),
    ("observations/daily-seconds", SecondsView),
    ("published-figures", FigureView),
    ("exclusions", ExclusionView),
)
