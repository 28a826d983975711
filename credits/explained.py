"""A result in words, rows and steps of a picture, from its terms, its inputs and itself. Pure: no database.

The page of an assessment, its evidence and the vendor's claim letter say the same because they ask here.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from base.svg import Step
from credits.attained import attained, entitlement_words, figure_name, figure_words
from credits.attained import duration as duration
from credits.attained import money as money
from credits.happened import Happened, happened
from reckoning.assessment import AssessmentInputs, AssessmentResult, reckon
from reckoning.assessment.measure import Measured, measure
from reckoning.canonical import decimal_text
from reckoning.terms import CommitmentTerms, Terms, terms_sha256
from reckoning.terms.indicators import TIMED
from reckoning.terms.wording import Clause, word
from reckoning.terms.wording import promise as promise_words

KINDS = {
    "planned_maintenance": "Planned maintenance",
    "force_majeure": "Force majeure",
    "customer_caused": "Caused by the customer",
    "third_party": "Third party",
    "mandated_change": "Mandated change",
}
MOST_ROWS = 12
OUTCOMES = {"met": "kept", "breach": "not kept", "open_question": "open"}


def instant(value: datetime) -> str:
    """An instant in UTC, to the second or finer where it is."""
    text = value.isoformat(sep=" ")
    return text.removesuffix("+00:00") + " UTC" if text.endswith("+00:00") else text


def utc(value: datetime) -> str:
    """An instant in UTC for a column whose header says so."""
    return instant(value).removesuffix(" UTC")


def clauses_of(terms: Terms, key: str) -> list[Clause]:
    """The clauses in words that a commitment consists of, with those that hold for all."""
    every = word(terms)
    index = next(at for at, one in enumerate(terms.commitments) if one.key == key)
    mine = f"commitments.{index}"
    return [
        one
        for one in every
        if not one.path.startswith("commitments.") or one.path == mine or one.path.startswith(f"{mine}.")
    ]


class Explained:
    """One result with its terms and inputs, ready to be shown."""

    def __init__(
        self, terms: Terms, key: str, inputs: AssessmentInputs, result: AssessmentResult | None = None
    ) -> None:
        self.terms = terms
        self.commitment: CommitmentTerms = terms.commitment(key)
        self.inputs = inputs
        self._terms_sha256 = terms_sha256(terms)
        self.result = result or self._reckoned(inputs)
        self.clauses = clauses_of(terms, key)
        self._prefix = f"commitments.{terms.commitments.index(self.commitment)}."

    def _reckoned(self, inputs: AssessmentInputs) -> AssessmentResult:
        return reckon(
            self.commitment,
            inputs,
            currency=self.terms.currency,
            terms_sha256=self._terms_sha256,
            zone=self.terms.zone,
        )

    def clause(self, path: str) -> str:
        """A path in the commitment with the number of its clause in words, such as "2.4 exclusions.0"."""
        wanted = f"{self._prefix}{path}"
        best = max(
            (one for one in self.clauses if wanted == one.path or wanted.startswith(f"{one.path}.")),
            key=lambda one: len(one.path),
            default=None,
        )
        return f"{best.number} {path}" if best else path

    @property
    def level(self) -> str:
        """The level as a percentage for the eye, never rounder than it is; of a promise about something else, that."""
        return attained(self.commitment, self.plain)[1]

    @property
    def level_name(self) -> str:
        """What the promise is about: the level, the longest outage, the number of late events."""
        return attained(self.commitment, self.plain)[0]

    @property
    def is_timed(self) -> bool:
        """Whether time was measured, so that there are outages, exclusions and a base."""
        return isinstance(self.commitment.indicator, TIMED)

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The result as plain values."""
        return self.result.to_json_obj()

    @property
    def entitlement(self) -> str:
        """What is earned before any fee, in words; empty where the terms know only percentages of tiers."""
        if not self.result.more:
            return ""
        return entitlement_words(self.result.more["entitlement"], self.result.currency)

    @property
    def promise(self) -> str:
        """The target in words."""
        return promise_words(self.commitment)

    @property
    def credit(self) -> str:
        """The credit, or that it is open."""
        amount = self.result.credit_amount
        return "open" if amount is None else money(amount, self.result.currency)

    def verdict(self) -> str:
        """One or two sentences: kept or not, by which level, and what follows."""
        if self.result.outcome == "open_question":
            return "Whether the promise was kept is open: a person must answer first."
        kept = "was kept" if self.result.outcome == "met" else "was not kept"
        what, was = attained(self.commitment, self.plain)
        first = f"The promise {kept}: the {what} was {was}, and {self.promise} was promised."
        if self.result.credit_amount is None:
            return f"{first} The credit is open: a person must answer first."
        if self.result.credit_amount:
            return f"{first} The credit is {self.credit}."
        return f"{first} No credit follows."

    def steps(self) -> list[Step]:
        """The waterfall: downtime, what each kind of exclusion takes from it, net, level, tier, credit, caps; of what
        measures no time, the figures instead of the downtime."""
        measured = self._time_steps() if self.is_timed else self._figure_steps()
        money_steps = self._wide_money_steps() if self.result.more else self._money_steps()
        place = "limit" if self.commitment.limit is not None else "target_percent"
        name, shown = attained(self.commitment, self.plain)
        reached = Step(
            name[:1].upper() + name[1:], self.clause(place), "fact", "", 0, shown, f"promised: {self.promise}"
        )
        return [*measured, reached, *money_steps]

    def _time_steps(self) -> list[Step]:
        result = self.result
        gross = result.gross_down_seconds
        steps = [
            Step("Downtime", self.clause("indicator"), "total", "s", gross, duration(gross)),
            *self._exclusion_steps(),
        ]
        net = Fraction(_last(result, "level").inputs["down_seconds"])
        added = Fraction(_last(result, "unknown").output["down_added_seconds"])
        if added:
            steps.append(
                Step(
                    "Unknown time that counts as down",
                    self.clause("unknown_time"),
                    "more",
                    "s",
                    added,
                    duration(added),
                )
            )
        clause = self.clause("excluded_time")
        steps.append(Step("Net downtime", clause, "total", "s", net, duration(net), self._share(net)))
        return steps

    def _figure_steps(self) -> list[Step]:
        """Every figure but the deciding one, which follows."""
        clause = self.clause("indicator")
        return [Step(_capital(name), clause, "fact", "", 0, shown) for name, shown in self._figures()]

    def _figures(self) -> list[tuple[str, str]]:
        deciding = attained(self.commitment, self.plain)[0]
        figures = self.result.more.get("figures", {}).items()
        named = [(figure_name(name), figure_words(figure)) for name, figure in figures]
        return [(name, shown) for name, shown in named if name != deciding]

    def _share(self, net: Fraction) -> str:
        return f"of {duration(self.result.base_seconds)} measured" if net or self.result.base_seconds else ""

    def _exclusion_steps(self) -> Iterator[Step]:
        """What each kind of exclusion takes away, one after the other, so that the steps add up; with the money
        that its step removes from the credit (found by reckoning without it)."""
        wanted = self.inputs.exclusions
        if self.result.gross_down_seconds == 0:
            return
        recurring = any(clause.recurring for clause in self.commitment.exclusions)
        if not (wanted or recurring):
            return
        kinds = [clause.kind for clause in self.commitment.exclusions]
        before = self._reckoned(self.inputs.model_copy(update={"exclusions": ()}))
        if recurring and (removed := _removed(before)):
            # They are excluded by the terms alone: nobody asks for them.
            clause = self.clause("exclusions")
            yield Step("Windows that come back", clause, "less", "s", removed, duration(removed))
        for index, kind in enumerate(kinds):
            # Those of kinds without a clause are refused in any case.
            taken = tuple(one for one in wanted if one.kind in kinds[: index + 1])
            after = self._reckoned(self.inputs.model_copy(update={"exclusions": taken}))
            removed = _removed(after) - _removed(before)
            if removed:
                yield Step(
                    KINDS[kind],
                    self.clause(f"exclusions.{index}"),
                    "less",
                    "s",
                    removed,
                    duration(removed),
                    self._worth(before, after),
                )
            before = after

    def _worth(self, before: AssessmentResult, after: AssessmentResult) -> str:
        if before.credit_amount is None or after.credit_amount is None:
            return "worth: open"
        difference = before.credit_amount - after.credit_amount
        if not difference:
            return "removes no money"
        verb = "removes" if difference > 0 else "adds"
        return f"{verb} {money(abs(difference), self.result.currency)}"

    def _money_steps(self) -> Iterator[Step]:
        result, currency = self.result, self.result.currency
        if result.outcome == "open_question":
            yield Step("Credit", self.clause("schedule"), "fact", "", 0, "open")
            return
        tier = _last(result, "tier")
        percent = "" if result.tier_percent is None else f"{decimal_text(result.tier_percent)} %"
        shown = "none" if result.tier is None else result.tier
        if "question" in tier.output:
            shown = "open"
        yield Step(
            "Tier", self.clause(tier.clause), "fact", "", 0, shown, percent and f"{percent} of the fee"
        )
        if result.credit_amount is None or result.uncapped_amount is None:
            yield Step("Credit", self.clause("rounding"), "fact", "", 0, self.credit)
            return
        fee = "" if result.fee_amount is None else money(result.fee_amount, currency)
        uncapped = result.uncapped_amount
        yield Step(
            f"{percent} of the fee",
            self.clause("schedule.basis"),
            "total",
            currency,
            uncapped,
            money(uncapped, currency),
            fee and f"of {fee}",
        )
        for step in (one for one in result.trace if one.stage == "caps"):
            taken = Fraction(step.inputs["amount"]) - Fraction(step.output["amount"])
            shown = money(taken, currency) if taken else "nothing"
            cap = f"cap: {money(Fraction(step.inputs['cap_amount']), currency)}"
            yield Step("Above the cap", self.clause(step.clause), "less", currency, taken, shown, cap)
        yield Step(
            "Credit",
            self.clause("rounding"),
            "total",
            currency,
            result.credit_amount,
            money(result.credit_amount, currency),
            "rounded once",
        )

    def _wide_money_steps(self) -> Iterator[Step]:
        """From what is earned, in whatever unit, over the base and the caps to the credit."""
        result, more, currency = self.result, self.result.more, self.result.currency
        schedule = self.clause("schedule")
        if self.commitment.schedule.kind != "nothing":
            tier = "" if result.tier is None else f"tier: {result.tier}"
            yield Step("Earned", schedule, "fact", "", 0, self.entitlement, tier)
        each = more["each"]
        for one in each[:MOST_ROWS]:
            shown = "open" if one["question"] else entitlement_words(one["entitlement"], currency)
            note = "" if one["amount"] is None else money(Fraction(one["amount"]), currency)
            yield Step(
                f"Earned by {one['name']}",
                schedule,
                "fact",
                "",
                0,
                shown,
                note if one["chosen"] else "left out",
            )
        if len(each) > MOST_ROWS:
            yield Step(f"Earned by {len(each) - MOST_ROWS} more", schedule, "fact", "", 0, "in the trace")
        if more["base_amount"] is not None:
            base = money(Fraction(more["base_amount"]), currency)
            yield Step("Base", self.clause("fee_base"), "fact", "", 0, base)
        if result.credit_amount is None or result.uncapped_amount is None:
            yield Step("Credit", self.clause("rounding"), "fact", "", 0, self.credit)
            return
        uncapped, paid = result.uncapped_amount, Fraction(more["credit_exact"])
        yield Step("Earned in money", schedule, "total", currency, uncapped, money(uncapped, currency))
        small = Fraction(more["withheld"]["amount"] or 0) if more["withheld"] else Fraction(0)
        if above := uncapped - paid - small:
            names = more["capped_by"] or ["caps"]
            words = "Above the caps" if above > 0 else "Carried over"
            yield Step(
                words,
                self.clause(names[0]),
                "less" if above > 0 else "more",
                currency,
                abs(above),
                money(abs(above), currency),
            )
        if small:
            yield Step(
                "Too small to be paid",
                self.clause("minimum"),
                "less",
                currency,
                small,
                money(small, currency),
            )
        credit = result.credit_amount
        clause = self.clause("rounding")
        yield Step("Credit", clause, "total", currency, credit, money(credit, currency), "rounded once")

    def measured(self) -> list[tuple[str, str]]:
        """What the window held, in lengths of time, or in the figures of what measures no time."""
        result = self.result
        if not self.is_timed:
            figures = self.result.more.get("figures", {}).items()
            return [(_capital(figure_name(name)), figure_words(figure)) for name, figure in figures]
        rows = [
            ("Measured time", duration(result.base_seconds)),
            ("Downtime before exclusions", duration(result.gross_down_seconds)),
            ("Excluded time", duration(result.excluded_seconds)),
            ("Time of which nobody knows", duration(result.unknown_seconds)),
        ]
        if self.inputs.existed_from or self.inputs.existed_until:
            begin = instant(self.inputs.existed_from) if self.inputs.existed_from else "always"
            end = f" until {instant(self.inputs.existed_until)}" if self.inputs.existed_until else ""
            rows.append(("The service existed from", f"{begin}{end}"))
        return rows

    def outages(self) -> list[tuple[str, ...]]:
        """Every reported interval: id, severity, from, to (UTC), length, whether it counts, and where it was read."""
        counted = set(self._measured.counted) if self._measured else set()
        return [
            (
                one.id,
                one.severity,
                utc(one.start),
                utc(one.end),
                duration(Fraction((one.end - one.start) // _MICROSECOND, 1_000_000)),
                "yes" if one.id in counted else "no",
                one.observation,
            )
            for one in sorted(self.inputs.intervals, key=lambda one: (one.start, one.end, one.id))
        ]

    def days(self) -> tuple[list[tuple[str, ...]], int]:
        """Every day with an outage (day, seconds by class, incidents, where it was read), and how many had none."""
        rows: list[tuple[str, ...]] = []
        quiet = 0
        for one in sorted(self.inputs.seconds, key=lambda one: one.start):
            if not any(one.classes.values()):
                quiet += 1
                continue
            classes = ", ".join(f"{value:,} s {name}" for name, value in sorted(one.classes.items()) if value)
            rows.append((one.start.date().isoformat(), classes, " ".join(one.incidents), one.observation))
        return rows, quiet

    def exclusions(self) -> list[tuple[str, ...]]:
        """Every exclusion that was asked for: id, kind, from, to, announced (UTC), and what became of it."""
        if self._measured:
            refused = dict(self._measured.excluded.refused)
        else:
            refused = {one.id: "the promise measures no time" for one in self.inputs.exclusions}
        return [
            (
                one.id,
                KINDS[one.kind],
                utc(one.start),
                utc(one.end),
                utc(one.announced_at) if one.announced_at else "no announcement",
                f"not excluded: {refused[one.id]}" if one.id in refused else "excluded",
            )
            for one in sorted(self.inputs.exclusions, key=lambda one: (one.start, one.end, one.id))
        ]

    @cached_property
    def _measured(self) -> Measured | None:
        zone = self.terms.zone_of(self.commitment)
        return measure(self.commitment, self.inputs, zone) if self.is_timed else None

    def happened(self) -> Happened | None:
        """What was told of a promise that measures no time; None for one that does."""
        return None if self.is_timed else happened(self.commitment, self.inputs, self.plain)

    def readings(self) -> list[tuple[str, str, str, str]]:
        """What every other reading of the same text would give: name, outcome, level, credit."""
        rows = []
        for one in self.result.to_json_obj()["other_readings"]:
            level = "open" if one["level"] is None else f"{one['level']['percent']} %"
            amount = one["credit_amount"]
            credit = "open" if amount is None else money(Decimal(amount), self.result.currency)
            rows.append((one["name"], OUTCOMES[one["outcome"]], level, credit))
        return rows

    def trace(self) -> list[tuple[str, str, str, str, str]]:
        """The steps of the reckoning as text."""
        return [
            (step.stage, self.clause(step.clause), step.rule, _lines(step.inputs), _lines(step.output))
            for step in self.result.trace
        ]


_MICROSECOND = datetime.resolution


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _removed(result: AssessmentResult) -> Fraction:
    for step in result.trace:
        if step.stage == "exclusions" and "down_removed_seconds" in step.output:
            return Fraction(step.output["down_removed_seconds"])
    return Fraction(0)


def _last(result: AssessmentResult, stage: str) -> Any:
    return next(step for step in reversed(result.trace) if step.stage == stage)


def _lines(values: dict[str, str]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in values.items() if value)
