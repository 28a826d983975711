"""Terms in and out: every version as YAML and JSON, and a file or a text as a draft, looked at before it is kept."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from audit.record import acting
from base.access import may
from base.errors import DomainError
from contracts import services
from contracts.documents import compared, findings_of, json_of, read_document, yaml_of
from contracts.errors import TermsAltered
from contracts.models import Contract, ContractVersion
from contracts.visibility import visible_versions
from pages.acting import sentence
from pages.desk.conformed import contract_of
from pages.desk.papers import version_of
from pages.layout import viewing
from reckoning.terms.plain import MAX_BYTES

SHOWN_FAULTS = 100
NEW = "new"
_DAY = {"type": "date"}


class DocumentForm(forms.Form):
    """A document as a file or as text, and what it becomes."""

    file = forms.FileField(label="File", required=False, help_text="Terms or a template, YAML or JSON.")
    text = forms.CharField(
        label="Or its text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    parameters = forms.CharField(
        label="Parameters of a template",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=20_000,
        help_text="One to a line, such as multiple: 10. Those left out have their defaults.",
    )
    into = forms.ChoiceField(label="It becomes")
    effective_from_on = forms.DateField(
        label="In effect from",
        required=False,
        widget=forms.DateInput(attrs=_DAY),
        help_text="Of a new draft.",
    )
    effective_until_on = forms.DateField(
        label="In effect until (excluded)", required=False, widget=forms.DateInput(attrs=_DAY)
    )

    def __init__(self, *args: Any, drafts: list[ContractVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.drafts = {str(one.pk): one for one in drafts}
        choices = [
            (NEW, "a new draft"),
            *((key, f"the text of draft {one.number}") for key, one in self.drafts.items()),
        ]
        self.fields["into"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One document, and for a new draft the day from which it is in effect."""
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file and file.size > MAX_BYTES:
            self.add_error(
                "file", f"Has {file.size:,} bytes; documents of more than {MAX_BYTES:,} are refused unread."
            )
        elif not file and not (cleaned.get("text") or "").strip():
            self.add_error("file", "Choose a file, or put the document in as text.")
        if (
            cleaned.get("into") == NEW
            and not cleaned.get("effective_from_on")
            and "effective_from_on" not in self.errors
        ):
            self.add_error("effective_from_on", "A new draft needs the day from which it is in effect.")
        return cleaned

    @property
    def draft(self) -> ContractVersion | None:
        """The draft whose text it becomes; None for a new one."""
        return self.drafts.get(self.cleaned_data["into"])


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("contract", "version")
def contract_documents(request: HttpRequest, pk: int) -> HttpResponse:
    """The versions to take out; and a document to bring in, with ``op`` look (the default) or keep."""
    contract = contract_of(request, pk)
    versions = list(visible_versions(request.user).filter(contract=contract).order_by("-number"))
    may_upload = may(request.user, "upload-terms", "contract")
    drafts = [one for one in versions if one.state == ContractVersion.State.DRAFT] if may_upload else []
    if request.method == "POST" and not may_upload:
        raise PermissionDenied("Only legal brings terms in.")
    form = DocumentForm(*_sent(request), drafts=drafts, initial=_initial(request, drafts))
    context: dict[str, Any] = {
        "title": "Terms in and out",
        "crumbs": [
            ("Contracts", reverse("pages:contracts")),
            (contract.reference, reverse("pages:contract", args=[pk])),
        ],
        "contract": contract,
        "versions": versions,
        "form": form,
        "may_upload": may_upload,
        "limit": MAX_BYTES,
    }
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            answer = _looked(request, contract, form, versions, context)
            if answer is not None:
                return answer
            status = 200 if context.get("document") and context["document"].terms else 422
    return render(request, "pages/desk/documents.html", context, status=status)


def _sent(request: HttpRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _initial(request: HttpRequest, drafts: list[ContractVersion]) -> dict[str, Any]:
    asked = request.GET.get("into", "")
    return {"into": asked if any(str(one.pk) == asked for one in drafts) else NEW}


def _looked(
    request: HttpRequest,
    contract: Contract,
    form: DocumentForm,
    versions: list[ContractVersion],
    context: dict[str, Any],
) -> HttpResponse | None:
    """Read it and fill the context with what would become of it, or keep it and lead to the draft."""
    given = form.cleaned_data
    content = given["file"].read() if given["file"] else given["text"]
    document = read_document(content, contract, given["parameters"])
    against = form.draft or (versions[0] if versions else None)
    context |= {"document": document, "faults": document.faults[:SHOWN_FAULTS], "against": against}
    if document.terms is None:
        return None
    wants = request.POST.get("op") == "keep"
    same = request.POST.get("looked") == document.sha256
    if wants and same and (kept := _kept(request, contract, form, document.terms)) is not None:
        return kept
    try:
        context["redline"] = compared(against, document.terms)
    except TermsAltered as error:
        messages.error(request, sentence(error))
    context |= {
        "findings": findings_of(document.terms, contract),
        # What was looked at is what is kept, whatever becomes of the file in the meantime.
        "text": content if isinstance(content, str) else content.decode("utf-8", "replace"),
        "stale": wants and not same,
    }
    return None


def _kept(request: HttpRequest, contract: Contract, form: DocumentForm, terms: Any) -> HttpResponse | None:
    given = form.cleaned_data
    try:
        with acting(request.user, via="page"):  # type: ignore[arg-type]
            if form.draft:
                # Over the text that the redline was shown against, and over no later one.
                kept = services.edit_draft(form.draft, terms, expected_sha256=request.POST.get("against", ""))
            else:
                kept = services.draft_version(
                    contract, terms, given["effective_from_on"], given["effective_until_on"]
                )
    except DomainError as error:
        form.add_error(None, f"Refused, and nothing was kept. {sentence(error)}")
        return None
    messages.success(request, f"{kept} has this text now, SHA-256 {kept.terms_sha256}.")
    return HttpResponseRedirect(f"{reverse('pages:contract', args=[contract.pk])}?version={kept.number}")


@require_safe
@viewing("version")
def version_document(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """A version's terms as a file: ``terms.json`` is the canonical form to the byte, ``terms.yaml`` for people."""
    version = version_of(request, pk)
    try:
        content = json_of(version) if form == "json" else yaml_of(version).encode()
    except TermsAltered as error:
        return HttpResponse(f"{error}\n", status=409, content_type="text/plain; charset=utf-8")
    kind = "application/json" if form == "json" else "application/yaml; charset=utf-8"
    response = HttpResponse(content, content_type=kind)
    name = f"{version.contract.reference} v{version.number}.{form}".replace("/", "-")
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Terms-SHA256"] = version.terms_sha256
    return response
