"""A mail server (aiosmtpd on a thread of its own, on a port of its own) that misbehaves on demand."""

import asyncio
import socket
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Hook = Callable[[], str | None]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Session(SMTP):
    """Drops the connection where the server's behaviour says so."""

    async def smtp_DATA(self, argument: str) -> None:  # noqa: N802  # aiosmtpd's name
        behaviour: MailServer = self.event_handler
        if behaviour.drop_before_content:
            self.transport.abort()  # type: ignore[union-attr]
            return
        await super().smtp_DATA(argument)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Session(self.handler, **self.SMTP_kwargs)


class MailServer:
    """What it took stands in ``mails``; the flags say how it behaves from the next conversation on."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.receivers: list[str] = []
        self.answers_to_receiver: list[str] = []
        self.answers_to_content: list[str] = []
        self.drop_before_content = False
        self.drop_after_content = False
        self.keep_and_drop = False
        self.slow_receiver_seconds = 0.0
        self.slow_content_seconds = 0.0
        self.hold_content: threading.Event | None = None
        self.content_came = threading.Event()
        self.conversations = 0
        self.port = _free_port()
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10)

    def start(self) -> None:
        """Listen on a free port."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening; whoever is held is let go first."""
        if self.hold_content:
            self.hold_content.set()
        self._controller.stop()

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.conversations += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.slow_receiver_seconds)
        if self.answers_to_receiver:
            answer = self.answers_to_receiver.pop(0)
            if not answer.startswith("2"):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.content_came.set()
        if self.hold_content:
            while not self.hold_content.is_set():
                await asyncio.sleep(0.01)
        if self.drop_after_content:
            self._abort(server)
            return "250 never heard"
        await asyncio.sleep(self.slow_content_seconds)
        answer = self.answers_to_content.pop(0) if self.answers_to_content else "250 2.0.0 taken as 4711"
        if answer.startswith("2"):
            content: Any = envelope.content
            self.raw.append(content)
            self.mails.append(BytesParser(policy=default).parsebytes(content))  # type: ignore[arg-type]
            self.receivers += envelope.rcpt_tos
        if self.keep_and_drop:
            self._abort(server)
        return answer

    @staticmethod
    def _abort(server: SMTP) -> None:
        server.transport.abort()  # type: ignore[union-attr]
