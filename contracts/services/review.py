"""The review of a version: others are asked, they remark and object, and each objection is answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit.models import Event
from audit.record import record
from base.access import may_see, require_person
from base.access_rules import BY_NAME
from base.errors import NotAllowed
from base.models import User
from contracts.errors import FieldsRefused, NotYoursToAnswer, WrongState
from contracts.models import Contract, ContractVersion, RemarkAnswer, ReviewRemark, ReviewRequest
from contracts.review_checks import is_open
from contracts.services.common import State, authors_of, lock, require_text
from contracts.services.turns import ask_whose_turn_it_is
from contracts.wording_places import places_of

Kind, Class, Outcome = ReviewRemark.Kind, ReviewRemark.ObjectionClass, RemarkAnswer.Outcome
# Who may be asked, and may remark on what they may see; some see the documents of one side only.
REVIEWERS: tuple[str, ...] = BY_NAME["review"].acts["remark"]
SEES_ONLY = {
    "vendor_manager": Contract.Direction.PROMISED_TO_US,
    "customer_success": Contract.Direction.PROMISED_BY_US,
}
MOST_WORDS = 4000


@transaction.atomic
def ask_for_review(
    version: ContractVersion, role: str, words: str, *, person: User | None = None, due_on: date | None = None
) -> ReviewRequest:
    """Ask a role, or one person of it, to look at a version that is not signed. Again with the same words is free.

    Raises FieldsRefused, WrongState, NotAllowed.
    """
    actor = require_person("legal")
    lock(version, State.DRAFT, State.IN_REVIEW)
    known = reviewers_of(version)
    if role not in known:
        raise FieldsRefused({"role": [f"{role!r} is not asked about {version}; {', '.join(known)} are."]})
    if person is not None and not (person.is_active and person.has_role(role)):
        raise FieldsRefused(
            {"person": [f"{person.display_name} does not have the role {role.replace('_', ' ')}."]}
        )
    _require_words(words)
    done = version.review_requests.filter(role=role, person=person, words=words, due_on=due_on).first()
    if done:
        return done
    row = ReviewRequest.objects.create(
        version=version, role=role, person=person, words=words, due_on=due_on, asked_by=actor
    )
    after = {"role": role, "person": person, "due_on": due_on, "words": words}
    record("contract_version.ask_review", version, after=after, reason=words)
    return row


@transaction.atomic
def add_remark(
    version: ContractVersion, words: str, *, path: str = "", objection_class: str = "", terms_sha256: str = ""
) -> ReviewRemark:
    """Remark on the text as it is: a comment, or with a class (information, trade_off, veto) an objection.

    ``path`` is a place of the document (empty: the whole). ``terms_sha256`` is the hash of the text that was read;
    where it is given and the text is another by now, this is refused. The same words again are free.

    Raises FieldsRefused, WrongState, NotAllowed where the actor may not see the version.
    """
    actor = require_person(*REVIEWERS)
    lock(version, State.DRAFT, State.IN_REVIEW)
    if not may_see(actor, version, kind="review"):
        raise NotAllowed(f"actor: {actor.display_name} was not asked about {version} and does not see it")
    _require_words(words)
    if objection_class not in ("", *Class.values):
        raise FieldsRefused(
            {"objection_class": [f"{objection_class!r} is none of {', '.join(Class.values)}."]}
        )
    if terms_sha256:
        require_text(version, terms_sha256)
    if path and path not in places_of(version):
        raise FieldsRefused({"path": [f"There is no {path!r} in the text; leave it empty for the whole."]})
    kind = Kind.OBJECTION if objection_class else Kind.COMMENT
    given: dict[str, Any] = {
        "kind": kind, "objection_class": objection_class, "path": path, "words": words,
        "terms_sha256": version.terms_sha256,
    }  # fmt: skip
    done = version.remarks.filter(made_by=actor, **given).first()
    if done:
        return done
    row = ReviewRemark.objects.create(version=version, made_by=actor, **given)
    record("contract_version.remark", version, after={"remark": row.pk, **given}, reason=words)
    return row


@transaction.atomic
def answer_remark(
    remark: ReviewRemark, outcome: str, words: str, *, edit: tuple[str, str] | None = None
) -> RemarkAnswer:
    """Answer a remark: reply, accept, reject or withdraw, each in words.

    Whoever made the remark withdraws it and never accepts or rejects it; legal accepts and rejects; a reply closes
    nothing. A veto is closed by withdrawal alone: by its author, or with a reason by a person of legal who neither made
    it nor wrote the text. ``edit`` names the edit of the text that an acceptance caused, as the hashes before and
    after; it must have been made since the remark.

    Raises FieldsRefused, NotYoursToAnswer, WrongState, NotAllowed.
    """
    actor = require_person(*REVIEWERS)
    version = remark.version
    lock(version, State.DRAFT, State.IN_REVIEW)
    if not may_see(actor, version, kind="review"):
        raise NotAllowed(f"actor: {actor.display_name} was not asked about {version} and does not see it")
    _require_words(words)
    if outcome not in Outcome.values:
        raise FieldsRefused({"outcome": [f"{outcome!r} is none of {', '.join(Outcome.values)}."]})
    before, after = _edit_of(remark, outcome, edit)
    done = remark.answers.filter(outcome=outcome, words=words, answered_by=actor).first()
    if done:
        return done
    _check_may_answer(remark, outcome, actor)
    row = RemarkAnswer.objects.create(
        remark=remark, outcome=outcome, words=words, from_sha256=before, to_sha256=after, answered_by=actor
    )
    told = {
        "remark": remark.pk,
        "outcome": outcome,
        "words": words,
        "from_sha256": before,
        "to_sha256": after,
    }
    record("contract_version.answer_remark", version, after=told, reason=words)
    ask_whose_turn_it_is(version, actor)
    return row


def reviewers_of(version: ContractVersion) -> tuple[str, ...]:
    """The roles that can be asked about a version: those that see it once they are."""
    side = version.contract.direction
    return tuple(role for role in REVIEWERS if SEES_ONLY.get(role, side) == side)


@dataclass(frozen=True)
class Edit:
    """An edit of a version's text, by the hashes before and after."""

    at: datetime
    by: str
    before: str
    after: str


def edits_of(version: ContractVersion) -> list[Edit]:
    """Every edit that changed the text, from the record, the first one first. One query."""
    rows = Event.objects.filter(
        subject_type=version._meta.label_lower,
        subject_id=str(version.pk),
        before__has_key="terms_sha256",
        after__has_key="terms_sha256",
    )
    named = rows.order_by("pk").values_list(
        "recorded_at", "actor_name", "before__terms_sha256", "after__terms_sha256"
    )
    return [Edit(*row) for row in named if row[2] != row[3]]


def edits_since(remark: ReviewRemark, edits: Iterable[Edit]) -> list[Edit]:
    """Those of the edits that were made since a remark."""
    return [edit for edit in edits if edit.at >= remark.made_at]


def _edit_of(remark: ReviewRemark, outcome: str, edit: tuple[str, str] | None) -> tuple[str, str]:
    if edit is None:
        return "", ""
    if outcome != Outcome.ACCEPTED:
        raise FieldsRefused({"edit": ["Only an acceptance names the edit that it caused."]})
    known = [(one.before, one.after) for one in edits_since(remark, edits_of(remark.version))]
    if edit not in known:
        raise FieldsRefused({"edit": ["There is no such edit of the text since the remark was made."]})
    return edit


def _check_may_answer(remark: ReviewRemark, outcome: str, actor: User) -> None:
    own = remark.made_by_id == actor.pk
    given = set(remark.answers.values_list("outcome", flat=True))
    if outcome == Outcome.REPLY:
        return
    if Outcome.WITHDRAWN in given:
        raise WrongState("remark: it was withdrawn already")
    if outcome == Outcome.WITHDRAWN:
        _check_may_withdraw(remark, own, actor)
    elif own:
        raise NotYoursToAnswer("actor: you made this remark; somebody else of legal accepts or rejects it")
    elif not actor.has_role("legal"):
        raise NotYoursToAnswer("actor: legal accepts or rejects a remark; your role replies to it")
    elif given & {Outcome.ACCEPTED, Outcome.REJECTED}:
        raise WrongState("remark: it was accepted or rejected already; that is not changed")


def _check_may_withdraw(remark: ReviewRemark, own: bool, actor: User) -> None:
    if remark.kind == Kind.OBJECTION and not is_open(
        remark, remark.answers.values_list("outcome", flat=True)
    ):
        raise WrongState("remark: it is closed already")
    if own:
        return
    if remark.objection_class != Class.VETO:
        raise NotYoursToAnswer(
            "actor: only whoever made this remark withdraws it; you may accept or reject it"
        )
    if not actor.has_role("legal") or actor.pk in authors_of(remark.version):
        raise NotYoursToAnswer(
            "actor: a veto is lifted by whoever made it, or by a person of legal who did not write the text"
        )


def _require_words(words: str) -> None:
    if not words.strip():
        raise FieldsRefused({"words": ["Say it in words: they go on record."]})
    if len(words) > MOST_WORDS:
        raise FieldsRefused({"words": [f"Has {len(words)} characters; {MOST_WORDS} are the most."]})
