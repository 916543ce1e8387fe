"""What is computed when first asked for, and by one thread only."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Once(Generic[Made]):
    """A value that is made at the first call and kept; an error is raised to the caller, and the next one tries again.

    Args:
        make: computes the value.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make, self._lock, self._made = make, Lock(), list[Made]()

    def __call__(self) -> Made:
        """Return the value."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]
