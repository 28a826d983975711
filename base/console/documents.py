"""`manage.py terms`: look at documents, without a database.

terms lint FILE...                    questions that a careful reader would ask
terms word FILE...                    the terms in plain English
terms diff OLD NEW                    a redline by clause and by field
terms schema [KIND | FILE...]         the JSON Schema of a kind of document, or whether files are valid
terms fill TEMPLATE [VALUES]          a template filled in
terms copies TEMPLATE COPY...         which copies a version of a template would have made otherwise
terms conform BASE AMENDMENT...       the text as of an instant, or all texts with their times
terms precedence FILE --as-of WHEN    which of several documents computes, and where they disagree
"""

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

from base.console.files import (
    ConsoleError,
    faults_named,
    instant_of,
    json_text,
    plain_of,
    read_as,
    terms_of,
    values_of,
)
from reckoning.calculation import input_json_schema, parse_input
from reckoning.canonical import canonical_object
from reckoning.terms.amendments import Amendment, Standing, conformed, parse_amendment, texts
from reckoning.terms.document import parse_terms, terms_json_schema, terms_sha256
from reckoning.terms.linter import lint
from reckoning.terms.origin import FilledFrom
from reckoning.terms.precedence import Order, parse_order, prevailing
from reckoning.terms.redline import marked, redline
from reckoning.terms.templates import Filled, Template, compare_copies, fill, parse_template
from reckoning.terms.wording import word

Parser = Callable[[Any], Any]

_SCHEMAS: dict[str, tuple[str, Callable[[], dict[str, Any]], Parser]] = {
    "terms": ("sla-ledger-terms/1", terms_json_schema, parse_terms),
    "template": ("sla-ledger-template/1", Template.model_json_schema, parse_template),
    "amendment": ("sla-ledger-amendment/1", Amendment.model_json_schema, parse_amendment),
    "precedence": ("sla-ledger-precedence/1", Order.model_json_schema, parse_order),
    "input": ("sla-ledger-input/1", input_json_schema, parse_input),
}


def main(arguments: Sequence[str], out: TextIO) -> int:
    """Run one of the commands. Returns the exit status; raises ConsoleError."""
    options = _parser().parse_args(list(arguments))
    status: int = options.act(options, out)
    return status


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="manage.py terms", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, act: Callable[[Namespace, TextIO], int], summary: str) -> ArgumentParser:
        made = commands.add_parser(name, help=summary, description=summary)
        made.set_defaults(act=act)
        made.add_argument("--json", action="store_true", help="print JSON")
        return made

    for name, act, summary in (("lint", _lint, "Questions about terms."), ("word", _word, "Terms in words.")):
        made = command(name, act, summary)
        made.add_argument("files", nargs="+", metavar="FILE", help="terms, or a template with its values")
        _takes_values(made)
        if name == "lint":
            made.add_argument(
                "--role", action="append", metavar="ROLE", help="a source role that some source plays"
            )
    made = command("diff", _diff, "A redline between two terms.")
    made.add_argument("old", metavar="OLD")
    made.add_argument("new", metavar="NEW")
    made.add_argument("--all", action="store_true", help="also the clauses that did not change")
    made = command("schema", _schema, "The JSON Schema of a kind of document, or whether files are valid.")
    made.add_argument(
        "what", nargs="*", metavar="KIND or FILE", help=f"one of {', '.join(_SCHEMAS)}, or files"
    )
    made = command("fill", _fill, "A template filled in.")
    made.add_argument("template", metavar="TEMPLATE")
    made.add_argument("values", nargs="?", metavar="VALUES", help="a file with a value for each parameter")
    made.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="pairs")
    made = command("copies", _copies, "Which copies a version of a template would have made otherwise.")
    made.add_argument("template", metavar="TEMPLATE")
    made.add_argument("copies", nargs="+", metavar="COPY", help="filled-in terms")
    made = command(
        "conform", _conform, "The text as of an instant; all texts with their times where none is given."
    )
    made.add_argument("base", metavar="BASE")
    made.add_argument("amendments", nargs="*", metavar="AMENDMENT")
    made.add_argument("--as-of", metavar="INSTANT", help="such as 2025-01-31T13:45:00Z")
    made.add_argument("--word", action="store_true", help="print the text in words")
    made = command("precedence", _precedence, "Which of several documents computes, and where they disagree.")
    made.add_argument("order", metavar="FILE")
    made.add_argument("--as-of", metavar="INSTANT", required=True, help="such as 2025-01-31T13:45:00Z")
    return parser


def _takes_values(parser: ArgumentParser) -> None:
    parser.add_argument("--values", metavar="FILE", help="values of a template's parameters")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="pairs")


def _lint(options: Namespace, out: TextIO) -> int:
    values = values_of(options.values, options.pairs)
    found: list[dict[str, str]] = []
    for file in options.files:
        for finding in lint(terms_of(file, values), options.role):
            found.append({"file": file, **finding._asdict()})
    if options.json:
        out.write(json_text(found))
    else:
        for one in found:
            out.write(f"{one['file']}: {one['path']}: {one['code']} ({one['severity']})\n")
            out.write(f"    {one['sentence']}\n    {one['mend']}\n")
        count = "no findings" if not found else "1 finding" if len(found) == 1 else f"{len(found)} findings"
        out.write(f"{count} in {len(options.files)} file{'' if len(options.files) == 1 else 's'}\n")
    return 1 if found else 0


def _word(options: Namespace, out: TextIO) -> int:
    values = values_of(options.values, options.pairs)
    every = []
    for file in options.files:
        terms = terms_of(file, values)
        every.append((file, terms, word(terms)))
    if options.json:
        plain = [
            {"file": file, "sha256": terms_sha256(terms), "clauses": [clause._asdict() for clause in clauses]}
            for file, terms, clauses in every
        ]
        out.write(json_text(plain))
        return 0
    for file, terms, clauses in every:
        out.write(f"{file}: {terms.title} (sha256 {terms_sha256(terms)})\n\n")
        for clause in clauses:
            out.write(f"{clause.number} {clause.heading}\n    {clause.text}\n")
        out.write("\n")
    return 0


def _diff(options: Namespace, out: TextIO) -> int:
    found = redline(terms_of(options.old, {}), terms_of(options.new, {}), also_same=options.all)
    if options.json:
        clauses = [
            {
                **one._asdict(),
                "before": one.before._asdict() if one.before else None,
                "after": one.after._asdict() if one.after else None,
                "parts": [part._asdict() for part in one.parts],
            }
            for one in found.clauses
        ]
        out.write(json_text({"clauses": clauses, "fields": [one._asdict() for one in found.fields]}))
        return 1 if found.fields else 0
    for one in found.clauses:
        number = (one.after or one.before).number  # type: ignore[union-attr]
        out.write(f"{number} {one.heading} ({one.state}) {one.place}\n    {marked(one.parts)}\n")
    if found.fields:
        out.write("\nFields:\n")
    for change in found.fields:
        before = "absent" if change.before is None else change.before or "empty"
        after = "absent" if change.after is None else change.after or "empty"
        out.write(f"    {change.path}: {before} -> {after}\n")
    if not found.fields:
        out.write("the same terms\n")
    return 1 if found.fields else 0


def _schema(options: Namespace, out: TextIO) -> int:
    what: list[str] = options.what or ["terms"]
    if len(what) == 1 and what[0] in _SCHEMAS:
        out.write(json_text(_SCHEMAS[what[0]][1]()))
        return 0
    rows = []
    for file in what:
        if not Path(file).exists():
            raise ConsoleError(file, [f"is neither a file nor one of {', '.join(_SCHEMAS)}"])
        plain = plain_of(file)
        kind, parse = _kind_of(plain)
        with faults_named(file):
            read = parse(plain)
        rows.append({"file": file, "kind": kind, "sha256": terms_sha256(read) if kind == "terms" else None})
    if options.json:
        out.write(json_text(rows))
        return 0
    for row in rows:
        out.write(
            f"{row['file']}: valid, {row['kind']}{', sha256 ' + row['sha256'] if row['sha256'] else ''}\n"
        )
    return 0


def _kind_of(plain: Any) -> tuple[str, Parser]:
    given = plain.get("format") if isinstance(plain, dict) else None
    for kind, (name, _, parse) in _SCHEMAS.items():
        if name == given:
            return kind, parse
    # Without a format it can only be meant as terms; the reader says what is wrong with it.
    return "terms", parse_terms


def _fill(options: Namespace, out: TextIO) -> int:
    template = read_as(options.template, parse_template)
    values = values_of(options.values, options.pairs)
    with faults_named(options.template):
        filled = fill(template, values)
    out.write(json_text(filled.terms.document()))
    return 0


def _copies(options: Namespace, out: TextIO) -> int:
    template = read_as(options.template, parse_template)
    copies = [_copy_of(file) for file in options.copies]
    standings = compare_copies(template, copies)
    if options.json:
        plain = [
            {
                "file": file,
                "title": one.title,
                "filled_from": canonical_object(one.origin.model_dump()),
                "state": one.state,
                "changes": [change._asdict() for change in one.changes],
                "faults": [{"path": path, "sentence": sentence} for path, sentence in one.faults],
            }
            for file, one in zip(options.copies, standings, strict=True)
        ]
        out.write(json_text(plain))
        return 1 if any(one.state != "same" for one in standings) else 0
    said = {
        "same": f"version {template.version} makes the same",
        "differs": f"version {template.version} would make it otherwise",
        "refused": f"version {template.version} refuses its values",
        "other": "is of another template",
    }
    for file, one in zip(options.copies, standings, strict=True):
        out.write(f"{file}: from {one.origin.template} version {one.origin.version}: {said[one.state]}\n")
        for change in one.changes:
            out.write(f"    {change.path}: {change.before} -> {change.after}\n")
        for path, sentence in one.faults:
            out.write(f"    {path}: {sentence}\n")
    return 1 if any(one.state != "same" for one in standings) else 0


def _copy_of(file: str) -> Filled:
    terms = terms_of(file, {})
    origin: FilledFrom | None = getattr(terms, "filled_from", None)
    if origin is None:
        raise ConsoleError(
            file, ["filled_from: is empty; only terms that a template was filled in for are copies"]
        )
    return Filled(terms, origin)


def _conform(options: Namespace, out: TextIO) -> int:
    base = terms_of(options.base, {})
    amendments = [read_as(file, parse_amendment) for file in options.amendments]
    with faults_named(options.base):
        every = (
            [conformed(base, amendments, instant_of(options.as_of))]
            if options.as_of
            else texts(base, amendments)
        )
    if options.as_of and not options.json and not options.word:
        out.write(json_text(every[0].terms.document()))
        return 0
    if options.json:
        out.write(json_text([_standing(one) for one in every]))
        return 0
    for one in every:
        plain = _standing(one)
        out.write(f"from {plain['start'] or 'the beginning'} until {plain['end'] or 'further notice'}: ")
        out.write(f"{', '.join(one.applied) or 'the base alone'}, sha256 {one.sha256}\n")
        for clause in word(one.terms) if options.word else ():
            out.write(f"    {clause.number} {clause.heading}: {clause.text}\n")
    return 0


def _standing(one: Standing) -> dict[str, Any]:
    plain: dict[str, Any] = canonical_object(
        {
            "start": one.start,
            "end": one.end,
            "applied": list(one.applied),
            "sha256": one.sha256,
            "terms": one.terms.document(),
        }
    )
    return plain


def _precedence(options: Namespace, out: TextIO) -> int:
    order = read_as(options.order, parse_order)
    with faults_named(options.order):
        found = prevailing(order, instant_of(options.as_of))
    if options.json:
        plain = {
            "base": found.base,
            "provisions": found.provisions,
            "conflicts": [
                {**one._asdict(), "voices": [voice._asdict() for voice in one.voices]}
                for one in found.conflicts
            ],
            "sha256": terms_sha256(found.terms),
            "terms": found.terms.document(),
        }
        out.write(json_text(plain))
        return 1 if found.conflicts else 0
    out.write(f"computes: {found.base} (sha256 {terms_sha256(found.terms)})\n")
    for place, document in found.provisions.items():
        out.write(f"    {place}: {document}\n")
    for conflict in found.conflicts:
        out.write(f"{conflict.code} {conflict.place}\n    {conflict.sentence}\n")
    if not found.conflicts:
        out.write("no conflicts\n")
    return 1 if found.conflicts else 0
