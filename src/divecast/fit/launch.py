"""A fit on several devices and machines: its processes started, joined, given the data, and ended.

The process that calls ``fit`` is a rank itself, so that callbacks, errors and Ctrl-C are where they always are. The
others are started by ``torchrun`` or SLURM, else here: plain Python processes that import divecast and nothing of the
caller's, join the group, and are told by rank 0 what to fit. lightning-fabric finds device, rank and peers of each.

The ranks of a machine read the same memory-mapped file: that of a store, or one that the first of them writes.
"""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import torch

from divecast._optional import need
from divecast.data import Source, Split
from divecast.data.sources.mapped import Mapped
from divecast.errors import ConfigError, DivecastError, RankError
from divecast.fit.fit_model import FitPlan, fit_model
from divecast.inference.fitted_model import FittedModel, to_source
from divecast.train.callbacks import Callback
from divecast.train.distributed.ranks import Ranks
from divecast.train.loop import Checkpointing, Probe

Strategy = Literal["auto", "ddp"]

_WORK = "from divecast.fit.launch import work; work()"
_READY = b"ready\n"
_LOOPBACK = {"linux": "lo", "darwin": "lo0"}
_PATIENCE = 5.0  # seconds for a process whose connection is closed to be gone


@dataclass(frozen=True, slots=True)
class Job:
    """What is fitted, and where its checkpoint goes; every rank takes rank 0's.

    Attributes:
        split: how the data are cut.
        plan: all settings.
        checkpointing: of the fit, or None.
    """

    split: Split
    plan: FitPlan
    checkpointing: Checkpointing | None


@dataclass(frozen=True, slots=True)
class Machines:
    """What a fit runs on.

    Attributes:
        devices: of each machine, a process each.
        nodes: machines.
        strategy: ``auto``, or ``ddp`` for lightning-fabric's own launcher, which runs the calling script once a rank.
    """

    devices: int = 1
    nodes: int = 1
    strategy: Strategy = "auto"

    def __post_init__(self) -> None:
        """Check the settings (ConfigError)."""
        for name, value in (("devices", self.devices), ("nodes", self.nodes)):
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigError(f"{name} must be a whole number >= 1, got {value!r}")
        if self.strategy not in get_args(Strategy):
            raise ConfigError(f"strategy must be one of {get_args(Strategy)}, got {self.strategy!r}")

    @property
    def size(self) -> int:
        """Processes on all machines."""
        return self.devices * self.nodes

    def as_started(self) -> "Machines":
        """Return these, or those ``torchrun`` started processes for.

        Raises:
            ConfigError: it started another number than was asked for.
        """
        if "TORCHELASTIC_RUN_ID" not in os.environ:
            return self
        size, devices = (int(os.environ[name]) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
        if self.size not in (1, size):
            raise ConfigError(f"torchrun started {size} processes, got devices={self.devices}, nodes={self.nodes}")
        return replace(self, devices=devices, nodes=size // devices)


def rank_here() -> tuple[int, int]:
    """Return the number of this process among all that torchrun started, and among those of this machine."""
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"])
    return 0, 0


def fit_on(
    machines: Machines, data: Any, job: Job, device: torch.device, watched: tuple[Sequence[Callback], Probe | None]
) -> FittedModel:
    """Fit a model on one device or many; see ``DeepDIVE.fit``.

    Args:
        machines: on what.
        data: what to fit on; None on all but the first rank of a machine.
        job: what to fit.
        device: its kind is that of all ranks.
        watched: by callbacks, on rank 0 alone, and a probe, which several ranks cannot have.

    Raises:
        ConfigError: the devices are not there, or the fit cannot be shared.
        RankError: another rank is gone; what is left to resume from is said.
    """
    machines = machines.as_started()
    if machines.size == 1:
        return fit_model(data, job.split, job.plan, device, job.checkpointing, *watched)
    if device.index is not None:
        raise ConfigError(f"each of {machines.size} ranks has a device of its own, got {device}; give {device.type!r}")
    if machines.strategy == "ddp" or _started_outside():
        return _fit_rank(_join(machines, device.type), data, job, watched)
    with _own_environment(machines), _workers(machines, device.type) as workers:
        try:
            ranks = _join(machines, device.type, ours=True)
            return _fit_rank(ranks, data, job, watched)
        except RankError as error:
            raise _explained(error, workers, machines, job.checkpointing) from error
        finally:
            if torch.distributed.is_initialized():
                torch.distributed.destroy_process_group()


def work() -> None:
    """Be a rank that ``fit_on`` of another process started."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # rank 0 tells when to stop
    warnings.simplefilter("ignore")  # rank 0 warns
    kind, devices, nodes = sys.argv[1:]
    sys.stdout.buffer.write(_READY)
    sys.stdout.flush()
    os.dup2(2, 1)  # nobody reads on
    try:
        ranks = _join(Machines(int(devices), int(nodes)), kind, ours=True)
        _fit_rank(ranks, None, None, ((), None))
    except (DivecastError, KeyboardInterrupt):  # rank 0 says so, or is gone
        sys.exit(1)


def _fit_rank(
    ranks: Ranks, data: Any, job: Job | None, watched: tuple[Sequence[Callback], Probe | None]
) -> FittedModel:
    """Fit as one of the ranks; rank 0 knows what."""
    job = ranks.once(lambda: job)
    if job is None:
        raise ConfigError("rank 0 has nothing to fit")
    source = _shared(data, job.plan, ranks)
    return fit_model(source, job.split, job.plan, ranks.device, job.checkpointing, *watched, ranks)


def _join(machines: Machines, kind: str, ours: bool = False) -> Ranks:
    """Join the group of all ranks; those started here are told by environment variables who they are."""
    fabric_room, environments = need("lightning_fabric"), need("lightning_fabric.plugins.environments")
    plugins = [environments.LightningEnvironment()] if ours else []
    try:
        fabric = fabric_room.Fabric(
            accelerator=kind, devices=machines.devices, num_nodes=machines.nodes, strategy="ddp", plugins=plugins
        )
    except (ValueError, RuntimeError) as error:  # Fabric's words for devices that are not there
        raise ConfigError(f"cannot fit on devices={machines.devices}, nodes={machines.nodes}: {error}") from error
    with _quiet("lightning_fabric"):
        fabric.launch()
    hosts = [
        torch.distributed.new_group(range(first, first + machines.devices))
        for first in range(0, machines.size, machines.devices)
    ]
    rank, here = fabric.global_rank, fabric.global_rank // machines.devices
    return Ranks(rank, fabric.world_size, fabric.device, hosts[here], here * machines.devices)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Leave out what a package logs of no account."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def _started_outside() -> bool:
    environments = need("lightning_fabric.plugins.environments")
    return bool(environments.TorchElasticEnvironment.detect() or environments.SLURMEnvironment.detect())


def _shared(data: Any, plan: FitPlan, ranks: Ranks) -> Source:
    """Return the data of this machine's first rank, the values mapped from one file by the others."""
    own: Source | None = to_source(data, plan.factors) if ranks.rank == ranks.host_first else None
    with tempfile.TemporaryDirectory(prefix="divecast-") as folder:
        mapped = ranks.once_a_host(lambda: Mapped.of(own, Path(folder)))
        source = own if own is not None else mapped.open()
        ranks.any(False)  # all have opened the file: it may lose its name, and is gone with the last of them
    return source


@contextmanager
def _own_environment(machines: Machines) -> Iterator[None]:
    """Say in environment variables who this rank is and where rank 0 listens; put all back in the end."""
    before, threads = dict(os.environ), torch.get_num_threads()
    port = need("lightning_fabric.plugins.environments.lightning").find_free_network_port
    if machines.nodes == 1:
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port()), "NODE_RANK": "0"}
        if sys.platform in _LOOPBACK:
            os.environ.setdefault("GLOO_SOCKET_IFNAME", _LOOPBACK[sys.platform])
    elif absent := {"MASTER_ADDR", "MASTER_PORT", "NODE_RANK"} - os.environ.keys():
        raise ConfigError(
            f"a fit on {machines.nodes} machines is started on each with MASTER_ADDR and MASTER_PORT, where its first "
            f"one listens, and NODE_RANK, from 0; {sorted(absent)} not set: set them, or start it by torchrun"
        )
    os.environ |= {"LOCAL_RANK": "0", "OMP_NUM_THREADS": str(max(1, threads // machines.devices))}
    torch.set_num_threads(max(1, threads // machines.devices))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        torch.set_num_threads(threads)


@contextmanager
def _workers(machines: Machines, kind: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start the other ranks of this machine, and end them."""
    started: list[subprocess.Popen[bytes]] = []
    known = os.environ | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    command = [sys.executable, "-c", _WORK, kind, str(machines.devices), str(machines.nodes)]
    try:
        for local in range(1, machines.devices):
            environment = known | {"LOCAL_RANK": str(local)}
            started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE))  # noqa: S603  ourselves
        for local, worker in enumerate(started, start=1):
            if worker.stdout is None or worker.stdout.readline() != _READY:
                raise RankError(f"rank {local} of this machine could not start; what it said stands above")
        yield started
    finally:
        for worker in started:
            worker.kill()  # nothing is theirs to write
            worker.communicate()


def _explained(
    error: RankError, workers: Sequence[subprocess.Popen[bytes]], machines: Machines, keep: Checkpointing | None
) -> RankError:
    """Name the rank that is gone, and what is left."""
    left = "it kept no checkpoint: give checkpoint=FILE to be able to go on"
    if keep is not None and keep.path.exists():
        left = f"fit again with resume=True to go on from {keep.path}"
    for local, worker in enumerate(workers, start=1):
        with suppress(subprocess.TimeoutExpired):
            code = worker.wait(_PATIENCE)
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
            return RankError(f"rank {local} of {machines.devices} on this machine {how}, so the fit has ended; {left}")
    return RankError(f"{error}; {left}")
