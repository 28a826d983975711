"""Rule 20: nobody approves a credit that rests on an act of theirs.

Barring: having proposed the memo, proposed an exclusion among its inputs, chosen a reading of its version,
uploaded an observation that it used, imported the invoices of its fee, waived the claim, accepted a figure of its
window where two sources differ, set a tolerance that compares it, or entered maintenance that recurs into it.
Approving an exclusion does not bar. Being a superuser lifts nothing. The trigger on memo steps asks the same
questions of the same rows.
"""

from base.models import User
from contracts.models import ReadingChoice
from credits.invoices.models import InvoiceLine
from credits.models import ClaimStep, CreditMemo
from credits.reading import claim_of
from measurements.hands import acts_between_sources
from measurements.reading import acts_behind
from reckoning.assessment import AssessmentInputs


def acts_under(memo: CreditMemo, user: User) -> list[str]:
    """What ``user`` did that ``memo`` rests on, in words that go on after their name; empty where nothing.

    Of a restated credit the acts under the restating revision count, and the restatement itself.
    """
    acts = []
    if memo.proposed_by_id == user.pk:
        acts.append("proposed the memo")
    result = memo.basis
    if result is None:
        return acts
    if memo.restatement is not None and memo.restatement.restated_by_id == user.pk:
        acts.append("restated the result")
    inputs = AssessmentInputs.model_validate(result.inputs)
    behind = acts_behind(inputs) + acts_between_sources(
        result.commitment, inputs.model_copy(update={"window_start": result.window_start})
    )
    acts += [act.sentence for act in behind if act.user_id == user.pk]
    choices = ReadingChoice.objects.filter(version=result.commitment.version_id, chosen_by=user)
    acts += [f"chose the reading {item.name!r}" for item in choices.order_by("pk")]
    if inputs.fee:
        lines = InvoiceLine.objects.filter(external_id__in=inputs.fee.lines, invoice__file__imported_by=user)
        names = lines.values_list("invoice__file__name", flat=True).distinct().order_by("invoice__file__name")
        acts += [f"imported the invoices of its fee ({name})" for name in names]
    claim = claim_of(memo)
    if claim is not None and claim.steps.filter(kind=ClaimStep.Kind.WAIVED, taken_by=user).exists():
        acts.append("waived the claim")
    return acts
