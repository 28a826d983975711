"""What is said of a claim: each step, and whether the credit is due by it."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from reckoning.assessment.deadlines import Bound
from reckoning.assessment.result import OpenQuestion
from reckoning.canonical import instant_text

Status = Literal["in_time", "late", "too_early", "pending", "expired", "unknown"]


class Reason(NamedTuple):
    """Why a claim fails, or waits."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step: when it could be taken, when it was, and what follows."""

    name: str
    opens: Bound | None
    closes: Bound | None
    done: str | None
    status: Status
    in_time: bool | None
    forfeits: bool
    complete: bool | None = None

    def to_json_obj(self) -> dict[str, Any]:
        """Plain JSON values; `closes_on` is the last local day in time."""
        return {
            "opens_on": self.opens.day.isoformat() if self.opens else None,
            "opens_at": instant_text(self.opens.at) if self.opens else None,
            "closes_on": self.closes.day.isoformat() if self.closes else None,
            "closes_at": instant_text(self.closes.at) if self.closes else None,
            "closes_at_included": self.closes.closed if self.closes else None,
            "done": self.done,
            "status": self.status,
            "in_time": self.in_time,
            "too_early": self.status == "too_early",
            "complete": self.complete,
        }


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """Whether the credit is due by its claim. None means that it cannot be told yet.

    `in_time` regards the steps whose missing forfeits; `eligible` the conditions whose missing loses the
    credit; `due_now` both, whether every act held what it must, and whatever postpones payment.
    """

    kind: str
    in_time: bool | None
    eligible: bool | None
    due_now: bool | None
    postponed: bool | None
    steps: tuple[StepResult, ...]
    reasons: tuple[Reason, ...]
    open_questions: tuple[OpenQuestion, ...]
    not_checked: tuple[str, ...]

    @property
    def too_early(self) -> bool:
        """Whether an act came before it could count."""
        return any(step.status == "too_early" for step in self.steps)

    @property
    def last_day(self) -> date | None:
        """The last local day in time of the last step that forfeits; None where it cannot be told."""
        days = [step.closes.day for step in self.steps if step.forfeits and step.closes]
        return days[-1] if days else None

    def to_json_obj(self) -> dict[str, Any]:
        """Plain JSON values; steps by their names."""
        return {
            "kind": self.kind,
            "in_time": self.in_time,
            "too_early": self.too_early,
            "eligible": self.eligible,
            "due_now": self.due_now,
            "postponed": self.postponed,
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "steps": {step.name: step.to_json_obj() for step in self.steps},
            "reasons": [reason._asdict() for reason in self.reasons],
            "open_questions": [question._asdict() for question in self.open_questions],
            "not_checked": list(self.not_checked),
        }
