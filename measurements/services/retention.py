"""Sealing of months that will not change any more, so that the owner of the tables may drop them later; and removal
of the bytes of payloads past their retention."""

from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models.functions import Length

from audit.record import current_actor, record
from base.access import require_role
from measurements.errors import FieldRefused
from measurements.models import IntakePolicy, MonthSeal, Payload, PayloadRemoval, Source
from measurements.needs import begins_of, open_windows

SEALERS = REMOVERS = ("administrator",)
MOST_AT_ONCE = 500


@transaction.atomic
def seal_month(*, table: str, month_on: date, sealed_at: datetime) -> MonthSeal:
    """Record how many rows a month of a partitioned table holds, and one SHA-256 over all of them.

    ``month_on`` is the first day of a month that is over at ``sealed_at``, in UTC. Late data may still come; the
    month is then sealed again. Nothing is dropped here: the owner does that by ``measurements_drop_month``, which
    refuses a month whose newest seal does not fit, or that a source still keeps. Raises FieldRefused, NotAllowed.
    """
    user = current_actor().user
    if user.is_person:
        require_role(*SEALERS)
    if table not in MonthSeal.Table.values:
        raise FieldRefused(f"table: {table!r} has no months; {' or '.join(MonthSeal.Table.values)} have")
    if month_on.day != 1 or sealed_at.tzinfo is None or sealed_at.date() < _after(month_on):
        raise FieldRefused(
            f"month_on: {month_on} is not the first day of a month that is over at {sealed_at.isoformat()}"
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"public.{table}_{month_on:%Y_%m}"])
        if cursor.fetchone() == (None,):
            raise FieldRefused(f"month_on: nothing is kept of {month_on:%Y-%m} in {table}")
        cursor.execute("SELECT row_count, sha256 FROM measurements_month_digest(%s, %s)", [table, month_on])
        row_count, digest = cursor.fetchone()
    seal = MonthSeal.objects.create(
        table=table,
        month_on=month_on,
        row_count=row_count,
        sha256=digest,
        sealed_at=sealed_at,
        sealed_by=user,
    )
    record(
        "month.seal",
        seal,
        after={"table": table, "month_on": month_on, "row_count": row_count, "sha256": digest},
    )
    return seal


def _after(month_on: date) -> date:
    return date(month_on.year + month_on.month // 12, month_on.month % 12 + 1, 1)


@transaction.atomic
def remove_payloads(*, source: Source, removed_at: datetime) -> list[PayloadRemoval]:
    """Remove the bytes of the source's payloads whose retention is over at ``removed_at``, the oldest first.

    Retention counts from ``retrieved_at``. A payload stays while it tells of any time in a window that is open: a
    result that is not final, a claim or a dispute that has not ended, an exclusion that nobody decided. Its hash,
    origin, moments, parser and counts stay for good, and so does what was read from it. At most MOST_AT_ONCE payloads
    go at once. Raises FieldRefused, NotAllowed.
    """
    user = current_actor().user
    if user.is_person:
        require_role(*REMOVERS)
    if removed_at.tzinfo is None:
        raise FieldRefused("removed_at: has no offset; an instant of UTC is expected")
    policy = IntakePolicy.objects.select_for_update(of=("self",)).filter(source=source).first()
    if policy is None or policy.payload_days is None:
        return []
    over = removed_at - timedelta(days=policy.payload_days)
    past = Payload.objects.filter(source=source, removal=None, retrieved_at__lte=over).defer("content")
    rows = list(past.annotate(byte_count=Length("content")).order_by("retrieved_at", "pk"))
    windows, begins = open_windows(source), begins_of([row.pk for row in rows])
    found = []
    for row in rows:
        begin = begins.get(row.pk)
        # Nothing is known before it happened: what a payload tells of ends where its knowledge does.
        if begin is not None and any(begin < end and start <= row.known_at for start, end in windows):
            continue
        found.append(_remove(row, policy.payload_days, removed_at, row.byte_count))
        if len(found) == MOST_AT_ONCE:
            break
    return found


def _remove(row: Payload, days: int, removed_at: datetime, byte_count: int) -> PayloadRemoval:
    removal = PayloadRemoval.objects.create(
        payload=row,
        removed_at=removed_at,
        retention_days=days,
        byte_count=byte_count,
        removed_by=current_actor().user,
    )
    after = {"sha256": row.sha256, "bytes": byte_count, "retention_days": days, "removed_at": removed_at}
    record("payload.remove", row, after=after)
    return removal
