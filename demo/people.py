"""Who plays in the demo. Every person is invented; all share one password, which the demo prints."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from audit.record import acting
from base.errors import DomainError
from base.models import User

PASSWORD = "demo-sla-ledger"  # noqa: S105  # printed on the screen: the demo has no secrets


class DemoOnly(DomainError):
    """Something that only a demo may do was asked of an installation that is none."""

    code = "demo_only"


def require_demo() -> None:
    """Refuse to go on unless ``DEMO_MODE`` is set: the demo makes logins with a known password."""
    if not settings.DEMO_MODE:
        raise DemoOnly(
            "DEMO_MODE: it is not set, and the demo writes invented people and contracts; set it to 1"
        )


@dataclass(frozen=True)
class Person:
    """A login of the demo. ``roles`` are groups; whoever has none is a job."""

    username: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]


PEOPLE = (
    Person("lena", "Lena", "Legal", ("legal",)),
    Person("leo", "Leo", "Legal", ("legal",)),
    Person("fay", "Fay", "Finance", ("finance",)),
    Person("finn", "Finn", "Finance", ("finance",)),
    Person("ada", "Ada", "Approver", ("finance_approver",)),
    Person("axel", "Axel", "Approver", ("finance_approver",)),
    Person("vera", "Vera", "Vendors", ("vendor_manager",)),
    Person("cleo", "Cleo", "Customers", ("customer_success",)),
    Person("audrey", "Audrey", "Auditor", ("auditor",)),
    Person("emil", "Emil", "Executive", ("executive",)),
    Person("adam", "Adam", "Administrator", ("administrator",)),
)


def ensure_people() -> None:
    """Make the demo's logins that are missing; the record of people tells of each."""
    there = set(User.objects.values_list("username", flat=True))
    for person in PEOPLE:
        if person.username not in there:
            _make(person)


@transaction.atomic
def _make(person: Person) -> None:
    user = User(
        username=person.username,
        first_name=person.first_name,
        last_name=person.last_name,
        email=f"{person.username}@example.com",
        is_staff=True,
    )
    user.password = _hashed()
    user.save()
    with acting(user, via="command", reason="the demo's people"):
        user.groups.set(Group.objects.filter(name__in=person.roles))


@cache
def _hashed() -> str:
    """One hash for all: it is slow on purpose, and this password is no secret."""
    return make_password(PASSWORD)


def person(username: str) -> User:
    """The login of that name, which :func:`ensure_people` made."""
    return User.objects.get(username=username)
