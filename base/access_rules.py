"""Who may see and do what: one matrix of role x kind of object x action, from which everything else follows.

Django's permissions of the groups are made from it (``base.roles``); the admin, the pages, the API, documents and
exports ask :func:`base.access.may` and narrow their rows with :func:`base.access.visible`. Services keep the last
word on acts; a test holds their roles to this table.

Roles are the groups of ``base.models.ROLES``. A login of a vendor or a customer has no role: it counts as
``vendor_login`` or ``customer_login`` and sees its own counterparty's rows only. A superuser has no role by being
one (rule 20), and a scheduled job sees nothing here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

VENDOR_LOGIN = "vendor_login"
CUSTOMER_LOGIN = "customer_login"
LOGINS = (VENDOR_LOGIN, CUSTOMER_LOGIN)


class Scope(StrEnum):
    """Which rows of a kind a role sees."""

    ALL = "all"
    VENDORS = "vendors"  # contracts that vendors promise to us, and what hangs on them
    CUSTOMERS = "customers"  # contracts that we promise to customers, and what hangs on them
    OWN = "own"  # those of the login's own counterparty


@dataclass(frozen=True)
class Kind:
    """A kind of object: the models that hold it, who sees which of its rows, and who may do what to it.

    ``acts`` are named as in the admin; ``edit`` is adding and changing by a form.
    """

    name: str
    view: Mapping[Scope, tuple[str, ...]]
    models: tuple[str, ...] = ()
    acts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def scopes(self, roles: frozenset[str]) -> frozenset[Scope]:
        """The scopes that any of the roles opens."""
        return frozenset(scope for scope, allowed in self.view.items() if roles & set(allowed))


BOOKS = ("finance", "finance_approver", "auditor")
BOTH_SIDES = ("legal", *BOOKS)
# Who may own a contract or an objective, and who enters objectives.
OWNERS = (
    "legal",
    "finance",
    "finance_approver",
    "vendor_manager",
    "customer_success",
    "administrator",
)
OBJECTIVES_BY = ("legal", "vendor_manager", "customer_success", "administrator")
KEEPERS = ("vendor_manager", "legal", "administrator")


def _sides(*everywhere: str, customers: bool = True, logins: bool = False) -> dict[Scope, tuple[str, ...]]:
    """Some roles see all; vendor managers the vendors' side and customer success the customers'."""
    found = {Scope.ALL: everywhere, Scope.VENDORS: ("vendor_manager",)}
    if customers:
        found[Scope.CUSTOMERS] = ("customer_success",)
    if logins:
        found[Scope.OWN] = LOGINS
    return found


def _all(*roles: str) -> dict[Scope, tuple[str, ...]]:
    return {Scope.ALL: roles}


KINDS = (
    # What is promised.
    Kind(
        "legal_entity",
        _all(*BOTH_SIDES, "vendor_manager"),
        ("contracts.legalentity",),
        {"edit": ("legal",)},
    ),
    Kind(
        "counterparty",
        _sides(*BOTH_SIDES, logins=True),
        ("contracts.counterparty",),
        {"edit": ("legal",)},
    ),
    Kind(
        "service",
        _all(*BOTH_SIDES, "vendor_manager", "customer_success"),
        ("contracts.service",),
        {"edit": ("legal",)},
    ),
    Kind(
        "contract",
        _sides(*BOTH_SIDES, "administrator", logins=True),
        ("contracts.contract",),
        {"edit": ("legal",), "upload-terms": ("legal",)},
    ),
    Kind(
        "version",
        _sides(*BOTH_SIDES, customers=False, logins=True),
        ("contracts.contractversion",),
        dict.fromkeys(
            ("edit", "submit", "accept-finding", "choose-reading", "sign", "return", "withdraw"), ("legal",)
        ),
    ),
    # Texts that are weighed before any is promised: never for the other side.
    Kind(
        "candidate",
        _sides(*BOTH_SIDES, customers=False),
        ("contracts.candidate", "contracts.candidatechoice", "contracts.backtest"),
        dict.fromkeys(("keep", "choose", "back-test"), ("legal",)),
    ),
    Kind(
        "renewal",
        _sides(*BOTH_SIDES, "administrator"),
        ("contracts.renewalterms",),
        {"edit": ("legal",)},
    ),
    # What we aim at ourselves, and which document goes before which: never for the other side.
    Kind(
        "objective",
        _all(*BOTH_SIDES, "vendor_manager", "customer_success", "administrator"),
        ("contracts.servicelevelobjective", "contracts.objectiveagreement"),
        {"edit": OBJECTIVES_BY, "agree": OWNERS},
    ),
    Kind(
        "precedence",
        _all(*BOTH_SIDES),
        (
            "contracts.precedenceorder",
            "contracts.precedencerank",
            "contracts.precedenceconfirmation",
        ),
        dict.fromkeys(("edit", "confirm"), ("legal",)),
    ),
    # Whoever answers for either side sees it; legal and the auditor see all.
    Kind(
        "conflict",
        {Scope.ALL: ("legal", "auditor"), Scope.OWN: tuple(role for role in OWNERS if role != "legal")},
        (
            "contracts.conflict",
            "contracts.conflictside",
            "contracts.conflictstep",
            "contracts.conflictdecision",
            "contracts.decisionconfirmation",
        ),
        dict.fromkeys(("decide", "confirm"), ("legal",)),
    ),
    Kind("commitment", _sides(*BOTH_SIDES, customers=False, logins=True), ("contracts.commitment",)),
    # What contracts can be started from. Published facts and our own models; nobody outside sees them.
    Kind(
        "template",
        _all(*BOTH_SIDES, "vendor_manager"),
        ("contracts.termstemplate", "contracts.termstemplateversion"),
        {"edit": ("legal",)},
    ),
    # Files of contracts. What is edited is what is taken and confirmed.
    Kind(
        "portfolio",
        _all("legal", "auditor"),
        ("contracts.portfolioimport", "contracts.portfoliorow"),
        {"edit": ("legal",)},
    ),
    # What is said about a version before it is signed. Customer success sees the versions that it was asked about.
    Kind(
        "review",
        _sides(*BOTH_SIDES),
        (
            "contracts.reviewrequest",
            "contracts.reviewremark",
            "contracts.remarkanswer",
            "contracts.checklistanswer",
            "contracts.consultation",
            "contracts.namedsigner",
            "contracts.signerstep",
            "contracts.signature",
            "contracts.signaturevoided",
        ),
        dict.fromkeys(
            ("remark", "answer"),
            ("legal", "finance", "finance_approver", "vendor_manager", "customer_success"),
        )
        | dict.fromkeys(("ask", "check", "consult", "name-signer"), ("legal",)),
    ),
    Kind("consultation_policy", _all(*BOTH_SIDES), ("contracts.consultationpolicy",), {"set": ("legal",)}),
    # How legal sees those whom a version concerns.
    Kind("stakeholder", _all("legal"), ("contracts.stakeholderentry",), {"describe": ("legal",)}),
    # The paper beside a version, and the passages that its clauses rest on.
    Kind("paper", _sides(*BOTH_SIDES, customers=False), ("contracts.paper",), {"attach": ("legal",)}),
    # What a contract covers and what it does not; of what is published, the customer reads all but owners and costs.
    Kind(
        "coverage",
        {
            Scope.ALL: BOTH_SIDES,
            Scope.VENDORS: ("vendor_manager",),
            Scope.CUSTOMERS: ("customer_success",),
            Scope.OWN: (CUSTOMER_LOGIN,),
        },
        ("contracts.coveragelist",),
        {"draft": ("legal",), "publish": ("legal",)},
    ),
    # What happened.
    Kind(
        "source",
        _sides(*BOTH_SIDES, "administrator"),
        ("measurements.source",),
        {
            "edit": KEEPERS,
            "import": ("vendor_manager", "finance", "customer_success", "administrator"),
        },
    ),
    Kind(
        "binding",
        _sides(*BOTH_SIDES, "administrator", customers=False),
        ("measurements.sourcebinding",),
        {"edit": KEEPERS},
    ),
    Kind(
        "feed",
        _sides(*BOTH_SIDES, "administrator"),
        ("measurements.feed", "measurements.feedstate", "measurements.intakepolicy"),
        {"edit": KEEPERS, "pull": ("vendor_manager", "finance", "customer_success", "administrator")},
    ),
    Kind("run", _sides(*BOTH_SIDES, "administrator"), ("measurements.importrun",)),
    Kind("maintenance_notice", _sides(*BOTH_SIDES), ("measurements.maintenancenotice",)),
    Kind(
        "push_grant",
        _all("auditor", "administrator"),
        ("measurements.pushgrant",),
        {"edit": ("administrator",)},
    ),
    Kind(
        "payload",
        _sides(*BOTH_SIDES, customers=False),
        (
            "measurements.payload",
            "measurements.listedrow",
            "measurements.intake",
            "measurements.payloadremoval",
        ),
    ),
    Kind(
        "observation",
        _sides(*BOTH_SIDES),
        ("measurements.intervalobservation", "measurements.secondsobservation"),
    ),
    Kind("figure", _sides(*BOTH_SIDES, customers=False), ("measurements.vendorfigure",)),
    Kind(
        "exclusion",
        _sides(*BOTH_SIDES),
        ("measurements.exclusion", "measurements.exclusionevidence", "measurements.recurringmaintenance"),
        {
            "edit": ("vendor_manager", "customer_success", "finance", "legal"),
            "withdraw": ("vendor_manager", "customer_success", "finance", "legal"),
            "approve": ("finance_approver", "legal"),
            "refuse": ("finance_approver", "legal"),
        },
    ),
    Kind(
        "incident",
        _sides(*BOTH_SIDES),
        ("measurements.incidentnote", "measurements.attribution"),
        {
            "note": ("vendor_manager", "customer_success", "finance", "legal"),
            "attribute": ("vendor_manager", "customer_success", "legal"),
        },
    ),
    Kind(
        "reconciliation",
        _sides(*BOTH_SIDES),
        ("measurements.differencetolerance", "measurements.differencedecision"),
        {
            # What is edited is how far two sources may differ.
            "edit": ("legal",),
            "accept": ("vendor_manager", "customer_success", "legal"),
        },
    ),
    # What is owed.
    Kind("assessment", _sides(*BOTH_SIDES, logins=True), ("credits.assessment",)),
    Kind("question", _sides(*BOTH_SIDES), ("credits.openquestion",)),
    Kind("breach", _sides(*BOTH_SIDES, logins=True), ("credits.breach",)),
    Kind(
        "claim",
        _sides(*BOTH_SIDES, logins=True),
        ("credits.claim",),
        {
            "send": ("vendor_manager", "finance"),
            "acknowledge": ("vendor_manager", "finance"),
            "refuse": ("vendor_manager", "finance"),
            "receive": ("finance",),
            "claimed": ("customer_success", "finance"),
            "waive": ("finance",),
        },
    ),
    Kind(
        "memo",
        _sides(*BOOKS, logins=True),
        ("credits.creditmemo",),
        {
            "review": ("finance", "finance_approver"),
            "approve": ("finance_approver",),
            "issue": ("finance",),
            "reverse": ("finance_approver",),
            "apply": ("finance",),
            "pay-out": ("finance",),
            "set-off": ("finance",),
            "withdraw": ("finance_approver",),
            "decide": ("finance_approver",),
            "dispute": ("finance", "customer_success", "vendor_manager"),
            "answer": ("finance", "finance_approver", "customer_success", "vendor_manager", "legal"),
            "resolve": ("finance_approver",),
        },
    ),
    # Who may give goodwill, restate a result, and decide what holds for all memos. A form of the pages makes each.
    Kind("goodwill", _all(*BOOKS, "customer_success"), acts={"edit": ("finance", "customer_success")}),
    Kind("restatement", _all(*BOTH_SIDES), acts={"edit": ("finance",)}),
    Kind("approval_rule", _all(*BOOKS), acts={"edit": ("finance_approver",)}),
    Kind("accrual_policy", _all(*BOOKS), acts={"edit": ("finance_approver",)}),
    Kind("exchange_rate", _all(*BOOKS), acts={"edit": ("finance",)}),
    Kind("account", _sides(*BOOKS, customers=False), ("credits.account",)),
    Kind(
        "entry",
        _sides(*BOOKS, customers=False),
        ("credits.journalentry",),
        {"reverse": ("finance",)},
    ),
    Kind(
        "period",
        _all(*BOOKS),
        ("credits.period",),
        {
            "close": ("finance",),
            "close-by-job": ("finance",),
            "lock": ("finance",),
            "reopen": ("finance_approver",),
            # The owner of the line that is accepted; the service asks which.
            "accept": ("finance", "finance_approver", "legal", "vendor_manager"),
        },
    ),
    Kind("trial_balance", _all(*BOOKS)),
    Kind("invoice_file", _all(*BOOKS), ("invoices.invoicefile",), {"edit": ("finance",)}),
    Kind("invoice", _sides(*BOOKS, customers=False), ("invoices.invoice",)),
    # A counterparty's whole account with us: of one that stands on both sides, only for who sees both.
    Kind(
        "statement",
        {
            Scope.ALL: BOOKS,
            Scope.VENDORS: ("vendor_manager",),
            Scope.CUSTOMERS: ("customer_success",),
            Scope.OWN: (CUSTOMER_LOGIN,),
        },
    ),
    # What is handed to other systems, and what they said of it.
    Kind(
        "export",
        _all(*BOOKS),
        (
            "exports.exportbatch",
            "exports.exportfile",
            "exports.exportline",
            "exports.importreport",
            "exports.importreportline",
        ),
        dict.fromkeys(("export", "load", "again"), ("finance",)),
    ),
    Kind("export_profile", _all(*BOOKS), ("exports.exportprofile",), {"set": ("finance",)}),
    Kind(
        "schedule",
        _all(*BOOKS),
        (
            "exports.reportschedule",
            "exports.reportrun",
            "exports.reportdocument",
            "exports.reportattempt",
            "exports.reportoutcome",
        ),
        dict.fromkeys(("begin", "end", "run"), ("finance",)),
    ),
    # What is written to vendors, and what they answer.
    Kind(
        "vendor_profile",
        _sides(*BOTH_SIDES, customers=False),
        ("vendors.vendorprofile",),
    ),
    Kind(
        "letter",
        _sides(*BOTH_SIDES, customers=False, logins=True),
        ("vendors.claimletter", "vendors.sentletter"),
    ),
    Kind("answer", _sides(*BOTH_SIDES, customers=False, logins=True), ("vendors.answer",)),
    # What is proven, told and summed up.
    Kind("evidence", _sides(*BOTH_SIDES, logins=True)),
    # Customer success sees what was worded for it.
    Kind(
        "notice",
        {Scope.ALL: ("legal", "auditor", "administrator"), Scope.CUSTOMERS: ("customer_success",)},
        ("notices.notice", "notices.attempt", "notices.outcome", "notices.decision"),
        dict.fromkeys(("resend", "delivered", "give-up"), ("legal", "customer_success", "administrator")),
    ),
    Kind("announcement", _all("legal", "auditor", "administrator"), ("notices.announcement",)),
    Kind(
        "subscription",
        _all("legal", "customer_success", "auditor", "administrator"),
        ("notices.subscription",),
        dict.fromkeys(("edit", "end"), ("legal", "customer_success", "administrator")),
    ),
    Kind("aggregate", _all("executive", *BOTH_SIDES)),
    # The record, people and machines.
    Kind("event", _all(*BOTH_SIDES, "administrator"), ("audit.event",)),
    Kind("seal", _all("auditor"), ("audit.seal",)),
    Kind("user", _all("auditor", "administrator"), ("base.user",), {"edit": ("administrator",)}),
    Kind("role", _all("administrator"), ("auth.group",)),
    Kind(
        "token",
        _all("auditor", "administrator"),
        ("api.token",),
        {"edit": ("administrator",), "revoke": ("administrator",)},
    ),
    Kind("job", _all("auditor", "administrator"), ("base.job",)),
)

BY_NAME: dict[str, Kind] = {kind.name: kind for kind in KINDS}
BY_MODEL: dict[str, Kind] = {model: kind for kind in KINDS for model in kind.models}


def models_seen(role: str) -> tuple[str, ...]:
    """The models of which a role sees any row."""
    seen = (kind for kind in KINDS if kind.scopes(frozenset({role})))
    return tuple(model for kind in seen for model in kind.models)


def models_edited(role: str) -> tuple[str, ...]:
    """The models that a role adds and changes by a form."""
    edited = (kind for kind in KINDS if role in kind.acts.get("edit", ()))
    return tuple(model for kind in edited for model in kind.models)


def documentation() -> str:
    """docs/access.md, whole."""
    lines = [
        "# Who may see and do what",
        "",
        "One table, `base/access_rules.py`, from which the rights in the admin, the pages, the API, documents and",
        "exports follow; a test drives them all by it (`tests/access`). This page is printed by",
        "`.venv/bin/python -m base.access_rules > docs/access.md`.",
        "",
        "- **All** rows, or those of the **vendors**' side (contracts that vendors promise to us) or of the",
        "  **customers**' side (contracts that we promise), or a login's **own** counterparty's; of conflicts,",
        "  those of what one answers for oneself.",
        "- A login of a vendor or a customer sees its own side of its own contracts: signed versions, final results,",
        "  issued memos, claims that were made (of a vendor: that were sent). Raw measurements and the record, never.",
        "- A superuser has no role by being one. A scheduled job sees nothing here. An auditor changes nothing, and",
        "  every look of theirs is an event. Logins with a time box are closed outside of it, open sessions included.",
        "- Acts are refused by the services too, and by the database where a second person is needed.",
        "",
        "| what | all | vendors' side | customers' side | own | acts |",
        "|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        scopes = (_named(kind.view.get(scope, ())) for scope in Scope)
        lines.append(f"| {kind.name.replace('_', ' ')} | {' | '.join(scopes)} | {_acts(kind)} |")
    return "\n".join(lines) + "\n"


def _named(roles: tuple[str, ...]) -> str:
    return ", ".join(role.replace("_", " ") for role in roles) or "—"


def _acts(kind: Kind) -> str:
    by_roles: dict[tuple[str, ...], list[str]] = {}
    for act, roles in kind.acts.items():
        by_roles.setdefault(roles, []).append(act.replace("-", " "))
    return "; ".join(f"{', '.join(acts)}: {_named(roles)}" for roles, acts in by_roles.items()) or "—"


if __name__ == "__main__":
    print(documentation(), end="")
