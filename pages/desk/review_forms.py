"""What the page of a version's review asks for: one form for each act."""

from datetime import date, timedelta
from typing import Any

from django import forms

from base import clock
from base.models import User
from contracts import checklist, consulting
from contracts.models import ChecklistAnswer, ContractVersion, RemarkAnswer, ReviewRemark, StakeholderEntry
from reckoning.terms.wording import Clause

MOST = 4000


class DayInput(forms.DateInput):
    """A day, in the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PastDay(forms.DateField):
    """The day of something that happened. It may be tomorrow's in UTC, which is today's elsewhere."""

    def __init__(self, label: str) -> None:
        super().__init__(label=label, widget=DayInput, validators=[_happened])


def _happened(day: date) -> None:
    if day > clock.as_of() + timedelta(days=1):
        raise forms.ValidationError(
            f"Lies ahead: today is {clock.as_of()}. Name the day on which it happened."
        )


def words(
    label: str, *, required: bool = True, rows: int = 3, help_text: str = "", most: int = MOST
) -> forms.CharField:
    """A text of some lines."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": "Say it in words: they go on record."},
    )


class DeskForm(forms.Form):
    """A form of an act; its ids carry the act's name and the record that it is about, which ``target`` names."""

    target = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, act: str, target: int | None = None, **kwargs: Any) -> None:
        self.act, self.of = act, target
        named = f"{act}-{target}" if target else act
        super().__init__(data, auto_id=f"{named}-%s", initial={"target": target}, **kwargs)


class TextForm(DeskForm):
    """A form about exactly the text that its reader sees: another one by the time it comes back is refused."""

    terms_sha256 = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, text: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["terms_sha256"] = text


class NoteForm(DeskForm):
    """Words that may be left out."""

    reason = words("Note for those who review", required=False)


class ReasonForm(DeskForm):
    """Why."""

    reason = words("Reason, for the record", most=2000)


class AskForm(DeskForm):
    """Whom one asks to look, and until when."""

    role = forms.ChoiceField(label="Whom")
    person = forms.ModelChoiceField(
        label="Only this one of them",
        queryset=User.objects.none(),
        required=False,
        help_text="Empty: all of them.",
    )
    words = words("What they should look at")
    due_on = forms.DateField(label="Until", required=False, widget=DayInput)

    def __init__(self, *args: Any, roles: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role, role.replace("_", " ").capitalize()) for role in roles]  # type: ignore[attr-defined]
        people = User.objects.filter(is_active=True, kind=User.Kind.STAFF, groups__name__in=roles).distinct()
        self.fields["person"].queryset = people.order_by("username")  # type: ignore[attr-defined]
        self.fields["person"].label_from_instance = lambda user: user.display_name  # type: ignore[attr-defined]


class RemarkForm(TextForm):
    """A comment or an objection, at a clause or to the whole."""

    path = forms.ChoiceField(label="At", required=False)
    objection_class = forms.ChoiceField(
        label="It is",
        required=False,
        choices=[
            ("", "a comment, which stands in nobody's way"),
            ("information", "an objection: something must be known first"),
            ("trade_off", "an objection: it should be weighed otherwise"),
            ("veto", "a veto: it must not be signed like this"),
        ],
    )
    words = words("In words")

    def __init__(self, *args: Any, clauses: list[Clause], at: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["path"].choices = [  # type: ignore[attr-defined]
            ("", "the whole text"),
            *[(clause.path, f"{clause.number} {clause.heading}") for clause in clauses if clause.path],
        ]
        self.initial["path"] = at


class AnswerForm(DeskForm):
    """An answer to one remark, and the edit that it caused."""

    outcome = forms.ChoiceField(label="Answer")
    words = words("In words", rows=2)
    edit = forms.ChoiceField(label="The edit that it caused", required=False)

    def __init__(
        self, *args: Any, outcomes: list[tuple[str, str]], edits: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = outcomes  # type: ignore[attr-defined]
        if edits:
            self.fields["edit"].choices = [("", "none: the text stayed"), *edits]  # type: ignore[attr-defined]
            self.initial["edit"] = edits[-1][0]
        else:
            del self.fields["edit"]

    @property
    def named_edit(self) -> tuple[str, str] | None:
        """The hashes before and after the edit; only of an acceptance."""
        given = self.cleaned_data.get("edit", "")
        if not given or self.cleaned_data["outcome"] != RemarkAnswer.Outcome.ACCEPTED:
            return None
        before, _, after = given.partition(":")
        return before, after


def checklist_form(
    items: tuple[checklist.Item, ...], given: dict[str, ChecklistAnswer], proposed: dict[str, ChecklistAnswer]
) -> type[TextForm]:
    """A form with three fields for each item, filled in with what was answered or is proposed."""
    fields: dict[str, Any] = {}
    for item in items:
        row = given.get(item.id) or proposed.get(item.id)
        fields[f"{item.id}__answer"] = forms.ChoiceField(
            label="Answer",
            required=False,
            choices=[("", "not answered"), *item.answers],
            initial=row.answer if row else "",
        )
        fields[f"{item.id}__clause"] = forms.CharField(
            label="Clause of the paper", required=False, max_length=200, initial=row.clause if row else ""
        )
        fields[f"{item.id}__note"] = forms.CharField(
            label="Note",
            required=False,
            max_length=2000,
            initial=row.note if row else "",
            widget=forms.Textarea(attrs={"rows": 1}),
        )
    return type("ChecklistForm", (TextForm,), fields)


class SignerForm(DeskForm):
    """Who is to sign for a party."""

    party = forms.ChoiceField(label="For")
    name = forms.CharField(label="Name", max_length=200)
    title = forms.CharField(label="Title or role", max_length=200, required=False)
    position = forms.IntegerField(
        label="Place in the order",
        required=False,
        min_value=1,
        max_value=99,
        help_text="Empty: in any order.",
    )
    must_sign = forms.BooleanField(label="Without them it is not in force", required=False, initial=True)
    login = forms.ModelChoiceField(
        label="Signs with the login",
        queryset=User.objects.none(),
        required=False,
        help_text="Empty: legal records the signature from the paper.",
    )

    def __init__(self, *args: Any, version: ContractVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contract = version.contract
        names = (contract.legal_entity.name, contract.counterparty.name)
        self.fields["party"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        people = User.objects.filter(is_active=True).exclude(kind=User.Kind.JOB).order_by("username")
        self.fields["login"].queryset = people  # type: ignore[attr-defined]
        self.fields["login"].label_from_instance = lambda user: user.display_name  # type: ignore[attr-defined]


class SameForm(DeskForm):
    """Nothing but the button."""


class StepForm(DeskForm):
    """That a named signer is asked, and when."""

    on = PastDay("Asked on")
    reason = words("Note", required=False, rows=2, most=2000)


class DeclineForm(DeskForm):
    """Why a named signer declined, and when."""

    on = PastDay("On")
    reason = words("Their reason", rows=2, most=2000)


class SignatureForm(TextForm):
    """Who signed on the paper, and when."""

    seat = forms.ChoiceField(label="For")
    signatory = forms.CharField(
        label="Name, as on the paper",
        max_length=200,
        required=False,
        help_text="Of a named signer it is known.",
    )
    signed_on = PastDay("Signed on")

    def __init__(self, *args: Any, seats: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seat"].choices = seats  # type: ignore[attr-defined]


class ConsultForm(DeskForm):
    """Who was consulted in which role."""

    seat = forms.ChoiceField(label="As")
    person = forms.CharField(label="Name", max_length=200)
    consulted_on = PastDay("On")
    words = words("What they said", required=False, rows=2)

    def __init__(self, *args: Any, seats: list[consulting.Seat], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seat"].choices = [  # type: ignore[attr-defined]
            (":".join(seat), consulting.seat_words(seat).capitalize()) for seat in seats
        ]


class AcceptForm(TextForm):
    """A finding that may stand, and why."""

    finding = forms.ChoiceField(label="What may stand")
    reason = words("Reason, for the record", rows=2, most=2000)

    def __init__(self, *args: Any, findings: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["finding"].choices = findings  # type: ignore[attr-defined]


class ReadingForm(DeskForm):
    """Which reading was chosen, when and why."""

    reading = forms.ChoiceField(label="Reading")
    chosen_on = PastDay("Chosen on")
    reason = words("Why", rows=2, most=2000)

    def __init__(self, *args: Any, readings: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reading"].choices = readings  # type: ignore[attr-defined]


class StakeholderForm(DeskForm):
    """A party of the map."""

    party = forms.CharField(label="Party", max_length=200)
    concern = words("Primary concern", required=False, rows=2)
    objection = words("Likely objection", required=False, rows=2)
    attraction = words("What would attract them", required=False, rows=2)
    stance = forms.ChoiceField(label="Stance", required=False, choices=StakeholderEntry.Stance.choices)
    relationship_owner = forms.CharField(label="Who of us speaks with them", max_length=200, required=False)
    is_dropped = forms.BooleanField(label="Take the party off the map", required=False)


class PolicyForm(DeskForm):
    """Whom legal consults before anything of a direction is signed."""

    roles = forms.MultipleChoiceField(
        label="To be consulted",
        required=False,
        choices=[(code, label.capitalize()) for code, label in consulting.ROLES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    reason = words("Reason, for the record", rows=2, most=2000)


Outcome = RemarkAnswer.Outcome


class SignForm(TextForm):
    """One's own name under the hash of the text."""

    typed_name = forms.CharField(label="Your name, as it stands above", max_length=200)


def outcomes_for(
    remark: ReviewRemark, user: User, *, own: bool, wrote: bool, given: set[str]
) -> list[tuple[str, str]]:
    """The answers that a reader may give to a remark; the service has the last word."""
    found = [(Outcome.REPLY.value, "Reply, which closes nothing")]
    veto = remark.objection_class == ReviewRemark.ObjectionClass.VETO
    decided = bool(given & {Outcome.ACCEPTED, Outcome.REJECTED})
    if Outcome.WITHDRAWN in given:
        return found
    if not own and user.has_role("legal") and not decided:
        found += [(Outcome.ACCEPTED.value, "Accept"), (Outcome.REJECTED.value, "Reject")]
    if own and (veto or not decided):
        found.append((Outcome.WITHDRAWN.value, "Withdraw it"))
    if veto and not own and not wrote and user.has_role("legal"):
        found.append((Outcome.WITHDRAWN.value, "Lift it in place of its author, with the reason"))
    return found
