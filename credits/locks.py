"""Taking turns: advisory locks of the running transaction.

Facts are only ever appended, and the application's role may not lock their rows. The keys are those of the
triggers in ``credits/sql``, so that a service and a trigger wait for each other and never for themselves.
"""

from datetime import date

from django.db import connection


def hold(what: str, key: int) -> None:
    """Be alone with one thing (a commitment, a claim, a memo) until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT credits_hold(%s, %s)", [what, key])


def hold_reference(reference: str) -> None:
    """Be alone with the reference of an entry until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('credits_reference:' || %s, 0))", [reference]
        )


def hold_period(legal_entity_id: int, day: date, *, alone: bool) -> None:
    """Share a month of a legal entity's books with whoever posts, or be alone with it to close it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT credits_lock_period(%s, %s, %s)", [legal_entity_id, day, alone])
