"""Rights over a history of windows, and what becomes of credits after they were computed."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reckoning.assessment.remedy import RemedyFacts, assess_remedy
from reckoning.errors import InputError
from reckoning.terms.remedy import RemedyTerms


def right(**fields: Any) -> dict[str, Any]:
    return {"name": "termination", "sentence": "The customer may terminate.", **fields}


def reckoned(remedy: dict[str, Any], currency: str = "EUR", **facts: Any) -> dict[str, Any]:
    terms = RemedyTerms.model_validate(remedy)
    return assess_remedy(
        terms, RemedyFacts.model_validate(facts), currency=currency, zone="UTC"
    ).to_json_obj()


def history(field: str, values: list[bool | None], **more: list[Any]) -> list[dict[str, Any]]:
    return [
        {"label": f"m{index}", field: value, **{name: some[index] for name, some in more.items()}}
        for index, value in enumerate(values)
    ]


class TestRights:
    TWO_OF_THREE = right(at_least=2, of_last=3, notified_within_days=7)

    @pytest.mark.parametrize(
        ("missed", "notified", "first"),
        [
            ([True, False, True], [True, True, True], 2),
            ([True, False, False, True], [True, True, True, True], None),
            ([True, True, False], [True, False, True], None),
            ([True, True], [True, True], 1),
        ],
    )
    def test_two_of_any_three_windows_in_a_row_each_notified(
        self, missed: list[bool | None], notified: list[bool], first: int | None
    ) -> None:
        rows = history("missed", missed, notified_in_time=notified)
        found = reckoned({"rights": [self.TWO_OF_THREE]}, history=rows)["rights"]["termination"]
        assert (found["arisen"], found["first_index"]) == (first is not None, first)

    @pytest.mark.parametrize(
        ("owed", "five"),
        [
            ([1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1], True),
            ([1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1], False),
        ],
    )
    def test_three_in_a_row_or_five_of_twelve(self, owed: list[int], five: bool) -> None:
        rights = [
            right(name="three_consecutive", counts="credit_owed", at_least=3, of_last=3),
            right(name="five_of_twelve", counts="credit_owed", at_least=5, of_last=12),
        ]
        found = reckoned({"rights": rights}, history=history("credit_owed", [one == 1 for one in owed]))
        assert {name: one["arisen"] for name, one in found["rights"].items()} == {
            "three_consecutive": False,
            "five_of_twelve": five,
        }

    def test_two_thresholds_for_one_promise_may_contradict_each_other(self) -> None:
        rights = [
            right(
                name="over_7_hours",
                counts="threshold",
                threshold={"on": "down_seconds", "op": "more_than", "value": "25200"},
                same_promise="power",
            ),
            right(
                name="over_one_percent",
                counts="threshold",
                threshold={
                    "on": "down_seconds",
                    "op": "more_than",
                    "value": "1",
                    "percent_of": "base_seconds",
                },
                same_promise="power",
            ),
        ]
        for down, seven, percent in (("25200", 0, 0), ("25500", 1, 0), ("25920", 1, 0), ("25921", 1, 1)):
            figures = {"down_seconds": down, "base_seconds": "2592000"}
            found = reckoned({"rights": rights}, history=[{"label": "30 days", "figures": figures}])
            got = [found["rights"][name]["arisen"] for name in ("over_7_hours", "over_one_percent")]
            assert got == [bool(seven), bool(percent)]
            assert found["contradictions"] == {"power": seven != percent}

    def test_a_threshold_on_a_sum_over_windows(self) -> None:
        summed = right(
            counts="threshold",
            of_last=3,
            threshold={"on": "points", "op": "more_than", "value": "10", "summed": True},
        )
        rows = [{"label": str(at), "figures": {"points": str(one)}} for at, one in enumerate([6, 4, 0, 7])]
        found = reckoned({"rights": [summed]}, history=rows)["rights"]["termination"]
        assert (found["first_index"], found["counted"]) == (3, ["1", "2", "3"])

    def test_what_is_missing_and_could_decide_is_asked_for(self) -> None:
        two = right(at_least=2, of_last=2)
        for missed, arisen, asked in (
            ([True, None], None, True),
            ([False, None, False], False, False),
            ([None, True, True], True, True),
            ([True, True, None], True, False),
        ):
            found = reckoned({"rights": [two]}, history=history("missed", missed))
            assert (found["rights"]["termination"]["arisen"], bool(found["open_questions"])) == (
                arisen,
                asked,
            )

    def test_a_notice_by_its_day_and_the_time_to_exercise(self) -> None:
        terms = right(notified_within_days=7, exercise={"count": 30, "unit": "days"})
        for told, arisen in (("2024-05-07", True), ("2024-05-08", False)):
            rows = [{"label": "2024-04", "missed": True, "last_day": "2024-04-30", "notified_on": told}]
            found = reckoned({"rights": [terms]}, history=rows)["rights"]["termination"]
            assert found["arisen"] is arisen
            until = ("2024-05-01", "2024-05-30") if arisen else (None, None)
            assert (found["exercise_from"], found["exercise_until"]) == until

    @given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 6), st.integers(1, 12))
    def test_it_agrees_with_looking_at_every_stretch(self, missed: list[bool], least: int, last: int) -> None:
        last = max(least, last)
        rows = history("missed", list(missed))
        found = reckoned({"rights": [right(at_least=least, of_last=last)]}, history=rows)
        stretches = [
            missed[begin:end] for end in range(1, len(missed) + 1) for begin in range(max(0, end - last), end)
        ]
        assert found["rights"]["termination"]["arisen"] is any(sum(one) >= least for one in stretches)


class TestPayment:
    QUARTERLY = {"every_months": 3, "on_cancellation": "month_lost"}
    CREDITS = [
        {"month": "2024-04", "amount": "40.00"},
        {"month": "2024-05", "amount": "10.00"},
        {"month": "2024-06", "amount": "25.00"},
    ]

    def test_three_months_are_paid_in_the_month_after(self) -> None:
        found = reckoned({"payment": self.QUARTERLY}, credits=self.CREDITS)["payment"]
        assert (found["paid"], found["payments"][0]["paid_in"], found["lost"]) == ("75.00", "2024-07", [])

    @pytest.mark.parametrize(
        ("rule", "cancelled", "paid"),
        [
            ("month_lost", "2024-06", "50.00"),
            ("period_lost", "2024-06", "0.00"),
            ("unpaid_lost", "2024-07", "0.00"),
            ("unpaid_lost", "2024-08", "75.00"),
            ("nothing_lost", "2024-04", "75.00"),
            ("month_lost", "2024-07", "75.00"),
        ],
    )
    def test_a_cancellation_loses_what_the_terms_say(self, rule: str, cancelled: str, paid: str) -> None:
        terms = {"payment": {**self.QUARTERLY, "on_cancellation": rule}}
        found = reckoned(terms, credits=self.CREDITS, cancelled_in=cancelled)["payment"]
        assert found["paid"] == paid
        total = sum(Decimal(one["amount"]) for one in found["lost"]) + Decimal(found["paid"])
        assert total == 75

    def test_periods_may_begin_in_another_month(self) -> None:
        terms = {"payment": {"every_months": 3, "first_month": 2, "paid_months_later": 0}}
        found = reckoned(terms, credits=self.CREDITS)["payment"]
        assert [(one["first_month"], one["paid_in"], one["amount"]) for one in found["payments"]] == [
            ("2024-02", "2024-04", "40.00"),
            ("2024-05", "2024-07", "35.00"),
        ]

    def test_a_credit_without_a_month_is_refused(self) -> None:
        with pytest.raises(InputError, match="month"):
            reckoned({"payment": self.QUARTERLY}, credits=[{"amount": "1.00"}])


class TestEarnBack:
    @pytest.mark.parametrize(
        ("terms", "met", "final"),
        [
            ({"following": 3}, [True, True, True], "0.00"),
            ({"following": 3}, [True, False, True], "1000.00"),
            ({"following": 3}, [True, True], None),
            ({"following": 3}, [True, True, True, False], "0.00"),
            ({"following": 6, "needed": 2}, [False, True, True], "0.00"),
            ({"following": 3, "needed": 2}, [False, False], "1000.00"),
            ({"following": 1, "share_percent": "33.333"}, [True], "666.67"),
        ],
    )
    def test_good_windows_cancel_a_credit(
        self, terms: dict[str, Any], met: list[bool], final: str | None
    ) -> None:
        found = reckoned({"earn_back": terms}, credit_amount="1000.00", following_met=met)
        assert found["earn_back"]["credit_final"] == final
        assert bool(found["open_questions"]) == (final is None)


class TestOffset:
    def test_earned_credits_last_so_many_months(self) -> None:
        earned = [{"month": "2004-01", "amount": "500.00"}, {"month": "2004-03", "amount": "200.00"}]
        for month, usable in (
            ("2004-01", "0.00"),
            ("2004-04", "700.00"),
            ("2004-05", "200.00"),
            ("2004-07", "0.00"),
        ):
            deductions = [{"month": month, "amount": "600.00"}]
            found = reckoned({"offset": {"serves_months": 3}}, earned=earned, deductions=deductions)["offset"]
            assert found["deductions"][0]["usable"] == usable
            assert Decimal(found["net"]) == 600 - min(Decimal(600), Decimal(usable))

    def test_totals_without_months(self) -> None:
        deductions = [{"amount": "18691.00", "events": 15}, {"amount": "8411.00", "events": 9}]
        found = reckoned(
            {"offset": {"serves_months": 3}}, earned=[{"amount": "8411.00"}], deductions=deductions
        )
        assert (found["offset"]["gross"], found["offset"]["net"]) == ("27102.00", "18691.00")

    def test_what_was_used_is_used_up_the_oldest_first(self) -> None:
        earned = [{"month": "2004-02", "amount": "100"}, {"month": "2004-01", "amount": "100"}]
        deductions = [{"month": "2004-03", "amount": "150"}, {"month": "2004-04", "amount": "150"}]
        found = reckoned({"offset": {"serves_months": 3}}, earned=earned, deductions=deductions)["offset"]
        assert [one["offset"] for one in found["deductions"]] == ["150.00", "50.00"]
        later = [{"month": "2004-03", "amount": "150"}, {"month": "2004-05", "amount": "150"}]
        found = reckoned({"offset": {"serves_months": 3}}, earned=earned, deductions=later)["offset"]
        assert ([one["offset"] for one in found["deductions"]], found["unused"]) == (
            ["150.00", "50.00"],
            "0.00",
        )

    def test_only_a_share_of_a_deduction_may_be_offset(self) -> None:
        terms = {"offset": {"serves_months": 1, "share_percent": "50"}}
        found = reckoned(terms, earned=[{"amount": "100"}], deductions=[{"amount": "90"}])["offset"]
        assert (found["net"], found["unused"]) == ("45.00", "55.00")


class TestExpiry:
    @pytest.mark.parametrize(
        ("terms", "facts", "last", "pay_by"),
        [
            ({"after": {"count": 12, "unit": "months"}}, {"issued_on": "2024-02-29"}, "2025-02-28", None),
            (
                {"after": {"count": 3, "unit": "months"}, "counted_from": "window_end"},
                {"window_last_day": "2024-02-29"},
                "2024-05-31",
                None,
            ),
            (
                {"after": {"count": 90, "unit": "days"}, "at_term_end": True},
                {"issued_on": "2024-01-01", "term_last_day": "2024-02-15"},
                "2024-02-15",
                None,
            ),
            (
                {"at_term_end": True, "then": "paid_out", "paid_within_days": 30},
                {"term_last_day": "2024-12-31"},
                "2024-12-31",
                "2025-01-30",
            ),
        ],
    )
    def test_the_last_day_of_use(
        self, terms: dict[str, Any], facts: dict[str, Any], last: str, pay_by: str | None
    ) -> None:
        found = reckoned({"expiry": terms}, left_amount="7.50", **facts)["expiry"]
        assert (found["last_day"], found["pay_by"]) == (last, pay_by)
        assert found["paid_out" if terms.get("then") else "lost"] == "7.50"

    def test_a_day_that_is_not_known_is_asked_for(self) -> None:
        terms = {"expiry": {"after": {"count": 1, "unit": "years"}, "at_term_end": True}}
        found = reckoned(terms, issued_on="2024-01-01")
        assert found["expiry"]["last_day"] is None
        assert [one["code"] for one in found["open_questions"]] == ["EXPIRY_ANCHOR"]


def test_a_history_may_be_given_in_columns_and_amounts_by_month() -> None:
    columns = {"missed": [True, False, True], "notified_in_time": [True, True, True]}
    found = reckoned({"rights": [TestRights.TWO_OF_THREE]}, history=columns)["rights"]["termination"]
    assert (found["first_index"], found["first_label"], found["counted"]) == (
        2,
        "window 3",
        ["window 1", "window 3"],
    )
    amounts = {"2024-04": "40.00", "2024-05": "10.00", "2024-06": "25.00"}
    found = reckoned({"payment": TestPayment.QUARTERLY}, credits=amounts, cancelled_in="2024-06")
    assert found["payment"]["paid"] == "50.00"
    with pytest.raises(ValidationError, match="different lengths"):
        RemedyFacts.model_validate({"history": {"missed": [True], "credit_owed": [True, False]}})
    with pytest.raises(ValidationError, match="neither a list"):
        RemedyFacts.model_validate({"history": {"missed": True}})


def test_a_remedy_without_facts_says_nothing() -> None:
    assert reckoned({"rights": [right()], "form": {"given_as": ["next_invoice"]}}) == {"open_questions": []}


def test_amounts_keep_the_decimals_of_their_currency() -> None:
    found = reckoned({"earn_back": {"following": 1}}, "JPY", credit_amount="1000", following_met=[False])
    assert found["earn_back"]["credit_final"] == "1000"
    assert RemedyFacts(term_last_day=date(2024, 1, 1)).left_amount is None


@pytest.mark.parametrize(
    ("remedy", "path"),
    [
        ({"form": {"given_as": ["refund", "voucher"]}}, "chosen_by"),
        ({"form": {"given_as": ["refund"], "chosen_by": "customer"}}, "chosen_by"),
        ({"form": {"given_as": ["refund"], "fallback_within_days": 3}}, "fallback_within_days"),
        ({"expiry": {}}, "after"),
        ({"expiry": {"after": {"count": 1, "unit": "hours"}}}, "after.unit"),
        ({"expiry": {"at_term_end": True, "paid_within_days": 3}}, "paid_within_days"),
        ({"payment": {"every_months": 5}}, "every_months"),
        ({"earn_back": {"following": 2, "needed": 3}}, "needed"),
        ({"rights": [right(counts="threshold")]}, "threshold"),
        ({"rights": [right(at_least=2)]}, "at_least"),
        ({"rights": [right(exercise={"count": 1, "unit": "hours"})]}, "exercise.unit"),
        ({"rights": [right(), right()]}, "rights.1.name"),
        (
            {
                "rights": [
                    right(
                        counts="threshold",
                        at_least=2,
                        of_last=2,
                        threshold={"on": "x", "op": "more_than", "value": "1", "summed": True},
                    )
                ]
            },
            "at_least",
        ),
    ],
)
def test_a_remedy_that_contradicts_itself_is_named_at_its_place(remedy: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RemedyTerms.model_validate(remedy)
    assert caught.value.errors()[0]["ctx"]["at"] == path


@pytest.mark.parametrize("text", ["one", "1/0", "1e5", "0.5.5", "", "1/2/3", "9" * 80])
def test_what_is_no_exact_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="no exact number"):
        RemedyFacts.model_validate({"history": [{"label": "a", "figures": {"x": text}}]})
