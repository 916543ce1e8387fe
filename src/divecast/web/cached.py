"""A value computed on first use, once for all threads."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Cached(Generic[Value]):
    """A value that is computed at the first call and kept.

    An error is raised to the caller and not kept: the next call computes again.

    Args:
        compute: returns the value.
    """

    def __init__(self, compute: Callable[[], Value]) -> None:
        self._compute, self._lock, self._kept = compute, Lock(), list[Value]()

    def __call__(self) -> Value:
        """Return the value."""
        with self._lock:
            if not self._kept:
                self._kept.append(self._compute())
            return self._kept[0]
