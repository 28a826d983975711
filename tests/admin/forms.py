"""What a browser would send, made from a document without the form's own code."""

from typing import Any

from django.test import Client
from django.urls import reverse

PAIRS = ("weights", "set")


def posted(document: Any, path: str = "terms") -> dict[str, str]:
    """The fields of a terms document as the form names them."""
    sent: dict[str, str] = {}
    if isinstance(document, dict):
        sent[f"{path}.__here"] = "1"
        for name, value in document.items():
            if name in PAIRS:
                sent[f"{path}.{name}.__here"] = "1"
                for index, (key, one) in enumerate(value.items()):
                    sent[f"{path}.{name}.{index}.name"] = key
                    sent[f"{path}.{name}.{index}.value"] = one
            else:
                sent |= posted(value, f"{path}.{name}")
    elif isinstance(document, list):
        sent[f"{path}.__here"] = "1"
        for index, value in enumerate(document):
            sent |= posted(value, f"{path}.{index}")
    elif document is True or document is False:
        sent[path] = "yes" if document else "no"
    elif document is not None:
        sent[path] = str(document)
    return sent


def log_in(person: Any) -> Client:
    """A browser in which a person is logged in."""
    client = Client()
    client.force_login(person)
    return client


def page(model: str, view: str = "changelist", *args: Any) -> str:
    """The address of an admin page: ``page("contracts.contract", "change", 1)``."""
    label, name = model.split(".")
    return reverse(f"admin:{label}_{name}_{view}", args=args)


def errors_of(answer: Any) -> list[str]:
    """What the forms of an answer found wrong, in a few lines."""
    context = answer.context or {}
    form = context.get("form") or getattr(context.get("adminform"), "form", None)
    return [f"{name}: {' '.join(said)}" for name, said in form.errors.items()] if form else []
