"""Pydantic's adapters of types, each built once."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@cache
def adapter_of(kind: Any) -> "TypeAdapter[Any]":
    """Return what validates and writes values of a type; to build it takes longer than to read a small file."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
