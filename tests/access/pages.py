"""Who may see which page. Every address outside of the admin and the API stands here by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from base.models import ROLES

Args = Mapping[str, list[Any]]
EVERYBODY = frozenset(ROLES)


@dataclass(frozen=True)
class Page:
    """Who gets a page: ``roles`` on every side; ``vendors`` and ``customers`` beside them on one side.

    ``args`` gives the arguments of the address for an object of either side; a page without objects has one side,
    named "". ``public`` are the answers that a visitor may get. ``logins`` gives the counterparties' logins too.
    """

    roles: frozenset[str] = frozenset()
    vendors: frozenset[str] = frozenset()
    customers: frozenset[str] = frozenset()
    args: Callable[[Any], Args] = field(default=lambda ledger: {"": []})
    query: Callable[[Any, str], Mapping[str, Any]] = field(default=lambda ledger, side: {})
    public: tuple[int, ...] = ()
    anybody: bool = False

    def opens(self, who: str, side: str) -> bool:
        """Whether somebody of a row gets 200."""
        beside = {"vendors": self.vendors, "customers": self.customers}.get(side, frozenset())
        return self.anybody or who in self.roles or who in beside


PAGES: dict[str, Page] = {
    "healthz": Page(public=(200,), anybody=True),
    "readyz": Page(public=(200,), anybody=True),
    # The test's client asks from this machine.
    "metrics": Page(public=(200,), anybody=True),
    "pages:home": Page(public=(200, 302), anybody=True),
    "pages:home_of": Page(roles=frozenset({"legal"}), args=lambda ledger: {"": ["legal"]}),
    # Whoever is logged in is led on.
    "pages:login": Page(public=(200,)),
    "pages:logout": Page(public=(405,)),
}
