"""The ladder and the stretches of a window as pictures: what is drawn, and that both readers can draw it."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import pytest

from base.pdf import picture
from base.svg import DARK, LIGHT
from base.svg.ladder import MOST, Here, Stair, tier_ladder
from base.svg.stretches import Stretch, stretches

SVG = "{http://www.w3.org/2000/svg}"
STAIRS = [
    Stair("from 0 s on", "kept", "kept"),
    Stair("above 43 min", "100.00", "pays", 100, 100),
    Stair("above 2 h <&>", "open", "open"),
    Stair("above 3 h", "no credit", "nothing"),
    Stair("above 7 h", "200.00", "pays", 200, 250),
    Stair("above 9 h", "300.00", "pays", 300, 300, True),
]
DAY = Fraction(1, 30)
HAPPENED = [
    Stretch(-DAY, DAY, "down", "2 d"),
    Stretch(2 * DAY, 3 * DAY, "excluded", "1 d"),
    Stretch(4 * DAY, 5 * DAY, "unknown", "1 d <&>"),
]


def ladder(**more: Any) -> str:
    here = Here(1, Fraction(1, 2), "1 h")
    return tier_ladder(STAIRS, here=here, title="A title", desc="A description", id_prefix="p1", **more)


def window(**more: Any) -> str:
    return stretches(
        HAPPENED, begins="a", ends="b", title="A title", desc="A description", id_prefix="p2", **more
    )


@pytest.mark.parametrize("draw", [ladder, window])
@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_both_readers_can_draw_it_and_it_is_named(draw: Callable[..., str], palette: Any) -> None:
    text = draw(palette=palette)
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title") is not None
    assert root.find(f"{SVG}desc") is not None
    assert text == draw(palette=palette)
    assert "style=" not in text
    assert "url(" not in text
    assert picture.parse(text).width > 0
    names = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert names <= {"svg", "title", "desc", "rect", "line", "circle", "path", "text"}


def test_every_kind_of_rung_differs_without_colour() -> None:
    text = ladder()
    for css in ("c-up", "c-strong", "c-unknown", "c-degraded", "c-cut", "c-mark-unknown", "c-mark-degraded"):
        assert f'class="{css}"' in text
    assert 'stroke-dasharray="2 2" class="c-strong-line"' in text


def test_a_rung_that_pays_more_is_higher_and_an_open_one_is_never_a_bar() -> None:
    root = ElementTree.fromstring(ladder())
    bars = [
        Fraction(one.attrib["height"]) for one in root.iter(f"{SVG}rect") if one.attrib["class"] == "c-strong"
    ]
    assert bars == sorted(bars)
    assert len(bars) == 3


def test_more_rungs_than_fit_end_in_and_further() -> None:
    many = [Stair(f"from {at}", "1.00", "pays", 1, 1) for at in range(MOST + 5)]
    text = tier_ladder(many, here=None, title="t", desc="d", id_prefix="p")
    assert ">and" in text
    assert text.count('class="c-strong"') == MOST


def test_a_stretch_that_sticks_out_of_the_window_is_cut_at_its_edge() -> None:
    root = ElementTree.fromstring(window())
    xs = [Fraction(one.attrib["x"]) for one in root.iter(f"{SVG}rect")]
    assert min(xs) >= 0
    down = [one for one in root.iter(f"{SVG}rect") if one.attrib["class"] == "c-down"]
    assert len(down) == 2


def test_nothing_happened_is_a_whole_window_and_no_list() -> None:
    text = stretches([], begins="a", ends="b", title="t", desc="d", id_prefix="p")
    assert text.count("<rect") == 2
