"""Whoever is asked or told about a version on its way to be signed gets one mail, with the page where they go on."""

from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.urls import resolve

from audit.record import acting
from base import clock, jobs
from contracts import services
from contracts.checks import open_standings
from contracts.models import ContractVersion
from contracts.signers import seats_of
from notices import services as notices
from notices.models import Announcement, Notice
from notices.plain_words import check
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2022, 1, 1)
OURS, THEIRS = "Our Us GmbH", "Their Customer Ltd"


def somebody(name, *roles):
    return factories.user(*roles, email=f"{name}@example.com")


def told(kind=None) -> list[tuple[str, str]]:
    """Carry out what waits; the new notices of a kind as subject and address, in their order."""
    for number, _ in jobs.waiting():
        jobs.run(number)
    rows = Notice.objects.filter(announcement__kind=kind) if kind else Notice.objects.all()
    return list(rows.order_by("pk").values_list("subject", "recipient_address"))


def link_of(notice) -> str:
    """The path of the page that a mail leads to; it must be one of the pages."""
    [line] = [line for line in notice.text.splitlines() if line.startswith("https://")]
    path = line.removeprefix("https://testserver")
    resolve(path.partition("#")[0])
    return path


@pytest.fixture
def version() -> ContractVersion:
    return factories.draft()


def cleared(version):
    """Nothing stands against signing it any more."""
    services.answer_checklist(version, factories.CHECKLIST)
    for item in open_standings(version):
        services.accept_finding(version, item.code, item.path, "the paper says so")


def test_a_role_that_is_asked_is_mailed_once_and_who_asked_is_not(version):
    asker, fay = somebody("lena", "legal"), somebody("fay", "finance")
    somebody("leo", "legal")
    with acting(asker, via="command"):
        for _ in range(2):
            services.ask_for_review(version, "finance", "A secret worry about Brook Ltd", due_on=DAY)
        services.ask_for_review(version, "legal", "And you?")
    subject = "Please review C-1 v1"
    assert told() == [(subject, "fay@example.com"), (subject, "leo@example.com")] == told()
    notice = Notice.objects.get(recipient_address="fay@example.com")
    assert link_of(notice) == f"/versions/{version.pk}/"
    assert "until 01 January 2022" in notice.text
    # What is said about the document is read on its page, by those who see it.
    assert "Brook" not in notice.text + notice.subject
    assert fay.display_name not in notice.subject
    for announcement in Announcement.objects.all():
        assert notices.compose(announcement, composed_at=clock.now()) == []


def test_who_lost_the_role_or_left_by_then_or_does_not_see_it_is_not_mailed(version):
    one, two, three = (somebody(name, "finance") for name in ("one", "two", "three"))
    with factories.legal():
        for person in (one, two, three):
            services.ask_for_review(version, "finance", "Look.", person=person)
    one.groups.remove(Group.objects.get(name="finance"))
    two.is_active = False
    two.save()
    assert told() == [("Please review C-1 v1", "three@example.com")]
    with factories.legal():
        services.ask_for_review(version, "finance", "Look again.")
        services.withdraw(version, "given up")
    assert len(told()) == 1


def test_whoever_objected_is_told_that_it_was_answered_and_not_of_their_own_words(version):
    vera = somebody("vera", "finance")
    with acting(vera, via="command"):
        objection = services.add_remark(version, "Too dear.", objection_class="trade_off")
        comment = services.add_remark(version, "Nicely put.")
        services.answer_remark(objection, "reply", "To say it again.")
    with factories.legal():
        services.answer_remark(comment, "reply", "Thank you.")
        services.answer_remark(objection, "rejected", "A secret reason.")
    assert told() == [("Your objection to C-1 v1 was answered", "vera@example.com")]
    notice = Notice.objects.get()
    assert "rejected your objection" in notice.text
    assert "secret" not in notice.text
    assert link_of(notice) == f"/versions/{version.pk}/#remark-{objection.pk}"


def test_each_signer_is_asked_when_it_is_their_turn_and_once(version):
    first, second, third = (somebody(name) for name in ("first", "second", "third"))
    with factories.legal() as leo:
        services.submit_for_review(version)
        for place, login in ((2, second), (1, first), (None, third)):
            name = login.email.partition("@")[0]
            party = THEIRS if place is None else OURS
            named = services.name_signer(version, party=party, name=name, position=place, login=login)
            if login is second:
                # Too early: it is recorded, and nobody is mailed before their turn.
                services.ask_signer(named, DAY)
        assert told() == []
        cleared(version)
        subject = "Please sign C-1 v1"
        assert told() == [(subject, "first@example.com"), (subject, "third@example.com")]
        services.record_consultation(version, role="finance", person="F. Inance", consulted_on=DAY)
        assert len(told()) == 2
    one = version.named_signers.get(name="first")
    with acting(first, via="command"):
        services.sign_by_name(one, "first", version.terms_sha256, DAY)
    assert told()[2:] == [(subject, "second@example.com")]
    assert [seat.status for seat in seats_of(version)] == ["signed", "asked", "asked"]
    notice = Notice.objects.last()
    assert link_of(notice) == f"/versions/{version.pk}/sign/"
    assert check(notice.text) == []
    with acting(leo, via="command"):
        services.return_to_draft(version, "one word is wrong")
        services.edit_draft(version, factories.terms(title="One word differs"))
        services.submit_for_review(version)
        assert len(told()) == 3
        cleared(version)
    assert [address for _, address in told()[3:]] == ["first@example.com", "third@example.com"]


def test_who_signed_or_left_before_the_mail_was_written_gets_none(version):
    signer, leaver = somebody("signer"), somebody("leaver")
    with factories.legal():
        services.name_signer(version, party=OURS, name="Si Gner", login=signer)
        services.name_signer(version, party=THEIRS, name="Le Aver", login=leaver)
        services.submit_for_review(version)
        cleared(version)
    with acting(signer, via="command"):
        services.sign_by_name(version.named_signers.get(login=signer), "Si Gner", version.terms_sha256, DAY)
    leaver.is_active = False
    leaver.save()
    assert told("turn") == []


def test_who_declined_is_not_asked_again_by_itself(version):
    signer = somebody("signer")
    with factories.legal():
        services.submit_for_review(version)
        cleared(version)
        named = services.name_signer(version, party=OURS, name="Si Gner", login=signer)
        services.ask_signer(named, DAY)
        assert len(told()) == 1
        services.decline_signature(named, "The cap.", DAY)
        services.record_consultation(version, role="finance", person="F. Inance", consulted_on=DAY)
        assert len(told()) == 1
        services.ask_signer(named, DAY)
    assert len(told()) == 2


def test_the_owner_is_told_when_all_signed_and_when_an_edit_voided_signatures(version):
    owner = somebody("owner", "customer_success")
    with factories.legal() as leo:
        services.change(version.contract, owner=owner, reason="she answers for it")
        services.submit_for_review(version)
        cleared(version)
        services.record_signature(version, OURS, "O. Urs", DAY)
        services.return_to_draft(version, "A secret reason")
        services.submit_for_review(version)
        services.record_signature(version, OURS, "O. Urs", DAY)
        services.record_signature(version, THEIRS, "T. Heirs", DAY)
    assert told() == [
        ("Signatures under C-1 v1 are void", "owner@example.com"),
        ("All have signed C-1 v1", "owner@example.com"),
    ]
    for notice in Notice.objects.all():
        assert "secret" not in notice.text
        # She was not asked to review it, so she is led to the contract.
        assert link_of(notice) == f"/contracts/{version.contract_id}/"
    assert leo.email not in {address for _, address in told()}


def test_an_owner_who_signed_it_in_force_is_not_told_so(version):
    owner = somebody("owner", "legal")
    with acting(owner, via="command"):
        services.change(version.contract, owner=owner, reason="I answer for it")
        services.submit_for_review(version)
        cleared(version)
        services.record_signature(version, OURS, "O. Urs", DAY)
        services.record_signature(version, THEIRS, "T. Heirs", DAY)
    assert told() == []
