"""Whom legal must have consulted before a version is signed, as the policy of its direction says."""

from collections.abc import Iterable, Mapping

from contracts.models import ConsultationPolicy
from reckoning.terms import Terms

# One is asked for every service that the terms name.
SERVICE_OWNER = "service_owner"
ROLES: Mapping[str, str] = {
    "product_owner": "product owner",
    "funding_manager": "manager who funds it",
    SERVICE_OWNER: "owner of each service that is named",
    "operations": "operations",
    "finance": "finance",
    "customer_success": "customer success",
    "vendor_manager": "vendor manager",
    "data_protection": "data protection",
}
Seat = tuple[str, str]


def policies() -> dict[str, ConsultationPolicy]:
    """The policy in force of each direction that has one. One query."""
    return {row.direction: row for row in ConsultationPolicy.objects.select_related("set_by").order_by("pk")}


def seats(roles: Iterable[str], terms: Terms) -> tuple[Seat, ...]:
    """Who is to be consulted, as (role, code of the service or nothing), in the order of ``ROLES``."""
    wanted = set(roles)
    found: list[Seat] = []
    for role in ROLES:
        if role not in wanted:
            continue
        if role == SERVICE_OWNER:
            codes = dict.fromkeys(code for item in terms.commitments for code in item.services)
            found += [(role, code) for code in codes]
        else:
            found.append((role, ""))
    return tuple(found)


def seat_words(seat: Seat) -> str:
    """Such as "product owner" or "owner of the service platform"."""
    role, code = seat
    return f"owner of the service {code}" if role == SERVICE_OWNER and code else ROLES.get(role, role)


def seat_path(seat: Seat) -> str:
    """Where a missing seat is named among what stands against signing."""
    return ".".join(("consulted", *(part for part in seat if part)))
