"""Forecasts that repeat the last observed values."""

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
    """Repeats the last observed value of each channel; 0, the training mean, if the window has none.

    Attributes:
        name: name in tables.
    """

    name: str = "last value"

    def fit(self, batches: Iterable[Batch], n_classes: tuple[int, ...]) -> Self:
        """Return ``self``; nothing is fitted."""
        del batches, n_classes
        return self

    def forecast(self, batch: Batch) -> Tensor:
        """Return the forecast, (batch, horizon, channel), scaled units; only the shape of ``batch.y`` is used."""
        return forward_fill(batch.x)[:, -1:].expand(-1, batch.y.shape[1], -1)


@dataclass(frozen=True, slots=True)
class SeasonalNaive:
    """Repeats the last ``period`` steps of the window over the horizon; missing values are filled as in ``LastValue``.

    Attributes:
        period: steps per season, such as 24 for hourly data; at most the look-back.
        name: name in tables.
    """

    period: int
    name: str = "seasonal naive"

    def __post_init__(self) -> None:
        """Check the period (ConfigError)."""
        if self.period < 1:
            raise ConfigError("period must be >= 1", found=str(self.period), argument="period")

    def fit(self, batches: Iterable[Batch], n_classes: tuple[int, ...]) -> Self:
        """Return ``self``; nothing is fitted."""
        del batches, n_classes
        return self

    def forecast(self, batch: Batch) -> Tensor:
        """Return the forecast, (batch, horizon, channel), scaled units; only the shape of ``batch.y`` is used.

        Raises:
            ConfigError: the window is shorter than the period.
        """
        n_times, horizon = batch.x.shape[1], batch.y.shape[1]
        if n_times < self.period:
            raise ConfigError(
                f"A season of {self.period} steps needs a lookback of at least {self.period}",
                found=str(n_times),
                hint="Use a longer {lookback} or a shorter {period}",
                argument="lookback",
            )
        phases = torch.arange(horizon, device=batch.x.device) % self.period
        return forward_fill(batch.x)[:, n_times - self.period + phases]
