"""Pages by a cursor: no row twice and none left out while others are added."""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination

LARGEST_KEY = 2**63 - 1


class KeyPages(CursorPagination):
    """Newest first by the database's key, 50 a page, at most 200 with ``page_size``."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Any) -> Cursor | None:
        """As DRF does; a cursor that no page of ours gave is not found, instead of an error further down."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None:
            text = str(cursor.position)
            if not (text.isascii() and text.isdigit() and int(text) <= LARGEST_KEY):
                raise NotFound(self.invalid_cursor_message)
        return cursor
