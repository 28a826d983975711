"""Which home page belongs to which role. A role without a page of its own sees the figures that it may see."""

from dataclasses import dataclass

from base.access import Asking
from base.models import User


@dataclass(frozen=True)
class Home:
    """One role's home: ``view`` is the dotted name of ``view(request) -> HttpResponse``."""

    role: str
    label: str
    view: str


FIGURES = "pages.figures.home"
HOMES = (
    Home("legal", "Legal", "pages.legal.home"),
    Home("finance", "Finance", "pages.finance.home"),
    Home("finance_approver", "Approvals", "pages.finance.home"),
    Home("vendor_manager", "Vendors", "pages.vendor_home.home"),
    Home("customer_success", "Customers", "pages.customers.home"),
    Home("auditor", "Audit", "pages.auditor.home"),
    Home("executive", "Overview", "pages.executive.home"),
    Home("administrator", "Administration", FIGURES),
)
BY_ROLE = {home.role: home for home in HOMES}


def homes_of(user: Asking) -> list[Home]:
    """The homes of a user's roles, in the order above; two roles with the same page have it once."""
    if not isinstance(user, User):
        return []
    found: dict[str, Home] = {}
    for home in HOMES:
        if user.has_role(home.role):
            found.setdefault(home.view, home)
    return list(found.values())
