"""What an attempt came to: a right result, a refusal in our words, or a failure."""

import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from divecast.errors import DataWarning, DivecastError

Outcome = Literal["right", "refused"]
LEAST_WORDS = 20  # characters that any mend takes
SECONDS = 60  # of the wall: a busy machine is no failure


def judge(attempt: Callable[[], None]) -> Outcome:
    """Run an attempt that asserts what a right result is.

    Raises:
        AssertionError: the result is wrong, or a refusal says too little.
        Exception: whatever else came out, a warning that is not ours included.
    """
    with warnings.catch_warnings(), within(SECONDS):
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DataWarning)
        refused = _refusal(attempt)
    if refused is None:
        return "right"
    assert len(str(refused)) > LEAST_WORDS, f"too short: {refused}"
    return "refused"


def _refusal(attempt: Callable[[], None]) -> DivecastError | None:
    try:
        attempt()
    except DivecastError as error:
        return error
    return None


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail what takes longer; what hangs is ended."""

    def end(*_: Any) -> None:
        raise AssertionError(f"took more than {seconds} s")

    former = signal.signal(signal.SIGALRM, end)
    began, (left, _) = time.monotonic(), signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:  # a timer of the tests goes on where it was
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
