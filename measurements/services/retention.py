"""Sealing of months that will not change any more, so that the owner of the tables may drop them later."""

from datetime import date, datetime

from django.db import connection, transaction

from audit.record import current_actor, record
from base.access import require_role
from measurements.errors import FieldRefused
from measurements.models import MonthSeal

SEALERS = ("administrator",)


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
