"""Claim letters: what they say, that they are frozen, and that the newest one goes out in time or not at all."""

import json
from datetime import date
from decimal import Decimal
from hashlib import sha256
from io import BytesIO

import pytest
from django.db import DatabaseError, connection, transaction
from pikepdf.pdfa import validate_written
from pypdf import PdfReader

from audit.models import Event
from base.errors import Conflict, NotAllowed
from credits import services as credits
from credits.errors import ClaimTooLate, MemoNotIssued
from credits.models import ClaimStep
from credits.reading import last_claim_step
from tests import factories
from tests.credits import world
from tests.credits.world import refused
from vendors import letters, services
from vendors.errors import LetterAltered, LetterOutdated, LetterTooLate, NotOurClaim, SentBeforeWritten
from vendors.models import ClaimLetter, SentLetter

pytestmark = pytest.mark.django_db
DAY = date(2023, 4, 12)
LAST_DAY = date(2023, 4, 30)


def drafted(claim, on: date = DAY, remarks: str = "") -> ClaimLetter:
    with world.as_("vendor_manager"):
        return services.draft_letter(claim, written_on=on, remarks=remarks)


def sent(letter: ClaimLetter, on: date = DAY) -> SentLetter:
    with world.as_("vendor_manager"):
        return services.send_letter(letter, sent_on=on)


def words_of(pdf: bytes) -> str:
    return " ".join("\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


@pytest.fixture
def issued() -> world.World:
    told = world.vendor()
    told.issue()
    return told


def test_a_letter_names_component_dates_minutes_level_clause_and_amount(issued):
    letter = drafted(issued.claim())
    said = words_of(letters.document(letter.text, draft=True))
    for wanted in (
        "Actions (actions)",
        "2023-01-01",
        "2023-01-04",
        "54.00",  # 3,240 seconds of each of the four days
        "216.00 minutes (3 h 36 min)",
        "99.833",
        "at least 99.9 %",
        "What counts as down",
        "A level of at least 99 % and below 99.9 % earns 10 %",
        "must be claimed in writing within 30 days",
        "USD 987.46",
        "USD 9,874.61",
        "2023-04-30",
        "VC-us-00001",
        "Their Vendor Ltd",
        "DRAFT",
    ):
        assert wanted in said, wanted


def test_what_is_only_ours_to_know_is_not_in_the_letter(issued):
    letter = drafted(issued.claim())
    assert "reading" not in letter.text.lower()


def test_the_minutes_of_the_days_add_up_to_the_downtime(issued):
    content = json.loads(drafted(issued.claim()).text)
    counted = [Decimal(row[-2]) for row in content["rows"]]
    assert sum(counted[:-1]) == counted[-1] == Decimal("216.00")
    assert [row[0] for row in content["rows"]] == [f"2023-01-0{n}" for n in (1, 2, 3, 4)] + ["Together"]


def test_the_same_text_gives_the_same_bytes(issued):
    text = drafted(issued.claim()).text
    assert letters.document(text, draft=False) == letters.document(text, draft=False)
    assert letters.document(text, draft=False) != letters.document(text, draft=True)


@pytest.mark.parametrize("size", ["A4", "Letter"])
def test_a_letter_is_pdf_a(issued, size):
    text = drafted(issued.claim(), remarks="بزرگ 株式会社 long " * 100).text
    pdf = letters.document(text, draft=False, page_size=size)
    assert validate_written(BytesIO(pdf), "3b").passed


def test_the_vendors_address_stands_in_the_letter_and_a_later_change_alters_no_letter(issued):
    vendor = issued.contract.counterparty
    with world.as_("vendor_manager"):
        services.set_profile(
            vendor, claims_address="Claims desk\n1 Main Street", claims_email="c@example.com"
        )
    letter = drafted(issued.claim())
    assert json.loads(letter.text)["recipient"] == [
        "Their Vendor Ltd",
        "Claims desk",
        "1 Main Street",
        "c@example.com",
    ]
    with world.as_("legal"):
        services.set_profile(vendor, claims_address="2 Side Street")
    assert "1 Main Street" in ClaimLetter.objects.get().text


def test_drafting_again_with_the_same_content_is_free_and_with_other_content_a_further_version(issued):
    claim, writer = issued.claim(), factories.user("vendor_manager")
    with world.as_(writer):
        first = services.draft_letter(claim, written_on=DAY)
        events = Event.objects.count()
        assert services.draft_letter(claim, written_on=DAY) == first
        assert Event.objects.count() == events
        second = services.draft_letter(claim, written_on=DAY, remarks="As told by phone.")
    assert (first.version, second.version) == (1, 2)
    assert "As told by phone." in words_of(letters.document(second.text, draft=False))


def test_a_draft_may_come_before_the_memo_and_is_not_sent_before_it():
    told = world.vendor()
    told.approve()
    letter = drafted(told.claim())
    assert "not issued yet" in letter.text
    with world.as_("vendor_manager"), pytest.raises(MemoNotIssued, match="must be issued first"):
        services.send_letter(letter, sent_on=DAY)
    assert not SentLetter.objects.exists()


def test_a_draft_without_the_memos_number_is_outdated_once_the_memo_is_issued():
    told = world.vendor()
    told.approve()
    letter = drafted(told.claim())
    with world.as_("finance"):
        credits.issue_memo(told.claim().breach.assessment.memo, taken_on=date(2023, 4, 11))
    with world.as_("vendor_manager"), pytest.raises(LetterOutdated, match="draft it again"):
        services.send_letter(letter, sent_on=DAY)
    assert last_claim_step(told.claim()).kind == ClaimStep.Kind.FOUND
    assert sent(drafted(told.claim())).step.kind == ClaimStep.Kind.SENT


def test_sending_keeps_the_document_and_takes_the_claims_step(issued):
    letter = drafted(issued.claim())
    done = sent(letter)
    pdf = bytes(SentLetter.objects.get().document)
    assert pdf == letters.document(letter.text, draft=False)
    assert done.document_sha256 == sha256(pdf).hexdigest()
    assert "DRAFT" not in words_of(pdf)
    step = last_claim_step(issued.claim())
    assert (step.kind, step.taken_on) == (ClaimStep.Kind.SENT, DAY)
    assert step.reference == f"letter 1, SHA-256 {letter.text_sha256}"
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True))[-2:] == [
        "claim.send",
        "claim_letter.send",
    ]


def test_sending_again_is_free_and_on_another_day_refused(issued):
    letter = drafted(issued.claim())
    done = sent(letter)
    assert sent(letter) == done
    with world.as_("vendor_manager"), pytest.raises(Conflict):
        services.send_letter(letter, sent_on=LAST_DAY)


def test_a_letter_goes_out_on_the_last_day_and_not_on_the_day_after(issued):
    letter = drafted(issued.claim())
    with world.as_("vendor_manager"), pytest.raises(ClaimTooLate):
        services.send_letter(letter, sent_on=date(2023, 5, 1))
    assert sent(letter, LAST_DAY).step.taken_on == LAST_DAY


def test_a_letter_is_not_sent_before_the_day_on_it(issued):
    letter = drafted(issued.claim())
    with world.as_("vendor_manager"), pytest.raises(SentBeforeWritten):
        services.send_letter(letter, sent_on=date(2023, 4, 11))


def test_only_the_newest_version_is_sent(issued):
    old = drafted(issued.claim())
    drafted(issued.claim(), remarks="More.")
    with world.as_("vendor_manager"), pytest.raises(LetterOutdated, match="not the newest"):
        services.send_letter(old, sent_on=DAY)


def test_after_sending_there_is_no_further_draft(issued):
    claim = issued.claim()
    letter = drafted(claim)
    sent(letter)
    with world.as_("vendor_manager"), pytest.raises(LetterTooLate, match="is sent"):
        services.draft_letter(claim, written_on=DAY, remarks="one more thing")
    with refused("vendors_letter_before_sending"):
        copied(letter, version=2).save()


def test_no_letter_is_written_about_what_we_owe():
    claim = world.customer().claim()
    with world.as_("vendor_manager"), pytest.raises(NotOurClaim):
        services.draft_letter(claim, written_on=DAY)
    text = "{}"
    with refused("vendors_letter_on_a_vendor"):
        ClaimLetter(
            claim=claim,
            version=1,
            written_on=DAY,
            text=text,
            text_sha256=sha256(text.encode()).hexdigest(),
            drafted_by=factories.user(),
        ).save()


@pytest.mark.parametrize("role", ["legal", "auditor", "customer_success", "executive", "administrator"])
def test_others_neither_draft_nor_send(issued, role):
    letter = drafted(issued.claim())
    with world.as_(role):
        with pytest.raises(NotAllowed):
            services.draft_letter(issued.claim(), written_on=DAY)
        with pytest.raises(NotAllowed):
            services.send_letter(letter, sent_on=DAY)


# Round the services --------------------------------------------------------------------------------------


def copied(letter: ClaimLetter, **changes: object) -> ClaimLetter:
    values = {
        name: getattr(letter, name)
        for name in ("claim", "version", "written_on", "text", "text_sha256", "drafted_by")
    }
    return ClaimLetter(**(values | changes))


def test_the_database_wants_the_hash_of_the_text_and_the_next_version(issued):
    letter = drafted(issued.claim())
    with refused("vendors_letter_hash_of_its_text"):
        copied(letter, version=2, text=letter.text + " ").save()
    with refused("vendors_letter_version_next"):
        copied(letter, version=3).save()
    with refused("vendors_letter_version_next"):
        copied(letter).save()


def test_the_database_wants_the_newest_letter_of_the_claim_with_its_own_step(issued):
    old = drafted(issued.claim())
    letter = drafted(issued.claim(), remarks="More.")
    claim = issued.claim()
    with world.as_("vendor_manager"):
        step = credits.send_claim(claim, sent_on=DAY, reference="by hand")
    found = claim.steps.get(kind="found")
    digest = sha256(b"x").hexdigest()
    with refused("vendors_sent_of_its_claim"):
        SentLetter(letter=letter, step=found, document=b"x", document_sha256=digest).save()
    with refused("vendors_sent_newest"):
        SentLetter(letter=old, step=step, document=b"x", document_sha256=digest).save()
    with refused("vendors_sent_hash_of_its_document"):
        SentLetter(letter=letter, step=step, document=b"y", document_sha256=digest).save()


def test_the_database_lets_nothing_go_out_before_the_day_on_it(issued):
    letter = drafted(issued.claim(), on=date(2023, 4, 20))
    with world.as_("vendor_manager"):
        step = credits.send_claim(issued.claim(), sent_on=DAY, reference="by hand")
    with refused("vendors_sent_after_written"):
        SentLetter(letter=letter, step=step, document=b"x", document_sha256=sha256(b"x").hexdigest()).save()


@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", ["vendors_claimletter", "vendors_sentletter", "vendors_answer"])
def test_nothing_is_changed_or_removed(issued, table, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_a_text_that_was_changed_round_the_application_is_not_sent(issued):
    letter = drafted(issued.claim())
    letter.text = letter.text.replace("987.46", "9874.60")
    with world.as_("vendor_manager"), pytest.raises(LetterAltered):
        services.send_letter(letter, sent_on=DAY)
