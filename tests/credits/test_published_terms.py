"""Every published agreement is signed and reckoned through the services, without a fact: questions, and no crash."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts import services as contracts
from contracts.checks import open_standings
from contracts.models import ContractVersion
from contracts.reading import terms_of
from credits import services
from credits.documents import evidence_pdf_of, evidence_value
from credits.services.memos import facts_of_result
from credits.windows import window_at
from measurements import services as measuring
from measurements.bases import READS
from measurements.models import Source
from reckoning.terms import parse_terms
from tests import factories
from tests.contracts.filled import NAMES, agreement
from tests.credits import world
from verifier.verify import verify

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOT_POSTED = {"COMBINATION_NOT_POSTED", "WINDOW_NOT_POSTED", "COMPOSITE_NOT_MEASURED"}
COUNTED = (Source.Shape.BUCKETS, Source.Shape.HISTOGRAMS, Source.Shape.SAMPLES)


def with_codes(plain):
    """The document with names of services that are codes here."""
    for one in plain["commitments"]:
        one["services"] = [code.replace(" ", "-") for code in one["services"]]
    return plain


def without_what_is_not_posted(plain):
    """The document without its combinations and the clauses that are refused at signing."""
    plain.pop("combinations", None)
    plain["commitments"] = [
        one
        for one in plain["commitments"]
        if one["window"]["kind"] not in ("hour", "day") and one["indicator"]["kind"] != "composite"
    ]
    return plain


def signed(name):
    """The agreement in force, and what stood against signing it as it is."""
    terms = parse_terms(with_codes(agreement(name).document()))
    version = factories.draft(document=terms.document())
    assert terms_of(version) == terms
    refused = {item.code for item in open_standings(version) if not item.acceptable}
    refused -= {"READING_NOT_CHOSEN"}
    assert refused <= NOT_POSTED
    if refused:
        plain = without_what_is_not_posted(terms.document())
        if not plain["commitments"]:
            return None
        with factories.legal():
            version = contracts.edit_draft(version, plain)
    return factories.sign(version)


def bind(version):
    """A source of a fitting shape for every role, from 2020 on; the first clause of a role says which."""
    bound = {}
    for clause in terms_of(version).commitments:
        shape = READS.get(type(clause.indicator), (Source.Shape.INTERVALS,))[0]
        if bound.setdefault(clause.source_role, shape) != shape:
            continue
        number = Source.objects.count()
        if Source.objects.filter(
            bindings__contract=version.contract, bindings__role=clause.source_role
        ).exists():
            continue
        with world.as_("vendor_manager"):
            source = measuring.create_source(
                code=f"source-{number}",
                name="A source",
                kind="independent_monitor",
                shape=shape,
                measurement_point="edge",
                covers_from=datetime(2020, 1, 1, tzinfo=UTC) if shape == Source.Shape.INTERVALS else None,
                **({"width_seconds": 60} if shape in COUNTED else {}),
            )
            measuring.bind_source(contract=version.contract, role=clause.source_role, source=source)
    return bound


@pytest.mark.parametrize("name", NAMES)
def test_an_agreement_is_signed_and_reckoned_without_a_crash(name):
    version = signed(name)
    if version is None:
        return
    assert version.state == ContractVersion.State.SIGNED
    bound = bind(version)
    for commitment in version.commitments.select_related("service", "version__contract"):
        clause = terms_of(version).commitment(commitment.key)
        shapes = READS.get(type(clause.indicator))
        if shapes and bound[clause.source_role] not in shapes:
            continue
        instant = datetime(2023, 3, 10, 12, tzinfo=UTC)
        if clause.window.first_on is not None:
            instant = datetime(*clause.window.first_on.timetuple()[:3], 12, tzinfo=UTC)
        window = window_at(commitment, instant)
        with world.as_job():
            result = services.assess_window(
                commitment, window=window, known_at=window.end + timedelta(days=400)
            )
        # Nothing was told, so nothing is sure, unless the terms say themselves what unknown time is.
        asked = set(result.open_questions.values_list("code", flat=True))
        assert asked or clause.unknown_time in ("up", "down", "excluded", "carry_last"), clause.key
        value = evidence_value(result)
        assert value.verdict
        assert "None" not in value.verdict
        assert "None" not in facts_of_result(result).values()
        assert verify(evidence_pdf_of(result)).difference is None
