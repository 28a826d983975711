"""Exports over the API: batches with their lines, files and standing; a file byte for byte; a report sent back."""

from typing import Any

import django_filters as filters
from django.db.models import Prefetch
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from audit.apibase import ActorView, Reading
from base.api.negotiation import download
from credits.exports.models import ExportBatch, ExportFile, ExportLine
from credits.exports.visibility import visible_batches


class ExportFileSerializer(serializers.ModelSerializer[ExportFile]):
    class Meta:
        model = ExportFile
        fields = ["number", "name", "media_type", "row_count", "sha256"]


class ExportLineSerializer(serializers.ModelSerializer[ExportLine]):
    class Meta:
        model = ExportLine
        fields = ["external_id", "attempt", "entry", "memo", "effective_on", "currency", "amount"]


class BatchSerializer(serializers.ModelSerializer[ExportBatch]):
    legal_entity = serializers.CharField(source="legal_entity.code", read_only=True)
    name = serializers.CharField(source="__str__", read_only=True)
    files = ExportFileSerializer(many=True)

    class Meta:
        model = ExportBatch
        fields = [
            "id",
            "name",
            "legal_entity",
            "target",
            "number",
            "from_on",
            "until_on",
            "profile",
            "corrects",
            "totals",
            "left_out",
            "content_sha256",
            "exported_at",
            "files",
        ]


class WholeBatchSerializer(BatchSerializer):
    """A single batch: with its lines."""

    lines = ExportLineSerializer(many=True)

    class Meta(BatchSerializer.Meta):
        fields = [*BatchSerializer.Meta.fields, "lines"]


class BatchFilter(filters.FilterSet):
    legal_entity = filters.CharFilter(field_name="legal_entity__code")
    effective_from = filters.DateFilter(field_name="from_on", lookup_expr="gte")

    class Meta:
        model = ExportBatch
        fields = ["target"]


class ExportBatchView(Reading[ExportBatch]):
    """What was handed to other systems, with the ids that they know it by."""

    kind, scope = "export", "read:ledger"
    rows = (
        ExportBatch.objects.select_related("legal_entity")
        .prefetch_related(Prefetch("files", queryset=ExportFile.objects.defer("content")))
        .order_by("-pk")
    )
    filterset_class = BatchFilter

    def get_serializer_class(self) -> type[serializers.BaseSerializer[ExportBatch]]:
        """A list leaves the lines out."""
        return WholeBatchSerializer if self.action == "retrieve" else BatchSerializer


class FileQuery(serializers.Serializer[Any]):
    batch = serializers.IntegerField(min_value=1, max_value=10**18)
    name = serializers.CharField(max_length=200)


class ExportFileView(ActorView):
    """A file of a batch, byte for byte."""

    kind, scope = "export", "read:ledger"
    pagination_class = None

    @extend_schema(
        parameters=[
            OpenApiParameter("batch", int, required=True),
            OpenApiParameter("name", str, required=True, description="As the batch lists it."),
        ],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> Any:
        """The bytes, as they were when the batch was made."""
        query = FileQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        batches = visible_batches(self.asker).filter(pk=query.validated_data["batch"])
        file = ExportFile.objects.filter(batch__in=batches, name=query.validated_data["name"]).first()
        if file is None:
            raise NotFound("name: there is no such file in a batch that you see")
        return download(bytes(file.content), file.media_type, file.name)


VIEWS = [("export-batches", ExportBatchView)]
