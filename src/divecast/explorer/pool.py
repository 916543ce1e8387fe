"""A few threads that compute while the event loop stays free to answer or to send away."""

import asyncio
from asyncio import CancelledError
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

from divecast.explorer.limits import Limits
from divecast.explorer.refusal import BusyError, TooLongError

Found = TypeVar("Found")


class Pool:
    """At most ``at_once`` computations run, at most ``waiting`` more are kept, and none is waited for too long.

    A thread cannot be ended from outside: one whose answer is given up goes on and keeps its place until it is done,
    so that never more than ``at_once`` run. What still waits when it is given up is never begun.

    Args:
        limits: the numbers.
    """

    def __init__(self, limits: Limits) -> None:
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="divecast-explorer")
        self._most, self._seconds = limits.at_once + limits.waiting, limits.seconds
        self._taken, self._lock = 0, Lock()

    async def run(self, work: Callable[[], Found]) -> Found:
        """Return what ``work`` gives.

        Raises:
            BusyError: there is no place to wait in.
            RuntimeError: the work ended its thread.
            TooLongError: it took too long.
        """
        with self._lock:
            if self._taken >= self._most:
                raise BusyError
            self._taken += 1
        try:
            future = self._threads.submit(_told, work)
        except RuntimeError as error:  # closed: the server is ending
            self._leave()
            raise BusyError from error
        future.add_done_callback(self._leave)
        answer = asyncio.wrap_future(future)
        done, _ = await asyncio.wait([answer], timeout=self._seconds)
        if not done:
            answer.cancel()
            raise TooLongError
        return answer.result()

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _leave(self, _: "Future[Any] | None" = None) -> None:
        with self._lock:
            self._taken -= 1


def _told(work: Callable[[], Found]) -> Found:
    """Return what ``work`` gives, or raise what can be told: not what would end the loop, or what it takes for an end.

    Raises:
        RuntimeError: the work raised what is meant to end a program, a thread or a generator.
    """
    try:
        return work()
    except (SystemExit, KeyboardInterrupt, GeneratorExit, CancelledError, StopIteration, StopAsyncIteration) as end:
        raise RuntimeError(f"the work ended its thread: {type(end).__name__}") from end
