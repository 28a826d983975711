"""What an exclusion is worth: the minutes and the money of every window that it touches, with it and without it.

Reckoned before anybody decides. Approving keeps what was shown, as it was shown; the decision never reads it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from contracts.conformed import Chain
from contracts.models import Commitment
from contracts.reading import terms_of
from credits.errors import NotAWindow
from credits.explained import Explained, duration, money
from credits.facts import facts_of
from credits.models import Finalisation
from credits.windows import window_at, window_under
from measurements.models import Exclusion
from reckoning.timeline import Window

MOST_WINDOWS = 40
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Worth:
    """One window with and without the exclusion."""

    commitment: Commitment
    window: Window
    without: Explained
    with_it: Explained
    is_final: bool
    refused: str

    @property
    def excluded_seconds(self) -> Fraction:
        """How much more of the window is excluded."""
        return self.with_it.result.excluded_seconds - self.without.result.excluded_seconds

    @property
    def down_seconds(self) -> Fraction:
        """How much downtime it takes away."""
        return self.without.result.down_seconds - self.with_it.result.down_seconds

    @property
    def amount(self) -> Decimal | None:
        """How much credit it takes away; None where either is open."""
        before, after = self.without.result.credit_amount, self.with_it.result.credit_amount
        return None if before is None or after is None else before - after

    def document(self) -> dict[str, Any]:
        """What was shown, in words and exact figures, to be kept with the decision."""
        currency = self.without.result.currency
        return {
            "commitment": str(self.commitment),
            "window": self.window.label,
            "final_already": self.is_final,
            "refused_by_the_terms": self.refused,
            "excluded_seconds": str(self.excluded_seconds),
            "down_seconds": str(self.down_seconds),
            "down_words": duration(self.down_seconds),
            "level_without": self.without.level,
            "level_with": self.with_it.level,
            "credit_without": self.without.credit,
            "credit_with": self.with_it.credit,
            "amount": "open" if self.amount is None else money(self.amount, currency),
        }


def worth_of(exclusion: Exclusion, known_at: datetime) -> list[Worth]:
    """Every window of a signed promise that the exclusion touches, as known at ``known_at``, in order of time.

    At most ``MOST_WINDOWS`` of them. An exclusion that the terms refuse (too late announced, no clause of its kind,
    allowance used up) is worth nothing, and ``refused`` says why.
    """
    found = []
    for commitment, window in _touched(exclusion):
        inputs, _ = facts_of([(commitment, window)], max(known_at, exclusion.proposed_at))[commitment.pk]
        terms = terms_of(commitment.version)
        without, with_it = (
            Explained(
                terms,
                commitment.key,
                inputs.model_copy(
                    update={
                        "exclusions": tuple(
                            one.model_copy(update={"approved": approved})
                            if one.id == str(exclusion.pk)
                            else one
                            for one in inputs.exclusions
                        )
                    }
                ),
            )
            for approved in (False, True)
        )
        words = next((row[-1] for row in with_it.exclusions() if row[0] == str(exclusion.pk)), "")
        found.append(
            Worth(
                commitment,
                window,
                without,
                with_it,
                Finalisation.objects.filter(commitment=commitment, window_start=window.start).exists(),
                words.removeprefix("not excluded: ") if words.startswith("not excluded") else "",
            )
        )
    return found


def snapshot(worths: list[Worth], known_at: datetime) -> dict[str, Any]:
    """What the decider was shown, as plain values."""
    return {"known_at": known_at.isoformat(), "windows": [one.document() for one in worths]}


def _touched(exclusion: Exclusion) -> Iterator[tuple[Commitment, Window]]:
    """The commitments of the service with the windows that share time with the exclusion."""
    start, end = exclusion.during.lower, exclusion.during.upper
    rows = Commitment.objects.filter(
        version__contract=exclusion.contract_id, service=exclusion.service_id, version__state="signed"
    ).select_related("version__contract", "service")
    count = 0
    for commitment in rows.order_by("pk"):
        chain = Chain(commitment.version.contract)
        instant = start
        while instant < end and count < MOST_WINDOWS:
            try:
                near = window_at(commitment, instant)
                window = window_under(commitment, instant, chain)
            except NotAWindow:
                break
            if window is not None:
                count += 1
                yield commitment, window
            # A window that is counted back from this instant does not lead on.
            led = (window or near).end
            instant = led if led > instant else instant + ONE_DAY
