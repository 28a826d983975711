"""Pictures as SVG text: drawn once, shown inline in a page and drawn into a PDF.

Every picture is a pure function of its values. It has a title and a description, keeps a hatch or a shape
beside each colour, and comes with the rows of a table (:func:`table_of`) for those who cannot see it.
"""

from base.svg.bars import Bar, bars
from base.svg.curve import Mark, step_curve
from base.svg.dumbbell import Pair, dumbbell
from base.svg.heatmap import Day, calendar_heatmap
from base.svg.ladder import Here, Stair, tier_ladder
from base.svg.months import Series, month_columns, month_table
from base.svg.parts import DARK, LIGHT, Palette
from base.svg.tables import Rows, table_of
from base.svg.waterfall import Step, waterfall

__all__ = [
    "DARK",
    "LIGHT",
    "Bar",
    "Day",
    "Here",
    "Mark",
    "Pair",
    "Palette",
    "Rows",
    "Series",
    "Stair",
    "Step",
    "bars",
    "calendar_heatmap",
    "dumbbell",
    "month_columns",
    "month_table",
    "step_curve",
    "table_of",
    "tier_ladder",
    "waterfall",
]
