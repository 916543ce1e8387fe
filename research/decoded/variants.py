"""Closed forms that were compared before one of them became the decoder of recordings."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from divecast.fit.solve_movement import solve_movement
from divecast.model import Movement
from divecast.types import Batch

_POOLED = 20.0  # windows' worth of the covariance of all classes in that of a class, as of movements
_FLOOR = 1e-4
CHOSEN = "aligned, 8 dimensions"
"""The variant that became the decoder: as many dimensions as half of those of a."""


class Variant(Protocol):
    """What tells a of windows, given their classes, and gives windows."""

    def tell(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return a, (window, dimension)."""

    def give(self, a: Tensor, labels: Tensor) -> Tensor:
        """Return windows, (window, time, channel)."""

    def noise(self, labels: Tensor) -> Tensor:
        """Draw what is around the windows, (window, time, channel)."""


class Aligned:
    """A movement whose phase is told apart.

    Args:
        x: training windows.
        labels: their classes.
        dims: dimensions of a.
    """

    def __init__(self, x: Tensor, labels: Tensor, dims: int) -> None:
        self.movement = Movement(x.shape[1], x.shape[2], [int(n) + 1 for n in labels.max(0).values], dims)
        solve_movement(self.movement, _Examples(x, labels), seed=0)  # type: ignore[arg-type]  # reads no more of windows

    def tell(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return a, (window, dimension)."""
        a: Tensor = self.movement(x, self.movement.joined(list(labels.T))).loc
        return a

    def give(self, a: Tensor, labels: Tensor) -> Tensor:
        """Return windows, (window, time, channel)."""
        return self.movement.window(a, self.movement.joined(list(labels.T)))

    def noise(self, labels: Tensor) -> Tensor:
        """Draw what is around the windows, (window, time, channel)."""
        return self.movement.noise(self.movement.joined(list(labels.T)))


class Unaligned:
    """Principal components of windows around the mean of their class, standardised by class.

    Args:
        x: training windows.
        labels: their classes.
        dims: dimensions of a.
    """

    def __init__(self, x: Tensor, labels: Tensor, dims: int) -> None:
        self.shape, self.n_last = x.shape[1:], int(labels[:, 1].max()) + 1
        number, flat = self._joint(labels), x.flatten(1)
        numbers = range(int(number.max()) + 1)
        self.centre = torch.stack([flat[number == each].mean(0) for each in numbers])
        around = flat - self.centre[number]
        self.directions = torch.linalg.svd(around, full_matrices=False).Vh[:dims].T
        told = around @ self.directions
        pooled = told.T @ told / len(told)
        roots = []
        for each in numbers:
            own = told[number == each]
            covariance = (own.T @ own + _POOLED * pooled) / (len(own) + _POOLED)
            roots.append(torch.linalg.cholesky(covariance + _FLOOR * pooled.diagonal().diag()))
        self.spread = torch.stack(roots)
        self.rest = (x - self.give(self.tell(x, labels), labels)).std((0, 1))

    def tell(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return a, (window, dimension)."""
        number = self._joint(labels)
        told = (x.flatten(1) - self.centre[number]) @ self.directions
        return torch.linalg.solve(self.spread[number], told[..., None])[..., 0]

    def give(self, a: Tensor, labels: Tensor) -> Tensor:
        """Return windows, (window, time, channel)."""
        number = self._joint(labels)
        told = (self.spread[number] @ a[..., None])[..., 0]
        return (self.centre[number] + told @ self.directions.T).unflatten(1, self.shape)

    def noise(self, labels: Tensor) -> Tensor:
        """Draw what is around the windows, (window, time, channel): white noise."""
        return self.rest * torch.randn(len(labels), *self.shape)

    def _joint(self, labels: Tensor) -> Tensor:
        return labels[:, 0] * self.n_last + labels[:, 1]


class _Examples:
    """Windows in memory, as the solution of a movement reads them."""

    def __init__(self, x: Tensor, labels: Tensor) -> None:
        self.x, self.labels = x, labels

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, index: Tensor) -> Batch:
        return Batch(self.x[index], self.x[index], self.labels[index])


def variants() -> dict[str, Callable[[Tensor, Tensor], Variant]]:
    """Return what makes each variant from training windows and their labels, by name."""
    found: dict[str, Callable[[Tensor, Tensor], Variant]] = {}
    for dims in (4, 8, 16):
        found[f"aligned, {dims} dimensions"] = partial(Aligned, dims=dims)
    for dims in (8, 16):
        found[f"not aligned, {dims} dimensions"] = partial(Unaligned, dims=dims)
    return found
