"""The ladder beside the form: what a reader assumed and moved, read from the post, and what the engine says there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.safestring import SafeString

from contracts.terms_form.ladder_words import Row, figure_words, picture, rows_of, said_words
from reckoning.assessment.rungs import Rung, position_of, rungs, value_at
from reckoning.assessment.sliding import Assumption, Scene, Unmovable, assumptions, scene_of
from reckoning.errors import InputError, ReckoningError
from reckoning.fields import zone_info
from reckoning.kept import Kept
from reckoning.terms import CommitmentTerms, Terms
from reckoning.timeline.windows import Window, window_of

PREFIX = "ladder."
STEPS = 100
"""Positions of the slider in each rung: all rungs are equally wide, as in the picture."""
MOST = Decimal(10) ** 12
# Thousands may be set apart by commas; a lone comma may be meant as a point, and is not guessed. No exponents: with
# one, a few letters would be a number of a billion digits.
_TYPED = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,13})(?:\.[0-9]{0,12})?|\.[0-9]{1,12}")

_Drawn = tuple[list[tuple[str, str]], list[Row], SafeString]
_DRAWN: Kept[_Drawn] = Kept(64)
_SCENES: Kept[tuple[Scene | Unmovable, tuple[Rung, ...]]] = Kept(64)


@dataclass
class Assumed:
    """One assumed number as it stands in its field."""

    assumption: Assumption
    text: str
    fault: str = ""

    @property
    def name(self) -> str:
        """The field's name."""
        return f"{PREFIX}assumed.{self.assumption.name}"

    @property
    def id(self) -> str:
        """An id for the page."""
        kept = (one if one.isalnum() else "-" for one in self.assumption.name)
        return f"ladder-assumed-{''.join(kept)}"


@dataclass
class Ladder:
    """Everything that the panel shows. ``reason`` says why nothing slides, where nothing does."""

    choices: list[tuple[int, str]]
    chosen: int
    month: str
    assumed: list[Assumed] = field(default_factory=list)
    window: str = ""
    reason: str = ""
    fault: str = ""
    label: str = ""
    note: str = ""
    unit: str = ""
    exact: str = ""
    position: int = 0
    last: int = 0
    shown: str = ""
    said: list[tuple[str, str]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    svg: Any = ""

    @property
    def slides(self) -> bool:
        """Whether there is something to move."""
        return not self.reason


def ladder_of(terms: Terms, data: Mapping[str, str], today: date) -> Ladder:
    """The panel for the posted fields ``ladder.*``; ``today`` gives the month where none is named (in the terms' zone
    the month of that day)."""
    choices = [(at, one.title) for at, one in enumerate(terms.commitments)]
    given = data.get(f"{PREFIX}commitment", "")
    chosen = int(given) if given.isdecimal() and len(given) < 5 and int(given) < len(choices) else 0
    commitment = terms.commitments[chosen]
    found = Ladder(choices, chosen, data.get(f"{PREFIX}month", "") or today.strftime("%Y-%m"))
    found.assumed = [_assumed(one, data) for one in assumptions(commitment)]
    window = _window(terms, commitment, found)
    if window is None:
        return found
    values = {
        one.assumption.name: Decimal(one.text) if not one.fault else one.assumption.default
        for one in found.assumed
    }
    scene, stretches = _scene(terms, commitment, window, values)
    if isinstance(scene, Unmovable):
        found.reason = scene.sentence
        return found
    _move(found, terms, scene, stretches, data)
    return found


def _move(
    found: Ladder, terms: Terms, scene: Scene, stretches: tuple[Rung, ...], data: Mapping[str, str]
) -> None:
    sliding = scene.sliding
    found.label, found.note, found.last = sliding.label, sliding.note, STEPS * len(stretches)
    found.unit = {"seconds": "minutes", "percent": "percent", "count": "", "number": ""}[sliding.unit]
    size = 60 if sliding.unit == "seconds" else 1
    at = data.get(f"{PREFIX}at", "")
    if data.get(f"{PREFIX}moved") == "slider" and at.isdecimal():
        value = value_at(stretches, min(int(at[:7]), found.last), STEPS, sliding.unit)
    else:
        value = _exact(data.get(f"{PREFIX}exact", ""), found) * size
        if sliding.unit == "count":
            value = Fraction(int(value))
        value = min(value, sliding.most)
    found.exact = _plain(value / size)
    found.position = position_of(stretches, value, STEPS)
    found.shown = figure_words(value, sliding.unit)
    # The panel is drawn at every key in the form; mostly, neither the commitment nor the slider was touched.
    key = (
        scene.commitment.canonical,
        terms.currency,
        terms.zone,
        scene.window,
        _listed(scene.assumed),
        value,
    )
    found.said, found.rows, found.svg = _DRAWN.of(key, lambda: _drawn(terms, scene, stretches, value))


def _drawn(terms: Terms, scene: Scene, stretches: tuple[Rung, ...], value: Fraction) -> _Drawn:
    said = said_words(terms, scene, stretches, value, scene.at(value))
    return said, rows_of(terms, scene, stretches, value), picture(terms, scene, stretches, value)


def _listed(values: Mapping[str, Decimal]) -> tuple[tuple[str, Decimal], ...]:
    return tuple(sorted(values.items()))


def _window(terms: Terms, commitment: CommitmentTerms, found: Ladder) -> Window | None:
    zone = terms.zone_of(commitment)
    try:
        first = datetime.strptime(found.month[:7], "%Y-%m").replace(tzinfo=UTC)
        middle = first.replace(day=15, hour=12, tzinfo=zone_info(zone))
        window = window_of(commitment.window, zone, middle)
    except (ValueError, OverflowError):
        found.fault = "is no month; write it as 2026-04"
        found.reason = "Name a month: its days count."
        return None
    except InputError as error:
        found.reason = f"This month has no window of these terms: {error}."
        return None
    days, minutes = window.days, Fraction((window.end - window.start).total_seconds().__int__(), 60)
    kind = commitment.window.kind.replace("_", " ")
    found.window = (
        f"{window.label} in {zone} ({kind}): {days:,} {'day' if days == 1 else 'days'}, "
        f"{int(minutes):,} minutes."
    )
    return window


def _assumed(one: Assumption, data: Mapping[str, str]) -> Assumed:
    text = data.get(f"{PREFIX}assumed.{one.name}", "").strip() or f"{one.default:f}"
    value = _typed(text)
    if value is None:
        return Assumed(one, text[:40], f"{_refusal(text)}; {one.default:f} is used instead")
    return Assumed(one, f"{value:f}")


def _exact(text: str, found: Ladder) -> Fraction:
    if not text.strip():
        return Fraction(0)
    value = _typed(text)
    if value is None:
        found.fault = f"{_refusal(text)}; 0 is shown"
    return Fraction(value or 0)


def _typed(text: str) -> Decimal | None:
    """The number that somebody typed, from 0 to a million millions; None where it is none."""
    text = text.strip()
    value = Decimal(text.replace(",", "")) if _TYPED.fullmatch(text) else None
    return value if value is not None and value <= MOST else None


def _refusal(text: str) -> str:
    return "is no number from 0 on" + (" (decimals stand after a point: 43.2)" if "," in text else "")


def _plain(value: Fraction) -> str:
    """A value for its field: exact where twelve decimals hold it, else cut off there."""
    scaled = value * 10**12
    return f"{Decimal(scaled.numerator // scaled.denominator).scaleb(-12).normalize():f}"


def _scene(
    terms: Terms, commitment: CommitmentTerms, window: Window, values: Mapping[str, Decimal]
) -> tuple[Scene | Unmovable, tuple[Rung, ...]]:
    # Kept for the next move of the slider, which changes neither scene nor rungs.
    key = (commitment.canonical, terms.currency, terms.zone, window, _listed(values))
    try:
        return _SCENES.of(key, lambda: _scene_with_rungs(terms, commitment, window, values))
    except (ReckoningError, ValueError) as error:
        return Unmovable(f"The engine refuses these facts: {error}."), ()


def _scene_with_rungs(
    terms: Terms, commitment: CommitmentTerms, window: Window, values: Mapping[str, Decimal]
) -> tuple[Scene | Unmovable, tuple[Rung, ...]]:
    scene = scene_of(commitment, currency=terms.currency, zone=terms.zone, window=window, assumed=values)
    return scene, () if isinstance(scene, Unmovable) else tuple(rungs(scene))
