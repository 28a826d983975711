"""An error at a path below the block that raises it."""

from pydantic_core import PydanticCustomError


def fault(at: str, sentence: str) -> PydanticCustomError:
    """An error at a path below the block that raises it."""
    return PydanticCustomError("terms", "{sentence}", {"at": at, "sentence": sentence})
