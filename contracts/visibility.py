"""Whose rows are whose: the vendors' side, the customers' side, and a login's own counterparty."""

from typing import Any

from django.db.models import Q, QuerySet

from base.access import Asking, Rows, tell_apart, visible
from base.models import User
from contracts.models import (
    BackTest,
    Candidate,
    Commitment,
    Conflict,
    ConflictDecision,
    ConflictSide,
    ConflictStep,
    Contract,
    ContractVersion,
    Counterparty,
    CoverageList,
    DecisionConfirmation,
    Paper,
    RenewalTerms,
)
from contracts.precedence_reading import conflicts_with_state, latest_objectives

Direction = Contract.Direction


def own_counterparty(user: User) -> QuerySet[Counterparty]:
    """The counterparty that a login belongs to, in no or one row."""
    return Counterparty.objects.filter(logins__user=user)


def by_contract(path: str = "", *, own: Q | None = None) -> Rows:
    """Rows that hang on one contract, at ``path`` from the row. ``own`` narrows what logins see of theirs.

    A login sees only the side that it stands on: a vendor's, what it promised; a customer's, what we promised it.
    """
    direction = f"{path}__direction" if path else "direction"
    counterparty = f"{path}__counterparty" if path else "counterparty"

    def owned(user: User) -> Q:
        side = Direction.PROMISED_TO_US if user.kind == User.Kind.VENDOR else Direction.PROMISED_BY_US
        mine = Q(**{direction: side, f"{counterparty}__in": own_counterparty(user)})
        return mine if own is None else mine & own

    return Rows(
        vendors=Q(**{direction: Direction.PROMISED_TO_US}),
        customers=Q(**{direction: Direction.PROMISED_BY_US}),
        own=owned,
    )


def _parties(direction: Any) -> Any:
    return Contract.objects.filter(direction=direction).values("counterparty")


SIGNED = ContractVersion.State.SIGNED

tell_apart(
    Counterparty,
    Rows(
        vendors=Q(is_vendor=True),
        customers=Q(is_customer=True),
        own=lambda user: Q(pk__in=own_counterparty(user)),
    ),
)
# A statement is a counterparty's whole account: of one on both sides, it shows either side the other.
tell_apart(
    Counterparty,
    Rows(
        vendors=Q(is_vendor=True) & ~Q(pk__in=_parties(Direction.PROMISED_BY_US)),
        customers=Q(is_customer=True) & ~Q(pk__in=_parties(Direction.PROMISED_TO_US)),
        own=lambda user: Q(pk__in=own_counterparty(user)) & ~Q(pk__in=_parties(Direction.PROMISED_TO_US)),
    ),
    kind="statement",
)
tell_apart(Contract, by_contract())
# A login sees what was signed, not what we still think about.
tell_apart(ContractVersion, by_contract("contract", own=Q(state=SIGNED)))
tell_apart(Commitment, by_contract("version__contract"))
tell_apart(RenewalTerms, by_contract("contract"))
tell_apart(Candidate, by_contract("contract"))
tell_apart(BackTest, by_contract("contract"))

tell_apart(Paper, by_contract("version__contract"))
# A customer's login reads what was published.
tell_apart(CoverageList, by_contract("contract", own=Q(publication__isnull=False)))


def answered_for(user: User, path: str = "") -> Q:
    """Of conflicts (or of what hangs on one, by ``path``): the user answers for either side today."""
    aimed = latest_objectives().filter(owner=user).values("code")
    return (
        Q(**{f"{path}first__owner": user})
        | Q(**{f"{path}second__owner": user})
        | Q(**{f"{path}objective__code__in": aimed})
    )


def _answered_for(path: str = "") -> Rows:
    """Conflicts, and what hangs on one: of those who answer for either side. No login from outside has any."""
    return Rows(own=lambda user: answered_for(user, path))


tell_apart(Conflict, _answered_for())
for _model in (ConflictSide, ConflictStep, ConflictDecision):
    tell_apart(_model, _answered_for("conflict__"))
tell_apart(DecisionConfirmation, _answered_for("decision__conflict__"))


def visible_conflicts(user: Asking) -> QuerySet[Any]:
    """The conflicts that a user may see, each as ``contracts.precedence_reading.conflicts_with_state`` has it."""
    return visible(conflicts_with_state(), user)


def visible_counterparties(user: Asking) -> QuerySet[Counterparty]:
    """The counterparties whose names a user may see."""
    return visible(Counterparty.objects.all(), user)


def statement_counterparties(user: Asking) -> QuerySet[Counterparty]:
    """The counterparties whose statements a user may see."""
    return visible(Counterparty.objects.all(), user, kind="statement")


def visible_contracts(user: Asking) -> QuerySet[Contract]:
    """The contracts that a user may see."""
    return visible(Contract.objects.all(), user)


def visible_versions(user: Asking) -> QuerySet[ContractVersion]:
    """The versions that a user may see; a counterparty's login only signed ones."""
    return visible(ContractVersion.objects.all(), user)


def visible_commitments(user: Asking) -> QuerySet[Commitment]:
    """The commitments that a user may see."""
    return visible(Commitment.objects.all(), user)


def visible_papers(user: Asking) -> QuerySet[Paper]:
    """The papers that a user may see, without their bytes."""
    return visible(Paper.objects.defer("content"), user)


def visible_coverage(user: Asking) -> QuerySet[CoverageList]:
    """The lists of what is covered that a user may see; a customer's login only published ones."""
    return visible(CoverageList.objects.all(), user)


def visible_candidates(user: Asking) -> QuerySet[Candidate]:
    """The candidates of terms that a user may see; never a counterparty's login."""
    return visible(Candidate.objects.all(), user)
