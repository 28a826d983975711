from typing import Any

from django.core.management.base import BaseCommand

from audit.services import seal_events
from base.clock import now


class Command(BaseCommand):
    help = "Seal the events that no block holds yet."

    def handle(self, *args: Any, **options: Any) -> None:
        while seal := seal_events(sealed_at=now()):
            self.stdout.write(f"block {seal.number}: {seal.count} events, head {seal.head}")
