"""Acts of pages: a form with a reason, one call of a service, and what came of it in plain words."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from base.errors import DomainError


class ReasonForm(forms.Form):
    """Why somebody does what the button says."""

    reason = forms.CharField(max_length=2000, error_messages={"required": "Say why: it goes on record."})


def sentence(error: DomainError) -> str:
    """A refusal without the name of the field that it begins with: the page has no such field."""
    field, colon, rest = str(error).partition(": ")
    words = rest if colon and field.replace("_", "").isalnum() and field.islower() else str(error)
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"


def tell(form: forms.BaseForm, error: DomainError) -> None:
    """Put every sentence of a refusal at its field of the form; what has none there stands above the form."""
    if findings := getattr(error, "findings", ()):
        fields = {"": [f"{path}: {said}" for path, said in findings]}
    else:
        fields = getattr(error, "fields", None) or {str(error).partition(":")[0]: [sentence(error)]}
    for name, said in fields.items():
        form.add_error(name if name in form.fields else None, list(said))


def carry_out(request: HttpRequest, said: str, act: Callable[[str], Any]) -> bool:
    """Call ``act`` with the reason that was sent, and tell what came of it on the next page."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for errors in form.errors.values() for one in errors))
        return False
    try:
        act(form.cleaned_data["reason"])
    except DomainError as error:
        messages.error(request, f"Refused, and nothing was changed. {sentence(error)}")
        return False
    messages.success(request, said)
    return True
