"""What the pages of disputes ask for, and how an act of theirs is carried out. Each goes on record with its reason."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from audit.record import acting_for
from base import clock
from base.access import may
from base.errors import DomainError
from measurements.models import Attribution, DifferenceDecision
from pages.acting import sentence
from pages.components import known_at_end_of

MOST_BYTES = 10_000_000


def _why() -> forms.CharField:
    return forms.CharField(
        label="Reason, for the record",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why: it goes on record."},
    )


class InstantInput(forms.DateTimeInput):
    """An instant of UTC, in the browser's own calendar."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M:%S", attrs={"step": "1"})


class InstantField(forms.DateTimeField):
    """An aware instant of UTC."""

    widget = InstantInput

    def to_python(self, value: Any) -> Any:
        """As Django does; what has no zone is UTC."""
        found = super().to_python(value)
        return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


class DisputeForm(forms.Form):
    """One act, with its reason asked for last."""

    reason = _why()

    def __init__(self, *args: Any, act: str, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"auto_id": f"{act}-%s"}))
        self.order_fields([name for name in self.fields if name != "reason"])


class EvidenceForm(DisputeForm):
    """A file, or a link with the hash of what stands there."""

    name = forms.CharField(label="What it is", max_length=200)
    file = forms.FileField(label="File", required=False)
    link = forms.URLField(label="Link", required=False, assume_scheme="https")
    sha256 = forms.CharField(
        label="SHA-256 of what stands there", max_length=64, required=False, help_text="With a link only."
    )

    def clean_file(self) -> Any:
        """Not more than a letter's worth of bytes."""
        file = self.cleaned_data["file"]
        if file is not None and file.size > MOST_BYTES:
            raise forms.ValidationError(f"Is larger than {MOST_BYTES // 1_000_000} MB.")
        return file


class NoteForm(DisputeForm):
    """What was seen, by which clock."""

    occurred_at = InstantField(label="When, by the clock that showed it (UTC)")
    clock_skew_seconds = forms.IntegerField(
        label="That clock was ahead by, in seconds",
        initial=0,
        min_value=-86_399,
        max_value=86_399,
        help_text="Negative: it was behind.",
    )
    text = forms.CharField(label="What was seen", max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    reason = forms.CharField(required=False, widget=forms.HiddenInput, initial="a note on the timeline")


class AttributionForm(DisputeForm):
    """Whose it was."""

    party = forms.ChoiceField(label="Whose it was", choices=Attribution.Party.choices)


class AcceptForm(DisputeForm):
    """Which figure is accepted on a line."""

    line = forms.ChoiceField(label="Day (UTC)")
    accepted_seconds = forms.DecimalField(
        label="Accepted downtime, in seconds", min_value=0, max_digits=18, decimal_places=6
    )
    category = forms.ChoiceField(label="Why they differ", choices=DifferenceDecision.Category.choices)

    def __init__(self, *args: Any, lines: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = list(lines)  # type: ignore[attr-defined]


def known_by_now() -> datetime:
    """The moment of knowledge of these pages: the end of their day, or now where that is later (a demo's day lies in
    the past, and what somebody decides on it is known from now on)."""
    return max(known_at_end_of(clock.as_of()), clock.now())


@dataclass(frozen=True)
class DisputeAct:
    """One act of a page: which right it takes, its form, and what it does."""

    name: str
    label: str
    says: str
    right: tuple[str, str]
    form: type[DisputeForm]
    do: Callable[[Any, dict[str, Any]], str]

    def is_open(self, request: HttpRequest) -> bool:
        """Whether the reader's role does this."""
        return may(request.user, *self.right)


def chosen(request: HttpRequest, acts: Iterable[DisputeAct]) -> DisputeAct:
    """The act that was posted. Raises Http404, PermissionDenied."""
    act = next((one for one in acts if one.name == request.POST.get("act")), None)
    if act is None:
        raise Http404("There is no such act.")
    if not act.is_open(request):
        raise PermissionDenied("Your role does not do this.")
    return act


def carried_out(request: HttpRequest, act: DisputeAct, form: DisputeForm, subject: Any) -> bool:
    """Do it and tell; False where anything was refused, which then stands in the form."""
    if not form.is_valid():
        return False
    try:
        with acting_for(form.cleaned_data["reason"] or act.label):
            said = act.do(subject, form.cleaned_data)
    except DomainError as error:
        named = str(error).partition(":")[0]
        form.add_error(named if named in form.fields else None, sentence(error))
        return False
    messages.success(request, said)
    return True
