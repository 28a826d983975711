"""The workbook that a portfolio is filled into: one sheet for the contracts, one that explains each column."""

from collections.abc import Sequence
from datetime import datetime

from base.xlsx import Sheet, workbook
from contracts.gallery.texts import stand_in
from contracts.portfolio.columns import Column
from pages.desk.gallery_forms import KINDS, help_of
from reckoning.terms.parameters import Parameter

_LISTS = {
    "texts": "several with semicolons between",
    "dates": "days such as 2026-01-31, with semicolons between",
}


def example(
    columns: Sequence[Column], prefix: str, slug: str, parameters: Sequence[Parameter], *, created: datetime
) -> bytes:
    """The workbook, with one row of examples; ``parameters`` are those of the template ``slug``."""
    names = [(column.name, max(14, len(column.name) + 3)) for column in columns]
    names += [(f"{prefix}{one.name}", max(14, len(one.name) + 9)) for one in parameters]
    first = [slug if column.name == "template" and slug else column.example for column in columns]
    first += [_example(one) for one in parameters]
    told = [(one.name, "yes" if one.needed else "no", one.says, one.example) for one in columns]
    told += [
        (
            f"{prefix}{one.name}",
            "yes" if one.default is None else "no",
            f"{help_of(one)} One writes {_LISTS.get(one.type, KINDS[one.type])}."
            + (f" One of: {', '.join(one.choices)}." if one.choices else ""),
            _example(one),
        )
        for one in parameters
    ]
    told.append(
        (f"{prefix}NAME", "no", "A value of the row's template, under the name that its page gives it.", "")
    )
    explained = Sheet(
        "Explanations", [("Column", 28), ("Needed", 9), ("What it holds", 90), ("Example", 28)], told
    )
    return workbook(
        [Sheet("Contracts", names, [first]), explained],
        title="Portfolio of contracts",
        author="SLA Ledger",
        created=created,
        parameters=[
            ("Template", slug or "none chosen"),
            ("Sheet that is read", "Contracts, the first one"),
            ("What becomes of a row", "A draft; another person must still put it in force"),
        ],
    )


def _example(parameter: Parameter) -> str:
    value = parameter.default if parameter.default is not None else stand_in(parameter)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ";".join(str(one) for one in value) if isinstance(value, list) else str(value)
