"""Invoices are appended; no act without its event."""

from django.db import migrations

from base.sqlops import append_only, requires_event

APPEND_ONLY = (
    "invoices_invoicefile",
    "invoices_invoice",
    "invoices_invoiceline",
)
NO_ACT_WITHOUT_EVENT = (
    "invoices_invoicefile",
    "invoices_invoice",
)


class Migration(migrations.Migration):
    dependencies = [("invoices", "0001_initial"), ("audit", "0002_guards")]
    operations = [
        *[append_only(table) for table in APPEND_ONLY],
        *[requires_event(table) for table in NO_ACT_WITHOUT_EVENT],
    ]
