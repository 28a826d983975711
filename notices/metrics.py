"""Gauges of this room: what is not sent yet, for how long, and what waits for a person."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Min

from base.metrics import Sample, gauge
from notices.reading import NEEDS_A_PERSON, UNSENT, State, not_accepted

NOT_ACCEPTED = [state for state in State if state != State.ACCEPTED]


@gauge("notices", "Notices that the mail server has not taken, by where they stand.", "state")
def _notices(now: datetime) -> Iterable[Sample]:
    rows = not_accepted().order_by().values("state").annotate(number=Count("pk"))
    found = {row["state"]: row["number"] for row in rows}
    return [({"state": state.value}, float(found.get(state, 0))) for state in NOT_ACCEPTED]


@gauge("notices_unsent", "Notices that wait to be sent, are being sent, or are tried again.")
def _unsent(now: datetime) -> Iterable[Sample]:
    return [({}, float(not_accepted().filter(state__in=UNSENT).count()))]


@gauge("notices_needing_a_person", "Notices that are uncertain, failed or held.")
def _needing(now: datetime) -> Iterable[Sample]:
    return [({}, float(not_accepted().filter(state__in=NEEDS_A_PERSON).count()))]


@gauge("notices_oldest_unsent_seconds", "The age of the oldest notice that is not sent yet; 0 where none is.")
def _lag(now: datetime) -> Iterable[Sample]:
    oldest = not_accepted().filter(state__in=UNSENT).order_by().aggregate(oldest=Min("composed_at"))["oldest"]
    return [({}, max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)]
