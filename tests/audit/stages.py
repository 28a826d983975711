"""A world that stands still at every stage at which somebody can act, committed once for many tests."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from unittest import mock

from django.db import transaction

from audit import tokens
from audit.record import acting
from base.api.models import Token
from base.models import ROLES, User
from contracts import services as contracts
from contracts.checks import open_standings
from contracts.models import CandidateChoice, Conflict, ContractVersion
from contracts.services.candidates import Into
from contracts.services.portfolio import look_at_rows
from credits import services as credits
from credits.exports import reporting
from credits.exports import services as exports
from credits.exports.models import ExportBatch
from credits.invoices.models import Invoice
from credits.models import Account, JournalEntry, Period
from credits.remedy import Remedy
from credits.services.ledger import Line, account_for
from measurements import services as measuring
from measurements.models import Exclusion, Source
from notices import services as notices
from notices.models import Announcement, Attempt, Outcome
from notices.tasks import notices_job
from tests import factories
from tests.contracts import laying
from tests.credits import world
from tests.credits.world import World, as_
from vendors import services as vendors

DAY = date(2022, 1, 1)
LATER = datetime(2023, 5, 2, tzinfo=UTC)
DAY_BEFORE = datetime(2023, 1, 1, tzinfo=UTC)


@dataclass
class Stages:
    """Everything by name: versions, contracts with a past, sources, an exclusion, an entry, a closed month."""

    person: User
    worlds: dict[str, World] = field(default_factory=dict)
    versions: dict[str, ContractVersion] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)

    def claim(self, name: str) -> Any:
        """The claim of a world, read anew."""
        return self.worlds[name].claim()

    def memo(self, name: str) -> Any:
        """The memo of a world, read anew."""
        return self.worlds[name].claim().breach.assessment.memo

    def version(self, name: str) -> ContractVersion:
        """A version, read anew."""
        return ContractVersion.objects.get(pk=self.versions[name].pk)


def customer(reference: str) -> World:
    """Our promise to a customer, under a reference of its own."""
    return world.customer(
        reference=reference, fee=world.FEE.replace("C-1", reference).replace("I-1", f"I-{reference}")
    )


def vendor(reference: str) -> World:
    """A vendor's promise to us, under a reference of its own."""
    fee = world.VENDOR_FEE.replace("V-1", reference).replace("P-1", f"P-{reference}")
    return world.vendor(reference=reference, fee=fee)


def build() -> Stages:
    """Make it all; the actor of every act under test is somebody with every role and no hand in anything.

    But for the auditor's: whatever an auditor looks at is on record too, and would stand between the acts.
    """
    stages = Stages(factories.user(*[role for role in ROLES if role != "auditor"], name="every-role"))
    _versions(stages)
    _templates(stages)
    _customers(stages)
    _vendors(stages)
    _books(stages)
    _measurements(stages)
    _tokens(stages)
    _notices(stages)
    _exports(stages)
    _conflicts(stages)
    return stages


def _conflicts(stages: Stages) -> None:
    """A master agreement and two order forms of which each disagrees with each; one decision and one order that
    wait for a second person, and an objective that its owner did not enter."""
    from tests.contracts import agreements

    family = factories.counterparty("family")
    above = agreements.master(counterparty=family)
    agreements.order_form(above, "OF-1", counterparty=family)
    agreements.order_form(
        above, "OF-2", agreements.level("99.95"), counterparty=family, effective_until_on=date(2030, 1, 1)
    )
    conflicts = {
        (row.first.reference, row.second.reference): row for row in Conflict.objects.exclude(second=None)
    }
    stages.rows["conflict"] = conflicts["MSA-1", "OF-1"]
    with factories.legal():
        stages.rows["decision"] = contracts.decide_conflict(
            conflicts["MSA-1", "OF-2"], gives_way="first", from_on=DAY, reason="the later paper"
        )
        stages.rows["order"] = contracts.record_precedence(
            ranks=["order_form", "master_agreement"],
            clause="The order form prevails.",
            paper="2.1",
            master=above,
        )
    stages.rows["objective"] = agreements.objective(
        Decimal("99.999"), owner=stages.person, code="aim", service=factories.service("backup")
    )


def _versions(stages: Stages) -> None:
    from tests.contracts.test_signing import holey, with_reading

    stages.versions["draft"] = factories.draft(factories.contract("D-1"), holey())
    stages.versions["reading"] = factories.draft(factories.contract("D-2"), with_reading())
    stages.versions["signed"] = factories.sign(factories.draft(factories.contract("D-7"), factories.terms()))
    for name, reference in (("in_review", "D-3"), ("half_signed", "D-4")):
        version = factories.draft(factories.contract(reference), factories.terms())
        with factories.legal():
            contracts.submit_for_review(version)
            contracts.answer_checklist(version, factories.CHECKLIST)
            for item in open_standings(version):
                contracts.accept_finding(version, item.code, item.path, "the paper says so")
            if name == "half_signed":
                contracts.record_signature(version, "Our Us GmbH", "O. Urs", DAY)
        stages.versions[name] = version
    with factories.legal():
        stages.rows["coverage"] = laying.coverage(stages.versions["signed"].contract)
    _review(stages)


def _review(stages: Stages) -> None:
    """A version with an objection of somebody else's, and one that the person of every role is named to sign."""
    objected, to_sign = (factories.draft(factories.contract(name)) for name in ("D-5", "D-6"))
    with factories.legal():
        stages.rows["objection"] = contracts.add_remark(objected, "Too much.", objection_class="trade_off")
        contracts.submit_for_review(to_sign)
        contracts.answer_checklist(to_sign, factories.CHECKLIST)
        for item in open_standings(to_sign):
            contracts.accept_finding(to_sign, item.code, item.path, "the paper says so")
        stages.rows["signer"] = contracts.name_signer(
            to_sign, party="Our Us GmbH", name="S. Elf", login=stages.person
        )


def _templates(stages: Stages) -> None:
    with factories.legal():
        stages.rows["template"] = contracts.create_template(
            slug="ours", document=factories.terms(), reason="ours", created_on=DAY
        )
        stages.rows["portfolio"] = portfolio("first")
    look_at_rows(stages.rows["portfolio"])


def portfolio(name: str) -> Any:
    """A file with one contract, as whoever acts takes it."""
    row = {
        "reference": f"P-{name}",
        "title": name,
        "legal_entity": "us",
        "counterparty": "customer",
        "direction": "promised_by_us",
        "currency": "EUR",
        "template": "ours",
        "effective_from": "2022-01-01",
    }
    return contracts.begin_portfolio(
        name=f"{name}.csv",
        sha256=sha256(name.encode()).hexdigest(),
        headers=list(row),
        rows=[list(row.values())],
        requested_at=LATER,
    )


def _customers(stages: Stages) -> None:
    for name in ("due", "assessed", "found", "claimed", "proposed", "approved", "issued", "used", "disputed"):
        stages.worlds[name] = customer(f"C-{name}")
    stages.worlds["assessed"].assess()
    stages.worlds["found"].finalise()
    claim = stages.worlds["claimed"].claim()
    with as_("customer_success"):
        credits.record_customer_claim(claim, taken_on=date(2023, 4, 6), reference="letter")
    stages.worlds["proposed"].propose()
    stages.worlds["approved"].approve()
    for name in ("issued", "used", "disputed"):
        stages.worlds[name].issue()
    _lives(stages)


def _lives(stages: Stages) -> None:
    """A credit that was used and is half clawed back, the other half undecided; and one in dispute."""
    used = stages.rows["used"] = stages.memo("used")
    with as_("finance"):
        credits.pay_out(used, taken_on=date(2023, 4, 20), reference="bank 0")
        stages.rows["dispute"] = credits.open_dispute(
            stages.memo("disputed"), taken_on=date(2023, 4, 20), reason="they say that it was longer"
        )
    with as_("finance_approver"):
        credits.withdraw_credit(used, taken_on=date(2023, 4, 20), reason="wrong")
        stages.rows["claw_back"] = credits.decide_used_part(
            used, verdict="claw_back", taken_on=date(2023, 4, 20), reason="asked", amount=Decimal("400.00")
        )


def _vendors(stages: Stages) -> None:
    for name in ("to_send", "sent", "acknowledged"):
        stages.worlds[name] = vendor(f"V-{name}")
    stages.worlds["to_send"].issue()
    with as_("vendor_manager"):
        stages.rows["letter"] = vendors.draft_letter(stages.claim("to_send"), written_on=date(2023, 4, 12))
    stages.worlds["sent"].send()
    claim = stages.worlds["acknowledged"].send()
    with as_("vendor_manager"):
        credits.acknowledge_claim(claim, taken_on=date(2023, 4, 20))


def lines() -> list[Line]:
    """Both sides of an entry by hand."""
    purposes = Account.Purpose.RECOVERIES, Account.Purpose.CLEARING
    accounts = [
        account_for(factories.entity(), one, factories.counterparty("vendor"), "USD") for one in purposes
    ]
    return [Line(accounts[1], "debit", Decimal("12.50")), Line(accounts[0], "credit", Decimal("12.50"))]


@transaction.atomic
def post(reference: str) -> JournalEntry:
    """An entry by hand, in January 2031, which nothing else touches."""
    return credits.post_entry(
        factories.entity(),
        reference=reference,
        description="By hand",
        effective_on=date(2031, 1, 15),
        postings=lines(),
    )


def _books(stages: Stages) -> None:
    with as_("finance"):
        stages.rows["entry"] = post("hand-1")
    with as_("finance"):
        # A month in which nothing waits; only what was proposed up to it stands against closing.
        credits.close_period(factories.entity(), starts_on=date(2020, 1, 1), reason="all done")
    stages.rows["closed"] = Period.objects.get(starts_on=date(2020, 1, 1))
    with as_("finance"):
        credits.close_period(factories.entity(), starts_on=date(2020, 2, 1), reason="all done")
    with as_("finance_approver"):
        credits.reopen_period(factories.entity(), starts_on=date(2020, 2, 1), reason="not all done")
    stages.rows["march"] = _period(date(2023, 3, 1))
    stages.rows["reopened"] = Period.objects.get(starts_on=date(2020, 2, 1))


def _measurements(stages: Stages) -> None:
    due = stages.worlds["due"]
    stages.rows["intervals"] = due.contract.source_bindings.get().source
    stages.rows["seconds"] = stages.worlds["sent"].contract.source_bindings.get().source
    with as_("vendor_manager"):
        stages.rows["exclusion"] = propose(due, "m-1")
        for name, adapter in (("intervals", "statuspage"), ("seconds", "upptime")):
            # Nobody may be asked there.
            stages.rows[f"{name}_feed"] = measuring.set_feed(
                source=stages.rows[name],
                adapter=adapter,
                settings={"address": "http://127.0.0.1:1"},
                begins_at=DAY_BEFORE,
            )
        stages.rows["run"] = measuring.pull(feed=stages.rows["intervals_feed"], requested_at=LATER)
        stages.rows["policy"] = measuring.set_intake_policy(source=stages.rows["intervals"])


def _tokens(stages: Stages) -> None:
    with factories.legal():
        stages.rows["calendar_address"] = contracts.make_calendar_address(label="the phone")[0]
    with as_("administrator"):
        stages.rows["token"] = make_token(factories.user("auditor"))
        stages.rows["pushing"] = tokens.create_token(
            owner=factories.user("vendor_manager"),
            name="a monitor",
            scopes=["write:observations"],
            created_at=LATER,
            expires_at=LATER + timedelta(days=30),
        )[0]


def _notices(stages: Stages) -> None:
    """A mailbox that is told, a breach of which nobody was told yet, and a mail of which nobody knows."""
    with as_("administrator"):
        stages.rows["subscription"] = notices.subscribe(audience="legal", address="legal@example.com")
    told, untold = Announcement.objects.order_by("pk")[:2]
    with acting(notices_job(), via="task"):
        [notice] = notices.compose(told, composed_at=LATER)
    attempt = Attempt.objects.create(
        notice=notice, number=1, started_at=LATER, lost_after=LATER + timedelta(hours=1), worker="gone:1"
    )
    Outcome.objects.create(attempt=attempt, kind="uncertain", answer="no answer")
    stages.rows |= {"announcement": untold, "uncertain": notice}


def _exports(stages: Stages) -> None:
    """A batch of the entries by hand, which the other side rejected."""
    with as_("finance"):
        batch = exports.export_batch(
            factories.entity(),
            target="journal_csv",
            from_on=date(2031, 1, 1),
            until_on=date(2031, 2, 1),
            exported_at=LATER,
        )
    with as_("finance"):
        exports.load_import_report(batch, name="report.csv", content=report_file(batch, "rejected"))
    with as_("finance"):
        exports.set_export_profile(
            factories.entity(),
            target="quickbooks",
            options={},
            accounts={"clearing": "Bank"},
            reason="a test",
        )
    stages.rows["batch"] = batch
    with as_("finance"):
        stages.rows["schedule"] = reporting.begin_schedule(
            factories.entity(), **a_schedule("finance@example.com")
        )


def a_schedule(address: str) -> dict[str, Any]:
    """What beginning to send statements takes."""
    return {
        "department": "finance",
        "cadence": "monthly",
        "form": "csv",
        "address": address,
        "first_on": date(2023, 4, 1),
    }


def report_file(batch: ExportBatch, outcome: str) -> bytes:
    """What the other side may say of every line of a batch."""
    rows = [
        f"{line.external_id},{outcome},{line.amount:.2f},{line.currency},it says so"
        for line in batch.lines.all()
    ]
    return "\n".join(["external_id,outcome,amount,currency,reason", *rows, ""]).encode()


def make_token(owner: User) -> Token:
    """A token of the API for a month."""
    token, _ = tokens.create_token(
        owner=owner,
        name="a reader",
        scopes=["read:assessments"],
        created_at=LATER,
        expires_at=LATER + timedelta(days=30),
    )
    return token


def propose(due: World, external_id: str) -> Exclusion:
    """An exclusion of an hour."""
    start = datetime(2023, 3, 10, 12, tzinfo=UTC)
    return measuring.propose_exclusion(
        contract=due.contract,
        service=due.commitment.service,
        kind="planned_maintenance",
        start=start,
        end=start + timedelta(hours=1),
        evidence="announced by mail",
        proposed_at=LATER,
        announced_at=start - timedelta(days=4),
        external_id=external_id,
    )


def propose_recurring(due: World) -> Any:
    """Maintenance of one Sunday in March."""
    return measuring.propose_recurring_maintenance(
        contract=due.contract,
        service=due.commitment.service,
        code="sundays",
        zone="Europe/Berlin",
        weekdays=[7],
        starts_local=time(2),
        ends_local=time(3),
        first_on=date(2023, 3, 5),
        last_on=date(2023, 3, 5),
        announced_at=DAY_BEFORE,
        evidence="agreed in the contract",
        proposed_at=LATER,
    )


def accept_figure(due: World) -> Any:
    """A second source that saw nothing, and whose figure is not the accepted one."""
    source = measuring.create_source(
        code="probe",
        name="Probe",
        kind="synthetic",
        shape="intervals",
        measurement_point="two cities",
        covers_from=DAY_BEFORE,
    )
    measuring.import_intervals_csv(
        source=source,
        name="nothing.csv",
        content=b"external_id,start,end,severity,components,title\n",
        retrieved_at=LATER,
        known_at=LATER,
        covers_until=datetime(2023, 5, 1, tzinfo=UTC),
    )
    return measuring.accept_figure(
        commitment=due.commitment,
        window=due.window,
        source=source,
        line="2023-03-10",
        accepted_seconds=3600,
        category="scope",
        reason="the probe stands elsewhere",
        decided_at=LATER,
    )


def intervals_file(source: Source) -> dict[str, Any]:
    """What importing one more incident takes."""
    row = "z-1,2023-04-10T12:00:00Z,2023-04-10T13:00:00Z,major,platform,Down"
    content = f"external_id,start,end,severity,components,title\n{row}\n"
    return {
        "source": source,
        "name": "more.csv",
        "content": content.encode(),
        "retrieved_at": LATER,
        "known_at": LATER,
        "covers_until": datetime(2023, 5, 1, tzinfo=UTC),
    }


def seconds_file(source: Source) -> dict[str, Any]:
    """What importing one more day takes."""
    content = "component,day,partial_seconds,major_seconds,incidents\nactions,2023-04-01,0,5,\n"
    return {
        "source": source,
        "name": "day.csv",
        "content": content.encode(),
        "retrieved_at": LATER,
        "known_at": LATER,
    }


def figures_file(source: Source) -> dict[str, Any]:
    """What importing one published figure takes."""
    content = "component,month,uptime\nactions,2023-03,0.999\n"
    return {
        "source": source,
        "name": "month.csv",
        "content": content.encode(),
        "retrieved_at": LATER,
        "known_at": LATER,
    }


def invoices_file() -> dict[str, Any]:
    """What importing one more invoice takes."""
    row = (
        world.FEE.replace("C-1", "C-due")
        .replace("I-1", "I-more")
        .replace("2023-03-01,2023-04-01", "2023-05-01,2023-06-01")
    )
    return {"name": "more.csv", "content": (world.INVOICES + row + "\n").encode()}


def _period(starts_on: date) -> Period:
    """A month with steps that leave it open."""
    with as_("finance"):
        credits.lock_period(factories.entity(), starts_on=starts_on, reason="a look")
    with as_("finance_approver"):
        credits.reopen_period(factories.entity(), starts_on=starts_on, reason="looked")
    return Period.objects.get(starts_on=starts_on)


def rule() -> Any:
    """Two persons above a thousand."""
    return credits.set_approval_rule(
        direction="promised_by_us", currency="EUR", above_amount=Decimal(1000), approvals=2, reason="a policy"
    )


def policy() -> Any:
    """How expected credits are estimated."""
    return credits.set_accrual_policy(
        factories.entity(), method="most_likely", effective_from_on=DAY, reason="a policy"
    )


def accrue() -> Any:
    """What is expected at the end of April."""
    policy()
    return credits.accrue(factories.entity(), effective_on=date(2023, 4, 30))


def rate() -> Any:
    """A rate of the dollar."""
    return credits.record_rate(
        base_currency="USD", quote_currency="EUR", on=date(2023, 4, 1), rate=Decimal("0.9"), source="a bank"
    )


def revalue() -> Any:
    """Balances in dollars, valued."""
    rate()
    return credits.revalue(factories.entity(), on=date(2023, 4, 30))


def invoice_of(stages: Stages, name: str) -> Invoice:
    """The invoice of a world's fee."""
    return Invoice.objects.get(contract=stages.worlds[name].contract)


def pay_out(stages: Stages) -> Any:
    """A credit, paid out whole."""
    return credits.pay_out(stages.memo("issued"), taken_on=date(2023, 4, 20), reference="bank 1")


def claw_back(stages: Stages) -> Any:
    """A used credit, taken back."""
    memo = stages.memo("issued")
    pay_out(stages)
    credits.withdraw_credit(memo, taken_on=date(2023, 4, 20), reason="wrong")
    return credits.decide_used_part(
        memo, verdict="claw_back", taken_on=date(2023, 4, 20), reason="asked back"
    )


def set_off(stages: Stages) -> Any:
    """Another credit against it."""
    back = claw_back(stages)
    credits.issue_memo(stages.memo("approved"), taken_on=date(2023, 4, 21))
    return credits.set_off(stages.memo("approved"), against=back, taken_on=date(2023, 4, 22))


def lapse(stages: Stages) -> Any:
    """A credit whose last day has passed."""
    return credits.lapse_credits(as_of=date.fromisoformat(lapsing(stages)["as_of"]))


def lapsing(stages: Stages) -> dict[str, Any]:
    """A credit that ends, and the day on which it has; the terms of these worlds let none lapse."""
    ends = Remedy(expires_on=date(2023, 4, 30))
    with mock.patch("credits.services.memos.remedy_of", return_value=ends):
        credits.issue_memo(stages.memo("approved"), taken_on=date(2023, 4, 21))
    return {"as_of": "2023-05-01"}


def accruing() -> dict[str, Any]:
    """For the job that accrues: how is decided."""
    policy()
    return {"legal_entity": factories.entity().code, "effective_on": "2023-04-30"}


def closing() -> Any:
    """A month that a person has asked to be closed."""
    return credits.request_close(
        factories.entity(), starts_on=date(2020, 3, 1), as_of=date(2023, 5, 2), reason="the month is over"
    )


def late_file(source: Source) -> dict[str, Any]:
    """An incident of ten hours that becomes known after the cut-off."""
    row = "late,2023-03-20T00:00:00Z,2023-03-20T10:00:00Z,major,platform,Down for ten hours"
    content = f"external_id,start,end,severity,components,title\n{row}\n"
    more = {"name": "late.csv", "content": content.encode(), "covers_until": datetime(2023, 4, 1, tzinfo=UTC)}
    return intervals_file(source) | more


def restate(stages: Stages, name: str) -> Any:
    """A final result with a late fact."""
    told = stages.worlds[name]
    measuring.import_intervals_csv(**late_file(told.contract.source_bindings.get().source))
    return credits.restate_window(
        told.commitment,
        window=told.window,
        known_at=LATER,
        restated_on=date(2023, 5, 3),
        reason="the test says why",
    )


def propose_difference(stages: Stages) -> Any:
    """Restated before it was claimed."""
    row = restate(stages, "found")
    credits.record_customer_claim(stages.claim("found"), taken_on=date(2023, 4, 7), reference="letter")
    return credits.propose_difference(row, taken_on=date(2023, 5, 3))


def reference_of(use: Any) -> str:
    """The name of a claw-back for a form."""
    return f"{use.memo_id}/{use.number}"


def another_source() -> Source:
    """A source that nobody asks yet."""
    with as_("vendor_manager"):
        return measuring.create_source(
            code="another", name="Another", kind="manual", shape="daily_seconds", measurement_point="desk"
        )


def remove_a_payload() -> None:
    """From making a source to removing the bytes of its only file, by whoever acts."""
    source = measuring.create_source(
        code="passing", name="Passing", kind="manual", shape="daily_seconds", measurement_point="desk"
    )
    measuring.import_daily_seconds_csv(**seconds_file(source))
    measuring.set_intake_policy(source=source, payload_days=31)
    measuring.remove_payloads(source=source, removed_at=LATER + timedelta(days=31))


def draft_of(source: Source) -> Any:
    """One more day as a table that was uploaded."""
    from measurements.feeding.sheets import read_grid

    given = seconds_file(source)
    return measuring.draft_upload(
        source=source,
        form="daily-seconds",
        name="day.csv",
        grid=read_grid(given["content"]),
        uploaded_at=LATER,
    )


def by_name() -> Any:
    """The mapping of a file whose columns have our names."""
    from measurements.feeding.mapping import Mapping

    names = ("component", "day", "partial_seconds", "major_seconds", "incidents")
    return Mapping(columns={name: name for name in names})


def choose_candidate(stages: Stages) -> CandidateChoice:
    """A candidate kept and picked into the draft."""
    draft = stages.version("draft")
    candidate = contracts.keep_candidate(
        draft.contract,
        label="conservative",
        terms=factories.terms(factories.commitment_terms(cut_off_days=9)),
    )
    shown = {"candidates": [{"candidate": candidate.pk, "terms_sha256": candidate.terms_sha256}]}
    return contracts.choose_candidate(
        candidate, comparison=shown, known_at=LATER, reason="a test", into=Into(draft)
    )
