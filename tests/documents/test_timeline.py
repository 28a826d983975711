"""The timeline: bands from the first day to the edge, signs on them, the same bytes, and drawn into a PDF."""

from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest

from base.pdf.blocks import Document, Picture
from base.pdf.document import render
from base.svg.timeline import Band, timeline, timeline_table

BANDS = (
    Band("v1 whole <text>", date(2022, 1, 1), None, "solid", "whole text", (date(2021, 12, 15),)),
    Band("v2", date(2025, 8, 18), date(2025, 8, 25), "hatched", "variation", (date(2025, 7, 10),), "a & b"),
    Band("v3", date(2025, 10, 1), None, "soft", "amendment"),
    Band("v4", date(2025, 8, 18), date(2025, 8, 18), "outline", "conformed"),
)
GIVEN = {"title": "Texts", "desc": "When", "id_prefix": "t", "on": date(2025, 8, 20)}


def test_the_picture_is_well_formed_and_always_the_same():
    svg = timeline(BANDS, **GIVEN, names=(("solid", "whole text"), ("hatched", "variation")))
    assert svg == timeline(BANDS, **GIVEN, names=(("solid", "whole text"), ("hatched", "variation")))
    root = ElementTree.fromstring(svg)  # our own text
    signs = [one for one in root.iter() if one.get("class") == "c-sign"]
    assert len(signs) == 2
    assert "2025-08-20" in svg


def test_a_band_ends_where_its_document_does_and_an_open_one_at_the_edge():
    svg = timeline(BANDS, **GIVEN)
    root = ElementTree.fromstring(svg)  # our own text
    boxes = {
        one.get("class"): float(one.get("x")) + float(one.get("width"))
        for one in root.iter()
        if one.tag.endswith("rect")
    }
    assert boxes["c-strong"] == pytest.approx(746)
    assert boxes["c-outline"] < boxes["c-strong"]


def test_it_is_drawn_into_a_pdf_and_its_table_has_all_in_words():
    dated = datetime(2025, 1, 1, tzinfo=UTC)
    document = Document("T", "A", "S", dated, (Picture(timeline(BANDS, **GIVEN)),))
    assert render(document).startswith(b"%PDF-1.")
    table = timeline_table(BANDS)
    assert table.rows[1] == ("v2", "2025-08-18", "2025-08-25", "2025-07-10", "variation", "a & b")
    with pytest.raises(ValueError, match="there is none"):
        timeline((), **GIVEN)
