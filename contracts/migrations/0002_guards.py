"""Facts about contracts are appended; no act without its event."""

from pathlib import Path

from django.db import migrations

from base.sqlops import append_only, requires_event, sql_file

SQL = Path(__file__).resolve().parent.parent / "sql"

APPEND_ONLY = (
    "contracts_signature",
    "contracts_findingacceptance",
    "contracts_readingchoice",
    "contracts_commitment",
)
NO_ACT_WITHOUT_EVENT = (
    "contracts_legalentity",
    "contracts_counterparty",
    "contracts_counterpartylogin",
    "contracts_service",
    "contracts_contract",
    "contracts_contractversion",
    "contracts_signature",
    "contracts_findingacceptance",
    "contracts_readingchoice",
    "contracts_commitment",
)


class Migration(migrations.Migration):
    dependencies = [("contracts", "0001_initial"), ("audit", "0002_guards")]
    operations = [
        *[append_only(table) for table in APPEND_ONLY],
        *[requires_event(table) for table in NO_ACT_WITHOUT_EVENT],
        sql_file(SQL, "version_guards"),
    ]
