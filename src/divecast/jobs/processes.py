"""Jobs on worker processes of this machine; a process that dies affects only the job it was running."""

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

from divecast.jobs.contract import RETRIES, Job, Outcome, run_job

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(eq=False, slots=True)
class _Worker(Generic[Job]):
    """A worker process.

    Attributes:
        process: the process.
        pipe: this end of the pipe to it.
        started: whether it has reached its main loop; a byte in shared memory, without a lock, because a dying process
            could keep holding one.
        job: the job it is running.
    """

    process: BaseProcess
    pipe: Connection
    started: Any
    job: Job | None = None

    def assign(self, job: Job) -> None:
        self.job = job
        with suppress(OSError):  # if it died while idle, reading its answer will show that
            self.pipe.send(job)


def run_jobs(jobs: Sequence[Job], work: Callable[[Job], None], n_workers: int) -> Iterator[Outcome[Job]]:
    """Run jobs on several processes and yield the outcome of each as it ends; see :mod:`divecast.jobs.contract`.

    A process that dies (killed, out of memory) is replaced; the others continue. Each process uses one thread for
    linear algebra.

    Args:
        jobs: the jobs, in order.
        work: runs one job; a function at module level.
        n_workers: number of processes.
    """
    waiting, deaths = deque(jobs), list[Job]()
    workers: list[_Worker[Job]] = []
    try:
        while waiting or any(worker.job is not None for worker in workers):
            busy = sum(worker.job is not None for worker in workers)
            while waiting and busy < n_workers:
                _idle(workers, work).assign(waiting.popleft())
                busy += 1
            for worker, job in _ready(workers):
                alive, error = _answer(worker)
                worker.job = None
                if not alive:
                    workers.remove(worker)
                    deaths.append(job)
                if alive or deaths.count(job) > RETRIES:
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
    context = get_context("spawn")  # a fork would copy the locks of torch's threads
    here, there = context.Pipe()
    started = context.RawValue("b", 0)
    process = context.Process(target=_serve, args=(there, started, work), daemon=True)
    with _one_thread():
        process.start()
    there.close()  # so that the death of the process closes the pipe
    workers.append(_Worker(process, here, started))
    return workers[-1]


def _ready(workers: Sequence["_Worker[Job]"]) -> list[tuple["_Worker[Job]", Job]]:
    """Wait until a worker has answered or died, and return those that have, with their jobs."""
    busy = {worker.pipe: (worker, worker.job) for worker in workers if worker.job is not None}
    ready = wait([*busy])  # the pipes have another class on Windows
    return [pair for pipe, pair in busy.items() if pipe in ready]


def _answer(worker: "_Worker[Job]") -> tuple[bool, str | None]:
    """Return whether the process is alive, and the error message of its job."""
    try:
        return True, worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return False, _cause(worker.process.exitcode or 0, bool(worker.started.value))


def _cause(code: int, started: bool) -> str:
    """Describe why a process died, with a hint for the usual causes."""
    names = {int(number): number.name for number in signal.Signals}
    end = f"was ended by signal {-code} ({names.get(-code, 'unknown')})" if code < 0 else f"ended with code {code}"
    hint = ""
    if code == -9:
        hint = "; it probably ran out of memory"
    elif code > 0 and not started:
        hint = (
            " before its first job. Each process imports the script that starts it: put the call under "
            '`if __name__ == "__main__":`, and see the error output for the cause'
        )
    return f"The worker process {end}, {RETRIES + 1} times{hint}"


def _serve(pipe: Connection, started: Any, work: Callable[[Job], None]) -> None:
    """Run the jobs that arrive through the pipe until it is closed."""
    started.value = 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its workers
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        error = run_job(job, work)
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
