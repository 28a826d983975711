"""Claims in steps: anchors, deadlines, what is too early, who is eligible, and what must be asked (rule 19)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from reckoning.assessment.claim_result import ClaimResult
from reckoning.assessment.claims import ClaimFacts, assess_claim
from reckoning.canonical import canonical_json
from reckoning.errors import InputError
from reckoning.terms.claims import MOST, After, ClaimTerms
from reckoning.timeline import window_of

CLAIM: TypeAdapter[Any] = TypeAdapter(ClaimTerms)


def point(anchor: str, count: int | None = None, unit: str = "days", **more: Any) -> dict[str, Any]:
    if count is None:
        included = {"included": more.pop("included")} if "included" in more else {}
        return {"anchor": anchor, "by": more, **included}
    return {"anchor": anchor, "after": {"count": count, "unit": unit}, **more}


def step(name: str = "claim", *deadlines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "deadlines": list(deadlines), **more}


def found(claim: dict[str, Any], zone: str = "UTC", month: str | None = None, **facts: Any) -> ClaimResult:
    window = None
    if month:
        window = window_of("calendar_month", zone, datetime.fromisoformat(f"{month}-15").replace(tzinfo=UTC))
    terms = CLAIM.validate_python({"kind": "steps", **claim})
    return assess_claim(terms, ClaimFacts.model_validate(facts), zone=zone, window=window)


def codes(result: ClaimResult) -> list[str]:
    return [reason.code for reason in result.reasons]


def questions(result: ClaimResult) -> list[str]:
    return [question.code for question in result.open_questions]


INCIDENT_15_FEBRUARY = {
    "end of the month following": (point("incident_start", of="month", later=1), "2026-03-31"),
    "thirty days from the month's close": (point("month_end", 30), "2026-03-30"),
    "end of the second billing cycle after": (point("incident_start", of="cycle", later=2), "2026-04-30"),
}


@pytest.mark.parametrize("name", INCIDENT_15_FEBRUARY)
def test_three_deadlines_of_one_incident(name: str) -> None:
    deadline, last = INCIDENT_15_FEBRUARY[name]
    anchors = {"incident_start": "2026-02-15", "month_end": "2026-02"}
    for day, in_time in ((last, True), (f"{last[:5]}12-31", False)):
        result = found({"steps": [step("claim", deadline)]}, anchors=anchors, acts={"claim": day})
        assert (str(result.last_day), result.in_time) == (last, in_time)


@pytest.mark.parametrize(
    ("deadline", "anchors", "act", "in_time"),
    [
        (
            point("incident_start", of="cycle", later=2),
            {"incident_start": "2024-04-10"},
            "2024-06-30T23:59:59Z",
            True,
        ),
        (
            point("incident_start", of="cycle", later=2),
            {"incident_start": "2024-04-10"},
            "2024-07-01T00:00:00Z",
            False,
        ),
        (point("incident_start", of="month", later=1), {"incident_start": "2024-03-06"}, "2024-04-30", True),
        (point("incident_start", of="month", later=1), {"incident_start": "2024-03-06"}, "2024-05-01", False),
        (point("window_end", 30), {"window_end": "2024-03-31"}, "2024-04-30", True),
        (point("window_end", 30), {"window_end": "2024-Q1"}, "2024-05-01", False),
        (point("window_end", 60), {"window_end": "2024-04"}, "2024-06-29", True),
        (point("window_end", 60), {"window_end": "2024-05-01T00:00:00Z"}, "2024-06-30", False),
        (point("cycle_end", 3, "months"), {"cycle_end": "2024-05-01T00:00:00"}, "2024-07-31T12:00:00", True),
        (point("cycle_end", 3, "months"), {"cycle_end": "2024-05-01T00:00:00"}, "2024-08-01T00:00:00", False),
        (point("window_end", 2, "months"), {"window_end": "2023-02"}, "2023-04-30", True),
        (point("window_end", 1, "quarters"), {"window_end": "2023-Q1"}, "2023-06-30", True),
        (point("window_end", 1, "years"), {"window_end": "2023"}, "2025-01-01", False),
        (point("discovery", 2, "weeks"), {"discovery": "2024-04-01"}, "2024-04-15", True),
        (point("discovery", 1, "months"), {"discovery": "2024-01-31"}, "2024-02-29", True),
        (point("discovery", 1, "months"), {"discovery": "2024-01-31"}, "2024-03-01", False),
        (point("discovery", 21, "business_days"), {"discovery": "2024-04-30"}, "2024-05-29", True),
        (point("discovery", 21, "business_days"), {"discovery": "2024-04-30"}, "2024-05-30", False),
        (point("window_end", 3, "business_days"), {"window_end": "2024-04"}, "2024-05-03", True),
        (point("window_end", 3, "business_days"), {"window_end": "2024-04"}, "2024-05-06", False),
        (point("window_end", of="month", later=1, day=15), {"window_end": "2024-04"}, "2024-05-15", True),
        (point("window_end", of="month", later=1, day=31), {"window_end": "2024-05"}, "2024-06-30", True),
        (
            point("window_end", of="month", later=1, business_day=-1),
            {"window_end": "2024-05"},
            "2024-06-28",
            True,
        ),
        (
            point("window_end", of="month", later=1, business_day=-1),
            {"window_end": "2024-05"},
            "2024-06-29",
            False,
        ),
        (point("incident_end", of="quarter"), {"incident_end": "2024-05-02T10:00:00Z"}, "2024-06-30", True),
        (
            point("incident_end", 72, "hours"),
            {"incident_end": "2024-04-03T10:00:00Z"},
            "2024-04-06T10:00:00Z",
            True,
        ),
        (
            point("incident_end", 72, "hours"),
            {"incident_end": "2024-04-03T10:00:00Z"},
            "2024-04-06T10:00:01Z",
            False,
        ),
        (
            point("incident_end", 72, "hours", included=False),
            {"incident_end": "2024-04-03T10:00:00Z"},
            "2024-04-06T10:00:00Z",
            False,
        ),
        (point("window_end", 30, included=False), {"window_end": "2024-03-31"}, "2024-04-30", False),
        (point("window_end", 30, included=False), {"window_end": "2024-03-31"}, "2024-04-29", True),
        (point("window_end", 0), {"window_end": "2024-03-31"}, "2024-03-31", True),
    ],
)
def test_a_deadline_at_its_edge(
    deadline: dict[str, Any], anchors: dict[str, str], act: str, in_time: bool
) -> None:
    result = found({"steps": [step("claim", deadline)]}, anchors=anchors, acts={"claim": act})
    assert (result.in_time, result.due_now, questions(result)) == (in_time, in_time, [])


def test_a_day_is_that_of_the_contracts_zone() -> None:
    claim = {"steps": [step("claim", point("window_end", 30))]}
    act = {"claim": "2024-04-30T23:30:00-07:00"}
    assert found(claim, "America/Los_Angeles", "2024-03", acts=act).in_time is True
    assert found(claim, "UTC", "2024-03", acts=act).in_time is False


def test_cycles_are_those_of_the_terms() -> None:
    cycle = {"kind": "billing_cycle", "anchor_day": 15}
    claim = {"steps": [step("claim", point("incident_start", of="cycle", later=2))], "cycle": cycle}
    result = found(claim, anchors={"incident_start": "2024-04-14"}, acts={"claim": "2024-06-14"})
    assert (str(result.last_day), result.in_time) == ("2024-06-14", True)
    after = {"steps": [step("claim", point("cycle_end", 2, "cycles"))], "cycle": cycle}
    assert str(found(after, anchors={"cycle_end": "2024-04-14"}).last_day) == "2024-06-14"
    days = {**after, "cycle": {"kind": "billing_cycle", "anchor_on": "2024-01-01", "days": 28}}
    assert str(found(days, anchors={"cycle_end": "2024-01-28"}).last_day) == "2024-03-24"


class TestTooEarly:
    CLAIM = {
        "steps": [
            step(
                "claim",
                point("window_end", 2, "months"),
                opens=point("window_end", of="month", later=1, business_day=5, included=False),
            )
        ]
    }
    HOLIDAYS = ["2024-05-01", "2024-05-02", "2024-05-03"]

    @pytest.mark.parametrize(
        ("day", "status"),
        [
            ("2024-05-06", "too_early"),
            ("2024-05-10", "too_early"),
            ("2024-05-11", "in_time"),
            ("2024-06-30", "in_time"),
            ("2024-07-01", "late"),
        ],
    )
    def test_a_claim_may_come_before_its_time(self, day: str, status: str) -> None:
        result = found(self.CLAIM, month="2024-04", acts={"claim": day}, holidays=self.HOLIDAYS)
        (only,) = result.steps
        assert (only.status, result.in_time, result.too_early) == (
            status,
            status == "in_time",
            status == "too_early",
        )
        assert str(only.opens.day) == "2024-05-11"  # type: ignore[union-attr]
        assert codes(result) == {"in_time": [], "late": ["TOO_LATE"], "too_early": ["TOO_EARLY"]}[status]

    def test_an_opening_by_the_hour(self) -> None:
        claim = {"steps": [step("claim", opens=point("report", 4, "hours"))]}
        for clock, in_time in (("13:59:59", False), ("14:00:00", True)):
            facts = {"anchors": {"report": "2024-04-01T10:00:00Z"}, "acts": {"claim": f"2024-04-01T{clock}Z"}}
            assert found(claim, **facts).in_time is in_time


class TestSteps:
    TWO = {
        "steps": [
            step("ticket", point("awareness", 24, "hours")),
            step("claim", point("window_end", 3, "business_days"), opens=point("ticket", 0, "seconds")),
        ]
    }

    def test_both_steps_must_be_in_time(self) -> None:
        anchors = {"awareness": "2024-04-09T10:00:00Z"}
        acts = {"ticket": "2024-04-10T10:00:00Z", "claim": "2024-05-03"}
        good = found(self.TWO, month="2024-04", anchors=anchors, acts=acts)
        assert (good.in_time, [one.status for one in good.steps]) == (True, ["in_time", "in_time"])
        late = found(
            self.TWO, month="2024-04", anchors=anchors, acts={**acts, "ticket": "2024-04-10T11:00:00Z"}
        )
        assert (late.in_time, [one.status for one in late.steps]) == (False, ["late", "in_time"])
        assert late.to_json_obj()["steps"]["ticket"]["closes_at"] == "2024-04-10T10:00:00Z"

    def test_a_late_first_step_decides_although_the_second_is_not_done(self) -> None:
        acts = {"ticket": "2024-04-10T11:00:00Z"}
        result = found(self.TWO, month="2024-04", anchors={"awareness": "2024-04-09T10:00:00Z"}, acts=acts)
        assert result.in_time is False
        waiting = found(self.TWO, month="2024-04", anchors={"awareness": "2024-04-10T10:00:00Z"}, acts=acts)
        assert (waiting.in_time, waiting.steps[1].status) == (None, "pending")

    @pytest.mark.parametrize(("delay", "in_time"), [(72_000, True), (86_400, True), (86_401, False)])
    def test_a_delay_is_enough_where_its_anchor_is_not_known(self, delay: int, in_time: bool) -> None:
        steps = {"steps": [self.TWO["steps"][0], step("claim", point("window_end", 3, "business_days"))]}
        acts = {"ticket": {"after_seconds": delay}, "claim": "2024-05-03"}
        result = found(steps, month="2024-04", acts=acts)
        assert (result.in_time, questions(result)) == (in_time, [])

    def test_a_step_of_which_nothing_is_on_record_is_asked_for_when_a_later_one_is(self) -> None:
        one = {"steps": [self.TWO["steps"][0], step("claim", point("window_end", 7))]}
        result = found(one, month="2024-04", acts={"claim": "2024-05-02"})
        assert (result.in_time, questions(result)) == (None, ["ANCHOR_MISSING", "ACT_MISSING"])

    def test_a_step_counts_from_the_one_before(self) -> None:
        chain = {
            "steps": [
                step("ticket", point("window_end", 7)),
                step("answer", point("previous_step", 5, "business_days"), who="provider"),
                step("claim", point("previous_step", 10), point("ticket", 30), decisive="latest"),
            ]
        }
        acts = {"ticket": "2024-05-02", "answer": "2024-05-20", "claim": "2024-06-01"}
        result = found(chain, month="2024-04", acts=acts)
        assert [one.status for one in result.steps] == ["in_time", "late", "in_time"]
        assert result.in_time is True, "a late answer of the provider costs the customer nothing"

    @pytest.mark.parametrize(
        ("decisive", "day", "in_time"),
        [
            ("earliest", "2024-05-10", True),
            ("earliest", "2024-05-11", False),
            ("latest", "2024-05-30", True),
            ("latest", "2024-05-31", False),
        ],
    )
    def test_of_several_clocks_the_earliest_or_the_latest_decides(
        self, decisive: str, day: str, in_time: bool
    ) -> None:
        clocks = [point("window_end", 30), point("invoice", 5)]
        claim = {"steps": [step("claim", *clocks, decisive=decisive)]}
        result = found(claim, month="2024-04", anchors={"invoice": "2024-05-05"}, acts={"claim": day})
        assert result.in_time is in_time

    def test_one_clock_may_decide_although_the_other_is_not_known(self) -> None:
        clocks = [point("window_end", 30), point("invoice", 5)]
        late = {"steps": [step("claim", *clocks)]}
        assert found(late, month="2024-04", acts={"claim": "2024-06-30"}).in_time is False
        either = {"steps": [step("claim", *clocks, decisive="latest")]}
        assert found(either, month="2024-04", acts={"claim": "2024-05-30"}).in_time is True
        open_ = found(either, month="2024-04", acts={"claim": "2024-06-30"})
        assert (open_.in_time, questions(open_)) == (None, ["ANCHOR_MISSING"])

    def test_a_step_that_forfeits_nothing_is_only_told(self) -> None:
        claim = {"steps": [step("claim", point("window_end", 7), if_missed="nothing")]}
        result = found(claim, month="2024-04", acts={"claim": "2024-06-01"})
        assert (result.in_time, result.steps[0].status) == (True, "late")

    def test_a_deadline_that_has_passed_without_an_act_has_expired(self) -> None:
        claim = {"steps": [step("claim", point("window_end", 7))]}
        for day, status in (("2024-05-07", "pending"), ("2024-05-08", "expired")):
            result = found(claim, month="2024-04", as_of=day)
            assert (result.steps[0].status, result.in_time) == (
                status,
                None if status == "pending" else False,
            )

    def test_what_the_claim_must_hold(self) -> None:
        claim = {"steps": [step("claim", point("window_end", 7), contents=["dates", "request logs"])]}
        facts = {"month": "2024-04", "acts": {"claim": "2024-05-07"}}
        assert found(claim, **facts).not_checked == ("claim: contents",)
        bad = found(claim, **facts, contents={"claim": ["dates"]})
        assert (bad.in_time, bad.due_now, codes(bad)) == (True, False, ["CONTENTS"])
        assert found(claim, **facts, contents={"claim": ["request logs", "dates"]}).due_now is True


class TestOnlyADayIsKnown:
    CLAIM = {"steps": [step("claim", point("incident_end", 24, "hours"))]}

    @pytest.mark.parametrize(
        ("day", "in_time"), [("2024-04-03", True), ("2024-04-04", None), ("2024-04-05", False)]
    )
    def test_a_day_that_holds_the_deadline_leaves_it_open(self, day: str, in_time: bool | None) -> None:
        anchors = {"incident_end": "2024-04-03T10:00:00Z"}
        result = found(self.CLAIM, anchors=anchors, acts={"claim": day})
        assert (result.in_time, questions(result)) == (in_time, ["TIME_OF_DAY"] if in_time is None else [])

    def test_hours_cannot_be_counted_from_a_day(self) -> None:
        result = found(self.CLAIM, anchors={"incident_end": "2024-04-03"}, acts={"claim": "2024-04-04"})
        assert (result.in_time, questions(result)) == (None, ["TIME_OF_DAY"])


class TestEligibility:
    CONDITIONS = [
        {"name": "premier", "sentence": "The customer has Premier support."},
        {"name": "paid_up", "sentence": "The account is fully paid up.", "otherwise": "postponed"},
    ]

    @pytest.mark.parametrize(
        ("premier", "paid_up", "eligible", "due_now", "reasons"),
        [
            (True, True, True, True, []),
            (False, True, False, False, ["NOT_ELIGIBLE"]),
            (True, False, True, False, ["POSTPONED"]),
        ],
    )
    def test_a_condition_loses_or_postpones_the_credit(
        self, premier: bool, paid_up: bool, eligible: bool, due_now: bool, reasons: list[str]
    ) -> None:
        answers = {"premier": premier, "paid_up": paid_up}
        result = found({"conditions": self.CONDITIONS}, conditions=answers)
        assert (result.eligible, result.due_now, result.postponed) == (eligible, due_now, not paid_up)
        assert codes(result) == reasons

    def test_a_missing_answer_is_asked_for_and_is_never_yes(self) -> None:
        result = found({"conditions": self.CONDITIONS}, conditions={"premier": True})
        assert (result.eligible, result.due_now, questions(result)) == (True, None, ["CONDITION_UNANSWERED"])

    @pytest.mark.parametrize(
        ("due", "paid", "free"),
        [
            ("2024-05-01", None, False),
            ("2024-06-05", None, True),
            ("2024-06-04", None, False),
            ("2024-03-28", "2024-04-02", True),
            ("2024-03-20", "2024-04-02", False),
            ("2024-03-20", "2024-04-01", True),
        ],
    )
    def test_arrears_of_the_last_two_cycles(self, due: str, paid: str | None, free: bool) -> None:
        """A claim of Monday 10 June: overdue by more than three business days since 1 April."""
        claim = {
            "steps": [step("claim")],
            "arrears": {"grace_count": 3, "grace_unit": "business_days", "within_cycles": 2},
        }
        result = found(claim, acts={"claim": "2024-06-10"}, debts=[{"due_on": due, "paid_on": paid}])
        assert (result.due_now, codes(result)) == (free, [] if free else ["ARREARS"])

    def test_arrears_that_nobody_looked_up_are_asked_for(self) -> None:
        claim = {"steps": [step("claim")], "arrears": {"otherwise": "lost"}}
        result = found(claim, acts={"claim": "2024-06-10"})
        assert (result.eligible, questions(result)) == (None, ["ARREARS_UNKNOWN"])
        assert found(claim, acts={"claim": "2024-06-10"}, debts=[]).eligible is True


def test_the_older_kinds_are_reckoned_alike_and_keep_their_bytes() -> None:
    old = CLAIM.validate_python({"kind": "by_deadline", "days": 30})
    assert (
        canonical_json(old.model_dump())
        == b'{"anchor":"window_end","days":30,"form":null,"kind":"by_deadline"}'
    )
    window = window_of("calendar_quarter", "UTC", datetime(2024, 1, 1, tzinfo=UTC))
    result = assess_claim(old, None, zone="UTC", window=window)
    assert (str(result.last_day), result.in_time, result.open_questions) == ("2024-04-30", None, ())
    automatic = CLAIM.validate_python({"kind": "automatic"})
    assert assess_claim(automatic, None, zone="UTC").due_now is True
    assert canonical_json(automatic.model_dump()) == b'{"kind":"automatic"}'


def test_facts_that_name_an_unknown_step_or_condition_are_refused() -> None:
    with pytest.raises(InputError, match=r"acts\.clame.*there are claim"):
        found({"steps": [step("claim")]}, acts={"clame": "2024-01-01"})
    with pytest.raises(InputError, match=r"conditions\.gold.*none"):
        found({"steps": [step("claim")]}, conditions={"gold": True})


def test_a_period_is_no_point_in_time() -> None:
    with pytest.raises(InputError, match="whole period"):
        found({"steps": [step("claim", point("discovery", 7))]}, anchors={"discovery": "2024-04"})


@pytest.mark.parametrize(
    "text", ["soon", "2024-13-01", "2024-02-30", "2024-01-01T25:00:00Z", "2024-Q5", "24-01-01", ""]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="is no moment"):
        ClaimFacts(anchors={"report": text})


@pytest.mark.parametrize(
    ("unit", "count"), [("years", 10), ("days", 3660), ("hours", 100_000), ("business_days", 999)]
)
def test_a_deadline_beyond_the_calendar_is_a_named_error(unit: str, count: int) -> None:
    with pytest.raises(InputError, match="calendar"):
        found(
            {"steps": [step("claim", point("report", count, unit))]},
            anchors={"report": "9998-01-01T00:00:00Z"},
        )


@pytest.mark.parametrize("unit", MOST)
def test_a_count_that_nobody_waits_for_is_refused(unit: str) -> None:
    assert After.model_validate({"count": MOST[unit], "unit": unit})
    with pytest.raises(ValidationError, match=r"too many|less than"):
        After.model_validate({"count": MOST[unit] + 1, "unit": unit})


@pytest.mark.parametrize(
    ("claim", "path"),
    [
        ({"steps": [step("a"), step("a")]}, "steps.1.name"),
        ({"steps": [step("a", point("previous_step", 1))]}, "steps.0.deadlines.0.anchor"),
        ({"steps": [step("a", opens=point("b", 1)), step("b")]}, "steps.0.opens.anchor"),
        ({"steps": [step("a", {"anchor": "report"})]}, "after"),
        ({"steps": [step("a", point("report", of="month", day=1, business_day=1))]}, "business_day"),
        ({"steps": [step("a", point("report", of="month", business_day=0))]}, "business_day"),
        ({"steps": [step("a", point("report", of="window", later=1))]}, "later"),
        ({"cycle": {"kind": "hour"}}, "cycle.kind"),
        ({"conditions": [{"name": "a", "sentence": "A."}] * 2}, "conditions.1.name"),
    ],
)
def test_a_claim_that_contradicts_itself_is_named_at_its_place(claim: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CLAIM.validate_python({"kind": "steps", **claim})
    assert caught.value.errors()[0]["ctx"]["at"] == path
