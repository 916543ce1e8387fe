"""Jobs that others work off: the contract of the executors, which are processes here or workers of a Ray cluster.

An executor is called with jobs in order, a function at the top of a module, and where the work is to be done. It yields
an ``Outcome`` for each job as it ends. An exception ends its job only. A job whose worker dies is done again, twice at
most, so doing one twice must do no harm: what a job makes it writes whole or not at all. Jobs and functions travel to
other processes, so they must pickle. Leaving the iterator ends the work.
"""

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from divecast.errors import DivecastError

Job = TypeVar("Job")

RETRIES = 2


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Job]):
    """How a job ended.

    Attributes:
        job: the job.
        error: what went wrong, or None.
    """

    job: Job
    error: str | None


@dataclass(frozen=True, slots=True)
class Progress(Generic[Job]):
    """Where the work stands after a job.

    Attributes:
        job: that ended.
        error: why it failed, or None.
        done: jobs that ended.
        todo: jobs there are.
        seconds_left: for the others, by the mean so far.
    """

    job: Job
    error: str | None
    done: int
    todo: int
    seconds_left: float


def followed(outcomes: Iterable[Outcome[Job]], todo: int) -> Iterator[Progress[Job]]:
    """Yield where the work stands after each of ``todo`` jobs."""
    began = monotonic()
    for done, outcome in enumerate(outcomes, start=1):
        left = (monotonic() - began) / done * (todo - done)
        yield Progress(outcome.job, outcome.error, done, todo, left)


class Executor(Protocol):
    """Works jobs off as the module says."""

    def __call__(self, jobs: Sequence[Job], work: Callable[[Job], None], where: Any, /) -> Iterator[Outcome[Job]]:
        """Yield the outcome of each job as it ends."""


def attempt(job: Job, work: Callable[[Job], None]) -> str | None:
    """Do one job, and return what went wrong."""
    try:
        work(job)
    except DivecastError as error:
        return str(error)
    except Exception as error:  # whatever it is, it ends one job
        return f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
    return None
