"""The upload of a file, from choosing it to its progress; and the list of imports."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from measurements.models import ImportRun, IntakePolicy, SecondsObservation, UploadDraft, UploadMapping
from tests import factories
from tests.measurements import world
from tests.measurements.adapters.cases import work_off

pytestmark = pytest.mark.django_db
FILE = (
    "Service;Tag;Ausfall;Bemerkung\n"
    "Actions;01.04.2023;120;told to ann@example.com\n"
    "API Requests;01.04.2023;0;\n"
)
GOOD = {
    "from_component": "Service",
    "from_day": "Tag",
    "text_partial_seconds": "0",
    "from_major_seconds": "Ausfall",
    "zone": "Europe/Berlin",
    "dates": "day_first",
    "known_at": "2023-05-02T00:00:00",
}


@pytest.fixture
def vendor() -> Any:
    return world.vendor_with_components()


@pytest.fixture
def source(vendor: Any) -> Any:
    from audit.record import acting

    with acting(factories.user("vendor_manager"), via="command", reason="a test"):
        return world.source("daily_seconds", vendor)


@pytest.fixture
def person() -> Any:
    return factories.user("vendor_manager", name="vera")


@pytest.fixture
def client(person: Any) -> Client:
    found = Client()
    found.force_login(person)
    return found


def send(client: Client, content: bytes | str, name: str = "outages.csv", form: str = "daily-seconds") -> Any:
    file = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    return client.post(reverse("pages:upload"), {"source": "seconds", "form": form, "file": file})


def test_a_file_is_looked_at_mapped_imported_and_its_progress_is_shown(source: Any, client: Client) -> None:
    answer = send(client, FILE)
    draft = UploadDraft.objects.get()
    assert answer.url == reverse("pages:import_draft", args=[draft.pk])
    assert b"ann@example.com" not in bytes(draft.cells)
    first = client.get(answer.url)
    assert first.status_code == 200
    told = first.content.decode()
    assert "1 email" in told
    assert "comes from no column" in told

    wrong = client.post(answer.url, GOOD | {"op": "look", "dates": "iso"}).content.decode()
    assert "say whether days or months come first" in wrong
    assert '<button name="op" value="import" disabled>' in wrong

    looked = client.post(answer.url, GOOD | {"op": "look"}).content.decode()
    assert "What would become of it" in looked
    assert "2023-04-01" in looked
    assert not SecondsObservation.objects.exists()

    begun = client.post(answer.url, GOOD | {"op": "import"})
    run = ImportRun.objects.get()
    assert begun.url == reverse("pages:import_run", args=[run.pk])
    waiting = client.get(begun.url).content.decode()
    assert "Waits for the worker" in waiting
    assert "hx-trigger" in waiting
    work_off()
    done = client.get(begun.url).content.decode()
    assert "Done" in done
    assert "hx-trigger" not in done
    assert run.original_sha256 in done
    assert SecondsObservation.objects.count() == 2
    assert not UploadDraft.objects.exists()
    assert UploadMapping.objects.get().mapping["columns"]["day"] == "Tag"

    # The next file of the source is mapped as this one was.
    again = client.get(send(client, FILE).url).content.decode()
    assert '<option value="Tag" selected>' in again


def test_what_is_wrong_with_a_file_is_listed_by_row_and_column(source: Any, client: Client) -> None:
    answer = send(client, "a,b\n1\n\n2,3\n")
    assert answer.status_code == 200
    told = answer.content.decode()
    assert "is blank; remove the line" in told
    assert not UploadDraft.objects.exists()


def test_faults_of_rows_are_listed_and_nothing_is_imported(source: Any, client: Client) -> None:
    address = send(client, FILE.replace("120", "90000").replace("API Requests", "Nobody")).url
    answer = client.post(address, GOOD | {"op": "import"})
    told = answer.content.decode()
    assert "2 faults" in told
    assert "86400 s" in told
    assert "no component of this source" in told
    assert not ImportRun.objects.exists()


def test_a_file_of_another_shape_than_the_source_is_refused(source: Any, client: Client) -> None:
    assert "for another source" in send(client, FILE, form="buckets").content.decode()


def test_columns_of_customers_are_hashed_before_the_draft_is_kept(source: Any, client: Client) -> None:
    from audit.record import acting
    from measurements import services

    with acting(factories.user("legal"), via="admin", reason="a test"):
        services.set_intake_policy(source=source, hash_fields=["Bemerkung"])
    send(client, FILE.replace("told to ann@example.com", "c-17"))
    assert b"c-17" not in bytes(UploadDraft.objects.get().cells)
    assert b"h:" in bytes(UploadDraft.objects.get().cells)
    assert IntakePolicy.objects.count() == 1


def test_a_draft_is_its_uploader_s_alone(source: Any, client: Client) -> None:
    address = send(client, FILE).url
    other = Client()
    other.force_login(factories.user("vendor_manager"))
    assert other.get(address).status_code == 404


def test_who_does_not_import_is_shown_no_way_to(source: Any) -> None:
    reader = Client()
    reader.force_login(factories.user("auditor"))
    assert reader.get(reverse("pages:upload")).status_code == 403
    listed = reader.get(reverse("pages:imports")).content.decode()
    assert "Upload a file" not in listed


def test_the_list_asks_the_database_a_fixed_number_of_times(
    source: Any, client: Client, person: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        ImportRun.objects.create(
            source=source,
            entrance="upload",
            form="daily-seconds",
            name=f"file {number}",
            requested_by=person,
            requested_at=datetime(2023, 5, 2, tzinfo=UTC),
        )
    with django_assert_max_num_queries(14):
        assert client.get(reverse("pages:imports")).status_code == 200
