"""The vendor's answer: what it says, and what the books make of it."""

from datetime import date
from decimal import Decimal

import pytest

from audit.models import Event
from base.errors import NotAllowed
from credits import services as credits
from credits.errors import WrongAmount, WrongStep
from credits.models import Account
from credits.reading import trial_balance
from tests.credits import world
from tests.credits.world import refused
from vendors import services
from vendors.errors import AnsweredAlready, AnswerIncomplete
from vendors.models import Answer

pytestmark = pytest.mark.django_db
DAY = date(2023, 5, 2)
WHOLE, PART, REFUSED = Answer.Verdict.WHOLE, Answer.Verdict.PART, Answer.Verdict.REFUSED
Purpose = Account.Purpose


def answer(claim, verdict: str, **values) -> Answer:
    with world.as_("vendor_manager"):
        return services.record_answer(claim, verdict=verdict, received_on=DAY, **values)


def balances() -> dict[str, Decimal]:
    return {row.account.purpose: row.balance for row in trial_balance() if row.balance}


def test_acknowledged_in_full_moves_the_claim_from_memorandum_to_receivable():
    claim = world.vendor().send()
    assert balances()[Purpose.CLAIMS_NOT_ACKNOWLEDGED] == world.VENDOR_CREDIT
    made = answer(claim, WHOLE, reference="A-1")
    assert made.amount == world.VENDOR_CREDIT
    assert balances() == {
        Purpose.RECEIVABLE_FROM_VENDORS: world.VENDOR_CREDIT,
        Purpose.RECOVERIES: -world.VENDOR_CREDIT,
    }


def test_acknowledged_in_part_brings_the_part_only():
    claim = world.vendor().send()
    answer(claim, PART, amount=Decimal("600.00"), words="One day was ours, the others were not.")
    assert balances()[Purpose.RECEIVABLE_FROM_VENDORS] == Decimal("600.00")
    assert Purpose.CLAIMS_NOT_ACKNOWLEDGED not in balances()


def test_refused_leaves_nothing_in_the_books():
    claim = world.vendor().send()
    answer(claim, REFUSED, words="It was a preview.")
    assert balances() == {}
    assert claim.steps.get(kind="refused").reason == "It was a preview."


def test_an_answer_writes_its_event_and_the_claims():
    claim = world.vendor().send()
    answer(claim, REFUSED, words="No.")
    verbs = list(Event.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[-1] == "claim_answer.record"
    assert "claim.refuse" in verbs


def test_the_same_answer_again_is_free_and_another_one_refused():
    claim = world.vendor().send()
    first = answer(claim, WHOLE)
    events = Event.objects.filter(verb="claim_answer.record").count()
    assert answer(claim, WHOLE) == first
    assert Event.objects.filter(verb="claim_answer.record").count() == events
    with pytest.raises(AnsweredAlready):
        answer(claim, REFUSED, words="On second thoughts, no.")


@pytest.mark.parametrize(
    ("verdict", "values", "field"),
    [
        (REFUSED, {}, "words"),
        (REFUSED, {"words": " "}, "words"),
        (PART, {"amount": Decimal("600.00")}, "words"),
        (PART, {"words": "half"}, "amount"),
        (WHOLE, {"amount": Decimal("600.00")}, "amount"),
        (REFUSED, {"words": "no", "amount": Decimal("1.00")}, "amount"),
        (PART, {"words": "all", "amount": world.VENDOR_CREDIT}, "amount"),
        ("maybe", {"words": "perhaps"}, "verdict"),
    ],
)
def test_an_answer_that_lacks_something_is_refused_by_the_fields_name(verdict, values, field):
    claim = world.vendor().send()
    with pytest.raises(AnswerIncomplete, match=f"^{field}:"):
        answer(claim, verdict, **values)
    assert claim.steps.count() == 2


@pytest.mark.parametrize(
    ("amount", "said"),
    [("987.47", "is more than"), ("0", "above zero"), ("-1.00", "above zero"), ("1.001", "finer")],
)
def test_a_part_is_above_zero_below_the_whole_and_of_whole_cents(amount, said):
    claim = world.vendor().send()
    with pytest.raises(WrongAmount, match=said):
        answer(claim, PART, amount=Decimal(amount), words="a part")


def test_a_part_just_below_the_whole_is_one():
    claim = world.vendor().send()
    assert answer(claim, PART, amount=Decimal("987.45"), words="a cent less").amount == Decimal("987.45")


def test_a_claim_that_was_not_sent_has_no_answer():
    told = world.vendor()
    told.issue()
    with pytest.raises(WrongStep, match="is found"):
        answer(told.claim(), WHOLE)


@pytest.mark.parametrize("role", ["legal", "auditor", "customer_success", "administrator"])
def test_others_record_no_answer(role):
    claim = world.vendor().send()
    with world.as_(role), pytest.raises(NotAllowed):
        services.record_answer(claim, verdict=WHOLE, received_on=DAY)


def test_the_database_wants_the_answer_to_say_what_its_step_did():
    claim = world.vendor().send()
    with world.as_("finance") as person:
        step = credits.acknowledge_claim(claim, taken_on=DAY, amount=Decimal("600.00"))

    def made(**changes) -> Answer:
        values = {
            "claim": claim,
            "step": step,
            "verdict": PART,
            "received_on": DAY,
            "amount": Decimal("600.00"),
            "words": "a part",
            "recorded_by": person,
        }
        return Answer(**(values | changes))

    with refused("vendors_answer_of_its_step"):
        made(amount=Decimal("601.00")).save()
    with refused("vendors_answer_of_its_step"):
        made(verdict=WHOLE).save()
    with refused("vendors_answer_of_its_step"):
        made(received_on=date(2023, 5, 3)).save()
    with refused("vendors_answer_of_its_step"):
        made(step=claim.steps.get(kind="sent")).save()
    with refused("vendors_answer_says_why"):
        made(words="").save()
    with refused("vendors_answer_of_its_step"):
        made(verdict=REFUSED).save()
