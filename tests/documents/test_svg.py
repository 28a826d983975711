"""Pictures: what is drawn is what the table under it says, and only what both of its readers can draw."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from base.pdf import picture
from base.svg import (
    DARK,
    LIGHT,
    Bar,
    Day,
    Pair,
    Step,
    bars,
    calendar_heatmap,
    dumbbell,
    table_of,
    waterfall,
)
from base.svg.parts import STATES, hatch, pt

SVG = "{http://www.w3.org/2000/svg}"
STEPS = [
    Step("Downtime", "2.1 indicator", "total", "s", 7200, "2 h"),
    Step("Maintenance", "2.4 exclusions.0", "less", "s", 1800, "30 min", "removes EUR 10.00"),
    Step("Unknown", "2.6 unknown_time", "more", "s", 600, "10 min"),
    Step("Net", "2.5 excluded_time", "total", "s", 6000, "1 h 40 min"),
    Step("Level <&>", "2.7 target", "fact", "", 0, "99.9 %"),
    Step("Credit", "2.9 rounding", "total", "EUR", Decimal("100.50"), "EUR 100.50"),
]
DAYS = [
    Day("shop", date(2026, 4, 1) + timedelta(days=at), state, f"{at} min", href="/x" if at == 2 else "")  # type: ignore[arg-type]
    for at, state in enumerate(STATES)
]
PAIRS = [
    Pair("April", Decimal("99.9"), Decimal("99.5"), "99.9 %", "99.5 %", True),
    Pair("May", None, 1, "", "1 %"),
]
BARS = [
    Bar("likely", 100, "EUR 100", "hatched"),
    Bar("at most", 300, "EUR 300", "outline"),
    Bar("back", -50, "EUR -50"),
]
DRAWN: list[tuple[Callable[..., str], Any]] = [
    (waterfall, STEPS),
    (calendar_heatmap, DAYS),
    (dumbbell, PAIRS),
    (bars, BARS),
]


def drawn(draw: Callable[..., str], values: Any, **more: Any) -> str:
    return draw(values, title="A title", desc="A description", id_prefix="p1", **more)


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize(("draw", "values"), DRAWN)
@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_picture_holds_only_what_a_browser_and_the_pdf_both_draw(
    draw: Callable[..., str], values: Any, palette: Any
) -> None:
    svg = drawn(draw, values, palette=palette)
    root = ElementTree.fromstring(svg)
    names = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert names <= {"svg", "title", "desc", "rect", "line", "circle", "path", "text", "a"}
    attributes = {name for one in root.iter() for name in one.attrib}
    assert not attributes & {"style", "opacity", "dominant-baseline", "marker-end", "mask", "filter"}
    assert "var(" not in svg
    assert root.attrib["width"].endswith("pt")
    assert picture.parse(svg).width > 0


@pytest.mark.parametrize(("draw", "values"), DRAWN)
def test_a_picture_is_named_and_described_with_ids_of_its_own(draw: Callable[..., str], values: Any) -> None:
    svg = drawn(draw, values)
    root = ElementTree.fromstring(svg)
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    assert ids == ["p1-title", "p1-desc"]
    assert (root.attrib["aria-labelledby"], root.attrib["aria-describedby"]) == ("p1-title", "p1-desc")
    assert root.attrib["role"] == ("group" if draw is calendar_heatmap else "img")


@pytest.mark.parametrize(("draw", "values"), DRAWN)
def test_the_same_values_give_the_same_text(draw: Callable[..., str], values: Any) -> None:
    assert drawn(draw, values) == drawn(draw, values)


def test_the_table_says_what_the_waterfall_shows() -> None:
    table = table_of(STEPS)
    seen = texts(drawn(waterfall, STEPS))
    assert [row[0] for row in table.rows] == [step.label for step in STEPS]
    for step, row in zip(STEPS, table.rows, strict=True):
        assert {step.label, step.rule, step.shown} <= set(seen)
        assert row[2].lstrip("−+") == step.shown
    assert [row[2][0] for row in table.rows[1:3]] == ["−", "+"]


def test_a_waterfalls_bars_begin_where_the_one_before_ended_and_are_as_long_as_their_values() -> None:
    root = ElementTree.fromstring(drawn(waterfall, STEPS))
    found = [
        (Decimal(one.attrib["x"]), Decimal(one.attrib["width"]))
        for one in root.iter(f"{SVG}rect")
        if one.attrib["class"] in ("c-strong", "c-soft")
    ]
    total, less, more, net, credit = found
    unit = total[1] / 7200
    assert total[0] == net[0] == credit[0]
    assert abs(less[0] + less[1] - (total[0] + total[1])) <= Decimal("0.02")
    assert abs(less[1] - unit * 1800) <= Decimal("0.02")
    assert abs(more[0] - less[0]) <= Decimal("0.02")
    assert abs(net[1] - unit * 6000) <= Decimal("0.02")


def test_every_state_of_the_calendar_has_its_sign_besides_its_colour() -> None:
    svg = drawn(calendar_heatmap, DAYS)
    root = ElementTree.fromstring(svg)
    hatches = {one.attrib["class"] for one in root.iter(f"{SVG}path")}
    assert hatches == {"c-mark-degraded", "c-mark-excluded", "c-mark-unknown"}
    dashed = {one.attrib["class"] for one in root.iter(f"{SVG}rect") if "stroke-dasharray" in one.attrib}
    assert dashed == {"c-not_yet"}
    assert table_of(DAYS).rows[4] == ("shop", "2026-04-05", "unknown", "4 min")
    link = next(root.iter(f"{SVG}a"))
    assert (link.attrib["href"], link.attrib["aria-label"]) == ("/x", "shop, 2026-04-03: down; 2 min")


def test_a_day_without_an_entry_is_unknown_and_never_up() -> None:
    days = [Day("shop", date(2026, 4, 1), "up", "up"), Day("shop", date(2026, 4, 3), "up", "up")]
    root = ElementTree.fromstring(drawn(calendar_heatmap, days))
    states = [one.attrib["class"] for one in root.iter(f"{SVG}rect") if one.find(f"{SVG}title") is not None]
    assert states == ["c-up", "c-unknown", "c-up"]


def test_a_bar_below_zero_lies_left_of_the_line() -> None:
    root = ElementTree.fromstring(drawn(bars, BARS))
    zero = next(one for one in root.iter(f"{SVG}line"))
    back = next(one for one in root.iter(f"{SVG}rect") if one.attrib["class"] == "c-strong")
    assert Decimal(back.attrib["x"]) + Decimal(back.attrib["width"]) == Decimal(zero.attrib["x1"])


def test_a_hatch_stays_inside_of_its_area() -> None:
    for kind in ("slash", "cross", "level"):
        path = hatch([(10, 20, 30, 7)], kind, stroke="#000000", css="c")
        numbers = re.findall(r"M([\d.]+) ([\d.]+)", path) + re.findall(r"L([\d.]+) ([\d.]+)", path)
        assert numbers
        assert all(10 <= Decimal(x) <= 40 and 20 <= Decimal(y) <= 27 for x, y in numbers)


def test_a_text_that_would_break_the_picture_is_escaped_or_shown_as_unknown() -> None:
    svg = drawn(bars, [Bar('<script>"&\x00\ud800', 1, "1")])
    assert '&lt;script&gt;"&amp;\ufffd\ufffd' in svg
    ElementTree.fromstring(svg)


def test_a_coordinate_has_two_decimals_at_most_and_is_computed_exactly() -> None:
    assert [pt(value) for value in (Decimal("1.005"), Decimal("-0.001"), 12, Decimal("0.5"))] == [
        "1",
        "0",
        "12",
        "0.5",
    ]


def test_an_element_that_the_pdf_does_not_know_is_refused_and_not_lost() -> None:
    class Page:
        canvas = None

    root = ElementTree.fromstring('<svg xmlns="http://www.w3.org/2000/svg"><ellipse/></svg>')
    with pytest.raises((picture.UnknownShape, AttributeError)) as caught:
        picture._shape(root[0], Page())  # type: ignore[arg-type]
    assert "ellipse" in str(caught.value)


def test_values_that_no_picture_draws_have_no_table() -> None:
    with pytest.raises(TypeError, match="str"):
        table_of(["x"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="none"):
        table_of([])
