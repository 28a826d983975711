"""One template: where it comes from, what it says, and what its newest version would change; and what legal does
with it. Nothing on these pages changes a contract."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from audit.record import acting
from base import clock
from base.access import may, visible
from base.errors import DomainError
from base.models import User
from contracts import services
from contracts.errors import FieldsRefused, TermsRefused
from contracts.gallery.copies import Copy, compared
from contracts.gallery.reading import root_of, started_from, text_of
from contracts.gallery.texts import Text, sample
from contracts.models import ContractVersion, TermsTemplate, TermsTemplateVersion
from contracts.visibility import visible_versions
from pages.acting import sentence
from pages.desk.gallery_forms import KeepForm, NewForm, PresetForm, ReviewForm, TextForm, UnitForm
from pages.layout import viewing
from reckoning.errors import TermsError
from reckoning.terms import Terms
from reckoning.terms.difference import Change, diff
from reckoning.terms.linter import lint
from reckoning.terms.wording import word
from reckoning.terms.yaml_writing import write_yaml

COPIES = 20
Withdrawn = ContractVersion.State.WITHDRAWN


@dataclass(frozen=True)
class Act:
    """One thing that legal does with a template: its name, its button, what it says, and its form."""

    name: str
    label: str
    says: str
    form: forms.BaseForm


def _template(request: HttpRequest, slug: str) -> TermsTemplate:
    rows = visible(TermsTemplate.objects.select_related("parent", "legal_entity", "steward"), request.user)
    return get_object_or_404(rows, slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("template")
def template(request: HttpRequest, slug: str) -> HttpResponse:
    """One template as of its newest version, or of ``?version=``; a posted act is carried out."""
    row = _template(request, slug)
    versions = list(root_of(row).versions.select_related("loaded_by").defer("document").order_by("-number"))
    shown = _chosen(versions, request.GET.get("version", ""))
    context: dict[str, Any] = {
        "title": row.title,
        "crumbs": [("Templates", reverse("pages:templates"))],
        "template": row,
        "root": root_of(row),
        "versions": versions,
        "shown": shown,
        "is_newest": shown is not None and shown.number == versions[0].number,
        "as_of": clock.as_of(),
        "may_edit": may(request.user, "edit", "template"),
        "may_start": may(request.user, "edit", "version"),
        "units": visible(row.of_units.select_related("legal_entity"), request.user),
    }
    text = None
    if shown is not None:
        try:
            text = text_of(shown, row)
        except TermsError as error:
            context["refusal"] = str(error)
            text = text_of(shown, root_of(row))
        context |= _said(text) | _changes(row, versions, shown, text)
        if may(request.user, "view", "version"):
            context |= _copies(request, row, versions)
    if context["may_edit"] and shown is not None and text is not None:
        acts = _acts(request, row, text)
        if request.method == "POST" and (done := _act(request, row, acts)):
            return done
        context["acts"] = acts
    elif request.method == "POST":
        raise PermissionDenied("Your role does not change templates.")
    return render(request, "pages/desk/template.html", context)


def _chosen(versions: list[TermsTemplateVersion], asked: str) -> TermsTemplateVersion | None:
    if not asked:
        return versions[0] if versions else None
    found = next((one for one in versions if str(one.number) == asked), None)
    if found is None:
        raise Http404("There is no such version of this template.")
    return found


def _said(text: Text) -> dict[str, Any]:
    """The wording, the findings and the readings of a text, under its defaults."""
    terms, values, without = sample(text)
    if terms is None:
        return {"without": without, "text": text}
    dated = terms.dated_text
    return {
        "text": text,
        "values": [(one, values[one.name]) for one in text.parameters],
        "without": without,
        "clauses": word(terms),
        "findings": lint(terms),
        "note": dated.note if dated else "",
        "after": dated.after if dated else "",
        "readings": [(one, reading) for one in terms.commitments for reading in one.readings],
    }


def _changes(
    row: TermsTemplate, versions: list[TermsTemplateVersion], shown: TermsTemplateVersion, text: Text
) -> dict[str, Any]:
    """What a version changed against the one before it, field by field, under the defaults of each."""
    before = next((one for one in versions if one.number == shown.number - 1), None)
    if before is None:
        return {}
    terms, earlier = sample(text)[0], _sample_of(before, row)
    changes: list[Change] = diff(earlier, terms) if terms and earlier else []
    return {"before": before, "changes": [one for one in changes if not one.path.startswith("filled_from")]}


def _sample_of(version: TermsTemplateVersion, row: TermsTemplate) -> Terms | None:
    try:
        return sample(text_of(version, row))[0]
    except TermsError:
        return None


def _copies(request: HttpRequest, row: TermsTemplate, versions: list[TermsTemplateVersion]) -> dict[str, Any]:
    """The versions of contracts that were started from it; those of an earlier version beside the newest."""
    mine = started_from([row.slug]).filter(pk__in=visible_versions(request.user)).exclude(state=Withdrawn)
    started = mine.select_related("contract__counterparty").order_by("contract__reference", "-number")
    earlier = started.exclude(terms__filled_from__version=versions[0].number)
    page = Paginator(earlier, COPIES).get_page(request.GET.get("copies"))
    copies: list[Copy] = []
    if page.paginator.count:
        texts = {text.number: text for text in (_text(one, row) for one in versions) if text is not None}
        newest = texts.get(versions[0].number)
        copies = [compared(one, newest, texts) for one in page.object_list] if newest else []
    return {
        "copies": copies,
        "copy_page": page,
        "started_count": started.count(),
        "started": started[:COPIES],
    }


def _text(version: TermsTemplateVersion, row: TermsTemplate) -> Text | None:
    try:
        return text_of(version, row)
    except TermsError:
        return None


# Acts -------------------------------------------------------------------------------------------------------


def _acts(request: HttpRequest, row: TermsTemplate, text: Text) -> list[Act]:
    posted = request.POST.get("act", "") if request.method == "POST" else ""

    def made(name: str, kind: Any, **given: Any) -> Any:
        sent = (request.POST, request.FILES) if posted == name else (None, None)
        return kind(*sent, auto_id=f"{name}-%s", **given)

    acts = [
        Act(
            "review",
            "I have reviewed it",
            f"The next review is dated {row.review_every_months} months from the day of this one.",
            made("review", ReviewForm),
        ),
        Act(
            "keep",
            "Change what is said about it",
            "No text and no contract is changed.",
            made("keep", KeepForm, instance=TermsTemplate.objects.get(pk=row.pk)),
        ),
    ]
    if row.parent_id is not None:
        says = "These are the values of this company. Empty: as the parent says."
        acts.append(
            Act("preset", "Set its values", says, made("preset", PresetForm, text=text, preset=row.preset))
        )
        return acts
    publish = "Contracts that were started from earlier versions stay as they are; this page lists what would differ."
    acts.append(Act("publish", "Publish a new version", publish, made("publish", TextForm)))
    unit = "It says what this template says, later versions too, with the values that you set here."
    acts.append(Act("unit", "Let a company of ours take it over", unit, made("unit", UnitForm, text=text)))
    return acts


def _act(request: HttpRequest, row: TermsTemplate, acts: list[Act]) -> HttpResponse | None:
    """Carry out the act that was posted: to the template's page when it is done, None with what is wrong in its
    form."""
    act = next((one for one in acts if one.name == request.POST.get("act")), None)
    if act is None:
        raise Http404("There is no such act.")
    form: Any = act.form
    if not form.is_valid():
        return None
    try:
        with acting(request.user, via="page"):  # type: ignore[arg-type]
            said, slug = _ACTS[act.name](row, form)
    except TermsRefused as error:
        if hasattr(form, "told"):
            form.told(error.findings)
        else:
            form.add_error(None, f"A value that is set does not fit: {error}")
        return None
    except FieldsRefused as error:
        for name, lines in error.fields.items():
            form.add_error(name if name in form.fields else None, lines)
        return None
    except DomainError as error:
        form.add_error(None, sentence(error))
        return None
    if not said:
        return None
    messages.success(request, said)
    return redirect("pages:template", slug)


def _review(row: TermsTemplate, form: Any) -> tuple[str, str]:
    done = services.review_template(row, form.cleaned_data["reason"], clock.as_of())
    return f"Reviewed; the next review is due on {done.next_review_on:%-d %B %Y}.", row.slug


def _keep(row: TermsTemplate, form: Any) -> tuple[str, str]:
    values = {name: form.cleaned_data[name] for name in KeepForm.Meta.fields}
    services.change_template(row, form.cleaned_data["reason"], **values)
    return "Changed.", row.slug


def _preset(row: TermsTemplate, form: Any) -> tuple[str, str]:
    services.change_template(row, form.cleaned_data["reason"], preset=form.values())
    return "The values of this company are set. Contracts stay as they are.", row.slug


def _publish(row: TermsTemplate, form: Any) -> tuple[str, str]:
    source = form.source()
    if source is None:
        return "", row.slug
    version = services.publish_template_version(row, source, form.cleaned_data["reason"])
    return f"Version {version.number} says this. No contract was changed.", row.slug


def _unit(row: TermsTemplate, form: Any) -> tuple[str, str]:
    given = form.cleaned_data
    made = services.inherit_template(
        parent=row,
        legal_entity=given["legal_entity"],
        slug=given["slug"],
        reason=given["reason"],
        created_on=clock.as_of(),
        preset=form.values(),
    )
    return f"{made.title}: it says what its parent says, with these values.", made.slug


_ACTS: dict[str, Any] = {
    "review": _review,
    "keep": _keep,
    "preset": _preset,
    "publish": _publish,
    "unit": _unit,
}


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("template")
def template_new(request: HttpRequest) -> HttpResponse:
    """Make one of our own: from a version of a contract, signed or not, or from a text."""
    user = request.user
    if not isinstance(user, User) or not may(user, "edit", "template"):
        raise PermissionDenied("Your role does not make templates.")
    offered = visible_versions(user).exclude(state=Withdrawn).select_related("contract").defer("terms")
    offered = offered.order_by("contract__reference", "-number")
    asked = request.GET.get("version", "")
    initial = {"version": asked} if asked.isdecimal() and len(asked) < 19 else {}
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = NewForm(*sent, versions=offered, initial=initial)
    if request.method == "POST" and form.is_valid() and (made := _made(user, form)):
        messages.success(
            request, f"{made.title} is a template now. The contract that it came from is as it was."
        )
        return redirect("pages:template", made.slug)
    context = {
        "title": "New template",
        "crumbs": [("Templates", reverse("pages:templates"))],
        "form": form,
    }
    return render(request, "pages/desk/template_new.html", context)


def _made(user: User, form: NewForm) -> TermsTemplate | None:
    given = form.cleaned_data
    try:
        source = form.source()
        if source is None:
            return None
        with acting(user, via="page"):
            return services.create_template(
                slug=given["slug"],
                document=source,
                reason=given["reason"],
                created_on=clock.as_of(),
                title=given["title"],
                industry=given["industry"],
                review_every_months=given["review_every_months"],
            )
    except TermsRefused as error:
        form.told(error.findings)
    except FieldsRefused as error:
        for name, lines in error.fields.items():
            form.add_error(name if name in form.fields else None, lines)
    except DomainError as error:
        form.add_error(None, sentence(error))
    return None


@require_safe
@viewing("template")
def template_file(request: HttpRequest, slug: str, number: int, form: str) -> HttpResponse:
    """The document of a version, as JSON or YAML, to be edited and published again. Both say the same."""
    row = _template(request, slug)
    version = get_object_or_404(root_of(row).versions, number=number)
    try:
        document = text_of(version, row).document
    except TermsError:
        document = version.document
    if form == "json":
        answer: HttpResponse = JsonResponse(document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    else:
        heading = f"{row.title}, version {version.number}"
        answer = HttpResponse(
            write_yaml(document, heading=heading), content_type="application/yaml; charset=utf-8"
        )
    answer["Content-Disposition"] = f'attachment; filename="{row.slug}-v{version.number}.{form}"'
    return answer
