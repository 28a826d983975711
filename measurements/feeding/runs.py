"""Imports on their way: in steps, each one transaction with what it kept, the progress and the cursor after it.

A job carries out one step and asks for the next (``base.jobs``): a worker or a database that dies in the middle
loses the step at hand and nothing else, and the sweep finds it again. The number of the step stands in the run, so
that a step that is delivered twice is done once.
"""

import os
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from pydantic import ValidationError

from audit.record import acting
from base import clock, jobs
from base.csvio import MAX_LISTED_FAULTS
from base.errors import DomainError
from base.models import User
from measurements.adapters.fetching import Fetcher, SourceUnreachable
from measurements.adapters.pulls import PULL_ADAPTERS
from measurements.adapters.seam import (
    IntervalRow,
    Page,
    PullAdapter,
    Settings,
    kept,
    read_json,
    reread,
    write_json,
)
from measurements.deliveries import Delivery
from measurements.errors import FieldRefused
from measurements.feeding import files, writing
from measurements.feeding.progress import count, note_intake
from measurements.models import Feed, FeedState, ImportRun, IntakePolicy, Source
from measurements.privacy import Redactions

log = structlog.get_logger(__name__)
STEP = "measurements.step"
SHORTEST_WAIT = timedelta(seconds=60)
LONGEST_WAIT = timedelta(hours=1)
Outcome = ImportRun.Outcome


def importing_job() -> User:
    """The account in whose name sources are asked: an actor, but no person (rule 20)."""
    return User.job("importing")


def ask_for_step(run: ImportRun) -> None:
    """Have the run's next step done; asking twice is asking once."""
    jobs.enqueue(STEP, f"{run.pk}:{run.step}", run_id=run.pk, step=run.step)


@jobs.handler(STEP)
def carry_out(*, run_id: int, step: int) -> dict[str, Any]:
    """Do one step of a run, and ask for the next. Returns how far it has come."""
    run = (
        ImportRun.objects.select_for_update(of=("self",))
        .select_related("source", "requested_by")
        .get(pk=run_id)
    )
    if run.finished_at is not None or run.step != step:
        return {"skipped": step}
    # One import of a source at a time, and files in the order in which they came: knowledge never goes back.
    Source.objects.select_for_update(of=("self",)).get(pk=run.source_id)
    if run.entrance != ImportRun.Entrance.PULL and _sent(run).filter(pk__lt=run.pk).exists():
        run.step += 1
        run.save(update_fields=["step"])
        return {"waits": run.pk}
    with acting(run.requested_by, via="task", reason=f"import {run.pk}"):
        try:
            with transaction.atomic():
                _step(run)
        except DomainError as error:
            _refuse(run, error)
        except SourceUnreachable as error:
            _put_off(run, error)
    run.step += 1
    run.progress_at = clock.now()
    run.save()
    following = run if run.finished_at is None else _sent(run).order_by("pk").first()
    if following is not None:
        ask_for_step(following)
    return {"rows": run.row_count, "pages": run.pages, "outcome": run.outcome}


def _sent(run: ImportRun) -> QuerySet[ImportRun]:
    """The files and batches of the run's source that wait to be stored."""
    return ImportRun.objects.filter(source=run.source_id, finished_at=None).exclude(entrance="pull")


def _step(run: ImportRun) -> None:
    if run.entrance == ImportRun.Entrance.PULL:
        _pull(run)
    elif files.store_part(run):
        finish(run, Outcome.DONE)


def finish(run: ImportRun, outcome: str, error: str = "") -> None:
    """End a run. Its file, if it had one, is kept no longer: what was stored is in payloads."""
    run.outcome, run.finished_at, run.error, run.content = outcome, clock.now(), error[:4000], None


def _refuse(run: ImportRun, error: DomainError) -> None:
    """Nothing of the step was kept. The run's own figures are as they were before it."""
    run.refresh_from_db()
    faults = list(getattr(error, "faults", ()))
    run.faults = [fault._asdict() for fault in faults[:MAX_LISTED_FAULTS]]
    run.fault_count = getattr(error, "total", len(faults))
    finish(run, Outcome.REFUSED, str(error))
    if run.feed_id is not None:
        _later(run.feed_id, f"{error.code}: {error}")


def _put_off(run: ImportRun, error: SourceUnreachable) -> None:
    run.refresh_from_db()
    finish(run, Outcome.UNREACHABLE, str(error))
    if run.feed_id is not None:
        _later(run.feed_id, str(error), error.retry_after_seconds)


def _later(feed_id: int, error: str, retry_after_seconds: int | None = None) -> None:
    """After one failure a minute, after each further one twice as long up to an hour, and never before the source
    wants to be asked again."""
    state = FeedState.objects.select_for_update().get(pk=feed_id)
    wait = min(SHORTEST_WAIT * 2 ** min(state.failures, 10), LONGEST_WAIT)
    if retry_after_seconds is not None:
        wait = max(wait, timedelta(seconds=retry_after_seconds))
    state.failures += 1
    state.last_error = error[:4000]
    state.next_at = clock.now() + wait
    state.save()


# Pulling --------------------------------------------------------------------------------------------------


def settings_of(feed: Feed) -> tuple[PullAdapter, Settings]:
    """A feed's adapter and settings. Raises FieldRefused for settings that do not fit the adapter any more."""
    adapter = PULL_ADAPTERS.get(feed.adapter)
    if adapter is None:
        raise FieldRefused(f"adapter: there is no {feed.adapter!r}; there are {', '.join(PULL_ADAPTERS)}")
    try:
        return adapter, adapter.settings.model_validate(feed.settings)
    except ValidationError as error:
        raise FieldRefused(f"settings: {told(error)}") from None


def told(error: ValidationError) -> str:
    """Pydantic's findings as one line of sentences."""
    return "; ".join(
        ": ".join(filter(None, [".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, ")]))
        for one in error.errors()
    )


def _fetcher(settings_given: Settings) -> Fetcher:
    variable = getattr(settings_given, "token_variable", "")
    return Fetcher(
        internal_hosts=frozenset(settings.FETCH_INTERNAL_HOSTS),
        token=os.environ.get(variable, "") if variable else "",
        now=clock.now,
    )


def _pull(run: ImportRun) -> None:
    """Ask for the next page and keep it, or find that there is none."""
    assert run.feed_id is not None
    assert run.until is not None
    feed = Feed.objects.select_related("source").get(pk=run.feed_id)
    adapter, given = settings_of(feed)
    state = FeedState.objects.select_for_update().get(pk=feed.pk)
    fetcher = _fetcher(given)
    page = adapter.fetch(given, fetcher, state.cursor, begins_at=feed.begins_at, until=run.until)
    run.skew_seconds = fetcher.skew_seconds if fetcher.skew_seconds is not None else run.skew_seconds
    if page is not None:
        _keep_page(run, feed, state, adapter, given, page)
    if page is None or not page.more:
        now = clock.now()
        state.failures, state.last_error, state.succeeded_at = 0, "", now
        state.next_at = run.until + timedelta(seconds=feed.every_seconds)
        finish(run, Outcome.DONE)
    state.save()


def _keep_page(
    run: ImportRun, feed: Feed, state: FeedState, adapter: PullAdapter, given: Settings, page: Page
) -> None:
    policy = IntakePolicy.objects.filter(source=feed.source).first()
    content, counted, faults = kept(adapter, given, page, policy.hash_fields if policy else ())
    faults.refuse(page.name)
    parsed = reread(adapter, content)
    parsed.faults.refuse(page.name)
    known_at = clock.now()
    digest = sha256(write_json(read_json(content)["documents"])).hexdigest()
    goes_on = any(isinstance(row, IntervalRow) and row.end is None for row in parsed.rows)
    if digest == state.content_sha256 and not goes_on:
        # Nothing changed but the time: that the source still says the same is kept, and not all of it again.
        content = _same_again(content, digest)
        parsed.rows, parsed.notices = [], []
    skew = run.skew_seconds
    delivery = Delivery(
        name=f"{feed.source.code}: {page.name}"[:200],
        content=content,
        retrieved_at=known_at,
        known_at=known_at,
        parser=adapter.name,
        parser_version=adapter.version,
        origin=", ".join(dict.fromkeys(document.origin for document in page.documents))[:500],
        source_clock_at=None if skew is None else known_at + timedelta(seconds=skew),
    )
    recorded = writing.store(feed.source, adapter.kind_of(given), parsed, delivery)
    note_intake(run, recorded, page.digest(), counted)
    taken_out = Redactions.of(run.redactions)
    taken_out.add(counted)
    run.redactions = taken_out.told()
    count(run, recorded)
    run.pages += 1
    state.cursor, state.content_sha256 = dict(page.cursor), digest
    reached = page.cursor.get("until")
    run.reached_at = datetime.fromisoformat(reached) if reached else run.reached_at


def _same_again(content: bytes, digest: str) -> bytes:
    whole = read_json(content)
    whole["documents"], whole["same_as_before_sha256"] = {}, digest
    return write_json(whole)
