"""Where a filled-in copy comes from. A copy never changes when its template does; it can only be compared."""

from typing import Annotated

from pydantic import Field, JsonValue

from reckoning.fields import Name, Slug, Value


class FilledFrom(Value):
    """The template, its version, its hash, and the values that were filled in."""

    template: Slug
    version: Annotated[int, Field(strict=True, ge=1, le=100_000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    values: dict[Name, JsonValue] = Field(default_factory=dict, max_length=200)
