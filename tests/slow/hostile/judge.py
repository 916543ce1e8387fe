"""The outcome of an attempt: a correct result, an error of divecast, or a failure."""

import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from divecast.errors import DataWarning, DivecastError

Outcome = Literal["right", "refused"]
SHORTEST = 20  # characters of a useful message
SECONDS = 60  # wall time, generous for a busy machine


def judge(attempt: Callable[[], None]) -> Outcome:
    """Run an attempt that asserts what a right result is.

    Raises:
        AssertionError: the result is wrong, or an error message is too short.
        Exception: any other error, or a warning that is not a DataWarning.
    """
    with warnings.catch_warnings(), within(SECONDS):
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DataWarning)
        refused = _refusal(attempt)
    if refused is None:
        return "right"
    assert len(str(refused)) > SHORTEST, f"too short: {refused}"
    return "refused"


def _refusal(attempt: Callable[[], None]) -> DivecastError | None:
    try:
        attempt()
    except DivecastError as error:
        return error
    return None


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail if the block takes longer; interrupts what hangs."""

    def end(*_: Any) -> None:
        raise AssertionError(f"took more than {seconds} s")

    former = signal.signal(signal.SIGALRM, end)
    began, (left, _) = time.monotonic(), signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:  # a timer of the tests continues
        signal.setitimer(signal.ITIMER_REAL, left and max(1.0, left - (time.monotonic() - began)))
        signal.signal(signal.SIGALRM, former)


def all_finite(*arrays: Any) -> None:
    """Assert that arrays of numbers have no NaN and no infinity."""
    for array in arrays:
        assert np.isfinite(array).all(), array


def rising(stamps: Any) -> None:
    """Assert that times go on along the last axis."""
    steps = np.diff(stamps, axis=-1)
    assert (steps > np.zeros((), steps.dtype)).all(), stamps
