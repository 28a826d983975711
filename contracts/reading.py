"""Reading of contracts: the terms as typed values, and what is in effect as of a day."""

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from contracts.errors import TermsAltered
from contracts.giving_way import computing
from contracts.models import Commitment, Contract, ContractVersion
from reckoning.terms import CommitmentTerms, Terms, terms_sha256
from reckoning.terms.parts import parse_known


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[Terms, str]:
    terms = parse_known(text)
    return terms, terms_sha256(terms)


def document_of(version: ContractVersion) -> dict[str, Any]:
    """The stored document as plain values."""
    document: dict[str, Any] = version.terms
    return document


def terms_of(version: ContractVersion) -> Terms:
    """The version's terms, checked against the hash that is stored beside them (rule 10).

    Raises TermsAltered when the two disagree.
    """
    terms, digest = _parsed(json.dumps(version.terms, sort_keys=True))
    if version.terms_sha256 and digest != version.terms_sha256:
        raise TermsAltered(
            f"terms of {version}: their hash is {digest}, but {version.terms_sha256} was frozen; "
            "the stored text was changed round the application"
        )
    return terms


def commitment_terms(commitment: Commitment) -> CommitmentTerms:
    """The clause of the document that a commitment stands for."""
    return terms_of(commitment.version).commitment(commitment.key)


def zone_of(commitment: Commitment) -> str:
    """The IANA zone whose midnights are the edges of the commitment's windows."""
    terms = terms_of(commitment.version)
    return terms.zone_of(terms.commitment(commitment.key))


def version_in_effect(contract: Contract, on: date) -> ContractVersion | None:
    """The signed version in effect on a day in the zone of the terms; derived, never stored."""
    return contract.version_in_effect(on)


def commitments_in_effect(contract: Contract, on: date) -> Sequence[Commitment]:
    """The commitments of the version in effect on a day, which is that of a window's start.

    An amendment in the middle of a window therefore applies from the next window; a window keeps the
    version under which it began. Empty where no version is in effect. Those that give way to another document on
    that day, by decision of a conflict, are left out.
    """
    version = contract.version_in_effect(on)
    if version is None:
        return ()
    rows = version.commitments.select_related("service", "version__contract").order_by("key", "service__code")
    return tuple(computing(rows, on))


def with_current(versions: QuerySet[ContractVersion], on: date) -> QuerySet[ContractVersion]:
    """Versions, each with ``current_id``: the version of its contract that is in effect on a day. One query."""
    beside = ContractVersion.objects.filter(
        contract=OuterRef("contract"), state=ContractVersion.State.SIGNED, effective_from_on__lte=on
    ).filter(Q(effective_until_on=None) | Q(effective_until_on__gt=on))
    newest = beside.order_by("-effective_from_on", "-number").values("pk")[:1]
    return versions.annotate(current_id=Subquery(newest))


def standing_of(version: ContractVersion, on: date) -> str:
    """What a version is as of a day: its stored state, or for a signed one what follows from the dates:
    "not yet in effect", "in effect", "ended" or "superseded". Asks nothing more of a row of :func:`with_current`.
    """
    if version.state != ContractVersion.State.SIGNED:
        return version.get_state_display().lower()
    if on < version.effective_from_on:
        return "not yet in effect"
    if version.effective_until_on is not None and version.effective_until_on <= on:
        return "ended"
    if not hasattr(version, "current_id"):
        version = with_current(ContractVersion.objects.filter(pk=version.pk), on).get()
    return "in effect" if version.current_id == version.pk else "superseded"  # type: ignore[attr-defined]
