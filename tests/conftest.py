"""One private PostgreSQL per pytest session, and every test as the application's role.

With ``DATABASE_OWNER_URL`` and ``DATABASE_URL`` set, those servers are used instead. The test database is
made and migrated by the owner; then the connection changes to the application's role, so that what production
may not do, no test can either.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from psycopg import sql

from config.embedded import APPLICATION_ROLE, OWNER_ROLE, PostgreSQL, Valkey, programs, server_user, unfit
from config.embedded import home as embedded_home
from config.supervisor import Program, end, spawn

CHECKOUT = Path(__file__).resolve().parent.parent
PREFIX = "sla-ledger-test-"
FOLDER_VARIABLE = "SLA_TEST_FOLDER"  # handed by the controller of pytest-xdist to its workers


class PrivateServer:
    """The session's own folder, and the servers in it that were asked for."""

    def __init__(self) -> None:
        self.mine = FOLDER_VARIABLE not in os.environ
        if self.mine:
            _sweep_old()
            os.environ[FOLDER_VARIABLE] = str(_folder())
        self.folder = Path(os.environ[FOLDER_VARIABLE])
        self.folder.chmod(0o755)
        # Held open for the session's life: a folder whose lock is free belongs to nobody any more.
        self.lock = (self.folder / "lock").open("w")
        fcntl.flock(self.lock, fcntl.LOCK_SH)
        self.running: list[tuple[Any, Program]] = []
        self.started = False

    def postgres(self) -> PostgreSQL:
        """Describe the cluster; nothing is started and nothing unpacked."""
        return PostgreSQL(folder=self.folder, bin=Path(), user=server_user(), durable=False)

    def start_postgres(self) -> None:
        """Make and start the cluster, unless it is another process's or runs already."""
        if not self.mine or self.started:
            return
        self.started = True
        server = PostgreSQL(
            folder=self.folder, bin=programs(embedded_home(CHECKOUT)), user=server_user(), durable=False
        )
        server.initialise()
        self.run(server.program())

    def start_valkey(self) -> str:
        """Start a broker of this process's own; returns its address."""
        folder = Path(tempfile.mkdtemp(prefix="b-", dir=self.folder))
        folder.chmod(0o755)
        valkey = Valkey(folder=folder, bin=programs(embedded_home(CHECKOUT)), user=server_user())
        self.run(valkey.program())
        return valkey.url

    def run(self, program: Program) -> None:
        """Start one server and wait for it."""
        from config.supervisor import wait_until_ready

        process = spawn(program)
        self.running.append((process, program))
        wait_until_ready(process, program)

    def stop(self) -> None:
        """Stop what this process started, and remove the folder if it is this process's."""
        while self.running:
            end(*self.running.pop())
        if self.mine:
            shutil.rmtree(self.folder, ignore_errors=True)


def _folder() -> Path:
    """A new folder in which the servers can live: the usual place for temporary ones, or a shorter one."""
    made = Path(tempfile.mkdtemp(prefix=PREFIX))
    made.chmod(0o755)
    if unfit(made, server_user()) is None:
        return made
    made.rmdir()
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))


def _sweep_old() -> None:
    """Remove what sessions that were killed left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if folder.lstat().st_uid != os.geteuid() or folder.is_symlink():
                continue
            with (folder / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def _prepare() -> PrivateServer | None:
    """Name the servers in the environment before Django reads it. Returns None with servers from outside."""
    server = None
    if "DATABASE_OWNER_URL" not in os.environ:
        server = PrivateServer()
        os.environ["DATABASE_OWNER_URL"] = server.postgres().url(OWNER_ROLE)
        os.environ["DATABASE_URL"] = server.postgres().url(APPLICATION_ROLE)
        os.environ["SLA_TEST_SERVER"] = "embedded"
    elif FOLDER_VARIABLE in os.environ:
        server = PrivateServer()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF",
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "DEMO_MODE": "1",
        "LOG_LEVEL": "WARNING",
        "DB_ROLE": "app",
        "BROKER_URL": os.environ.get("BROKER_URL", "memory://"),
    }
    return server


SERVER = _prepare()

# Whether an example is found and run fast says how busy the machine is; every test as a whole has its limit.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    import django

    django.setup()
    # Workers of pytest-xdist inherit the address; the server must run before they do.
    if SERVER and config.getoption("numprocesses", None):
        SERVER.start_postgres()


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVER:
        SERVER.stop()


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Make and migrate the test database as the owner, and go on as the application's role."""
    from django.test.utils import setup_databases, teardown_databases

    if SERVER:
        SERVER.start_postgres()
    with django_db_blocker.unblock():
        _become(os.environ["DATABASE_OWNER_URL"])
        with _migrated_once() as copied:
            old = setup_databases(
                verbosity=request.config.option.verbose,
                interactive=False,
                serialized_aliases=[],
                keepdb=copied,
            )
        _keep_template()
        _become(os.environ["DATABASE_URL"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.test.TransactionTestCase._fixture_teardown", _restore_from_template)
        yield
    with django_db_blocker.unblock():
        _become(os.environ["DATABASE_OWNER_URL"])
        _on_server(sql.SQL("DROP DATABASE {}").format(_template()))
        teardown_databases(old, verbosity=0)


@contextmanager
def _migrated_once() -> Iterator[bool]:
    """Whether the test database is there as a copy of what another session or worker migrated.

    The first makes its database as always and leaves a copy of it, named after what the migrations are made
    of; others wait for that. On a server from outside the copy stays for the next session; whoever wants it
    gone drops the databases ``sla_migrated_...``.
    """
    from django.db import connection

    if SERVER and SERVER.mine:
        yield False
        return
    name = sql.Identifier(connection.creation._get_test_db_name())
    kept = f"sla_migrated_{_what_migrations_are_made_of()}"
    folder = SERVER.folder if SERVER else Path(tempfile.gettempdir())
    with (folder / f"{kept}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname="postgres") as server:
            found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [kept]).fetchone()
        if found:
            _on_server(*_copy(sql.Identifier(kept), name))
        yield found is not None
        if not found:
            connection.close()
            _on_server(*_copy(name, sql.Identifier(kept)))


def _what_migrations_are_made_of() -> str:
    """A digest of every file of the checkout and of the lock that a migration reads or is written from."""
    files = [CHECKOUT / "requirements.lock", *CHECKOUT.glob("base/**/*.py")]
    for folder in ("migrations", "sql"):
        files += [path for path in CHECKOUT.glob(f"*/{folder}/*") if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _become(url: str) -> None:
    """Change the role of Django's connection in place; the database stays."""
    from django.db import connection

    from config.environment import database

    connection.close()
    wanted = database(url)
    connection.settings_dict.update({key: wanted[key] for key in ("USER", "PASSWORD", "HOST", "PORT")})


def _name() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


def _template() -> sql.Identifier:
    return sql.Identifier(f"{_name()}_template")


def _on_server(*statements: sql.Composed) -> None:
    """Run statements as the owner, outside of the test database."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname="postgres", autocommit=True) as server:
        for statement in statements:
            _insisting(server, statement)


def _insisting(server: "psycopg.Connection[Any]", statement: sql.Composed) -> None:
    """Execute; again while the server's own vacuum looks at the database, which the owner may not send away."""
    for _ in range(50):
        try:
            server.execute(statement)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            time.sleep(0.2)
        else:
            return
    server.execute(statement)


def _copy(source: sql.Identifier, target: sql.Identifier) -> tuple[sql.Composed, sql.Composed]:
    return (
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target),
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY WAL_LOG").format(target, source),
    )


def _keep_template() -> None:
    from django.db import connection

    connection.close()
    _on_server(*_copy(sql.Identifier(_name()), _template()))


def _restore_from_template(self: Any) -> None:
    """In place of Django's TRUNCATE, which the application's role may not do."""
    from django.db import connections

    connections.close_all()
    _on_server(*_copy(_template(), sql.Identifier(_name())))


@pytest.fixture
def owner_cursor(transactional_db: None) -> Iterator["psycopg.Cursor[Any]"]:
    """A cursor as the owner of the tables, each statement committed; for what only maintenance may do."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=_name(), autocommit=True) as connection:
        with connection.cursor() as cursor:
            yield cursor


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """The address of a real broker: the one in BROKER_URL, or a private Valkey started on demand."""
    given = os.environ["BROKER_URL"]
    if not given.startswith("memory:"):
        yield given
        return
    server = SERVER or PrivateServer()
    yield server.start_valkey()
    if server is not SERVER:
        server.stop()
