"""The demo's versions in review: one is signed by two of three, one is objected to and half checked."""

from datetime import date
from typing import Any

from django.db import transaction

from audit.record import acting
from base.models import User
from contracts import services as contracts
from contracts.checks import open_standings
from contracts.models import Contract, ContractVersion
from contracts.reading import terms_of
from contracts.services import Answered
from demo.people import person

# What legal answered about the two papers of the demo.
CHECKLIST: dict[str, Answered | str] = {
    "governing_law": Answered("DE", "18.1", "Both papers of the demo say so (invented)."),
    "jurisdiction": Answered("our_courts", "18.2"),
    "credit_character": Answered("price_adjustment", "7.1"),
    "exclusive_remedy": Answered("counted", "7.4"),
    "liability_cap": Answered("inside", "12.3"),
    "penalty_test": Answered(
        "proportionate", "7.2", "A tenth of a month's fee is far below what an hour costs them."
    ),
    "notice_form": Answered("text", "17.1"),
    "precedence": Answered("listed", "1.3"),
    "data_relied_on": Answered("theirs", "6.2"),
    "chronic_failure": "silent",
    "de_at_standard_terms": Answered("negotiated", note="Negotiated one by one (invented)."),
    "de_lower_damage": "not_concerned",
}


BEGINS = date(2025, 7, 10)
RENEWAL, REWORK = date(2026, 1, 1), date(2027, 1, 1)


def ensure_reviews() -> None:
    """Two further versions of the vendor's contract on their way, each with what keeps it from being in force."""
    lena, leo, vera = person("lena"), person("leo"), person("vera")
    with acting(leo, via="command", reason="how we sign with vendors"):
        contracts.set_consultation_policy(
            Contract.Direction.PROMISED_TO_US,
            ["product_owner", "funding_manager"],
            "Agreed by the board (invented).",
        )
    bound = Contract.objects.select_related("legal_entity", "counterparty").get(reference="VND-2021-01")
    document = bound.versions.get(number=1).terms
    if not bound.versions.filter(effective_from_on=RENEWAL).exists():
        _signed_by_two_of_three(bound, document, lena, leo)
    if not bound.versions.filter(effective_from_on=REWORK).exists():
        _objected_to(bound, document, lena, leo, vera)


def _drafted(
    bound: Contract, document: dict[str, Any], title: str, begins: date, by: User
) -> ContractVersion:
    with acting(by, via="command", reason="the renewal, as offered"):
        version = contracts.draft_version(bound, document | {"title": title}, begins)
        for commitment in terms_of(version).commitments:
            for one in commitment.readings:
                contracts.choose_reading(version, commitment.key, one.name, one.chosen, one.why, BEGINS)
        return version


@transaction.atomic
def _signed_by_two_of_three(bound: Contract, document: dict[str, Any], lena: User, leo: User) -> None:
    version = _drafted(bound, document, "Platform components, renewed (invented)", RENEWAL, lena)
    ours, theirs = bound.legal_entity.name, bound.counterparty.name
    with acting(lena, via="command", reason="the renewal is reviewed"):
        contracts.submit_for_review(version)
        contracts.answer_checklist(version, CHECKLIST)
        for role, name in (
            ("product_owner", "Paula Product (invented)"),
            ("funding_manager", "Max Money (invented)"),
        ):
            contracts.record_consultation(
                version, role=role, person=name, consulted_on=BEGINS, words="Agreed."
            )
        for finding in open_standings(version):
            contracts.accept_finding(version, finding.code, finding.path, "As in the version in force.")
        chief = contracts.name_signer(
            version, party=ours, name="Gerda General-Manager (invented)", position=1
        )
        # An executive signs by himself, on a page that opens for his login.
        emil = person("emil")
        contracts.name_signer(
            version, party=ours, name=emil.display_name, title="Board", position=2, login=emil
        )
        contracts.name_signer(version, party=theirs, name="Sam Seller (invented)", title="Account director")
        contracts.ask_signer(chief, BEGINS)
    with acting(leo, via="command", reason="two signatures are on the paper"):
        contracts.record_signature(version, ours, "Gerda General-Manager (invented)", BEGINS)
        contracts.record_signature(version, theirs, "Sam Seller (invented)", BEGINS)


@transaction.atomic
def _objected_to(bound: Contract, document: dict[str, Any], lena: User, leo: User, vera: User) -> None:
    version = _drafted(bound, document, "Platform components, reworked (invented)", REWORK, leo)
    key = "commitments.0.cut_off_days"
    with acting(vera, via="command", reason="seen by the vendor manager"):
        early = contracts.add_remark(
            version,
            "Their figures come late: results should stay open longer.",
            path=key,
            objection_class="trade_off",
        )
    edited = version.terms | {}
    edited["commitments"] = [dict(item) for item in version.terms["commitments"]]
    edited["commitments"][0]["cut_off_days"] = (edited["commitments"][0].get("cut_off_days") or 0) + 5
    old = version.terms_sha256
    with acting(leo, via="command", reason="the objection is right"):
        contracts.edit_draft(version, edited)
        contracts.answer_remark(early, "accepted", "Five days more.", edit=(old, version.terms_sha256))
        contracts.submit_for_review(version)
        contracts.ask_for_review(
            version, "finance", "Is the fee base the one that we invoice?", due_on=date(2025, 8, 1)
        )
    with acting(lena, via="command", reason="read against the paper"):
        contracts.add_remark(
            version, "We cannot bind ourselves until the vendor names its monitor.", objection_class="veto"
        )
        contracts.add_remark(version, "The title could say the year.")
        some = ("governing_law", "jurisdiction", "credit_character", "notice_form")
        contracts.answer_checklist(version, {item: CHECKLIST[item] for item in some})
        contracts.describe_stakeholder(
            version,
            party="Operations (invented)",
            concern="Being woken for outages that are the vendor's.",
            objection="Another credit scheme to feed with data.",
            attraction="The vendor's own figures are taken in by themselves.",
            stance="neutral",
            relationship_owner="Vera Vendors",
        )
        contracts.describe_stakeholder(
            version, party="The vendor's account director (invented)", stance="opposes"
        )
