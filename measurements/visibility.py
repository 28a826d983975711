"""Whose measurements are whose. A source belongs to the sides of the contracts that it plays a role for, and a
vendor's own source to the vendors' side. No counterparty's login sees any: results reach it, raw data do not."""

from django.db.models import Model, Q, QuerySet

from base.access import Asking, Rows, tell_apart, visible
from contracts.models import Contract
from contracts.visibility import by_contract
from measurements.models import (
    Attribution,
    DifferenceDecision,
    DifferenceTolerance,
    Exclusion,
    ExclusionEvidence,
    Feed,
    FeedState,
    ImportRun,
    IncidentNote,
    Intake,
    IntakePolicy,
    IntervalObservation,
    ListedRow,
    MaintenanceNotice,
    Payload,
    PayloadRemoval,
    RecurringMaintenance,
    SecondsObservation,
    Source,
    SourceBinding,
    VendorFigure,
)


def _bound(direction: str) -> QuerySet[SourceBinding, int]:
    return SourceBinding.objects.filter(contract__direction=direction).values_list("source", flat=True)


def _by_source(path: str) -> Rows:
    """Rows of a source at ``path`` ("pk" for the source itself)."""
    vendors_own = Source.objects.filter(vendor__isnull=False).values("pk")
    return Rows(
        vendors=Q(**{f"{path}__in": vendors_own})
        | Q(**{f"{path}__in": _bound(Contract.Direction.PROMISED_TO_US)}),
        customers=Q(**{f"{path}__in": _bound(Contract.Direction.PROMISED_BY_US)}),
    )


_model: type[Model]
tell_apart(Source, _by_source("pk"))
tell_apart(SourceBinding, by_contract("contract"))
for _model in (Payload, IntervalObservation, SecondsObservation, VendorFigure):
    tell_apart(_model, _by_source("source"))
for _model in (ListedRow, Intake, PayloadRemoval):
    tell_apart(_model, _by_source("payload__source"))
for _model in (Feed, IntakePolicy, ImportRun, MaintenanceNotice):
    tell_apart(_model, _by_source("source"))
tell_apart(FeedState, _by_source("feed__source"))
for _model in (Attribution, IncidentNote):
    tell_apart(_model, _by_source("source"))
for _model in (Exclusion, RecurringMaintenance, DifferenceTolerance):
    tell_apart(_model, by_contract("contract"))
tell_apart(ExclusionEvidence, by_contract("exclusion__contract"))
tell_apart(DifferenceDecision, by_contract("commitment__version__contract"))


def visible_sources(user: Asking) -> QuerySet[Source]:
    """The sources that a user may see."""
    return visible(Source.objects.all(), user)


def visible_runs(user: Asking) -> QuerySet[ImportRun]:
    """The imports that a user may see, without their files."""
    return visible(ImportRun.objects.defer("content"), user)


def visible_feeds(user: Asking) -> QuerySet[Feed]:
    """What is asked of sources, as far as a user may see it."""
    return visible(Feed.objects.all(), user)


def visible_payloads(user: Asking) -> QuerySet[Payload]:
    """The files, without their bytes."""
    return visible(Payload.objects.defer("content"), user)


def visible_intervals(user: Asking) -> QuerySet[IntervalObservation]:
    """The observed intervals that a user may see."""
    return visible(IntervalObservation.objects.all(), user)


def visible_seconds(user: Asking) -> QuerySet[SecondsObservation]:
    """The observed daily seconds that a user may see."""
    return visible(SecondsObservation.objects.all(), user)


def visible_figures(user: Asking) -> QuerySet[VendorFigure]:
    """What vendors published, as far as a user may see it."""
    return visible(VendorFigure.objects.all(), user)


def visible_exclusions(user: Asking) -> QuerySet[Exclusion]:
    """The exclusions that a user may see."""
    return visible(Exclusion.objects.all(), user)


def visible_evidence(user: Asking) -> QuerySet[ExclusionEvidence]:
    """What shows that exclusions are right, without the bytes."""
    return visible(ExclusionEvidence.objects.defer("content"), user)


def visible_notes(user: Asking) -> QuerySet[IncidentNote]:
    """The notes on incidents that a user may see."""
    return visible(IncidentNote.objects.all(), user)


def visible_attributions(user: Asking) -> QuerySet[Attribution]:
    """Whose the incidents were, as far as a user may see it."""
    return visible(Attribution.objects.all(), user)


def visible_tolerances(user: Asking) -> QuerySet[DifferenceTolerance]:
    """How far sources may differ, by contract."""
    return visible(DifferenceTolerance.objects.all(), user)


def visible_differences(user: Asking) -> QuerySet[DifferenceDecision]:
    """The accepted figures that a user may see."""
    return visible(DifferenceDecision.objects.all(), user)
