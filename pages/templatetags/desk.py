"""What of the desk stands on other pages: the conflicts that somebody answers for, on the home of their role; and
figures in running text."""

import re
from typing import Any

from django import template

from base.access import may
from base.models import User
from contracts.precedence_reading import open_conflicts
from contracts.visibility import answered_for
from pages.desk.conflicts import with_stakes

SHOWN = 10
register = template.Library()
_TOGETHER = re.compile(r"(?<=[0-9]) (?=(?:%|d|h|min|s)(?![\w]))|(?<=\b[A-Z]{3}) (?=[0-9])")


@register.filter
def unbroken(text: str) -> str:
    """Words in which no line ends between a number and its unit, or between a currency and its amount."""
    return _TOGETHER.sub("\u00a0", text)


@register.inclusion_tag("pages/desk/answered_for.html", takes_context=True)
def conflicts_answered_for(context: dict[str, Any]) -> dict[str, Any]:
    """The undecided conflicts of the reader's own contracts and objectives, with what is at stake. Two queries."""
    user = context["request"].user
    if not isinstance(user, User) or not may(user, "view", "conflict"):
        return {"rows": []}
    rows = open_conflicts().filter(answered_for(user))
    return {"rows": with_stakes(user, rows.select_related("first", "second", "objective", "service")[:SHOWN])}
