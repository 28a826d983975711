"""A result whose promise is no level has figures instead of one."""

from django.db import migrations, models
from django.db.models import Q

NAME = "credits_assessment_figure_or_question"
OPEN = Q(outcome="open_question", credit_amount__isnull=True)
DECIDED = Q(outcome__in=["met", "breach"])
REACHED = ~Q(level_exact="") | Q(result__has_key="figures")


class Migration(migrations.Migration):
    dependencies = [("credits", "0006_caps_in_results")]
    operations = [
        migrations.RemoveConstraint(model_name="assessment", name=NAME),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.CheckConstraint(name=NAME, condition=OPEN | (DECIDED & REACHED)),
        ),
    ]
