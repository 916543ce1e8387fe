"""What all executors of jobs have in common, whether local processes or workers of a Ray cluster.

An executor takes jobs in order and a function defined at module level, and yields an ``Outcome`` for each job as it
ends. An exception fails its job only. A job whose worker dies is run again, at most ``RETRIES`` times, so a job must be
safe to run twice: it writes its files atomically. Jobs and functions are sent to other processes, so both must be
picklable. Closing the iterator ends the work.
"""

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from divecast.errors import DivecastError

Job = TypeVar("Job")

RETRIES = 2


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Job]):
    """How a job ended.

    Attributes:
        job: the job.
        error: error message; None where the job succeeded.
    """

    job: Job
    error: str | None


@dataclass(frozen=True, slots=True)
class JobProgress(Generic[Job]):
    """Progress of the jobs after one of them has ended.

    Attributes:
        job: the job that ended.
        error: its error message; None where it succeeded.
        done: number of jobs that have ended.
        todo: number of all jobs.
        seconds_left: estimated time for the remaining jobs, from the mean so far.
    """

    job: Job
    error: str | None
    done: int
    todo: int
    seconds_left: float


def track_progress(outcomes: Iterable[Outcome[Job]], todo: int) -> Iterator[JobProgress[Job]]:
    """Yield the progress after each of ``todo`` jobs."""
    start = monotonic()
    for done, outcome in enumerate(outcomes, start=1):
        seconds_left = (monotonic() - start) / done * (todo - done)
        yield JobProgress(outcome.job, outcome.error, done, todo, seconds_left)


def run_job(job: Job, work: Callable[[Job], None]) -> str | None:
    """Run one job and return its error message, or None."""
    try:
        work(job)
    except DivecastError as error:
        return str(error)
    except Exception as error:  # of any kind: it fails this job only
        return f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
    return None
