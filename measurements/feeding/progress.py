"""What every run notes: how a payload came in, and what became of its rows."""

from base.csvio import Faults
from measurements.deliveries import Recorded
from measurements.models import ImportRun, Intake
from measurements.privacy import Redactions


def note_intake(run: ImportRun | None, recorded: Recorded, original_sha256: str, counted: Redactions) -> None:
    """Say of a new payload what its bytes were before, by their hash, and how much was taken out."""
    if not recorded.replayed:
        Intake.objects.create(
            payload=recorded.payload,
            run=run,
            original_sha256=original_sha256,
            redacted=counted.told()["redacted"],
            redacted_count=counted.total,
            dropped=counted.told()["dropped"],
        )


def count(run: ImportRun, recorded: Recorded) -> None:
    """Add what became of some rows to the run's figures; a payload that was there counts as repeated."""
    rows = recorded.accepted + recorded.repeated + recorded.listed
    run.row_count += rows
    run.accepted += recorded.accepted
    run.superseding += recorded.superseding
    run.repeated += recorded.repeated
    run.listed += recorded.listed


def faults_of(run: ImportRun) -> Faults:
    """The run's faults as they were told."""
    found = Faults()
    for fault in run.faults:
        found.add(fault["row"], fault["column"], fault["reason"])
    found.total = run.fault_count
    return found
