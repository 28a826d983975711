"""Who may see which page. Every address outside of the admin and the API stands here by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from unittest import mock

from audit.models import Event
from base.models import ROLES

Args = Mapping[str, list[Any]]
EVERYBODY = frozenset(ROLES)


@dataclass(frozen=True)
class Page:
    """Who gets a page: ``roles`` on every side; ``vendors`` and ``customers`` beside them on one side.

    ``args`` gives the arguments of the address for an object of either side; a page without objects has one side,
    named "". ``public`` are the answers that a visitor may get; ``anybody`` opens it to whoever is logged in.
    """

    roles: frozenset[str] = frozenset()
    vendors: frozenset[str] = frozenset()
    customers: frozenset[str] = frozenset()
    args: Callable[[Any], Args] = field(default=lambda ledger: {"": []})
    query: Callable[[Any, str], Mapping[str, Any]] = field(default=lambda ledger, side: {})
    public: tuple[int, ...] = ()
    anybody: bool = False

    def opens(self, who: str, side: str) -> bool:
        """Whether somebody of a row gets 200."""
        beside = {"vendors": self.vendors, "customers": self.customers}.get(side, frozenset())
        return self.anybody or who in self.roles or who in beside


BOOKS = frozenset({"finance", "finance_approver", "auditor"})
CUSTOMERS = frozenset({"their customer", "a strange customer"})
LOGINS = CUSTOMERS | {"their vendor"}


def _event() -> Any:
    """An event."""
    return Event.objects.order_by("pk")[0]


def _memo(side: Any) -> Any:
    """The memo of one side's contract."""
    return side.contract.memos.get()


def _posting(side: Any) -> Any:
    """A posting of the entry with which that memo was issued."""
    return _memo(side).entries.order_by("pk")[0].postings.order_by("pk")[0]


BOOKS = frozenset({"finance", "finance_approver", "auditor"})
BOTH = BOOKS | {"legal"}
STAFF = BOTH | {"vendor_manager", "customer_success"}
LOGINS = frozenset({"their customer", "their vendor", "a strange customer"})
VENDORS, CUSTOMERS = frozenset({"vendor_manager"}), frozenset({"customer_success"})
VENDORS_AND_THEIRS, CUSTOMERS_AND_THEIRS = VENDORS | {"their vendor"}, CUSTOMERS | {"their customer"}


def _of_results(row: Callable[[Any], list[Any]]) -> Callable[[Any], Args]:
    """Arguments made from the final result of either side."""
    return lambda ledger: {"customers": row(ledger.ours.finalise()), "vendors": row(ledger.theirs.finalise())}


def _one(*more: Any, path: Callable[[Any], Any] = lambda result: result) -> Callable[[Any], Args]:
    """The key of what hangs on a result, and what else the address wants."""
    return _of_results(lambda result: [path(result).pk, *more])


def _sided(args: Callable[[Any], Args], roles: frozenset[str] = BOTH) -> Page:
    """A page of one object: those who see both sides, those of its side, and its own counterparty's login."""
    return Page(roles=roles, vendors=VENDORS_AND_THEIRS, customers=CUSTOMERS_AND_THEIRS, args=args)


def _entries(ledger: Any) -> Args:
    memos = {"customers": ledger.ours.finalise().memo, "vendors": ledger.theirs.finalise().memo}
    return {side: [memo.entries.order_by("pk")[0].reference] for side, memo in memos.items()}


def _accounts(ledger: Any) -> Args:
    memos = {"customers": ledger.ours.finalise().memo, "vendors": ledger.theirs.finalise().memo}
    return {
        side: [memo.entries.order_by("pk")[0].postings.order_by("pk")[0].account_id]
        for side, memo in memos.items()
    }


def _letters(ledger: Any) -> Args:
    return {"vendors": [ledger.theirs.claim().pk, 1]}


def _event() -> Any:
    """An event."""
    return Event.objects.order_by("pk")[0]


def _memo(side: Any) -> Any:
    """The memo of one side's contract."""
    return side.contract.memos.get()


def _posting(side: Any) -> Any:
    """A posting of the entry with which that memo was issued."""
    return _memo(side).entries.order_by("pk")[0].postings.order_by("pk")[0]


BOOKS = frozenset({"finance", "finance_approver", "auditor"})
BOTH = BOOKS | {"legal"}
STAFF = BOTH | {"vendor_manager", "customer_success"}
LOGINS = frozenset({"their customer", "their vendor", "a strange customer"})
VENDORS, CUSTOMERS = frozenset({"vendor_manager"}), frozenset({"customer_success"})
VENDORS_AND_THEIRS, CUSTOMERS_AND_THEIRS = VENDORS | {"their vendor"}, CUSTOMERS | {"their customer"}


def _of_results(row: Callable[[Any], list[Any]]) -> Callable[[Any], Args]:
    """Arguments made from the final result of either side."""
    return lambda ledger: {"customers": row(ledger.ours.finalise()), "vendors": row(ledger.theirs.finalise())}


def _one(*more: Any, path: Callable[[Any], Any] = lambda result: result) -> Callable[[Any], Args]:
    """The key of what hangs on a result, and what else the address wants."""
    return _of_results(lambda result: [path(result).pk, *more])


def _sided(args: Callable[[Any], Args], roles: frozenset[str] = BOTH) -> Page:
    """A page of one object: those who see both sides, those of its side, and its own counterparty's login."""
    return Page(roles=roles, vendors=VENDORS_AND_THEIRS, customers=CUSTOMERS_AND_THEIRS, args=args)


def _entries(ledger: Any) -> Args:
    memos = {"customers": ledger.ours.finalise().memo, "vendors": ledger.theirs.finalise().memo}
    return {side: [memo.entries.order_by("pk")[0].reference] for side, memo in memos.items()}


def _accounts(ledger: Any) -> Args:
    memos = {"customers": ledger.ours.finalise().memo, "vendors": ledger.theirs.finalise().memo}
    return {
        side: [memo.entries.order_by("pk")[0].postings.order_by("pk")[0].account_id]
        for side, memo in memos.items()
    }


def _letters(ledger: Any) -> Args:
    from credits.models import Claim
    from tests.credits.world import as_
    from vendors.models import ClaimLetter

    claim = Claim.objects.get(breach__assessment=ledger.theirs.finalise())
    if not ClaimLetter.objects.filter(claim=claim).exists():
        with as_("vendor_manager"):
            ledger.letter(claim)
    return {"vendors": [claim.pk, 1]}


def _portfolio(ledger: Any) -> Args:
    """A file of contracts that was taken."""
    from contracts.models import PortfolioImport
    from tests import factories
    from tests.audit import stages

    found = PortfolioImport.objects.first()
    if found is None:
        with factories.legal():
            found = stages.portfolio("file")
    return {"": [found.pk]}


def _template(*more: Any) -> Callable[[Any], Args]:
    """A template of ours."""

    def args(ledger: Any) -> Args:
        from contracts import services
        from contracts.models import TermsTemplate
        from tests import factories

        if not TermsTemplate.objects.exists():
            with factories.legal():
                services.create_template(
                    slug="ours", document=factories.terms(), reason="ours", created_on=date(2023, 1, 1)
                )
        return {"": ["ours", *more]}

    return args


def _event(ledger: Any) -> Args:
    from audit.models import Event

    return {"": [Event.objects.order_by("pk")[0].pk]}


def _statement(ledger: Any, side: str) -> Mapping[str, Any]:
    party = {"vendors": "vendor", "customers": "customer"}[side]
    return {
        "counterparty": party,
        "legal_entity": "us",
        "from_on": "2023-04-01",
        "until_on": "2023-05-01",
    }


def _monitor(side: Any) -> Any:
    """The source that decides for one side."""
    return side.contract.source_bindings.get().source


def _contracts(*more: Any) -> Callable[[Any], Args]:
    """The contract of either side, and what else the address wants."""
    return lambda ledger: {
        "customers": [ledger.ours.contract.pk, *more],
        "vendors": [ledger.theirs.contract.pk, *more],
    }


def _sources(ledger: Any) -> Args:
    return {"customers": [_monitor(ledger.ours).code], "vendors": [_monitor(ledger.theirs).code]}


def _runs(ledger: Any) -> Args:
    from datetime import UTC, datetime

    from measurements.models import ImportRun
    from tests import factories

    found = {}
    for side, made in (("customers", ledger.ours), ("vendors", ledger.theirs)):
        source = _monitor(made)
        run = source.runs.first() or ImportRun.objects.create(
            source=source,
            entrance="upload",
            form="intervals",
            name="incidents.csv",
            requested_by=factories.job_user(),
            requested_at=datetime(2023, 5, 2, tzinfo=UTC),
        )
        found[side] = [run.pk]
    return found


def _payloads(ledger: Any) -> Args:
    sides = {"customers": ledger.ours, "vendors": ledger.theirs}
    return {side: [_monitor(made).payloads.order_by("pk")[0].pk] for side, made in sides.items()}


def _excluded(ledger: Any) -> Any:
    """An exclusion with a file as evidence."""
    from datetime import UTC, datetime

    from measurements import services
    from measurements.models import Exclusion
    from tests.credits.world import as_

    found = Exclusion.objects.first()
    if found is None:
        with as_("customer_success"):
            found = services.propose_exclusion(
                contract=ledger.ours.contract,
                service=ledger.ours.commitment.service,
                kind="third_party",
                start=datetime(2023, 3, 10, 12, tzinfo=UTC),
                end=datetime(2023, 3, 10, 13, tzinfo=UTC),
                evidence="their letter",
                proposed_at=datetime(2023, 4, 3, tzinfo=UTC),
            )
            services.add_exclusion_evidence(
                exclusion=found, name="letter", content=b"x", added_at=datetime(2023, 4, 3, tzinfo=UTC)
            )
    return found


def _exclusions(ledger: Any) -> Args:
    return {"customers": [_excluded(ledger).pk]}


def _evidence(ledger: Any) -> Args:
    found = _excluded(ledger)
    return {"customers": [found.pk, found.evidence_items.get().pk]}


def _leads_on(reference: str) -> Page:
    """Leads to the page of a file; there is none of this name."""
    return Page(args=lambda ledger: {"": [reference]})


def _files(ending: str) -> Callable[[Any], Args]:
    return lambda ledger: {"vendors": [ending], "customers": [ending]}


def _export(*more: Any) -> Callable[[Any], Args]:
    """A batch of what is in the books."""

    def args(ledger: Any) -> Args:
        from tests.credits.exports.ledgers import export

        return {"": [export("journal_csv").pk, *more]}

    return args


def _report(ledger: Any) -> Args:
    """A statement that was made on a schedule."""
    from tests.credits.exports.test_schedules import run, schedule

    return {"": [run(schedule(), date(2023, 4, 1)).documents.order_by("pk")[0].pk]}


def _version(side: Any) -> Any:
    """The version that a side's results were reckoned with."""
    return side.finalise().commitment.version


def _papers(*more: Any) -> Callable[[Any], Args]:
    """A paper of either side's version."""

    def args(ledger: Any) -> Args:
        from contracts.papers.safely import ReadPage, ReadPaper
        from contracts.services import attach_paper
        from tests import factories
        from tests.contracts.pdfs import pdf

        found = {}
        read = ReadPaper((ReadPage(5950, 8420, []),), ())
        for side, made in (("customers", ledger.ours), ("vendors", ledger.theirs)):
            with factories.legal(), mock.patch("contracts.services.papers.read_paper", return_value=read):
                paper = attach_paper(
                    version=_version(made), content=pdf(("A line.",)), name="paper.pdf", kind="signed"
                )
            found[side] = [paper.pk, *more]
        return found

    return args


_VERSIONS = _one(path=lambda result: result.commitment.version)
_CONTRACTS = _one(path=lambda result: result.commitment.version.contract)


def _conflicts(ledger: Any) -> Args:
    """A conflict of two documents; nobody owns either."""
    from contracts.models import Conflict
    from tests.contracts.agreements import master, order_form

    if not Conflict.objects.exists():
        order_form(master())
    return {"": [Conflict.objects.order_by("pk")[0].pk]}


def _only_posted(*args: Any) -> Page:
    """Acts: nothing is shown by asking for them; ``tests/pages`` post them."""
    return Page(args=lambda ledger: {"": list(args)}, public=(405, 302))


PAGES: dict[str, Page] = {
    "healthz": Page(public=(200,), anybody=True),
    "readyz": Page(public=(200,), anybody=True),
    # The test's client asks from this machine.
    "metrics": Page(public=(200,), anybody=True),
    "pages:home": Page(public=(200, 302), anybody=True),
    "pages:home_of": Page(roles=frozenset({"legal"}), args=lambda ledger: {"": ["legal"]}),
    # Whoever is logged in is led on.
    "pages:login": Page(public=(200,)),
    "pages:logout": Page(public=(405,)),
    "pages:past": Page(roles=BOTH, vendors=VENDORS, args=_contracts()),
    "pages:past_file": Page(roles=BOTH, vendors=VENDORS, args=_contracts("csv")),
    "pages:candidates": Page(roles=BOTH, vendors=VENDORS, args=_contracts()),
    # Acts: they take a form, and a look at their address opens nothing.
    "pages:past_of_form": Page(),
    "pages:candidate_of_form": Page(),
    "pages:back_test": Page(args=_contracts()),
    "pages:keep_candidate": Page(args=_contracts()),
    "pages:choose_candidate": Page(args=lambda ledger: {"": [1]}),
    "pages:contracts": Page(roles=STAFF | {"administrator"} | LOGINS),
    "pages:contract": _sided(
        _one(path=lambda result: result.commitment.version.contract), BOTH | {"administrator"}
    ),
    "pages:explainer": Page(roles=BOTH | VENDORS | LOGINS),
    "pages:reviews": Page(roles=STAFF),
    # Without a reference there is nothing to find.
    "pages:find_as_of": Page(),
    **dict.fromkeys(
        (
            "pages:terms_as_of",
            "pages:terms_as_of_file",
            "pages:redline",
            "pages:redline_pdf",
            "pages:redline_docx",
        ),
        Page(
            roles=BOTH,
            vendors=VENDORS_AND_THEIRS,
            customers=frozenset({"their customer"}),
            args=_CONTRACTS,
            query=lambda ledger, side: {"at": "2023-03-10"},
        ),
    ),
    "pages:change_draft": Page(roles=frozenset({"legal"}), args=_CONTRACTS),
    "pages:renewal": Page(
        roles=BOTH | {"administrator"},
        vendors=VENDORS,
        customers=frozenset({"customer_success"}),
        args=_CONTRACTS,
    ),
    "pages:calendar": Page(roles=STAFF | {"administrator"}),
    "pages:calendar_download": Page(roles=STAFF | {"administrator"}),
    "pages:calendar_address_make": _only_posted(),
    "pages:calendar_address_revoke": _only_posted(1),
    # The address is the key: a wrong one opens nothing, whoever asks.
    "pages:calendar_feed": Page(args=lambda ledger: {"": ["x" * 43]}, public=(404,)),
    # Customer success was not asked about these.
    "pages:review": Page(
        roles=BOTH, vendors=VENDORS, args=_one(path=lambda result: result.commitment.version)
    ),
    "pages:stakeholders": Page(
        roles=frozenset({"legal"}), args=_one(path=lambda result: result.commitment.version)
    ),
    "pages:consulting": Page(roles=BOTH),
    # For the logins that are named to sign, and there are none.
    "pages:sign": Page(args=lambda ledger: {"": [1]}),
    "pages:version_paper": Page(roles=BOTH, vendors=VENDORS, args=_VERSIONS),
    "pages:passage_attach": _only_posted(1),
    "pages:passage_act": _only_posted(1, "confirm"),
    "pages:paper_file": Page(roles=BOTH, vendors=VENDORS, args=_papers()),
    "pages:paper_picture": Page(roles=BOTH, vendors=VENDORS, args=_papers(1)),
    # Nothing is published in this world; the page says so.
    "pages:coverage": Page(roles=BOTH, vendors=VENDORS, customers=CUSTOMERS_AND_THEIRS, args=_CONTRACTS),
    "pages:coverage_draft": Page(roles=frozenset({"legal"}), args=_CONTRACTS),
    "pages:coverage_publish": _only_posted(1),
    "pages:contract_documents": Page(
        roles=BOTH, vendors=VENDORS_AND_THEIRS, customers=frozenset({"their customer"}), args=_CONTRACTS
    ),
    "pages:version_yaml": Page(
        roles=BOTH, vendors=VENDORS_AND_THEIRS, customers=frozenset({"their customer"}), args=_VERSIONS
    ),
    "pages:version_json": Page(
        roles=BOTH, vendors=VENDORS_AND_THEIRS, customers=frozenset({"their customer"}), args=_VERSIONS
    ),
    "pages:templates": Page(roles=BOTH | VENDORS),
    "pages:template": Page(roles=BOTH | VENDORS, args=_template()),
    "pages:template_file": Page(roles=BOTH | VENDORS, args=_template(1)),
    "pages:template_yaml": Page(roles=BOTH | VENDORS, args=_template(1)),
    "pages:template_new": Page(roles=frozenset({"legal"})),
    "pages:template_start": Page(roles=frozenset({"legal"}), args=_template()),
    "pages:portfolios": Page(roles=frozenset({"legal", "auditor"})),
    "pages:portfolio_example": Page(roles=frozenset({"legal", "auditor"})),
    "pages:portfolio": Page(roles=frozenset({"legal", "auditor"}), args=_portfolio),
    "pages:portfolio_faults": Page(roles=frozenset({"legal", "auditor"}), args=_portfolio),
    "pages:portfolio_confirm": _only_posted(1),
    "pages:conflicts": Page(roles=STAFF | {"administrator"}),
    "pages:conflicts_look": _only_posted(),
    "pages:precedence": Page(roles=BOTH),
    "pages:conflict": Page(roles=frozenset({"legal", "auditor"}), args=_conflicts),
    "pages:objectives": Page(roles=STAFF | {"administrator"}),
    "pages:owners": Page(roles=STAFF | {"administrator"} | LOGINS),
    "pages:components": Page(roles=STAFF),
    "pages:component_day": Page(
        roles=STAFF,
        args=lambda ledger: {
            "customers": ["platform", "2023-03-10"],
            "vendors": ["actions", "2023-01-02"],
        },
    ),
    "pages:sources": Page(roles=STAFF | {"administrator"}),
    "pages:source": Page(roles=BOTH, vendors=VENDORS, customers=CUSTOMERS, args=_sources),
    "pages:imports": Page(roles=STAFF | {"administrator"}),
    "pages:import_run": Page(
        roles=BOTH | {"administrator"}, vendors=VENDORS, customers=CUSTOMERS, args=_runs
    ),
    "pages:upload": Page(
        roles=frozenset({"vendor_manager", "finance", "customer_success", "administrator"}),
    ),
    # A draft is its uploader's alone.
    "pages:import_draft": Page(args=lambda ledger: {"": [1]}),
    "pages:payload": Page(roles=BOTH, vendors=VENDORS, args=_payloads),
    "pages:payload_row": _leads_on("0" * 16 + ":2"),
    "pages:incidents": Page(roles=STAFF),
    "pages:incident": Page(
        roles=BOTH,
        customers=CUSTOMERS,
        args=lambda ledger: {"customers": [_monitor(ledger.ours).code, "i-1"]},
    ),
    "pages:exclusions": Page(roles=STAFF),
    "pages:exclusion": Page(roles=BOTH, customers=CUSTOMERS, args=_exclusions),
    "pages:exclusion_evidence": Page(roles=BOTH, customers=CUSTOMERS, args=_evidence),
    "pages:reconciliation": Page(roles=STAFF),
    "pages:reconciled": Page(roles=BOTH, vendors=VENDORS, customers=CUSTOMERS, args=_one()),
    "pages:as_known": Page(roles=BOTH, vendors=VENDORS, customers=CUSTOMERS, args=_one()),
    "pages:assessments": Page(roles=STAFF | LOGINS),
    "pages:assessment": _sided(_one()),
    "pages:evidence_document": _sided(_one()),
    "pages:evidence_data": _sided(_one()),
    "pages:notices": Page(roles=frozenset({"legal", "auditor", "administrator", "customer_success"})),
    "pages:claims": Page(roles=STAFF | LOGINS),
    "pages:claim": _sided(_one(path=lambda result: result.breach.claim)),
    # A letter that was drafted and not sent is nothing for the vendor's eyes.
    "pages:claim_letter": Page(roles=BOTH, vendors=VENDORS, args=_letters),
    "pages:vendor": Page(roles=BOTH | VENDORS, args=lambda ledger: {"": ["vendor"]}),
    "pages:reported": Page(roles=BOTH | VENDORS),
    "pages:memos": Page(roles=BOOKS | VENDORS | CUSTOMERS | LOGINS),
    "pages:memo": _sided(_one(path=lambda result: result.memo), BOOKS),
    "pages:memos_act": _only_posted(),
    "pages:memo_act": _only_posted(1, "approve"),
    "pages:memo_life": _only_posted(1, "apply"),
    "pages:goodwill": Page(roles=BOOKS | CUSTOMERS),
    "pages:restatements": Page(roles=BOTH),
    # There is none in this world; whoever may not see any is told so.
    "pages:restatement": Page(args=lambda ledger: {"": [1]}),
    "pages:restate": _only_posted(1),
    "pages:provision": Page(roles=BOOKS, args=lambda ledger: {"": ["us"]}),
    "pages:provision_file": Page(roles=BOOKS, args=lambda ledger: {"": ["us"]}),
    "pages:rates": Page(roles=BOOKS),
    "pages:matrix": Page(roles=BOOKS),
    "pages:pass_through": Page(roles=BOTH),
    "pages:period": Page(roles=BOOKS, args=lambda ledger: {"": ["us", "2023-04"]}),
    "pages:period_act": _only_posted("us", "2023-04", "close"),
    "pages:statements": Page(
        roles=BOOKS | VENDORS | CUSTOMERS | {"their customer", "a strange customer"},
    ),
    "pages:statement_file": Page(
        roles=BOOKS, vendors=VENDORS, customers=CUSTOMERS_AND_THEIRS, args=_files("csv"), query=_statement
    ),
    "pages:trial_balance": Page(roles=BOOKS),
    "pages:exports": Page(roles=BOOKS),
    "pages:export": Page(roles=BOOKS, args=_export()),
    "pages:export_file": Page(roles=BOOKS, args=_export("report.csv")),
    "pages:export_profile": Page(roles=BOOKS, args=lambda ledger: {"": ["us", "datev"]}),
    "pages:export_make": _only_posted(),
    "pages:schedules": Page(roles=BOOKS),
    "pages:report_document": Page(roles=BOOKS, args=_report),
    "pages:schedule_begin": _only_posted(),
    "pages:schedule_end": _only_posted(1),
    "pages:schedule_run": _only_posted(1),
    "pages:export_report": _only_posted(1),
    "pages:export_again": _only_posted(1),
    "pages:account": Page(roles=BOOKS, vendors=VENDORS, args=_accounts),
    "pages:entry": Page(roles=BOOKS, vendors=VENDORS, args=_entries),
    "pages:events": Page(roles=BOTH | {"administrator"}),
    "pages:event": Page(roles=BOTH | {"administrator"}, args=_event),
    "pages:verify": Page(roles=frozenset({"auditor"})),
    "pages:recompute": _sided(_one()),
    # A recording of what a vendor published.
    "demo:status_page": Page(public=(200,), anybody=True, args=lambda ledger: {"": ["incidents"]}),
    "demo:mails": Page(roles=frozenset({"legal", "auditor", "administrator", "customer_success"})),
    # There is no such mail; whoever may not read any is told so.
    "demo:mail": Page(args=lambda ledger: {"": ["nothing.eml"]}),
}
