"""What the pages of templates look up."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def of(values: Mapping[Any, Any], key: Any) -> Any:
    """The value of a key; nothing where there is none."""
    return values.get(key)
