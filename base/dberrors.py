"""From the database's refusals to the application's named errors, by the name of the constraint."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError

from base.errors import DomainError


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that was broken, as the database gives it; empty where it gives none."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


def message_of(error: IntegrityError) -> str:
    """The database's own sentence, without its detail."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "message_primary", None) or str(error)


@contextmanager
def named_errors(by_constraint: Mapping[str, type[DomainError]]) -> Iterator[None]:
    """Raise the named error of a constraint in place of the database's IntegrityError.

    Stand it outside of ``transaction.atomic``, so that constraints that are deferred to the commit are named
    as well. What is not in the mapping is raised as it is.
    """
    try:
        yield
    except IntegrityError as error:
        kind = by_constraint.get(constraint_of(error))
        if kind is None:
            raise
        raise kind(message_of(error)) from error
