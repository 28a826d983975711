"""What stands against signing a version: the linter's findings, unknown names, readings without a choice."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from contracts.models import Contract, ContractVersion, Service
from contracts.reading import terms_of
from reckoning.terms import Terms
from reckoning.terms.linter import lint

RoleFinder = Callable[[Contract], Collection[str]]
_find_roles: list[RoleFinder] = []


def source_roles_come_from(find: RoleFinder) -> None:
    """Register how to find the roles that sources play for a contract; the bindings are a room above."""
    if find not in _find_roles:
        _find_roles.append(find)


def known_roles(contract: Contract | None) -> frozenset[str] | None:
    """The roles that a source plays for the contract; None where no room says, or there is no contract yet."""
    if contract is None or not _find_roles:
        return None
    return frozenset(role for find in _find_roles for role in find(contract))


@dataclass(frozen=True)
class Standing:
    """One thing that legal is told about a text, and whether it still stands against signing."""

    code: str
    path: str
    sentence: str
    mend: str
    acceptable: bool
    accepted_by: str = ""
    accepted_reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it stands against signing."""
        return not self.accepted_by


def findings_in(terms: Terms, contract: Contract | None) -> Iterator[Standing]:
    """Everything found in a text, before anybody accepted anything: the linter's findings and unknown names."""
    for finding in lint(terms, known_roles(contract)):
        yield Standing(finding.code, finding.path, finding.sentence, finding.mend, acceptable=True)
    named = dict(_names_of_services(terms))
    known = set(Service.objects.filter(code__in=set(named.values())).values_list("code", flat=True))
    for path, code in named.items():
        if code not in known:
            yield Standing(
                "SERVICE_UNKNOWN",
                path,
                f"there is no service with the code {code!r}",
                "Enter the service first, or correct the code.",
                acceptable=False,
            )


def standings(version: ContractVersion, terms: Terms | None = None) -> tuple[Standing, ...]:
    """Everything that was found in the version's text, and what was accepted for exactly this text (its hash)."""
    terms = terms or terms_of(version)
    accepted = {
        (row.code, row.path): row
        for row in version.accepted_findings.filter(terms_sha256=version.terms_sha256).select_related(
            "accepted_by"
        )
    }
    found = []
    for item in findings_in(terms, version.contract):
        row = accepted.get((item.code, item.path))
        if row and item.acceptable:
            name, reason = row.accepted_by.display_name, row.reason
            item = Standing(item.code, item.path, item.sentence, item.mend, True, name, reason)
        found.append(item)
    return (*found, *_readings_without_choice(version, terms))


def open_standings(version: ContractVersion) -> tuple[Standing, ...]:
    """What still stands against signing."""
    return tuple(item for item in standings(version) if item.is_open)


def _names_of_services(terms: Terms) -> Iterator[tuple[str, str]]:
    for number, commitment in enumerate(terms.commitments):
        for index, code in enumerate(commitment.services):
            yield f"commitments.{number}.services.{index}", code
        for index, code in enumerate(getattr(commitment.indicator, "down_components", ())):
            yield f"commitments.{number}.indicator.down_components.{index}", code


def _readings_without_choice(version: ContractVersion, terms: Terms) -> Iterator[Standing]:
    chosen = set(version.reading_choices.values_list("commitment_key", "name", "chosen"))
    for number, commitment in enumerate(terms.commitments):
        for index, reading in enumerate(commitment.readings):
            if (commitment.key, reading.name, reading.chosen) not in chosen:
                yield Standing(
                    "READING_NOT_CHOSEN",
                    f"commitments.{number}.readings.{index}",
                    f"nobody is on record as having chosen the reading {reading.name!r}",
                    "Record who chose it, when and why.",
                    acceptable=False,
                )
