"""The demo's version in review: asked about, objected to, and signed by two of three."""

from contracts.services import Answered

# What legal answered about the two papers of the demo.
CHECKLIST = {
    "governing_law": Answered("DE", "18.1", "Both papers of the demo say so (invented)."),
    "jurisdiction": Answered("our_courts", "18.2"),
    "credit_character": Answered("price_adjustment", "7.1"),
    "exclusive_remedy": Answered("counted", "7.4"),
    "liability_cap": Answered("inside", "12.3"),
    "penalty_test": Answered("proportionate", "7.2", "A tenth of a month's fee is far below what an hour costs them."),
    "notice_form": Answered("text", "17.1"),
    "precedence": Answered("listed", "1.3"),
    "data_relied_on": Answered("theirs", "6.2"),
    "chronic_failure": "silent",
    "de_at_standard_terms": Answered("negotiated", note="Negotiated one by one (invented)."),
    "de_lower_damage": "not_concerned",
}
