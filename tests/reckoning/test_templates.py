"""Templates are filled in, chosen from and included, and compute nothing."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from reckoning.errors import TermsError
from reckoning.terms.difference import diff
from reckoning.terms.document import parse_terms
from reckoning.terms.templates import compare_copies, fill, parse_template, terms_from
from tests.work import at_most

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "terms" / "examples" / "customer-monthly.json"
TERMS: dict[str, Any] = json.loads(EXAMPLE.read_text())
PARAMETERS = [
    {"name": "customer", "type": "text", "description": "who it is for"},
    {
        "name": "target",
        "type": "number",
        "description": "promised level",
        "unit": "percent",
        "at_least": 90,
        "at_most": 100,
    },
    {"name": "class", "type": "choice", "choices": ["basic", "gold"], "description": "class of service"},
    {
        "name": "maintenance",
        "type": "flag",
        "default": False,
        "description": "whether maintenance is excluded",
    },
    {"name": "services", "type": "texts", "default": ["build"], "description": "codes of the services"},
    {"name": "chosen_on", "type": "date", "default": "2025-01-31", "description": "when it was agreed"},
]
VALUES: dict[str, Any] = {"customer": "Brook Ltd", "target": "99.50", "class": "gold"}


def template(**changes: Any) -> dict[str, Any]:
    terms = copy.deepcopy(TERMS)
    (commitment,) = terms["commitments"]
    terms["title"] = {"join": ["Availability for ", {"parameter": "customer"}]}
    commitment["services"] = {"parameter": "services"}
    commitment["target_percent"] = {"parameter": "target"}
    commitment["schedule"]["tiers"] = [{"splice": {"include": "steps"}}]
    commitment["caps"] = [
        {"choose": "class", "cases": {"basic": {"include": "cap"}}, "otherwise": {"leave_out": True}}
    ]
    commitment["exclusions"] = {
        "choose": "maintenance",
        "cases": {"true": [{"kind": "planned_maintenance"}], "false": []},
    }
    commitment["readings"] = [
        {
            "name": "scope",
            "question": "What counts?",
            "chosen": "All of it.",
            "chosen_by": "legal",
            "chosen_on": {"parameter": "chosen_on"},
            "why": "It says so.",
        }
    ]
    plain = {
        "format": "sla-ledger-template/1",
        "id": "brook",
        "version": 1,
        "title": "Customer terms",
        "parameters": PARAMETERS,
        "fragments": {
            "steps": [
                {"upper": {"parameter": "target"}, "upper_inclusive": False, "percent": {"include": "pays"}}
            ],
            "pays": {"choose": "class", "cases": {"basic": 5, "gold": "12.50"}},
            "cap": {"kind": "percent_of_fee", "value": 20},
        },
        "terms": terms,
    }
    return {**plain, **changes}


def faults(plain: dict[str, Any], values: dict[str, Any] | None = None) -> dict[str, str]:
    with pytest.raises(TermsError) as caught:
        fill(parse_template(plain), VALUES if values is None else values)
    return dict(caught.value.findings)


def test_every_placeholder_is_filled() -> None:
    (one,) = (filled := fill(parse_template(template()), VALUES)).terms.commitments
    assert filled.terms.title == "Availability for Brook Ltd"
    assert (one.services, str(one.target_percent)) == (("build",), "99.5")
    assert str(one.schedule.tiers[0].percent) == "12.5"
    assert (one.caps, one.exclusions) == ((), ())
    (other,) = fill(
        parse_template(template()), {**VALUES, "class": "basic", "maintenance": True}
    ).terms.commitments
    assert [clause.kind for clause in other.exclusions] == ["planned_maintenance"]
    assert str(other.caps[0].value) == "20"


def test_a_copy_remembers_the_template_its_version_and_the_values() -> None:
    read = parse_template(template())
    filled = fill(read, VALUES)
    assert (filled.origin.template, filled.origin.version, filled.origin.sha256) == (
        "brook",
        1,
        read.sha256(),
    )
    assert filled.origin.values == {
        "customer": "Brook Ltd",
        "target": "99.5",
        "class": "gold",
        "maintenance": False,
        "services": ["build"],
        "chosen_on": "2025-01-31",
    }
    assert read.sha256() != parse_template(template(version=2)).sha256()


def test_every_wrong_value_is_named_at_once() -> None:
    found = faults(
        template(),
        {
            "target": 89,
            "class": "silver",
            "maintenance": "no",
            "services": "build",
            "chosen_on": "31.1.",
            "zone": 1,
        },
    )
    assert found["parameters.zone"].startswith("is no parameter of this template; there are customer, target")
    assert found["parameters.customer"] == "is missing (who it is for)"
    assert found["parameters.target"] == "is below 90, the least that is allowed"
    assert found["parameters.class"] == "is none of basic, gold"
    assert found["parameters.maintenance"] == "is neither true nor false"
    assert found["parameters.services"] == "is not a list"
    assert "2025-01-31" in found["parameters.chosen_on"]
    assert "not exact" in faults(template(), {**VALUES, "target": 99.5})["parameters.target"]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"parameters": PARAMETERS[1:]}, "terms.title.join.1", "names 'customer', which is no parameter"),
        (
            {"parameters": [*PARAMETERS, {"name": "spare", "type": "flag", "description": "x"}]},
            "parameters.6",
            "used nowhere",
        ),
        ({"parameters": [*PARAMETERS, PARAMETERS[0]]}, "parameters.6.name", "twice"),
        ({"fragments": {"steps": [], "pays": 1}}, "terms.commitments.0.caps.0.cases.basic", "no fragment"),
        (
            {
                "fragments": {
                    "steps": {"include": "pays"},
                    "pays": {"include": "steps"},
                    "cap": {"parameter": "class"},
                }
            },
            "fragments",
            "circle: pays, steps",
        ),
        ({"fragments": {"steps": {"include": "steps"}, "pays": 1, "cap": 1}}, "fragments", "circle: steps"),
        (
            {"fragments": {"steps": [], "cap": 1, "pays": {"choose": "class", "cases": {"basic": 1}}}},
            "fragments.pays.cases",
            "no case for gold",
        ),
        (
            {
                "fragments": {
                    "steps": [],
                    "cap": 1,
                    "pays": {"choose": "class", "cases": {"silver": 1}, "otherwise": 2},
                }
            },
            "fragments.pays.cases.silver",
            "can never be",
        ),
        (
            {"fragments": {"steps": [], "cap": 1, "pays": {"choose": "services", "cases": {"a": 1}}}},
            "fragments.pays",
            "is a list",
        ),
        ({"id": "Brook!"}, "id", "expected form"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_when_it_is_read(
    change: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(TermsError) as caught:
        parse_template(template(**change))
    found = dict(caught.value.findings)
    assert words in found[path], found


def test_a_default_must_fit_its_type() -> None:
    for parameter, path in (
        ({"type": "number", "default": "many"}, "default"),
        ({"type": "choice"}, "choices"),
        ({"type": "text", "choices": ["a"]}, "choices"),
        ({"type": "text", "at_most": 3}, "at_most"),
    ):
        with pytest.raises(TermsError) as caught:
            parse_template(template(parameters=[{"name": "n", "description": "x", **parameter}]))
        assert f"parameters.0.{path}" in dict(caught.value.findings)


@pytest.mark.parametrize("depth", [25, 60])
def test_fragments_of_fragments_cannot_grow_without_end(depth: int) -> None:
    doubling = {f"f{n}": [{"splice": {"include": f"f{n + 1}"}}] * 2 for n in range(depth)}
    plain = template(fragments={**template()["fragments"], **doubling, f"f{depth}": [1, 1]})
    plain["terms"]["commitments"][0]["exclusions"] = [
        {"choose": "maintenance", "cases": {"true": 1, "false": {"include": "f0"}}}
    ]
    with at_most(calls=1_000_000):
        assert "60,000 values" in str(faults(plain))


def test_a_splice_belongs_into_a_list_and_splices_a_list() -> None:
    plain = template()
    plain["terms"]["zone"] = {"splice": ["UTC"]}
    assert "outside of a list" in faults(plain)["terms.zone"]
    plain = template()
    plain["terms"]["commitments"].append({"splice": "x"})
    assert "no list" in faults(plain)["terms.commitments.1"]


def test_a_fault_of_the_filled_document_has_its_path() -> None:
    assert "commitments.0.services" in faults(template(), {**VALUES, "services": []})


def test_a_later_version_lists_the_copies_that_it_would_make_otherwise_and_changes_none() -> None:
    first = parse_template(template())
    gold, basic = fill(first, VALUES), fill(first, {**VALUES, "class": "basic", "customer": "Rill Ltd"})
    other = fill(parse_template(template(id="hill")), VALUES)
    before = [one.terms.canonical() for one in (gold, basic, other)]
    later = template(version=2)
    later["fragments"]["pays"]["cases"]["gold"] = 15
    found = compare_copies(parse_template(later), [gold, basic, other])
    assert [one.state for one in found] == ["differs", "same", "other"]
    assert [(change.path, change.before, change.after) for change in found[0].changes] == [
        ("commitments[build-uptime].schedule.tiers[0].percent", "12.5", "15")
    ]
    stricter = template(
        version=3, parameters=[{**PARAMETERS[0]}, {**PARAMETERS[1], "at_least": "99.9"}, *PARAMETERS[2:]]
    )
    (refused,) = compare_copies(parse_template(stricter), [gold])
    assert refused.state == "refused"
    assert refused.faults[0][0] == "parameters.target"
    assert [one.terms.canonical() for one in (gold, basic, other)] == before


def test_terms_come_from_terms_or_from_a_template() -> None:
    assert terms_from(TERMS) == parse_terms(TERMS)
    assert terms_from(json.dumps(template()), VALUES) == fill(parse_template(template()), VALUES).terms
    with pytest.raises(TermsError, match="take no parameters"):
        terms_from(TERMS, {"target": 1})
    for wrong in ("x", [1], 3):
        with pytest.raises(TermsError, match="not an object"):
            terms_from(template(), wrong)  # type: ignore[arg-type]
    with pytest.raises(TermsError, match="is a template"):
        parse_terms(template())
    assert not diff(terms_from(TERMS), parse_terms(TERMS))
