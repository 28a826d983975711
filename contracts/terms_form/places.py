"""A place of a document in the words of the form, for lists of what changed and of what was found."""

from contracts.terms_form.labels import words
from contracts.terms_form.nodes import item_label
from contracts.terms_form.shapes import Group, Many, OneOf, Shape, group_of
from reckoning.errors import TermsError
from reckoning.terms import Terms
from reckoning.terms.model import CommitmentTerms
from reckoning.terms.places import steps_of


def place_words(place: str) -> str:
    """A place in words: ``commitments[uptime].claim.days`` is Commitment uptime › How the credit is claimed › Days.

    Needs no document. A place within a commitment alone is understood as well; what is no place stays as it is.
    """
    try:
        steps = steps_of(place)
    except TermsError:
        return place
    whole = next(
        (one for one in (group_of(Terms), group_of(CommitmentTerms)) if steps[0] in one.by_name), None
    )
    if whole is None:
        return place
    here: tuple[Shape, ...] = (whole,)
    said: list[str] = []
    last = ""
    for step in steps:
        fields = [group.by_name[step] for group in _groups(here) if step in group.by_name]
        if fields:
            # Where kinds call the same field differently, its name says which it is as well as either.
            labels = {one.label for one in fields}
            said.append(labels.pop() if len(labels) == 1 else words(step))
            here, last = tuple(one.shape for one in fields), step
        elif items := tuple(one.item for one in here if isinstance(one, Many)):
            named = str(int(step) + 1) if step.isdecimal() else step.replace("_", " ")
            said[-1] = f"{item_label(last)} {named}"
            here = items
        else:
            said.append(step)
            here = ()
    return " › ".join(said)


def _groups(shapes: tuple[Shape, ...]) -> list[Group]:
    found: list[Group] = []
    for shape in shapes:
        if isinstance(shape, OneOf):
            found.extend(shape.variants.values())
        elif isinstance(shape, Group):
            found.append(shape)
    return found
