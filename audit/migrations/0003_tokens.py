"""No token is made or revoked without an event."""

from django.db import migrations

from base.sqlops import append_only, requires_event


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_guards"), ("api", "0001_initial")]
    operations = [requires_event("api_token"), append_only("api_replay")]
