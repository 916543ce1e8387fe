"""Jobs that write one file each, run by local processes or a Ray cluster."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from divecast.jobs.contract import Outcome
from divecast.jobs.processes import run_jobs
from divecast.jobs.ray_workers import run_jobs_on_ray


class FileJob(Protocol):
    """A job that writes a file."""

    @property
    def file(self) -> Path:
        """The file, written atomically."""


Job = TypeVar("Job", bound=FileJob)


def make_files(
    jobs: Sequence[Job], work: Callable[[Job], None], n_workers: int, ray: str | None
) -> Iterator[Outcome[Job]]:
    """Run jobs and yield the outcome of each as it ends; see :mod:`divecast.jobs.contract`.

    Args:
        jobs: the jobs, in order.
        work: runs one job; a function at module level.
        n_workers: number of local processes.
        ray: address of a Ray cluster to use in place of local processes, or ``local``; its machines share the folders
            of the files.

    Raises:
        ConfigError: Ray is not installed, or there is no cluster at ``ray``.
    """
    outcomes = run_jobs(jobs, work, n_workers) if ray is None else run_jobs_on_ray(jobs, work, ray)
    for outcome in outcomes:
        if outcome.error is None and not outcome.job.file.is_file():
            lost = f"{outcome.job.file} was not written to this machine. Choose a folder that all machines share"
            outcome = replace(outcome, error=lost)  # noqa: PLW2901
        yield outcome
