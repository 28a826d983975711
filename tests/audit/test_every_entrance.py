"""Every entrance: no act without its event, and each writes the event that it should.

Services, the admin's forms and buttons, commands and jobs are found by looking, not by a list: whatever is new
must be given a row here before this passes. Each act is carried out twice: once with the record silenced, when
the database must refuse to commit, and once for real, when exactly the expected events must stand there.
"""

import inspect
import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from django.contrib import admin
from django.core.management import call_command, get_commands
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory

from audit import tokens
from audit.models import Event
from audit.record import acting
from base import clock, jobs
from base.correlation import correlated
from base.models import Job
from contracts import services as contracts
from contracts.errors import ReasonMissing
from contracts.gallery.published import published
from contracts.gallery.texts import Given
from contracts.models import Counterparty, LegalEntity
from contracts.tasks import contracts_job
from credits import services as credits
from credits.exports import reporting
from credits.exports import services as exports
from credits.invoices import services as invoices
from measurements import services as measuring
from measurements.staging import make_months
from notices import services as notices
from tests import factories
from tests.admin.forms import errors_of, log_in, page, posted
from tests.audit import stages as world
from tests.audit.stages import DAY, LATER, Stages
from tests.contracts import laying
from vendors import services as vendors

CORRELATION = "0123456789abcdef"
REASON = "the test says why"
Act = Callable[[Stages], Any]


@pytest.fixture(scope="module")
def stages(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stages]:
    """The world, committed; the whole database is put back at the module's end."""
    from tests.conftest import _restore_from_template

    with django_db_blocker.unblock():
        yield world.build()
        _restore_from_template(None)


@pytest.fixture
def rolled_back(stages: Stages, django_db_blocker: Any) -> Iterator[None]:
    """What the test does is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


# Services ----------------------------------------------------------------------------------------------------

# By module and name: the verbs of the events that it writes, and the act itself. Services that act on several
# things write an event for each.
SERVICES: dict[str, tuple[list[str], Act]] = {
    "contracts.create_legal_entity": (
        ["legal_entity.create"],
        lambda s: contracts.create_legal_entity(
            code="new", name="New", country="DE", functional_currency="EUR"
        ),
    ),
    "contracts.create_counterparty": (
        ["counterparty.create"],
        lambda s: contracts.create_counterparty(code="new", name="New", country="DE", is_vendor=True),
    ),
    "contracts.create_service": (
        ["service.create"],
        lambda s: contracts.create_service(code="new", name="New"),
    ),
    "contracts.create_contract": (
        ["contract.create"],
        lambda s: contracts.create_contract(
            reference="NEW",
            title="New",
            legal_entity=LegalEntity.objects.get(),
            counterparty=Counterparty.objects.get(code="customer"),
            direction="promised_by_us",
            currency="EUR",
        ),
    ),
    "contracts.change": (
        ["counterparty.change"],
        lambda s: contracts.change(Counterparty.objects.get(code="customer"), name="Renamed", reason=REASON),
    ),
    "contracts.draft_version": (
        ["contract_version.draft"],
        lambda s: contracts.draft_version(s.version("draft").contract, factories.terms(), DAY),
    ),
    "contracts.edit_draft": (
        ["contract_version.edit"],
        lambda s: contracts.edit_draft(s.version("draft"), factories.terms()),
    ),
    "contracts.draft_amendment": (
        ["contract_version.draft"],
        lambda s: contracts.draft_amendment(
            s.version("signed"),
            title="An amendment",
            effective_from_on=date(2030, 1, 1),
            mid_window="next_window",
        ),
    ),
    "contracts.draft_variation": (
        ["contract_version.draft"],
        lambda s: contracts.draft_variation(
            s.version("signed"),
            title="A variation",
            effective_from_on=date(2030, 1, 1),
            effective_until_on=date(2030, 2, 1),
            mid_window="next_window",
        ),
    ),
    "contracts.draft_from_document": (
        ["contract_version.draft"],
        lambda s: contracts.draft_from_document(
            s.version("signed").contract,
            {
                "id": "a-change",
                "title": "A change",
                "kind": "amendment",
                "base_sha256": s.version("signed").terms_sha256,
                "effective_from": "2030-01-01",
                "mid_window": "next_window",
                "changes": [{"do": "set", "at": "title", "to": "Another title"}],
            },
        ),
    ),
    "contracts.record_renewal": (
        ["contract.record_renewal"],
        lambda s: contracts.record_renewal(
            s.version("draft").contract, term_ends_on=date(2030, 12, 31), notice_months=3
        ),
    ),
    "contracts.make_calendar_address": (
        ["calendar_address.make"],
        lambda s: contracts.make_calendar_address(label="the phone"),
    ),
    "contracts.revoke_calendar_address": (
        ["calendar_address.revoke"],
        lambda s: contracts.revoke_calendar_address(s.rows["calendar_address"]),
    ),
    "contracts.submit_for_review": (
        ["contract_version.submit"],
        lambda s: contracts.submit_for_review(s.version("draft")),
    ),
    "contracts.return_to_draft": (
        ["contract_version.return"],
        lambda s: contracts.return_to_draft(s.version("in_review"), REASON),
    ),
    "contracts.withdraw": (
        ["contract_version.withdraw"],
        lambda s: contracts.withdraw(s.version("draft"), REASON),
    ),
    "contracts.accept_finding": (
        ["contract_version.accept_finding"],
        lambda s: contracts.accept_finding(
            s.version("draft"), "TIER_HOLE", "commitments.0.schedule.tiers", REASON
        ),
    ),
    "contracts.choose_reading": (
        ["contract_version.choose_reading"],
        lambda s: contracts.choose_reading(
            s.version("reading"), "uptime", "partial outages", "It weighs 0.3.", REASON, DAY
        ),
    ),
    "contracts.record_signature": (
        ["contract_version.sign"],
        lambda s: contracts.record_signature(s.version("half_signed"), "Their Customer Ltd", "T. Heirs", DAY),
    ),
    "contracts.load_templates": (
        ["terms_template.load"],
        lambda s: contracts.load_templates(published()[:1], loaded_on=DAY),
    ),
    "contracts.create_template": (
        ["terms_template.create"],
        lambda s: contracts.create_template(
            slug="another", document=factories.terms(), reason=REASON, created_on=DAY
        ),
    ),
    "contracts.publish_template_version": (
        ["terms_template.publish"],
        lambda s: contracts.publish_template_version(
            s.rows["template"], factories.terms(title="Another"), REASON
        ),
    ),
    "contracts.inherit_template": (
        ["terms_template.inherit"],
        lambda s: contracts.inherit_template(
            parent=s.rows["template"],
            legal_entity=LegalEntity.objects.get(),
            slug="of-a-unit",
            reason=REASON,
            created_on=DAY,
        ),
    ),
    "contracts.change_template": (
        ["terms_template.change"],
        lambda s: contracts.change_template(s.rows["template"], REASON, title="Renamed"),
    ),
    "contracts.review_template": (
        ["terms_template.review"],
        lambda s: contracts.review_template(s.rows["template"], REASON, LATER.date()),
    ),
    "contracts.start_from_template": (
        ["contract_version.draft"],
        lambda s: contracts.start_from_template(
            s.rows["template"], s.version("draft").contract, Given(), DAY
        ),
    ),
    "contracts.ask_for_review": (
        ["contract_version.ask_review"],
        lambda s: contracts.ask_for_review(s.version("in_review"), "finance", "Look at the fee base."),
    ),
    "contracts.add_remark": (
        ["contract_version.remark"],
        lambda s: contracts.add_remark(s.version("in_review"), "Too much.", objection_class="veto"),
    ),
    "contracts.answer_remark": (
        ["contract_version.answer_remark"],
        lambda s: contracts.answer_remark(s.rows["objection"], "rejected", "The paper says so."),
    ),
    "contracts.answer_checklist": (
        ["contract_version.answer_checklist"],
        lambda s: contracts.answer_checklist(s.version("draft"), factories.CHECKLIST),
    ),
    "contracts.name_signer": (
        ["contract_version.name_signer"],
        lambda s: contracts.name_signer(s.version("in_review"), party="Our Us GmbH", name="N. Ew"),
    ),
    "contracts.name_same_signers": (
        ["contract_version.draft", "contract_version.name_same_signers"],
        lambda s: contracts.name_same_signers(
            contracts.draft_version(
                s.rows["signer"].version.contract, s.rows["signer"].version.terms, date(2031, 1, 1)
            ),
            DAY,
        ),
    ),
    "contracts.remove_signer": (
        ["contract_version.remove_signer"],
        lambda s: contracts.remove_signer(s.rows["signer"], REASON),
    ),
    "contracts.ask_signer": (
        ["contract_version.ask_signer"],
        lambda s: contracts.ask_signer(s.rows["signer"], DAY),
    ),
    "contracts.decline_signature": (
        ["contract_version.decline"],
        lambda s: contracts.decline_signature(s.rows["signer"], REASON, DAY),
    ),
    "contracts.sign_by_name": (
        ["contract_version.sign"],
        lambda s: contracts.sign_by_name(
            s.rows["signer"], "S. Elf", s.rows["signer"].version.terms_sha256, DAY
        ),
    ),
    "contracts.record_consultation": (
        ["contract_version.consult"],
        lambda s: contracts.record_consultation(
            s.version("in_review"), role="product_owner", person="P. Owner", consulted_on=DAY
        ),
    ),
    "contracts.set_consultation_policy": (
        ["consultation_policy.set"],
        lambda s: contracts.set_consultation_policy("promised_to_us", ["product_owner"], REASON),
    ),
    "contracts.describe_stakeholder": (
        ["contract_version.describe_stakeholder"],
        lambda s: contracts.describe_stakeholder(s.version("in_review"), party="Operations"),
    ),
    "contracts.attach_paper": (
        ["contract_version.attach_paper"],
        lambda s: laying.paper(s.version("draft")),
    ),
    "contracts.attach_passage": (
        ["contract_version.attach_paper", "contract_version.attach_passage"],
        lambda s: laying.passage(s.version("draft")),
    ),
    "contracts.take_passage_away": (
        [
            "contract_version.attach_paper",
            "contract_version.attach_passage",
            "contract_version.take_passage_away",
        ],
        lambda s: laying.take_away(s.version("draft")),
    ),
    "contracts.confirm_passages": (
        [
            "contract_version.attach_paper",
            "contract_version.attach_passage",
            "contract_version.draft",
            "contract_version.confirm_passages",
        ],
        lambda s: laying.confirm(s.version("draft")),
    ),
    "contracts.draft_coverage": (
        ["contract.draft_coverage"],
        lambda s: laying.coverage(s.version("draft").contract),
    ),
    "contracts.publish_coverage": (
        ["contract.publish_coverage"],
        lambda s: contracts.publish_coverage(coverage=s.rows["coverage"], published_on=laying.DAY),
    ),
    "contracts.keep_candidate": (
        ["candidate.keep"],
        lambda s: contracts.keep_candidate(
            s.version("draft").contract, label="realistic", terms=factories.terms()
        ),
    ),
    "contracts.choose_candidate": (
        ["candidate.keep", "contract_version.edit", "candidate.choose"],
        lambda s: world.choose_candidate(s),
    ),
    "contracts.record_back_test": (
        ["back_test.run"],
        lambda s: contracts.record_back_test(
            s.version("draft").contract,
            terms=s.version("draft").terms,
            figures={"months": 1, "decided": 1, "attained": 1, "commitments": []},
            known_at=LATER,
        ),
    ),
    "contracts.begin_portfolio": (["portfolio.begin"], lambda s: world.portfolio("another")),
    "contracts.confirm_portfolio": (
        ["portfolio.confirm"],
        lambda s: contracts.confirm_portfolio(s.rows["portfolio"], LATER),
    ),
    "contracts.find_conflicts": (
        ["conflict.gone", "conflict.gone"],
        lambda s: contracts.find_conflicts(on=date(2031, 1, 1)),
    ),
    "contracts.decide_conflict": (
        ["conflict.decide"],
        lambda s: contracts.decide_conflict(
            s.rows["conflict"], gives_way="first", from_on=DAY, reason=REASON
        ),
    ),
    "contracts.confirm_decision": (
        ["conflict.confirm"],
        lambda s: contracts.confirm_decision(s.rows["decision"]),
    ),
    "contracts.record_precedence": (
        ["precedence.record"],
        lambda s: contracts.record_precedence(
            ranks=["order_form", "master_agreement"],
            clause="The order form prevails.",
            paper="clause 2.1",
            counterparty=Counterparty.objects.get(code="customer"),
            direction="promised_by_us",
        ),
    ),
    "contracts.confirm_precedence": (
        ["precedence.confirm"],
        lambda s: contracts.confirm_precedence(s.rows["order"]),
    ),
    "contracts.set_objective": (
        ["objective.set"],
        lambda s: contracts.set_objective(
            code="new",
            service=s.rows["objective"].service,
            target_percent=Decimal("99.9"),
            owner=s.person,
            from_on=DAY,
            reason=REASON,
            as_of=DAY,
        ),
    ),
    "contracts.agree_objective": (
        ["objective.agree"],
        lambda s: contracts.agree_objective(s.rows["objective"]),
    ),
    "tokens.create_token": (["token.create"], lambda s: world.make_token(s.person)),
    "tokens.revoke_token": (
        ["token.revoke"],
        lambda s: tokens.revoke_token(s.rows["token"], revoked_at=LATER, reason=REASON),
    ),
    "measurements.create_source": (
        ["source.create"],
        lambda s: measuring.create_source(
            code="new", name="New", kind="manual", shape="daily_seconds", measurement_point="desk"
        ),
    ),
    "measurements.seal_month": (
        ["month.seal"],
        lambda s: (
            make_months({date(2022, 1, 1)}),
            measuring.seal_month(table="measurements_bucketday", month_on=date(2022, 1, 1), sealed_at=LATER),
        ),
    ),
    "measurements.remove_payloads": (
        ["source.create", "payload.import", "intake_policy.set", "payload.remove"],
        lambda s: world.remove_a_payload(),
    ),
    "measurements.bind_source": (
        ["source.bind"],
        lambda s: measuring.bind_source(
            contract=s.version("draft").contract, role="another role", source=s.rows["seconds"]
        ),
    ),
    "measurements.import_intervals_csv": (
        ["payload.import"],
        lambda s: measuring.import_intervals_csv(**world.intervals_file(s.rows["intervals"])),
    ),
    "measurements.import_daily_seconds_csv": (
        ["payload.import"],
        lambda s: measuring.import_daily_seconds_csv(**world.seconds_file(s.rows["seconds"])),
    ),
    "measurements.import_vendor_figures_csv": (
        ["payload.import"],
        lambda s: measuring.import_vendor_figures_csv(**world.figures_file(s.rows["seconds"])),
    ),
    "measurements.propose_exclusion": (
        ["exclusion.propose"],
        lambda s: world.propose(s.worlds["due"], "m-2"),
    ),
    "measurements.propose_maintenance_from_incidents": (
        ["exclusion.propose"],
        lambda s: measuring.propose_maintenance_from_incidents(
            contract=s.worlds["due"].contract,
            service=s.worlds["due"].commitment.service,
            source=s.rows["intervals"],
            known_at=LATER,
            announced=timedelta(days=4),
            severity="major",
        ),
    ),
    "measurements.decide_exclusion": (
        ["exclusion.approve"],
        lambda s: measuring.decide_exclusion(
            exclusion=s.rows["exclusion"], verdict="approved", reason=REASON, decided_at=LATER
        ),
    ),
    "measurements.add_exclusion_evidence": (
        ["exclusion.add_evidence"],
        lambda s: measuring.add_exclusion_evidence(
            exclusion=s.rows["exclusion"], name="mail.eml", content=b"announced", added_at=LATER
        ),
    ),
    "measurements.withdraw_exclusion": (
        ["exclusion.propose", "exclusion.withdraw"],
        lambda s: measuring.withdraw_exclusion(
            exclusion=world.propose(s.worlds["due"], "m-3"), reason=REASON, withdrawn_at=LATER
        ),
    ),
    "measurements.propose_recurring_maintenance": (
        ["exclusion.propose", "exclusion.propose_recurring"],
        lambda s: world.propose_recurring(s.worlds["due"]),
    ),
    "measurements.set_feed": (
        ["feed.set"],
        lambda s: measuring.set_feed(
            source=s.rows["seconds"],
            adapter="upptime",
            settings={"address": "https://example.com"},
            begins_at=LATER,
            every_seconds=3600,
        ),
    ),
    "measurements.pull": (
        ["import.begin"],
        lambda s: measuring.pull(feed=s.rows["seconds_feed"], requested_at=LATER),
    ),
    "measurements.set_intake_policy": (
        ["intake_policy.set"],
        lambda s: measuring.set_intake_policy(source=s.rows["seconds"], hash_fields=["account"]),
    ),
    "measurements.grant_push": (
        ["push.grant"],
        lambda s: measuring.grant_push(token=s.rows["pushing"], source=s.rows["seconds"], granted_at=LATER),
    ),
    "measurements.draft_upload": (["upload.look"], lambda s: world.draft_of(s.rows["seconds"])),
    "measurements.import_draft": (
        ["upload.look", "import.begin"],
        lambda s: measuring.import_draft(
            draft=world.draft_of(s.rows["seconds"]),
            mapping=world.by_name(),
            known_at=LATER,
            requested_at=LATER,
        ),
    ),
    "measurements.push": (
        ["import.begin"],
        lambda s: measuring.push(
            source=s.rows["seconds"],
            form="daily-seconds",
            name="a batch",
            content=world.seconds_file(s.rows["seconds"])["content"],
            requested_at=LATER,
            known_at=LATER,
            queue_limit=1,
        ),
    ),
    "measurements.attribute_incident": (
        ["incident.attribute"],
        lambda s: measuring.attribute_incident(
            source=s.rows["intervals"], external_id="i-1", party="vendor", reason=REASON, decided_at=LATER
        ),
    ),
    "measurements.note_incident": (
        ["incident.note"],
        lambda s: measuring.note_incident(
            source=s.rows["intervals"],
            external_id="i-1",
            occurred_at=LATER,
            text="Back again.",
            known_at=LATER,
            clock_skew_seconds=-120,
        ),
    ),
    "measurements.set_difference_tolerance": (
        ["difference.tolerate"],
        lambda s: measuring.set_difference_tolerance(
            contract=s.worlds["due"].contract,
            source=s.rows["seconds"],
            seconds=300,
            windows_from=LATER,
            reason=REASON,
            set_at=LATER,
        ),
    ),
    "measurements.accept_figure": (
        ["source.create", "payload.import", "difference.accept"],
        lambda s: world.accept_figure(s.worlds["due"]),
    ),
    "invoices.import_invoices_csv": (
        ["invoice_file.import"],
        lambda s: invoices.import_invoices_csv(**world.invoices_file()),
    ),
    "credits.assess_window": (["assessment.assess"], lambda s: _assess(credits.assess_window, s, "due")),
    "credits.assess_windows_of": (
        ["assessment.assess"],
        lambda s: _assess_all(credits.assess_windows_of, s, "due"),
    ),
    "credits.finalise_window": (
        ["assessment.finalise"],
        lambda s: _assess(credits.finalise_window, s, "assessed"),
    ),
    "credits.finalise_windows_of": (
        ["assessment.finalise"],
        lambda s: _assess_all(credits.finalise_windows_of, s, "assessed"),
    ),
    "credits.record_customer_claim": (
        ["claim.record_customer_claim"],
        lambda s: credits.record_customer_claim(
            s.claim("found"), taken_on=date(2023, 4, 7), reference="letter"
        ),
    ),
    "credits.waive_claim": (
        ["claim.waive"],
        lambda s: credits.waive_claim(s.claim("found"), taken_on=date(2023, 4, 7), reason=REASON),
    ),
    "credits.forfeit_overdue": (
        ["claim.forfeit", "claim.forfeit"],
        lambda s: credits.forfeit_overdue(as_of=date(2023, 5, 1)),
    ),
    "credits.send_claim": (
        ["claim.send"],
        lambda s: credits.send_claim(s.claim("to_send"), sent_on=date(2023, 4, 12), reference="letter"),
    ),
    "credits.acknowledge_claim": (
        ["claim.acknowledge"],
        lambda s: credits.acknowledge_claim(s.claim("sent"), taken_on=date(2023, 4, 20)),
    ),
    "credits.refuse_claim": (
        ["claim.refuse"],
        lambda s: credits.refuse_claim(s.claim("sent"), taken_on=date(2023, 4, 20), reason=REASON),
    ),
    "credits.receive_payment": (
        ["claim.receive_payment"],
        lambda s: credits.receive_payment(s.claim("acknowledged"), taken_on=date(2023, 4, 25)),
    ),
    "credits.propose_memo": (
        ["credit_memo.propose"],
        lambda s: credits.propose_memo(s.claim("claimed").breach.assessment, taken_on=date(2023, 4, 7)),
    ),
    "credits.propose_memos_of": (
        ["credit_memo.propose"],
        lambda s: credits.propose_memos_of(
            s.worlds["claimed"].contract, window=s.worlds["claimed"].window, taken_on=date(2023, 4, 7)
        ),
    ),
    "credits.review_memo": (
        ["credit_memo.review"],
        lambda s: credits.review_memo(s.memo("proposed"), taken_on=date(2023, 4, 8)),
    ),
    "credits.approve_memo": (
        ["credit_memo.approve"],
        lambda s: credits.approve_memo(s.memo("proposed"), taken_on=date(2023, 4, 8)),
    ),
    "credits.issue_memo": (
        ["credit_memo.issue"],
        lambda s: credits.issue_memo(s.memo("approved"), taken_on=date(2023, 4, 11)),
    ),
    "credits.reverse_memo": (
        ["credit_memo.reverse"],
        lambda s: credits.reverse_memo(s.memo("issued"), taken_on=date(2023, 4, 12), reason=REASON),
    ),
    "credits.post_entry": (["journal_entry.post"], lambda s: world.post("hand-2")),
    "credits.reverse_entry": (
        ["journal_entry.reverse"],
        lambda s: credits.reverse_entry(s.rows["entry"], effective_on=date(2031, 1, 16), reason=REASON),
    ),
    "credits.close_period": (
        ["period.close"],
        lambda s: credits.close_period(factories.entity(), starts_on=date(2020, 3, 1), reason=REASON),
    ),
    "credits.reopen_period": (
        ["period.reopen"],
        lambda s: credits.reopen_period(factories.entity(), starts_on=date(2020, 1, 1), reason=REASON),
    ),
    "exports.set_export_profile": (
        ["export_profile.set"],
        lambda s: exports.set_export_profile(
            factories.entity(), target="datev", options={"client": "7"}, accounts={}, reason=REASON
        ),
    ),
    "exports.export_batch": (
        ["export_batch.export"],
        lambda s: exports.export_batch(
            factories.entity(),
            target="hledger",
            from_on=date(2020, 1, 1),
            until_on=date(2032, 1, 1),
            exported_at=LATER,
        ),
    ),
    "exports.load_import_report": (
        ["export_batch.load_report"],
        lambda s: exports.load_import_report(
            s.rows["batch"], name="more.csv", content=world.report_file(s.rows["batch"], "accepted")
        ),
    ),
    "exports.export_rejected": (
        ["export_batch.export"],
        lambda s: exports.export_rejected(s.rows["batch"], exported_at=LATER, reason=REASON),
    ),
    "reporting.begin_schedule": (
        ["report_schedule.begin"],
        lambda s: reporting.begin_schedule(factories.entity(), **world.a_schedule("other@example.com")),
    ),
    "reporting.end_schedule": (
        ["report_schedule.end"],
        lambda s: reporting.end_schedule(s.rows["schedule"], ended_on=date(2023, 7, 1), reason=REASON),
    ),
    "reporting.run_report": (
        ["report_schedule.run"],
        lambda s: reporting.run_report(s.rows["schedule"], from_on=date(2023, 4, 1), run_at=LATER),
    ),
    "credits.lock_period": (
        ["period.lock"],
        lambda s: credits.lock_period(factories.entity(), starts_on=date(2020, 3, 1), reason=REASON),
    ),
    "credits.accept_finding": (
        ["period.accept_finding"],
        lambda s: credits.accept_finding(
            factories.entity(), starts_on=date(2023, 3, 1), key="accruals", reason=REASON
        ),
    ),
    "credits.request_close": (
        ["period.request_close"],
        lambda s: credits.request_close(
            factories.entity(), starts_on=date(2020, 3, 1), as_of=date(2023, 5, 2), reason=REASON
        ),
    ),
    "credits.propose_goodwill": (
        ["credit_memo.propose"],
        lambda s: credits.propose_goodwill(
            s.worlds["due"].contract, amount=Decimal("5.00"), taken_on=date(2023, 4, 7), reason=REASON
        ),
    ),
    "credits.set_approval_rule": (["approval_rule.set"], lambda s: world.rule()),
    "credits.set_accrual_policy": (["accrual_policy.set"], lambda s: world.policy()),
    "credits.accrue": (["accrual_policy.set", "provision.accrue"], lambda s: world.accrue()),
    "credits.record_rate": (["exchange_rate.record"], lambda s: world.rate()),
    "credits.revalue": (["exchange_rate.record", "revaluation.post"], lambda s: world.revalue()),
    "credits.apply_credit": (
        ["credit_memo.apply"],
        lambda s: credits.apply_credit(
            s.memo("issued"), invoice=world.invoice_of(s, "issued"), taken_on=date(2023, 4, 20)
        ),
    ),
    "credits.pay_out": (["credit_memo.pay_out"], lambda s: world.pay_out(s)),
    "credits.withdraw_credit": (
        ["credit_memo.withdraw"],
        lambda s: credits.withdraw_credit(s.memo("issued"), taken_on=date(2023, 4, 20), reason=REASON),
    ),
    "credits.decide_used_part": (
        ["credit_memo.pay_out", "credit_memo.withdraw", "credit_memo.claw_back"],
        lambda s: world.claw_back(s),
    ),
    "credits.set_off": (
        [
            "credit_memo.pay_out",
            "credit_memo.withdraw",
            "credit_memo.claw_back",
            "credit_memo.issue",
            "credit_memo.set_off",
        ],
        lambda s: world.set_off(s),
    ),
    "credits.lapse_credits": (["credit_memo.issue", "credit_memo.expire"], lambda s: world.lapse(s)),
    "credits.open_dispute": (
        ["dispute.open"],
        lambda s: credits.open_dispute(s.memo("issued"), taken_on=date(2023, 4, 20), reason=REASON),
    ),
    "credits.answer_dispute": (
        ["dispute.answer"],
        lambda s: credits.answer_dispute(s.rows["dispute"], taken_on=date(2023, 4, 20), reason=REASON),
    ),
    "credits.resolve_dispute": (
        ["dispute.resolve"],
        lambda s: credits.resolve_dispute(
            s.rows["dispute"], verdict="stands", taken_on=date(2023, 4, 20), reason=REASON
        ),
    ),
    "credits.restate_window": (
        ["payload.import", "assessment.assess", "assessment.restate", "credit_memo.propose"],
        lambda s: world.restate(s, "issued"),
    ),
    "credits.propose_difference": (
        [
            "payload.import",
            "assessment.assess",
            "assessment.restate",
            "claim.record_customer_claim",
            "credit_memo.propose",
        ],
        lambda s: world.propose_difference(s),
    ),
    "vendors.set_profile": (
        ["vendor_profile.set"],
        lambda s: vendors.set_profile(factories.counterparty("vendor"), claims_address="1 Main Street"),
    ),
    "vendors.draft_letter": (
        ["claim_letter.draft"],
        lambda s: vendors.draft_letter(s.claim("to_send"), written_on=date(2023, 4, 12), remarks="More."),
    ),
    "vendors.send_letter": (
        ["claim.send", "claim_letter.send"],
        lambda s: vendors.send_letter(s.rows["letter"], sent_on=date(2023, 4, 12)),
    ),
    "vendors.record_answer": (
        ["claim.acknowledge", "claim_answer.record"],
        lambda s: vendors.record_answer(
            s.claim("sent"), verdict="acknowledged_whole", received_on=date(2023, 4, 20)
        ),
    ),
    "notices.subscribe": (
        ["subscription.begin"],
        lambda s: notices.subscribe(audience="legal", address="new@example.com"),
    ),
    "notices.end_subscription": (
        ["subscription.end"],
        lambda s: notices.end_subscription(s.rows["subscription"], ended_at=LATER),
    ),
    "notices.compose": (
        ["notice.compose"],
        lambda s: notices.compose(s.rows["announcement"], composed_at=LATER),
    ),
    "notices.resend": (["notice.resend"], lambda s: notices.resend(s.rows["uncertain"], reason=REASON)),
    "notices.mark_delivered": (
        ["notice.delivered"],
        lambda s: notices.mark_delivered(s.rows["uncertain"], reason=REASON),
    ),
    "notices.give_up": (["notice.given_up"], lambda s: notices.give_up(s.rows["uncertain"], reason=REASON)),
}
# Public functions of the services' modules that only look.
LOOKS = {
    "contracts.difference",
    "contracts.authors_of",
    "measurements.preview_intervals_csv",
    "measurements.preview_daily_seconds_csv",
    "measurements.preview_vendor_figures_csv",
    "invoices.preview_invoices_csv",
    # Sending is no act of the business: its attempts and outcomes are the record of it themselves.
    "notices.deliver",
    "notices.settle_lost",
}
MODULES: dict[str, ModuleType] = {
    "contracts": contracts,
    "measurements": measuring,
    "credits": credits,
    "invoices": invoices,
    "exports": exports,
    "reporting": reporting,
    "notices": notices,
    "tokens": tokens,
    "vendors": vendors,
}


def _assess(service: Callable[..., Any], s: Stages, name: str) -> Any:
    one = s.worlds[name]
    return service(one.commitment, window=one.window, known_at=world.world.CUT_OFF)


def _assess_all(service: Callable[..., Any], s: Stages, name: str) -> Any:
    one = s.worlds[name]
    return service(one.contract, window=one.window, known_at=world.world.CUT_OFF)


def public_services() -> set[str]:
    """Every public function of the services' modules, found by looking."""
    found = set()
    for room, module in MODULES.items():
        exported = getattr(module, "__all__", None)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__.startswith(module.__name__)
            if (name in exported if exported else own) and not name.startswith("_"):
                found.add(f"{room}.{name}")
    return found


def test_every_service_has_its_row_here():
    assert public_services() - LOOKS == set(SERVICES)


def new_events(before: int) -> list[Event]:
    return list(Event.objects.filter(pk__gt=before).order_by("pk"))


def last_event() -> int:
    return int(Event.objects.latest("pk").pk)


@pytest.mark.parametrize("name", sorted(SERVICES))
@pytest.mark.usefixtures("rolled_back")
def test_an_act_without_its_event_is_refused(stages, name):
    before = last_event()
    _, act = SERVICES[name]
    with acting(stages.person, via="command", reason=REASON), mock.patch.object(Event, "save"):
        with pytest.raises(IntegrityError) as caught, transaction.atomic():  # noqa: PT012  # the commit speaks
            act(stages)
            connection.check_constraints()
    assert caught.value.__cause__.diag.constraint_name.endswith("_has_event")
    assert not new_events(before)


@pytest.mark.parametrize("name", sorted(SERVICES))
@pytest.mark.usefixtures("rolled_back")
def test_an_act_writes_exactly_its_event(stages, name):
    before = last_event()
    verbs, act = SERVICES[name]
    with acting(stages.person, via="api", reason=REASON, correlation_id=CORRELATION):
        act(stages)
        connection.check_constraints()
    events = new_events(before)
    assert [event.verb for event in events] == verbs
    for event in events:
        assert (event.actor, event.actor_name, event.via) == (stages.person, "every-role", "api")
        assert event.correlation_id == CORRELATION
        assert event.reason, "the reason of the act, or of the entrance"
        assert event.after is not None
        assert event.subject_label


# The admin ---------------------------------------------------------------------------------------------------

BUTTONS: dict[tuple[str, str], tuple[str, Callable[[Stages], Any], Any]] = {
    ("measurements.feed", "pull"): ("import.begin", lambda s: s.rows["seconds_feed"], {}),
    ("contracts.contractversion", "submit"): ("contract_version.submit", lambda s: s.versions["draft"], {}),
    ("contracts.contractversion", "accept-finding"): (
        "contract_version.accept_finding",
        lambda s: s.versions["draft"],
        {"finding": "TIER_HOLE commitments.0.schedule.tiers"},
    ),
    ("contracts.contractversion", "choose-reading"): (
        "contract_version.choose_reading",
        lambda s: s.versions["reading"],
        {"reading": "0.0", "chosen_on": "2021-12-01"},
    ),
    ("contracts.contractversion", "sign"): (
        "contract_version.sign",
        lambda s: s.versions["half_signed"],
        {"party": "Their Customer Ltd", "signatory": "T. Heirs", "signed_on": "2022-01-01"},
    ),
    ("contracts.contractversion", "return"): (
        "contract_version.return",
        lambda s: s.versions["in_review"],
        {},
    ),
    ("contracts.contractversion", "withdraw"): (
        "contract_version.withdraw",
        lambda s: s.versions["draft"],
        {},
    ),
    ("measurements.exclusion", "approve"): ("exclusion.approve", lambda s: s.rows["exclusion"], {}),
    ("measurements.exclusion", "refuse"): ("exclusion.refuse", lambda s: s.rows["exclusion"], {}),
    ("credits.claim", "send"): (
        "claim.send",
        lambda s: s.claim("to_send"),
        {"taken_on": "2023-04-12", "reference": "letter"},
    ),
    ("credits.claim", "acknowledge"): (
        "claim.acknowledge",
        lambda s: s.claim("sent"),
        {"taken_on": "2023-04-20"},
    ),
    ("credits.claim", "refuse"): ("claim.refuse", lambda s: s.claim("sent"), {"taken_on": "2023-04-20"}),
    ("credits.claim", "receive"): (
        "claim.receive_payment",
        lambda s: s.claim("acknowledged"),
        {"taken_on": "2023-04-25"},
    ),
    ("credits.claim", "claimed"): (
        "claim.record_customer_claim",
        lambda s: s.claim("found"),
        {"taken_on": "2023-04-07", "reference": "letter"},
    ),
    ("credits.claim", "waive"): ("claim.waive", lambda s: s.claim("found"), {"taken_on": "2023-04-07"}),
    ("credits.creditmemo", "review"): (
        "credit_memo.review",
        lambda s: s.memo("proposed"),
        {"taken_on": "2023-04-08"},
    ),
    ("credits.creditmemo", "approve"): (
        "credit_memo.approve",
        lambda s: s.memo("proposed"),
        {"taken_on": "2023-04-08"},
    ),
    ("credits.creditmemo", "issue"): (
        "credit_memo.issue",
        lambda s: s.memo("approved"),
        {"taken_on": "2023-04-11"},
    ),
    ("credits.creditmemo", "reverse"): (
        "credit_memo.reverse",
        lambda s: s.memo("issued"),
        {"taken_on": "2023-04-12"},
    ),
    ("credits.creditmemo", "apply"): (
        "credit_memo.apply",
        lambda s: s.memo("issued"),
        {"taken_on": "2023-04-20", "reference": "I-C-issued"},
    ),
    ("credits.creditmemo", "pay-out"): (
        "credit_memo.pay_out",
        lambda s: s.memo("issued"),
        {"taken_on": "2023-04-20", "reference": "bank 1"},
    ),
    ("credits.creditmemo", "set-off"): (
        "credit_memo.set_off",
        lambda s: s.memo("issued"),
        lambda s: {"taken_on": "2023-04-20", "reference": world.reference_of(s.rows["claw_back"])},
    ),
    ("credits.creditmemo", "withdraw"): (
        "credit_memo.withdraw",
        lambda s: s.memo("issued"),
        {"taken_on": "2023-04-20"},
    ),
    ("credits.creditmemo", "decide"): (
        "credit_memo.write_off",
        lambda s: s.rows["used"],
        {"taken_on": "2023-04-20", "verdict": "write_off"},
    ),
    ("credits.creditmemo", "dispute"): (
        "dispute.open",
        lambda s: s.memo("issued"),
        {"taken_on": "2023-04-20"},
    ),
    ("credits.creditmemo", "answer"): (
        "dispute.answer",
        lambda s: s.rows["dispute"].memo,
        {"taken_on": "2023-04-20"},
    ),
    ("credits.creditmemo", "resolve"): (
        "dispute.resolve",
        lambda s: s.rows["dispute"].memo,
        {"taken_on": "2023-04-20", "verdict": "stands"},
    ),
    ("credits.journalentry", "reverse"): (
        "journal_entry.reverse",
        lambda s: s.rows["entry"],
        {"taken_on": "2031-01-16"},
    ),
    ("notices.notice", "resend"): ("notice.resend", lambda s: s.rows["uncertain"], {}),
    ("notices.notice", "delivered"): ("notice.delivered", lambda s: s.rows["uncertain"], {}),
    ("notices.notice", "give-up"): ("notice.given_up", lambda s: s.rows["uncertain"], {}),
    ("notices.subscription", "end"): ("subscription.end", lambda s: s.rows["subscription"], {}),
    ("api.token", "revoke"): ("token.revoke", lambda s: s.rows["token"], {}),
    ("credits.period", "close"): ("period.close", lambda s: s.rows["reopened"], {}),
    ("credits.period", "reopen"): ("period.reopen", lambda s: s.rows["closed"], {}),
    ("credits.period", "lock"): ("period.lock", lambda s: s.rows["reopened"], {}),
    ("credits.period", "close-by-job"): ("period.request_close", lambda s: s.rows["reopened"], {}),
    ("credits.period", "accept"): (
        "period.accept_finding",
        lambda s: s.rows["march"],
        {"key": "accruals"},
    ),
}
FILES = {("measurements.source", "import")}


def test_every_button_of_the_admin_has_its_row_here():
    found = {
        (model._meta.label_lower, act.name)
        for model, seen in admin.site._registry.items()
        for act in getattr(seen, "acts", ())
    }
    assert found == set(BUTTONS) | FILES


@pytest.mark.parametrize(("model", "act"), sorted(BUTTONS))
@pytest.mark.usefixtures("rolled_back")
def test_a_button_writes_exactly_its_event(stages, model, act):
    verb, subject, values = BUTTONS[model, act]
    row = subject(stages)
    values = values(stages) if callable(values) else values
    client = log_in(stages.person)
    before = last_event()
    answer = client.post(
        page(model, "act", row.pk, act), {"reason": REASON} | values, headers={"X-Request-ID": CORRELATION}
    )
    assert answer.status_code == 302, errors_of(answer)
    connection.check_constraints()
    expect_one(before, verb, stages, REASON)


def expect_one(before: int, verb: str, stages: Stages, reason: str | None) -> Event:
    [event] = new_events(before)
    assert (event.verb, event.actor, event.via) == (verb, stages.person, "admin")
    assert event.correlation_id == CORRELATION
    if reason is not None and verb not in ("contract_version.sign", "contract_version.draft"):
        assert event.reason == reason
    assert event.after is not None
    return event


@pytest.mark.usefixtures("rolled_back")
def test_bulk_buttons_act_on_each_and_tell_each_refusal(stages):
    memos = [stages.memo("proposed"), stages.memo("issued")]
    client = log_in(stages.person)
    before = last_event()
    sent = {"action": "act_approve", "_selected_action": [memo.pk for memo in memos]}
    asked = client.post(page("credits.creditmemo"), sent)
    assert asked.status_code == 200
    assert not new_events(before)
    answer = client.post(
        page("credits.creditmemo"),
        sent | {"carry_out": "1", "reason": REASON, "taken_on": "2023-04-08"},
        headers={"X-Request-ID": CORRELATION},
        follow=True,
    )
    told = [str(message) for message in answer.context["messages"]]
    assert any("Approve: 1 of 2" in line for line in told)
    assert any("issued" in line for line in told)
    expect_one(before, "credit_memo.approve", stages, REASON)


FEED = {
    "adapter": "upptime",
    "settings": '{"address": "https://example.com"}',
    "begins_at_0": "2023-04-01",
    "begins_at_1": "00:00",
    "every_seconds": "3600",
    "enabled": "on",
}
FORMS: dict[tuple[str, str], tuple[str, Callable[[Stages], tuple[Any, dict[str, Any]]]]] = {
    ("contracts.legalentity", "add"): (
        "legal_entity.create",
        lambda s: (None, {"code": "new", "name": "New", "country": "DE", "functional_currency": "EUR"}),
    ),
    ("contracts.legalentity", "change"): (
        "legal_entity.change",
        lambda s: (
            LegalEntity.objects.get(),
            {"name": "Renamed", "country": "DE", "functional_currency": "EUR", "reason": REASON},
        ),
    ),
    ("contracts.counterparty", "add"): (
        "counterparty.create",
        lambda s: (None, {"code": "new", "name": "New", "country": "DE", "is_vendor": "on"}),
    ),
    ("contracts.counterparty", "change"): (
        "counterparty.change",
        lambda s: (
            Counterparty.objects.get(code="customer"),
            {"name": "Renamed", "country": "DE", "is_customer": "on", "is_vendor": "on", "reason": REASON},
        ),
    ),
    ("contracts.service", "add"): ("service.create", lambda s: (None, {"code": "new", "name": "New"})),
    ("contracts.service", "change"): (
        "service.change",
        lambda s: (factories.service("platform"), {"name": "Renamed", "reason": REASON}),
    ),
    ("contracts.contract", "add"): (
        "contract.create",
        lambda s: (
            None,
            {
                "reference": "NEW",
                "title": "New",
                "legal_entity": LegalEntity.objects.get().pk,
                "counterparty": Counterparty.objects.get(code="customer").pk,
                "direction": "promised_by_us",
                "currency": "EUR",
            },
        ),
    ),
    ("contracts.contract", "change"): (
        "contract.change",
        lambda s: (s.versions["draft"].contract, {"title": "Renamed", "reason": REASON}),
    ),
    ("contracts.contractversion", "add"): (
        "contract_version.draft",
        lambda s: (
            None,
            {"contract": s.versions["draft"].contract.pk, "effective_from_on": "2030-01-01"}
            | posted(factories.terms()),
        ),
    ),
    ("contracts.contractversion", "change"): (
        "contract_version.edit",
        lambda s: (s.versions["draft"], {"effective_from_on": "2022-01-01"} | posted(factories.terms())),
    ),
    ("measurements.source", "add"): (
        "source.create",
        lambda s: (
            None,
            {
                "code": "new",
                "name": "New",
                "kind": "manual",
                "shape": "daily_seconds",
                "measurement_point": "desk",
            },
        ),
    ),
    ("measurements.feed", "add"): (
        "feed.set",
        lambda s: (None, FEED | {"source": world.another_source().pk}),
    ),
    ("measurements.feed", "change"): ("feed.set", lambda s: (s.rows["seconds_feed"], FEED)),
    ("measurements.intakepolicy", "add"): (
        "intake_policy.set",
        lambda s: (None, {"source": s.rows["seconds"].pk, "hash_fields": "account"}),
    ),
    ("measurements.intakepolicy", "change"): (
        "intake_policy.set",
        lambda s: (s.rows["policy"], {"hash_fields": "account"}),
    ),
    ("measurements.pushgrant", "add"): (
        "push.grant",
        lambda s: (None, {"token": s.rows["pushing"].pk, "source": s.rows["seconds"].pk}),
    ),
    ("measurements.sourcebinding", "add"): (
        "source.bind",
        lambda s: (
            None,
            {
                "contract": s.versions["draft"].contract.pk,
                "role": "another role",
                "source": s.rows["seconds"].pk,
                "rank": 1,
            },
        ),
    ),
    ("measurements.exclusion", "add"): (
        "exclusion.propose",
        lambda s: (
            None,
            {
                "contract": s.worlds["due"].contract.pk,
                "service": s.worlds["due"].commitment.service.pk,
                "kind": "planned_maintenance",
                "start_0": "2023-03-10",
                "start_1": "12:00",
                "end_0": "2023-03-10",
                "end_1": "13:00",
                "external_id": "m-3",
                "evidence": "announced by mail",
            },
        ),
    ),
    ("measurements.differencetolerance", "add"): (
        "difference.tolerate",
        lambda s: (
            None,
            {
                "contract": s.worlds["due"].contract.pk,
                "source": s.rows["seconds"].pk,
                "seconds": 300,
                "windows_from_0": "2023-01-01",
                "windows_from_1": "00:00",
                "reason": REASON,
            },
        ),
    ),
    ("measurements.recurringmaintenance", "add"): (
        # Sundays of a week without one: the agreement alone. What an occurrence records has its row among services.
        "exclusion.propose_recurring",
        lambda s: (
            None,
            {
                "contract": s.worlds["due"].contract.pk,
                "service": s.worlds["due"].commitment.service.pk,
                "code": "sundays",
                "zone": "Europe/Berlin",
                "weekdays": ["7"],
                "starts_local": "02:00",
                "ends_local": "03:00",
                "first_on": "2023-03-06",
                "last_on": "2023-03-10",
                "announced_at_0": "2023-03-01",
                "announced_at_1": "12:00",
                "evidence": "agreed in the contract",
            },
        ),
    ),
    ("invoices.invoicefile", "add"): (
        "invoice_file.import",
        lambda s: (None, {"file": upload(world.invoices_file())}),
    ),
    ("notices.subscription", "add"): (
        "subscription.begin",
        lambda s: (
            None,
            {"kind": "breach", "audience": "legal", "address": "new@example.com", "language": "en"},
        ),
    ),
    ("api.token", "add"): (
        "token.create",
        lambda s: (
            None,
            {
                "owner": s.person.pk,
                "name": "a reader",
                "scopes": ["read:assessments"],
                "expires_on": (clock.now() + timedelta(days=30)).date().isoformat(),
            },
        ),
    ),
    ("base.user", "add"): (
        "user.create",
        lambda s: (
            None,
            {
                "username": "newcomer",
                "password1": "correct horse battery staple",
                "password2": "correct horse battery staple",
                "usable_password": "true",
            },
        ),
    ),
    ("base.user", "change"): (
        "user.change",
        lambda s: (
            factories.User.objects.get(username="world"),
            {"username": "world", "kind": "staff", "is_active": "on", "first_name": "World"},
        ),
    ),
}


def terms_file() -> dict[str, Any]:
    return {"name": "terms.json", "content": json.dumps(factories.terms()).encode()}


def upload(given: dict[str, Any]) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(given["name"], given["content"])


def test_every_form_of_the_admin_has_its_row_here(stages, django_db_blocker):
    request = RequestFactory().get("/admin/")
    request.user = stages.person
    found = set()
    with django_db_blocker.unblock():
        stages.person.is_superuser = True
        for model, seen in admin.site._registry.items():
            if seen.has_add_permission(request):
                found.add((model._meta.label_lower, "add"))
            if seen.has_change_permission(request):
                found.add((model._meta.label_lower, "change"))
            assert not seen.has_delete_permission(request), model
        stages.person.is_superuser = False
    assert found == set(FORMS)


@pytest.mark.parametrize(("model", "view"), sorted(FORMS))
@pytest.mark.usefixtures("rolled_back")
def test_a_form_writes_exactly_its_event(stages, model, view):
    verb, given = FORMS[model, view]
    row, values = given(stages)
    client = log_in(stages.person)
    before = last_event()
    address = page(model, view, row.pk) if row else page(model, view)
    answer = client.post(address, values, headers={"X-Request-ID": CORRELATION})
    # A token's text is shown once, in the answer itself; every other form sends on.
    assert answer.status_code == (200 if model == "api.token" else 302), errors_of(answer)
    connection.check_constraints()
    expect_one(before, verb, stages, REASON if "reason" in values else None)


@pytest.mark.usefixtures("rolled_back")
def test_a_file_is_looked_at_first_and_then_kept_with_its_event(stages):
    client = log_in(stages.person)
    source = stages.rows["intervals"]
    given = world.intervals_file(source)
    values = {
        "content_is": "intervals_csv",
        "known_at_0": "2023-05-02",
        "known_at_1": "00:00",
        "covers_until_0": "2023-05-01",
        "covers_until_1": "00:00",
        "reason": REASON,
    }
    before = last_event()
    address = page("measurements.source", "act", source.pk, "import")
    looked = client.post(address, values | {"file": upload(given)}, follow=True)
    assert "only looked at: 1 rows. No faults" in looked.content.decode()
    assert not new_events(before)
    faulty = given | {"content": given["content"].replace(b"13:00", b"11:00")}
    refused = client.post(address, values | {"file": upload(faulty), "keep": "on"})
    assert refused.status_code == 200
    assert not new_events(before)
    kept = client.post(
        address, values | {"file": upload(given), "keep": "on"}, headers={"X-Request-ID": CORRELATION}
    )
    assert kept.status_code == 302
    connection.check_constraints()
    expect_one(before, "payload.import", stages, REASON)


# Commands and jobs -------------------------------------------------------------------------------------------

ACTING_COMMANDS = {"import_csv", "make_token", "demo_replay", "gallery"}
LOOKING_COMMANDS = {"verify_record", "demo_summary", "bench", "evidence", "statement", "as_known"}
# These two need no database at all.
LOOKING_COMMANDS |= {"calculate", "terms"}
# The drop of a month is recorded by the owner's function, beside its seal, whose sealing is an act.
KEEPING_COMMANDS = {"seal_record", "drop_measurement_month"}


def test_every_command_is_known_to_act_or_to_look():
    rooms = {"base", "audit", "contracts", "measurements", "credits", "pages", "demo"}
    rooms |= {"credits.invoices", "credits.exports"}
    ours = {name for name, room in get_commands().items() if room in rooms}
    assert ours == ACTING_COMMANDS | LOOKING_COMMANDS | KEEPING_COMMANDS


@pytest.mark.usefixtures("rolled_back")
def test_the_command_that_makes_a_token_writes_its_event(stages):
    before = last_event()
    given = ["--by=every-role", "--owner=every-role", "--name=a reader", "--scope=read:assessments"]
    with correlated(CORRELATION):
        call_command("make_token", *given, verbosity=0)
    connection.check_constraints()
    [event] = new_events(before)
    assert (event.verb, event.actor, event.via) == ("token.create", stages.person, "command")
    assert event.correlation_id == CORRELATION


@pytest.mark.usefixtures("rolled_back")
def test_a_command_writes_its_event(stages, tmp_path: Path):
    given = world.intervals_file(stages.rows["intervals"])
    file = tmp_path / "more.csv"
    file.write_bytes(given["content"])
    before = last_event()
    with correlated(CORRELATION):
        call_command(
            "import_csv",
            "intervals",
            given["source"].code,
            str(file),
            "--user=every-role",
            "--known-at=2023-05-02T00:00:00Z",
            "--covers-until=2023-05-01T00:00:00Z",
            f"--reason={REASON}",
            verbosity=0,
        )
    connection.check_constraints()
    [event] = new_events(before)
    assert (event.verb, event.actor, event.via) == ("payload.import", stages.person, "command")
    assert (event.reason, event.correlation_id) == (REASON, CORRELATION)


def window_of(s: Stages, name: str) -> dict[str, Any]:
    one = s.worlds[name]
    return {
        "contract_id": one.contract.pk,
        "window_start": one.window.start.isoformat(),
        "window_end": one.window.end.isoformat(),
    }


JOBS: dict[str, tuple[list[str], Callable[[Stages], dict[str, Any]]]] = {
    "contracts.find_conflicts": (
        ["conflict.gone", "conflict.gone"],
        lambda s: {"on": "2031-01-01"} if contracts_job().pk else {},
    ),
    "credits.assess": (
        ["assessment.assess"],
        lambda s: window_of(s, "due") | {"known_at": world.world.CUT_OFF.isoformat()},
    ),
    "credits.propose_memos": (
        ["credit_memo.propose"],
        lambda s: window_of(s, "claimed") | {"taken_on": "2023-04-07"},
    ),
    "credits.forfeit": (["claim.forfeit", "claim.forfeit"], lambda s: {"as_of": "2023-05-01"}),
    "credits.lapse": (["credit_memo.expire"], lambda s: world.lapsing(s)),
    "credits.accrue": (["provision.accrue"], lambda s: world.accruing()),
    # The first stage of six; the others are asked for by the one before.
    "credits.close": (["period.close_stage"], lambda s: {"run_id": world.closing().pk}),
    # What a step keeps is an import of a payload; this source may not be asked.
    "measurements.step": ([], lambda s: {"run_id": s.rows["run"].pk, "step": 0}),
    "credits.run_report": (
        ["report_schedule.run"],
        lambda s: {
            "schedule_id": s.rows["schedule"].pk,
            "from_on": "2023-04-01",
            "run_at": LATER.isoformat(),
        },
    ),
    # Looking writes no fact; a row is written by whoever confirmed, and this one waits for that.
    "contracts.look_at_portfolio": ([], lambda s: {"portfolio_id": s.rows["portfolio"].pk, "step": 1}),
    "contracts.write_portfolio": ([], lambda s: {"portfolio_id": s.rows["portfolio"].pk, "number": 2}),
    "notices.compose": (["notice.compose"], lambda s: {"announcement_id": s.rows["announcement"].pk}),
    # Sealing is no act of the business: it adds nothing that a person could mean.
    "audit.seal": ([], lambda s: {}),
}


def test_every_kind_of_job_has_its_row_here():
    rooms = ("credits.", "audit.", "measurements.", "contracts.", "notices.")
    assert {kind for kind in jobs._handlers if kind.startswith(rooms)} == set(JOBS)


@pytest.mark.parametrize("kind", sorted(JOBS))
@pytest.mark.usefixtures("rolled_back")
def test_a_job_writes_its_events_as_the_job_account(stages, kind):
    verbs, arguments = JOBS[kind]
    with acting(stages.person, via="command"):
        given = arguments(stages)
    before = last_event()
    job = Job.objects.create(kind=kind, key="test", arguments=given, correlation_id=CORRELATION)
    with correlated(CORRELATION):
        assert jobs.run(job.pk) == "done"
    events = new_events(before)
    assert [event.verb for event in events] == verbs
    for event in events:
        names = {"contracts.find_conflicts": "Contracts job"}
        name = names.get(kind, "Notices job" if kind.startswith("notices.") else "Reckoning job")
        assert (event.actor_name, event.via, event.correlation_id) == (name, "task", CORRELATION)
        assert event.actor is not None
        assert not event.actor.is_person


@pytest.mark.usefixtures("rolled_back")
def test_a_refused_act_leaves_no_event(stages):
    before = last_event()
    version = stages.version("draft")
    with acting(stages.person, via="command"), pytest.raises(ReasonMissing):
        contracts.withdraw(version, " ")
    assert not new_events(before)
