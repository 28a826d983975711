"""Terms that are weighed before signing: kept side by side, one picked, and what the past said of a text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit.record import record
from base.access import require_person
from contracts.errors import CandidateRefused
from contracts.models import (
    BackTest,
    Candidate,
    CandidateChoice,
    Contract,
    ContractVersion,
    TermsTemplateVersion,
)
from contracts.services.common import TermsLike, read_terms, require_reason
from contracts.services.versions import draft_version, edit_draft
from reckoning.canonical import canonical_json, canonical_object, sha256_hex
from reckoning.terms import terms_sha256

MOST_BYTES = 1_000_000
"""Of a comparison or of a back-test's figures: three candidates over two years take a tenth of it."""


@transaction.atomic
def keep_candidate(
    contract: Contract,
    *,
    label: str,
    terms: TermsLike,
    note: str = "",
    from_version: ContractVersion | None = None,
    from_template: TermsTemplateVersion | None = None,
) -> Candidate:
    """Keep terms as the candidate of a label; it takes the place of the one before, which stays on record.

    The same text again is free. Raises CandidateRefused, TermsRefused with every fault and its path, NotAllowed.
    """
    actor = require_person("legal")
    if label not in Candidate.Label.values:
        wanted = ", ".join(Candidate.Label.values)
        raise CandidateRefused(f"label: {label!r} is none; choose one of {wanted}")
    if len(note) > 500:
        raise CandidateRefused(f"note: has {len(note)} characters; at most 500 are kept")
    Contract.objects.select_for_update().get(pk=contract.pk)
    read = read_terms(terms, contract)
    digest = terms_sha256(read)
    last = contract.candidates.filter(label=label).order_by("-pk").first()
    if last is not None and last.terms_sha256 == digest and last.note == note:
        return last
    row = Candidate.objects.create(
        contract=contract,
        label=label,
        terms=read.document(),
        terms_sha256=digest,
        note=note,
        from_version=from_version,
        from_template=from_template,
        kept_by=actor,
    )
    after = {"contract": contract.reference, "label": label, "terms_sha256": digest, "note": note}
    record("candidate.keep", row, before={"terms_sha256": last.terms_sha256} if last else None, after=after)
    return row


@dataclass(frozen=True)
class Into:
    """The draft that a candidate's text goes into: one that is there, or a new one from a day on."""

    draft: ContractVersion | None = None
    effective_from_on: date | None = None


@transaction.atomic
def choose_candidate(
    candidate: Candidate, *, comparison: Mapping[str, Any], known_at: datetime, reason: str, into: Into
) -> CandidateChoice:
    """Pick a candidate: put on record who did, why, and the figures of all as they were shown; make the draft.

    ``comparison`` must name the candidate by its key among its ``candidates``. Raises CandidateRefused,
    ReasonMissing, WrongState where the draft was submitted, TermsRefused, NotAllowed.
    """
    actor = require_person("legal")
    require_reason(reason)
    shown = _bounded("comparison", comparison)
    named = {one.get("candidate"): one.get("terms_sha256") for one in shown.get("candidates", [])}
    if named.get(candidate.pk) != candidate.terms_sha256:
        raise CandidateRefused(
            f"comparison: {candidate} is not in it with this text; show the comparison again and pick from it"
        )
    draft = _drafted(candidate, into)
    choice = CandidateChoice.objects.create(
        chosen=candidate,
        comparison=shown,
        comparison_sha256=sha256_hex(canonical_json(shown)),
        known_at=known_at,
        reason=reason,
        draft=draft,
        chosen_by=actor,
    )
    after = {
        "label": candidate.label,
        "terms_sha256": candidate.terms_sha256,
        "rejected": sorted(key for key in named if key not in (candidate.pk, None)),
        "comparison_sha256": choice.comparison_sha256,
        "draft": str(draft),
    }
    record("candidate.choose", choice, after=after, reason=reason)
    return choice


def _drafted(candidate: Candidate, into: Into) -> ContractVersion:
    if into.draft is not None:
        if into.draft.contract_id != candidate.contract_id:
            raise CandidateRefused(f"draft: {into.draft} belongs to another contract than {candidate}")
        return edit_draft(into.draft, candidate.terms)
    if into.effective_from_on is None:
        raise CandidateRefused(
            "effective_from_on: is missing; say from which day the draft would be in effect"
        )
    return draft_version(candidate.contract, candidate.terms, into.effective_from_on)


@transaction.atomic
def record_back_test(
    contract: Contract, *, terms: TermsLike, figures: Mapping[str, Any], known_at: datetime
) -> BackTest:
    """Put on record what a text came to on the past, as the reckoning found it. The same again is free.

    ``figures`` has ``months``, ``decided``, ``attained`` and, by commitment, each month's outcome; see
    ``contracts.attainment``. Raises CandidateRefused, TermsRefused, NotAllowed.
    """
    actor = require_person("legal")
    told = _bounded("figures", figures)
    digest = terms_sha256(read_terms(terms, contract))
    figures_digest = sha256_hex(canonical_json(told))
    Contract.objects.select_for_update().get(pk=contract.pk)
    done = contract.back_tests.filter(terms_sha256=digest, figures_sha256=figures_digest).first()
    if done:
        return done
    row = BackTest.objects.create(
        contract=contract,
        terms_sha256=digest,
        known_at=known_at,
        months=told["months"],
        decided=told["decided"],
        attained=told["attained"],
        figures=told,
        figures_sha256=figures_digest,
        run_by=actor,
    )
    after = {"terms_sha256": digest, "known_at": known_at, "figures_sha256": figures_digest}
    record(
        "back_test.run", row, after=after | {name: told[name] for name in ("months", "decided", "attained")}
    )
    return row


def _bounded(field: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Plain canonical values of a bounded size."""
    plain: dict[str, Any] = canonical_object(given)
    size = len(canonical_json(plain))
    if size > MOST_BYTES:
        raise CandidateRefused(f"{field}: has {size:,} bytes; at most {MOST_BYTES:,} are kept")
    return plain
