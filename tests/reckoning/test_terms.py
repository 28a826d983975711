"""A terms document: what it accepts, what it refuses and with which words."""

import contextlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reckoning.errors import TermsError
from reckoning.terms import parse_terms, terms_json_schema, terms_sha256, with_alternative
from reckoning.terms.model import Alternative
from tests.reckoning.build import document, terms, weighted_terms
from tests.work import at_most


def faults(source: Any) -> dict[str, str]:
    with pytest.raises(TermsError) as caught:
        parse_terms(source)
    assert caught.value.code == "TERMS"
    return dict(caught.value.findings)


def reading(**change: Any) -> dict[str, Any]:
    return {
        "name": "partial outage",
        "question": "What does a partial outage weigh?",
        "chosen": "0.3, as on the status page",
        "chosen_by": "Lena Legal",
        "chosen_on": "2025-01-07",
        "why": "It is the only published weight.",
        "alternatives": [{"name": "nothing", "set": change or {"indicator.weights.partial": "0"}}],
    }


def test_a_document_survives_the_way_out_and_in() -> None:
    agreed = weighted_terms(readings=[reading()], caps=[{"kind": "days_of_fee", "value": 90}])
    assert parse_terms(agreed.canonical()) == agreed
    assert parse_terms(agreed.document()) == agreed
    assert parse_terms(agreed.canonical()).canonical() == agreed.canonical()
    assert len(terms_sha256(agreed)) == 64


def test_two_spellings_of_one_number_are_one_document() -> None:
    assert terms_sha256(terms(target_percent="99.90")) == terms_sha256(terms(target_percent="99.9"))
    assert terms_sha256(terms(target_percent=99)) == terms_sha256(terms(target_percent="99.000"))
    assert terms_sha256(terms(target_percent="99.91")) != terms_sha256(terms(target_percent="99.9"))


def test_the_order_of_keys_does_not_matter() -> None:
    turned = dict(reversed(list(document().items())))
    assert terms_sha256(parse_terms(turned)) == terms_sha256(terms())


def test_every_default_is_written_out() -> None:
    commitment = terms().document()["commitments"][0]
    assert commitment["target_inclusive"] is True
    assert commitment["indicator"]["run_order"] == "merge_then_test_then_clip"


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"target_percent": 99.9}, "target_percent", "binary"),
        ({"target_percent": "1e2"}, "target_percent", "plain number"),
        ({"target_percent": "NaN"}, "target_percent", "plain number"),
        ({"target_percent": "100.01"}, "target_percent", "less than or equal to 100"),
        ({"target_percent": "-1"}, "target_percent", "greater than or equal to 0"),
        ({"target_percent": True}, "target_percent", "not a number"),
        ({"target_percent": None}, "target_percent", "is missing: say which level"),
        ({"target_percent": "9" * 5000}, "target_percent", "plain number"),
        ({"target_inclusive": "yes"}, "target_inclusive", "true nor false"),
        ({"unknown_time": "ignored"}, "unknown_time", "known are"),
        ({"services": []}, "services", "at least 1"),
        ({"services": ["a", "a"]}, "services.1", "twice"),
        ({"surprise": 1}, "surprise", "not a known field"),
        ({"indicator__surprise": 1}, "indicator.surprise", "not a known field"),
        ({"indicator__kind": "guess"}, "indicator", "known are"),
        ({"indicator__minimum_run_seconds": "60"}, "indicator.minimum_run_seconds", "whole number"),
        ({"indicator__minimum_run_seconds": -1}, "indicator.minimum_run_seconds", "greater than"),
        ({"indicator__down_severities": []}, "indicator.down_severities", "at least 1"),
        ({"window__kind": "week"}, "window.kind", "known are"),
        ({"window__zone": "Berlin"}, "window.zone", "Europe/Berlin"),
        ({"window__zone": "../../etc/passwd"}, "window.zone", "IANA"),
        ({"window__zone": "right/UTC"}, "window.zone", "IANA"),
        ({"schedule__tiers": []}, "schedule.tiers", "at least 1"),
        ({"exclusions": [{"kind": "whim"}]}, "exclusions.0.kind", "known are"),
        ({"exclusions": [{"kind": "third_party"}] * 2}, "exclusions.1", "twice"),
        ({"claim": {"kind": "by_deadline"}}, "claim.days", "missing"),
        ({"claim": {"kind": "by_deadline", "days": 0}}, "claim.days", "greater than"),
        ({"key": "Not A Slug"}, "key", "form"),
        ({"title": " padded"}, None, "white space"),
        ({"currency": "EURO"}, None, "3 characters"),
        ({"currency": "XXX"}, None, "ISO 4217"),
        ({"dated_text": {"after": "a", "dated": "long ago", "note": "n"}}, None, "form"),
    ],
)
def test_a_fault_is_named_at_its_place(change: dict[str, Any], path: str | None, words: str) -> None:
    place = f"commitments.0.{path}" if path else next(iter(change))
    found = faults(document(**change))
    key = next((one for one in found if one == place or (path is None and one.startswith(place))), None)
    assert key is not None, found
    assert words in found[key]


def test_every_fault_is_reported_at_once() -> None:
    found = faults(document(target_percent="lots", unknown_time="?", currency="???", window__kind="week"))
    assert len(found) == 4


def test_a_tier_is_named_by_its_place_in_the_document_not_by_the_union() -> None:
    tiers = [{"lower": "99", "percent": "10"}, {"lower": "99.5", "upper": "99", "percent": "x"}]
    assert set(faults(document(schedule__tiers=tiers))) == {"commitments.0.schedule.tiers.1.percent"}
    tiers[1]["percent"] = "25"
    assert "exchange" in faults(document(schedule__tiers=tiers))["commitments.0.schedule.tiers.1.lower"]


def test_a_bound_that_is_not_there_cannot_be_inclusive() -> None:
    tiers = [{"upper": "99", "upper_inclusive": False, "lower_inclusive": True, "percent": "10"}]
    assert (
        "empty" in faults(document(schedule__tiers=tiers))["commitments.0.schedule.tiers.0.lower_inclusive"]
    )


def test_commitments_with_the_same_key_are_refused() -> None:
    twice = document()
    twice["commitments"].append(twice["commitments"][0])
    assert "twice" in faults(twice)["commitments.1"]


def test_daily_seconds_have_no_last_state_to_carry() -> None:
    indicator = {"kind": "uptime_from_weighted_seconds", "weights": {"major": "1"}}
    found = faults(document(indicator=indicator, unknown_time="carry_last"))
    assert "daily seconds" in found["commitments.0.unknown_time"]


@pytest.mark.parametrize("weight", ["-0.1", "1.1"])
def test_a_weight_lies_from_0_to_1(weight: str) -> None:
    indicator = {"kind": "uptime_from_weighted_seconds", "weights": {"major": weight}}
    assert "commitments.0.indicator.weights.major" in faults(document(indicator=indicator))


class TestReadings:
    def test_an_alternative_replaces_what_it_names(self) -> None:
        commitment = weighted_terms(readings=[reading()]).commitments[0]
        other = with_alternative(commitment, commitment.readings[0].alternatives[0])
        assert other.indicator.weights["partial"] == Decimal(0)  # type: ignore[union-attr]
        assert other.readings == ()
        assert commitment.indicator.weights["partial"] == Decimal("0.3")  # type: ignore[union-attr]
        assert commitment.readings[0].chosen_on == date(2025, 1, 7)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"indicator.weights.minor": "0"}, "nothing stands"),
            ({"indicator.weights.partial": "2"}, "less than or equal"),
            ({"schedule.tiers.7.percent": "2"}, "nothing stands"),
            ({"target_percent.x": "2"}, "no parts"),
            ({"window.zone": "Europe/Berlin"}, "may not differ"),
            ({"services": ["other"]}, "may not differ"),
        ],
    )
    def test_an_alternative_that_cannot_be_applied_is_refused_at_its_place(
        self, change: dict[str, Any], words: str
    ) -> None:
        indicator = {"kind": "uptime_from_weighted_seconds", "weights": {"partial": "0.3", "major": "1"}}
        found = faults(document(indicator=indicator, exclusions=[], readings=[reading(**change)]))
        assert words in found["commitments.0.readings.0.alternatives.0.set"]

    def test_a_binary_number_hidden_in_an_alternative_is_found(self) -> None:
        found = faults(document(readings=[reading(target_percent=99.5)]))
        assert "binary" in found["commitments.0.readings.0.alternatives.0.set.target_percent"]

    def test_a_copy_with_other_fields_has_other_alternatives(self) -> None:
        commitment = weighted_terms(readings=[reading()]).commitments[0]
        assert len(commitment.alternatives) == 1
        assert commitment.model_copy(update={"readings": ()}).alternatives == ()
        lower = commitment.model_copy(update={"target_percent": Decimal(90)})
        assert lower.alternatives[0][1].target_percent == 90
        assert commitment.alternatives[0][1].target_percent == Decimal("99.9")

    def test_a_whole_block_may_be_replaced(self) -> None:
        commitment = terms().commitments[0]
        other = Alternative(name="automatic", set={"claim": {"kind": "by_deadline", "days": 30}})
        assert with_alternative(commitment, other).claim.kind == "by_deadline"


class TestHostileDocuments:
    @pytest.mark.parametrize(
        ("source", "words"),
        [
            (b"", "not JSON"),
            (b"[]", "not an object"),
            (b"\xff\xfe", "UTF-8"),
            (b'{"a": NaN}', "NaN"),
            (b'{"a": -Infinity}', "Infinity"),
            (b'{"a": 1, "a": 2}', "twice"),
            (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
            (b"[" * 400_000, "nested"),
            (b'{"a":' * 100_000, "nested"),
            (b'{"a":' * 60 + b"1" + b"}" * 60, "levels"),
            (b'{"a": "' + b"x" * 1_000_001 + b'"}', "larger"),
            (b'{"a": [' + b"1," * 90_000 + b"1]}", "values"),
            (None, "not an object"),
        ],
    )
    def test_it_is_refused_with_little_work_and_clearly(self, source: Any, words: str) -> None:
        with at_most(calls=1_500_000), pytest.raises(TermsError, match=words):
            parse_terms(source)

    def test_a_float_in_json_is_named_at_its_path(self) -> None:
        source = json.dumps(document(schedule__tiers=[{"lower": 99.5, "percent": "10"}]))
        assert "0.3" in faults(source)["commitments.0.schedule.tiers.0.lower"]

    def test_a_long_list_of_faults_is_cut_short(self) -> None:
        assert len(faults(document(services=[1.5] * 5000))) <= 101

    def test_a_document_that_contains_itself_is_refused(self) -> None:
        endless: dict[str, Any] = {}
        endless["a"] = endless
        with pytest.raises(TermsError, match="nesting"):
            parse_terms(endless)

    @pytest.mark.parametrize("text", ["a\x00b", "\ud800", "line\rfeed"])
    def test_control_characters_and_halves_of_characters_are_refused(self, text: str) -> None:
        assert "title" in faults(document(title=text))

    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )

    @settings(max_examples=150)
    @given(st.sampled_from(sorted(document()["commitments"][0])), json_values)
    def test_no_value_in_any_field_makes_anything_but_terms_or_a_terms_error(
        self, field: str, value: Any
    ) -> None:
        with contextlib.suppress(TermsError):
            assert parse_terms(parse_terms(document(**{field: value})).canonical())


def test_the_schema_names_every_field_of_a_commitment() -> None:
    schema = terms_json_schema()
    properties = schema["$defs"]["CommitmentTerms"]["properties"]
    assert set(properties) == set(document()["commitments"][0]) | {
        "bands",
        "caps",
        "fee_base",
        "level_rounding",
        "limit",
        "minimum",
        "no_base",
        "readings",
        "remedy",
        "service_hours",
        "rounding",
        "target_inclusive",
    }
    assert schema["$defs"]["Tier"]["additionalProperties"] is False
