"""`python -m verifier FILE`, for an evidence file or a PDF with one attached.

The status is 0 for recomputed and identical, 1 where something differs, 2 for no evidence file.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from verifier.pdf import MAX_PDF_BYTES
from verifier.verify import EvidenceError, Verdict, verify


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one file and say what was found. Returns the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if len(given) != 1 or given[0].startswith("-"):
        sys.stderr.write("usage: python -m verifier FILE\n")
        return 2
    try:
        with Path(given[0]).open("rb") as file:
            # One byte more than allowed is enough to know that the file is too large.
            verdict = verify(file.read(MAX_PDF_BYTES + 1))
    except OSError as error:
        sys.stderr.write(f"verifier: {given[0]}: {error.strerror or error}\n")
        return 2
    except EvidenceError as error:
        sys.stderr.write(f"verifier: {given[0]}: {' '.join(str(error).split())}\n")
        return 2
    sys.stdout.write(report(verdict))
    return 0 if verdict.difference is None else 1


def report(verdict: Verdict) -> str:
    """The recomputed trace, and whether the file says the same."""
    inputs = verdict.inputs
    lines = [
        f"{verdict.terms.title}: {verdict.commitment}, {inputs.service}, "
        f"{inputs.window_start.isoformat()} to {inputs.window_end.isoformat()}",
        f"terms {verdict.result.terms_sha256}",
        f"evidence {verdict.sha256}",
    ]
    for step in verdict.result.trace:
        lines.append(f"{step.stage:<10} {step.clause}: {step.rule}")
        lines.extend(f"{'':<13}{name} = {value}" for name, value in step.inputs.items() if value)
        lines.extend(f"{'':<11}> {name} = {value}" for name, value in step.output.items())
    lines.extend(
        f"{'question':<10} {question.code}: {question.sentence}" for question in verdict.result.open_questions
    )
    if verdict.difference is None:
        lines.append("recomputed: identical")
    else:
        path, recorded, recomputed = verdict.difference
        lines.append(f"recomputed: differs at {path}: recorded {recorded}, recomputed {recomputed}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
