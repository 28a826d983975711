"""What happened: sources, the raw payloads they gave, observations, exclusions, and what vendors claim.

Observations carry when they were true (``during``, or a day) and when we knew (``known_at``). A
correction is a further row that supersedes; nothing is overwritten.
"""

from measurements.models.coverage import Coverage
from measurements.models.disputes import (
    Attribution,
    DifferenceDecision,
    DifferenceTolerance,
    ExclusionEvidence,
    IncidentNote,
    RecurringMaintenance,
)
from measurements.models.events import EventObservation
from measurements.models.exclusions import Exclusion, ExclusionDecision
from measurements.models.feeds import (
    Feed,
    FeedState,
    ImportRun,
    Intake,
    IntakePolicy,
    MaintenanceNotice,
    PushGrant,
    UploadDraft,
    UploadMapping,
)
from measurements.models.observations import IntervalObservation, SecondsObservation, VendorFigure
from measurements.models.payloads import ListedRow, Payload, PayloadRemoval
from measurements.models.series import (
    BucketDay,
    BucketDaySum,
    HistogramObservation,
    MonthDrop,
    MonthSeal,
    Series,
)
from measurements.models.sources import Source, SourceBinding

__all__ = [
    "Attribution",
    "BucketDay",
    "BucketDaySum",
    "Coverage",
    "DifferenceDecision",
    "DifferenceTolerance",
    "EventObservation",
    "Exclusion",
    "ExclusionDecision",
    "ExclusionEvidence",
    "Feed",
    "FeedState",
    "HistogramObservation",
    "ImportRun",
    "IncidentNote",
    "Intake",
    "IntakePolicy",
    "IntervalObservation",
    "ListedRow",
    "MaintenanceNotice",
    "MonthDrop",
    "MonthSeal",
    "Payload",
    "PayloadRemoval",
    "PushGrant",
    "RecurringMaintenance",
    "SecondsObservation",
    "Series",
    "Source",
    "SourceBinding",
    "UploadDraft",
    "UploadMapping",
    "VendorFigure",
]
