"""The page of a version's review: what it shows to whom, and that each act on it is one event."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Event
from audit.record import acting
from contracts import services
from contracts.checks import open_standings
from contracts.models import ContractVersion
from tests import factories
from tests.admin.forms import log_in
from tests.contracts.test_signing import holey

pytestmark = pytest.mark.django_db
OURS, THEIRS = "Our Us GmbH", "Their Customer Ltd"
DAY = date(2022, 1, 1)


def page(version, name="review"):
    return reverse(f"pages:{name}", args=[version.pk])


def html_of(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return " ".join(answer.content.decode().split())


def errors_of(answer):
    return re.findall(r'class="errors".*?</ul>', answer.content.decode(), re.S)


@pytest.fixture
def version() -> ContractVersion:
    made = factories.draft(document=holey())
    with factories.legal():
        services.submit_for_review(made)
    return made


def test_the_page_says_what_stands_against_signing_and_that_nobody_is_bound(version):
    with factories.legal():
        services.add_remark(version, "The cap is too low.", path="commitments.0.caps", objection_class="veto")
    html = html_of(log_in(factories.user("legal")).get(page(version)))
    assert "not agreed" in html
    for code in ("TIER_HOLE", "OBJECTION_OPEN", "CHECKLIST_UNANSWERED"):
        assert code in html
    assert "The cap is too low." in html
    assert "What happened to it" in html


def test_every_act_of_the_page_is_one_event(version):
    """One after the other, as a lawyer and a second one would do them."""
    lena, leo = factories.user("legal"), factories.user("legal")
    acts = [
        (lena, "contract_version.ask_review", {"act": "ask", "role": "finance", "words": "Look at it."}),
        (leo, "contract_version.remark",
         {"act": "remark", "path": "", "objection_class": "trade_off", "words": "Too dear."}),
        (lena, "contract_version.answer_remark",
         lambda: {"act": "answer", "target": version.remarks.get().pk, "outcome": "rejected", "words": "It is not."}),
        (lena, "contract_version.answer_checklist", checked()),
        (lena, "contract_version.name_signer",
         {"act": "name-signer", "party": OURS, "name": "O. Urs", "must_sign": "on"}),
        (lena, "contract_version.ask_signer",
         lambda: {"act": "ask-signer", "target": version.named_signers.get().pk, "on": "2022-01-01"}),
        (lena, "contract_version.consult",
         {"act": "consult", "seat": "product_owner:", "person": "P. Owner", "consulted_on": "2022-01-01"}),
        (lena, "contract_version.describe_stakeholder", {"act": "describe", "party": "Operations"}),
    ]  # fmt: skip
    for who, verb, given in acts:
        before = Event.objects.latest("pk").pk
        answer = log_in(who).post(page(version), given() if callable(given) else given)
        assert answer.status_code == 302, errors_of(answer)
        [event] = Event.objects.filter(pk__gt=before)
        assert (event.verb, event.actor, event.via) == (verb, who, "page")
    html = html_of(log_in(lena).get(page(version)))
    assert "asked" in html
    assert "1 item" not in html


def checked():
    given = {"act": "check"}
    for item, one in factories.CHECKLIST.items():
        answer = one if isinstance(one, services.Answered) else services.Answered(one)
        given |= {
            f"{item}__answer": answer.answer,
            f"{item}__clause": answer.clause,
            f"{item}__note": answer.note,
        }
    return given


def test_a_lawyer_takes_a_version_from_draft_to_signed_on_the_page():
    version = factories.draft()
    lena, leo = log_in(factories.user("legal")), log_in(factories.user("legal"))
    steps = [(lena, {"act": "submit"}), (lena, checked())]
    finding = "SOURCE_ROLE_UNPLAYED commitments.0.source_role"
    steps.append((lena, {"act": "accept", "finding": finding, "reason": "it is bound next week"}))
    steps += [
        (leo, {"act": "sign", "seat": f":{party}", "signatory": "S. Igned", "signed_on": "2022-01-01"})
        for party in (OURS, THEIRS)
    ]
    for who, given in steps:
        answer = who.post(page(version), given)
        assert answer.status_code == 302, errors_of(answer)
    version.refresh_from_db()
    assert version.state == "signed"
    html = html_of(lena.get(page(version)))
    assert "not agreed" not in html
    assert "What stands against signing" not in html


def test_a_refusal_stands_in_its_form_and_nothing_is_changed(version):
    client = log_in(factories.user("legal"))
    before = Event.objects.filter(subject_id=str(version.pk)).count()
    given = {"act": "check", "governing_law__answer": "other", "governing_law__note": ""}
    html = html_of(client.post(page(version), given))
    assert "needs a note" in html
    html = html_of(
        client.post(
            page(version), {"act": "sign", "seat": f":{OURS}", "signatory": "S", "signed_on": "2022-01-01"}
        )
    )
    assert "Refused, and nothing was changed" in html
    assert "CHECKLIST_UNANSWERED" in html
    assert Event.objects.filter(subject_id=str(version.pk)).count() == before


def test_what_comes_back_under_another_text_is_refused_in_words(version):
    client = log_in(factories.user("legal"))
    seen = version.terms_sha256
    assert html_of(client.get(page(version))).count(f'name="terms_sha256" value="{seen}"') == 4
    hole = next(item for item in open_standings(version) if item.code == "TIER_HOLE")
    with factories.legal():
        services.return_to_draft(version, "a word")
        services.edit_draft(version, holey() | {"title": "One word differs"})
        services.submit_for_review(version)
    for given in (
        {"act": "sign", "seat": f":{OURS}", "signatory": "S", "signed_on": "2022-01-01"},
        {"act": "accept", "finding": f"{hole.code} {hole.path}", "reason": "the paper says so"},
        {"act": "remark", "words": "Hm."},
        checked(),
    ):
        html = html_of(client.post(page(version), given | {"terms_sha256": seen}))
        assert "Refused, and nothing was changed. The text is another by now" in html, given["act"]


def test_what_has_not_happened_yet_is_not_recorded(version):
    client = log_in(factories.user("legal"))
    given = {"act": "consult", "seat": "product_owner:", "person": "P. Owner", "consulted_on": "2999-01-01"}
    assert "Lies ahead: today is" in html_of(client.post(page(version), given))
    assert not version.consultations.exists()


def test_one_person_of_a_role_is_asked_on_the_page(version):
    client, fay = log_in(factories.user("legal")), factories.user("finance")
    given = {"act": "ask", "role": "finance_approver", "person": fay.pk, "words": "Look at the fees."}
    assert "does not have the role finance approver" in html_of(client.post(page(version), given))
    assert client.post(page(version), given | {"role": "finance"}).status_code == 302
    assert version.review_requests.get().person == fay


def test_finance_remarks_and_does_not_sign_and_the_map_is_legals_alone(version):
    with factories.legal():
        services.describe_stakeholder(version, party="Operations", stance="opposes", concern="Nights on call")
    client = log_in(factories.user("finance"))
    html = html_of(client.get(page(version)))
    assert "Nights on call" not in html
    assert "Operations" not in html
    assert "Record a signature" not in html
    assert client.post(page(version), {"act": "remark", "words": "The fee base?"}).status_code == 302
    assert client.post(page(version), {"act": "withdraw", "reason": "no"}).status_code == 403
    assert client.get(page(version, "stakeholders")).status_code == 403
    html = html_of(log_in(factories.user("legal")).get(page(version, "stakeholders")))
    assert "Nights on call" in html
    assert "not filled in" in html


def test_customer_success_sees_a_version_only_when_it_is_asked(version):
    client = log_in(factories.user("customer_success"))
    assert client.get(page(version)).status_code == 404
    with factories.legal():
        services.ask_for_review(version, "customer_success", "Can we say this to them?")
    assert "Can we say this to them?" in html_of(client.get(reverse("pages:reviews")))
    assert client.post(page(version), {"act": "remark", "words": "Yes."}).status_code == 302
    assert log_in(factories.user("vendor_manager")).get(page(version)).status_code == 404


def test_a_named_signer_signs_by_typing_the_name_under_the_hash():
    version = factories.draft()
    # A login of nobody's role: it sees this page and no other of the version.
    signer = factories.user()
    with factories.legal():
        services.submit_for_review(version)
        services.answer_checklist(version, factories.CHECKLIST)
        for item in open_standings(version):
            services.accept_finding(version, item.code, item.path, "the paper says so")
        named = services.name_signer(version, party=OURS, name="Olga Urs", login=signer)
        services.record_signature(version, THEIRS, "T. Heirs", DAY)
    client = log_in(signer)
    assert client.get(page(version)).status_code == 403
    asked = f'Your signature is asked for: <a href="{page(version, "sign")}">'
    assert asked in html_of(client.get("/"))
    assert asked not in html_of(log_in(factories.user()).get("/"))
    assert version.terms_sha256 in html_of(client.get(page(version, "sign")))
    given = {"act": "sign", "target": named.pk, "typed_name": "Olga", "terms_sha256": version.terms_sha256}
    assert "Type your name" in html_of(client.post(page(version, "sign"), given))
    given["typed_name"] = "olga urs"
    assert client.post(page(version, "sign"), given).status_code == 302
    version.refresh_from_db()
    assert version.state == "signed"
    assert version.signatures.get(signer=named).recorded_by == signer
    assert asked not in html_of(client.get("/"))
    assert log_in(factories.user("legal")).get(page(version, "sign")).status_code == 404


def test_one_button_names_the_same_signers_and_says_who_is_left_out(version):
    gone = factories.user()
    with factories.legal():
        services.name_signer(version, party=OURS, name="Olga Urs", title="CFO")
        services.name_signer(version, party=OURS, name="Gus Gone", login=gone)
        following = services.draft_version(version.contract, version.terms, date(2023, 1, 1))
    gone.is_active = False
    gone.save()
    client = log_in(factories.user("legal"))
    said = "Left out: Gus Gone, whose login may not enter any more."
    html = html_of(client.get(page(following)))
    assert 'name="act" value="name-same"' in html
    assert said in html
    answer = client.post(page(following), {"act": "name-same"}, follow=True)
    html = html_of(answer)
    assert f"As for {version}: Olga Urs. {said}" in html
    assert 'name="act" value="name-same"' not in html
    assert [one.name for one in following.named_signers.all()] == ["Olga Urs"]
    assert log_in(factories.user("finance")).post(page(following), {"act": "name-same"}).status_code == 403


def test_legal_says_on_a_page_whom_it_must_consult(version):
    client = log_in(factories.user("legal"))
    address = reverse("pages:consulting")
    given = {"direction": "promised_by_us", "roles": ["product_owner", "service_owner"], "reason": "our rule"}
    assert client.post(address, given).status_code == 302
    html = html_of(client.get(page(version)))
    assert "the owner of the service platform was not consulted" in html
    given = {
        "act": "accept",
        "finding": "GATE_NOT_CONSULTED consulted.service_owner.platform",
        "reason": "they left; nobody owns it yet",
    }
    assert client.post(page(version), given).status_code == 302
    html = html_of(client.get(page(version)))
    assert "Let stand, with a reason" in html
    assert log_in(factories.user("finance")).post(address, given).status_code == 403


def test_an_older_signed_version_needs_no_checklist(version):
    signed = factories.signed_contract(reference="C-9").versions.get()
    html = html_of(log_in(factories.user("auditor")).get(page(signed)))
    assert "not agreed" not in html


def test_the_page_costs_the_same_for_many_remarks(version):
    client = log_in(factories.user("legal"))

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            html_of(client.get(page(version)))
        return len(queries)

    with factories.legal():
        services.add_remark(version, "One.", objection_class="information")
    one = cost()
    for number in range(6):
        with factories.legal():
            remark = services.add_remark(version, f"More {number}.", objection_class="information")
        with factories.legal():
            services.answer_remark(remark, "reply", "Yes.")
    assert cost() == one
    assert one <= 42


def test_the_list_counts_what_stands_and_the_share_that_changed_the_text(version):
    with factories.legal() as objector:
        remark = services.add_remark(version, "A word.", objection_class="information")
    address = reverse("pages:reviews")
    client = log_in(factories.user("legal"))
    assert "1 open objection" in html_of(client.get(address))
    with factories.legal():
        services.return_to_draft(version, "to be edited")
        before = version.terms_sha256
        services.edit_draft(version, holey() | {"title": "One word differs"})
        services.answer_remark(remark, "accepted", "Done.", edit=(before, version.terms_sha256))
    with acting(objector, via="command"):
        services.submit_for_review(version)
    html = html_of(client.get(address))
    assert "1 of 1 objections, 100 %, changed the text" in html
    html = html_of(client.get(page(version)))
    assert "One word differs" in html
