"""A fit on several devices and machines: one process per device, each a rank on its share of every batch.

The processes are started by ``torchrun``, by SLURM, or by lightning-fabric, which runs the calling script again for
each further device and finds device, rank and peers of each. The ranks of a machine read the same memory map of the
data: that of a store, or of a file that the first of them writes.
"""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from divecast._optional import need
from divecast.config import check_at_least
from divecast.data import Source
from divecast.data.reading import read_source
from divecast.data.sources.mapped import Mapped
from divecast.errors import ConfigError
from divecast.fit.fit_model import FitRequest, fit_model
from divecast.inference.fitted_model import FittedModel
from divecast.inference.provenance import FitPlan
from divecast.persistence.atomic import staging
from divecast.train.distributed.ranks import Ranks


@dataclass(frozen=True, slots=True)
class Machines:
    """What a fit runs on.

    Attributes:
        devices: devices per machine, one process each.
        nodes: number of machines.

    Raises:
        ConfigError: a number is below 1.
    """

    devices: int = 1
    nodes: int = 1

    def __post_init__(self) -> None:
        """Check the settings (ConfigError)."""
        check_at_least(1, devices=self.devices, nodes=self.nodes)

    @property
    def size(self) -> int:
        """Processes on all machines."""
        return self.devices * self.nodes

    def as_started(self) -> "Machines":
        """Return these, or those for which ``torchrun`` started processes.

        Raises:
            ConfigError: ``torchrun`` started another number of processes than was asked for.
        """
        if "TORCHELASTIC_RUN_ID" not in os.environ:
            return self
        size, devices = (int(os.environ[name]) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
        if self.size not in (1, size):
            raise ConfigError(
                f"torchrun started {size} processes",
                found=f"devices={self.devices}, nodes={self.nodes}",
                hint="Under torchrun leave {devices} and {nodes} out",
                argument="devices",
            )
        return replace(self, devices=devices, nodes=size // devices)


def is_first_process() -> bool:
    """Tell whether this process is the one that writes and prints, among all that fit together."""
    return all(os.environ.get(name, "0") == "0" for name in ("RANK", "NODE_RANK", "LOCAL_RANK"))


def is_first_of_machine() -> bool:
    """Tell whether this process reads the data for its machine."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def fit_on(machines: Machines, data: Any, request: FitRequest, device: torch.device) -> FittedModel:
    """Fit a model on one device or many; see ``DeepDIVE.fit``.

    Args:
        machines: what the fit runs on.
        data: what to fit on; only the first rank of a machine needs it.
        request: what to fit.
        device: device of a single process, or the kind of all.

    Raises:
        ConfigError: the devices are not there, or the fit cannot be shared.
        RankError: another rank is gone.
    """
    machines = machines.as_started()
    if machines.size == 1:
        return fit_model(data, request, device)
    if device.index is not None:
        raise ConfigError(
            f"Each of {machines.size} processes needs a device of its own",
            found=str(device),
            hint=f'Pass "{device.type}" as {{device}}',
            argument="device",
        )
    if device.type == "cpu" and machines.devices > max(2, os.cpu_count() or 1):
        raise ConfigError(
            f"Each of {machines.devices} processes needs a core of its own, and this machine has {os.cpu_count()}",
            argument="devices",
        )
    ranks = _join(machines, device.type)
    return fit_model(_shared(data, request.plan, ranks), request, ranks.device, ranks)


def _join(machines: Machines, kind: str) -> Ranks:
    """Join the group of all ranks; the first process of a script has lightning-fabric start the others."""
    fabric_package = need("lightning_fabric")
    _check_addresses(machines)
    try:
        fabric = fabric_package.Fabric(
            accelerator=kind, devices=machines.devices, num_nodes=machines.nodes, strategy="ddp"
        )
    except (ValueError, RuntimeError) as error:  # Fabric's words for devices that are not there
        raise ConfigError(
            f"A fit on devices={machines.devices}, nodes={machines.nodes} cannot start: {error}", argument="devices"
        ) from error
    with _quiet("lightning_fabric"):
        fabric.launch()
    hosts = [
        torch.distributed.new_group(range(first, first + machines.devices))
        for first in range(0, machines.size, machines.devices)
    ]
    rank, here = fabric.global_rank, fabric.global_rank // machines.devices
    return Ranks(rank, fabric.world_size, fabric.device, hosts[here], here * machines.devices)


def _check_addresses(machines: Machines) -> None:
    absent = {"MASTER_ADDR", "MASTER_PORT", "NODE_RANK"} - os.environ.keys()
    started = {"TORCHELASTIC_RUN_ID", "SLURM_NTASKS"} & os.environ.keys()
    if machines.nodes > 1 and absent and not started:
        raise ConfigError(
            f"A fit on {machines.nodes} machines needs the environment variables MASTER_ADDR, MASTER_PORT and "
            f"NODE_RANK on each; {', '.join(sorted(absent))} not set",
            hint="Set them (address and port of the first machine; number of this one, from 0), or use torchrun",
            argument="nodes",
        )


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Leave out what a package logs below warnings."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def _shared(data: Any, plan: FitPlan, ranks: Ranks) -> Source:
    """Return the data of this machine's first rank, the values mapped from one file by the others."""
    reads = ranks.rank == ranks.host_first
    own: Source | None = read_source(data, factors=plan.factors, covariates=plan.covariates) if reads else None
    with staging(Path(tempfile.gettempdir())) as folder:
        mapped = ranks.once_a_host(lambda: Mapped.of(own, folder))
        source = own if own is not None else mapped.open()
        ranks.any(False)  # all have opened the file: it may lose its name, and is gone with the last of them
    return source
