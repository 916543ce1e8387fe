"""Errors of forecasts of windows in which some drawn channels were changed."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from divecast.data import Windows
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, predict
from divecast.types import Batch

_SHARE, _MOST_DRAWN = 0.25, 200  # of the channels of a window
_CASES, _VALUES, _MOST_TURNS = 20_000, 10_000_000, 8
_LEAST_WINDOWS, _WINDOWS, _CELLS, _MOST_WINDOWS = 50, 200, 10_000, 4000
_COVER = 0.9  # share of the errors that a factor makes the spread hold
_MOST = 20.0  # times as wide

Change = Callable[[Batch, Tensor], Batch]
"""Changes the channels that are drawn, (batch, channel) bool, in a batch."""


@dataclass(frozen=True, slots=True)
class DrawnErrors:
    """Errors of channels of windows, one after another.

    Attributes:
        error: (case, horizon) true value minus mean, NaN where not observed.
        scale: (case, horizon) of the forecasts.
        departure: (case,) as ``Departures.largest`` tells it.
        weights: (case, span, size) as ``Departures.weights`` tells them.
    """

    error: Tensor
    scale: Tensor
    departure: Tensor
    weights: Tensor

    @property
    def size(self) -> Tensor:
        """Standardised sizes, (case, horizon)."""
        return (self.error / self.scale).abs()

    def at(self, cases: Tensor) -> "DrawnErrors":
        """Return those of some cases, (case,) bool."""
        return DrawnErrors(self.error[cases], self.scale[cases], self.departure[cases], self.weights[cases])

    def moved(self, shift: Tensor) -> "DrawnErrors":
        """Return the errors of forecasts to which a shift, (case, horizon), is added."""
        return replace(self, error=self.error - shift)

    def log_ratio(self, plain: "DrawnErrors") -> Tensor:
        """Return the log ratio of what most errors do not exceed to the same of plain ones, (horizon,), at least 0."""
        own, usual = (torch.nanquantile(each.size, _COVER, dim=0) for each in (self, plain))
        return (own / usual).nan_to_num(nan=1.0).clamp(1.0, _MOST).log()


@dataclass(frozen=True, slots=True)
class Draws:
    """Windows into which changes are drawn, always of the same channels in a turn.

    Attributes:
        fitted: the model.
        windows: ordinary ones.
        n_drawn: channels of each window that are drawn.
        seed: of the draws.
    """

    fitted: FittedModel
    windows: Windows
    n_drawn: int
    seed: int

    @classmethod
    def of(cls, fitted: FittedModel, windows: Windows, seed: int) -> "Draws":
        """Choose some of the windows, fewer of those with many channels and steps.

        They are without models of each series, which do not read what is changed.
        """
        n_channels = len(fitted.channels)
        n_drawn = min(math.ceil(_SHARE * n_channels), _MOST_DRAWN)
        n = min(_MOST_WINDOWS, max(_WINDOWS, _CELLS // n_channels), cls._n_cases(fitted) // n_drawn)
        return cls(fitted, replace(evenly(windows, max(_LEAST_WINDOWS, n)), own=None), n_drawn, seed)

    @property
    def n_turns(self) -> int:
        """Number of turns in which there are many cases."""
        return min(_MOST_TURNS, max(1, round(self._n_cases(self.fitted) / (len(self.windows) * self.n_drawn))))

    @staticmethod
    def _n_cases(fitted: FittedModel) -> int:
        return min(_CASES, _VALUES // fitted.shape.horizon)

    @torch.no_grad()
    def errors(self, change: Change, turn: int = 0) -> DrawnErrors:
        """Return the errors of the drawn channels after a change."""
        departures, cases = self.fitted.network.forecaster.departures, []
        draw = torch.Generator().manual_seed(self.seed + turn)
        for batch in batches(self.fitted, self.windows):
            order = torch.rand(len(batch.x), batch.x.shape[2], generator=draw).argsort(1)
            drawn = (order < self.n_drawn).to(batch.x.device)
            changed = change(batch, drawn)
            forecast: Any = predict(self.fitted, changed, "known").forecast
            departure, times = departures.largest(changed.residual)
            error, scale = changed.y - forecast.loc, forecast.scale
            found = (error.transpose(1, 2), scale.transpose(1, 2), departure, departures.weights(times))
            cases.append(tuple(each[drawn].cpu() for each in found))
        return DrawnErrors(*(torch.cat(each) for each in zip(*cases, strict=True)))

    def all_errors(self, change: Change) -> DrawnErrors:
        """Return the errors of all turns."""
        turns = [self.errors(change, turn) for turn in range(self.n_turns)]
        fields = ("error", "scale", "departure", "weights")
        return DrawnErrors(*(torch.cat([getattr(turn, name) for turn in turns]) for name in fields))


def unchanged(batch: Batch, _drawn: Tensor) -> Batch:
    """Return the windows as they are."""
    return batch


def evenly(windows: Windows, n: int) -> Windows:
    """Return at most so many windows, evenly spaced."""
    return windows.subset(torch.linspace(0, len(windows) - 1, min(len(windows), n)).long().unique().numpy())
