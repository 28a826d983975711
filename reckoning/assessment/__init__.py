"""Terms and facts in, an explained result out."""

from reckoning.assessment.inputs import (
    AssessmentInputs,
    DaySeconds,
    ExcludedTime,
    Fee,
    Interval,
    KnownTime,
)
from reckoning.assessment.reckon import reckon
from reckoning.assessment.result import AssessmentResult, OpenQuestion, OtherReading, Step

__all__ = [
    "AssessmentInputs",
    "AssessmentResult",
    "DaySeconds",
    "ExcludedTime",
    "Fee",
    "Interval",
    "KnownTime",
    "OpenQuestion",
    "OtherReading",
    "Step",
    "reckon",
]
