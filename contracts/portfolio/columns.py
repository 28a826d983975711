"""The columns of a portfolio's file, and how a cell of each is read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.models import Contract
from contracts.models.agreements import YEARS
from reckoning.terms.parameters import Parameter

PARAMETER = "param:"
MAX_ROWS = 2_000
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_YES, _NO = {"yes", "true", "ja", "1"}, {"no", "false", "nein", "0"}


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell, and what would be right."""

    column: str
    wrong: str
    right: str

    def plain(self) -> list[str]:
        """As it is kept with the row."""
        return [self.column, self.wrong, self.right]


@dataclass(frozen=True)
class Column:
    """A column: what it holds in words, an example, and whether a row must fill it."""

    name: str
    says: str
    example: str
    needed: bool = True


COLUMNS = (
    Column("reference", "The contract's own number; each stands in one row only.", "CUS-2026-001"),
    Column("title", "What the contract is called.", "Hosting for Brook Ltd"),
    Column("legal_entity", "Code of our company.", "example-software"),
    Column("counterparty", "Code of the other side.", "brook"),
    Column(
        "counterparty_name",
        "Its name, where it is not entered yet: with it the other side is entered too.",
        "Brook Ltd",
        needed=False,
    ),
    Column("counterparty_country", "Its country in two capital letters, with its name.", "GB", needed=False),
    Column("counterparty_vat_id", "Its VAT id, where it has one.", "GB000000000", needed=False),
    Column(
        "direction",
        "promised_by_us: we promise to a customer. promised_to_us: a vendor promises to us.",
        "promised_by_us",
    ),
    Column("currency", "Currency of the contract: three capital letters.", "EUR"),
    Column("template", "Name of the template, as in the address of its page.", "slack-2019"),
    Column("template_version", "Number of its version. Empty: the newest.", "1", needed=False),
    Column("effective_from", "First day, in the zone of the terms.", "2026-01-01"),
    Column("effective_until", "First day that is not covered. Empty: open.", "2027-01-01", needed=False),
    Column(
        "services",
        "Our services in place of the template's: service=web, or service=web+mail, several with semicolons "
        "between. Where the template names one service, its own code alone will do. Empty: as in the template.",
        "service=web",
        needed=False,
    ),
    Column(
        "replace_currency",
        "yes: the contract's currency takes the place of the template's; amounts of money keep their figures.",
        "yes",
        needed=False,
    ),
)
BY_NAME = {column.name: column for column in COLUMNS}


@dataclass
class Cells:
    """One row's cells, read; what is wrong is noted."""

    given: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def wrong(self, column: str, wrong: str, right: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(column, wrong, right))

    def text(self, name: str, most: int = 200) -> str:
        """The cell as text; noted where it is needed and empty, or too long."""
        value = self.given.get(name, "").strip()
        column = BY_NAME[name]
        if not value and column.needed:
            self.wrong(name, "is empty", f"{column.says} For example {column.example}")
        if len(value) > most:
            self.wrong(name, f"has {len(value)} characters", f"{most} at most")
            return ""
        if "\0" in value:
            self.wrong(name, "holds a character that is none", "write it anew")
            return ""
        return value

    def code(self, name: str, most: int = 60) -> str:
        """The cell as a code."""
        value = self.text(name, most)
        if value and not _CODE.fullmatch(value):
            self.wrong(
                name, f"{value!r} is no code", "lower-case letters, digits and single hyphens, such as brook"
            )
            return ""
        return value

    def day(self, name: str) -> date | None:
        """The cell as a day; a workbook's day at midnight is one."""
        value = self.text(name, 40)
        if not value:
            return None
        try:
            day = date.fromisoformat(value.removesuffix(" 00:00:00"))
        except ValueError:
            self.wrong(name, f"{value!r} is no day", "year, month and day, such as 2026-01-31")
            return None
        if not YEARS[0] <= day.year <= YEARS[1]:
            self.wrong(name, f"is in the year {day.year}", f"a day between {YEARS[0]} and {YEARS[1]}")
        return day

    def currency(self, name: str) -> str:
        """The cell as a currency."""
        value = self.text(name, 10)
        if value and not re.fullmatch(r"[A-Z]{3}", value):
            self.wrong(name, f"{value!r} is no currency", "three capital letters, such as EUR")
            return ""
        return value

    def number(self, name: str) -> int | None:
        """The cell as a counting number."""
        value = self.text(name, 10)
        if not value:
            return None
        if not value.isdecimal() or not int(value):
            self.wrong(name, f"{value!r} is no number of a version", "1, 2, 3; or empty for the newest")
            return None
        return int(value)

    def flag(self, name: str) -> bool:
        """The cell as yes or no; empty is no."""
        value = self.text(name, 10).lower()
        if value and value not in _YES | _NO:
            self.wrong(name, f"{value!r} is neither yes nor no", "yes, no, or empty")
        return value in _YES

    def direction(self, name: str) -> str:
        """The cell as a direction."""
        value = self.text(name, 30)
        if value and value not in Contract.Direction.values:
            self.wrong(name, f"{value!r} is no direction", " or ".join(Contract.Direction.values))
            return ""
        return value

    def services(self, name: str, known: list[str]) -> dict[str, tuple[str, ...]]:
        """Our services by the template's."""
        value = self.text(name, 2000)
        if not value:
            return {}
        if "=" not in value:
            if len(known) == 1:
                return {known[0]: tuple(_split(value, "+"))}
            self.wrong(name, "does not say in place of which service", f"NAME=CODE, for: {', '.join(known)}")
            return {}
        found: dict[str, tuple[str, ...]] = {}
        for part in _split(value, ";"):
            theirs, _, ours = part.partition("=")
            if theirs.strip() not in known or not ours.strip():
                self.wrong(
                    name, f"{part!r} names no service of the template", f"NAME=CODE, for: {', '.join(known)}"
                )
                continue
            found[theirs.strip()] = tuple(_split(ours, "+"))
        return found

    def values(self, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
        """The values of a template's parameters, as the language takes them. Empty cells are left out."""
        known = {one.name: one for one in parameters}
        found: dict[str, Any] = {}
        for name, cell in self.given.items():
            if not name.startswith(PARAMETER) or not cell.strip():
                continue
            parameter = known.get(name.removeprefix(PARAMETER))
            if parameter is None:
                has = ", ".join(f"{PARAMETER}{one}" for one in known) or "no values at all"
                self.wrong(
                    name, "is no value of this row's template", f"leave it empty; the template takes {has}"
                )
                continue
            found[parameter.name] = _READ.get(parameter.type, str.strip)(cell)
        return found


def _split(text: str, by: str) -> list[str]:
    return [one.strip() for one in text.split(by) if one.strip()]


def _flag(cell: str) -> Any:
    text = cell.strip().lower()
    return True if text in _YES else False if text in _NO else cell


_READ: dict[str, Callable[[str], Any]] = {
    "flag": _flag,
    "texts": lambda cell: _split(cell, ";"),
    "dates": lambda cell: _split(cell, ";"),
    "date": lambda cell: cell.strip().removesuffix(" 00:00:00"),
}


def faults_of_header(headers: list[str]) -> list[Fault]:
    """What is wrong with the names of the columns."""
    faults = [
        Fault(column.name, "is missing", f"a column of that name: {column.says}")
        for column in COLUMNS
        if column.needed and column.name not in headers
    ]
    for name in headers:
        if name and name not in BY_NAME and not name.startswith(PARAMETER):
            near = ", ".join(column.name for column in COLUMNS)
            faults.append(Fault(name, "is no column of a portfolio", f"one of {near}, or {PARAMETER}NAME"))
    return faults
