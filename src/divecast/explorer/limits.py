"""How much one request may ask for, and how much is computed at once."""

import os
from dataclasses import dataclass, field

MOST_WINDOWS = 64
MOST_LEVELS = 21
MOST_POSITIONS = 100
MOST_ANOMALOUS = 200

_LEAST_BODY = 1 << 18
_BYTES_PER_VALUE = 32  # of a sent window: 17 digits, sign, exponent, comma and blanks


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server grants.

    Attributes:
        body_bytes: of a request.
        body_seconds: until a request must have been sent.
        seconds: until an answer is given up, waiting and computing together.
        at_once: computations that run side by side.
        waiting: requests that may wait for them; more are sent away.
        scored: windows that one request may have scored.
        numbers: in one answer.
        computed: numbers that one answer may need, of channels that are not given back, too.
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
    """Return the bytes a request may have so that a window of ``n_values`` values fits."""
    return _LEAST_BODY + _BYTES_PER_VALUE * n_values
