"""Where the embedded servers live, and who may come in."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import embedded
from config.embedded import EmbeddedError, home, server_user, unfit
from tests.config.processes import is_root


@pytest.fixture
def place() -> Iterator[Path]:
    """A short and open folder, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="sla-place-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def checkout_of_length(place: Path, length: int) -> Path:
    """A checkout whose socket's path has exactly ``length`` bytes."""
    rest = "/.local/embedded/run/.s.PGSQL.5432"
    made = place / ("x" * (length - len(str(place)) - 1 - len(rest)))
    made.mkdir()
    assert len(f"{made}{rest}") == length
    return made


@pytest.mark.parametrize(("length", "linked"), [(99, False), (100, False), (101, True), (150, True)])
def test_a_socket_path_above_a_hundred_bytes_goes_elsewhere(place: Path, length: int, linked: bool):
    checkout = checkout_of_length(place, length)
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    found = home(checkout, elsewhere)
    link = checkout / ".local" / "embedded"
    assert link.is_symlink() is linked
    assert found == (link.readlink() if linked else link)
    assert found.parent == (elsewhere if linked else checkout / ".local")
    assert home(checkout, elsewhere) == found


def test_the_length_counts_bytes_and_not_letters(place: Path):
    folder = place / ("ü" * 40)
    folder.mkdir()
    assert len(str(folder / "run" / ".s.PGSQL.5432")) < 100
    assert unfit(folder, None) == "its path is too long for a socket"


@pytest.mark.parametrize("character", list("'\"$`\\,"))
def test_a_path_that_postgresqls_programs_do_not_take_goes_elsewhere(place: Path, character: str):
    folder = place / f"a{character}b"
    folder.mkdir()
    assert "PostgreSQL's own programs do not take" in str(unfit(folder, None))


@pytest.mark.skipif(not is_root(), reason="only root runs the servers as somebody else")
def test_a_folder_that_the_servers_user_cannot_enter_goes_elsewhere(place: Path):
    closed = place / "home"
    closed.mkdir(mode=0o700)
    (closed / "checkout").mkdir()
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    assert home(closed / "checkout", elsewhere).parent == elsewhere


def test_two_checkouts_never_share_a_folder_elsewhere_even_when_copied(place: Path):
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    first = checkout_of_length(place, 150)
    original = home(first, elsewhere)
    second = place / ("y" * 120)
    shutil.copytree(first, second, symlinks=True)
    assert (second / ".local" / "embedded").readlink() == original
    assert home(second, elsewhere) != original
    assert home(first, elsewhere) == original


@pytest.mark.parametrize("trap", ["writable", "link"])
def test_a_folder_elsewhere_that_is_not_ours_alone_is_refused(place: Path, trap: str):
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    checkout = checkout_of_length(place, 150)
    target = home(checkout, elsewhere)
    if trap == "writable":
        target.chmod(0o777)
    else:
        target.rmdir()
        (elsewhere / "theirs").mkdir()
        target.symlink_to(elsewhere / "theirs")
    with pytest.raises(EmbeddedError, match="not a folder of ours"):
        home(checkout, elsewhere)


def test_root_runs_the_servers_as_somebody_else_and_others_as_themselves():
    user = server_user()
    assert (user is not None) is is_root()
    assert user != "root"


@pytest.mark.django_db
@pytest.mark.skipif("embedded" not in os.environ.get("SLA_TEST_SERVER", ""), reason="a server from outside")
def test_only_the_two_roles_come_in_and_only_through_the_socket():
    from django.db import connection

    host = connection.settings_dict["HOST"]
    with pytest.raises(psycopg.OperationalError, match=r"Peer authentication failed|no pg_hba.conf entry"):
        psycopg.connect(host=host, user="postgres", dbname="postgres")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('listen_addresses'), current_setting('unix_socket_permissions')"
        )
        assert cursor.fetchone() == ("", "0700")
    assert Path(host).stat().st_mode & 0o777 == 0o700


def test_another_versions_data_is_refused_by_name(place: Path):
    server = embedded.PostgreSQL(folder=place, bin=Path("/x/postgresql-18.6.0-x86/bin"), user=None)
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 17 and this is 18; remove it"):
        server.initialise()
