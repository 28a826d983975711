"""The acts of this room."""

from notices.services.composing import compose
from notices.services.deciding import give_up, mark_delivered, resend
from notices.services.delivering import deliver, settle_lost
from notices.services.subscribing import end_subscription, subscribe

__all__ = [
    "compose",
    "deliver",
    "end_subscription",
    "give_up",
    "mark_delivered",
    "resend",
    "settle_lost",
    "subscribe",
]
