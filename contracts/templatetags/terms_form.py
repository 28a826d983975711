"""What the templates of the terms form need besides Django's own."""

from django import template

from contracts.terms_form.nodes import Node, id_of

register = template.Library()


@register.filter
def block_for(node: Node, verb: str) -> str:
    """The id of the block that a button changes: the list around an item, or the block itself."""
    is_item = node.place.rsplit(".", 1)[-1].isdecimal()
    return id_of(node.place.rsplit(".", 1)[0]) if is_item and verb in ("up", "del") else node.id
