from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.services import verify_record


class Command(BaseCommand):
    help = "Recompute every hash of the record and say what is wrong; status 1 where anything is."

    def handle(self, *args: Any, **options: Any) -> None:
        found = verify_record()
        self.stdout.write(
            f"{found.events} events in {found.blocks} sealed blocks, {found.unsealed} not sealed yet; head {found.head}"
        )
        for fault in found.faults:
            self.stdout.write(f"{fault.place}: {fault.sentence}")
        if found.faults:
            raise CommandError(f"the record does not verify: {len(found.faults)} faults, listed above")
        self.stdout.write("the record verifies")
