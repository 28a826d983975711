"""What is asked of a source and how often, who may push to it, what of it is personal; and imports that are begun."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from pydantic import ValidationError

from audit.record import record
from base.access import require_role
from base.api.models import Token
from base.csvio import Faults
from measurements.adapters.pulls import PULL_ADAPTERS
from measurements.adapters.seam import Settings
from measurements.deliveries import IMPORTERS, require_importer
from measurements.errors import FieldRefused, KnowledgeGoesBack, QueueIsLong, WrongShape
from measurements.feeding import files
from measurements.feeding.mapping import Mapping, apply
from measurements.feeding.runs import ask_for_step, importing_job, told
from measurements.feeding.sheets import Grid, read_kept
from measurements.models import (
    Feed,
    FeedState,
    ImportRun,
    IntakePolicy,
    PushGrant,
    Source,
    UploadDraft,
    UploadMapping,
)
from measurements.privacy import Redactions
from measurements.services.fields import check_fields
from measurements.services.sources import KEEPERS

DRAFTS_LAST = timedelta(days=1)


@transaction.atomic
def set_feed(
    *,
    source: Source,
    adapter: str,
    settings: AnyMapping[str, Any],
    begins_at: datetime,
    every_seconds: int = 300,
    enabled: bool = True,
) -> Feed:
    """Have a source asked by an adapter, or change how. How far it has come stays, unless the adapter changes.

    Raises FieldRefused, WrongShape, NotAllowed.
    """
    actor = require_role(*KEEPERS)
    source = Source.objects.select_for_update(of=("self",)).get(pk=source.pk)
    given = _checked_settings(source, adapter, settings)
    if begins_at.tzinfo is None:
        raise FieldRefused(f"begins_at: {begins_at.isoformat()} has no time zone; give an aware instant")
    feed = Feed.objects.filter(source=source).first() or Feed(source=source)
    before = _feed_told(feed) if feed.pk else None
    anew = feed.adapter != adapter
    feed.adapter, feed.settings = adapter, given.model_dump(mode="json")
    feed.begins_at, feed.every_seconds, feed.enabled = begins_at, every_seconds, enabled
    check_fields(feed)
    feed._history_user = actor  # type: ignore[attr-defined]  # read by django-simple-history
    feed.save()
    if anew:
        FeedState.objects.update_or_create(
            feed=feed,
            defaults={"cursor": {}, "content_sha256": "", "next_at": None, "failures": 0, "last_error": ""},
        )
    record("feed.set", feed, before=before, after=_feed_told(feed))
    return feed


def _checked_settings(source: Source, adapter: str, settings: AnyMapping[str, Any]) -> Settings:
    found = PULL_ADAPTERS.get(adapter)
    if found is None:
        raise FieldRefused(f"adapter: there is no {adapter!r}; there are {', '.join(PULL_ADAPTERS)}")
    try:
        given = found.settings.model_validate(dict(settings))
    except ValidationError as error:
        raise FieldRefused(f"settings: {told(error)}") from None
    kind = found.kind_of(given)
    if source.shape != kind.value:
        raise WrongShape(
            f"source: {source.code} reports {source.get_shape_display().lower()}, and {found.label} with these "
            f"settings brings {Source.Shape(kind.value).label.lower()}; choose another source or other settings"
        )
    width = getattr(given, "width", None)
    if width is not None and width != source.width_seconds:
        raise FieldRefused(
            f"settings: the width is {width} s, and that of {source.code} {source.width_seconds} s"
        )
    return given


def _feed_told(feed: Feed) -> dict[str, Any]:
    return {
        "source": feed.source.code,
        "adapter": feed.adapter,
        "settings": feed.settings,
        "begins_at": feed.begins_at,
        "every_seconds": feed.every_seconds,
        "enabled": feed.enabled,
    }


@transaction.atomic
def pull(*, feed: Feed, requested_at: datetime) -> ImportRun:
    """Begin to ask a feed's source for everything up to ``requested_at``; the run that is under way, if one is.

    Raises NotAllowed.
    """
    require_importer()
    state = FeedState.objects.select_for_update().get(pk=feed.pk)
    running = ImportRun.objects.filter(feed=feed, finished_at=None).first()
    if running is not None:
        ask_for_step(running)
        return running
    run = ImportRun.objects.create(
        source=feed.source,
        feed=feed,
        entrance=ImportRun.Entrance.PULL,
        form=feed.adapter,
        name=f"{feed.source.code} until {requested_at:%Y-%m-%dT%H:%M:%SZ}",
        # A source is asked by the job account, whoever pressed the button: nobody chose what it answers.
        requested_by=importing_job(),
        requested_at=requested_at,
        until=requested_at,
    )
    state.next_at = None
    state.save(update_fields=["next_at"])
    record(
        "import.begin",
        run,
        after={"source": feed.source.code, "adapter": feed.adapter, "until": requested_at},
    )
    ask_for_step(run)
    return run


@transaction.atomic
def set_intake_policy(
    *, source: Source, hash_fields: Sequence[str] = (), payload_days: int | None = None
) -> IntakePolicy:
    """Say which fields of a source hold ids of customers, and how many days the bytes of its payloads are kept (None:
    for ever). Raises FieldRefused, NotAllowed.
    """
    actor = require_role(*KEEPERS)
    policy = IntakePolicy.objects.filter(source=source).first() or IntakePolicy(source=source)
    before = {"hash_fields": policy.hash_fields, "payload_days": policy.payload_days} if policy.pk else None
    policy.hash_fields, policy.payload_days = sorted(set(hash_fields)), payload_days
    check_fields(policy)
    policy._history_user = actor  # type: ignore[attr-defined]  # read by django-simple-history
    policy.save()
    record(
        "intake_policy.set",
        policy,
        before=before,
        after={"source": source.code, "hash_fields": policy.hash_fields, "payload_days": payload_days},
    )
    return policy


@transaction.atomic
def grant_push(*, token: Token, source: Source, granted_at: datetime) -> PushGrant:
    """Let a token push to a source, and to no source that it has no grant for. The same again is free.

    Raises FieldRefused, NotAllowed.
    """
    actor = require_role("administrator")
    if "write:observations" not in token.scopes:
        raise FieldRefused("token: lacks the scope write:observations; make one that has it")
    there = PushGrant.objects.filter(token=token, source=source).first()
    if there is not None:
        return there
    grant = PushGrant.objects.create(token=token, source=source, granted_by=actor, granted_at=granted_at)
    record("push.grant", grant, after={"token": token.prefix, "source": source.code})
    return grant


@transaction.atomic
def draft_upload(*, source: Source, form: str, name: str, grid: Grid, uploaded_at: datetime) -> UploadDraft:
    """Keep an uploaded table, redacted, until it is imported or a day has gone.

    Raises FieldRefused, NotAllowed.
    """
    actor = require_role(*IMPORTERS)
    _form_for(form, source)
    UploadDraft.objects.filter(uploaded_at__lt=uploaded_at - DRAFTS_LAST).delete()
    draft = UploadDraft.objects.create(
        source=source,
        form=form,
        name=name[:200],
        original_sha256=grid.original_sha256,
        cells=grid.as_csv(),
        redactions=grid.redactions.told(),
        uploaded_by=actor,
        uploaded_at=uploaded_at,
    )
    after = {"source": source.code, "form": form, "rows": len(grid.rows), **grid.redactions.told()}
    record("upload.look", draft, after=after)
    return draft


@transaction.atomic
def import_draft(
    *,
    draft: UploadDraft,
    mapping: Mapping,
    known_at: datetime,
    requested_at: datetime,
    covers_until: datetime | None = None,
) -> ImportRun:
    """Begin to import a draft by a mapping, which is remembered for the source's next file of that form.

    Every fault is found before the first row is kept. Raises ImportRefused, RowsConflict, FieldRefused, WrongShape,
    KnowledgeGoesBack, NotAllowed.
    """
    actor = require_role(*IMPORTERS)
    form = _form_for(draft.form, draft.source)
    content = mapped_content(draft, form, mapping)
    _check_order(Source.objects.select_for_update(of=("self",)).get(pk=draft.source_id), known_at)
    _refuse_faults(form, draft.source, draft.name, content, known_at, covers_until)
    remembered = UploadMapping.objects.filter(source=draft.source, form=form.name).first() or UploadMapping(
        source=draft.source, form=form.name
    )
    remembered.mapping = mapping.model_dump(mode="json")
    remembered._history_user = actor  # type: ignore[attr-defined]  # read by django-simple-history
    remembered.save()
    unmapped = [
        name for name in read_kept(bytes(draft.cells)).headers if name not in mapping.columns.values()
    ]
    counted = Redactions.of(draft.redactions)
    counted.dropped.update(unmapped)
    run = _begin(
        ImportRun.Entrance.UPLOAD,
        draft.source,
        form,
        draft.name,
        content,
        requested_at=requested_at,
        known_at=known_at,
        covers_until=covers_until,
        original_sha256=draft.original_sha256,
        redactions=counted.told(),
    )
    draft.delete()
    return run


@transaction.atomic
def push(
    *,
    source: Source,
    form: str,
    name: str,
    content: bytes,
    requested_at: datetime,
    known_at: datetime,
    queue_limit: int,
    covers_until: datetime | None = None,
    original_sha256: str = "",
    redactions: AnyMapping[str, Any] | None = None,
) -> ImportRun:
    """Take a pushed batch, as the CSV of its form, to be stored by a worker.

    Raises QueueIsLong where as many batches of the source wait as may, ImportRefused, RowsConflict, FieldRefused,
    WrongShape, NotAllowed.
    """
    require_role(*IMPORTERS)
    source = Source.objects.select_for_update(of=("self",)).get(pk=source.pk)
    found = _form_for(form, source)
    waiting = ImportRun.objects.filter(source=source, entrance="push", finished_at=None).count()
    if waiting >= queue_limit:
        raise QueueIsLong(
            f"source: {waiting} batches of {source.code} wait to be stored, and {queue_limit} may; send this one "
            "again later, under the same key",
            wait_seconds=min(60, 1 + waiting),
        )
    _check_order(source, known_at)
    _refuse_faults(found, source, name, content, known_at, covers_until)
    return _begin(
        ImportRun.Entrance.PUSH,
        source,
        found,
        name,
        content,
        requested_at=requested_at,
        known_at=known_at,
        covers_until=covers_until,
        original_sha256=original_sha256,
        redactions=dict(redactions or {}),
    )


def mapped_content(draft: UploadDraft, form: files.FileForm, mapping: Mapping) -> bytes:
    """A draft's rows in the form's columns. Raises ImportRefused."""
    faults = Faults()
    content = apply(read_kept(bytes(draft.cells)), form.columns, mapping, faults)
    faults.refuse(draft.name)
    return content


def _check_order(source: Source, known_at: datetime) -> None:
    """What is sent later is known no earlier than what waits to be stored."""
    newest = ImportRun.objects.filter(source=source, finished_at=None).aggregate(at=Max("known_at"))["at"]
    if newest is not None and newest > known_at:
        raise KnowledgeGoesBack(
            f"known_at: {known_at.isoformat()} lies before {newest.isoformat()}, that of rows of {source.code} which "
            "wait to be stored; give the moment at which this became known"
        )


def _refuse_faults(
    form: files.FileForm,
    source: Source,
    name: str,
    content: bytes,
    known_at: datetime,
    covers_until: datetime | None,
) -> None:
    looked = files.check(form, source, name, content, known_at, covers_until)
    if looked.fault_count:
        faults = Faults(listed=list(looked.faults), total=looked.fault_count)
        faults.refuse(name)


def _form_for(name: str, source: Source) -> files.FileForm:
    form = files.FORMS.get(name)
    if form is None:
        raise FieldRefused(f"form: there is no {name[:40]!r}; there are {', '.join(files.FORMS)}")
    if not form.fits(source):
        raise WrongShape(
            f"source: {source.code} reports {source.get_shape_display().lower()}; {form.label.lower()} are for "
            "another source"
        )
    return form


def _begin(
    entrance: str,
    source: Source,
    form: files.FileForm,
    name: str,
    content: bytes,
    *,
    requested_at: datetime,
    known_at: datetime,
    covers_until: datetime | None,
    original_sha256: str,
    redactions: dict[str, Any],
) -> ImportRun:
    if not form.covers and covers_until is not None:
        raise FieldRefused(
            "covers_until: belongs to incidents; other rows say themselves which time they know"
        )
    run = ImportRun.objects.create(
        source=source,
        entrance=entrance,
        form=form.name,
        name=name[:200],
        requested_by=require_role(*IMPORTERS),
        requested_at=requested_at,
        known_at=known_at,
        covers_until=covers_until,
        content=content,
        original_sha256=original_sha256,
        redactions=redactions,
        row_total=content.count(b"\n") - 1,
    )
    after = {"source": source.code, "form": form.name, "entrance": entrance, "rows": run.row_total}
    record("import.begin", run, after={**after, "known_at": known_at, "covers_until": covers_until})
    ask_for_step(run)
    return run
