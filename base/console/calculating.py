"""`manage.py calculate TERMS INPUT`: the assessment of a file of facts by a file of terms, without a database."""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from base.console.files import ConsoleError, faults_named, json_text, plain_of, read_as
from reckoning.calculation import calculate
from reckoning.calculation.amended import calculate_amended
from reckoning.calculation.documents import MAX_INPUT_BYTES
from reckoning.terms.amendments import parse_amendment

MAX_INPUT_VALUES = 5_000_000


def main(arguments: Sequence[str], out: TextIO) -> int:
    """Reckon and print. Status 0; raises ConsoleError."""
    options = _parser().parse_args(list(arguments))
    terms = plain_of(options.terms)
    facts = plain_of(options.input, max_bytes=MAX_INPUT_BYTES, max_values=MAX_INPUT_VALUES)
    changes = [read_as(file, parse_amendment) for file in options.amendments]
    with faults_named(f"{options.terms}, {options.input}"):
        result: dict[str, Any] = (
            calculate_amended(terms, changes, facts) if changes else calculate(terms, facts)
        )
    if options.window:
        result = {**result, "windows": _windows(result, options.window, options.input)}
    if options.json:
        out.write(json_text(result))
    else:
        for line in lines_of(result):
            out.write(f"{line}\n")
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="manage.py calculate", description="Reckon a file of facts by a file of terms."
    )
    parser.add_argument("terms", metavar="TERMS", help="terms, or a template, as YAML or JSON")
    parser.add_argument("input", metavar="INPUT", help="the facts, as YAML or JSON")
    parser.add_argument(
        "--amendment",
        action="append",
        default=[],
        metavar="FILE",
        dest="amendments",
        help="a change of the terms",
    )
    parser.add_argument("--window", metavar="LABEL", help="show this window only, by its label or its start")
    parser.add_argument("--json", action="store_true", help="print exact JSON")
    return parser


def _windows(result: dict[str, Any], wanted: str, file: str) -> list[dict[str, Any]]:
    """The rows of a window: one, or one for each part of it where its text changes."""
    names = [(one["window"].get("label"), one["window"].get("start")) for one in result["windows"]]
    found = [one for one, known in zip(result["windows"], names, strict=True) if wanted in known]
    if not found:
        known = ", ".join(dict.fromkeys(str(label or start) for label, start in names)) or "none"
        raise ConsoleError(file, [f"has no window {wanted!r}; there are {known}"])
    return found


def lines_of(result: dict[str, Any]) -> Iterator[str]:
    """A result for people: what came out, what is open, what other readings give, and every step of it."""
    for one in result.get("windows", []):
        window = one["window"]
        yield f"{window.get('label') or ''} {window['start']} to {window['end']} ({window.get('zone', 'UTC')})".strip()
        if "text" in one:
            part = one["text"].get("part")
            stretch = f"{part['start']} to {part['end']}: " if part else ""
            yield f"  {stretch}text {', '.join(one['text']['applied']) or 'unchanged'}, {one['text']['sha256']}"
        for key, assessed in one.get("commitments", {}).items():
            yield f"  {key}: {assessed['outcome']}"
            yield from (f"    {line}" for line in _assessed(assessed))
        for name, combined in one.get("combinations", {}).items():
            yield f"  {name}: {combined['outcome']}"
            yield from (
                f"    {line}"
                for line in _details(combined, ("parts", "chosen", "credit_amount", "capped_by"))
            )
            yield from (f"    {line}" for line in _open(combined))
    for key, total in result.get("totals", {}).items():
        if total:
            yield f"total {key}: {_short(total)}"
    for key, remedy in result.get("remedy", {}).items():
        yield f"remedy {key}: {_short(remedy)}"
    names = ("terms_sha256", "input_sha256", "engine_version")
    yield ", ".join(f"{name} {result[name]}" for name in names if result.get(name))


def _assessed(assessed: dict[str, Any]) -> Iterator[str]:
    level = assessed.get("level")
    if level:
        yield f"level {level['percent']} % ({level['exact']})"
    for name, figure in assessed.get("figures", {}).items():
        if name == "level":
            continue
        unit = f" {figure['unit']}" if figure.get("unit") else ""
        yield f"{name} {figure.get('decimal')}{unit} ({figure['exact']})"
    yield from _details(
        assessed, ("tier", "entitlement", "capped_by", "withheld", "credit_amount", "claim_deadline_on")
    )
    yield from _details(assessed, ("claim",))
    yield from _open(assessed)
    for other in assessed.get("other_readings", []):
        yield f"other reading, {other['name']}: {other['outcome']}, credit {other.get('credit_amount')}"
    for step in assessed.get("trace", []):
        yield f"{step['stage']} [{step['clause']}] {step['rule']}"
        figures = " -> ".join(text for text in (_short(step["inputs"]), _short(step["output"])) if text)
        if figures:
            yield f"  {figures}"


def _details(found: dict[str, Any], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if found.get(name) not in (None, [], {}):
            currency = f" {found['currency']}" if name == "credit_amount" and found.get("currency") else ""
            yield f"{name} {_short(found[name])}{currency}"


def _open(found: dict[str, Any]) -> Iterator[str]:
    for question in found.get("open_questions", []):
        yield f"OPEN {question['code']}: {question['sentence']}"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{name} {_short(item)}" for name, item in value.items() if item not in (None, "", [], {})
        )
    if isinstance(value, list):
        return "; ".join(_short(item) for item in value)
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
