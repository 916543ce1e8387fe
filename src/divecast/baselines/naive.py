"""Forecasts that repeat what was last seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from divecast.errors import ConfigError
from divecast.model.linear.filled import forward_fill
from divecast.types import Batch


@dataclass(frozen=True, slots=True)
class LastValue:
    """Repeats the last observed value of each channel; 0, the training mean, where the window holds none."""

    name: str = "last value"

    def fit(self, batches: Iterable[Batch], n_classes: tuple[int, ...]) -> Self:
        """Nothing is learned; ``batches`` are not read."""
        del batches, n_classes
        return self

    def forecast(self, batch: Batch) -> Tensor:
        """Forecast (batch, horizon, channel) in scaled units; of ``batch.y`` only the shape is read."""
        return forward_fill(batch.x)[:, -1:].expand(-1, batch.y.shape[1], -1)


@dataclass(frozen=True, slots=True)
class SeasonalNaive:
    """Repeats the last ``period`` steps of the window across the horizon; missing ones as in ``LastValue``.

    Attributes:
        period: steps in a season, such as 24 for days of hourly data; at most the look-back.
    """

    period: int
    name: str = "seasonal naive"

    def __post_init__(self) -> None:
        """Check the range."""
        if self.period < 1:
            raise ConfigError(f"period must be >= 1, got {self.period}")

    def fit(self, batches: Iterable[Batch], n_classes: tuple[int, ...]) -> Self:
        """Nothing is learned; ``batches`` are not read."""
        del batches, n_classes
        return self

    def forecast(self, batch: Batch) -> Tensor:
        """Forecast (batch, horizon, channel) in scaled units; of ``batch.y`` only the shape is read.

        Raises:
            ConfigError: the window is shorter than the period.
        """
        n_times, horizon = batch.x.shape[1], batch.y.shape[1]
        if n_times < self.period:
            raise ConfigError(
                f"a season of {self.period} steps needs a look-back of at least {self.period}, got {n_times}; "
                "use a longer look-back or a shorter period"
            )
        phases = torch.arange(horizon, device=batch.x.device) % self.period
        return forward_fill(batch.x)[:, n_times - self.period + phases]
