"""The acts of this room: each one transaction, one person, at least one event."""

from vendors.services.answers import record_answer
from vendors.services.claiming import draft_letter, send_letter
from vendors.services.profiles import set_profile

__all__ = ["draft_letter", "record_answer", "send_letter", "set_profile"]
