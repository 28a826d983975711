"""The auditor's pages: everything to look at, nothing to change. Looks are put on record by ``audit.looks``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit.hashing import GENESIS
from audit.looks import VERB
from audit.models import Event, Seal
from audit.services import Fault, verify_record
from base.access import Asking, visible
from base.errors import DomainError
from base.models import User
from contracts.models import Contract, ContractVersion
from credits.evidence import evidence_file
from credits.invoices.models import InvoiceFile
from credits.models import Assessment, Breach, Claim, CreditMemo, JournalEntry
from credits.visibility import provable_assessments
from measurements.models import Exclusion, Payload
from pages.layout import viewing
from verifier.errors import EvidenceError
from verifier.verify import verify

BLOCKS = 24
DECISIONS = 8
EVIDENCE = 10
FAULTS = 50
CHOICES = (50, 500)


@dataclass(frozen=True)
class Block:
    """A sealed block, whether it names the head before it, and what a full check found wrong with it."""

    seal: Seal
    continues: bool
    faults: tuple[Fault, ...] = ()


def last_blocks(most: int = BLOCKS, faults: Sequence[Fault] = ()) -> list[Block]:
    """The last sealed blocks, the oldest of them first."""
    seals = list(Seal.objects.order_by("-number")[: most + 1])[::-1]
    heads = {seal.number: seal.head for seal in seals} | {0: GENESIS}
    wrong: dict[str, list[Fault]] = {}
    for fault in faults:
        wrong.setdefault(fault.place, []).append(fault)
    return [
        Block(
            seal,
            heads.get(seal.number - 1) == seal.previous_head,
            tuple(wrong.get(f"block {seal.number}", ())),
        )
        for seal in seals[-most:]
    ]


@require_safe
@viewing("event", "seal", "evidence", "assessment")
def home(request: HttpRequest) -> HttpResponse:
    """The chain, what there is, what was decided last, and evidence to take along."""
    user = request.user
    breaches = visible(Breach.objects.all(), user).order_by("-assessment__window_end", "-pk")[:EVIDENCE]
    context = {
        "blocks": last_blocks(),
        "block_count": Seal.objects.count(),
        "unsealed": Event.objects.filter(place=None).count(),
        "event_count": Event.objects.count(),
        "looks": Event.objects.filter(verb=VERB, actor=user.pk).count(),
        "population": list(_population(user)),
        "decisions": Event.objects.exclude(verb=VERB)
        .filter(reason__gt="")
        .exclude(actor__kind=User.Kind.JOB)
        .order_by("-pk")[:DECISIONS],
        "evidence": _named(
            Assessment.objects.filter(pk__in=[row.assessment_id for row in breaches])
        ).order_by("-window_end", "-pk"),
    }
    return render(request, "pages/auditor/home.html", context)


def _named(rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
    return rows.select_related("commitment__service", "commitment__version__contract").defer(
        "inputs", "result"
    )


def _population(user: Asking) -> Iterable[tuple[str, int, str]]:
    """Each kind of record with how many there are and where they are listed."""
    final = Assessment.objects.filter(finalisation__isnull=False)
    lists: tuple[
        tuple[str, QuerySet[Contract] | QuerySet[Assessment] | QuerySet[Claim] | QuerySet[CreditMemo], str],
        ...,
    ]
    lists = (
        ("Contracts", Contract.objects.all(), reverse("pages:contracts")),
        ("Final results", final, reverse("pages:assessments") + "?standing=final"),
        ("Credit memos", CreditMemo.objects.all(), reverse("pages:memos")),
    )
    for label, rows, address in lists:
        yield label, visible(rows, user).count(), address
    records = (
        ("Versions of terms", ContractVersion, "contracts_contractversion"),
        ("Results of every revision", Assessment, "credits_assessment"),
        ("Breaches", Breach, "credits_breach"),
        ("Claims", Claim, "credits_claim"),
        ("Journal entries", JournalEntry, "credits_journalentry"),
        ("Exclusions asked for", Exclusion, "measurements_exclusion"),
        ("Files of measurements", Payload, "measurements_payload"),
        ("Files of invoices", InvoiceFile, "invoices_invoicefile"),
    )
    for label, model, name in records:
        count = visible(model._default_manager.all(), user).count()
        yield label, count, reverse(f"admin:{name}_changelist")


@dataclass(frozen=True)
class Check:
    """One result, recomputed from its evidence. ``words`` say what differs; empty where nothing does."""

    assessment: Assessment
    sha256: str
    words: str

    @property
    def is_identical(self) -> bool:
        """Whether the recomputation gives exactly what is stored."""
        return not self.words


def check(row: Assessment) -> Check:
    """Recompute a result from the file that an outsider gets, with the program that an outsider runs."""
    try:
        verdict = verify(evidence_file(row))
    except (DomainError, EvidenceError) as error:
        return Check(row, "", str(error))
    if verdict.difference is not None:
        path, recorded, recomputed = verdict.difference
        return Check(row, verdict.sha256, f"{path}: {recorded} is stored, {recomputed} was recomputed")
    if verdict.result.sha256() != row.result_sha256:
        words = f"result_sha256: {row.result_sha256} is stored, {verdict.result.sha256()} was recomputed"
        return Check(row, verdict.sha256, words)
    return Check(row, verdict.sha256, "")


@require_safe
@viewing("seal", "evidence")
def verify_all(request: HttpRequest) -> HttpResponse:
    """Recompute the whole record, and the last final results from their evidence; ``?most=500`` for more of them."""
    asked = request.GET.get("most", "")
    most = next((one for one in CHOICES if str(one) == asked), CHOICES[0])
    record = verify_record()
    final = provable_assessments(request.user).filter(finalisation__isnull=False)
    rows = final.select_related("commitment__service", "commitment__version").order_by("-window_end", "-pk")
    checks = [check(row) for row in rows[:most]]
    differing = [one for one in checks if not one.is_identical]
    context = {
        "title": "Verification",
        "crumbs": [],
        "record": record,
        "faults": record.faults[:FAULTS],
        "blocks": last_blocks(faults=record.faults),
        "unsealed": record.unsealed,
        "verified": True,
        "checked": len(checks),
        "final_count": final.count(),
        "differing": differing,
        "sound": not record.faults and not differing,
        "more": CHOICES[1] if most == CHOICES[0] else CHOICES[0],
    }
    return render(request, "pages/auditor/verify.html", context)


@require_safe
@viewing("evidence")
def recompute(request: HttpRequest, pk: int) -> HttpResponse:
    """Recompute one result from its evidence."""
    rows = provable_assessments(request.user).select_related("commitment__service", "commitment__version")
    row = get_object_or_404(rows, pk=pk)
    context = {
        "title": "Recomputed",
        "crumbs": [("Results", reverse("pages:assessments"))],
        "check": check(row),
    }
    return render(request, "pages/auditor/recompute.html", context)
