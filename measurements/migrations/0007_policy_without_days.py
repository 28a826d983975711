"""How long raw payloads are kept was never carried out: a setting that does nothing promises something."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("measurements", "0006_beginnings")]

    operations = [
        migrations.RemoveConstraint(model_name="intakepolicy", name="measurements_policy_keeps_a_month"),
        migrations.RemoveField(model_name="intakepolicy", name="payload_days"),
        migrations.RemoveField(model_name="historicalintakepolicy", name="payload_days"),
    ]
