"""Handing one mail to the mail server, and saying exactly how far that got.

Django's SMTP backend connects; what it cannot say, whether the server had asked for the content already when
something went wrong, is noted here. Before that a mail can be tried again without harm; after it and without an
answer nobody knows whether the mail goes out.
"""

import smtplib
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from types import TracebackType
from typing import Any, Self, cast

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

from notices.models import Notice, Outcome

Kind = Outcome.Kind
# Conversations have about a dozen waits, each bounded by the timeout: connecting, greeting, encryption, login,
# sender, receiver, content, answer. An attempt that takes longer than all of them is lost.
WAITS = 12
LONGEST_ANSWER = 1000


@dataclass(frozen=True)
class Answer:
    """What came of handing over a mail: the outcome, the server's code if it gave one, and words."""

    kind: Kind
    code: int | None
    text: str


class _Noting(smtplib.SMTP):
    """Notes that the server asked for the content, and what it said at the end."""

    content_asked_for = False
    last_answer: tuple[int, bytes] = (0, b"")

    def getreply(self) -> tuple[int, bytes]:
        try:
            code, text = super().getreply()
        except smtplib.SMTPResponseException as error:
            # smtplib's own refusal of an endless line, dressed as an answer; the server gave none.
            raise smtplib.SMTPServerDisconnected(f"no sensible answer: {error}") from error
        if code == 354:
            self.content_asked_for = True
        self.last_answer = (code, text)
        return code, text


class _NotingEncrypted(_Noting, smtplib.SMTP_SSL):
    """The same with encryption from the first byte."""


class _Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _NotingEncrypted if self.use_ssl else _Noting


class Post:
    """A connection to the mail server, opened when needed and used for several mails; a context manager."""

    def __init__(self) -> None:
        self._backend = _Backend(fail_silently=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; what goes wrong now concerns no mail."""
        try:
            self._backend.close()
        except (smtplib.SMTPException, OSError):
            pass
        self._backend.connection = None

    def hand_over(self, sender: str, receiver: str, content: bytes) -> Answer:
        """Hand over one mail (its bytes with CRLF). Never raises for what the network or the server does."""
        try:
            self._backend.open()
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return Answer(Kind.REFUSED_FOR_NOW, _code(error), _words("cannot connect", error))
        connection = cast(_Noting, self._backend.connection)
        connection.content_asked_for = False
        try:
            connection.sendmail(sender, [receiver], content)
        except smtplib.SMTPRecipientsRefused as error:
            self.close()
            code, said = error.recipients[receiver]
            return _refusal(code, said)
        except smtplib.SMTPResponseException as error:
            self.close()
            return _refusal(error.smtp_code, error.smtp_error, after=connection.content_asked_for)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            if connection.content_asked_for:
                return Answer(Kind.UNCERTAIN, None, _words("no answer after the content was sent", error))
            return Answer(
                Kind.REFUSED_FOR_NOW, None, _words("the connection broke before the content", error)
            )
        except smtplib.SMTPException as error:
            self.close()
            return Answer(Kind.REFUSED, None, _words("the mail server cannot take this mail", error))
        code, said = connection.last_answer
        return Answer(Kind.ACCEPTED, code, _said(said))


def _refusal(code: int, said: bytes | str, *, after: bool = False) -> Answer:
    if 200 <= code < 300 and after:
        return Answer(Kind.ACCEPTED, code, _said(said))
    if 500 <= code < 600:
        return Answer(Kind.REFUSED, code, _said(said))
    if 400 <= code < 500 or not after:
        return Answer(Kind.REFUSED_FOR_NOW, code if code > 0 else None, _said(said))
    return Answer(Kind.UNCERTAIN, code if code > 0 else None, _said(said))


def _said(said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return text.replace("\0", "").strip()[:LONGEST_ANSWER] or "(no words)"


def _words(what: str, error: Exception) -> str:
    return f"{what}: {_said(str(error))}" if str(error) else what


def _code(error: Exception) -> int | None:
    code = getattr(error, "smtp_code", None)
    return code if isinstance(code, int) and code > 0 else None


def sender_address() -> str:
    """The bare address that mails come from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def domain() -> str:
    """The domain of message ids: that of the sender."""
    return sender_address().rpartition("@")[2] or "localhost"


def content_of(notice: Notice) -> bytes:
    """The mail as it travels: the same bytes for every attempt."""
    mail: Any = EmailMessage(policy=SMTP)
    mail["Message-ID"] = notice.message_id
    mail["Date"] = format_datetime(notice.composed_at)
    mail["From"] = settings.DEFAULT_FROM_EMAIL
    mail["To"] = Address(display_name=notice.recipient_name, addr_spec=notice.recipient_address)
    mail["Subject"] = notice.subject
    if notice.replaces is not None:
        mail["In-Reply-To"] = notice.replaces.message_id
        mail["References"] = notice.replaces.message_id
        mail["Supersedes"] = notice.replaces.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(notice.text, cte="quoted-printable")
    return bytes(mail)
