"""Jobs over processes, such that a process that dies takes nothing with it but the job it was at."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic

from divecast.jobs.contract import RETRIES, Job, Outcome, attempt

_RETRIES = RETRIES
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(eq=False, slots=True)
class _Worker(Generic[Job]):
    """A process, this end of the pipe to it, whether it ever came to wait for jobs, and the job it is at."""

    process: BaseProcess
    pipe: Connection
    begun: Any  # a byte in shared memory; a lock around it could be held by a process as it dies
    job: Job | None = None

    def give(self, job: Job) -> None:
        self.job = job
        with suppress(OSError):  # a process that died while idle is found when its answer is read
            self.pipe.send(job)


def work_off(jobs: Sequence[Job], work: Callable[[Job], None], n_workers: int) -> Iterator[Outcome[Job]]:
    """Do jobs in order on several processes and yield each as it ends; see :mod:`divecast.jobs.contract`.

    A process that dies (killed, out of memory) is replaced; the other processes go on. Each has one thread for linear
    algebra.

    Args:
        jobs: in order; they and ``work`` travel to fresh processes, so they must pickle.
        work: does one; a function at the top of a module.
        n_workers: processes at once.
    """
    waiting, deaths = deque(jobs), list[Job]()
    workers: list[_Worker[Job]] = []
    try:
        while waiting or any(worker.job is not None for worker in workers):
            busy = sum(worker.job is not None for worker in workers)
            while waiting and busy < n_workers:
                _idle(workers, work).give(waiting.popleft())
                busy += 1
            for worker, job in _ready(workers):
                alive, error = _answer(worker)
                worker.job = None
                if not alive:
                    workers.remove(worker)
                    deaths.append(job)
                if alive or deaths.count(job) > _RETRIES:
                    yield Outcome(job, error)
                else:
                    waiting.appendleft(job)
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.join()
            worker.pipe.close()


def _idle(workers: list["_Worker[Job]"], work: Callable[[Job], None]) -> "_Worker[Job]":
    for worker in workers:
        if worker.job is None:
            return worker
    context = get_context("spawn")  # a fork would copy the threads' locks of torch
    here, there = context.Pipe()
    begun = context.RawValue("b", 0)
    process = context.Process(target=_serve, args=(there, begun, work), daemon=True)
    with _one_thread():
        process.start()
    there.close()  # so that the death of the process closes the pipe
    workers.append(_Worker(process, here, begun))
    return workers[-1]


def _ready(workers: Sequence["_Worker[Job]"]) -> list[tuple["_Worker[Job]", Job]]:
    """Wait for an answer or a death, and return who it is of, with the job."""
    busy = {worker.pipe: (worker, worker.job) for worker in workers if worker.job is not None}
    ready = wait([*busy])  # the pipes have another class on Windows
    return [found for pipe, found in busy.items() if pipe in ready]


def _answer(worker: "_Worker[Job]") -> tuple[bool, str | None]:
    """Return whether the process lives, and what went wrong."""
    try:
        return True, worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return False, _cause(worker.process.exitcode or 0, bool(worker.begun.value))


def _cause(code: int, begun: bool) -> str:
    """Say why a process died, and what to do where that is known."""
    names = {int(number): number.name for number in signal.Signals}
    ended = f"was ended by signal {-code} ({names.get(-code, 'unknown')})" if code < 0 else f"ended with code {code}"
    hint = "; that often means that memory ran out" if code == -9 else ""
    if code > 0 and not begun:
        hint = (
            " before its first job. Each process imports the script that starts it and what the job needs: have the "
            'script start them under `if __name__ == "__main__":`, and see the error stream for what went wrong'
        )
    return f"its process {ended}, {_RETRIES + 1} times{hint}"


def _serve(pipe: Connection, begun: Any, work: Callable[[Job], None]) -> None:
    """Do what comes through the pipe until it is closed."""
    begun.value = 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its workers
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        error = attempt(job, work)
        try:
            pipe.send(error)
        except OSError:
            return


@contextmanager
def _one_thread() -> Iterator[None]:
    former = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in former.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
