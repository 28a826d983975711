"""Documents as PDF/A-3b: typefaces, typesetting, layout, letters. Nothing here knows what a contract is."""

from base.pdf import setup

__all__ = ["setup"]
