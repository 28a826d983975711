"""The pages of papers, of what is covered, and of terms in and out, as legal and the customer see them."""

import json
from datetime import date
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts import services
from contracts.models import ClausePassage, ContractVersion, CounterpartyLogin, CoverageList, Paper
from reckoning.terms import parse_terms
from reckoning.terms.yaml_writing import write_yaml
from tests import factories
from tests.admin.forms import log_in
from tests.contracts import pdfs

pytestmark = pytest.mark.django_db
AVAILABILITY = "commitments[availability].target_percent"


def address(name, *args, **query):
    return reverse(f"pages:{name}", args=args, query=query)


@pytest.fixture
def version():
    return factories.draft()


@pytest.fixture
def legal():
    return log_in(factories.user("legal"))


def upload(client, version, content=None, **values):
    file = SimpleUploadedFile("signed.pdf", content or pdfs.pdf(*pdfs.SIGNED), "application/pdf")
    return client.post(
        address("version_paper", version.pk), {"file": file, "kind": "signed"} | values, follow=True
    )


# Papers ---------------------------------------------------------------------------------------------------


def test_legal_uploads_a_paper_attaches_a_passage_and_reads_both_beside_the_wording(legal, version):
    page = upload(legal, version, title="Signed agreement").content.decode()
    paper = Paper.objects.get()
    assert "0 of 17 clauses are attached" in page
    assert paper.sha256 in page
    sent = {"page_key": paper.pages.get(number=1).pk, "clause": AVAILABILITY, "first": "2", "last": "3"}
    page = legal.post(address("passage_attach", version.pk), sent, follow=True).content.decode()
    assert "1 of 17 clauses are attached" in page
    assert "available for at least 99.9 %" in page
    assert 'class="papers-mark here"' in page
    # The passage on the picture leads to its clause by the keyboard as well.
    assert 'aria-label="Clause 2.7 Comparing"' in page
    row = ClausePassage.objects.get()
    sent = {"passage": row.pk, "reason": "wrong clause"}
    page = legal.post(address("passage_act", version.pk, "take-away"), sent, follow=True).content.decode()
    assert "0 of 17 clauses are attached" in page


def test_a_refused_file_is_told_at_its_field_and_nothing_is_kept(legal, version):
    answer = upload(legal, version, pdfs.scripted())
    assert answer.status_code == 422
    assert "holds JavaScript" in answer.content.decode()
    assert not Paper.objects.exists()


def test_a_large_paper_is_taken_from_legal_alone_and_nowhere_else(legal, version, settings):
    content = pdfs.pdf(*pdfs.SIGNED)
    assert settings.PAPER_BYTES == 40_000_000
    assert settings.LARGEST_BODY_BYTES == settings.FILE_UPLOAD_MAX_MEMORY_SIZE > settings.PAPER_BYTES
    settings.BODY_LIMIT_BYTES, settings.LARGEST_BODY_BYTES = 1_000, len(content) + 2_000
    settings.PAPER_BYTES = len(content) - 1
    page = upload(legal, version).content.decode()
    assert f"has {len(content):,} bytes; a paper may have {len(content) - 1:,}" in page
    settings.PAPER_BYTES = len(content)
    for other in (log_in(factories.user("finance")), log_in(factories.user(kind="vendor")), Client()):
        assert upload(other, version).status_code == 413
    assert upload(legal, version, content + b"\n" * 2_000).status_code == 413
    sent = {"file": SimpleUploadedFile("a.yaml", content)}
    assert legal.post(address("contract_documents", version.contract_id), sent).status_code == 413
    assert not Paper.objects.exists()
    assert upload(legal, version).status_code == 200
    assert Paper.objects.get().byte_count == len(content)


def test_a_scan_says_so_beside_the_form_and_what_is_typed_is_marked_everywhere(legal, version):
    page = upload(legal, version, pdfs.pdf(())).content.decode()
    assert "It carries no words on any of its pages: a scan" in page
    assert "nothing on it can be found or checked" in page
    sent = {"page_key": Paper.objects.get().pages.get().pk, "clause": AVAILABILITY}
    page = legal.post(address("passage_attach", version.pk), sent | {"passage": "x\0y"}, follow=True)
    assert "olds a character that is none" in page.content.decode()
    sent["passage"] = "ä" * 4_000
    legal.post(address("passage_attach", version.pk), sent | {"clause": "nowhere"})
    page = legal.get(address("version_paper", version.pk)).content.decode()
    assert "ä" * 4_000 + "</textarea>" in page
    sent["passage"] = "as I read it"
    page = legal.post(address("passage_attach", version.pk), sent, follow=True).content.decode()
    assert page.count("typed by a person, not found in the text") == 1
    later = factories.draft(version.contract, factories.terms(), date(2023, 1, 1))
    page = legal.get(address("version_paper", later.pk)).content.decode()
    assert page.count("typed by a person, not found in the text") == 1


def test_words_that_do_not_stand_there_come_back_with_what_does(legal, version):
    upload(legal, version)
    sent = {"page_key": Paper.objects.get().pages.get(number=1).pk, "clause": AVAILABILITY}
    sent["passage"] = "available for at least 99.5 % of every"
    page = legal.post(address("passage_attach", version.pk), sent, follow=True).content.decode()
    assert "what stands there is" in page
    assert "99.5 % of every</textarea>" in page


def test_words_are_searched_in_the_paper_and_marked_on_the_page(legal, version):
    upload(legal, version)
    page = legal.get(address("version_paper", version.pk, q="maintenance")).content.decode()
    # It begins at the foot of one page and goes on upon the next: neither has the whole word.
    assert "stands nowhere" in page
    page = legal.get(address("version_paper", version.pk, q="credit", page="2")).content.decode()
    assert "p. 2</a>, 2 times" in page
    assert 'class="papers-mark hit"' in page


def test_the_file_is_handed_out_as_it_came_and_never_shown_inline(legal, version):
    content = pdfs.attached()
    upload(legal, version, content)
    answer = legal.get(address("paper_file", Paper.objects.get().pk))
    assert answer.content == content
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    picture = legal.get(address("paper_picture", Paper.objects.get().pk, 1))
    assert picture.content.startswith(b"\x89PNG")
    again = legal.get(
        address("paper_picture", Paper.objects.get().pk, 1), headers={"If-None-Match": picture["ETag"]}
    )
    assert again.status_code == 304


def test_the_page_asks_no_more_of_the_database_for_more_passages(legal, version):
    upload(legal, version)
    counts = []
    for place in (AVAILABILITY, "commitments[availability].claim", "commitments[availability].window"):
        sent = {"page_key": Paper.objects.get().pages.get(number=1).pk, "clause": place, "first": "2"}
        legal.post(address("passage_attach", version.pk), sent)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            legal.get(address("version_paper", version.pk))
        counts.append(len(asked))
    assert counts[0] == counts[-1]
    assert counts[0] <= 16


def test_the_admins_wording_names_the_passage_beside_its_clause(legal, version):
    upload(legal, version)
    sent = {"page_key": Paper.objects.get().pages.get(number=1).pk, "clause": AVAILABILITY, "first": "2"}
    legal.post(address("passage_attach", version.pk), sent)
    page = legal.get(reverse("admin:contracts_contractversion_change", args=[version.pk])).content.decode()
    assert "p. 1" in page
    assert "1 of 17 clauses" in page


# Covered and not covered ----------------------------------------------------------------------------------


def entries(*rows):
    sent = {"entries-TOTAL_FORMS": str(len(rows)), "entries-INITIAL_FORMS": "0", "introduction": "Read this."}
    for number, row in enumerate(rows):
        given = {"covered": "yes", "cost_per": "month", "cost_currency": "eur"} | row
        sent |= {f"entries-{number}-{name}": value for name, value in given.items()}
    return sent


LOGIN = {"journey": "Log in", "owner": "Identity team", "cost_amount": "1200.50"}
REPORTS = {"journey": "Reports", "covered": "no", "why_not": "They are made by hand."}


def test_a_list_is_drafted_published_by_another_and_read_by_the_customer_without_owner_and_cost(legal):
    contract = factories.signed_contract()
    begun = legal.get(address("coverage_draft", contract.pk)).content.decode()
    assert 'value="Platform"' in begun
    legal.post(address("coverage_draft", contract.pk), entries(LOGIN, {}, REPORTS))
    coverage = CoverageList.objects.get()
    assert coverage.entries.count() == 2
    customer = factories.user(kind="customer", is_superuser=False)
    CounterpartyLogin.objects.create(user=customer, counterparty=contract.counterparty)
    theirs = log_in(customer)
    assert "Log in" not in theirs.get(address("coverage", contract.pk)).content.decode()
    sent = {"number": "1", "published_on": "2022-03-01"}
    refused = legal.post(address("coverage_publish", contract.pk), sent, follow=True).content.decode()
    assert "another person of legal must publish it" in refused
    log_in(factories.user("legal")).post(address("coverage_publish", contract.pk), sent)
    page = theirs.get(address("coverage", contract.pk)).content.decode()
    assert "Log in" in page
    assert "made by hand" in page
    assert "1 March 2022" in page
    assert "Identity team" not in page
    assert "1200" not in page
    assert "1,200.5" in legal.get(address("coverage", contract.pk)).content.decode()


def test_a_list_that_another_kept_meanwhile_does_not_give_way_unseen_and_none_is_published_ahead(legal):
    contract = factories.contract()
    path = address("coverage_draft", contract.pk)
    assert 'name="begun_from" value="0"' in legal.get(path).content.decode()
    other = log_in(factories.user("legal"))
    other.post(path, entries(LOGIN) | {"begun_from": "0"})
    mine = entries(REPORTS) | {"begun_from": "0"}
    answer = legal.post(path, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "kept draft 1 since you began" in page
    assert "They are made by hand." in page
    assert 'name="begun_from" value="1"' in page
    assert CoverageList.objects.count() == 1
    legal.post(path, mine | {"begun_from": "1"})
    assert CoverageList.objects.latest("number").entries.get().journey == "Reports"
    sent = {"number": "2", "published_on": "9999-12-31"}
    third = log_in(factories.user("legal"))
    page = third.post(address("coverage_publish", contract.pk), sent, follow=True).content.decode()
    assert "at the latest" in page
    assert not CoverageList.objects.filter(publication__isnull=False).exists()


def test_a_draft_that_lacks_an_owner_says_so_and_offers_no_publishing(legal):
    contract = factories.contract()
    legal.post(address("coverage_draft", contract.pk), entries(LOGIN | {"owner": ""}))
    page = legal.get(address("coverage", contract.pk)).content.decode()
    assert "Log in lacks its owner." in page
    assert "Published on" not in page
    sent = {"number": "1", "published_on": "2022-03-01"}
    other = log_in(factories.user("legal"))
    page = other.post(address("coverage_publish", contract.pk), sent, follow=True).content.decode()
    assert "Refused" in page


def test_more_rows_keep_what_was_written(legal):
    contract = factories.contract()
    page = legal.post(
        address("coverage_draft", contract.pk), entries(LOGIN) | {"op": "more"}
    ).content.decode()
    assert 'value="Identity team"' in page
    assert "Entry 4" in page
    assert not CoverageList.objects.exists()


# Terms in and out -----------------------------------------------------------------------------------------


def test_what_is_taken_out_is_the_canonical_form_to_the_byte_and_its_yaml_says_the_same(legal, version):
    answer = legal.get(address("version_json", version.pk))
    assert sha256(answer.content).hexdigest() == version.terms_sha256
    yaml = legal.get(address("version_yaml", version.pk)).content
    assert parse_terms(yaml).canonical() == answer.content
    page = legal.get(address("contract_documents", version.contract_id)).content.decode()
    assert version.terms_sha256 in page


def look(client, contract, text, **values):
    sent = {"text": text, "into": "new", "effective_from_on": "2023-01-01", "op": "look"} | values
    return client.post(address("contract_documents", contract.pk), sent)


def test_a_text_is_looked_at_against_what_is_there_and_then_kept_as_a_draft(legal, version):
    changed = factories.terms(factories.commitment_terms(target_percent="99.95"))
    text = write_yaml(changed)
    page = look(legal, version.contract, text).content.decode()
    digest = sha256(parse_terms(changed).canonical()).hexdigest()
    assert digest in page
    assert "<ins>99.95</ins>" in page
    assert ContractVersion.objects.count() == 1
    look(legal, version.contract, text, op="keep", looked=digest)
    kept = ContractVersion.objects.get(number=2)
    assert (kept.terms_sha256, kept.effective_from_on) == (digest, date(2023, 1, 1))
    look(
        legal,
        version.contract,
        json.dumps(factories.terms()),
        op="keep",
        into=kept.pk,
        looked=version.terms_sha256,
        against=digest,
    )
    kept.refresh_from_db()
    assert kept.terms_sha256 == version.terms_sha256


def test_a_draft_that_somebody_saved_meanwhile_is_not_written_over_and_nothing_typed_is_lost(legal, version):
    text = write_yaml(factories.terms(factories.commitment_terms(target_percent="99.95")))
    given = {"into": version.pk, "looked": sha256(parse_terms(text).canonical()).hexdigest()}
    page = look(legal, version.contract, text, **given).content.decode()
    seen = version.terms_sha256
    assert f'name="against" value="{seen}"' in page
    with factories.legal():
        services.edit_draft(version, factories.terms(factories.commitment_terms(target_percent="99.5")))
    page = look(legal, version.contract, text, op="keep", against=seen, **given).content.decode()
    assert "was saved since you opened it" in page
    # The text and its redline are there still, now against what was saved.
    assert "99.95" in page.partition('<textarea name="text" hidden')[2].partition("</textarea>")[0]
    assert f'name="against" value="{version.terms_sha256}"' in page
    version.refresh_from_db()
    assert version.terms["commitments"][0]["target_percent"] == "99.5"
    look(legal, version.contract, text, op="keep", against=version.terms_sha256, **given)
    version.refresh_from_db()
    assert version.terms["commitments"][0]["target_percent"] == "99.95"


def test_what_was_not_looked_at_is_not_kept(legal, version):
    answer = look(legal, version.contract, write_yaml(factories.terms()), op="keep", looked="0" * 64)
    assert "Look at it again" in answer.content.decode()
    assert ContractVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (write_yaml(factories.terms()).replace("days: 30", "days: soon"), "49", "claim.days"),
        ("a: &x 1\nb: *x\n", "1", "aliases are not read"),
        ("format: sla-ledger-amendment/1\n", "1", "amendment"),
        ("title: [\n", "2", "line"),
        ("x" * 1_000_001, "", "larger than"),
        ("[" * 30 + "]" * 30, "1", "nest"),
    ],
)
def test_a_fault_is_told_with_its_line_and_its_path_and_nothing_is_kept(legal, version, text, line, sentence):
    answer = look(legal, version.contract, text)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert f'<td class="num">{line}</td>' in page
    assert ContractVersion.objects.count() == 1


def test_a_template_is_filled_in_and_the_customer_brings_nothing_in(legal, version):
    template = {
        "format": "sla-ledger-template/1",
        "id": "a-template",
        "version": 1,
        "title": "A template",
        "parameters": [{"name": "days", "type": "number", "description": "Days.", "default": 30}],
        "terms": factories.terms(),
    }
    template["terms"]["commitments"][0]["claim"]["days"] = {"parameter": "days"}
    page = look(legal, version.contract, json.dumps(template), parameters="days: 45").content.decode()
    assert "What would become of it" in page
    assert "45" in page
    customer = factories.user(kind="customer")
    CounterpartyLogin.objects.create(user=customer, counterparty=version.contract.counterparty)
    assert look(log_in(customer), version.contract, json.dumps(template)).status_code == 403
