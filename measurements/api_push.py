"""Pushing: batches of rows that a worker stores, and how each of them fares."""

import json
import zlib
from hashlib import sha256
from typing import Any

import django_filters as filters
from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ParseError, Throttled
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from audit.apibase import Reading
from base import clock
from base.api.idempotency import HEADER, key_of, once
from base.api.models import Token
from base.api.negotiation import csv_bytes
from measurements import services
from measurements.errors import QueueIsLong
from measurements.feeding.files import FORMS, FileForm
from measurements.models import ImportRun, PushGrant, Source
from measurements.privacy import Redactions, redact_csv
from measurements.visibility import visible_sources

SCOPE = "read:measurements"
MAX_ROWS = 20_000
MAX_INFLATED = 33_000_000
MAX_RATIO = 100
DEEPEST = 10


class TooLarge(APIException):
    """A packed body that unpacks to more than is taken."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def inflate(packed: bytes) -> bytes:
    """A gzip body, unpacked as far as the bounds go. Raises ParseError, TooLarge."""
    bound = min(MAX_INFLATED, max(100_000, MAX_RATIO * len(packed)))
    machine = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        found = machine.decompress(packed, bound + 1)
    except zlib.error as error:
        raise ParseError(f"Content-Encoding: gzip was said, and the body is none ({error}).") from None
    if len(found) > bound:
        raise TooLarge(f"The body unpacks to more than {bound:,} bytes; send smaller batches.")
    if not machine.eof or machine.unused_data:
        raise ParseError("The gzip body breaks off, or something follows it.")
    return found


class PushParser(BaseParser):
    """JSON, packed by gzip or not."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The value. Raises ParseError for anything else than JSON."""
        body = bytes(stream.read())
        encoding = parser_context["request"].headers.get("Content-Encoding", "identity").strip().lower()
        if encoding == "gzip":
            body = inflate(body)
        elif encoding != "identity":
            raise ParseError("Content-Encoding: gzip or none is understood.")
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=str)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is no JSON: {error}") from None


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number")


class RunSerializer(serializers.ModelSerializer[ImportRun]):
    source = serializers.SlugRelatedField[Source](  # type: ignore[assignment]
        slug_field="code", read_only=True
    )
    percent = serializers.IntegerField(
        allow_null=True, help_text="How much is through; null where not known."
    )
    state = serializers.SerializerMethodField(help_text="waiting, done, refused or unreachable.")

    class Meta:
        model = ImportRun
        fields = [
            "id",
            "source",
            "entrance",
            "form",
            "name",
            "state",
            "requested_at",
            "known_at",
            "covers_until",
            "row_total",
            "row_count",
            "percent",
            "accepted",
            "superseding",
            "repeated",
            "listed",
            "redactions",
            "skew_seconds",
            "finished_at",
            "error",
            "faults",
            "fault_count",
        ]

    def get_state(self, run: ImportRun) -> str:
        """The outcome, or that it waits."""
        return run.outcome or "waiting"


class PushBody(serializers.Serializer[Any]):
    """A batch. Its rows have the columns of the form (docs/adapters.md); numbers as numbers or as text."""

    source = serializers.CharField(max_length=60, help_text="The source's code.")  # type: ignore[assignment]
    form = serializers.ChoiceField(choices=sorted(FORMS))
    name = serializers.CharField(max_length=200, help_text="How the batch is called in lists.")
    known_at = serializers.DateTimeField(required=False, help_text="Now, unless told; never later.")
    covers_until = serializers.DateTimeField(
        required=False, help_text="Incidents: the source's knowledge reaches to here, incidents or none."
    )
    rows = serializers.ListField(
        child=serializers.DictField(), allow_empty=False, min_length=1, max_length=MAX_ROWS
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Nothing is known before its time; what is left out is now."""
        now = clock.now()
        if attrs.setdefault("known_at", now) > now:
            raise serializers.ValidationError({"known_at": ["lies in the future"]})
        return attrs


class RunFilter(filters.FilterSet):
    source = filters.CharFilter(field_name="source__code")
    unfinished = filters.BooleanFilter(field_name="finished_at", lookup_expr="isnull")

    class Meta:
        model = ImportRun
        fields = ["entrance", "form", "outcome"]


class RunView(Reading[ImportRun]):
    """Imports on their way and those that ended: pulled, uploaded, pushed."""

    kind, scope = "run", SCOPE
    rows = ImportRun.objects.defer("content").select_related("source")
    serializer_class = RunSerializer
    filterset_class = RunFilter


class PushView(Reading[ImportRun]):
    """Pushed batches; POST takes one."""

    kind, scope = "run", SCOPE
    write_kind, act, write_scope = "source", "import", "write:observations"
    parser_classes = [PushParser]
    rows = ImportRun.objects.filter(entrance="push").defer("content").select_related("source")
    serializer_class = RunSerializer
    filterset_class = RunFilter

    @extend_schema(
        request=PushBody,
        parameters=[
            OpenApiParameter(
                HEADER,
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="Names this batch; 1 to 200 characters. The same batch under the same key is taken once.",
            ),
            OpenApiParameter(
                "Content-Encoding", str, OpenApiParameter.HEADER, enum=["gzip"], description="gzip, or none."
            ),
        ],
        responses={202: RunSerializer},
        filters=False,
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a batch to be stored. Every row is checked before; the run that is answered tells how it fares."""
        key_of(request)
        try:
            return once(request, self.asker, lambda: self._take(request), made=status.HTTP_202_ACCEPTED)
        except QueueIsLong as error:
            raise Throttled(wait=error.wait_seconds, detail=str(error), code="queue_is_long") from None

    def _take(self, request: Request) -> dict[str, Any]:
        given = PushBody(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        form, source = FORMS[values["form"]], self._source(request, values["source"])
        counted = Redactions()
        content = _as_csv(form, values["rows"], counted)
        run = services.push(
            source=source,
            form=form.name,
            name=values["name"],
            content=content,
            requested_at=clock.now(),
            known_at=values["known_at"],
            covers_until=values.get("covers_until"),
            queue_limit=settings.PUSH_QUEUE_LIMIT,
            original_sha256=sha256(request._request.body).hexdigest(),
            redactions=counted.told(),
        )
        return dict(RunSerializer(run).data)

    def _source(self, request: Request, code: str) -> Source:
        """A source that the asker sees and the token has a grant for."""
        found = visible_sources(self.asker).filter(code=code).first()
        if found is None or not may_push(request.auth, found):
            raise serializers.ValidationError(
                {
                    "source": [
                        f"there is no source {code!r} that this token may push to; an administrator grants it"
                    ]
                }
            )
        return found


def may_push(token: Any, source: Source) -> bool:
    """Whether a token has a grant for a source."""
    return isinstance(token, Token) and PushGrant.objects.filter(token=token, source=source).exists()


def within_grants(token: Any, source: Source) -> bool:
    """Whether a token may send to a source at all: one with grants to those only, one without to every source that
    its owner sees."""
    if not isinstance(token, Token):
        return True
    granted = set(PushGrant.objects.filter(token=token).values_list("source", flat=True))
    return not granted or source.pk in granted


def _as_csv(form: FileForm, rows: list[dict[str, Any]], counted: Redactions) -> bytes:
    """The rows as the file that is kept: the form's columns, nothing else, and redacted.

    A name that the form does not have is not kept, and counted. Raises ValidationError for what no cell can hold.
    """
    known = [column.name for column in form.columns]
    used = [
        column.name
        for column in form.columns
        if not column.optional or any(column.name in row for row in rows)
    ]
    lines = []
    for number, row in enumerate(rows, 1):
        counted.dropped.update(name[:60] for name in row if name not in known)
        lines.append([_cell(row.get(name), number, name) for name in used])
    free = {column.name for column in form.columns if column.parse is str}
    return redact_csv(csv_bytes(used, lines), free, counted)


def _cell(value: Any, number: int, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ";".join(str(one) for one in value)
    raise serializers.ValidationError(
        {
            "rows": [
                f"row {number}, {name}: holds {json.dumps(value, default=str)[:60]}; text, a number or a list of "
                "them is expected"
            ]
        }
    )


VIEWS = (("pushes", PushView), ("runs", RunView))
