"""Findings with their mends as buttons: what is offered at each, and a pressed button carried out on the form."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from contracts.checks import Standing, findings_in, known_roles
from contracts.models import Service
from contracts.terms_form.edits import REMOVE, apply_edits
from contracts.terms_form.page import SHAPE, TermsPage
from contracts.terms_form.values import UnknownOperation
from reckoning.errors import TermsError
from reckoning.kept import Kept
from reckoning.terms import CommitmentTerms, Terms
from reckoning.terms.linter import Finding, lint
from reckoning.terms.mends import REMOVED, Edit, Mend, applied, mends, needed

MOST_SERVICES = 5000
_ALIKE: Kept[list[str]] = Kept(100)
MOST_FINDINGS = 8
"""So many findings have their buttons at once; the others get theirs when these are settled. Trying a mend takes
a few milliseconds, and the page must stay quick."""


@dataclass(frozen=True)
class Offer:
    """A button: ``key`` names it within one state of the form."""

    key: str
    mend: Mend


@dataclass(frozen=True)
class Asked:
    """A finding with what is offered to mend it, and what only a person can know."""

    standing: Standing
    offers: tuple[Offer, ...] = ()
    needed: str = ""
    later: bool = False


def asked(page: TermsPage) -> list[Asked]:
    """Every finding of the form's text with its buttons; none at what was accepted."""
    found: list[Asked] = []
    tried = 0
    for one, offers in _offers(page):
        if not one.is_open:
            found.append(Asked(one))
        elif tried < MOST_FINDINGS:
            tried += 1
            found.append(Asked(one, tuple(offers()), needed(one.code)))
        else:
            found.append(Asked(one, later=True))
    return found


def mended(page: TermsPage, operation: str) -> tuple[TermsPage, Mend]:
    """The form after the button ``mend:KEY``, and what it did. Raises UnknownOperation where there is no such button
    in this state of the form.
    """
    key = operation.partition(":")[2]
    for one, offers in _offers(page):
        for offer in offers() if one.is_open else ():
            if offer.key == key:
                edits = [
                    (edit.path, REMOVE if edit.value is REMOVED else edit.value) for edit in offer.mend.edits
                ]
                values = apply_edits(SHAPE, page.values, edits)
                return replace(page, values=values), offer.mend
    raise UnknownOperation(operation)


def _offers(page: TermsPage) -> Iterator[tuple[Standing, Callable[[], Iterator[Offer]]]]:
    """Every finding with a function that tries its mends: trying is put off until somebody wants to know."""
    terms = page.terms
    if terms is None:
        return
    roles = known_roles(page.contract)
    linted = {(one.code, one.path, one.sentence): one for one in lint(terms, roles)}
    for one in page.standings:
        finding = linted.get((one.code, one.path, one.sentence))

        def offers(one: Standing = one, finding: Finding | None = finding) -> Iterator[Offer]:
            tried = mends(terms, finding, roles) if finding else _own(terms, page, one)
            for mend in tried:
                yield Offer(_key(one, mend), mend)

        yield one, offers


def _key(one: Standing, mend: Mend) -> str:
    said = "\n".join((one.code, one.path, one.sentence, mend.label))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _own(terms: Terms, page: TermsPage, one: Standing) -> list[Mend]:
    """Mends of what is found beside the linter, tried in the same way."""
    return [mend for mend in _candidates(terms, one) if _holds(terms, page, one, mend)]


def _candidates(terms: Terms, one: Standing) -> Iterator[Mend]:
    if one.code == "SERVICE_UNKNOWN":
        # Only what looks like a slip of the pen: which other service is meant, a person must know.
        number, path = _inside(one.path)
        given = str(_at(terms.commitments[number].document(), path))
        known = tuple(Service.objects.order_by("code").values_list("code", flat=True)[:MOST_SERVICES])
        for code in _ALIKE.of((given, known), lambda: get_close_matches(given, known, n=3, cutoff=0.7)):
            yield Mend(f"Write {code} for {given}.", "", (Edit(one.path, code),))
    elif one.code == "COMBINATION_NOT_POSTED":
        effect = "Each of its commitments is then paid by itself, in full."
        yield Mend("Leave this combination away.", effect, (Edit(one.path, REMOVED),))
    elif one.code == "WINDOW_NOT_POSTED":
        place = one.path.removesuffix(".kind")
        zone = terms.commitments[_inside(one.path)[0]].window.zone
        month = {"kind": "calendar_month", "zone": zone}
        yield Mend(
            "Measure by the calendar month instead.",
            "One level of the whole month is then compared with the target.",
            (Edit(place, month),),
        )


def _at(plain: Any, path: str) -> Any:
    for step in path.split("."):
        plain = plain[int(step)] if isinstance(plain, list) else plain[step]
    return plain


def _holds(terms: Terms, page: TermsPage, one: Standing, mend: Mend) -> bool:
    try:
        changed = _changed(terms, mend)
    except (TermsError, ValidationError, KeyError, IndexError, TypeError):
        return False
    # Counted, since several commitments may have the very same finding.
    allowed = Counter((other.code, other.sentence) for other in page.standings)
    allowed[one.code, one.sentence] -= 1
    left = Counter((other.code, other.sentence) for other in findings_in(changed, page.contract))
    return not left - allowed


def _changed(terms: Terms, mend: Mend) -> Terms:
    """The terms after the one edit of a mend. Only the commitment that it is in is read anew."""
    (edit,) = mend.edits
    if edit.path.startswith("combinations."):
        number, _ = _inside(edit.path)
        left = tuple(one for at, one in enumerate(terms.combinations) if at != number)
        return terms.model_copy(update={"combinations": left})
    number, path = _inside(edit.path)
    many = list(terms.commitments)
    many[number] = CommitmentTerms.model_validate(
        applied(many[number].document(), (edit._replace(path=path),))
    )
    return terms.model_copy(update={"commitments": tuple(many)})


def _inside(path: str) -> tuple[int, str]:
    """The number of a commitment or combination, and the rest of a path into it."""
    _, number, *rest = path.split(".", 2)
    return int(number), "".join(rest)
