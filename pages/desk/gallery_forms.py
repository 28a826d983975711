"""What the pages of templates ask for: typed parameters, services, a contract, a text, a reason."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from django import forms

from base.fields import CurrencyField
from base.models import User
from contracts.gallery.texts import Given, Text, amounts_in, sample, services_of
from contracts.models import (
    Contract,
    ContractVersion,
    Counterparty,
    LegalEntity,
    Service,
    TermsTemplate,
    code_validator,
)
from contracts.reading import terms_of
from pages.vendor_forms import DayInput
from reckoning.terms.parameters import Parameter

MAX_FILE = 1_000_000
KINDS = {
    "number": "a number",
    "text": "words",
    "date": "a day",
    "instant": "an instant, such as 2026-01-31T14:45:00+01:00",
    "choice": "one of a list",
    "flag": "yes or no",
    "texts": "several, one to a line",
    "dates": "several days, one to a line, such as 2026-01-31",
}
STANDS_IN = "to-be-filled-in"


def reason_field(label: str = "Reason, for the record") -> forms.CharField:
    """Why; it goes on record."""
    return forms.CharField(
        label=label,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why: it goes on record."},
    )


def help_of(parameter: Parameter) -> str:
    """What a parameter is, in one line."""
    unit = f" In {parameter.unit}." if parameter.unit else ""
    least = f" At least {parameter.at_least:f}." if parameter.at_least is not None else ""
    most = f" At most {parameter.at_most:f}." if parameter.at_most is not None else ""
    kind = f" One writes {KINDS[parameter.type]}." if parameter.type in ("instant", "texts", "dates") else ""
    return f"{parameter.description}{unit}{least}{most}{kind}"


def field_of(parameter: Parameter, *, may_be_empty: bool = False) -> forms.Field:
    """The field in which a parameter is filled in, with its default."""
    default = parameter.default
    common: dict[str, Any] = {
        "label": parameter.name.replace("-", " ").replace("_", " ").capitalize(),
        "help_text": help_of(parameter),
        "required": default is None and not may_be_empty,
        "error_messages": {"required": f"Is missing: {parameter.description}"},
        "initial": None if may_be_empty else default,
    }
    if parameter.type in ("choice", "flag"):
        values = parameter.choices if parameter.type == "choice" else ("true", "false")
        words = {"true": "yes", "false": "no"} if parameter.type == "flag" else {}
        if isinstance(default, bool):
            common["initial"] = None if may_be_empty else str(default).lower()
        empty = (
            [("", "as the template says" if may_be_empty else "choose")]
            if may_be_empty or default is None
            else []
        )
        return forms.ChoiceField(choices=[*empty, *((one, words.get(one, one)) for one in values)], **common)
    if parameter.type == "date":
        return forms.CharField(widget=DayInput(), max_length=40, **common)
    if parameter.type in ("texts", "dates"):
        if isinstance(default, list) and not may_be_empty:
            common["initial"] = "\n".join(str(one) for one in default)
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=20_000, **common)
    attributes = {"inputmode": "decimal"} if parameter.type == "number" else {}
    return forms.CharField(max_length=4000, widget=forms.TextInput(attrs=attributes), **common)


def value_of(parameter: Parameter, given: str) -> Any:
    """What was written in a field, as the language of terms takes it; None where nothing was."""
    if not given.strip():
        return None
    if parameter.type == "flag":
        return {"true": True, "false": False}.get(given, given)
    if parameter.type in ("texts", "dates"):
        return [line.strip() for line in given.splitlines() if line.strip()]
    return given.strip()


class Filled(forms.Form):
    """A form with a field ``p_NAME`` for each parameter of a text."""

    may_be_empty = False

    def __init__(self, *args: Any, text: Text, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.text = text
        for parameter in text.parameters:
            self.fields[f"p_{parameter.name}"] = field_of(parameter, may_be_empty=self.may_be_empty)

    def values(self) -> dict[str, Any]:
        """The values that were written, by parameter."""
        read = {
            one.name: value_of(one, self.cleaned_data.get(f"p_{one.name}") or "")
            for one in self.text.parameters
        }
        return {name: value for name, value in read.items() if value is not None}

    def told(self, findings: Iterable[tuple[str, str]]) -> None:
        """Put what was refused at the fields that it is about."""
        for path, sentence in findings:
            name = f"p_{path.removeprefix('parameters.')}"
            at = name if path.startswith("parameters.") and name in self.fields else self.place_of(path)
            said = f"{sentence[:1].upper()}{sentence[1:]}"
            if path == "currency":
                said += ". Write that currency here to put it in the place of the template's."
            self.add_error(at, said if at or not path else f"{path}: {sentence}")

    def place_of(self, path: str) -> str | None:
        """The field for what is wrong elsewhere; None where no field of this form is about it."""
        return path if path in self.fields else None


class StartForm(Filled):
    """A draft from a template, for a contract that is there or for a new one."""

    contract = forms.ModelChoiceField(
        queryset=Contract.objects.none(), required=False, empty_label="a new contract, entered below"
    )
    reference = forms.CharField(label="Reference of the new contract", max_length=60, required=False)
    title = forms.CharField(label="Its title", max_length=200, required=False)
    legal_entity = forms.ModelChoiceField(
        label="Our company", queryset=LegalEntity.objects.all(), required=False, empty_label="choose"
    )
    counterparty = forms.ModelChoiceField(
        label="Other side", queryset=Counterparty.objects.all(), required=False, empty_label="choose"
    )
    direction = forms.ChoiceField(
        label="Who promises", choices=[("", "choose"), *Contract.Direction.choices], required=False
    )
    new_currency = forms.CharField(
        label="Currency of the new contract", max_length=3, required=False, help_text="Such as EUR."
    )
    effective_from_on = forms.DateField(
        label="In effect from", widget=DayInput, error_messages={"required": "Choose the first day."}
    )
    effective_until_on = forms.DateField(
        label="In effect until",
        widget=DayInput,
        required=False,
        help_text="The first day that is not covered.",
    )
    number = forms.IntegerField(widget=forms.HiddenInput)

    NEW = ("reference", "title", "legal_entity", "counterparty", "direction", "new_currency")

    def __init__(
        self, *args: Any, template: TermsTemplate, text: Text, contracts: Any, **kwargs: Any
    ) -> None:
        initial = {"number": text.number, "legal_entity": template.legal_entity_id} | kwargs.pop(
            "initial", {}
        )
        super().__init__(*args, text=text, initial=initial, **kwargs)
        self.template = template
        for name in self.NEW:
            self.fields[name].needed = True  # type: ignore[attr-defined]
        self.fields["contract"].queryset = contracts  # type: ignore[attr-defined]
        terms, _, _ = sample(text)
        document = terms.document() if terms else None
        self.currency = document["currency"] if document else ""
        self.services = [one for one in services_of(document) if one != STANDS_IN] if document else []
        money = list(amounts_in(document)) if document else []
        self.known = set(Service.objects.values_list("code", flat=True))
        for at, name in enumerate(self.services):
            self.fields[f"s_{at}"] = forms.CharField(
                label=f"Our service for “{name}”",
                required=False,
                max_length=2000,
                help_text="Codes of our services, several with commas between. Empty: it stays as it is.",
                widget=forms.TextInput(attrs={"list": "codes-of-services", "autocomplete": "off"}),
            )
        kept = (
            f" The figures of {len(money)} amounts of money stay as they are: look at each." if money else ""
        )
        self.fields["currency"] = forms.CharField(
            label="Currency of the terms",
            required=False,
            max_length=3,
            validators=CurrencyField().validators[:1],
            help_text=f"Empty: {self.currency or 'as the template says'}, as in the template.{kept}",
        )

    @property
    def contract_fields(self) -> list[forms.BoundField]:
        """The choice of a contract."""
        return [self["contract"]]

    @property
    def new_fields(self) -> list[forms.BoundField]:
        """The fields of a new contract."""
        return [self[name] for name in self.NEW]

    @property
    def parameter_fields(self) -> list[forms.BoundField]:
        """The fields of parameters."""
        return [self[name] for name in self.fields if name.startswith("p_")]

    @property
    def replaced_fields(self) -> list[forms.BoundField]:
        """The fields of services and of the currency."""
        return [self[name] for name in self.fields if name.startswith("s_") or name == "currency"]

    @property
    def day_fields(self) -> list[forms.BoundField]:
        """The fields of days."""
        return [self["effective_from_on"], self["effective_until_on"]]

    def clean(self) -> dict[str, Any]:
        """A contract is chosen or wholly entered; services are known; the text is the one that was looked at."""
        cleaned = super().clean() or {}
        if cleaned.get("contract") is None:
            for name in self.NEW:
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, "Is needed for a new contract; or choose one that is there.")
        for at in range(len(self.services)):
            self._check_codes(f"s_{at}", split(cleaned.get(f"s_{at}", "")))
        if cleaned.get("number") not in (None, self.text.number):
            self.add_error(
                None,
                f"Version {self.text.number} of the template was published meanwhile; this is how it reads now. "
                "Look at it and start again.",
            )
            sent: Any = self.data
            again = sent.copy()
            again["number"] = str(self.text.number)
            self.data = again
        return cleaned

    def _check_codes(self, name: str, codes: tuple[str, ...]) -> None:
        for code in codes:
            if code not in self.known:
                near = get_close_matches(code, self.known, n=1)
                hint = f"; do you mean {near[0]}?" if near else "; enter it first, or leave this empty"
                self.add_error(name, f"There is no service with the code {code}{hint}")

    def place_of(self, path: str) -> str | None:
        """See Filled."""
        if path.startswith("services.") and path.removeprefix("services.") in self.services:
            return f"s_{self.services.index(path.removeprefix('services.'))}"
        return "new_currency" if path == "contract.currency" else super().place_of(path)

    def given(self) -> Given:
        """What was filled in."""
        services = {
            name: codes
            for at, name in enumerate(self.services)
            if (codes := split(self.cleaned_data[f"s_{at}"]))
        }
        return Given(self.values(), services, self.cleaned_data["currency"])


def split(given: str) -> tuple[str, ...]:
    """Codes with commas between."""
    return tuple(one.strip() for one in given.split(",") if one.strip())


class TextForm(forms.Form):
    """A text: as a file, or written into the page."""

    file = forms.FileField(
        label="File, YAML or JSON", required=False, help_text="Terms or a template; 1 MB at most."
    )
    document = forms.CharField(
        label="Or its text",
        required=False,
        max_length=MAX_FILE,
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
    )
    reason = reason_field()

    def source(self) -> bytes | str | None:
        """What was given, or None, with what is wrong at its field."""
        file = self.cleaned_data.get("file")
        if file is not None:
            if file.size > MAX_FILE:
                self.add_error("file", f"Has {file.size:,} bytes; at most {MAX_FILE:,} are read.")
                return None
            content: bytes = file.read()
            return content
        text: str = self.cleaned_data.get("document", "")
        if not text.strip():
            self.add_error("file", "Choose a file, or write the text below.")
            return None
        return text

    def told(self, findings: Iterable[tuple[str, str]]) -> None:
        """What is wrong with the text, at its field."""
        for path, sentence in list(findings)[:50]:
            self.add_error("document", f"{path}: {sentence}" if path else f"It {sentence}")


class NewForm(TextForm):
    """One of our own templates: from a version of a contract, or from a text."""

    slug = forms.CharField(
        label="Name in addresses",
        max_length=60,
        validators=[code_validator],
        help_text="Lower-case letters, digits and single hyphens; it is given once.",
    )
    title = forms.CharField(label="Title", max_length=200, required=False, help_text="Empty: the text's own.")
    industry = forms.ChoiceField(label="Industry", choices=TermsTemplate.Industry.choices, initial="other")
    review_every_months = forms.IntegerField(
        label="Review it every so many months", min_value=1, max_value=120, initial=12
    )
    version = forms.ModelChoiceField(
        label="From a version of a contract",
        queryset=ContractVersion.objects.none(),
        required=False,
        empty_label="from the text below",
    )
    field_order = (
        "slug",
        "title",
        "industry",
        "review_every_months",
        "version",
        "file",
        "document",
        "reason",
    )

    def __init__(self, *args: Any, versions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = versions  # type: ignore[attr-defined]

    def source(self) -> Any:
        """See TextForm; a version's document where one was chosen. Raises TermsAltered."""
        version = self.cleaned_data.get("version")
        return terms_of(version).document() if version is not None else super().source()


class UnitForm(Filled):
    """A company of ours takes a template over. Fields left empty stay as the template says."""

    may_be_empty = True
    legal_entity = forms.ModelChoiceField(
        label="Our company", queryset=LegalEntity.objects.all(), empty_label="choose"
    )
    slug = forms.CharField(label="Name in addresses", max_length=60, validators=[code_validator])
    reason = reason_field()


class PresetForm(Filled):
    """What a unit has set, changed."""

    may_be_empty = True
    reason = reason_field()

    def __init__(self, *args: Any, preset: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in preset.items():
            if f"p_{name}" in self.fields:
                shown = "\n".join(map(str, value)) if isinstance(value, list) else value
                self.fields[f"p_{name}"].initial = str(shown).lower() if isinstance(value, bool) else shown


class ReviewForm(forms.Form):
    """Somebody looked at it."""

    reason = reason_field("What you found")


class KeepForm(forms.ModelForm):
    """What is said about a template beside its text."""

    reason = reason_field()

    class Meta:
        model = TermsTemplate
        fields = ["title", "industry", "steward", "review_every_months"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = User.objects.filter(kind=User.Kind.STAFF, is_active=True).order_by("username")
        steward = self.fields["steward"]
        steward.queryset = staff  # type: ignore[attr-defined]
        steward.label, steward.label_from_instance = "Looked after by", _name  # type: ignore[attr-defined]


def _name(user: User) -> str:
    return user.display_name
