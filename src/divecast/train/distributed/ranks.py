"""Processes that fit one model together, each on its share of every batch.

As in torch's DistributedDataParallel, all start with the weights of rank 0, gradients are summed in a flat bucket
before clipping, and each takes the same step. DistributedDataParallel is not used because a player differentiates by
its own parameters only, through a network whose other parameters are frozen or belong to another player.

**Invariants.** A loss is a mean over the windows of the whole batch, not a mean of the means of the shares: each share
is weighted by its number of windows, and labelled windows are counted over the whole batch. Noise is that of the whole
batch. The result differs from that of one process only by the order of sums.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from divecast._text import plural
from divecast.config import LossConfig
from divecast.errors import ConfigError, RankError
from divecast.model.draws import Rows
from divecast.types import Batch

_CPU = torch.device("cpu")
T = TypeVar("T")
M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those that fit together; with one process every method is the identity.

    Attributes:
        rank: index of this process, from 0.
        size: number of processes on all machines.
        device: device of this process.
        host: process group of this machine.
        host_first: rank of the first process of this machine.
    """

    rank: int = 0
    size: int = 1
    device: torch.device = _CPU
    host: Any = None
    host_first: int = 0

    @property
    def first(self) -> bool:
        """Whether this process writes, prints and calls callbacks."""
        return self.rank == 0

    def check(self, n_windows: int, weights: LossConfig) -> None:
        """Check that a batch and its losses can be divided among the ranks.

        Args:
            n_windows: windows of a batch.
            weights: weights of the losses.

        Raises:
            ConfigError: there are fewer windows than ranks, or a loss compares windows of different ranks.
        """
        if self.size > 1 and (weights.conditional_tc or weights.marginal_tc):
            raise ConfigError(
                "The total correlation compares all windows of a batch, so it cannot be computed on several devices",
                hint="Set {losses.conditional_tc} and {losses.marginal_tc} to 0, or fit on one device",
                argument="devices",
            )
        if n_windows < self.size:
            raise ConfigError(
                f"A batch of {plural(n_windows, 'window')} cannot be divided among {self.size} processes",
                hint="Raise {training.batch_size} (that of all processes together), use more data, or fewer {devices}",
                argument="training.batch_size",
            )

    def rows(self, n: int) -> Rows:
        """Return the rows of this process in a batch of ``n`` windows; the shares differ by at most one window."""
        return Rows(self.rank * n // self.size, (self.rank + 1) * n // self.size, n)

    def completed(self, batch: Batch, rows: Rows) -> Batch:
        """Return the share of a batch with the numbers of labelled windows of the whole batch."""
        if self.size == 1:
            return batch
        known = self._sum((batch.labels >= 0).sum(0).float()) / rows.total
        return replace(batch, known=known.clamp(min=1.0 / rows.total))

    def parts(self, losses: Sequence[Tensor], rows: Rows) -> Sequence[Tensor]:
        """Weight the mean losses of a share such that their sums over the ranks are those of the whole batch."""
        return losses if self.size == 1 else [loss * (len(rows) / rows.total) for loss in losses]

    def means(self, terms: Mapping[str, Tensor], rows: Rows) -> dict[str, float]:
        """Return means over the whole batch from means over a share; they are the same on each rank."""
        if self.size == 1 or not terms:
            return {name: float(value) for name, value in terms.items()}
        values = self._sum(torch.stack(list(terms.values())).double() * (len(rows) / rows.total))
        return dict(zip(terms, values.tolist(), strict=True))

    def add_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace each ``grad`` by its sum over the ranks, in one message; None if it is None on all ranks."""
        if self.size == 1:
            return
        has_gradient = torch.tensor([float(p.grad is not None) for p in parameters], device=self.device)
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        *sums, counts = self.sums([*gradients, has_gradient])
        for parameter, total, count in zip(parameters, sums, counts.tolist(), strict=True):
            parameter.grad = total if count else None

    def sums(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the sums of tensors over the ranks, in one message."""
        if self.size == 1:
            return list(tensors)
        flat = self._sum(torch.cat([tensor.flatten() for tensor in tensors]))
        parts = flat.split([tensor.numel() for tensor in tensors])
        return [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]

    def any(self, flag: bool) -> bool:
        """Return whether the flag is set on any rank."""
        return flag if self.size == 1 else bool(self._sum(torch.tensor(float(flag), device=self.device)))

    def once(self, make: Callable[[], T]) -> T:
        """Return on each rank what ``make`` returns on rank 0."""
        return make() if self.size == 1 else self._broadcast(make, 0, None)

    def once_a_host(self, make: Callable[[], T]) -> T:
        """Return on each process of this machine what ``make`` returns on its first one."""
        return make() if self.size == 1 else self._broadcast(make, self.host_first, self.host)

    def align(self, network: M) -> M:
        """Set the weights of the network to those of rank 0."""
        if self.size > 1:
            with self._connection():
                for tensor in network.state_dict().values():
                    torch.distributed.broadcast(tensor, 0)
        return network

    def _sum(self, values: Tensor) -> Tensor:
        with self._connection():
            torch.distributed.all_reduce(values)
        return values

    def _broadcast(self, make: Callable[[], T], source: int, group: Any) -> T:
        objects: list[Any] = [make() if self.rank == source else None]
        with self._connection():
            torch.distributed.broadcast_object_list(objects, source, group)
        return objects[0]

    @contextmanager
    def _connection(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:  # of torch: the connection is closed, or the peer does not answer
            raise RankError(
                f"Process {self.rank} of {self.size} lost the connection to another ({str(error).splitlines()[0]})",
                hint="See the last message of that process, and fit again with the same {checkpoint} and {resume}",
            ) from error


ALONE = Ranks()
