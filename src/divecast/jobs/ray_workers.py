"""Jobs on the workers of a Ray cluster, or of a local Ray; see :mod:`divecast.jobs.contract`."""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from divecast._optional import need
from divecast.errors import ConfigError
from divecast.jobs.contract import RETRIES, Job, Outcome, run_job

LOCAL = "local"

_CONNECT_SECONDS = 10.0


@contextmanager
def cluster(address: str) -> Iterator[Any]:
    """Connect to a Ray cluster, unless already connected, and yield the module ``ray``.

    Args:
        address: ``local`` starts Ray on this machine and stops it when the block ends; ``auto``, ``HOST:PORT`` or
            ``ray://HOST:PORT`` is a running cluster, whose machines have divecast installed and share the folders.

    Raises:
        ConfigError: Ray is not installed, or there is no cluster at ``address``.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray sends usage statistics by default
    ray = need("ray")
    if ray.is_initialized():
        yield ray
        return
    try:
        _check_reachable(address)
        ray.init(address, include_dashboard=False if address == LOCAL else None, logging_level="WARNING")
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"There is no Ray cluster at {address!r} ({error})",
            hint="Pass the address of a running cluster, or 'local' to start one on this machine",
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raise OSError within seconds if nothing listens at the address; Ray itself would wait for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()


def run_jobs_on_ray(jobs: Sequence[Job], work: Callable[[Job], None], address: str) -> Iterator[Outcome[Job]]:
    """Run jobs on the cluster at ``address``, one per processor; see :mod:`divecast.jobs.contract`.

    Raises:
        ConfigError: Ray is not installed, or there is no cluster at ``address``.
    """
    with cluster(address) as ray:
        remote = ray.remote(num_cpus=1, max_retries=RETRIES)(run_job)
        waiting = {remote.remote(job, work): job for job in jobs}
        try:
            while waiting:
                (ended, *_), _ = ray.wait([*waiting])
                yield Outcome(waiting.pop(ended), _error(ray, ended))
        finally:
            for reference in waiting:
                ray.cancel(reference, force=True)


def _error(ray: Any, ended: Any) -> str | None:
    """Return the error message of an ended task, or None."""
    failures = ray.exceptions
    try:
        error_message: str | None = ray.get(ended)
    except (failures.WorkerCrashedError, failures.OutOfMemoryError, failures.NodeDiedError) as error:
        return f"The Ray worker died, {RETRIES + 1} times: {' '.join(str(error).split())}"
    except failures.RayError as error:
        return f"Ray failed: {str(error).splitlines()[-1].strip()}\n{error}"
    return error_message
