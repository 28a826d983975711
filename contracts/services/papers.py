"""Papers are laid beside a version, and passages of them beside its clauses. The terms are not changed by either."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction

from audit.record import record
from base.access import require_person
from base.models import User
from contracts.errors import FieldsRefused, NoSuchClause, PassageNotThere
from contracts.models import ClausePassage, ContractVersion, Paper, PaperPage
from contracts.papers.keeping import insert
from contracts.papers.matching import Span, find, lines_of, may_stand, nearest, text_of
from contracts.papers.passages import PlacedClause, clauses_of
from contracts.papers.safely import ReadPaper, read_paper
from contracts.reading import terms_of
from contracts.services.common import require_reason
from reckoning.canonical import sha256_hex

LONGEST = 5_000
_COPIED = (
    "place", "clause", "clause_sha256", "page_id", "first_word", "last_word", "text", "read_by_person",
)  # fmt: skip


def attach_paper(
    *,
    version: ContractVersion,
    content: bytes,
    name: str,
    kind: str,
    title: str = "",
    dated_on: date | None = None,
) -> Paper:
    """Keep a PDF beside a version, in whatever state that is. The same bytes again are the paper that is there.

    Read in a process of its own before the database is asked for anything. Raises PaperRefused with what is wrong,
    FieldsRefused, NotAllowed.
    """
    actor = require_person("legal")
    if kind not in Paper.Kind.values:
        raise FieldsRefused({"kind": [f"is none of {', '.join(Paper.Kind.values)}."]})
    digest = sha256_hex(content)
    there = version.papers.filter(sha256=digest).first()
    if there:
        return there
    read = read_paper(content)
    given = {"name": name[:200], "kind": kind, "title": (title.strip() or name)[:200], "dated_on": dated_on}
    return _kept(version, actor, content, digest, read, given)


@transaction.atomic
def _kept(
    version: ContractVersion,
    actor: User,
    content: bytes,
    digest: str,
    read: ReadPaper,
    given: dict[str, Any],
) -> Paper:
    ContractVersion.objects.select_for_update().get(pk=version.pk)
    there = version.papers.filter(sha256=digest).first()
    if there:
        return there
    paper = Paper(
        version=version,
        content=content,
        sha256=digest,
        byte_count=len(content),
        page_count=len(read.pages),
        carries=list(read.carries),
        uploaded_by=actor,
        **given,
    )
    insert(paper)
    PaperPage.objects.bulk_create(
        PaperPage(paper=paper, number=number, width=page.width, height=page.height, words=page.words)
        for number, page in enumerate(read.pages, start=1)
    )
    told = {"bytes": len(content), "pages": len(read.pages), "carries": list(read.carries)}
    after = {**given, "sha256": digest, **told}
    record("contract_version.attach_paper", version, after={"paper": paper.pk, **after})
    return paper


@transaction.atomic
def attach_passage(
    *,
    version: ContractVersion,
    place: str,
    page: PaperPage,
    passage: str = "",
    lines: tuple[int, int] | None = None,
) -> ClausePassage:
    """Lay a passage of a page beside the clause at ``place``: its words, or its lines (from 1, the last included).

    The words must stand on the page; what is kept is what stands there. A page without words is a scan: then what a
    person read is kept and marked so. Again is free. Raises PassageNotThere, NoSuchClause, FieldsRefused, NotAllowed.
    """
    actor = require_person("legal")
    ContractVersion.objects.select_for_update().get(pk=version.pk)
    placed = _placed(version, place)
    if page.paper.version.contract_id != version.contract_id:
        raise NoSuchClause(f"page: {page} belongs to a paper of another contract")
    span = _span(page, passage, lines)
    text = " ".join(passage.split()) if span is None else text_of(page.words, span)
    first, last = (None, None) if span is None else span
    same = ClausePassage.objects.filter(
        version=version, place=place, page=page, removed=False, replaced_by=None
    )
    done = same.filter(first_word=first, last_word=last, text=text, clause_sha256=placed.sha256).first()
    if done:
        return done
    row = ClausePassage.objects.create(
        version=version,
        place=place,
        clause=placed.label[:300],
        clause_sha256=placed.sha256,
        page=page,
        first_word=first,
        last_word=last,
        text=text,
        read_by_person=span is None,
        attached_by=actor,
    )
    record("contract_version.attach_passage", version, after=_said(row))
    return row


@transaction.atomic
def take_passage_away(*, passage: ClausePassage, reason: str) -> ClausePassage:
    """Take a passage from its clause; both rows stay. Again is free. Raises ReasonMissing, NoSuchClause, NotAllowed."""
    actor = require_person("legal")
    require_reason(reason)
    ContractVersion.objects.select_for_update().get(pk=passage.version_id)
    done = ClausePassage.objects.filter(replaces=passage).first()
    if done and done.removed:
        return done
    if done or passage.removed:
        raise NoSuchClause("passage: was replaced or taken away before; load the page again")
    row = _again(passage, actor, removed=True, reason=reason.strip()[:2000], replaces=passage)
    after = {"clause": passage.clause, "text": ""}
    record(
        "contract_version.take_passage_away",
        passage.version,
        before=_said(passage),
        after=after,
        reason=reason,
    )
    return row


@transaction.atomic
def confirm_passages(*, version: ContractVersion, passages: Sequence[ClausePassage]) -> list[ClausePassage]:
    """Say that passages still are those of their clauses: of this version, whose clause changed since, or of an earlier
    one whose clause has the same words here. One event for all. Raises NoSuchClause, NotAllowed.
    """
    actor = require_person("legal")
    ContractVersion.objects.select_for_update().get(pk=version.pk)
    clauses = clauses_of(terms_of(version))
    rows = []
    for passage in passages:
        own = passage.version_id == version.pk
        if passage.removed or ClausePassage.objects.filter(replaces=passage).exists():
            raise NoSuchClause(f"passage: {passage} was replaced or taken away before; load the page again")
        if not own and passage.version.contract_id != version.contract_id:
            raise NoSuchClause(f"passage: {passage} belongs to another contract")
        placed = next(
            (
                one
                for one in clauses
                if (one.place == passage.place if own else one.sha256 == passage.clause_sha256)
            ),
            None,
        )
        if placed is None:
            raise NoSuchClause(
                f"passage: {version} has no clause like {passage.clause!r}; attach it to another one"
            )
        if own and placed.sha256 == passage.clause_sha256:
            continue
        if not own and version.passages.filter(carried_from=passage).exists():
            continue
        extra = {"replaces": passage} if own else {"carried_from": passage}
        rows.append(
            _again(
                passage,
                actor,
                version=version,
                place=placed.place,
                clause=placed.label[:300],
                clause_sha256=placed.sha256,
                **extra,
            )
        )
    if rows:
        record("contract_version.confirm_passages", version, after={"passages": [_said(row) for row in rows]})
    return rows


def _again(passage: ClausePassage, actor: User, **changes: Any) -> ClausePassage:
    given = {name: getattr(passage, name) for name in _COPIED} | {"version": passage.version} | changes
    return ClausePassage.objects.create(**given, attached_by=actor)


def _placed(version: ContractVersion, place: str) -> PlacedClause:
    for one in clauses_of(terms_of(version)):
        if one.place == place:
            return one
    raise NoSuchClause(f"clause: {version} has none at {place[:120]!r}; load the page again")


def _span(page: PaperPage, passage: str, lines: tuple[int, int] | None) -> Span | None:
    """Where the passage stands; None for a scan, of which a person says what stands there."""
    if len(passage) > LONGEST:
        raise FieldsRefused({"passage": [f"has more than {LONGEST:,} characters; attach it in parts."]})
    if "\0" in passage:
        raise FieldsRefused({"passage": ["holds a character that is none; write it anew."]})
    if not page.words:
        if not passage.strip():
            raise FieldsRefused(
                {"passage": ["is empty. The page is a scan without words: type what you read there."]}
            )
        return None
    if not passage.strip():
        return _span_of_lines(page, lines)
    span = find(page.words, passage)
    if span is None:
        raise PassageNotThere(_elsewhere(page, passage))
    return span


def _span_of_lines(page: PaperPage, lines: tuple[int, int] | None) -> Span:
    known = lines_of(page.words)
    if lines is None or not 1 <= lines[0] <= lines[1] <= len(known):
        raise FieldsRefused(
            {
                "passage": [
                    f"is empty. Type its words, or choose lines of the page, 1 to {len(known)}, in order."
                ]
            }
        )
    return Span(known[lines[0] - 1][1].first, known[lines[1] - 1][1].last)


def _elsewhere(page: PaperPage, passage: str) -> str:
    """What to say of a passage that is not there: another page that has it, else what stands where it agrees most."""
    begin = f"passage: does not stand on page {page.number} of {page.paper.title}"
    for other in page.paper.pages.exclude(pk=page.pk).order_by("number"):
        if may_stand(other.words, passage) and find(other.words, passage):
            return f"{begin}; it stands on page {other.number}"
    instead = nearest(page.words, passage)
    return f"{begin}; what stands there is: {instead}" if instead else f"{begin}, nor do any of its words"


def _said(row: ClausePassage) -> dict[str, Any]:
    return {
        "clause": row.clause,
        "place": row.place,
        "clause_sha256": row.clause_sha256,
        "paper_sha256": row.page.paper.sha256,
        "page": row.page.number,
        "text": row.text,
        "read_by_person": row.read_by_person,
    }
