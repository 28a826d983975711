"""The commands that need neither a database nor an installation: `manage.py terms` and `manage.py calculate`."""

import sys
from collections.abc import Callable, Sequence
from typing import TextIO

from base.console import calculating, documents
from base.console.files import ConsoleError
from reckoning.errors import ReckoningError, TermsError

Main = Callable[[Sequence[str], TextIO], int]

COMMANDS: dict[str, Main] = {"terms": documents.main, "calculate": calculating.main}


def run(command: str, arguments: Sequence[str], out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Run one command. The status is 0; or 1 where something was found; or 2, with a line for each fault."""
    out, err = out or sys.stdout, err or sys.stderr
    try:
        return COMMANDS[command](arguments, out)
    except ConsoleError as error:
        lines = [f"{error.file}: {' '.join(line.split())}" for line in error.lines]
    except TermsError as error:
        lines = [f"{path or 'document'}: {' '.join(sentence.split())}" for path, sentence in error.findings]
    except ReckoningError as error:
        lines = [f"{error.code}: {' '.join(error.message.split())}"]
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        return 0
    for line in lines:
        err.write(f"{command}: {line}\n")
    return 2
