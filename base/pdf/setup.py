"""Settings of reportlab that must stand before anything else of it is imported.

The package imports this module before any other of it. Without it reportlab opens each document with Helvetica, which
it does not embed, and PDF/A refuses the file.
"""

from reportlab import rl_config

BODY = "NotoSans"
BOLD = "NotoSans-Bold"

rl_config.canvas_basefontname = BODY
rl_config.defaultGraphicsFontName = BODY
# Streams stay binary: text armour costs time and a quarter of the size.
rl_config.useA85 = 0
