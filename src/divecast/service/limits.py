"""Limits of one request to the service, and of what waits."""

from dataclasses import dataclass

MOST_LEVELS = 21
MOST_PATHS = 1000


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """Limits of a worker of the service.

    Attributes:
        body_bytes: size of a request's body.
        body_seconds: time within which a request's body must arrive.
        seconds: time for an answer, waiting and computing together.
        waiting: requests that may wait for the one that is computed; further ones are refused.
        open: requests that may be open, from their head until the answer is taken.
        together: requests that may be forecast in one batch.
        cells: cells of a table in a request, rows times columns.
        numbers: numbers in one answer.
    """

    body_bytes: int = 16 << 20
    body_seconds: float = 10.0
    seconds: float = 30.0
    waiting: int = 256
    open: int = 1024
    together: int = 32
    cells: int = 4_000_000
    numbers: int = 2_000_000
