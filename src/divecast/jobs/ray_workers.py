"""Jobs over the workers of a Ray cluster, or of a Ray of this machine's own; see :mod:`divecast.jobs.contract`."""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from divecast._optional import need
from divecast.errors import ConfigError
from divecast.jobs.contract import RETRIES, Job, Outcome, attempt

LOCAL = "local"

_PATIENCE = 10.0  # seconds for a machine to answer


@contextmanager
def cluster(address: str) -> Iterator[Any]:
    """Give the module ``ray``, connected: to the cluster it already is connected to, else to that at ``address``.

    Args:
        address: ``local`` starts one on this machine that ends with the block; ``auto``, ``HOST:PORT`` or
            ``ray://HOST:PORT`` is a cluster that runs, whose machines have divecast and share the folders.

    Raises:
        ConfigError: Ray is not installed, or there is no such cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else it would tell its makers of each cluster
    ray = need("ray")
    if ray.is_initialized():
        yield ray
        return
    try:
        _knock(address)
        ray.init(address, include_dashboard=False if address == LOCAL else None, logging_level="WARNING")
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigError(f"expected a Ray cluster at {address!r}, or 'local' to start one here: {error}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Find out in seconds that nobody is there; Ray itself takes minutes (OSError)."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()


def work_off_on_ray(jobs: Sequence[Job], work: Callable[[Job], None], address: str) -> Iterator[Outcome[Job]]:
    """Do jobs on the cluster at ``address``, one a processor and thread; see :mod:`divecast.jobs.contract`.

    Raises:
        ConfigError: Ray is not installed, or there is no such cluster.
    """
    with cluster(address) as ray:
        remote = ray.remote(num_cpus=1, max_retries=RETRIES)(attempt)
        waiting = {remote.remote(job, work): job for job in jobs}
        try:
            while waiting:
                (ended, *_), _ = ray.wait([*waiting])
                yield Outcome(waiting.pop(ended), _error(ray, ended))
        finally:
            for left in waiting:
                ray.cancel(left, force=True)


def _error(ray: Any, ended: Any) -> str | None:
    failures = ray.exceptions
    try:
        found: str | None = ray.get(ended)
    except (failures.WorkerCrashedError, failures.OutOfMemoryError, failures.NodeDiedError) as error:
        return f"its worker died, {RETRIES + 1} times: {' '.join(str(error).split())}"
    except failures.RayError as error:
        return f"Ray could not do it: {str(error).splitlines()[-1].strip()}\n{error}"
    return found
