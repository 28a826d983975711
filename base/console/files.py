"""Files in: bounded, and with every fault named by its file."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reckoning.errors import ReckoningError, TermsError
from reckoning.terms.model import Terms
from reckoning.terms.paths import faults_of
from reckoning.terms.plain import MAX_BYTES, MAX_VALUES, read_plain
from reckoning.terms.templates import terms_from


class ConsoleError(Exception):
    """A file that cannot be used: one line for each fault."""

    def __init__(self, file: str, lines: Sequence[str]) -> None:
        self.file = file
        self.lines = list(lines)
        super().__init__(f"{file}: {'; '.join(self.lines)}")


@contextmanager
def faults_named(file: str) -> Iterator[None]:
    """Turn every error of the reckoning inside into one of this file."""
    try:
        yield
    except TermsError as error:
        raise ConsoleError(
            file, [f"{path}: {say}" if path else say for path, say in error.findings]
        ) from None
    except ValidationError as error:
        raise ConsoleError(file, [f"{path}: {say}" for path, say in faults_of(error, None)]) from None
    except ReckoningError as error:
        raise ConsoleError(file, [error.message]) from None
    except OSError as error:
        raise ConsoleError(file, [error.strerror or str(error)]) from None


def plain_of(file: str, *, max_bytes: int = MAX_BYTES, max_values: int = MAX_VALUES) -> Any:
    """The plain values of a JSON or YAML file. Raises ConsoleError."""
    with faults_named(file):
        with Path(file).open("rb") as opened:
            # One byte more than allowed is enough to know that the file is too large.
            content = opened.read(max_bytes + 1)
        return read_plain(content, max_bytes=max_bytes, max_values=max_values)


def read_as[T](file: str, reader: Callable[[Any], T]) -> T:
    """A file read by one of the parsers. Raises ConsoleError."""
    plain = plain_of(file)
    with faults_named(file):
        return reader(plain)


def terms_of(file: str, values: dict[str, Any]) -> Terms:
    """Terms, or a template filled in with values. Raises ConsoleError."""
    return read_as(file, lambda plain: terms_from(plain, values))


def values_of(file: str | None, pairs: Sequence[str]) -> dict[str, Any]:
    """Values of parameters: those of a file, and over them those of NAME=VALUE. Raises ConsoleError."""
    values: dict[str, Any] = {}
    if file is not None:
        plain = plain_of(file)
        if isinstance(plain, dict) and set(plain) == {"parameters"}:
            plain = plain["parameters"]
        if not isinstance(plain, dict):
            raise ConsoleError(file, ["is not an object of named values"])
        values.update(plain)
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise ConsoleError("--set", [f"{pair[:60]!r} is not written as NAME=VALUE"])
        values[name] = {"true": True, "false": False}.get(value, value)
    return values


def instant_of(text: str) -> datetime:
    """An aware instant given on the command line. Raises ConsoleError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ConsoleError(
            "--as-of", [f"{text[:60]!r} is no instant with its zone; write it as 2025-01-31T13:45:00Z"]
        )
    return found.astimezone(UTC)


def json_text(plain: Any) -> str:
    """JSON for people and machines: two blanks to a level, one line break at the end."""
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
