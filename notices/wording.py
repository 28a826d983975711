"""What each reader is told, worded from one set of facts. Pure of clocks and of the database's state: the same
result gives the same words.

Legal gets every figure with its exact place in the contract. Customer success gets exactly two paragraphs in
plain words (see ``notices.plain_words``), the effect first; of what vendors owe us they are told no amount.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from contracts.models import Contract
from contracts.reading import terms_of
from credits.attained import attained, entitlement_words
from credits.models import Assessment
from notices.models import Announcement, Audience
from reckoning.assessment.result import percent_text
from reckoning.fields import zone_info
from reckoning.money import minor_digits, round_units
from reckoning.terms import CommitmentTerms
from reckoning.terms.indicators import TIMED
from reckoning.terms.wording import promise

LONGEST_SUBJECT = 200
Kind = Announcement.Kind


@dataclass(frozen=True)
class Words:
    """A subject of one line and a text."""

    subject: str
    text: str


@dataclass(frozen=True)
class Facts:
    """What is told, taken from a result and the text that it was reckoned by."""

    kind: str
    result: Assessment
    contract: Contract
    clause: CommitmentTerms
    service: str
    other_side: str
    first: date
    last: date
    zone: str

    @property
    def by_us(self) -> bool:
        """Whether it is our promise."""
        return self.contract.direction == Contract.Direction.PROMISED_BY_US

    @property
    def is_breach(self) -> bool:
        """Whether the promise was missed, by this revision."""
        return self.result.outcome == Assessment.Outcome.BREACH

    @property
    def period(self) -> str:
        """The window for people."""
        return period_text(self.first, self.last)

    @property
    def level(self) -> str:
        """The level with six decimals (more where six would look like the target); of a promise about another
        figure, that figure."""
        if not self.is_plain:
            name, value = attained(self.clause, self.result.result)
            return f"{name}: {value}"
        exact = self.result.level_exact
        return f"{percent_text(Fraction(exact))} %" if exact else "none: it cannot be told"

    @property
    def is_plain(self) -> bool:
        """Whether it is a promise of a level of measured time, which is told by how long it was down."""
        return self.clause.target_percent is not None and isinstance(self.clause.indicator, TIMED)

    @property
    def earned(self) -> str:
        """What the terms give for it before any fee, where that is more than a tier's percentage."""
        entitlement = self.result.result.get("entitlement")
        return entitlement_words(entitlement, self.result.currency) if entitlement else ""

    @property
    def credit(self) -> str:
        """The service credit with its currency."""
        amount = self.result.credit_amount
        return "open: a question must be answered first" if amount is None else self.money(amount)

    def money(self, amount: Decimal) -> str:
        """An amount with the decimals of its currency."""
        return f"{amount:,.{minor_digits(self.result.currency)}f} {self.result.currency}"


def facts_of(announcement: Announcement) -> Facts:
    """Gather the facts of an announcement."""
    result = announcement.assessment
    assert result is not None, "conflicts are worded by notices.wording_conflicts"
    commitment = result.commitment
    version = commitment.version
    terms = terms_of(version)
    clause = terms.commitment(commitment.key)
    zone = terms.zone_of(clause)
    local = zone_info(zone)
    return Facts(
        kind=announcement.kind,
        result=result,
        contract=version.contract,
        clause=clause,
        service=_line(commitment.service.name),
        other_side=_line(version.contract.counterparty.name),
        first=result.window_start.astimezone(local).date(),
        last=(result.window_end - timedelta(microseconds=1)).astimezone(local).date(),
        zone=zone,
    )


def words_for(audience: str, facts: Facts) -> Words:
    """The words for one audience."""
    return legal(facts) if audience == Audience.LEGAL else customer_success(facts)


# Legal ---------------------------------------------------------------------------------------------------


def legal(facts: Facts) -> Words:
    """Every figure, one to a line, each with its place in the contract."""
    result, contract = facts.result, facts.contract
    version = result.commitment.version
    what = {Kind.FOUND: "Breach", Kind.REVISED: "Revised breach", Kind.WITHDRAWN: "Withdrawn breach"}
    key = result.commitment.key
    subject = f"{what[Kind(facts.kind)]}: {contract.reference}, {key}, {facts.service}, {result.window_label}"
    deadline = result.claim_deadline_on
    timed = isinstance(facts.clause.indicator, TIMED)
    tier = result.result["tier_percent"]
    lines = [
        _opening(facts),
        "",
        f"Contract: {_line(contract.reference)}, {_line(contract.title)}, version {version.number}",
        f"Between: {_line(contract.legal_entity.name)} and {facts.other_side} "
        f"({_line(contract.get_direction_display()).lower()})",
        f"Clause: {key}, {_line(facts.clause.title)}",
        f"Service: {facts.service} ({result.commitment.service.code})",
        f"Window: {result.window_label}, {result.window_start.isoformat()} to {result.window_end.isoformat()}, "
        f"that is {facts.first} to {facts.last} in {facts.zone}",
        f"Promised: {promise(facts.clause)}",
        f"Level: {facts.level}",
        f"Exact level: {result.level_exact or 'none'}",
        *([f"Counted as down: {duration_text(Fraction(result.down_seconds), 1)}"] if timed else []),
        *([f"Earned: {facts.earned}"] if facts.earned else []),
        f"Tier: {result.tier_label or 'none'}" + (f", {tier} % of the fee" if tier is not None else ""),
        f"Service credit: {facts.credit}",
        f"Deadline of the claim: {day_text(deadline)} ({deadline})"
        if deadline
        else "Deadline of the claim: none",
        f"Revision: {result.revision}, as known at {result.known_at.isoformat()}",
        f"Terms: SHA-256 {result.terms_sha256}",
        f"Result: SHA-256 {result.result_sha256}",
    ]
    return Words(_subject(subject), "\n".join(lines) + "\n")


def _opening(facts: Facts) -> str:
    if facts.kind == Kind.FOUND:
        if facts.is_breach:
            return "The promised level was missed; the result is final."
        return "The promised level was met, and the terms give a service credit all the same; the result is final."
    if facts.kind == Kind.REVISED:
        return (
            "A later fact changed the result of which you were told before; this notice takes the place of that "
            "one. What is final in the books stays until it is restated."
        )
    why = (
        "a question about it is open again"
        if facts.result.outcome == Assessment.Outcome.OPEN_QUESTION
        else "by what is known now the promised level was met"
    )
    return (
        f"The breach of which you were told before no longer stands: {why}; that notice is withdrawn. What is "
        "final in the books stays until it is restated."
    )


# Customer success ----------------------------------------------------------------------------------------


def customer_success(facts: Facts) -> Words:
    """Exactly two paragraphs: what happened and to whom, then what follows from it."""
    happened = _happened_by_us(facts) if facts.by_us else _happened_to_us(facts)
    follows = _follows_for_customers(facts) if facts.by_us else _follows_for_vendors(facts)
    if facts.by_us:
        subject = f"{facts.other_side}: {facts.service} in {facts.period}"
    else:
        subject = f"{facts.service} of {facts.other_side} in {facts.period}"
    before = {Kind.REVISED: "Changed figures, ", Kind.WITHDRAWN: "Taken back, "}.get(Kind(facts.kind), "")
    return Words(_subject(before + subject), f"{happened}\n\n{follows}\n")


def _happened_by_us(facts: Facts) -> str:
    if facts.kind == Kind.WITHDRAWN:
        return _taken_back(facts, f"{facts.service} for {facts.other_side}")
    if not facts.is_breach:
        kept = f"{facts.other_side} got from us in {facts.period} what we promised"
        return f"{_again(facts)}{kept}, and our contract gives them a service credit all the same."
    missed = f"{facts.other_side} did not get from us what we promised for {facts.period}"
    return f"{_again(facts)}{missed}: {_down(facts)}."


def _happened_to_us(facts: Facts) -> str:
    if facts.kind == Kind.WITHDRAWN:
        return _taken_back(facts, f"{facts.service} of {facts.other_side}")
    if not facts.is_breach:
        kept = f"{facts.other_side} kept in {facts.period} what it promised us"
        return f"{_again(facts)}{kept}, and our contract gives us a service credit all the same."
    missed = f"{facts.other_side} did not keep what it promised us for {facts.period}"
    felt = f"Customers whose work with us rests on {facts.service} may have felt it."
    return f"{_again(facts)}{missed}: {_down(facts)}. {felt}"


def _again(facts: Facts) -> str:
    return "This takes the place of what we wrote to you before. " if facts.kind == Kind.REVISED else ""


def _taken_back(facts: Facts, about: str) -> str:
    why = (
        "a question about it is open again, and there is no result until it is answered"
        if facts.result.outcome == Assessment.Outcome.OPEN_QUESTION
        else "by what is known now the promise was kept"
    )
    return f"What we wrote to you before about {about} in {facts.period} no longer holds: {why}."


def _down(facts: Facts) -> str:
    """How long it was down, beside how long it might have been."""
    result = facts.result
    down = Fraction(result.result["down_seconds"]["exact"])
    base = Fraction(result.result["base_seconds"]["exact"])
    if facts.clause.target_percent is None or not facts.is_plain:
        name, value = attained(facts.clause, result.result)
        return f"the {name} was {value}; promised was {promise(facts.clause)}"
    most = base * (1 - Fraction(facts.clause.target_percent) / 100)
    was, might = duration_text(down, 60), duration_text(most, 60)
    if was == might:
        was, might = duration_text(down, 1), duration_text(most, 1)
    if was == might:
        was = f"a little more than {was}"
    limit = "no more than" if facts.clause.target_inclusive else "less than"
    return f"{facts.service} counted as down for {was} in all, where {limit} {might} was promised"


def _follows_for_customers(facts: Facts) -> str:
    only = f"This is about {facts.service} alone; whatever else they have from us was looked at on its own."
    if facts.kind == Kind.WITHDRAWN:
        return f"If you have told them already, please tell them this as well. {only}"
    amount, until = facts.result.credit_amount, facts.result.claim_deadline_on
    if amount is None:
        follows = "Whether a service credit follows is not settled yet; please promise none."
    elif not amount:
        follows = "No service credit follows from it."
    elif until is None:
        follows = f"They get a service credit of {facts.money(amount)} and need not ask for it."
    else:
        follows = (
            f"They get a service credit of {facts.money(amount)} if they ask for it by {day_text(until)}; "
            "please see to it that they know."
        )
    sure = (
        "These figures are final."
        if facts.kind == Kind.FOUND
        else "Finance decides whether an amount that was settled before is changed."
    )
    return f"{follows} {sure} {only}"


def _follows_for_vendors(facts: Facts) -> str:
    only = "This says nothing of their other components; each is looked at on its own."
    if facts.kind == Kind.WITHDRAWN:
        return f"If you have told a customer already, please tell them this as well. {only}"
    return (
        f"Our vendor managers take it up with {facts.other_side}; you need to do nothing. If a customer asks, "
        f"you may say that we know of it and pursue it. {only}"
    )


# Figures for people --------------------------------------------------------------------------------------


def period_text(first: date, last: date) -> str:
    """The days from ``first`` to ``last``, both included, in the shortest words: "March 2023"."""
    whole = first.day == 1 and (last + timedelta(days=1)).day == 1
    if not whole:
        return f"the days from {day_text(first)} to {day_text(last)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%B %Y}"
    start = f"{first:%B}" if first.year == last.year else f"{first:%B %Y}"
    return f"{start} to {last:%B %Y}"


def day_text(day: date) -> str:
    """Such as 30 April 2023."""
    return f"{day.day} {day:%B %Y}"


def duration_text(seconds: Fraction, unit: int) -> str:
    """A length of time in words, rounded half up to ``unit`` seconds (60 or 1); below a minute always to 1."""
    unit = unit if seconds >= 60 else 1
    left = round_units(seconds / unit, "half_up") * unit
    parts = []
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {noun}" + ("" if count == 1 else "s"))
    return " ".join(parts) or "0 seconds"


def _line(text: str) -> str:
    """A name as a single line, whatever was entered."""
    return " ".join(text.split())


def _subject(text: str) -> str:
    line = _line(text)
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"
