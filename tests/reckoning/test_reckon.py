"""The clauses of the reckoning: at, just below and just above each edge."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from reckoning.assessment import AssessmentInputs, reckon
from reckoning.assessment.result import percent_text
from reckoning.canonical import canonical_json
from reckoning.errors import InputError
from tests.reckoning.build import (
    DAY_0,
    MONTH,
    codes,
    day_rows,
    inputs,
    maintenance,
    outage,
    result,
    terms,
    weighted_terms,
)
from tests.reckoning.test_linter import row

MINUTE, HOUR, DAY, SECOND = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days", "seconds"))
MICROSECOND = timedelta(microseconds=1)


def down(length: timedelta, **more: Any) -> AssessmentInputs:
    return inputs(intervals=[outage(DAY_0 + DAY, length)], **more)


class TestTheAcceptanceVector:
    """Rule 5: one outage, three contracts, two answers."""

    facts = inputs(
        intervals=[outage(DAY_0 + 2 * DAY, 43 * MINUTE)],
        exclusions=[maintenance(DAY_0 + 10 * DAY, 240 * MINUTE)],
    )

    def test_excluded_time_counted_as_up_meets_the_promise(self) -> None:
        found = result(terms(excluded_time="counted_as_up"), self.facts)
        assert (found.outcome, found.level) == ("met", 1 - Fraction(43, 43_200))
        assert found.to_json_obj()["level"] == {"exact": "43157/43200", "percent": "99.900463"}

    def test_excluded_time_removed_from_the_base_breaks_it(self) -> None:
        found = result(terms(), self.facts)
        assert (found.outcome, found.level) == ("breach", 1 - Fraction(43, 42_960))
        assert found.to_json_obj()["level"] == {"exact": "42917/42960", "percent": "99.899907"}
        assert found.credit_amount == Decimal("100.00")

    def test_removed_and_then_rounded_to_two_places_meets_it(self) -> None:
        found = result(terms(level_rounding={"places": 2, "mode": "half_up"}), self.facts)
        assert found.outcome == "met"
        assert found.level == 1 - Fraction(43, 42_960)
        assert found.trace[9].stage == "target"
        assert found.trace[9].inputs["compared_percent"] == "99.900000"

    def test_removed_and_then_cut_off_to_two_places_breaks_it(self) -> None:
        assert result(terms(level_rounding={"places": 2, "mode": "down"}), self.facts).outcome == "breach"

    def test_each_result_shows_the_other_answer(self) -> None:
        (other,) = result(terms(), self.facts).other_readings
        assert (other.name, other.outcome) == ("excluded time: counted_as_up", "met")
        (other,) = result(terms(excluded_time="counted_as_up"), self.facts).other_readings
        assert (other.name, other.outcome) == ("excluded time: removed_from_base", "breach")
        assert other.credit_amount == Decimal("100.00")


class TestTheTarget:
    # 0.1 % of April's 43,200 minutes.
    exact = timedelta(minutes=43, seconds=12)

    @pytest.mark.parametrize(
        ("length", "inclusive", "outcome"),
        [
            (exact - MICROSECOND, True, "met"),
            (exact, True, "met"),
            (exact + MICROSECOND, True, "breach"),
            (exact - MICROSECOND, False, "met"),
            (exact, False, "breach"),
        ],
    )
    def test_a_level_of_exactly_the_target_meets_it_if_the_terms_include_it(
        self, length: timedelta, inclusive: bool, outcome: str
    ) -> None:
        agreed = terms(target_inclusive=inclusive)
        assert result(agreed, down(length)).outcome == outcome

    def test_a_target_that_no_binary_number_holds_is_compared_exactly(self) -> None:
        window = (DAY_0, DAY_0 + timedelta(seconds=1_000_000))
        agreed = terms(target_percent="99.9001", schedule__tiers=[row(None, "100", "1")])
        assert result(agreed, down(timedelta(seconds=999), window=window)).outcome == "met"
        assert result(agreed, down(timedelta(seconds=999) + MICROSECOND, window=window)).outcome == "breach"

    def test_a_met_promise_earns_zero_and_needs_no_fee(self) -> None:
        found = result(terms(), inputs(fee=None))
        assert (found.outcome, str(found.credit_amount), codes(found)) == ("met", "0.00", [])
        assert found.tier is None

    @pytest.mark.parametrize(
        ("level", "shown"),
        [
            (Fraction(999, 1000), "99.900000"),
            (Fraction(999, 1000) - Fraction(1, 10**10), "99.89999999"),
            (Fraction(999, 1000) + Fraction(1, 10**10), "99.90000001"),
            (Fraction(2, 3), "66.666667"),
            (1 - Fraction(1, 10**12), "99.9999999999"),
            (1 - Fraction(1, 10**40), "99.999999"),
            (Fraction(0), "0.000000"),
        ],
    )
    def test_a_level_that_is_not_the_target_is_never_shown_as_the_target(
        self, level: Fraction, shown: str
    ) -> None:
        assert percent_text(level) == shown


class TestTheTiers:
    @pytest.mark.parametrize(
        ("length", "tier", "credit"),
        [
            (432 * MINUTE, "[99, 99.9)", "100.00"),
            (432 * MINUTE + MICROSECOND, "(-inf, 99)", "250.00"),
            (30 * DAY, "(-inf, 99)", "250.00"),
        ],
    )
    def test_a_level_earns_what_its_tier_says(self, length: timedelta, tier: str, credit: str) -> None:
        found = result(terms(), inputs(intervals=[outage(DAY_0, length)]))
        assert (found.tier, found.credit_amount) == (tier, Decimal(credit))

    def test_a_tiny_bound_is_labelled_in_plain_notation(self) -> None:
        agreed = terms(schedule__tiers=[row("0.0000001", "99.9", "0.00000001")])
        assert result(agreed, down(DAY)).tier == "[0.0000001, 99.9)"
        assert result(agreed, down(DAY)).to_json_obj()["tier_percent"] == "0.00000001"

    def test_a_level_in_no_tier_is_an_open_question_and_never_zero(self) -> None:
        agreed = terms(schedule__tiers=[row("99", "99.9", "10", "()"), row(None, "99", "25")])
        found = result(agreed, down(432 * MINUTE))
        assert (found.outcome, found.credit_amount, codes(found)) == ("breach", None, ["NO_TIER"])
        assert result(agreed, down(432 * MINUTE - MICROSECOND)).tier == "(99, 99.9)"

    def test_a_level_in_two_tiers_is_an_open_question(self) -> None:
        agreed = terms(schedule__tiers=[row("99", "99.9", "10"), row(None, "99", "25", "[]")])
        found = result(agreed, down(432 * MINUTE))
        assert (found.credit_amount, codes(found)) == (None, ["SEVERAL_TIERS"])

    def test_a_level_on_a_bound_of_which_the_text_does_not_say_is_an_open_question(self) -> None:
        agreed = terms(schedule__tiers=[row("99", "99.9", "10", "?)"), row(None, "99", "25")])
        assert codes(result(agreed, down(432 * MINUTE))) == ["TIER_BOUND_UNSTATED"]
        assert codes(result(agreed, down(432 * MINUTE - MICROSECOND))) == []

    def test_a_listed_tier_of_zero_percent_earns_zero_without_a_fee(self) -> None:
        found = result(terms(schedule__tiers=[row(None, "99.9", "0")]), down(DAY, fee=None))
        assert (found.outcome, found.credit_amount, codes(found)) == ("breach", Decimal("0.00"), [])

    def test_the_table_alone_may_decide_also_for_a_kept_promise(self) -> None:
        tiers = [row("99", "99.9", "10", "(]"), row(None, "99", "25")]
        length = timedelta(minutes=43, seconds=12)
        withheld = result(terms(schedule__tiers=tiers), down(length))
        assert (withheld.outcome, withheld.credit_amount) == ("met", Decimal("0.00"))
        assert "(99, 99.9]" in next(step.rule for step in withheld.trace if step.stage == "tier")
        alone = terms(schedule__tiers=tiers, schedule__requires_missed_target=False)
        paid = result(alone, down(length))
        assert (paid.outcome, paid.credit_amount) == ("met", Decimal("100.00"))
        assert result(alone, down(length - SECOND)).credit_amount == Decimal("0.00")


class TestFeeCapsAndRounding:
    def test_a_missing_fee_is_an_open_question_and_never_zero(self) -> None:
        found = result(terms(), down(DAY, fee=None))
        assert (found.outcome, found.credit_amount, codes(found)) == ("breach", None, ["MISSING_FEE"])
        assert (found.tier, found.tier_percent) == ("(-inf, 99)", Decimal(25))

    def test_a_fee_in_another_currency_is_an_open_question(self) -> None:
        found = result(terms(), down(DAY, fee={"amount": "1000", "currency": "USD"}))
        assert (found.credit_amount, codes(found)) == (None, ["FEE_CURRENCY"])

    def test_a_fee_of_zero_earns_zero(self) -> None:
        found = result(terms(), down(DAY, fee={"amount": "0", "currency": "EUR"}))
        assert (found.outcome, found.credit_amount, found.fee_amount) == (
            "breach",
            Decimal("0.00"),
            Decimal("0.00"),
        )

    @pytest.mark.parametrize(
        ("cap", "credit"),
        [
            ({"kind": "percent_of_fee", "value": "25"}, "250.00"),
            ({"kind": "percent_of_fee", "value": "24.999"}, "249.99"),
            ({"kind": "days_of_fee", "value": "7.5"}, "250.00"),
            ({"kind": "days_of_fee", "value": "7"}, "233.33"),
            ({"kind": "amount", "value": "250.01"}, "250.00"),
            ({"kind": "amount", "value": "249.99"}, "249.99"),
            ({"kind": "amount", "value": "0"}, "0.00"),
        ],
    )
    def test_a_cap_holds(self, cap: dict[str, str], credit: str) -> None:
        found = result(terms(caps=[cap]), down(DAY))
        assert (found.credit_amount, found.uncapped_amount) == (Decimal(credit), 250)

    def test_the_lowest_of_several_caps_holds_wherever_it_stands(self) -> None:
        caps = [{"kind": "amount", "value": "50"}, {"kind": "amount", "value": "60"}]
        for some in (caps, caps[::-1]):
            assert result(terms(caps=some), down(DAY)).credit_amount == Decimal("50.00")

    @pytest.mark.parametrize(
        ("mode", "credit"), [("half_up", "0.03"), ("half_even", "0.02"), ("down", "0.02")]
    )
    def test_the_final_amount_alone_is_rounded_in_the_named_mode(self, mode: str, credit: str) -> None:
        agreed = terms(rounding={"mode": mode}, schedule__tiers=[row(None, "99.9", "2.5")])
        found = result(agreed, down(DAY, fee={"amount": "1.00", "currency": "EUR"}))
        assert found.uncapped_amount == Fraction(1, 40)
        assert found.credit_amount == Decimal(credit)

    def test_a_currency_without_minor_unit_gets_none(self) -> None:
        found = result(terms(currency="JPY"), down(DAY, fee={"amount": "1002", "currency": "JPY"}))
        assert str(found.credit_amount) == "251"


class TestRunsAndOrder:
    """Rule 3, and 75 s across a month's end: 30 s and 45 s, or nothing."""

    edge = MONTH[1]
    report = outage(edge - timedelta(seconds=30), timedelta(seconds=75))
    may = (edge, edge + 31 * DAY)

    @pytest.mark.parametrize(
        ("order", "april", "may"), [("merge_then_test_then_clip", 30, 45), ("clip_then_test", 0, 0)]
    )
    def test_the_order_of_testing_and_clipping_decides(self, order: str, april: int, may: int) -> None:
        agreed = terms(indicator__minimum_run_seconds=60, indicator__run_order=order)
        assert result(agreed, inputs(intervals=[self.report])).down_seconds == april
        assert result(agreed, inputs(intervals=[self.report], window=self.may)).down_seconds == may

    @pytest.mark.parametrize(
        ("length", "strict", "counted"),
        [(59, False, 0), (60, False, 60), (61, False, 61), (60, True, 0), (61, True, 61)],
    )
    def test_a_loss_of_exactly_the_minimum_counts_unless_strict(
        self, length: int, strict: bool, counted: int
    ) -> None:
        agreed = terms(indicator__minimum_run_seconds=60, indicator__minimum_run_strict=strict)
        assert result(agreed, down(timedelta(seconds=length))).down_seconds == counted

    def test_two_reports_that_touch_are_one_run_and_a_good_second_parts_them(self) -> None:
        agreed = terms(indicator__minimum_run_seconds=60)
        first = outage(DAY_0, 40 * SECOND)
        touching = outage(DAY_0 + 40 * SECOND, 40 * SECOND, "o2")
        parted = outage(DAY_0 + 41 * SECOND, 40 * SECOND, "o2")
        assert result(agreed, inputs(intervals=[first, touching])).down_seconds == 80
        assert result(agreed, inputs(intervals=[first, parted])).down_seconds == 0

    def test_an_exclusion_does_not_cut_a_run_short_before_its_length_is_tested(self) -> None:
        agreed = terms(indicator__minimum_run_seconds=60)
        facts = inputs(
            intervals=[outage(DAY_0, 80 * SECOND)],
            exclusions=[maintenance(DAY_0 + 20 * SECOND, 40 * SECOND)],
        )
        assert result(agreed, facts).down_seconds == 40

    def test_reports_that_overlap_count_once(self) -> None:
        some = [outage(DAY_0, 20 * MINUTE), outage(DAY_0 + 10 * MINUTE, 20 * MINUTE, "o2")]
        found = result(terms(target_percent="99.99"), inputs(intervals=some))
        assert found.down_seconds == 1800
        assert found.level == Fraction(1439, 1440)

    def test_only_severe_reports_of_the_named_components_count(self) -> None:
        some = [
            outage(DAY_0, HOUR, "minor", severity="minor"),
            outage(DAY_0, HOUR, "other", components=["till"]),
            outage(DAY_0, HOUR, "none", components=[]),
        ]
        assert result(terms(), inputs(intervals=some)).down_seconds == 0
        named = terms(indicator__down_components=["till", "API"])
        assert result(named, inputs(intervals=some)).down_seconds == 3600
        both = [outage(DAY_0, HOUR, components=["API", "till", "shop"])]
        assert result(named, inputs(intervals=both)).down_seconds == 3600


class TestExclusions:
    facts = {"intervals": [outage(DAY_0 + HOUR, 2 * HOUR)]}

    def excluded(self, clause: dict[str, Any] | None, *wanted: dict[str, Any]) -> tuple[int, int]:
        clauses = [{"kind": "planned_maintenance", **clause}] if clause is not None else []
        found = result(terms(exclusions=clauses), inputs(**self.facts, exclusions=wanted))
        return int(found.excluded_seconds), int(found.down_seconds)

    def test_approved_time_of_a_listed_kind_is_no_downtime(self) -> None:
        assert self.excluded({}, maintenance(DAY_0 + 2 * HOUR, 2 * HOUR)) == (7200, 3600)

    def test_a_kind_that_is_not_listed_excludes_nothing(self) -> None:
        assert self.excluded(None, maintenance(DAY_0 + 2 * HOUR, 2 * HOUR)) == (0, 7200)
        force = maintenance(DAY_0 + 2 * HOUR, 2 * HOUR, kind="force_majeure")
        assert self.excluded({}, force) == (0, 7200)

    def test_what_nobody_approved_excludes_nothing(self) -> None:
        assert self.excluded({}, maintenance(DAY_0 + 2 * HOUR, 2 * HOUR, approved=False)) == (0, 7200)

    @pytest.mark.parametrize(
        ("ahead", "excluded"), [(HOUR, 7200), (HOUR - SECOND, 0), (HOUR + SECOND, 7200), (None, 0)]
    )
    def test_too_short_a_notice_excludes_nothing(self, ahead: timedelta | None, excluded: int) -> None:
        start = DAY_0 + 2 * HOUR
        announced = None if ahead is None else start - ahead
        wanted = maintenance(start, 2 * HOUR, announced_at=announced)
        assert self.excluded({"notice_seconds": 3600}, wanted)[0] == excluded

    @pytest.mark.parametrize(("allowance", "down"), [(7200, 3600), (7199, 3601), (3600, 7200), (0, 7200)])
    def test_what_is_above_the_allowance_counts_earliest_first(self, allowance: int, down: int) -> None:
        # One hour of maintenance before the outage and one in its first hour.
        wanted = maintenance(DAY_0, 2 * HOUR)
        assert self.excluded({"allowance_seconds": allowance}, wanted) == (allowance, down)

    def test_time_that_two_clauses_exclude_is_excluded_once(self) -> None:
        clauses = [{"kind": "planned_maintenance"}, {"kind": "force_majeure"}]
        wanted = [
            maintenance(DAY_0, 2 * HOUR),
            maintenance(DAY_0 + HOUR, 2 * HOUR, "x2", kind="force_majeure"),
        ]
        found = result(terms(exclusions=clauses), inputs(**self.facts, exclusions=wanted))
        assert (found.excluded_seconds, found.down_seconds, found.base_seconds) == (
            10_800,
            0,
            2_592_000 - 10_800,
        )

    def test_every_refusal_is_explained_in_the_trace(self) -> None:
        wanted = [
            maintenance(DAY_0, HOUR, "a", approved=False),
            maintenance(DAY_0, HOUR, "b", kind="third_party"),
            maintenance(DAY_0, HOUR, "c"),
            maintenance(DAY_0, HOUR, "d", announced_at=DAY_0 - MINUTE),
        ]
        clauses = [{"kind": "planned_maintenance", "notice_seconds": 3600}]
        found = result(terms(exclusions=clauses), inputs(exclusions=wanted))
        (refused,) = [step for step in found.trace if step.rule == "not excluded"]
        assert refused.inputs == {
            "a": "not approved",
            "b": "no clause excludes third_party",
            "c": "no announcement on record; 3600 s of notice are needed",
            "d": "announced 60 s before its start; 3600 s are needed",
        }

    def test_a_window_that_is_wholly_excluded_has_no_level(self) -> None:
        whole = maintenance(*(MONTH[0], MONTH[1] - MONTH[0]))
        found = result(terms(), inputs(exclusions=[whole]))
        assert (found.outcome, found.level, found.credit_amount) == ("open_question", None, None)
        assert codes(found) == ["NO_BASE"]
        found = result(terms(excluded_time="counted_as_up"), inputs(exclusions=[whole]))
        assert (found.outcome, found.level) == ("met", 1)


class TestUnknownTime:
    """Rule 4: a clause decides, and the other answers stand beside the result."""

    # The monitor was blind for the last day; an hour before, the shop went down and stayed so.
    blind = MONTH[1] - DAY
    facts = inputs(
        coverage=[{"start": MONTH[0], "end": blind}],
        intervals=[outage(blind - HOUR, HOUR)],
        known_at=MONTH[1],
    )

    @pytest.mark.parametrize(
        ("clause", "down", "base"),
        [
            ("up", 3600, 30 * 86_400),
            ("down", 3600 + 86_400, 30 * 86_400),
            ("excluded", 3600, 29 * 86_400),
            ("carry_last", 3600 + 86_400, 30 * 86_400),
        ],
    )
    def test_a_clause_decides(self, clause: str, down: int, base: int) -> None:
        found = result(terms(unknown_time=clause), self.facts)
        assert (found.outcome, found.unknown_seconds) == ("breach", 86_400)
        assert (found.down_seconds, found.base_seconds) == (down, base)
        assert found.level == Fraction(base - down, base)

    def test_the_other_answers_stand_beside_the_result(self) -> None:
        found = result(terms(unknown_time="up"), self.facts)
        assert [(other.name, other.credit_amount) for other in found.other_readings] == [
            ("unknown time: down", Decimal("250.00")),
            ("unknown time: excluded", Decimal("100.00")),
            ("unknown time: carry_last", Decimal("250.00")),
        ]

    def test_one_unknown_second_is_a_question_where_the_terms_leave_it_to_a_person(self) -> None:
        found = result(terms(), inputs(coverage=[{"start": MONTH[0], "end": MONTH[1] - SECOND}]))
        assert (found.outcome, found.level, found.credit_amount) == ("open_question", None, None)
        assert codes(found) == ["UNKNOWN_TIME"]
        assert [other.outcome for other in found.other_readings] == ["met", "met", "met", "met"]

    def test_known_time_that_was_up_is_carried_on_as_up(self) -> None:
        facts = inputs(coverage=[{"start": MONTH[0], "end": self.blind}])
        assert result(terms(unknown_time="carry_last"), facts).level == 1

    def test_where_no_state_is_known_before_there_is_none_to_carry(self) -> None:
        facts = inputs(coverage=[{"start": MONTH[0] + HOUR, "end": MONTH[1]}])
        found = result(terms(unknown_time="carry_last"), facts)
        assert (found.outcome, codes(found)) == ("open_question", ["NO_LAST_STATE"])
        assert "unknown time: carry_last" not in [other.name for other in found.other_readings]

    def test_a_state_known_before_the_window_is_carried_into_it(self) -> None:
        later = {"start": MONTH[0] + HOUR, "end": MONTH[1]}
        before = {"start": MONTH[0] - DAY, "end": MONTH[0]}
        agreed = terms(unknown_time="carry_last")
        assert result(agreed, inputs(coverage=[before, later])).down_seconds == 0
        fell = outage(MONTH[0] - MINUTE, MINUTE)
        assert result(agreed, inputs(coverage=[before, later], intervals=[fell])).down_seconds == 3600

    def test_a_reported_outage_is_known_also_outside_the_coverage(self) -> None:
        facts = inputs(coverage=[], intervals=[outage(MONTH[0], MONTH[1] - MONTH[0])])
        found = result(terms(), facts)
        assert (found.unknown_seconds, found.level) == (0, 0)

    def test_excluded_time_is_not_unknown(self) -> None:
        facts = inputs(
            coverage=[{"start": MONTH[0], "end": self.blind}], exclusions=[maintenance(self.blind, DAY)]
        )
        found = result(terms(), facts)
        assert (found.outcome, found.unknown_seconds) == ("met", 0)


class TestPartLife:
    born = MONTH[0] + 20 * DAY
    facts = {"intervals": [outage(born + HOUR, HOUR)], "existed_from": born}

    def test_a_shortened_window_has_the_days_of_life_in_both_places(self) -> None:
        found = result(terms(), inputs(**self.facts))
        assert (found.base_seconds, found.level) == (864_000, 1 - Fraction(3600, 864_000))

    def test_time_outside_life_may_be_deemed_up(self) -> None:
        found = result(terms(part_life="deemed_up"), inputs(**self.facts))
        assert (found.base_seconds, found.level) == (2_592_000, 1 - Fraction(3600, 2_592_000))

    @pytest.mark.parametrize("clause", ["shorten_window", "deemed_up"])
    def test_nothing_outside_life_counts_or_is_unknown(self, clause: str) -> None:
        facts = inputs(
            intervals=[outage(MONTH[0], DAY), outage(MONTH[1] - DAY, DAY, "o2")],
            coverage=[{"start": self.born, "end": MONTH[1] - DAY}],
            existed_from=self.born,
            existed_until=MONTH[1] - DAY,
        )
        found = result(terms(part_life=clause), facts)
        assert (found.down_seconds, found.unknown_seconds) == (0, 0)

    def test_a_service_that_never_existed_in_the_window_has_no_level(self) -> None:
        found = result(terms(), inputs(existed_from=MONTH[1]))
        assert codes(found) == ["NO_BASE"]


class TestDailySeconds:
    def test_a_partial_second_weighs_what_the_terms_say(self) -> None:
        facts = inputs(seconds=day_rows(DAY_0, 30, {3: {"partial": 100, "major": 7}}))
        found = result(weighted_terms(), facts)
        assert found.down_seconds == 37
        assert found.level == 1 - Fraction(37, 2_592_000)

    def test_a_day_has_at_most_its_own_length_of_downtime(self) -> None:
        facts = inputs(seconds=day_rows(DAY_0, 30, {3: {"partial": 86_400, "major": 86_400}}))
        assert result(weighted_terms(), facts).down_seconds == 86_400

    def test_a_day_without_a_row_is_unknown(self) -> None:
        found = result(weighted_terms(), inputs(seconds=day_rows(DAY_0, 29)))
        assert (found.outcome, found.unknown_seconds, codes(found)) == (
            "open_question",
            86_400,
            ["UNKNOWN_TIME"],
        )
        assert [other.name for other in found.other_readings] == [
            "unknown time: up",
            "unknown time: down",
            "unknown time: excluded",
        ]

    def test_rows_before_the_first_day_of_the_service_belong_to_no_window(self) -> None:
        rows = day_rows(DAY_0, 30, {0: {"major": 500}, 20: {"major": 500}})
        found = result(weighted_terms(), inputs(seconds=rows, existed_from=DAY_0 + 20 * DAY))
        assert (found.down_seconds, found.base_seconds, found.unknown_seconds) == (500, 864_000, 0)

    def test_rows_of_other_windows_are_left_alone(self) -> None:
        rows = day_rows(DAY_0 - 5 * DAY, 40, {0: {"major": 500}, 39: {"major": 500}})
        assert result(weighted_terms(), inputs(seconds=rows)).down_seconds == 0

    def test_a_class_without_weight_is_an_open_question(self) -> None:
        facts = inputs(seconds=day_rows(DAY_0, 30, {3: {"degraded": 1}}))
        found = result(weighted_terms(), facts)
        assert (found.outcome, codes(found)) == ("open_question", ["CLASS_WITHOUT_WEIGHT"])
        facts = inputs(seconds=day_rows(DAY_0, 30, {3: {"degraded": 0}}))
        assert result(weighted_terms(), facts).outcome == "met"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"exclusions": [maintenance(DAY_0, HOUR)]}, "EXCLUSION_NEEDS_INTERVALS"),
            ({"intervals": [outage(DAY_0, HOUR)]}, "INDICATOR_NEEDS_SECONDS"),
            ({"seconds": day_rows(DAY_0 + HOUR, 1)}, "NOT_A_UTC_DAY"),
            ({"seconds": day_rows(DAY_0, 1) * 2}, "DAY_TWICE"),
            ({"window": (MONTH[0] + HOUR, MONTH[1])}, "DAY_STRADDLES_WINDOW"),
        ],
    )
    def test_facts_that_cannot_be_placed_are_refused_by_name(
        self, changes: dict[str, Any], code: str
    ) -> None:
        facts = inputs(**{"seconds": day_rows(DAY_0, 30), **changes})
        with pytest.raises(InputError) as caught:
            result(weighted_terms(), facts)
        assert caught.value.code == code

    def test_an_indicator_of_intervals_refuses_daily_seconds(self) -> None:
        with pytest.raises(InputError) as caught:
            result(terms(), inputs(seconds=day_rows(DAY_0, 30)))
        assert caught.value.code == "INDICATOR_NEEDS_INTERVALS"


class TestTheClaim:
    claim = {"kind": "by_deadline", "days": 30, "form": "written"}

    def deadline(self, zone: str, start: datetime, end: datetime) -> date | None:
        agreed = terms(claim=self.claim, zone=zone)
        return result(agreed, inputs(window=(start, end), intervals=[outage(start, DAY)])).claim_deadline_on

    def test_the_thirtieth_day_after_31_march_is_30_april(self) -> None:
        start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)
        assert self.deadline("UTC", start, end) == date(2024, 4, 30)

    def test_the_last_day_is_a_day_of_the_contracts_zone(self) -> None:
        start, end = datetime(2024, 1, 1, 5, tzinfo=UTC), datetime(2024, 4, 1, 4, tzinfo=UTC)
        assert self.deadline("America/New_York", start, end) == date(2024, 4, 30)
        start, end = datetime(2023, 12, 31, 23, tzinfo=UTC), datetime(2024, 3, 31, 22, tzinfo=UTC)
        assert self.deadline("Europe/Berlin", start, end) == date(2024, 4, 30)

    def test_a_kept_promise_has_nothing_to_claim_and_an_open_question_may_have(self) -> None:
        agreed = terms(claim=self.claim)
        assert result(agreed, inputs()).claim_deadline_on is None
        assert result(agreed, inputs(coverage=[])).claim_deadline_on == date(2026, 5, 30)
        assert result(agreed, down(DAY, fee=None)).claim_deadline_on == date(2026, 5, 30)

    def test_an_automatic_credit_has_no_deadline(self) -> None:
        assert result(terms(), down(DAY)).claim_deadline_on is None

    def test_days_need_a_zone(self) -> None:
        agreed = terms(claim=self.claim)
        with pytest.raises(InputError, match=r"terms\.zone") as caught:
            reckon(agreed.commitments[0], inputs(), currency="EUR", terms_sha256="")
        assert caught.value.code == "ZONE_MISSING"


class TestTheTrace:
    def test_the_stages_come_in_their_order_and_name_a_place_in_the_terms(self) -> None:
        agreed = terms(caps=[{"kind": "amount", "value": "7"}])
        found = result(agreed, down(DAY, exclusions=[maintenance(DAY_0, HOUR)]))
        stages = list(dict.fromkeys(step.stage for step in found.trace))
        assert stages == [
            "window",
            "life",
            "coverage",
            "downtime",
            "exclusions",
            "unknown",
            "base",
            "level",
            "target",
            "tier",
            "fee",
            "credit",
            "caps",
            "rounding",
            "claim",
        ]
        commitment = agreed.document()["commitments"][0]
        for step in found.trace:
            place: Any = commitment
            for part in step.clause.split("."):
                place = place[int(part) if part.isdigit() else part]

    def test_the_trace_ends_in_the_figures_of_the_result(self) -> None:
        found = result(terms(), down(DAY))
        by_stage = {step.stage: step.output for step in found.trace}
        assert by_stage["level"]["level"] == "29/30"
        assert by_stage["tier"]["tier"] == found.tier
        assert by_stage["rounding"]["credit_amount"] == str(found.credit_amount) == "250.00"

    def test_an_unanswered_stage_names_its_question(self) -> None:
        found = result(terms(), down(DAY, fee=None))
        assert [step.output for step in found.trace if step.stage == "fee"] == [{"question": "MISSING_FEE"}]


class TestTheSameArguments:
    def test_give_the_same_bytes_in_whatever_order_the_facts_come(self) -> None:
        some = [outage(DAY_0 + at * HOUR, MINUTE, f"o{at}") for at in range(9)]
        wanted = [maintenance(DAY_0 + at * DAY, MINUTE, f"x{at}") for at in range(5)]
        one = result(terms(), inputs(intervals=some, exclusions=wanted))
        other = result(terms(), inputs(intervals=some[::-1], exclusions=wanted[::-1]))
        assert one.canonical() == other.canonical()
        assert len(one.sha256()) == 64

    def test_inputs_survive_the_way_through_their_canonical_bytes(self) -> None:
        facts = down(DAY, exclusions=[maintenance(DAY_0, HOUR)], existed_from=DAY_0)
        again = AssessmentInputs.model_validate_json(facts.canonical())
        assert again == facts
        assert again.sha256() == facts.sha256()
        assert AssessmentInputs.model_validate_json(facts.model_dump_json()) == facts

    def test_two_zones_of_one_instant_are_the_same_input(self) -> None:
        from zoneinfo import ZoneInfo

        local = tuple(edge.astimezone(ZoneInfo("Asia/Tokyo")) for edge in MONTH)
        assert inputs(window=local).canonical() == inputs().canonical()

    def test_a_result_has_no_binary_number_in_it(self) -> None:
        assert canonical_json(result(terms(), down(DAY)).to_json_obj())


class TestInputs:
    @pytest.mark.parametrize(
        "changes",
        [
            {"window": (MONTH[1], MONTH[0])},
            {"known_at": MONTH[1].replace(tzinfo=None)},
            {"known_at": 1_700_000_000},
            {"known_at": "2026-05-01"},
            {"intervals": [outage(DAY_0, timedelta(0))]},
            {"intervals": [outage(DAY_0, -HOUR)]},
            {"existed_from": MONTH[1], "existed_until": MONTH[0]},
            {"fee": {"amount": 1.5, "currency": "EUR"}},
            {"fee": {"amount": "-1", "currency": "EUR"}},
            {"fee": {"amount": "1", "currency": "ZZZ"}},
            {"seconds": [{**day_rows(DAY_0, 1)[0], "classes": {"major": -1}}]},
            {"seconds": [{**day_rows(DAY_0, 1)[0], "classes": {"major": 1.5}}]},
            {"surprise": 1},
        ],
    )
    def test_facts_that_make_no_sense_are_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            inputs(**changes)
