"""What can be done to a version, as buttons. The services decide; the forms offer only what there is."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from audit.acts import Act, ActForm
from contracts import services
from contracts.checks import open_standings, readings_without_choice
from contracts.errors import TermsAltered
from contracts.models import ContractVersion
from contracts.reading import terms_of

DRAFT, IN_REVIEW = ContractVersion.State.DRAFT, ContractVersion.State.IN_REVIEW


class TextForm(ActForm):
    """What is said of exactly the text that is seen: another one by the time it comes back is refused."""

    terms_sha256 = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["terms_sha256"] = self.subject.terms_sha256 if self.subject else ""  # type: ignore[attr-defined]


class FindingForm(TextForm):
    """Which of the open findings the paper really has."""

    finding = forms.ChoiceField(widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [item for item in open_standings(self.subject) if item.acceptable] if self.subject else []  # type: ignore[arg-type]
        # Several sentences may stand at one place; they are accepted together.
        by_place: dict[tuple[str, str], list[str]] = {}
        for item in found:
            by_place.setdefault((item.code, item.path), []).append(item.sentence)
        self.fields["finding"].choices = [  # type: ignore[attr-defined]
            (f"{code} {path}", f"{code} at {path}: {' '.join(said)}")
            for (code, path), said in by_place.items()
        ]


class ReadingForm(ActForm):
    """Which reading of the document was chosen, and when."""

    reading = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    chosen_on = forms.DateField(widget=UnfoldAdminSingleDateWidget, label="Chosen on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reading"].choices = [  # type: ignore[attr-defined]
            (f"{number}.{index}", f"{item.key}: {reading.name}: {reading.chosen}")
            for number, item in enumerate(terms_of(self.subject).commitments)  # type: ignore[arg-type]
            for index, reading in enumerate(item.readings)
        ]


class SignatureForm(TextForm):
    """Whose signature is recorded."""

    party = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    signatory = forms.CharField(
        widget=UnfoldAdminTextInputWidget, max_length=200, help_text="The name, as on the paper."
    )
    signed_on = forms.DateField(widget=UnfoldAdminSingleDateWidget, label="Signed on")
    reason = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contract = self.subject.contract  # type: ignore[union-attr]
        names = (contract.legal_entity.name, contract.counterparty.name)
        self.fields["party"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


class SubmitForm(ActForm):
    """A note for those who review."""

    reason = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget, label="Note", max_length=500)


def _accept(version: ContractVersion, values: dict[str, Any]) -> None:
    code, _, path = values["finding"].partition(" ")
    services.accept_finding(version, code, path, values["reason"], terms_sha256=values["terms_sha256"])


def _choose(version: ContractVersion, values: dict[str, Any]) -> None:
    number, index = map(int, values["reading"].split("."))
    item = terms_of(version).commitments[number]
    reading = item.readings[index]
    services.choose_reading(
        version, item.key, reading.name, reading.chosen, values["reason"], values["chosen_on"]
    )


def _sign(version: ContractVersion, values: dict[str, Any]) -> None:
    services.record_signature(
        version,
        values["party"],
        values["signatory"],
        values["signed_on"],
        terms_sha256=values["terms_sha256"],
    )


def _unsigned(version: ContractVersion) -> bool:
    return version.state in (DRAFT, IN_REVIEW)


def _can_be_judged(version: ContractVersion) -> bool:
    """Of a text that was changed round the application the page says nothing but that."""
    try:
        terms_of(version)
    except TermsAltered:
        return False
    return _unsigned(version)


def _has_acceptable(version: ContractVersion) -> bool:
    return _can_be_judged(version) and any(item.acceptable for item in open_standings(version))


def _has_reading(version: ContractVersion) -> bool:
    return _can_be_judged(version) and any(readings_without_choice(version, terms_of(version)))


VERSION_ACTS = (
    Act(
        "submit",
        "Submit for review",
        ("legal",),
        lambda version, values: services.submit_for_review(version),
        when=lambda version: version.state == DRAFT,
        form=SubmitForm,
        says="Others of legal check the text against the paper. It cannot be edited while it is in review.",
    ),
    Act(
        "accept-finding",
        "Accept a finding",
        ("legal",),
        _accept,
        when=_has_acceptable,
        form=FindingForm,
        says="Only where the paper really says so. An edit of the text voids the acceptance.",
    ),
    Act(
        "choose-reading",
        "Record a reading",
        ("legal",),
        _choose,
        when=_has_reading,
        form=ReadingForm,
        says="Whoever chooses a reading cannot approve a credit that rests on it.",
    ),
    Act(
        "sign",
        "Record a signature",
        ("legal",),
        _sign,
        when=lambda version: version.state == IN_REVIEW,
        form=SignatureForm,
        says="Of exactly this text, by its hash; signers who are named for a party are the only ones who sign for it. "
        "The last signature must be recorded by somebody who did not write the text.",
    ),
    Act(
        "return",
        "Return to draft",
        ("legal",),
        lambda version, values: services.return_to_draft(version, values["reason"]),
        when=lambda version: version.state == IN_REVIEW,
        says="So that the text can be edited. Every signature under it becomes void and stays on record.",
    ),
    Act(
        "withdraw",
        "Withdraw",
        ("legal",),
        lambda version, values: services.withdraw(version, values["reason"]),
        when=_unsigned,
        says="The version is given up and kept. A signed version is not withdrawn but superseded.",
    ),
)
