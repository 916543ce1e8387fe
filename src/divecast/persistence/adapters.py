"""Pydantic's adapters of types, each built once."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_BUILT: dict[Any, "TypeAdapter[Any]"] = {}


def adapter_of(kind: Any) -> "TypeAdapter[Any]":
    """Return what validates and writes values of a type; to build it takes longer than to read a small file."""
    if kind not in _BUILT:
        from pydantic import TypeAdapter

        _BUILT[kind] = TypeAdapter(kind)
    return _BUILT[kind]
