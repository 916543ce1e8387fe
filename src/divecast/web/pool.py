"""A few threads that compute, so that the event loop stays free to answer or reject requests."""

import asyncio
from asyncio import CancelledError
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

from divecast.web.refusal import BusyError, TooLongError

Result = TypeVar("Result")


class Pool:
    """At most ``at_once`` computations run, at most ``waiting`` more are queued, each for a limited time.

    A thread cannot be stopped from outside. A computation that has timed out continues and keeps its place until it is
    done, so that never more than ``at_once`` run. A queued one that has timed out is never started.

    Args:
        at_once: computations that run in parallel.
        waiting: further ones that may wait.
        seconds: time for one, waiting and computing together.
    """

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="divecast-pool")
        self._most, self._seconds = at_once + waiting, seconds
        self._taken, self._lock = 0, Lock()

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return the result of ``work``.

        Raises:
            BusyError: the queue is full.
            RuntimeError: the work raised an exception that ends a thread.
            TooLongError: it timed out.
        """
        with self._lock:
            if self._taken >= self._most:
                raise BusyError
            self._taken += 1
        try:
            future = self._threads.submit(_guarded, work)
        except RuntimeError as error:  # closed: the server is shutting down
            self._leave()
            raise BusyError from error
        future.add_done_callback(self._leave)
        answer = asyncio.wrap_future(future)
        done, _ = await asyncio.wait([answer], timeout=self._seconds)
        if not done:
            answer.cancel()
            raise TooLongError
        return answer.result()

    @property
    def is_full(self) -> bool:
        """Whether a further computation would be refused."""
        return self._taken >= self._most

    def close(self) -> None:
        """Start no further computation."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _leave(self, _: "Future[Any] | None" = None) -> None:
        with self._lock:
            self._taken -= 1


def _guarded(work: Callable[[], Result]) -> Result:
    """Return the result of ``work``, with exceptions that would end the event loop turned into RuntimeError.

    Raises:
        RuntimeError: the work raised what is meant to end a program, a thread or a generator.
    """
    try:
        return work()
    except (SystemExit, KeyboardInterrupt, GeneratorExit, CancelledError, StopIteration, StopAsyncIteration) as end:
        raise RuntimeError(f"the work ended its thread: {type(end).__name__}") from end
