"""The demo's mail: who is told, the mails that the catcher keeps, and waiting until the last one went out."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from audit.record import acting
from base.models import Job
from demo.people import person
from notices import services
from notices.models import Audience, Subscription
from notices.reading import unsent_count
from notices.tasks import COMPOSE

MAILBOXES = {Audience.LEGAL: "legal@example.com", Audience.CUSTOMER_SUCCESS: "customer-success@example.com"}
PATIENCE_SECONDS = 30
_NAME = re.compile(r"(\d{8}T\d{6}\d{6})-[0-9a-f-]+\.eml")


def ensure_subscriptions() -> None:
    """Legal's and customer success's mailboxes are told of breaches: one mail each."""
    for audience, address in MAILBOXES.items():
        if not Subscription.objects.filter(audience=audience, address=address, ended_at=None).exists():
            with acting(person("adam"), via="command", reason="the demo's mailboxes"):
                services.subscribe(audience=audience, address=address)


def wait_for_mails(say: Callable[[str], None]) -> None:
    """Wait until every notice was composed and handed over, or for half a minute; says what is left then."""
    if not settings.EMAIL_HOST:
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left := Job.objects.filter(kind=COMPOSE, done_at=None, failed_at=None).count() + unsent_count():
        if time.monotonic() > deadline:
            say(f"{left} notices are not sent yet; the worker goes on with them")
            return
        time.sleep(0.2)


@dataclass(frozen=True)
class Mail:
    """A mail that the catcher kept."""

    name: str
    came_at: datetime
    sender: str
    receiver: str
    subject: str
    message_id: str
    text: str


def mails(receiver: str = "") -> list[Mail]:
    """The mails that are kept, the newest first; only those to ``receiver`` where one is given."""
    folder: Path | None = settings.MAIL_FOLDER
    if folder is None or not folder.is_dir():
        return []
    found = [mail for path in sorted(folder.glob("*.eml"), reverse=True) if (mail := _read(path))]
    return [mail for mail in found if receiver in ("", mail.receiver)]


def mail_named(name: str) -> Mail | None:
    """One mail by its name; None for a name that is none of the catcher's."""
    folder: Path | None = settings.MAIL_FOLDER
    if folder is None or not _NAME.fullmatch(name):
        return None
    path = folder / name
    return _read(path) if path.is_file() else None


@lru_cache(maxsize=2000)
def _read(path: Path) -> Mail | None:
    name = _NAME.fullmatch(path.name)
    if name is None:
        return None
    message = BytesParser(policy=default).parsebytes(path.read_bytes())
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    return Mail(
        name=path.name,
        came_at=datetime.strptime(name.group(1), "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC),
        sender=str(message["From"]),
        receiver=parseaddr(str(message["To"]))[1],
        subject=str(message["Subject"]),
        message_id=str(message["Message-ID"]),
        text=body.get_content() if isinstance(body, EmailMessage) else "",
    )
