"""How the OpenAPI document is made: DRF's views as drf-spectacular reads them, and problems for every error."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, inline_serializer
from rest_framework import serializers

_Problem = inline_serializer(
    "Problem",
    {
        "type": serializers.CharField(),
        "title": serializers.CharField(),
        "status": serializers.IntegerField(),
        "code": serializers.CharField(help_text="Stable; programs rely on it."),
        "detail": serializers.CharField(),
        "instance": serializers.CharField(
            help_text="The correlation id, by which the log finds the request."
        ),
        "fields": serializers.JSONField(required=False),
        "faults": serializers.ListField(child=serializers.JSONField(), required=False),
        "fault_count": serializers.IntegerField(required=False),
    },
)
MEANINGS = {
    400: "Not what was expected",
    401: "No valid token",
    403: "Not allowed by the role or the token's scope",
    404: "Not there, or not for you",
    409: "It contradicts what is there",
    413: "Too large",
    415: "Another content type is expected",
    422: "A rule was not kept; nothing was written",
    429: "Too often; see Retry-After",
}
READING = (400, 401, 403, 404, 429)
WRITING = (*READING, 409, 413, 415, 422)


class Schema(AutoSchema):
    """Adds the problems that every operation may answer with."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in READING if self.method == "GET" else WRITING:
            response = OpenApiResponse(_Problem, description=MEANINGS[status])
            bodies.setdefault(
                str(status),
                self._get_response_for_code(response, str(status), ["application/problem+json"], direction),
            )
        return bodies


class TokenScheme(OpenApiAuthenticationExtension):
    """Tells the schema about tokens."""

    target_class = "base.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """As OpenAPI names it."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "sla_PREFIX_SECRET"}


class SessionScheme(OpenApiAuthenticationExtension):
    """Tells the schema about sessions."""

    target_class = "base.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """As OpenAPI names it."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
