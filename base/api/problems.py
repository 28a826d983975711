"""Every error of the API as application/problem+json (RFC 9457), with a code that programs can rely on."""

from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from base.correlation import current
from base.errors import Conflict, DomainError, NotAllowed

log = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"
SHOWN_FAULTS = 200


class KeyReused(Conflict):
    """The same Idempotency-Key came with another request."""

    code = "idempotency_key_reused"


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """The body of a problem; ``instance`` is the correlation id, by which the log finds it."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": f"urn:request:{current()}",
        **more,
    }


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler of exceptions."""
    headers: dict[str, str] = {}
    if isinstance(error, DomainError):
        body = _of_domain(error)
    elif isinstance(error, exceptions.APIException):
        body = _of_api(error, headers)
    elif isinstance(error, Http404):
        body = problem(404, "not_found", "There is no such thing, or not for you.")
    elif isinstance(error, PermissionDenied):
        body = problem(403, "not_allowed", "Your role does not allow this.")
    elif isinstance(error, RequestDataTooBig):
        body = problem(413, "too_large", "What was sent is larger than what is taken at once; split it.")
    elif isinstance(error, SuspiciousOperation | UnreadablePostError | RecursionError):
        body = problem(400, "unreadable", "What was sent cannot be read.")
    else:
        body = _of_mishap(error, context)
    set_rollback()
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def _of_domain(error: DomainError) -> dict[str, Any]:
    if isinstance(error, NotAllowed):
        status = 403
    elif isinstance(error, Conflict):
        status = 409
    else:
        status = 422
    more: dict[str, Any] = {}
    if faults := list(getattr(error, "faults", ())):
        more["faults"] = [fault._asdict() for fault in faults[:SHOWN_FAULTS]]
        more["fault_count"] = getattr(error, "total", len(faults))
    return problem(status, error.code, str(error), **more)


def _of_api(error: exceptions.APIException, headers: dict[str, str]) -> dict[str, Any]:
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "invalid"
    if isinstance(error.detail, (dict, list)):
        return problem(error.status_code, code, "Some of what was sent is not right.", fields=error.detail)
    return problem(error.status_code, code, str(error.detail))


def _of_mishap(error: Exception, context: dict[str, Any]) -> dict[str, Any]:
    """Our fault: told without its inside, and logged with it."""
    view, request = context.get("view"), context.get("request")
    log.error("api.failed", view=type(view).__name__, error_type=type(error).__name__, exc_info=error)
    got_request_exception.send(sender=type(view), request=getattr(request, "_request", None))
    if isinstance(error, OperationalError):
        return problem(503, "unavailable", "The database cannot be reached or was busy; try again.")
    return problem(500, "failed", "Something went wrong here; it was logged under the instance.")


def unknown_address(request: HttpRequest, rest: str = "") -> JsonResponse:
    """What is asked below /api/ and is not there."""
    body = problem(404, "not_found", "There is no such address; /api/schema/ lists those that there are.")
    return JsonResponse(body, status=404, content_type=CONTENT_TYPE)
