"""Processes that fit one model together, each on its share of every batch.

This is what torch's DistributedDataParallel does: all begin with the weights of rank 0, gradients are added up in a
flat bucket before clipping, and everyone takes the same step. It is not used itself because a player differentiates by
its own parameters only, through parts of a network whose other parameters are frozen or another player's.

**What holds.** A loss is a mean over the windows of the whole batch, not a mean of the shares' means: every share
counts by its windows, and a factor's labelled windows are counted over the whole batch. Noise is that of the whole
batch. What differs from one process is the order of sums alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from divecast.config import LossConfig
from divecast.errors import ConfigError, RankError
from divecast.model.draws import Rows
from divecast.types import Batch

_CPU = torch.device("cpu")
T = TypeVar("T")
M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those that fit together; alone, every method gives back what it is given.

    Attributes:
        rank: number of this process, from 0.
        size: processes on all machines.
        device: where this process computes.
        host: process group of this machine.
        host_first: rank of its first process.
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
        """Check that a batch of ``n_windows``, and its losses, can be shared.

        Raises:
            ConfigError: there are fewer windows than ranks, or a loss compares windows of different ranks.
        """
        if self.size > 1 and (weights.conditional_tc or weights.marginal_tc):
            raise ConfigError(
                "the total correlation compares all windows of a batch, which ranks share: set conditional_tc and "
                "marginal_tc to 0, or fit with devices=1"
            )
        if n_windows < self.size:
            raise ConfigError(
                f"expected a window at least for each of {self.size} ranks, a batch has {n_windows}; raise batch_size, "
                "which is that of all ranks together, give more data, or take fewer devices"
            )

    def rows(self, n: int) -> Rows:
        """Return which of ``n`` windows are this process's: shares differ by one at most."""
        return Rows(self.rank * n // self.size, (self.rank + 1) * n // self.size, n)

    def completed(self, batch: Batch, rows: Rows) -> Batch:
        """Tell a share of a batch how many windows of the whole have labels."""
        if self.size == 1:
            return batch
        known = self._sum((batch.labels >= 0).sum(0).float()) / rows.total
        return replace(batch, known=known.clamp(min=1.0 / rows.total))

    def parts(self, losses: Sequence[Tensor], rows: Rows) -> Sequence[Tensor]:
        """Weigh the mean losses of a share so that they add up, over the ranks, to those of the whole batch."""
        return losses if self.size == 1 else [loss * (len(rows) / rows.total) for loss in losses]

    def means(self, terms: Mapping[str, Tensor], rows: Rows) -> dict[str, float]:
        """Return means over the whole batch from those over a share, the same on every rank."""
        if self.size == 1 or not terms:
            return {name: float(value) for name, value in terms.items()}
        values = self._sum(torch.stack(list(terms.values())).double() * (len(rows) / rows.total))
        return dict(zip(terms, values.tolist(), strict=True))

    def add_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace every ``grad`` by its sum over the ranks, in one message; None where no rank's losses reach."""
        if self.size == 1:
            return
        reached = torch.tensor([float(p.grad is not None) for p in parameters], device=self.device)
        own = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        *sums, reached = self.sums([*own, reached])
        for parameter, total, anywhere in zip(parameters, sums, reached.tolist(), strict=True):
            parameter.grad = total if anywhere else None

    def sums(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the sums of tensors over the ranks, in one message."""
        if self.size == 1:
            return list(tensors)
        flat = self._sum(torch.cat([each.flatten() for each in tensors]))
        parts = flat.split([each.numel() for each in tensors])
        return [part.view(each.shape) for part, each in zip(parts, tensors, strict=True)]

    def any(self, flag: bool) -> bool:
        """Tell whether it is so on any rank."""
        return flag if self.size == 1 else bool(self._sum(torch.tensor(float(flag), device=self.device)))

    def once(self, make: Callable[[], T]) -> T:
        """Return what rank 0 makes, on every rank."""
        return make() if self.size == 1 else self._told(make, 0, None)

    def once_a_host(self, make: Callable[[], T]) -> T:
        """Return what the first process of this machine makes, on each of its processes."""
        return make() if self.size == 1 else self._told(make, self.host_first, self.host)

    def align(self, network: M) -> M:
        """Give the network the weights it has on rank 0."""
        if self.size > 1:
            with self._together():
                for tensor in network.state_dict().values():
                    torch.distributed.broadcast(tensor, 0)
        return network

    def _sum(self, values: Tensor) -> Tensor:
        with self._together():
            torch.distributed.all_reduce(values)
        return values

    def _told(self, make: Callable[[], T], source: int, group: Any) -> T:
        box: list[Any] = [make() if self.rank == source else None]
        with self._together():
            torch.distributed.broadcast_object_list(box, source, group)
        return box[0]

    @contextmanager
    def _together(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:  # as torch says that a connection is closed, or nobody answers
            raise RankError(
                f"rank {self.rank} of {self.size} lost another rank, so the fit has ended; see what it said last, and "
                f"fit again with the same checkpoint and resume=True ({str(error).splitlines()[0]})"
            ) from error


ALONE = Ranks()
