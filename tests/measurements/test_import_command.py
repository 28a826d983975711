"""``manage.py import_csv``: one line for a person, a status for a machine."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from measurements.models import Payload
from tests.measurements.world import INTERVALS

pytestmark = pytest.mark.django_db

INCIDENT = "i1,2023-04-01T10:00:00Z,2023-04-01T11:00:00Z,major,Actions,Trouble\n"


def run(path, *options: str, kind: str = "intervals", source: str = "incidents", user: str = "vera"):
    out, err = StringIO(), StringIO()
    given = ("--user", user, "--known-at", "2023-05-02T00:00:00Z", *options)
    try:
        call_command("import_csv", kind, source, str(path), *given, stdout=out, stderr=err)
    except CommandError as error:
        return str(error), err.getvalue()
    return out.getvalue(), err.getvalue()


@pytest.fixture
def file(tmp_path):
    def write(rows: str, header: str = INTERVALS):
        path = tmp_path / "april.csv"
        path.write_text(header + rows, newline="")
        return path

    return write


def test_a_good_file_is_imported_and_its_act_recorded(incidents, importer, file):
    said, _ = run(file(INCIDENT), "--covers-until", "2023-05-01T00:00:00Z", "--reason", "the April list")
    assert said.startswith("april.csv: 1 rows, 1 accepted, 0 repeated, 0 listed; payload ")
    event = Event.objects.get(verb="payload.import")
    assert (event.actor, event.via, event.reason) == (importer, "command", "the April list")
    assert event.correlation_id
    assert Payload.objects.get().covers_until is not None


def test_a_preview_writes_nothing(incidents, file):
    said, _ = run(file(INCIDENT), "--preview")
    assert "1 would be accepted (0 as corrections), 0 repeated, 0 listed; nothing was written" in said
    assert "i1 | 2023-04-01T10:00:00Z" in said
    assert not Payload.objects.exists()


def test_a_bad_file_is_one_line_and_its_faults(incidents, file):
    for options in ((), ("--preview",)):
        said, faults = run(file(INCIDENT.replace("T11", "T09") + INCIDENT.replace("i1", "=i2")), *options)
        assert said.startswith("april.csv: ")
        assert "2 faults" in said
        assert "\n" not in said
        assert [line.split(":")[0] for line in faults.splitlines()] == [
            "row 2, end",
            "row 3, external_id",
        ]
    assert not Payload.objects.exists()


def test_a_huge_file_is_refused_by_its_size(incidents, tmp_path):
    path = tmp_path / "noise.csv"
    with path.open("wb") as noise:
        noise.truncate(50_000_000)
    assert run(path)[0] == (
        "noise.csv: has 50,000,000 bytes; at most 10,000,000 are read, split it into several files"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"source": "nobody"}, "source: there is no source with the code 'nobody'"),
        ({"user": "nobody"}, "--user: there is no active login 'nobody'"),
        ({"kind": "daily-seconds"}, "source: incidents reports intervals"),
    ],
)
def test_unknown_names_are_named(incidents, file, options, said):
    assert run(file(INCIDENT), **options)[0].startswith(said)
    assert not Payload.objects.exists()


def test_a_naive_moment_and_a_missing_file_are_named(incidents, file, tmp_path):
    assert "--known-at: is '2023-05-02' " not in run(file(INCIDENT))[0]
    said, _ = run(file(INCIDENT), "--covers-until", "2023-05-01T00:00:00")
    assert said.startswith("--covers-until: is '2023-05-01T00:00:00' without a time zone")
    assert "cannot be read: No such file" in run(tmp_path / "missing.csv")[0]
