"""Drawing the SVG text of :mod:`base.svg` into a PDF.

The pictures use few elements, and those are drawn here: rectangles, lines, circles, paths of straight strokes,
and text, which is set like any other text of the document, with all its scripts. An element, or a stroke, that
is not known raises :class:`UnknownShape`: nothing of a picture is lost in silence. (A general converter of SVG
was tried: ten times slower, one typeface only, and it drops what it does not know.)
"""

import re
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

from base.pdf.faces import ink

if TYPE_CHECKING:
    from base.pdf.flow import Flow

_SVG = "{http://www.w3.org/2000/svg}"
_STROKES = re.compile(r"([MLH])([-\d. ]+)")


class UnknownShape(ValueError):
    """A picture holds something that would be missing in the document."""


class Drawing(NamedTuple):
    """A picture with its size in points."""

    width: float
    height: float
    root: ElementTree.Element


def parse(svg: str) -> Drawing:
    """Read a picture that :mod:`base.svg` drew (never a text from outside)."""
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own text
    _, _, width, height = (float(one) for one in root.attrib["viewBox"].split())
    return Drawing(width, height, root)


def draw(drawing: Drawing, flow: "Flow", x: float, y: float, scale: float) -> None:
    """Draw with the upper left corner at (x, y)."""
    flow.flush()
    flow.canvas.saveState()
    flow.canvas.translate(x, y)
    flow.canvas.scale(scale, scale)
    for child in drawing.root:
        _shape(child, flow)
    flow.flush()
    flow.canvas.restoreState()


def _shape(element: ElementTree.Element, flow: "Flow") -> None:
    name, given = element.tag.removeprefix(_SVG), element.attrib
    canvas = flow.canvas
    if name in ("title", "desc") or given.get("class") == "c-surface":
        return  # the paper is the surface
    if name == "a":
        for child in element:
            _shape(child, flow)
        return
    if name == "text":
        _text(element, flow)
        return
    fill, stroke = _paint(given, flow)
    if name == "rect":
        x, y, width, height = (float(given[one]) for one in ("x", "y", "width", "height"))
        canvas.rect(x, -y - height, width, height, stroke=stroke, fill=fill)
    elif name == "line":
        x1, y1, x2, y2 = (float(given[one]) for one in ("x1", "y1", "x2", "y2"))
        canvas.line(x1, -y1, x2, -y2)
    elif name == "circle":
        canvas.circle(float(given["cx"]), -float(given["cy"]), float(given["r"]), stroke=stroke, fill=fill)
    elif name == "path":
        _path(given["d"], flow)
    else:
        raise UnknownShape(f"svg: <{name}> is not drawn; rect, line, circle, path and text are")


def _paint(given: dict[str, str], flow: "Flow") -> tuple[int, int]:
    """Set colours, width and dashes; returns whether to fill and whether to stroke."""
    fill, stroke = given.get("fill", "none"), given.get("stroke", "none")
    if fill != "none":
        flow.canvas.setFillColor(ink(fill))
    if stroke != "none":
        flow.canvas.setStrokeColor(ink(stroke))
        flow.canvas.setLineWidth(float(given.get("stroke-width", "1")))
        dashes = given.get("stroke-dasharray")
        flow.canvas.setDash([float(one) for one in dashes.split()] if dashes else [])
    return int(fill != "none"), int(stroke != "none")


def _path(strokes: str, flow: "Flow") -> None:
    path = flow.canvas.beginPath()
    y = 0.0
    read = 0
    for match in _STROKES.finditer(strokes):
        read += len(match.group(0))
        numbers = [float(one) for one in match.group(2).split()]
        if match.group(1) == "M":
            y = -numbers[1]
            path.moveTo(numbers[0], y)
        elif match.group(1) == "L":
            y = -numbers[1]
            path.lineTo(numbers[0], y)
        else:
            path.lineTo(numbers[0], y)
    if read != len(strokes):
        raise UnknownShape("svg: a path holds other strokes than M, L and H")
    flow.canvas.drawPath(path, stroke=1, fill=0)


def _text(element: ElementTree.Element, flow: "Flow") -> None:
    given = element.attrib
    size = float(given["font-size"])
    line = flow.setter.line(element.text or "", size, bold=given.get("font-weight") == "bold")
    shift = {"start": 0.0, "middle": line.width / 2, "end": line.width}[given.get("text-anchor", "start")]
    flow.draw(line, float(given["x"]) - shift, -float(given["y"]), size, given["fill"])
