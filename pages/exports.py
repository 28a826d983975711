"""Exports: batches handed to other systems, what came back, and the accounts that they are written with."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base import clock
from base.access import may
from base.api.negotiation import download
from base.csvio import MAX_BYTES
from base.errors import DomainError
from contracts.models import LegalEntity
from credits.exports import services
from credits.exports.formats import Format, format_of
from credits.exports.models import ExportBatch, ExportFile, ImportReport, Target
from credits.exports.reading import WORDS, reconcile
from credits.exports.values import csv_bytes, guarded, money_text
from credits.exports.visibility import visible_batches
from credits.models import Account
from pages.acting import ReasonForm, sentence
from pages.books import month_of
from pages.layout import viewing
from pages.statements import Day

PER_PAGE = 25
SHOWN = 200
TEMPLATE_HEADER = ("external_id", "outcome", "amount", "currency", "reason")


class ExportForm(forms.Form):
    """What is exported, where to, and over which days."""

    target = forms.ChoiceField(choices=Target.choices, label="To")
    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.order_by("code"), to_field_name="code", empty_label=None, label="Our company"
    )
    from_on = forms.DateField(label="From", widget=Day)
    until_on = forms.DateField(label="Until, excluded", widget=Day)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"label_suffix": ""})


class ReportForm(forms.Form):
    """What the other side said."""

    report = forms.FileField(label="Import report, CSV")


def _form(request: HttpRequest) -> ExportForm:
    """Filled with what was asked for; what was left out is the month that is over."""
    this = month_of(clock.as_of())
    entity = LegalEntity.objects.order_by("code").values_list("code", flat=True).first()
    standard = {
        "target": Target.JOURNAL_CSV,
        "legal_entity": entity or "",
        "from_on": month_of(this, 1).isoformat(),
        "until_on": this.isoformat(),
    }
    return ExportForm(standard | request.GET.dict())


@require_safe
@viewing("export")
def exports(request: HttpRequest) -> HttpResponse:
    """Every batch, the last ones first, and the form that makes one."""
    rows = visible_batches(request.user).select_related("legal_entity", "exported_by")
    rows = rows.annotate(report_count=Count("reports")).order_by("-pk")
    context = {
        "title": "Exports",
        "form": _form(request),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_export": may(request.user, "export", "export"),
        "entities": LegalEntity.objects.order_by("code"),
        "targets": Target.choices,
    }
    return render(request, "pages/finance/exports.html", context)


@require_POST
@viewing("export")
def make_export(request: HttpRequest) -> HttpResponse:
    """Export, and show the batch; where everything was exported already, the one that holds it."""
    _must(request, "export")
    form = ExportForm(request.POST)
    if not form.is_valid():
        _tell(request, form)
        return redirect("pages:exports")
    given = form.cleaned_data
    try:
        before = ExportBatch.objects.order_by("-pk").values_list("pk", flat=True).first()
        batch = services.export_batch(
            given["legal_entity"],
            target=given["target"],
            from_on=given["from_on"],
            until_on=given["until_on"],
            exported_at=clock.now(),
        )
    except DomainError as refusal:
        messages.error(request, f"Refused, and nothing was exported. {sentence(refusal)}")
        return redirect("pages:exports")
    if before is None or batch.pk > before:
        messages.success(
            request, f"{batch} was exported: {batch.line_count} of it, in {batch.file_count} files."
        )
    else:
        messages.info(
            request, "Everything of this period was exported already; this is the last batch of it."
        )
    return redirect("pages:export", pk=batch.pk)


@require_safe
@viewing("export")
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch: its files, what was left out, and how it stands against the other side's reports."""
    batch = _batch(request, pk)
    standing = reconcile(batch)
    open_lines = [line for line in standing.lines if line.state != "accepted"]
    context = {
        "title": str(batch),
        "crumbs": [("Exports", reverse("pages:exports"))],
        "batch": batch,
        "standing": standing,
        "lines": open_lines[:SHOWN] if standing.reports else standing.lines[:SHOWN],
        "left_over": max(0, (len(open_lines) if standing.reports else len(standing.lines)) - SHOWN),
        "totals": batch.sums,
        "counts": [(count, WORDS[state]) for state, count in standing.counts.items() if count],
        "left_out": batch.left_out[:SHOWN],
        "rejected": standing.counts["rejected"],
        "may_load": may(request.user, "load", "export"),
        "may_again": may(request.user, "again", "export"),
    }
    return render(request, "pages/finance/export.html", context)


@require_safe
@viewing("export")
def export_file(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A file of a batch, byte for byte; ``report.csv`` is an empty report about all of its lines."""
    batch = _batch(request, pk)
    if name == "report.csv":
        return download(_template(batch), "text/csv; charset=utf-8", f"report-{batch}.csv")
    file = get_object_or_404(ExportFile, batch=batch, name=name.replace("\0", ""))
    return download(bytes(file.content), file.media_type, file.name)


@require_POST
@viewing("export")
def load_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Load an import report, and show what it leaves open."""
    _must(request, "load")
    batch = _batch(request, pk)
    form = ReportForm(request.POST, request.FILES)
    if not form.is_valid():
        _tell(request, form)
        return redirect("pages:export", pk=pk)
    file = form.cleaned_data["report"]
    if file.size > MAX_BYTES:
        messages.error(request, f"The file has {file.size:,} bytes; at most {MAX_BYTES:,} are read.")
        return redirect("pages:export", pk=pk)
    try:
        services.load_import_report(batch, name=file.name, content=file.read())
    except DomainError as refusal:
        messages.error(request, f"Refused, and nothing was kept. {sentence(refusal)}")
    else:
        standing = reconcile(batch)
        if standing.is_zero:
            messages.success(request, "The report was loaded. Everything was taken as it was exported.")
        else:
            messages.warning(request, "The report was loaded. It leaves something open; see below.")
    return redirect("pages:export", pk=pk)


@require_POST
@viewing("export")
def export_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Export once more what the other side rejected."""
    _must(request, "again")
    batch = _batch(request, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        _tell(request, form)
        return redirect("pages:export", pk=pk)
    try:
        batch = services.export_rejected(batch, exported_at=clock.now(), reason=form.cleaned_data["reason"])
    except DomainError as refusal:
        messages.error(request, f"Refused, and nothing was exported. {sentence(refusal)}")
    else:
        messages.success(request, f"{batch} holds what was rejected, under the same ids.")
    return redirect("pages:export", pk=batch.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("export_profile")
def export_profile(request: HttpRequest, entity: str, target: str) -> HttpResponse:
    """The accounts and settings of one company in one other system, and who set them when."""
    legal_entity = get_object_or_404(LegalEntity, code=entity)
    if target not in Target.values:
        raise Http404("There is no such format.")
    known = format_of(target)
    if request.method == "POST":
        return _set_profile(request, legal_entity, known)
    last = services.last_profile(legal_entity, target)
    rows = legal_entity.export_profiles.filter(target=target).select_related("set_by").order_by("-number")
    context = {
        "title": f"{legal_entity.name}: {known.target.label}",
        "crumbs": [("Exports", reverse("pages:exports"))],
        "legal_entity": legal_entity,
        "target": known.target,
        "options": [
            (name, meaning, (last.options if last else {}).get(name, ""), default)
            for name, (meaning, default) in known.options.items()
        ],
        "accounts": _accounts(known, last.accounts if last else {}),
        "history": rows[:SHOWN],
        "may_set": may(request.user, "set", "export_profile"),
    }
    return render(request, "pages/finance/export_profile.html", context)


def _accounts(known: Format, given: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Purpose, its words, what was set and what holds unless set; what was set for single counterparties last."""
    words = dict(Account.Purpose.choices)
    rows = [(one, words.get(one, one), given.get(one, ""), value) for one, value in known.accounts.items()]
    return [*rows, *((one, one, value, "") for one, value in given.items() if one not in known.accounts)]


def _set_profile(request: HttpRequest, legal_entity: LegalEntity, known: Format) -> HttpResponse:
    _must(request, "set", "export_profile")
    options = {
        name: request.POST[f"option-{name}"] for name in known.options if request.POST.get(f"option-{name}")
    }
    accounts = {
        key.removeprefix("account-"): str(value)
        for key, value in request.POST.items()
        if key.startswith("account-") and value
    }
    purpose, account = request.POST.get("more_for", "").strip(), request.POST.get("more_account", "").strip()
    if purpose and account:
        accounts[purpose] = account
    try:
        services.set_export_profile(
            legal_entity,
            target=known.target,
            options=options,
            accounts=accounts,
            reason=request.POST.get("reason", ""),
        )
    except DomainError as refusal:
        messages.error(request, f"Refused, and nothing was changed. {sentence(refusal)}")
    else:
        messages.success(request, "Set. Batches from now on are written with it; those that are there stay.")
    return redirect("pages:export_profile", entity=legal_entity.code, target=known.target.value)


def _batch(request: HttpRequest, pk: int) -> ExportBatch:
    rows = visible_batches(request.user).select_related(
        "legal_entity", "exported_by", "profile", "corrects__legal_entity"
    )
    return get_object_or_404(
        rows.prefetch_related(
            Prefetch("files", queryset=ExportFile.objects.defer("content").order_by("number")),
            Prefetch("reports", queryset=ImportReport.objects.defer("content").select_related("loaded_by")),
        ),
        pk=pk,
    )


def _must(request: HttpRequest, act: str, kind: str = "export") -> None:
    if not may(request.user, act, kind):
        raise PermissionDenied("Your role looks at exports; finance makes them.")


def _tell(request: HttpRequest, form: forms.Form) -> None:
    said: Sequence[str] = [str(one) for errors in form.errors.values() for one in errors]
    messages.error(request, " ".join(said))


def _template(batch: ExportBatch) -> bytes:
    """A report that says of every line that it was taken as it was exported: to be corrected and loaded."""
    rows = [
        [guarded(line.external_id), "accepted", money_text(line.amount, line.currency), line.currency, ""]
        for line in batch.lines.order_by("pk")
    ]
    return csv_bytes(TEMPLATE_HEADER, rows)
