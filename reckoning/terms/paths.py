"""Paths into a document, and pydantic's errors turned into sentences at such paths."""

from typing import Any

from pydantic import ValidationError

from reckoning.errors import TermsError

MAX_FAULTS = 100

# pydantic puts the tag of a union into an error's place; these fields hold one.
_UNION_FIELDS = ("indicator", "schedule", "claim")

_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field here; remove it or correct its name",
    "string_type": "is not text",
    "dict_type": "is not an object of named values",
    "model_type": "is not an object of named values",
    "model_attributes_type": "is not an object of named values",
    "tuple_type": "is not a list",
    "int_type": "is not a whole number",
    "bool_type": "is neither true nor false",
    "union_tag_not_found": "has no kind; name one",
    "none_required": "must be empty",
}


def replace_at(plain: dict[str, Any], path: str, value: Any) -> None:
    """Replace what stands at a dotted path. Raises TermsError when nothing stands there."""
    steps = path.split(".")
    holder: Any = plain
    for position, step in enumerate(steps):
        last = position == len(steps) - 1
        key: Any = int(step) if isinstance(holder, list) and step.isdecimal() and len(step) < 6 else step
        inside = key in holder if isinstance(holder, dict) else isinstance(key, int) and key < len(holder)
        if not isinstance(holder, (dict, list)) or not inside:
            raise TermsError(
                [(path, f"nothing stands at {'.'.join(steps[: position + 1])!r} in this commitment")]
            )
        if last:
            holder[key] = value
        else:
            holder = holder[key]
            if not isinstance(holder, (dict, list)):
                raise TermsError([(path, f"{'.'.join(steps[: position + 1])!r} has no parts to replace")])


def faults_of(error: ValidationError, given: Any) -> list[tuple[str, str]]:
    """Every fault as (path into the given document, sentence), at most MAX_FAULTS of them."""
    found: list[tuple[str, str, str]] = []
    for item in error.errors(include_url=False, include_input=False)[:MAX_FAULTS]:
        path = _path(item["loc"], given)
        context = item.get("ctx") or {}
        if item["type"] == "terms":
            at, sentence = context["at"], context["sentence"]
            path = f"{path}.{at}" if path and at else path or at
        else:
            sentence = _sentence(item["type"], item["msg"], context)
        found.append((path, sentence, item["type"]))
    # A list whose every item is faulty is also reported as too short; that is no fault of its own.
    return [
        (path, sentence)
        for path, sentence, kind in found
        if kind != "too_short" or not any(other.startswith(f"{path}.") for other, _, _ in found)
    ]


def _path(loc: tuple[int | str, ...], given: Any) -> str:
    steps: list[str] = []
    here = given
    entered_union = False
    for item in loc:
        if entered_union and isinstance(here, dict) and here.get("kind") == item:
            entered_union = False
            continue
        entered_union = item in _UNION_FIELDS
        steps.append(str(item))
        try:
            here = here[item]
        except (KeyError, IndexError, TypeError):
            here = None
    # A mapping's faulty key is reported as "[key]" after the key itself.
    return ".".join(step for step in steps if step != "[key]")


# Bounds in words; each takes the bound that was broken.
_BOUNDS = {
    "greater_than_equal": ("ge", "must be greater than or equal to {}"),
    "greater_than": ("gt", "must be greater than {}"),
    "less_than_equal": ("le", "must be less than or equal to {}"),
    "less_than": ("lt", "must be less than {}"),
    "string_too_long": ("max_length", "must have at most {} characters"),
    "string_too_short": ("min_length", "must have {} characters or more"),
    "too_long": ("max_length", "has too many entries; it may have at most {}"),
    "too_short": ("min_length", "has too few entries; it needs at least {}"),
}


def _sentence(kind: str, message: str, context: dict[str, Any]) -> str:
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return words.format(context[name])
    if kind in ("literal_error", "union_tag_invalid"):
        expected = context.get("expected") or context.get("expected_tags")
        return f"is none of the known values; known are {expected}"
    if kind == "value_error":
        return str(context.get("error", message))
    if kind == "string_pattern_mismatch":
        return f"does not have the expected form {context.get('pattern')}"
    return message[:1].lower() + message[1:]
