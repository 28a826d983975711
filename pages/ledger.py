"""The ledger from its totals down to each posting: trial balance, account, entry."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base import clock
from base.access import may
from contracts.models import LegalEntity
from credits.models import Posting
from credits.reading import Totals, trial_balance
from credits.visibility import visible_accounts, visible_entries
from pages.layout import viewing

PER_PAGE = 100


def day_of(request: HttpRequest, name: str, default: date) -> date:
    """A day that was asked for. Raises Http404 for what is no day."""
    try:
        return date.fromisoformat(text) if (text := request.GET.get(name, "")) else default
    except ValueError:
        raise Http404(f"{name}: there is no such day; write it as 2025-06-30.") from None


@require_safe
@viewing("trial_balance")
def trial_balance_page(request: HttpRequest) -> HttpResponse:
    """Every account that was posted to, as of a day; debits and credits are equal in every currency."""
    on = day_of(request, "on", clock.as_of())
    code = request.GET.get("legal_entity", "").replace("\0", "")
    entity = get_object_or_404(LegalEntity, code=code) if code else None
    rows = trial_balance(entity, on)
    sums: dict[str, Totals] = {}
    for row in rows:
        before = sums.get(row.currency, Totals(row.currency, row.debit * 0, row.credit * 0))
        sums[row.currency] = Totals(row.currency, before.debit + row.debit, before.credit + row.credit)
    context: dict[str, Any] = {
        "title": "Trial balance",
        "on": on,
        "entity": entity,
        "entities": LegalEntity.objects.order_by("code"),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "sums": [sums[currency] for currency in sorted(sums)],
        "balances": all(row.balances for row in sums.values()),
    }
    return render(request, "pages/finance/trial_balance.html", context)


@require_safe
@viewing("account", "entry")
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account with its postings, the last ones first."""
    rows = visible_accounts(request.user).select_related("legal_entity", "counterparty")
    row = get_object_or_404(rows, pk=pk)
    postings = Posting.objects.filter(account=row, entry__in=visible_entries(request.user))
    postings = postings.select_related("entry").order_by("-entry__effective_on", "-pk")
    crumbs = (
        [("Trial balance", reverse("pages:trial_balance"))]
        if may(request.user, "view", "trial_balance")
        else []
    )
    context = {
        "title": str(row),
        "crumbs": crumbs,
        "account": row,
        "page": Paginator(postings, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "pages/finance/account.html", context)


@require_safe
@viewing("entry")
def entry(request: HttpRequest, reference: str) -> HttpResponse:
    """One journal entry with its postings."""
    rows = visible_entries(request.user).select_related(
        "legal_entity", "memo", "reverses", "reversed_by", "posted_by"
    )
    row = get_object_or_404(rows, reference=reference.replace("\0", ""))
    context = {
        "title": row.reference,
        "crumbs": [],
        "entry": row,
        "postings": row.postings.select_related("account__counterparty").order_by("pk"),
    }
    return render(request, "pages/finance/entry.html", context)
