"""Imports: what is on its way and what ended, and the upload of a file with its mapping and preview."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from pydantic import ValidationError

from audit.record import acting
from base import clock
from base.access import may
from base.csvio import MAX_BYTES, Fault, Faults
from base.errors import DomainError
from base.models import User
from measurements import services
from measurements.feeding import files
from measurements.feeding.mapping import Mapping, apply, guess
from measurements.feeding.runs import told
from measurements.feeding.sheets import Grid, read_grid, read_kept
from measurements.models import ImportRun, IntakePolicy, Source, UploadDraft, UploadMapping
from measurements.visibility import visible_feeds, visible_runs, visible_sources
from pages.acting import sentence
from pages.layout import viewing

PER_PAGE = 25
SHOWN_ROWS = 10
SHOWN_FAULTS = 100


class Instant(forms.DateTimeInput):
    """An instant of UTC, in the browser's own calendar."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M:%S", attrs={"step": "1"})


def _utc(label: str, **given: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=f"{label} (UTC)", widget=Instant, input_formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"], **given
    )


class UploadForm(forms.Form):
    """A file of a source."""

    source = forms.ModelChoiceField(queryset=Source.objects.none(), to_field_name="code", empty_label=None)
    form = forms.ChoiceField(
        label="It holds", choices=[(one.name, one.label) for one in files.FORMS.values()]
    )
    file = forms.FileField(
        label="File", help_text=f"CSV or XLSX, {MAX_BYTES // 1_000_000} MB and 200,000 rows at most."
    )
    sheet = forms.CharField(
        label="Sheet", required=False, max_length=100, help_text="Of a workbook; without it the first one."
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = visible_sources(user)  # type: ignore[attr-defined]


class MappingForm(forms.Form):
    """Which column holds what. The fields of the columns are made from the form of the file."""

    zone = forms.CharField(label="Zone of times without an offset", initial="UTC", max_length=60)
    dates = forms.ChoiceField(
        label="Days are written",
        choices=[
            ("iso", "2025-01-31"),
            ("day_first", "31.01.2025 or 31/01/2025"),
            ("month_first", "01/31/2025"),
        ],
    )
    known_at = _utc("Known at", help_text="Since when we know what the file says.")
    covers_until = _utc(
        "Complete until", required=False, help_text="Up to there the source had nothing else to tell."
    )

    def __init__(self, *args: Any, shape: files.FileForm, headers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shape = shape
        for column in shape.columns:
            needed = not (column.blank or column.optional)
            empty = "one text for every row:" if needed else "nothing, or one text for every row:"
            self.fields[f"from_{column.name}"] = forms.ChoiceField(
                label=column.name,
                required=False,
                choices=[("", empty), *((name, name) for name in headers if name)],
            )
            self.fields[f"text_{column.name}"] = forms.CharField(
                label=f"Text of {column.name} for every row", required=False, max_length=200
            )
            self.fields[f"words_{column.name}"] = forms.CharField(
                label=f"Other words in {column.name}",
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 1, "placeholder": "P1=critical"}),
            )
        if not shape.covers:
            del self.fields["covers_until"]

    @property
    def column_rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField, bool]]:
        """For each column of the form: where it comes from, its text, its words, and whether it is needed."""
        return [
            (
                self[f"from_{column.name}"],
                self[f"text_{column.name}"],
                self[f"words_{column.name}"],
                not (column.blank or column.optional),
            )
            for column in self.shape.columns
        ]

    @property
    def other_rows(self) -> list[forms.BoundField]:
        """The other fields."""
        return [self[name] for name in ("zone", "dates", "known_at", "covers_until") if name in self.fields]

    def mapping(self) -> Mapping:
        """What was chosen. Raises pydantic.ValidationError."""
        columns, constants, values = {}, {}, {}
        for column in self.shape.columns:
            if chosen := self.cleaned_data.get(f"from_{column.name}"):
                columns[column.name] = chosen
            elif text := self.cleaned_data.get(f"text_{column.name}"):
                constants[column.name] = text
            words = dict(
                line.split("=", 1)
                for line in self.cleaned_data[f"words_{column.name}"].splitlines()
                if "=" in line
            )
            if words:
                values[column.name] = {theirs.strip(): ours.strip() for theirs, ours in words.items()}
        return Mapping(
            columns=columns,
            constants=constants,
            values=values,
            zone=self.cleaned_data["zone"],
            dates=self.cleaned_data["dates"],
        )


def _initial(mapping: Mapping, shape: files.FileForm) -> dict[str, Any]:
    found: dict[str, Any] = {"zone": mapping.zone, "dates": mapping.dates, "known_at": clock.now()}
    for column in shape.columns:
        found[f"from_{column.name}"] = mapping.columns.get(column.name, "")
        found[f"text_{column.name}"] = mapping.constants.get(column.name, "")
        found[f"words_{column.name}"] = "\n".join(
            f"{theirs}={ours}" for theirs, ours in mapping.values.get(column.name, {}).items()
        )
    return found


@dataclass(frozen=True)
class Looked:
    """A draft as it would be imported."""

    columns: list[str]
    rows: list[list[str]]
    faults: list[Fault]
    fault_count: int
    check: files.Check | None


# The pages ------------------------------------------------------------------------------------------------


@require_safe
@viewing("run")
def imports(request: HttpRequest) -> HttpResponse:
    """What is asked of sources, and every import with how far it has come."""
    rows = visible_runs(request.user).select_related("source", "requested_by")
    chosen = request.GET.get("source", "")
    if chosen:
        rows = rows.filter(source__code=chosen)
    context = {
        "title": "Imports",
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "feeds": visible_feeds(request.user).select_related("source", "state")[:200],
        "sources": visible_sources(request.user),
        "chosen": chosen,
        "may_upload": may(request.user, "import", "source"),
    }
    return render(request, "pages/imports/list.html", context)


@require_safe
@viewing("run")
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: its progress, what became of its rows, what was taken out, and every fault."""
    run = get_object_or_404(
        visible_runs(request.user).select_related("source", "requested_by", "feed"), pk=pk
    )
    intakes = run.intakes.select_related("payload").defer("payload__content").order_by("pk")
    context = {
        "title": run.name,
        "crumbs": [("Imports", reverse("pages:imports"))],
        "run": run,
        "intakes": intakes[:100] if may(request.user, "view", "payload") else [],
        "redacted": run.redactions.get("redacted", {}),
        "dropped": run.redactions.get("dropped", {}),
        "faults": run.faults[:SHOWN_FAULTS],
    }
    return render(request, "pages/imports/run.html", context)


def _require_importer(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not may(request.user, "import", "source"):
        raise PermissionDenied("Your role does not import files.")
    return request.user


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("source")
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a source and a file; it is read, redacted and looked at, and not imported yet."""
    user = _require_importer(request)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = UploadForm(*sent, user=user)
    faults: Faults | None = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        policy = IntakePolicy.objects.filter(source=values["source"]).first()
        grid = read_grid(
            values["file"].read(),
            sheet=values["sheet"],
            hash_columns=tuple(policy.hash_fields) if policy else (),
        )
        faults = grid.faults
        if not faults.total and (draft := _drafted(user, form, grid)):
            return redirect("pages:import_draft", draft.pk)
    context = {
        "title": "Upload a file",
        "crumbs": [("Imports", reverse("pages:imports"))],
        "form": form,
        "faults": faults.listed[:SHOWN_FAULTS] if faults else [],
        "fault_count": faults.total if faults else 0,
    }
    return render(request, "pages/imports/upload.html", context)


def _drafted(user: User, form: UploadForm, grid: Grid) -> UploadDraft | None:
    values = form.cleaned_data
    try:
        with acting(user, via="page"):
            return services.draft_upload(
                source=values["source"],
                form=values["form"],
                name=values["file"].name[:200],
                grid=grid,
                uploaded_at=clock.now(),
            )
    except DomainError as error:
        form.add_error(None, sentence(error))
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("source")
def import_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which column holds what, see the rows and all that is wrong, and import."""
    user = _require_importer(request)
    drafts = UploadDraft.objects.select_related("source").filter(uploaded_by=user)
    draft = get_object_or_404(drafts, pk=pk, source__in=visible_sources(user))
    shape, grid = files.FORMS[draft.form], read_kept(bytes(draft.cells))
    remembered = UploadMapping.objects.filter(source=draft.source, form=draft.form).first()
    first = _usable(remembered, grid) or guess(shape.columns, grid.headers)
    posted = request.POST if request.method == "POST" else None
    form = MappingForm(posted, shape=shape, headers=grid.headers, initial=_initial(first, shape))
    looked: Looked | None = None
    if posted is None:
        looked = _look(user, draft, shape, grid, first, clock.now(), None)
    elif form.is_valid():
        try:
            mapping = form.mapping()
        except ValidationError as error:
            form.add_error(None, told(error))
        else:
            known_at = _aware(form.cleaned_data["known_at"])
            covers_until = _aware(form.cleaned_data.get("covers_until"))
            if posted.get("op") == "import" and (
                run := _imported(user, form, draft, mapping, known_at, covers_until)
            ):
                messages.success(request, "The import has begun. Its progress is shown here; you may leave.")
                return HttpResponseRedirect(reverse("pages:import_run", args=[run.pk]))
            looked = _look(user, draft, shape, grid, mapping, known_at, covers_until)
    context = {
        "title": draft.name,
        "crumbs": [("Imports", reverse("pages:imports")), ("Upload a file", reverse("pages:upload"))],
        "draft": draft,
        "shape": shape,
        "form": form,
        "looked": looked,
        "row_count": len(grid.rows),
        "redacted": draft.redactions.get("redacted", {}),
    }
    return render(request, "pages/imports/draft.html", context)


def _usable(remembered: UploadMapping | None, grid: Grid) -> Mapping | None:
    """The mapping of the source's last file, where this one has the same columns."""
    if remembered is None:
        return None
    mapping = Mapping.model_validate(remembered.mapping)
    return mapping if set(mapping.columns.values()) <= set(grid.headers) else None


def _aware(value: datetime | None) -> Any:
    return value if value is None else value.replace(tzinfo=UTC)


def _imported(
    user: User,
    form: MappingForm,
    draft: UploadDraft,
    mapping: Mapping,
    known_at: datetime,
    covers_until: datetime | None,
) -> ImportRun | None:
    try:
        with acting(user, via="page"):
            return services.import_draft(
                draft=draft,
                mapping=mapping,
                known_at=known_at,
                requested_at=clock.now(),
                covers_until=covers_until,
            )
    except DomainError as error:
        if not getattr(error, "faults", None):
            form.add_error(None, sentence(error))
        return None


def _look(
    user: User,
    draft: UploadDraft,
    shape: files.FileForm,
    grid: Grid,
    mapping: Mapping,
    known_at: datetime,
    covers_until: datetime | None,
) -> Looked:
    """The first rows as they would be imported, what would become of all, and what is wrong. Writes nothing."""
    faults = Faults()
    content = apply(grid, shape.columns, mapping, faults)
    mapped = read_kept(content)
    check = None
    if not faults.total:
        try:
            with acting(user, via="page"):
                check = files.check(shape, draft.source, draft.name, content, known_at, covers_until)
        except DomainError as error:
            faults.add(0, "", sentence(error))
    listed = [*faults.listed, *(check.faults if check else ())]
    total = faults.total + (check.fault_count if check else 0)
    return Looked(mapped.headers, mapped.rows[:SHOWN_ROWS], listed[:SHOWN_FAULTS], total, check)
