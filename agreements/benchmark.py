"""All agreements against all worked cases: what comes out, what is missing, and why."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from agreements import engine
from agreements.comparing import differences, differences_of_other
from agreements.faults import CannotPlace, MappingFault
from agreements.mapping import Mapping, Other, Shape, left_out, read_mapping
from agreements.placing import is_there, look_up, place
from agreements.reading import read_json

HERE = Path(__file__).resolve().parent
MAPPINGS = HERE / "mappings"
CASES = HERE.parents[1] / "shared" / "data" / "agreements"
WRONG = "wrong for this agreement"


@dataclass
class Tally:
    """What came out for one agreement."""

    agreement: str
    cases: int = 0
    right: int = 0
    readings: int = 0
    expressed: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """An agreement counts when all its cases come out."""
        return self.right == self.cases


def benchmark(cases: list[dict[str, Any]], here: Path = HERE) -> list[Tally]:
    """A tally per agreement, in the order of the cases. Raises MappingFault for a mapping that computes."""
    by_agreement: dict[str, list[dict[str, Any]]] = {}
    for case in cases:
        by_agreement.setdefault(case["agreement"], []).append(case)
    return [tally(agreement, mine, here) for agreement, mine in sorted(by_agreement.items())]


def tally(agreement: str, cases: list[dict[str, Any]], here: Path = HERE) -> Tally:
    """One agreement against its cases."""
    found = Tally(agreement, len(cases), readings=sum(len(case.get("alternatives", ())) for case in cases))
    path = here / "mappings" / f"{agreement}.yaml"
    if not path.exists():
        found.missing.append("no mapping, so no case is reckoned")
        return found
    mapping = read_mapping(path)
    for case in cases:
        faults, others = judge(case, mapping, here)
        name = case["id"].partition("/")[2]
        found.right += not faults
        found.missing.extend(f"{name}: {fault}" for fault in faults)
        for number, reasons in enumerate(others, 1):
            found.expressed += not reasons
            found.missing.extend(f"{name}, alternative {number}: {reason}" for reason in reasons)
    return found


def judge(case: dict[str, Any], mapping: Mapping, here: Path = HERE) -> tuple[list[str], list[list[str]]]:
    """What of a case does not come out, and the same for each of its alternatives."""
    alternatives = case.get("alternatives", [])
    try:
        shape = shape_for(case, mapping)
        terms = document(here / f"{shape.terms}.yaml")
        inputs = place(shape.input, case)
        result = engine.result(terms, inputs, reading=shape.reading)
    except Exception as error:  # whatever it is, the case does not come out, and the list says why
        return [_short(error)], [[_short(error)] for _ in alternatives]
    faults = differences(case["expected"], shape.expected, result)
    faults += [
        f"{path}: the mapping does not say what becomes of it" for path in left_out(case, shape, mapping)
    ]
    return faults, [_judge_other(one, shape, terms, inputs) for one in alternatives]


def _judge_other(alternative: dict[str, Any], shape: Shape, terms: Any, inputs: Any) -> list[str]:
    other = _other_for(alternative["reading"], shape)
    if other is None:
        return [f"the mapping does not say which reading is meant by {alternative['reading'][:50]!r}"]
    if other.alternative is None and not other.own and WRONG not in alternative["reading"]:
        return ["is a reading of the text, so the document has to state it"]
    try:
        if other.alternative is not None or other.own:
            result = engine.result(terms, inputs, reading=other.alternative)
        else:
            result = engine.result(terms, inputs, replaced=other.replaced)
    except Exception as error:
        return [_short(error)]
    return differences_of_other(alternative, shape.expected, result)


def _other_for(reading: str, shape: Shape) -> Other | None:
    fitting = [other for other in shape.alternatives if other.like.lower() in reading.lower()]
    return fitting[0] if fitting else None


def shape_for(case: dict[str, Any], mapping: Mapping) -> Shape:
    """The first shape that fits the case. Raises CannotPlace when none does."""
    name = case["id"].partition("/")[2]
    for shape in mapping.shapes:
        if (
            (not shape.cases or name in shape.cases)
            and all(is_there(case, path) for path in shape.has)
            and not any(is_there(case, path) for path in shape.without)
            and all(
                is_there(case, path) and look_up(case, path) == value for path, value in shape.equals.items()
            )
        ):
            return shape
    raise CannotPlace("no shape of the mapping fits the case")


@cache
def document(path: Path) -> Any:
    """The terms document in that file, read by the product's own reading."""
    if not path.exists():
        raise CannotPlace(f"no terms document {path.name}")
    return engine.read(path)


def _short(error: Exception) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text[:300]}"


def summary(tallies: list[Tally]) -> str:
    """The last line."""
    counted = (
        (sum(one.complete for one in tallies), len(tallies), "agreements"),
        (sum(one.right for one in tallies), sum(one.cases for one in tallies), "cases"),
        (sum(one.expressed for one in tallies), sum(one.readings for one in tallies), "alternative readings"),
    )
    return ", ".join(f"{right}/{of} {what}" for right, of, what in counted)


def lines(tallies: list[Tally]) -> Iterator[str]:
    """The list of what is missing, and the summary."""
    for one in tallies:
        if one.missing:
            yield f"{one.agreement}: {one.right}/{one.cases} cases, {one.expressed}/{one.readings} readings"
            yield from (f"    {reason}" for reason in one.missing)
    yield summary(tallies)


def main(arguments: list[str]) -> int:
    """Print what is missing and the summary.

    Returns 2 for a mapping that computes, else 0: what is missing is listed, and tests/agreements holds the
    summary, so that none that came out once is lost unseen.
    """
    parser = argparse.ArgumentParser(prog="agreements", description=__doc__)
    parser.add_argument("only", nargs="*", help="agreements to look at; all of them where none is named")
    parser.add_argument("--cases", type=Path, default=CASES, help="folder of cases.json")
    parser.add_argument("--quiet", action="store_true", help="the last line alone")
    given = parser.parse_args(arguments)
    faulty = list(mapping_faults(MAPPINGS))
    for line in faulty:
        print(line)
    if faulty:
        return 2
    path = given.cases / "cases.json"
    if not path.exists():
        print(f"left out: the worked cases are not part of the project, and {path} is not there")
        return 0
    cases = [case for case in read_json(path) if not given.only or case["agreement"] in given.only]
    tallies = benchmark(cases)
    for line in [summary(tallies)] if given.quiet else lines(tallies):
        print(line)
    return 0


def mapping_faults(folder: Path) -> Iterator[str]:
    """Every mapping that cannot be read or that computes, as its file and the reason."""
    for path in sorted(folder.glob("*.yaml")):
        try:
            read_mapping(path)
        except MappingFault as fault:
            yield f"{path.name}: {fault}"
