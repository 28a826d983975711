"""What can be done on the page of a version's review: which form, which right, which service."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest

from base import clock
from base.access import may
from contracts import checklist, services
from contracts.models import ContractVersion, NamedSigner, ReviewRemark
from contracts.services.review import Edit, edits_of, edits_since, reviewers_of
from contracts.services.same_signers import SameSigners, same_signers
from contracts.signers import seats_of
from pages.desk import review_forms as forms
from pages.desk import review_reading as reading
from reckoning.terms.wording import word

State = ContractVersion.State
DRAFT, IN_REVIEW = State.DRAFT, State.IN_REVIEW
BOTH = (DRAFT, IN_REVIEW)


class Desk:
    """One version on its reader's desk: what its forms are made of. ``posted`` is a form that was refused."""

    def __init__(self, request: HttpRequest, version: ContractVersion, posted: Any = None) -> None:
        self.request, self.version, self.posted = request, version, posted
        self.terms, self.refusal = reading.text_of(version)

    @property
    def user(self) -> Any:
        """Whoever reads."""
        return self.request.user

    @cached_property
    def remarks(self) -> list[reading.Said]:
        """Every remark with its answers."""
        return reading.remarks_of(self.version)

    @cached_property
    def checklist(self) -> list[reading.Row]:
        """The items with their answers."""
        return reading.checklist_of(self.version)

    @cached_property
    def consulted(self) -> Any:
        """Who was consulted, and in which seats one can be."""
        return reading.consulted(self.version, self.terms)

    @cached_property
    def against(self) -> Any:
        """What stands against signing, and what was let stand."""
        return reading.against(self.version)

    @cached_property
    def same(self) -> SameSigners | None:
        """Whom the version before would lend as signers."""
        return same_signers(self.version, clock.as_of())

    @cached_property
    def wrote(self) -> bool:
        """Whether the reader wrote the text."""
        return reading.wrote(self.version, self.user)

    @cached_property
    def edits(self) -> list[Edit]:
        """Every edit of the text."""
        return edits_of(self.version)

    @cached_property
    def forms(self) -> dict[str, Any]:
        """The forms of the acts that are about the version itself; None for what the reader may not do now."""
        return {act.name.replace("-", "_"): self.form(act.name) for act in ACTS if not act.of_one}

    def forms_of(self, name: str, targets: Iterable[int]) -> dict[int, Any]:
        """The form of an act for each of several records."""
        return {pk: self.form(name, pk) for pk in targets} if self.can(name) else {}

    def said(self, pk: int | None) -> reading.Said:
        """One remark of this version. Raises Http404."""
        found = next((one for one in self.remarks if one.remark.pk == pk), None)
        if found is None:
            raise Http404("There is no such remark.")
        return found

    def signer(self, pk: int | None) -> NamedSigner:
        """One named signer of this version. Raises Http404."""
        found = self.version.named_signers.select_related("login").filter(pk=pk or 0).first()
        if found is None:
            raise Http404("There is no such signer.")
        found.version = self.version
        return found

    def can(self, name: str) -> bool:
        """Whether the reader may do an act now."""
        act = BY_NAME[name]
        return self.version.state in act.states and may(self.user, *act.right)

    def form(self, name: str, target: int | None = None) -> Any:
        """The form of an act, as it was refused or empty; None where the reader may not do it now."""
        if not self.can(name):
            return None
        if self.posted and self.posted[0] == name and self.posted[1] == target:
            return self.posted[2]
        return form_of(self, BY_NAME[name], None, target)


@dataclass(frozen=True)
class DeskAct:
    """One act. ``section`` is the place of the page that it leads back to."""

    name: str
    label: str
    right: tuple[str, str]
    section: str
    make: Callable[..., Any]
    do: Callable[[Desk, Any], str]
    states: tuple[State, ...] = BOTH
    of_one: bool = False


def form_of(desk: Desk, act: DeskAct, data: Any, target: int | None = None) -> Any:
    """The form of an act. Raises Http404 where it is about a record that the version does not have."""
    if data is not None:
        given = data.get("target", "")
        target = int(given) if given.isdecimal() and len(given) < 19 else None
    return act.make(desk, data, {"act": act.name, "target": target})


def _plain(kind: Any) -> Callable[..., Any]:
    return lambda desk, data, given: kind(data, **given)


def _submit(desk: Desk, form: Any) -> str:
    services.submit_for_review(desk.version)
    return "It is in review; its text is not edited until it is returned."


def _return(desk: Desk, form: Any) -> str:
    void = desk.version.signatures.live().count()
    services.return_to_draft(desk.version, form.cleaned_data["reason"])
    return f"It is a draft again.{f' {void} signatures are void.' if void else ''}"


def _withdraw(desk: Desk, form: Any) -> str:
    services.withdraw(desk.version, form.cleaned_data["reason"])
    return "It is withdrawn, and kept."


def _make_ask(desk: Desk, data: Any, given: dict[str, Any]) -> Any:
    return forms.AskForm(data, roles=reviewers_of(desk.version), **given)


def _ask(desk: Desk, form: Any) -> str:
    given = form.cleaned_data
    services.ask_for_review(
        desk.version, given["role"], given["words"], person=given["person"], due_on=given["due_on"]
    )
    return "They are asked; they find it under “Under review”."


def _make_remark(desk: Desk, data: Any, given: dict[str, Any]) -> Any:
    clauses = word(desk.terms) if desk.terms else []
    at = desk.request.GET.get("at", "")
    return forms.RemarkForm(data, clauses=clauses, text=desk.version.terms_sha256, at=at, **given)


def _remark(desk: Desk, form: Any) -> str:
    given = form.cleaned_data
    services.add_remark(
        desk.version,
        given["words"],
        path=given["path"],
        objection_class=given["objection_class"],
        terms_sha256=given["terms_sha256"],
    )
    return "It is on record."


def _make_answer(desk: Desk, data: Any, given: dict[str, Any]) -> Any:
    said = desk.said(given["target"])
    remark: ReviewRemark = said.remark
    outcomes = forms.outcomes_for(
        remark,
        desk.user,
        own=remark.made_by_id == desk.user.pk,
        wrote=desk.wrote,
        given={one.outcome for one in said.answers},
    )
    edits = []
    if any(code == "accepted" for code, _ in outcomes) and not said.of_this_text:
        for edit in edits_since(remark, desk.edits):
            words = f"{edit.at:%Y-%m-%d %H:%M} UTC by {edit.by}, to {edit.after[:12]}"
            edits.append((f"{edit.before}:{edit.after}", words))
    return forms.AnswerForm(data, outcomes=outcomes, edits=edits, **given)


def _answer(desk: Desk, form: Any) -> str:
    given = form.cleaned_data
    remark = desk.said(form.of).remark
    services.answer_remark(remark, given["outcome"], given["words"], edit=form.named_edit)
    return "The answer is on record."


def _make_checklist(desk: Desk, data: Any, given: dict[str, Any]) -> Any:
    rows = desk.checklist
    law = (data or {}).get("governing_law__answer", "")
    items = tuple(dict.fromkeys([*(row.item for row in rows), *checklist.items_for(law)]))
    kind = forms.checklist_form(
        items,
        {row.item.id: row.answer for row in rows if row.answer},
        {row.item.id: row.proposal for row in rows if row.proposal},
    )
    return kind(data, text=desk.version.terms_sha256, **given)


def _check(desk: Desk, form: Any) -> str:
    given = form.cleaned_data
    law = given.get("governing_law__answer") or ""
    answers = {}
    for item in checklist.items_for(law) if law else [row.item for row in desk.checklist]:
        answer = given.get(f"{item.id}__answer")
        if answer:
            answers[item.id] = services.Answered(
                answer, given[f"{item.id}__clause"], given[f"{item.id}__note"]
            )
    kept = services.answer_checklist(desk.version, answers, terms_sha256=given["terms_sha256"])
    return f"{len(kept)} answers are kept for this text." if kept else "Nothing was new."


def _make_signer(desk: Desk, data: Any, given: dict[str, Any]) -> Any:
    return forms.SignerForm(data, version=desk.version, **given)


def _name_signer(desk: Desk, form: Any) -> str:
    given = {name: value for name, value in form.cleaned_data.items() if name != "target"}
    signer = services.name_signer(desk.version, **given)
    return f"{signer.name} is to sign for {signer.party}."


def _make_same(desk: Desk, data: Any, given: dict[str, Any]) -> Any:
    return forms.SameForm(data, **given) if data is not None or (desk.same and desk.same.named) else None


def _name_same(desk: Desk, form: Any) -> str:
    found = services.name_same_signers(desk.version, clock.as_of())
    said = f"As for {found.earlier}: {', '.join(one.name for one in found.named)}. {found.left_out_words}"
    return said.strip()


def _ask_signer(desk: Desk, form: Any) -> str:
    signer = desk.signer(form.of)
    services.ask_signer(signer, form.cleaned_data["on"], form.cleaned_data["reason"])
    mailed = (
        " A mail leads them to the page where they sign, once it is their turn." if signer.login_id else ""
    )
    return f"{signer.name} is asked to sign.{mailed}"


def _decline(desk: Desk, form: Any) -> str:
    signer = desk.signer(form.of)
    services.decline_signature(signer, form.cleaned_data["reason"], form.cleaned_data["on"])
    return f"{signer.name} declined; that stands against signing until they are asked again."


def _remove(desk: Desk, form: Any) -> str:
    signer = desk.signer(form.of)
    services.remove_signer(signer, form.cleaned_data["reason"])
    return f"{signer.name} is off the list."


def _make_signature(desk: Desk, data: Any, given: dict[str, Any]) -> Any:
    seats = [
        (f"{seat.signer.pk}:" if seat.signer else f":{seat.party}",
         f"{seat.name or 'anybody'} for {seat.party}")
        for seat in seats_of(desk.version) if seat.status != "signed"
    ]  # fmt: skip
    return forms.SignatureForm(data, seats=seats, text=desk.version.terms_sha256, **given)


def _sign(desk: Desk, form: Any) -> str:
    given = form.cleaned_data
    pk, _, party = given["seat"].partition(":")
    name = given["signatory"]
    if pk:
        signer = desk.signer(int(pk))
        party, name = signer.party, signer.name
    services.record_signature(
        desk.version, party, name.strip(), given["signed_on"], terms_sha256=given["terms_sha256"]
    )
    desk.version.refresh_from_db()
    return "It is signed and in force from its day." if desk.version.state == State.SIGNED else "Recorded."


def _make_consult(desk: Desk, data: Any, given: dict[str, Any]) -> Any:
    return forms.ConsultForm(data, seats=desk.consulted[1], **given)


def _consult(desk: Desk, form: Any) -> str:
    given = form.cleaned_data
    role, _, code = given["seat"].partition(":")
    services.record_consultation(
        desk.version,
        role=role,
        service_code=code,
        person=given["person"],
        consulted_on=given["consulted_on"],
        words=given["words"],
    )
    return f"{given['person']} was consulted on {given['consulted_on']}."


def _make_accept(desk: Desk, data: Any, given: dict[str, Any]) -> Any:
    by_place: dict[str, list[str]] = {}
    for one in desk.against[0]:
        if one.standing.acceptable:
            by_place.setdefault(f"{one.standing.code} {one.standing.path}", []).append(one.standing.sentence)
    found = [(place, f"{place.replace(' ', ' at ')}: {' '.join(said)}") for place, said in by_place.items()]
    if not found and data is None:
        return None
    return forms.AcceptForm(data, findings=found, text=desk.version.terms_sha256, **given)


def _accept(desk: Desk, form: Any) -> str:
    code, _, path = form.cleaned_data["finding"].partition(" ")
    given = form.cleaned_data
    services.accept_finding(desk.version, code, path, given["reason"], terms_sha256=given["terms_sha256"])
    return "It stands no more in the way; the reason is on record, for exactly this text."


def _make_choose(desk: Desk, data: Any, given: dict[str, Any]) -> Any:
    missing = {one.standing.path for one in desk.against[0] if one.standing.code == "READING_NOT_CHOSEN"}
    found = [
        (f"{number}.{index}", f"{item.key}: {reading.name}: {reading.chosen}")
        for number, item in enumerate(desk.terms.commitments if desk.terms else ())
        for index, reading in enumerate(item.readings)
        if f"commitments.{number}.readings.{index}" in missing
    ]
    return forms.ReadingForm(data, readings=found, **given) if found or data is not None else None


def _choose(desk: Desk, form: Any) -> str:
    given = form.cleaned_data
    number, index = map(int, given["reading"].split("."))
    item = desk.terms.commitments[number]  # type: ignore[union-attr]
    reading = item.readings[index]
    services.choose_reading(
        desk.version, item.key, reading.name, reading.chosen, given["reason"], given["chosen_on"]
    )
    return "The reading is on record; whoever chose it cannot approve a credit that rests on it."


def _describe(desk: Desk, form: Any) -> str:
    given = {name: value for name, value in form.cleaned_data.items() if name != "target"}
    row = services.describe_stakeholder(desk.version, **given)
    return f"{row.party} is off the map." if row.is_dropped else f"{row.party} is on the map."


SIGNERS = ("name-signer", "review")
ONLY_REVIEW = (IN_REVIEW,)
ACTS = (
    DeskAct(
        "submit",
        "Submit for review",
        ("submit", "version"),
        "acts",
        _plain(forms.NoteForm),
        _submit,
        (DRAFT,),
    ),
    DeskAct(
        "return",
        "Return to draft",
        ("return", "version"),
        "acts",
        _plain(forms.ReasonForm),
        _return,
        ONLY_REVIEW,
    ),
    DeskAct("withdraw", "Withdraw", ("withdraw", "version"), "acts", _plain(forms.ReasonForm), _withdraw),
    DeskAct("accept", "Let it stand", ("accept-finding", "version"), "stands", _make_accept, _accept),
    DeskAct("choose", "Record a reading", ("choose-reading", "version"), "stands", _make_choose, _choose),
    DeskAct("ask", "Ask somebody to review", ("ask", "review"), "remarks", _make_ask, _ask),
    DeskAct("remark", "Remark", ("remark", "review"), "remarks", _make_remark, _remark),
    DeskAct("answer", "Answer", ("answer", "review"), "remarks", _make_answer, _answer, of_one=True),
    DeskAct("check", "Keep the answers", ("check", "review"), "checklist", _make_checklist, _check),
    DeskAct("name-same", "Name the same signers", SIGNERS, "signers", _make_same, _name_same),
    DeskAct("name-signer", "Name a signer", SIGNERS, "signers", _make_signer, _name_signer),
    DeskAct(
        "ask-signer",
        "Ask to sign",
        SIGNERS,
        "signers",
        _plain(forms.StepForm),
        _ask_signer,
        ONLY_REVIEW,
        of_one=True,
    ),
    DeskAct(
        "decline",
        "Declined",
        SIGNERS,
        "signers",
        _plain(forms.DeclineForm),
        _decline,
        ONLY_REVIEW,
        of_one=True,
    ),
    DeskAct(
        "remove-signer",
        "Take off the list",
        SIGNERS,
        "signers",
        _plain(forms.ReasonForm),
        _remove,
        of_one=True,
    ),
    DeskAct(
        "sign", "Record a signature", ("sign", "version"), "signers", _make_signature, _sign, ONLY_REVIEW
    ),
    DeskAct("consult", "Record a consultation", ("consult", "review"), "consulted", _make_consult, _consult),
    DeskAct(
        "describe",
        "Put on the map",
        ("describe", "stakeholder"),
        "map",
        _plain(forms.StakeholderForm),
        _describe,
    ),
)
BY_NAME = {act.name: act for act in ACTS}
