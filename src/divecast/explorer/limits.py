"""Limits of one request, and of what is computed at a time."""

import os
from dataclasses import dataclass, field

MOST_WINDOWS = 64
MOST_LEVELS = 21
MOST_POSITIONS = 100
MOST_ANOMALOUS = 200

_LEAST_BODY = 1 << 18
_BYTES_PER_VALUE = 32  # of a window in a request: 17 digits, sign, exponent, comma and blanks


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the server.

    Attributes:
        body_bytes: size of a request's body.
        body_seconds: time within which a request's body must arrive.
        seconds: time for an answer, waiting and computing together.
        at_once: computations that run in parallel.
        waiting: requests that may wait for them; further ones are rejected.
        scored: windows that one request may score.
        numbers: numbers in one answer.
        computed: numbers computed for one answer, including channels that are not returned.
    """

    body_bytes: int = _LEAST_BODY
    body_seconds: float = 10.0
    seconds: float = 30.0
    at_once: int = field(default_factory=lambda: max(1, min(4, os.cpu_count() or 1)))
    waiting: int = 64
    scored: int = 2000
    numbers: int = 1_000_000
    computed: int = 20_000_000


def body_for(n_values: int) -> int:
    """Return the size of a request's body that leaves room for a window of ``n_values`` values, bytes."""
    return _LEAST_BODY + _BYTES_PER_VALUE * n_values
