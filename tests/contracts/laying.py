"""Papers, passages and lists of what is covered, as the actor in force makes them."""

from datetime import date
from decimal import Decimal

from audit.record import acting
from base.models import User
from contracts import services
from contracts.models import ClausePassage, Contract, ContractVersion, CoverageList, Paper
from contracts.papers.passages import clauses_of
from contracts.reading import terms_of
from tests.contracts.pdfs import SIGNED, pdf

DAY = date(2022, 3, 1)


def paper(version: ContractVersion) -> Paper:
    """The signed paper of two pages."""
    return services.attach_paper(version=version, content=pdf(*SIGNED), name="signed.pdf", kind="signed")


def passage(version: ContractVersion) -> ClausePassage:
    """The second line of its first page, beside the last clause."""
    place = clauses_of(terms_of(version))[-1].place
    return services.attach_passage(
        version=version, place=place, page=paper(version).pages.get(number=1), lines=(2, 2)
    )


def take_away(version: ContractVersion) -> ClausePassage:
    """That passage, taken away."""
    return services.take_passage_away(passage=passage(version), reason="the test says why")


def confirm(version: ContractVersion) -> None:
    """That passage, confirmed for another draft with the same words."""
    laid = passage(version)
    later = services.draft_version(version.contract, version.terms, DAY)
    services.confirm_passages(version=later, passages=[laid])


def coverage(contract: Contract) -> CoverageList:
    """A list of one covered journey, whole."""
    entry = {"journey": "Log in", "covered": True, "owner": "Identity team"}
    cost = {"cost_amount": Decimal("1200"), "cost_currency": "EUR"}
    return services.draft_coverage(contract=contract, entries=[entry | cost])


def published(contract: Contract, author: User) -> None:
    """That list, drafted by another and published."""
    with acting(author, via="command", reason="a test"):
        drafted = coverage(contract)
    services.publish_coverage(coverage=drafted, published_on=DAY)
