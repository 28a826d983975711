"""What the pages of claims and vendors ask for. Each act goes on record with its reason."""

from datetime import date
from typing import Any

from django import forms

from vendors.models import Answer, VendorProfile

Verdict = Answer.Verdict


class DayInput(forms.DateInput):
    """A day, in the browser's own calendar."""

    input_type = "date"

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%Y-%m-%d", **options)


class ActForm(forms.Form):
    """An act on a day, with its reason. ``today`` is the page's day."""

    on = forms.DateField(label="On", widget=DayInput)
    reason = forms.CharField(
        label="Reason, for the record",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why: it goes on record."},
    )

    def __init__(self, *args: Any, today: date, act: str, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"initial": {"on": today}, "auto_id": f"{act}-%s"}))
        # The reason is asked for last, wherever a subclass puts its own.
        self.order_fields([name for name in self.fields if name != "reason"])


class DraftForm(ActForm):
    """A letter; what it says follows from the result."""

    remarks = forms.CharField(
        label="What you add in your own words",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands below the figures. Component, days, minutes, level and clauses are in the letter already.",
    )


class ReferenceForm(ActForm):
    """An act of the other side, with its reference."""

    reference = forms.CharField(label="Their reference", max_length=200, required=False)


class AnswerForm(ReferenceForm):
    """What the vendor answered."""

    verdict = forms.ChoiceField(label="The vendor", choices=Verdict.choices, widget=forms.RadioSelect)
    amount = forms.DecimalField(
        label="Acknowledged amount",
        required=False,
        max_digits=21,
        decimal_places=3,
        help_text="Only where a part is acknowledged.",
    )
    words = forms.CharField(
        label="In the vendor's own words",
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed where anything is refused.",
    )
    field_order = ("verdict", "on", "amount", "words", "reference")


class PaymentForm(ReferenceForm):
    """What arrived on the vendor's invoice."""

    amount = forms.DecimalField(
        label="Amount",
        required=False,
        max_digits=21,
        decimal_places=3,
        help_text="Empty: all that was acknowledged.",
    )


class ProfileForm(forms.Form):
    """Where a vendor is written to."""

    claims_address = forms.CharField(
        label="Address for claims",
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="As on the envelope, without the name.",
    )
    claims_email = forms.EmailField(label="Mail for claims", required=False)
    contact = forms.CharField(
        label="Contact",
        required=False,
        max_length=200,
        help_text="Who answers for the vendor, and how they are reached.",
    )
    note = forms.CharField(
        label="Note", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    reason = ActForm.base_fields["reason"]

    def __init__(self, *args: Any, profile: VendorProfile | None, **kwargs: Any) -> None:
        names = ("claims_address", "claims_email", "contact", "note")
        initial = {name: getattr(profile, name) for name in names} if profile else {}
        super().__init__(*args, **(kwargs | {"initial": initial}))
