"""What can be done to a contract, as buttons: a file of terms becomes its next draft."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSingleDateWidget, UnfoldAdminTextareaWidget

from audit.acts import Act, ActForm
from contracts import services
from contracts.errors import TermsRefused
from contracts.models import Contract
from reckoning.errors import TermsError
from reckoning.terms import Terms
from reckoning.terms.plain import read_plain
from reckoning.terms.templates import terms_from


class TermsFileForm(ActForm):
    """A terms document, or a template with the values of its parameters."""

    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, label="Terms, YAML or JSON")
    parameters = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        max_length=20_000,
        help_text="Of a template: one to a line, such as multiple: 10. Those left out have their defaults.",
    )
    effective_from_on = forms.DateField(widget=UnfoldAdminSingleDateWidget, label="In effect from")
    effective_until_on = forms.DateField(
        required=False, widget=UnfoldAdminSingleDateWidget, label="In effect until (excluded)"
    )
    reason = None  # type: ignore[assignment]


def _read(content: bytes, parameters: str) -> Terms:
    """The terms of a file; of a template, filled in. Raises TermsRefused with every fault and its path."""
    try:
        return terms_from(content, read_plain(parameters) if parameters.strip() else None)
    except TermsError as error:
        raise TermsRefused(error.findings) from None


def _upload(contract: Contract, values: dict[str, Any]) -> str:
    terms = _read(values["file"].read(), values["parameters"])
    version = services.draft_version(
        contract, terms, values["effective_from_on"], values["effective_until_on"]
    )
    return f"{version} is drafted from {values['file'].name}."


CONTRACT_ACTS = (
    Act(
        "upload-terms",
        "Upload terms",
        ("legal",),
        _upload,
        form=TermsFileForm,
        says="The file becomes a draft; the paper's clauses, findings and readings stand beside it as always.",
    ),
)
