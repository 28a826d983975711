"""What stands against signing a version: the linter's findings, unknown names, readings without a choice."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from contracts.models import Contract, ContractVersion, Service
from contracts.reading import terms_of
from reckoning.terms import Terms
from reckoning.terms.linter import lint

RoleFinder = Callable[[Contract], Collection[str]]
_find_roles: list[RoleFinder] = []


StandingFinder = Callable[[ContractVersion], "Iterator[Standing]"]
_find_more: list[StandingFinder] = []


def also_stands(find: StandingFinder) -> None:
    """Register what else is found about a version, beside what its text says."""
    if find not in _find_more:
        _find_more.append(find)


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
    yield from _not_posted_yet(terms)
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


def _not_posted_yet(terms: Terms) -> Iterator[Standing]:
    """What the language can say and `calculate` reckons, but what no memo can be written for yet. Signing it would
    promise credits that nobody posts, or post the parts of what is owed once."""
    for number, combination in enumerate(terms.combinations):
        yield Standing(
            "COMBINATION_NOT_POSTED",
            f"combinations.{number}",
            f"combinations cannot be posted yet: the credits of {', '.join(combination.commitments)} would each "
            f"be paid in full, and not by the rule {combination.rule!r}",
            "Leave the combination away where the commitments are to be paid each by itself; else keep a draft.",
            acceptable=False,
        )
    for number, commitment in enumerate(terms.commitments):
        if commitment.window.kind in ("hour", "day"):
            yield Standing(
                "WINDOW_NOT_POSTED",
                f"commitments.{number}.window.kind",
                f"windows of one {commitment.window.kind} cannot be posted yet: their credits are owed together for "
                "a month, and there is no memo over several windows",
                "Choose a longer window where the paper allows it; else keep a draft.",
                acceptable=False,
            )
        if commitment.indicator.kind == "composite":
            yield Standing(
                "COMPOSITE_NOT_MEASURED",
                f"commitments.{number}.indicator",
                "a level that is made of other commitments' levels cannot be measured yet: it would stay open",
                "Measure it at a source of its own; else keep a draft.",
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
    more = (item for find in _find_more for item in find(version))
    for item in (*findings_in(terms, version.contract), *more):
        row = accepted.get((item.code, item.path))
        if row and item.acceptable:
            name, reason = row.accepted_by.display_name, row.reason
            item = Standing(item.code, item.path, item.sentence, item.mend, True, name, reason)
        found.append(item)
    return (*found, *readings_without_choice(version, terms))


def open_standings(version: ContractVersion) -> tuple[Standing, ...]:
    """What still stands against signing."""
    return tuple(item for item in standings(version) if item.is_open)


def _names_of_services(terms: Terms) -> Iterator[tuple[str, str]]:
    for number, commitment in enumerate(terms.commitments):
        for index, code in enumerate(commitment.services):
            yield f"commitments.{number}.services.{index}", code
        for index, code in enumerate(getattr(commitment.indicator, "down_components", ())):
            yield f"commitments.{number}.indicator.down_components.{index}", code


def readings_without_choice(version: ContractVersion, terms: Terms) -> Iterator[Standing]:
    """The readings of a version's text that nobody is on record as having chosen."""
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
