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


BOOKS = frozenset({"finance", "finance_approver", "auditor"})
CUSTOMERS = frozenset({"their customer", "a strange customer"})
LOGINS = CUSTOMERS | {"their vendor"}


def _memo(side: Any) -> Any:
    """The memo of one side's contract."""
    return side.contract.memos.get()


def _posting(side: Any) -> Any:
    """A posting of the entry with which that memo was issued."""
    return _memo(side).entries.order_by("pk")[0].postings.order_by("pk")[0]


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
    # The books.
    "pages:memos": Page(roles=BOOKS | {"vendor_manager", "customer_success"} | LOGINS),
    "pages:memo": Page(
        roles=BOOKS,
        vendors=frozenset({"vendor_manager", "their vendor"}),
        customers=frozenset({"customer_success", "their customer"}),
        args=lambda ledger: {side: [_memo(one).pk] for side, one in ledger.sides()},
    ),
    "pages:memos_act": Page(),
    "pages:memo_act": Page(
        args=lambda ledger: {side: [_memo(one).pk, "review"] for side, one in ledger.sides()}
    ),
    "pages:period": Page(roles=BOOKS, args=lambda ledger: {"": ["us", "2023-04"]}),
    "pages:period_act": Page(args=lambda ledger: {"": ["us", "2023-04", "close"]}),
    "pages:statements": Page(roles=BOOKS | {"vendor_manager", "customer_success"} | CUSTOMERS),
    "pages:statement_file": Page(
        roles=BOOKS,
        vendors=frozenset({"vendor_manager"}),
        customers=frozenset({"customer_success", "their customer"}),
        args=lambda ledger: {"vendors": ["json"], "customers": ["json"]},
        query=lambda ledger, side: {
            "counterparty": side.removesuffix("s"),
            "legal_entity": "us",
            "from_on": "2023-04-01",
            "until_on": "2023-05-01",
        },
    ),
    "pages:trial_balance": Page(roles=BOOKS),
    "pages:account": Page(
        roles=BOOKS,
        vendors=frozenset({"vendor_manager"}),
        args=lambda ledger: {side: [_posting(one).account_id] for side, one in ledger.sides()},
    ),
    "pages:entry": Page(
        roles=BOOKS,
        vendors=frozenset({"vendor_manager"}),
        args=lambda ledger: {side: [_posting(one).entry.reference] for side, one in ledger.sides()},
    ),
}
