"""What formats of credit notes have in common."""

from credits.exports.values import Note
from reckoning.money import minor_digits


def refusal_of_a_note(note: Note) -> str:
    """Why a memo is no credit note; empty where it is one."""
    if note.kind == "reduction":
        return "it takes a credit back, which is invoiced and not credited"
    if note.is_reversed:
        return "it was reversed"
    if not note.parts:
        return "it credits no invoice that is known here, so that neither its tax nor its reference is known"
    if minor_digits(note.currency) > 2:
        return f"the format keeps two decimals, and {note.currency} has {minor_digits(note.currency)}"
    return ""
