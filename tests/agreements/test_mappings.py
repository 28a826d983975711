"""A mapping renames, places and changes units. Whatever computes is refused."""

import copy
from pathlib import Path
from typing import Any

import pytest

from agreements.benchmark import HERE, main, mapping_faults
from agreements.faults import CannotPlace, MappingFault
from agreements.mapping import mapping_of, read_mapping
from agreements.placing import place
from agreements.units import change, number, spell

PLAIN: dict[str, Any] = {
    "format": "sla-ledger-mapping/1",
    "agreement": "invented",
    "shapes": [{"name": "all", "has": ["inputs.down_min"]}],
    "input": {
        "windows": [
            {
                "fee": {"from": "inputs.fee"},
                "down": {"from": "inputs.down_min", "in": "minutes", "as": "seconds"},
            }
        ]
    },
    "expected": {"breach": {"at": "windows.0.outcome", "values": {"true": "breach"}}},
    "alternatives": [{"like": "any", "set": {"commitments.0.indicator.component_rule": "any"}}],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    plain = copy.deepcopy(PLAIN)
    holder: Any = plain
    *steps, last = path.split("/")
    for step in steps:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    holder[last] = value
    return plain


def test_a_mapping_that_only_renames_places_and_changes_units_is_read() -> None:
    mapping = mapping_of(PLAIN, "invented")
    assert mapping.shapes[0].expected["breach"].at == "windows.0.outcome"


@pytest.mark.parametrize(
    "value",
    ["60 * 5", "60*5", "100 - 3", "1/2", "fee/12", "=A1", "{{ fee }}", "${fee}", "round(fee)", "2**3", "a + b",
     "7 % 2", "lambda x: x", "eval", "__import__('os')", "x == 1", "`ls`"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["input/constant", "expected/breach/values/true", "alternatives/0/set/commitments.0.title"]
)
def test_arithmetic_or_code_in_a_value_is_refused(path: str, value: str) -> None:
    with pytest.raises(MappingFault):
        mapping_of(changed(path, value), "invented")


@pytest.mark.parametrize("path", ["a + b", "inputs.a*2", "inputs[0]", "f(x)", "", "inputs.{x}", "a..b", None])
def test_a_path_that_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(MappingFault):
        mapping_of(changed("input/windows", {"from": path}), "invented")
    with pytest.raises(MappingFault):
        mapping_of(changed("expected/breach", {"at": path}), "invented")


@pytest.mark.parametrize("word", ["times", "plus", "minus", "divided_by", "sum", "formula", "round", "code"])
def test_a_word_for_an_operation_is_refused(word: str) -> None:
    with pytest.raises(MappingFault, match=word):
        mapping_of(changed("input/x", {"from": "inputs.fee", word: 2}), "invented")
    with pytest.raises(MappingFault, match=word):
        mapping_of(changed("expected/breach", {"at": "windows.0.outcome", word: 2}), "invented")


def test_what_is_expected_cannot_be_handed_to_the_product() -> None:
    with pytest.raises(MappingFault, match="expected"):
        mapping_of(changed("input/x", {"from": "expected.credit.amount"}), "invented")


def test_a_unit_is_changed_within_its_kind_only() -> None:
    with pytest.raises(MappingFault, match="units"):
        mapping_of(changed("input/x", {"from": "inputs.fee", "in": "minutes", "as": "percent"}), "invented")


@pytest.mark.parametrize(
    "value", ["2024-04-09", "2024-04", "America/Los_Angeles", "99.95", "a hyphen-ated name"]
)
def test_days_zones_numbers_and_names_are_no_arithmetic(value: str) -> None:
    assert mapping_of(changed("input/x", value), "invented").shapes[0].input["x"] == value


def test_a_tag_that_names_code_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "invented.yaml"
    file.write_text("format: sla-ledger-mapping/1\nagreement: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(MappingFault, match="tag"):
        read_mapping(file)


def test_the_command_fails_for_a_mapping_that_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "format: sla-ledger-mapping/1\nagreement: invented\ninput: {x: 2 * 3}\n"
    (tmp_path / "invented.yaml").write_text(text)
    monkeypatch.setattr("agreements.benchmark.MAPPINGS", tmp_path)
    assert main([]) == 2
    assert "invented.yaml: shapes.0.input.x: '2 * 3' holds an arithmetic operation" in capsys.readouterr().out


def test_no_mapping_of_the_project_computes() -> None:
    assert list(mapping_faults(HERE / "mappings")) == []


def test_a_case_is_placed_as_the_template_says() -> None:
    case = {
        "inputs": {
            "fee": "10.00",
            "down_min": "2.5",
            "share": "3/10",
            "month": "2024-02",
            "at": "09:30",
            "rows": [{"n": 1, "on": True}, {"n": 2, "on": False}],
            "by": {"a": "1"},
        },
        "window": {"start": "2024-03-10T03:10:00", "timezone": "America/Los_Angeles"},
        "currency": "USD",
        "expected": {"secret": 1},
    }
    template = {
        "fee": {"from": "inputs.fee"},
        "gone": {"from": "inputs.gone", "optional": True},
        "seconds": {"from": "inputs.down_min", "in": "minutes", "as": "seconds"},
        "share": {"from": "inputs.share", "in": "ratio", "as": "ratio"},
        "start": {"from": "window.start", "zone": {"from": "window.timezone"}},
        "at": {"from": "inputs.at", "on": "2024-07-01", "zone": "Europe/Berlin"},
        "after": {"from": "inputs.month", "edge": "end", "zone": "UTC"},
        "last": {"from": "inputs.month", "edge": "last_day"},
        "rows": [0, {"each": "inputs.rows", "where": {"item.on": True}, "item": {"from": "item.n"}}],
        "by": {"entries": "inputs.by", "item": {"k": {"from": "item.key"}, "p": {"from": "position"}}},
    }
    assert place(template, case) == {
        "fee": "10.00",
        "seconds": 150,
        "share": "0.3",
        "start": "2024-03-10T10:10:00Z",
        "at": "2024-07-01T07:30:00Z",
        "after": "2024-03-01T00:00:00Z",
        "last": "2024-02-29",
        "rows": [0, 1],
        "by": [{"k": "a", "p": "1"}],
    }


def test_a_reference_into_nothing_is_an_error() -> None:
    with pytest.raises(CannotPlace, match=r"inputs\.fee"):
        place({"fee": {"from": "inputs.fee"}}, {"inputs": {}})


@pytest.mark.parametrize(
    ("value", "given", "wanted", "there"),
    [
        ("719/60", "hours", "seconds", 43140),
        (1, "seconds", "minutes", "1/60"),
        ("99.90", "percent", "ratio", "0.999"),
    ],
)
def test_a_change_of_unit_is_exact(value: Any, given: str, wanted: str, there: Any) -> None:
    assert change(value, given, wanted) == there
    back = number(change(there, wanted, given))
    assert back == number(value)


def test_a_number_is_spelled_with_all_its_digits() -> None:
    for text in ("0.05", "-0.5", "12.000000000001", "3"):
        spelled = spell(number(text))  # type: ignore[arg-type]
        assert str(spelled) == text
