"""The checklist of enforceability: what legal must have answered about a paper before it is signed.

It asks; it advises nothing. Some items are asked of every paper, others by the law that governs it. The database
holds to the same list (``contracts_checklist_required`` in ``sql/signing_life.sql``): a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SILENT = ("silent", "The paper does not say")


@dataclass(frozen=True)
class Item:
    """One question. ``answers`` gives the allowed codes with their words; ``laws`` those that ask it (none: every)."""

    id: str
    question: str
    why: str
    answers: tuple[tuple[str, str], ...]
    laws: tuple[str, ...] = ()
    needs_note: tuple[str, ...] = field(default=())

    def words_of(self, answer: str) -> str:
        """The words of an answer's code; the code itself where an older list had it."""
        return dict(self.answers).get(answer, answer)


LAWS = (
    ("DE", "Germany"),
    ("AT", "Austria"),
    ("CH", "Switzerland"),
    ("UK", "England and Wales, Scotland or Northern Ireland"),
    ("US", "A state of the United States"),
    ("FR", "France"),
    ("other", "Another law, named in the note"),
    SILENT,
)
YES_NO = (("yes", "Yes"), ("no", "No"))
CHECKED = (
    ("reviewed", "Checked, and it holds"),
    ("doubtful", "Doubtful"),
    ("not_concerned", "Does not concern this paper"),
)

EVERY = (
    Item(
        "governing_law",
        "Which law governs the contract?",
        "Whether a credit may be a penalty, and what a court would do to it, depends on the law. It also decides which "
        "further questions are asked below.",
        LAWS,
        needs_note=("other", "US"),
    ),
    Item(
        "jurisdiction",
        "Where would a dispute be decided?",
        "A right that can only be had in a court that nobody will go to is worth little.",
        (
            ("our_courts", "Courts of our seat"),
            ("their_courts", "Courts of the other side's seat"),
            ("other_courts", "Other courts"),
            ("arbitration", "Arbitration"),
            SILENT,
        ),
    ),
    Item(
        "credit_character",
        "What is a service credit, in the words of the paper?",
        "As an adjustment of the price it is owed whatever the damage; as liquidated damages it is measured against "
        "the loss; a paper that is silent leaves both to argue.",
        (
            ("price_adjustment", "An adjustment of the price"),
            ("liquidated_damages", "Liquidated damages"),
            SILENT,
        ),
    ),
    Item(
        "exclusive_remedy",
        "Does the credit replace other remedies?",
        "Who accepts a credit may find that damages are barred.",
        (
            ("exclusive", "The only remedy"),
            ("counted", "Damages beside it, less the credit"),
            ("beside", "Damages beside it"),
            SILENT,
        ),
    ),
    Item(
        "liability_cap",
        "Do credits count towards the cap on liability?",
        "If they do, a bad year of credits uses up what is left for a real damage.",
        (
            ("inside", "They count towards it"),
            ("outside", "They stand outside of it"),
            ("no_cap", "There is no cap"),
            SILENT,
        ),
    ),
    Item(
        "penalty_test",
        "Are the credits in proportion to a legitimate interest in the service level?",
        "What is out of all proportion to any such interest may be struck out or reduced as a penalty.",
        (
            ("proportionate", "In proportion"),
            ("doubtful", "Doubtful"),
            ("not_concerned", "The law knows no such test"),
        ),
        needs_note=("proportionate", "doubtful"),
    ),
    Item(
        "notice_form",
        "In which form must a claim or a notice be given?",
        "A claim in the wrong form is no claim, and the time for it runs on.",
        (
            ("signed_writing", "In writing, signed"),
            ("text", "In text form, such as mail"),
            ("portal", "In a portal of theirs"),
            ("no_form", "In any form"),
            SILENT,
        ),
    ),
    Item(
        "precedence",
        "Which document prevails where two disagree?",
        "An order form that promises more than the master agreement is worth what the order of precedence says.",
        (
            ("this", "This document"),
            ("master", "The master agreement"),
            ("order_form", "The order form"),
            ("listed", "A list in the paper, given as the clause"),
            SILENT,
        ),
    ),
    Item(
        "data_relied_on",
        "Whose data decide whether the level was met?",
        "Credits are won and lost with the choice of the monitor.",
        (
            ("ours", "Ours"),
            ("theirs", "The other side's"),
            ("third", "A third party's"),
            ("both", "Both, by a procedure in the paper"),
            SILENT,
        ),
    ),
    Item(
        "chronic_failure",
        "May the contract be ended after repeated failures?",
        "Credits alone do not end a service that goes on failing.",
        (("yes", "Yes, as the clause says"), ("no", "No"), SILENT),
    ),
)
BY_LAW = (
    Item(
        "de_at_standard_terms",
        "Are the terms individually negotiated, or standard terms that were checked as such?",
        "In Germany and Austria clauses in standard terms fall where they are surprising or grossly one-sided, and "
        "nothing is left of them but the law.",
        (
            ("negotiated", "Negotiated one by one"),
            ("checked", "Standard terms, checked as such"),
            ("doubtful", "Doubtful"),
        ),
        laws=("DE", "AT"),
        needs_note=("doubtful",),
    ),
    Item(
        "de_lower_damage",
        "Does a flat-rate credit leave the other side the proof of a lower damage?",
        "In German standard terms flat-rate damages fall where that proof is cut off (section 309 no. 5 BGB).",
        (*YES_NO, ("not_concerned", "No flat-rate damages, or no standard terms")),
        laws=("DE",),
    ),
    Item(
        "at_moderation",
        "Was it considered that a judge may moderate an agreed penalty?",
        "In Austria a penalty may be reduced by the court, and that cannot be agreed away (section 1336 ABGB).",
        CHECKED,
        laws=("AT",),
    ),
    Item(
        "uk_reasonableness",
        "Do limits and exclusive remedies in standard terms pass as reasonable?",
        "In the United Kingdom limits of liability in a party's written standard terms must be reasonable (Unfair "
        "Contract Terms Act 1977).",
        CHECKED,
        laws=("UK",),
        needs_note=("doubtful",),
    ),
    Item(
        "us_reasonable_forecast",
        "Were liquidated damages a reasonable forecast when the contract was made?",
        "Courts of most states enforce a fixed sum that was a reasonable forecast of a loss that is hard to prove, and "
        "strike out a penalty.",
        CHECKED,
        laws=("US",),
        needs_note=("doubtful",),
    ),
    Item(
        "fr_moderation",
        "Was it considered that a judge may lower or raise a penalty clause, and strike out what is out of balance?",
        "In France a manifestly excessive or derisory penalty may be changed by the court (article 1231-5 of the Code "
        "civil), and in a contract of adhesion a clause out of balance is not written (article 1171).",
        CHECKED,
        laws=("FR",),
    ),
)
ITEMS = (*EVERY, *BY_LAW)
BY_ID: Mapping[str, Item] = {item.id: item for item in ITEMS}


def items_for(law: str) -> tuple[Item, ...]:
    """The items that are asked of a paper under ``law`` (an answer to ``governing_law``; empty: not answered yet)."""
    return (*EVERY, *(item for item in BY_LAW if law in item.laws))
