"""Candidates for findings about claims and their deadlines."""

from collections.abc import Iterator

from reckoning.terms.claims import ClaimByDeadline, ClaimInSteps
from reckoning.terms.linter import Finding
from reckoning.terms.linter_claims import earliest_close
from reckoning.terms.mend import REMOVED, Edit, Mend
from reckoning.terms.model import CommitmentTerms


def date_mends(commitment: CommitmentTerms, zone: str, finding: Finding) -> Iterator[Mend]:
    """Candidates for one finding about dates."""
    claim = commitment.claim
    if finding.code == "CLAIM_AFTER_DEADLINE" and isinstance(claim, ClaimByDeadline):
        yield from _final_before(claim.days)
        yield _more_time(finding.path, commitment.cut_off_days)
    if not isinstance(claim, ClaimInSteps):
        return
    step = finding.path.split(".")[2] if finding.path.count(".") > 1 else ""
    if finding.code == "CLAIM_AFTER_DEADLINE":
        number = int(finding.path.rsplit(".", 1)[-1])
        least = earliest_close(claim, commitment.window, zone, int(step), number)
        if least is not None:
            yield from _final_before(least)
        after = claim.steps[int(step)].deadlines[number].after
        if after is not None and after.unit == "days":
            yield _more_time(f"{finding.path}.after.count", commitment.cut_off_days)
    elif finding.code == "CLAIM_OPENS_AFTER_DEADLINE":
        name = claim.steps[int(step)].name
        yield Mend(
            f"Let “{name}” be open from the start.",
            "It can then be taken at once.",
            (Edit(f"claim.steps.{step}.opens", None),),
        )
    elif finding.code == "CLAIM_DEADLINE_IDLE":
        yield Mend(
            "Leave this deadline away.", "Nothing changes: it never counts.", (Edit(finding.path, REMOVED),)
        )
        other = "latest" if claim.steps[int(step)].decisive == "earliest" else "earliest"
        yield Mend(f"Let the {other} deadline count.", "", (Edit(f"claim.steps.{step}.decisive", other),))


def _final_before(days: int) -> Iterator[Mend]:
    if days > 0:
        at = days - 1
        yield Mend(
            f"Let results become final {at} {'day' if at == 1 else 'days'} after the window.",
            "The last day of the claim then lies after the result is final.",
            (Edit("cut_off_days", at),),
        )


def _more_time(path: str, cut_off_days: int) -> Mend:
    return Mend(
        f"Allow {cut_off_days + 1} days for the claim.",
        f"Results become final {cut_off_days} days after the window, so that a day is left.",
        (Edit(path, cut_off_days + 1),),
    )
