"""Claims: their list by urgency, and a page per claim from the first draft of the letter to the money."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from audit.record import acting_for
from base import clock
from base.access import may
from base.errors import DomainError
from contracts.models import Contract
from contracts.reading import terms_of
from credits import services as credits
from credits.attained import attained
from credits.models import Account, Claim, ClaimStep, JournalEntry
from credits.visibility import visible_claims, visible_entries, visible_memos
from pages.acting import sentence
from pages.layout import viewing
from pages.vendor_forms import ActForm, AnswerForm, DraftForm, PaymentForm, ReferenceForm
from vendors import letters, reading, services
from vendors.errors import LetterTooLate
from vendors.models import ClaimLetter, SentLetter
from vendors.services.claiming import is_up_to_date
from vendors.visibility import visible_answers, visible_letters

PER_PAGE = 50
SIZES = ("A4", "Letter")
Kind = ClaimStep.Kind
OURS = Contract.Direction.PROMISED_TO_US
WHOLE = (
    "breach__assessment__commitment__service",
    "breach__assessment__commitment__version__contract__legal_entity",
    "breach__assessment__commitment__version__contract__counterparty",
)


@require_safe
@viewing("claim")
def claims(request: HttpRequest) -> HttpResponse:
    """The claims that the reader may see: first those to be sent by their last day, then those that wait."""
    rows = reading.by_urgency(reading.listed(visible_claims(request.user)))
    asked = {
        name: request.GET.get(name, "").replace("\0", "")
        for name in ("state", "direction", "counterparty", "window", "service")
    }
    page = Paginator(_narrowed(rows, asked), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Claims",
        "page": page,
        "asked": asked,
        "as_of": clock.as_of(),
        "states": Kind.choices,
        "directions": Contract.Direction.choices,
    }
    return render(request, "pages/vendors/claims.html", context)


def _narrowed(rows: QuerySet[Claim], asked: dict[str, str]) -> QuerySet[Claim]:
    fields = {
        "state": "state",
        "direction": f"{reading.CONTRACT}__direction",
        "counterparty": f"{reading.CONTRACT}__counterparty__code",
        "window": "breach__assessment__window_label",
        "service": "breach__assessment__commitment__service__code",
    }
    return rows.filter(**{fields[name]: value for name, value in asked.items() if value})


# One claim -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClaimAct:
    """One act on a claim: its form, when it is there, and the service that it calls with the form's values."""

    name: str
    label: str
    says: str
    right: str
    direction: str
    states: tuple[str, ...]
    form: type[ActForm]
    do: Callable[[Claim, dict[str, Any]], str]

    def is_open(self, request: HttpRequest, claim: Any) -> bool:
        """Whether it is there for this reader and this claim."""
        direction = claim.breach.assessment.commitment.version.contract.direction
        return (
            direction == self.direction
            and claim.state in self.states
            and may(request.user, self.right, "claim")
        )


def _draft(claim: Claim, given: dict[str, Any]) -> str:
    letter = services.draft_letter(claim, written_on=given["on"], remarks=given["remarks"])
    return f"Version {letter.version} of the letter is written. Look at it before it is sent."


def _send(claim: Claim, given: dict[str, Any]) -> str:
    letter = claim.letters.order_by("version").last()
    if letter is None:
        raise LetterTooLate("letter: there is none yet; draft it first")
    services.send_letter(letter, sent_on=given["on"])
    return f"Version {letter.version} of the letter is sent, as of {given['on']}. The document is kept byte for byte."


def _answer(claim: Claim, given: dict[str, Any]) -> str:
    answer = services.record_answer(
        claim,
        verdict=given["verdict"],
        received_on=given["on"],
        amount=given["amount"],
        words=given["words"],
        reference=given["reference"],
    )
    return f"{answer.get_verdict_display()}: the answer is on record, and the ledger has moved."


def _receive(claim: Claim, given: dict[str, Any]) -> str:
    credits.receive_payment(claim, taken_on=given["on"], amount=given["amount"], reference=given["reference"])
    return "The credit is received; the ledger has moved."


def _claimed(claim: Claim, given: dict[str, Any]) -> str:
    credits.record_customer_claim(claim, taken_on=given["on"], reference=given["reference"])
    return "The customer's claim is on record; the credit is earned."


def _waive(claim: Claim, given: dict[str, Any]) -> str:
    credits.waive_claim(claim, taken_on=given["on"], reason=given["reason"])
    return "The claim is waived; the credit is given without it."


FOUND, THEIRS = (Kind.FOUND,), Contract.Direction.PROMISED_BY_US
ACTS = (
    ClaimAct(
        "draft",
        "Draft the letter",
        "Composed from the result and the signed terms, and frozen with its hash. Drafting again makes a further "
        "version.",
        "send",
        OURS,
        FOUND,
        DraftForm,
        _draft,
    ),
    ClaimAct(
        "send",
        "Send the newest letter",
        "Goes on record as sent on that day, with the very document. It cannot be taken back.",
        "send",
        OURS,
        FOUND,
        ActForm,
        _send,
    ),
    ClaimAct(
        "answer",
        "Record the vendor's answer",
        "What is acknowledged becomes a receivable; what is refused leaves the books.",
        "acknowledge",
        OURS,
        (Kind.SENT,),
        AnswerForm,
        _answer,
    ),
    ClaimAct(
        "receive",
        "Record the credit received",
        "It arrived on the vendor's invoice: from receivable to clearing.",
        "receive",
        OURS,
        (Kind.ACKNOWLEDGED,),
        PaymentForm,
        _receive,
    ),
    ClaimAct(
        "claimed",
        "Record the customer's claim",
        "A claim in time earns the credit.",
        "claimed",
        THEIRS,
        FOUND,
        ReferenceForm,
        _claimed,
    ),
    ClaimAct(
        "waive",
        "Waive the claim",
        "The customer gets the credit without claiming it. Whoever waives cannot approve the memo.",
        "waive",
        THEIRS,
        FOUND,
        ActForm,
        _waive,
    ),
)


@require_http_methods(["GET", "HEAD", "POST"])
@viewing("claim")
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """One claim, and what its reader may do about it now. A refusal stands at its field, and nothing is changed."""
    row = _claim(request, pk)
    forms: dict[str, ActForm] = {}
    if request.method == "POST":
        act = next((one for one in ACTS if one.name == request.POST.get("act")), None)
        if act is None:
            raise Http404("There is no such act.")
        if not may(request.user, act.right, "claim"):
            raise PermissionDenied("Your role does not do this.")
        form = act.form(request.POST, today=clock.as_of(), act=act.name)
        if form.is_valid() and (said := _carry_out(form, act, row)):
            messages.success(request, said)
            return redirect(f"{reverse('pages:claim', args=[pk])}#since")
        forms[act.name] = form
        row = _claim(request, pk)
    return render(request, "pages/vendors/claim.html", _context(request, row, forms))


def _carry_out(form: ActForm, act: ClaimAct, row: Claim) -> str:
    """What to tell; empty where the service refused, which then stands in the form."""
    try:
        with acting_for(form.cleaned_data["reason"]):
            return act.do(row, form.cleaned_data)
    except DomainError as error:
        named = str(error).partition(":")[0]
        field = "on" if named in ("sent_on", "taken_on", "written_on", "received_on") else named
        form.add_error(field if field in form.fields else None, sentence(error))
        return ""


def _claim(request: HttpRequest, pk: int) -> Any:
    rows = reading.listed(visible_claims(request.user)).select_related(*WHOLE)
    # The page composes letters and says levels: here the long documents are wanted.
    return get_object_or_404(rows.defer(None), pk=pk)


def _context(request: HttpRequest, row: Any, forms: dict[str, ActForm]) -> dict[str, Any]:
    result = row.breach.assessment
    contract = result.commitment.version.contract
    as_of = clock.as_of()
    drafts = list(
        visible_letters(request.user)
        .filter(claim=row)
        .select_related("drafted_by", "sent__step")
        .defer("text")
    )
    acts = [
        (one, forms.get(one.name) or one.form(today=as_of, act=one.name))
        for one in ACTS
        if one.is_open(request, row)
    ]
    if not drafts:
        acts = [(act, form) for act, form in acts if act.name != "send"]
    entries = _entries(request, row)
    return {
        "claim": row,
        "result": result,
        "contract": contract,
        "title": f"{result.commitment.service.name}, {result.window_label}",
        "crumbs": [("Claims", reverse("pages:claims"))],
        "level": attained(
            terms_of(result.commitment.version).commitment(result.commitment.key), result.result
        ),
        "to_vendor": contract.direction == OURS,
        "days_left": (row.deadline_on - as_of).days if row.deadline_on and row.state == Kind.FOUND else None,
        "steps": row.steps.select_related("taken_by").order_by("number"),
        "memo": visible_memos(request.user).filter(assessment=result).first(),
        "memo_blocks": row.state == Kind.FOUND and contract.direction == OURS and row.memo_state != "issued",
        "letters": drafts,
        "outdated": _outdated(row, drafts),
        "answer": visible_answers(request.user).filter(claim=row).select_related("recorded_by").first(),
        "acts": acts,
        "may_see_ledger": may(request.user, "view", "entry"),
        "entries": entries,
        "accounts": _accounts(entries),
        "as_of": as_of,
    }


def _outdated(row: Any, drafts: list[ClaimLetter]) -> bool:
    """Whether the newest draft would say something else by now."""
    if not drafts or row.state != Kind.FOUND:
        return False
    newest = ClaimLetter.objects.select_related("drafted_by").get(pk=drafts[-1].pk)
    newest.claim = row
    try:
        return not is_up_to_date(newest)
    except DomainError:
        return True


def _entries(request: HttpRequest, row: Any) -> list[JournalEntry]:
    if row.memo_id is None or not may(request.user, "view", "entry"):
        return []
    rows = visible_entries(request.user).filter(memo=row.memo_id).select_related("posted_by", "reverses")
    return list(rows.prefetch_related("postings__account").order_by("pk"))


@dataclass(frozen=True)
class Stand:
    """What one account holds of this claim: debit less credit."""

    account: Account
    currency: str
    balance: Decimal


def _accounts(entries: list[JournalEntry]) -> list[Stand]:
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    accounts: dict[int, Account] = {}
    for entry in entries:
        for posting in entry.postings.all():
            sign = 1 if posting.side == "debit" else -1
            sums[posting.account_id, posting.currency] += sign * posting.amount
            accounts[posting.account_id] = posting.account
    return [
        Stand(accounts[pk], currency, balance)
        for (pk, currency), balance in sorted(sums.items(), key=lambda one: accounts[one[0][0]].purpose)
    ]


@require_safe
@viewing("letter")
def letter_document(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    """A letter as PDF: the one that went out as it went out, else the draft, which says that it is one."""
    size = request.GET.get("size", "A4")
    if size not in SIZES:
        raise Http404("There is no such size: A4 or Letter.")
    row = get_object_or_404(visible_letters(request.user), claim=pk, version=version)
    sent = SentLetter.objects.filter(letter=row).first()
    content = bytes(sent.document) if sent else letters.document(row.text, page_size=size, draft=True)  # type: ignore[arg-type]
    name = f"claim-{pk}-letter-{version}{'' if sent else '-draft'}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
