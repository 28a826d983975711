"""Measurements of speed: ``make bench`` prints a line per figure, tab-separated: name, value, aim."""
