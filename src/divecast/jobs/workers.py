"""Jobs that make a file each, worked off by processes here or by a Ray cluster."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from divecast.jobs.contract import Outcome
from divecast.jobs.processes import work_off
from divecast.jobs.ray_workers import work_off_on_ray


class FileJob(Protocol):
    """A job that makes a file."""

    @property
    def file(self) -> Path:
        """The file, written whole or not at all."""


Job = TypeVar("Job", bound=FileJob)


def make_files(
    jobs: Sequence[Job], work: Callable[[Job], None], n_workers: int, ray: str | None
) -> Iterator[Outcome[Job]]:
    """Do jobs and yield each as it ends; see :mod:`divecast.jobs.contract`.

    Args:
        jobs: in order.
        work: does one; a function at the top of a module.
        n_workers: processes at once.
        ray: address of the Ray cluster that works instead, or ``local``; its machines share the folders of the files.

    Raises:
        ConfigError: Ray is not installed, or there is no such cluster.
    """
    ended = work_off(jobs, work, n_workers) if ray is None else work_off_on_ray(jobs, work, ray)
    for outcome in ended:
        here = outcome.error is not None or outcome.job.file.is_file()
        lost = f"{outcome.job.file} is not here; give an --out folder that all machines share"
        yield outcome if here else replace(outcome, error=lost)
