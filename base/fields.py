"""Model fields whose meaning is the same wherever they stand."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Func


class MoneyAmountField(models.DecimalField):
    """An amount of money: exact, three decimals (the most that an ISO 4217 currency in use has).

    The currency stands in a column beside it; the number of decimals that are used follows the currency.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 21)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)


class CurrencyField(models.CharField):
    """An ISO 4217 code of three capital letters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        kwargs.setdefault(
            "validators", [RegexValidator(r"^[A-Z]{3}$", "Three capital letters, such as EUR.")]
        )
        super().__init__(*args, **kwargs)


class Sha256Field(models.CharField):
    """A SHA-256 in 64 lower-case hexadecimal digits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("validators", [RegexValidator(r"^[0-9a-f]{64}$", "64 hexadecimal digits.")])
        super().__init__(*args, **kwargs)


class CurrentTransaction(Func):
    """The database's id of the running transaction, as a bigint."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()
