"""What the admin's acts of this room ask for."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from audit.acts import ActForm
from base import clock
from credits.checklist import items


class DatedForm(ActForm):
    """An act on a day; today, or the demo's day, unless told."""

    taken_on = forms.DateField(widget=UnfoldAdminSingleDateWidget, label="On")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["taken_on"].initial = clock.as_of


class NotedForm(DatedForm):
    """An act whose reason may be left out."""

    reason = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), max_length=2000, required=False
    )


class ReferenceForm(NotedForm):
    """An act with a reference of the other side."""

    reference = forms.CharField(widget=UnfoldAdminTextInputWidget, max_length=200)


class AmountForm(NotedForm):
    """An act with an amount, where it is not the whole."""

    amount = forms.DecimalField(
        widget=UnfoldAdminDecimalFieldWidget,
        required=False,
        max_digits=21,
        decimal_places=3,
        min_value=Decimal(0),
        help_text="Empty: the whole amount.",
    )
    reference = forms.CharField(widget=UnfoldAdminTextInputWidget, max_length=200, required=False)


class KeyForm(ActForm):
    """Which line of the checklist."""

    key = forms.ChoiceField(widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = [(one.key, one.label) for one in items() if not one.blocks]
        self.fields["key"].choices = lines  # type: ignore[attr-defined]
