"""The demo's mail server: takes every mail and keeps it as a file, one per mail. It sends nothing anywhere.

    python -m demo.mail_catcher --port 8025 --folder .local/mail

Runs without Django. A mail is on disk before the server says that it was taken; a mail that comes twice is kept
twice, so that a double would be seen.
"""

import argparse
import asyncio
import os
import re
import sys
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

MOST_BYTES = 1_000_000
_numbers = count(1)


class Keeper:
    """Keeps what comes, and answers with the name of the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook at the end of a mail."""
        content = envelope.content
        if not isinstance(content, bytes):
            return "554 5.6.0 not bytes"
        try:
            name = keep(self.folder, content)
        except OSError as error:
            return f"452 4.3.1 cannot be kept: {error.strerror}"
        return f"250 2.0.0 kept as {name}"


def keep(folder: Path, content: bytes) -> str:
    """Write a mail to the disk under a name that sorts by time; returns the name."""
    id_line = re.search(rb"^Message-ID:\s*(\S+)", content, re.IGNORECASE | re.MULTILINE)
    mark = sha256(id_line.group(1) if id_line else content).hexdigest()[:12]
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{os.getpid()}-{next(_numbers)}-{mark}.eml"
    part = folder / f".{name}.part"
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(folder / name)
    return name


async def serve(host: str, port: int, folder: Path) -> None:
    """Take mails until the process is ended."""
    folder.mkdir(parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    keeper = Keeper(folder)
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="mail-catcher.example", data_size_limit=MOST_BYTES), host, port
    )
    async with server:
        await server.serve_forever()


def main(arguments: list[str]) -> int:
    """Run until ended; 1 with one line where the port cannot be had."""
    parser = argparse.ArgumentParser(description="Take every mail and keep it as a file.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args(arguments)
    try:
        asyncio.run(serve(given.host, given.port, given.folder))
    except OSError as error:
        print(f"mail catcher: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
