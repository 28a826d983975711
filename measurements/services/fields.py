"""Validation of a row before it is written."""

from django.core.exceptions import ValidationError
from django.db import models

from measurements.errors import FieldRefused


def check_fields(row: models.Model) -> None:
    """Raise FieldRefused with a sentence for each field of ``row`` that cannot be."""
    try:
        row.full_clean(validate_constraints=True)
    except ValidationError as error:
        said = "; ".join(f"{name}: {' '.join(sentences)}" for name, sentences in error.message_dict.items())
        raise FieldRefused(said) from None
