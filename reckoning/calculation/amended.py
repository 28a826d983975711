"""A calculation under a contract that was amended: each window, or part of one, by the text of its time (rule 10)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from reckoning.assessment.inputs import Fee
from reckoning.calculation.calculate import _facts_by_key, _window, calculate
from reckoning.calculation.documents import CalculationInput, CommitmentFacts, WindowFacts, parse_input
from reckoning.canonical import instant_text
from reckoning.errors import TermsError
from reckoning.money import allot
from reckoning.terms.amendments import Amendment, Standing, parse_amendment, texts_of_window
from reckoning.terms.document import terms_sha256
from reckoning.terms.model import Terms
from reckoning.terms.templates import terms_from

# Facts that have their times with them, or that hold for every part of a window alike. Others cannot be split.
_SPLIT = frozenset(
    {
        "service",
        "known_at",
        "existed_from",
        "existed_until",
        "coverage",
        "outages",
        "exclusions",
        "fee",
        "cause",
        "components_in_use",
        "claim",
        "earlier",
    }
)
_SECOND = timedelta(seconds=1)


def calculate_amended(terms: Any, amendments: Sequence[Any], inputs: Any) -> dict[str, Any]:
    """As `calculate`, for terms with their amendments and variations.

    A window over which one text stands is reckoned by it, and is a fact for the next windows as long as that text
    stands. A window that a change splits has a row for each part: the part is measured over its own time, its fee is
    its share of the window's by seconds, and level, schedule, minimum and caps are its own. Every row names its text.
    Raises TermsError and InputError as `calculate` and `texts_of_window` do, and for facts that cannot be split.
    """
    given = parse_input(inputs)
    base = terms_from(terms, given.parameters)
    changes = [one if isinstance(one, Amendment) else parse_amendment(one) for one in amendments]
    if given.remedy:
        raise TermsError([("remedy", "is asked by the text that grants it; calculate it without amendments")])
    rows: list[dict[str, Any]] = []
    engine = ""
    for text, facts, split in _runs(base, changes, given):
        agreed = _measured_by_parts(text.terms) if split else text.terms
        found = calculate(agreed, given.model_copy(update={"windows": facts, "parameters": {}}))
        engine = found["engine_version"]
        for row in found["windows"]:
            rows.append({**row, "text": _text(text, split)})
    return {
        "format": "sla-ledger-result/1",
        "engine_version": engine,
        "terms_sha256": terms_sha256(base),
        "amendments": [one.id for one in changes],
        "input_sha256": given.sha256(),
        "title": base.title,
        "currency": base.currency,
        "windows": rows,
        "totals": {commitment.key: _total(rows, commitment.key) for commitment in base.commitments},
    }


def _runs(
    base: Terms, changes: list[Amendment], given: CalculationInput
) -> list[tuple[Standing, tuple[WindowFacts, ...], bool]]:
    """What is reckoned at a time: successive whole windows of one text together, a part of a window by itself."""
    runs: list[tuple[Standing, tuple[WindowFacts, ...], bool]] = []
    for index, wanted in enumerate(given.windows):
        place = f"windows.{index}"
        start, end, kinds = _edges(base, wanted, place)
        parts = texts_of_window(base, changes, start, end)
        if len(parts) == 1:
            text, facts, split = runs[-1] if runs else (parts[0], (), True)
            if not split and text.applied == parts[0].applied:
                runs[-1] = (text, (*facts, wanted), False)
            else:
                runs.append((parts[0], (wanted,), False))
            continue
        if kinds & {"hour", "day"}:
            at = ", ".join(instant_text(part.start) for part in parts[1:] if part.start)
            raise TermsError(
                [(f"{place}.window", f"the text changes at {at}; give a window up to it and one from it")]
            )
        for number, part in enumerate(parts):
            runs.append((part, (_part_of(base, wanted, parts, number, place),), True))
    return runs


def _edges(base: Terms, wanted: WindowFacts, place: str) -> tuple[datetime, datetime, set[str]]:
    keys = list(_facts_by_key(base, wanted, place))
    windows = [_window(base, base.commitment(key), wanted.window, place) for key in keys]
    if len({(one.start, one.end) for one in windows}) > 1:
        names = ", ".join(keys)
        raise TermsError([(f"{place}.window", f"is not the same for {names}; give each a window of its own")])
    return windows[0].start, windows[0].end, {base.commitment(key).window.kind for key in keys}


def _part_of(
    base: Terms, wanted: WindowFacts, parts: tuple[Standing, ...], number: int, place: str
) -> WindowFacts:
    """The facts of one part: the service is looked at from its start to its end, and pays its share."""
    if wanted.commitments:
        commitments = {
            key: _clipped(facts, base.currency, parts, number, f"{place}.commitments.{key}")
            for key, facts in wanted.commitments.items()
        }
        return wanted.model_copy(update={"commitments": commitments})
    facts = wanted.facts or CommitmentFacts()
    return wanted.model_copy(
        update={"facts": _clipped(facts, base.currency, parts, number, f"{place}.facts")}
    )


def _clipped(
    facts: CommitmentFacts, currency: str, parts: tuple[Standing, ...], number: int, place: str
) -> CommitmentFacts:
    unsplit = sorted(facts.model_fields_set - _SPLIT)
    if unsplit:
        raise TermsError(
            [
                (
                    f"{place}.{unsplit[0]}",
                    "has no times by which it could be split; give windows up to the change and from it",
                )
            ]
        )
    part = parts[number]
    assert part.start is not None
    assert part.end is not None
    changes: dict[str, Any] = {
        "existed_from": max(part.start, facts.existed_from or part.start),
        "existed_until": min(part.end, facts.existed_until or part.end),
    }
    if changes["existed_from"] >= changes["existed_until"]:
        raise TermsError(
            [(place, f"the service did not exist from {instant_text(part.start)} on; give less of a window")]
        )
    if facts.fee is not None:
        amount = facts.fee.amount if isinstance(facts.fee, Fee) else facts.fee
        own = facts.fee.currency if isinstance(facts.fee, Fee) else currency
        changes["fee"] = Fee(amount=_shares(amount, parts, own)[number], currency=own)
    return facts.model_copy(update=changes)


def _shares(amount: Decimal, parts: tuple[Standing, ...], currency: str) -> list[Decimal]:
    seconds = [(part.end - part.start) // _SECOND for part in parts if part.start and part.end]
    return allot(amount, seconds, currency)


def _measured_by_parts(terms: Terms) -> Terms:
    """The same terms, measured over a part of a window only; the row names the text itself, with its own hash."""
    commitments = tuple(
        commitment.model_copy(update={"part_life": "shorten_window"}) for commitment in terms.commitments
    )
    return terms.model_copy(update={"commitments": commitments})


def _text(text: Standing, split: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"sha256": text.sha256, "applied": list(text.applied)}
    if split and text.start and text.end:
        found["part"] = {"start": instant_text(text.start), "end": instant_text(text.end)}
    return found


def _total(rows: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    mine = [row["commitments"][key] for row in rows if key in row["commitments"]]
    if not mine:
        return None
    amounts = [one["credit_amount"] for one in mine]
    known = [Decimal(amount) for amount in amounts if amount is not None]
    return {
        "rows": len(mine),
        "breaches": sum(1 for one in mine if one["outcome"] == "breach"),
        "credit_amount": format(sum(known[1:], start=known[0]), "f") if len(known) == len(amounts) else None,
    }
