"""What the database holds of templates, whoever asks."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit.record import record
from contracts.models import TermsTemplate, TermsTemplateVersion
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)


def refusal(act: Any) -> str:
    """The constraint that refuses an act."""

    def tried() -> None:
        with transaction.atomic():
            act()
            connection.check_constraints()

    with pytest.raises(DatabaseError) as caught:
        tried()
    return str(caught.value.__cause__.diag.constraint_name)  # type: ignore[union-attr]


def made(**values: Any) -> TermsTemplate:
    with factories.legal(), transaction.atomic():
        row = TermsTemplate.objects.create(
            **({"slug": "gold", "title": "Gold", "next_review_on": DAY} | values)
        )
        record("terms_template.create", row)
    return row


def version(template: TermsTemplate, number: int, reason: str = "first") -> TermsTemplateVersion:
    return TermsTemplateVersion.objects.create(
        template=template,
        number=number,
        document={},
        sha256="0" * 64,
        reason=reason,
        loaded_by=factories.user("legal"),
    )


def test_versions_follow_one_another_and_stay() -> None:
    template = made()
    with factories.legal(), transaction.atomic():
        first = version(template, 1)
        record("terms_template.publish", template)
    order = "contracts_termstemplateversion_in_order"
    assert refusal(lambda: version(template, 1)) == order
    assert refusal(lambda: version(template, 3)) == order
    assert refusal(lambda: version(template, 2, " ")) == "contracts_termstemplateversion_reason"
    stays = TermsTemplateVersion.objects.filter(pk=first.pk)
    # The application's role may not even ask for it.
    assert refusal(lambda: stays.update(reason="x")) == "None"


def test_a_units_template_has_no_text_of_its_own_and_a_name_is_given_once() -> None:
    parent = made()
    unit = made(slug="gold-us", parent=parent, legal_entity=factories.entity())
    assert refusal(lambda: version(unit, 1)) == "contracts_termstemplateversion_of_a_whole"
    renamed = TermsTemplate.objects.filter(pk=parent.pk)
    assert refusal(lambda: renamed.update(slug="other")) == "contracts_termstemplate_key_fixed"
    alone = {"slug": "alone", "title": "Alone", "next_review_on": DAY, "parent": parent}
    assert refusal(lambda: TermsTemplate.objects.create(**alone)) == "contracts_termstemplate_unit_has_parent"
