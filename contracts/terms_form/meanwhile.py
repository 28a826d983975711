"""What others saved into a draft since somebody opened its form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.models import ContractVersion
from contracts.terms_form.page import SHAPE
from contracts.terms_form.values import shown
from reckoning.errors import TermsError
from reckoning.terms import parse_terms
from reckoning.terms.difference import Change, diff


@dataclass(frozen=True)
class Meanwhile:
    """Another text was saved: by whom and when, latest last, and what it changed, field by field."""

    saves: tuple[tuple[str, datetime], ...]
    changes: tuple[Change, ...]
    comparable: bool = True


def meanwhile(version: ContractVersion, base_sha256: str) -> Meanwhile | None:
    """What was saved since the text of that hash; None where it is the stored one, or the browser named none."""
    if not base_sha256 or base_sha256 == version.terms_sha256:
        return None
    rows = list(
        version.history.select_related("history_user").defer("terms").order_by("history_date", "history_id")
    )
    at = max((number for number, row in enumerate(rows) if row.terms_sha256 == base_sha256), default=0)
    saves = [
        (row.history_user.display_name if row.history_user else "somebody", row.history_date)
        for earlier, row in zip(rows[at:], rows[at + 1 :], strict=False)
        if row.terms_sha256 != earlier.terms_sha256
    ]
    before = _stored(version, base_sha256)
    if before is None:
        return Meanwhile(tuple(saves), (), comparable=False)
    try:
        changes = diff(parse_terms(before), parse_terms(version.terms))
    except TermsError:
        return Meanwhile(tuple(saves), (), comparable=False)
    return Meanwhile(tuple(saves), tuple(changes))


def stored_values(version: ContractVersion, sha256: str) -> Any | None:
    """The form's values of a text that the draft once had; None where it never did."""
    document = _stored(version, sha256)
    return shown(SHAPE, document) if document is not None else None


def _stored(version: ContractVersion, sha256: str) -> dict[str, Any] | None:
    rows = version.history.filter(terms_sha256=sha256).order_by("-history_date", "-history_id")
    found: dict[str, Any] | None = rows.values_list("terms", flat=True).first()
    return found
