"""What each role may see and edit in the admin: least privilege, in one table, set again after every migration.

Acts (signing, approving, deciding) are no permissions of Django's: services ask for the role itself, so that
nothing here opens a door to them. Facts have no edit permission at all. Rooms are named by their label only.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions

CONTRACTS = (
    "contracts.legalentity",
    "contracts.counterparty",
    "contracts.service",
    "contracts.contract",
    "contracts.contractversion",
    "contracts.commitment",
)
MEASUREMENTS = (
    "measurements.source",
    "measurements.sourcebinding",
    "measurements.payload",
    "measurements.listedrow",
    "measurements.intervalobservation",
    "measurements.secondsobservation",
    "measurements.vendorfigure",
    "measurements.exclusion",
)
RESULTS = (
    "credits.assessment",
    "credits.openquestion",
    "credits.breach",
    "credits.claim",
)
MONEY = (
    "credits.creditmemo",
    "credits.account",
    "credits.journalentry",
    "credits.period",
    "invoices.invoicefile",
    "invoices.invoice",
)
RECORD = ("audit.event", "audit.seal")
EVERYTHING = (*CONTRACTS, *MEASUREMENTS, *RESULTS, *MONEY, *RECORD, "base.user", "base.job")

VIEW: dict[str, tuple[str, ...]] = {
    "legal": (*CONTRACTS, *MEASUREMENTS, *RESULTS, "audit.event"),
    "finance": (*CONTRACTS, *MEASUREMENTS, *RESULTS, *MONEY, "audit.event"),
    "finance_approver": (*CONTRACTS, *MEASUREMENTS, *RESULTS, *MONEY, "audit.event"),
    "auditor": EVERYTHING,
    "vendor_manager": (*CONTRACTS, *MEASUREMENTS, *RESULTS),
    "customer_success": (
        "contracts.counterparty",
        "contracts.contract",
        "contracts.service",
        "measurements.source",
        "measurements.exclusion",
        *RESULTS,
    ),
    "executive": ("contracts.contract", "credits.assessment", "credits.breach", "credits.creditmemo"),
    "administrator": (
        "base.user",
        "auth.group",
        "base.job",
        "audit.event",
        "contracts.contract",
        "measurements.source",
        "measurements.sourcebinding",
    ),
}
EDIT: dict[str, tuple[str, ...]] = {
    "legal": (
        "contracts.legalentity",
        "contracts.counterparty",
        "contracts.service",
        "contracts.contract",
        "contracts.contractversion",
        "measurements.source",
        "measurements.sourcebinding",
        "measurements.exclusion",
    ),
    "finance": ("invoices.invoicefile", "measurements.exclusion"),
    "vendor_manager": ("measurements.source", "measurements.sourcebinding", "measurements.exclusion"),
    "customer_success": ("measurements.exclusion",),
    "administrator": ("base.user", "measurements.source", "measurements.sourcebinding"),
}


def wanted(role: str) -> set[tuple[str, str]]:
    """The permissions of a role as (app label, codename)."""
    found = set()
    for verbs, table in ((("view",), VIEW), (("add", "change"), EDIT)):
        for name in table.get(role, ()):
            label, model = name.split(".")
            found |= {(label, f"{verb}_{model}") for verb in verbs}
    return found


def give_permissions(sender: AppConfig, using: str = "default", **options: Any) -> None:
    """After a migration: give every role exactly its permissions on the models of ``sender``."""
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    # Django makes the permissions' rows in a handler of the same signal; asking again is free.
    create_permissions(sender, verbosity=0, interactive=False, using=using)
    here = permission_model.objects.using(using).filter(content_type__app_label=sender.label)
    by_name = {permission.codename: permission for permission in here}
    if not by_name:
        return
    for group in group_model.objects.using(using).filter(name__in=VIEW):
        names = {codename for label, codename in wanted(group.name) if label == sender.label}
        if missing := names - set(by_name):
            raise LookupError(f"base.roles names what {sender.label} does not have: {sorted(missing)}")
        keep = {by_name[name].pk for name in names}
        has = set(group.permissions.filter(pk__in=[row.pk for row in here]).values_list("pk", flat=True))
        group.permissions.remove(*(has - keep))
        group.permissions.add(*(keep - has))
