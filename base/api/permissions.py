"""May this be asked? The token's scope first, then its owner's row in the matrix."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from base.access import may
from base.api.models import Token


class MatrixPermission(BasePermission):
    """A view says its ``kind``, the ``scope`` that reads it, and for writing ``act`` and ``write_scope``."""

    message = "Your role, or the scope of your token, does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether this kind of request is allowed at all; rows are narrowed by the view's queryset."""
        if not request.user or not request.user.is_authenticated:
            return False
        reads = request.method in SAFE_METHODS
        scope = view.scope if reads else view.write_scope
        if not scope or not self._covers(request, scope, reads):
            return False
        return may(request.user, "view" if reads else view.act, view.kind if reads else view.write_kind)

    def _covers(self, request: Request, scope: str, reads: bool) -> bool:
        token = request.auth
        # A session reads what its role may read; writing through the API needs a token made for it.
        return scope in token.scopes if isinstance(token, Token) else reads
