"""Mapping files and cases, read so that no number loses a digit."""

import json
from pathlib import Path
from typing import Any

from agreements.faults import MappingFault
from reckoning.errors import TermsError
from reckoning.terms.plain import read_plain


def read_mapping_file(path: Path) -> Any:
    """A mapping file as plain values, by the product's own reading of YAML.

    Decimals stay text as they are written. Raises MappingFault for what is not plain YAML; aliases, anchors,
    tags (which could name code) and repeated keys are refused.
    """
    try:
        return read_plain(path.read_bytes())
    except TermsError as error:
        raise MappingFault(*error.findings[0]) from None


def read_json(path: Path) -> Any:
    """JSON with decimals kept as their text."""
    return json.loads(path.read_text(encoding="utf-8"), parse_float=str)
