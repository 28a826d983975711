"""Doing it once: the same key and the same request get the same answer; another request under the key is refused."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from base.api.models import Replay
from base.api.problems import KeyReused
from base.models import User

HEADER = "Idempotency-Key"
LONGEST = 200


def key_of(request: Request) -> str:
    """The request's key. Raises ValidationError where it is missing or no plain text of 1 to 200 characters."""
    key = request.headers.get(HEADER, "")
    if not key.strip() or len(key) > LONGEST or not (key.isascii() and key.isprintable()):
        raise ValidationError(
            {HEADER: [f"is needed: 1 to {LONGEST} printable ASCII characters that name this request"]}
        )
    return key


def once(
    request: Request, user: User, act: Callable[[], Any], made: int = status.HTTP_201_CREATED
) -> Response:
    """Answer a request with what ``act`` gives, once per (user, key), in one transaction with its effects.

    A refused request keeps nothing, its key included: mend it and send it again under the same key. Two at once
    wait for each other. Raises KeyReused, ValidationError, and what ``act`` raises.
    """
    key = key_of(request)
    digest = _digest(request)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotency {user.pk} {key}"]
            )
        earlier = Replay.objects.filter(user=user, key=key).first()
        if earlier is None:
            answer = JSONRenderer().render(act()).decode()
            Replay.objects.create(
                user=user,
                key=key,
                address=request.path[:200],
                request_sha256=digest,
                status=made,
                answer=answer,
            )
            return Response(json.loads(answer), status=made)
    if earlier.request_sha256 != digest:
        raise KeyReused(
            f"{HEADER}: {key!r} was used for another request to {earlier.address}; take a new key for new content"
        )
    return Response(
        json.loads(earlier.answer), status=earlier.status, headers={"Idempotency-Replayed": "true"}
    )


def _digest(request: Request) -> str:
    """Of method, full address, content type and body, byte for byte."""
    raw = request._request
    parts = [str(raw.method), raw.get_full_path(), raw.content_type or ""]
    return sha256("\n".join(parts).encode() + b"\n" + raw.body).hexdigest()
