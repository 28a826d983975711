"""Drafting a change of a signed text: for good or for a time, by editing in the form or from a document."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from base import clock
from base.access import may
from base.errors import DomainError
from contracts import services
from contracts.conformed import Chain
from contracts.errors import FieldsRefused
from contracts.models import Contract, ContractVersion
from pages.acting import tell
from pages.desk.conformed import contract_of
from pages.layout import viewing
from pages.statements import Day

Kind = ContractVersion.Kind
MOST_BYTES = 1_000_000
MID_WINDOW = (
    ("next_window", "The window stays whole; the change counts from the next one on"),
    ("splits_window", "The window is split there; each part is reckoned by the text of its time"),
)


class ChangeForm(forms.Form):
    """What kind of change, upon which text, and when."""

    kind = forms.ChoiceField(
        choices=[("amendment", "An amendment: for good"), ("variation", "A variation: it ends by itself")],
        label="What it is",
    )
    base = forms.ModelChoiceField(
        ContractVersion.objects.none(), empty_label=None, label="Changes the text of"
    )
    title = forms.CharField(max_length=200, label="What it is about")
    effective_from_on = forms.DateField(widget=Day, label="In effect from")
    effective_until_on = forms.DateField(
        widget=Day,
        required=False,
        label="Ends before",
        help_text="A variation only: the first day without it.",
    )
    mid_window = forms.ChoiceField(choices=MID_WINDOW, label="Inside a window")
    notice_given_on = forms.DateField(widget=Day, required=False, label="Notice given on")
    notice_days = forms.IntegerField(
        min_value=0, max_value=3650, initial=0, required=False, label="Days of notice that are agreed"
    )

    def __init__(self, contract: Contract, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"label_suffix": ""})
        bases = contract.versions.filter(
            state=ContractVersion.State.SIGNED, kind__in=[Kind.WHOLE, Kind.AMENDMENT]
        ).select_related("contract")
        base: Any = self.fields["base"]
        base.queryset = bases.defer("terms").order_by("-effective_from_on", "-number")
        base.label_from_instance = lambda row: (
            f"v{row.number}, {row.get_kind_display().lower()}, from {row.effective_from_on}"
        )


class DocumentForm(forms.Form):
    """An amendment's document as a file."""

    file = forms.FileField(label="Amendment, YAML or JSON")

    def clean_file(self) -> bytes:
        """Its bytes, bounded before they are read."""
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 1 MB.")
        content: bytes = given.read()
        return content


@require_http_methods(["GET", "POST"])
@viewing("version", "contract")
def change_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft an amendment or a variation; the draft then opens in the form of the terms."""
    if not may(request.user, "edit", "version"):
        raise PermissionDenied("Your role reads contracts; legal drafts their changes.")
    contract = contract_of(request, pk)
    by_file = "by_file" in request.POST
    form = ChangeForm(contract, None if by_file or request.method == "GET" else request.POST)
    data, files = (request.POST, request.FILES) if by_file else (None, None)
    upload = DocumentForm(data, files, label_suffix="")
    sent = upload if by_file else form
    if request.method == "POST" and sent.is_valid():
        try:
            version = _drafted(contract, sent.cleaned_data, by_file)
        except DomainError as refusal:
            tell(sent, refusal)
        else:
            messages.success(request, f"{version} is drafted. What you change in its terms is the change.")
            return redirect("admin:contracts_contractversion_change", version.pk)
    chain = Chain(contract)
    current = chain.in_effect(clock.as_of())
    context = {
        "contract": contract,
        "title": f"{contract.reference}: draft a change",
        "crumbs": [
            ("Contracts", reverse("pages:contracts")),
            (contract.reference, reverse("pages:contract", args=[contract.pk])),
        ],
        "form": form,
        "upload": upload,
        "current": current,
        "has_base": form.fields["base"].queryset.exists(),  # type: ignore[attr-defined]
    }
    return render(request, "pages/desk/change.html", context)


def _drafted(contract: Contract, given: dict[str, Any], by_file: bool) -> ContractVersion:
    if by_file:
        return services.draft_from_document(contract, given["file"])
    shared = {
        "title": given["title"],
        "effective_from_on": given["effective_from_on"],
        "mid_window": given["mid_window"],
        "notice_given_on": given["notice_given_on"],
        "notice_days": given["notice_days"] or 0,
    }
    if given["kind"] == "variation":
        return services.draft_variation(
            given["base"], effective_until_on=given["effective_until_on"], **shared
        )
    if given["effective_until_on"]:
        raise FieldsRefused(
            {"effective_until_on": ["An amendment is for good; empty the end, or make it a variation."]}
        )
    return services.draft_amendment(given["base"], **shared)
