"""Exporting to other systems, and loading what they said. Each function is one act.

Exporting twice changes nothing: what was exported to a system is not exported to it again, and a batch keeps its
files byte for byte.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from audit.record import record
from base.access import require_role
from base.dberrors import named_errors
from base.models import User
from contracts.models import LegalEntity
from credits.exports.errors import (
    BY_CONSTRAINT,
    ExportRefused,
    NothingToExport,
    ProfileRefused,
)
from credits.exports.formats import Format, format_of
from credits.exports.gathering import journals_of, notes_of, opened_before, rates_for
from credits.exports.models import (
    ExportBatch,
    ExportFile,
    ExportLine,
    ExportProfile,
    Target,
)
from credits.exports.reading import reconcile
from credits.exports.reports import alone, load_import_report
from credits.exports.values import Context, Journal, Note, Written, money_text
from credits.models import CreditMemo, JournalEntry, MemoStep
from reckoning.canonical import canonical_json, sha256_hex

BATCH = 2000


@dataclass(frozen=True)
class Prepared:
    """What exporting a period would write. Nothing was written."""

    items: tuple[Any, ...]
    left_out: tuple[tuple[str, str], ...]
    profile: ExportProfile | None
    context: Context
    format: Format
    attempts: Mapping[str, int]


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def set_export_profile(
    legal_entity: LegalEntity,
    *,
    target: str,
    options: Mapping[str, str],
    accounts: Mapping[str, str],
    reason: str,
) -> ExportProfile:
    """Say which accounts and settings a company has in another system; batches that are there keep theirs.

    What is not given has the format's own value. The same again adds nothing. Raises ProfileRefused, NotAllowed
    (finance sets profiles).
    """
    actor = require_role("finance")
    known = _format(target)
    if not reason.strip():
        raise ProfileRefused("reason: is empty; say why, an auditor will ask")
    if unknown := sorted(set(options) - set(known.options)):
        raise ProfileRefused(f"options: {unknown[0]} is none of {', '.join(known.options) or 'nothing'}")
    given = {name: str(value).strip() for name, value in options.items()}
    named = {name.strip(): str(value).strip() for name, value in accounts.items() if str(value).strip()}
    known.check(_options(known, given), {**known.accounts, **named})
    alone(legal_entity, target)
    last = last_profile(legal_entity, target)
    if last is not None and (last.options, last.accounts) == (given, named):
        return last
    profile = ExportProfile.objects.create(
        legal_entity=legal_entity,
        target=target,
        number=last.number + 1 if last else 1,
        options=given,
        accounts=named,
        reason=reason,
        set_by=actor,
    )
    before = {"options": last.options, "accounts": last.accounts} if last else None
    record(
        "export_profile.set",
        profile,
        before=before,
        after={"options": given, "accounts": named},
        reason=reason,
    )
    return profile


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def export_batch(
    legal_entity: LegalEntity, *, target: str, from_on: date, until_on: date, exported_at: datetime
) -> ExportBatch:
    """Export what is effective in [from_on, until_on) and was not exported to ``target`` yet, as one batch.

    Where everything was exported already the last batch that holds some of it is given back, and nothing is
    written. Raises NothingToExport where there was never anything, ProfileRefused where an account lacks,
    ExportRefused for a period that is empty, NotAllowed (finance exports).
    """
    actor = require_role("finance")
    known = _format(target)
    alone(legal_entity, target)
    prepared = prepare(legal_entity, known, from_on, until_on, exported_at)
    if not prepared.items:
        there = _last_batch_of(legal_entity, target, from_on, until_on)
        if there is not None:
            return there
        raise NothingToExport(_nothing(prepared))
    return _write(legal_entity, prepared, actor)


@named_errors(BY_CONSTRAINT)
@transaction.atomic
def export_rejected(batch: ExportBatch, *, exported_at: datetime, reason: str) -> ExportBatch:
    """Export again what the other side rejected of a batch, under the same external ids, with today's profile.

    Raises NothingToExport where nothing is rejected or it was exported again already, NotAllowed.
    """
    actor = require_role("finance")
    if not reason.strip():
        raise ExportRefused("reason: is empty; say what was mended")
    alone(batch.legal_entity, batch.target)
    rejected = {line.external_id for line in reconcile(batch).lines if line.state == "rejected"}
    own = {line.external_id: line for line in batch.lines.filter(external_id__in=rejected)}
    later = set(
        ExportLine.objects.filter(
            target=batch.target, external_id__in=own, batch__pk__gt=batch.pk
        ).values_list("external_id", flat=True)
    )
    again = {key: line for key, line in own.items() if key not in later}
    if not again:
        raise NothingToExport(f"batch: nothing of {batch} is rejected and not exported again yet")
    prepared = prepare(
        batch.legal_entity,
        _format(batch.target),
        batch.from_on,
        batch.until_on,
        exported_at,
        again={key: line.attempt + 1 for key, line in again.items()},
    )
    if not prepared.items:
        raise NothingToExport(_nothing(prepared))
    return _write(batch.legal_entity, prepared, actor, corrects=batch, reason=reason)


# Looks -----------------------------------------------------------------------------------------------------


def prepare(
    legal_entity: LegalEntity,
    known: Format,
    from_on: date,
    until_on: date,
    exported_at: datetime,
    again: Mapping[str, int] | None = None,
) -> Prepared:
    """What exporting would write and what it would leave out, with the reasons. Writes nothing."""
    if until_on <= from_on:
        raise ExportRefused(f"until_on: {until_on} is not after from_on {from_on}; it is the first day after")
    profile = last_profile(legal_entity, known.target)
    items = _items(legal_entity, known, from_on, until_on, again is None)
    if again is not None:
        items = [item for item in items if known.external_id(item) in again]
    journals = [item for item in items if isinstance(item, Journal)]
    last = (
        ExportBatch.objects.filter(legal_entity=legal_entity, target=known.target).order_by("number").last()
    )
    context = Context(
        entity_code=legal_entity.code,
        entity_name=legal_entity.name,
        functional_currency=legal_entity.functional_currency,
        from_on=from_on,
        until_on=until_on,
        number=last.number + 1 if last else 1,
        exported_at=exported_at,
        options=_options(known, profile.options if profile else {}),
        accounts={**known.accounts, **(profile.accounts if profile else {})},
        rates=rates_for(journals, legal_entity.functional_currency),
        opened_before=opened_before(legal_entity, known.target) if journals else frozenset(),
    )
    known.check(context.options, context.accounts)
    refusals = [(item, known.refusal(item, context)) for item in items]
    return Prepared(
        items=tuple(item for item, refusal in refusals if not refusal),
        left_out=tuple((known.external_id(item), refusal) for item, refusal in refusals if refusal),
        profile=profile,
        context=context,
        format=known,
        attempts=again or {},
    )


def last_profile(legal_entity: LegalEntity, target: str) -> ExportProfile | None:
    """The profile that counts; none where the format's own values do."""
    rows = ExportProfile.objects.filter(legal_entity=legal_entity, target=target)
    return rows.order_by("-number").first()


# Below the acts --------------------------------------------------------------------------------------------


def _format(target: str) -> Format:
    if target not in Target.values:
        raise ExportRefused(f"target: {target!r} is none of {', '.join(Target.values)}")
    return format_of(target)


def _options(known: Format, given: Mapping[str, str]) -> dict[str, str]:
    return {name: given.get(name, default) for name, (_, default) in known.options.items()}


def _items(
    legal_entity: LegalEntity, known: Format, from_on: date, until_on: date, only_new: bool
) -> list[Any]:
    if known.of_notes:
        issued = MemoStep.objects.filter(
            memo=OuterRef("pk"),
            state=CreditMemo.State.ISSUED,
            taken_on__gte=from_on,
            taken_on__lt=until_on,
        )
        memos: QuerySet[CreditMemo] = CreditMemo.objects.filter(Exists(issued), legal_entity=legal_entity)
        if only_new:
            memos = memos.filter(~Exists(ExportLine.objects.filter(target=known.target, memo=OuterRef("pk"))))
        return list(notes_of(memos, until_on))
    entries = JournalEntry.objects.filter(
        legal_entity=legal_entity, effective_on__gte=from_on, effective_on__lt=until_on
    )
    found = journals_of(entries)
    if not only_new:
        return list(found)
    done = set(
        ExportLine.objects.filter(target=known.target, entry__in=entries).values_list("entry_id", "currency")
    )
    return [one for one in found if (one.entry_id, one.currency) not in done]


def _last_batch_of(
    legal_entity: LegalEntity, target: str, from_on: date, until_on: date
) -> ExportBatch | None:
    rows = ExportBatch.objects.filter(
        legal_entity=legal_entity,
        target=target,
        lines__effective_on__gte=from_on,
        lines__effective_on__lt=until_on,
    )
    return rows.order_by("number").last()


def _nothing(prepared: Prepared) -> str:
    if not prepared.left_out:
        return "period: nothing is effective in it"
    external_id, refusal = prepared.left_out[0]
    more = f", and {len(prepared.left_out) - 1} more" if len(prepared.left_out) > 1 else ""
    return f"period: nothing of it can be exported: {external_id}: {refusal}{more}"


def _write(
    legal_entity: LegalEntity,
    prepared: Prepared,
    actor: User,
    *,
    corrects: ExportBatch | None = None,
    reason: str = "",
) -> ExportBatch:
    known, context = prepared.format, prepared.context
    files = known.write(prepared.items, context)
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for item in prepared.items:
        totals[item.currency] += item.amount
    batch = ExportBatch.objects.create(
        legal_entity=legal_entity,
        target=known.target,
        number=context.number,
        from_on=context.from_on,
        until_on=context.until_on,
        profile=prepared.profile,
        corrects=corrects,
        line_count=len(prepared.items),
        file_count=len(files),
        totals={currency: money_text(total, currency) for currency, total in sorted(totals.items())},
        left_out=[list(one) for one in prepared.left_out],
        content_sha256=content_sha256(files),
        exported_by=actor,
        exported_at=context.exported_at,
    )
    ExportFile.objects.bulk_create(
        ExportFile(
            batch=batch,
            number=number,
            name=file.name,
            media_type=file.media_type,
            row_count=file.row_count,
            content=file.content,
            sha256=sha256_hex(file.content),
        )
        for number, file in enumerate(files, start=1)
    )
    ExportLine.objects.bulk_create(
        (_line(batch, known, item, prepared.attempts) for item in prepared.items), batch_size=BATCH
    )
    record(
        "export_batch.export",
        batch,
        after={
            "target": batch.target,
            "from_on": batch.from_on,
            "until_on": batch.until_on,
            "lines": batch.line_count,
            "left_out": len(batch.left_out),
            "totals": batch.totals,
            "content_sha256": batch.content_sha256,
            "corrects": str(corrects) if corrects else None,
        },
        reason=reason,
    )
    return batch


def content_sha256(files: Sequence[Written]) -> str:
    """One hash for a batch: of the names and hashes of its files, in their order."""
    return sha256_hex(canonical_json([[file.name, sha256_hex(file.content)] for file in files]))


def _line(batch: ExportBatch, known: Format, item: Journal | Note, attempts: Mapping[str, int]) -> ExportLine:
    external_id = known.external_id(item)
    return ExportLine(
        batch=batch,
        target=batch.target,
        external_id=external_id,
        attempt=attempts.get(external_id, 1),
        entry_id=item.entry_id if isinstance(item, Journal) else None,
        memo_id=item.memo_id if isinstance(item, Note) else None,
        effective_on=item.issued_on if isinstance(item, Note) else item.effective_on,
        currency=item.currency,
        amount=item.amount,
    )


__all__ = ["export_batch", "export_rejected", "load_import_report", "set_export_profile"]
