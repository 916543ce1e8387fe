"""The closed-form ridge of divecast: each channel from its own window and the calendar.

On recordings, whose windows are few for their length, the validation part chooses the penalty.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.baselines import PerChannelRidge
from divecast.model import recurring_pairs
from divecast.types import Batch
from research.race.contract import Calendar, Forecasts, Known, Origins
from research.race.heats import Floats, Heat
from research.race.windows import moments, pasts

_AT_ONCE = 512
_PENALTIES = (1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)


@dataclass(frozen=True, eq=False, slots=True)
class FittedRidge:
    """A solved ridge with what it needs to read windows."""

    ridge: PerChannelRidge
    heat: Heat
    calendar: Calendar
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @property
    def weights(self) -> int:
        """Coefficients."""
        return 0 if self.ridge.weights is None else self.ridge.weights.weight.numel()

    @property
    def settings(self) -> dict[str, Any]:
        """Penalty and pairs."""
        return {"penalty": self.ridge.penalty, "pairs": self.ridge.pairs, "lookback": self.heat.lookback}

    def roll(self, rows: Floats, origins: Origins, levels: tuple[float, ...]) -> Forecasts:
        """Forecast in batches."""
        del levels
        parts = []
        for at in range(0, len(origins), _AT_ONCE):
            some = origins[at : at + _AT_ONCE]
            x = (pasts(rows, some, self.heat.lookback) - self.mean) / self.spread
            y = torch.empty(len(some), self.heat.horizon, len(self.mean))
            scaled = self.ridge.forecast(Batch(torch.from_numpy(x), y, _labels(self.calendar, some))).numpy()
            parts.append(scaled * self.spread + self.mean)
        return Forecasts(np.concatenate(parts))


@dataclass(frozen=True, slots=True)
class Ridge:
    """The entry."""

    def fit(self, heat: Heat, past: Floats, known: Known) -> FittedRidge:
        """Solve on the training part."""
        mean, spread = moments(heat, past)
        scaled = (past[: heat.n_train] - mean) / spread
        calendar = known.calendar
        pairs = recurring_pairs(torch.from_numpy(calendar[: heat.n_train].astype(np.int64)), heat.n_classes)

        def solved(penalty: float) -> FittedRidge:
            ridge = PerChannelRidge(penalty, pairs).fit(_windows(heat, scaled, calendar), heat.n_classes)
            return FittedRidge(ridge, heat, calendar, mean, spread)

        if not heat.starts:
            return solved(_PENALTIES[0])
        return min(map(solved, _PENALTIES), key=lambda fitted: _valid_error(fitted, past))


def enter(name: str) -> Ridge:
    """Return the one entry there is."""
    del name
    return Ridge()


def _valid_error(fitted: FittedRidge, past: Floats) -> float:
    """Return the mean squared standardised error of the validation part."""
    origins = fitted.heat.valid_origins
    truth = past[origins[:, None] + np.arange(fitted.heat.horizon)]
    errors = (fitted.roll(past, origins, ()).points - truth) / fitted.spread
    return float(np.square(errors).mean())


def _windows(heat: Heat, scaled: Floats, calendar: Calendar) -> Iterator[Batch]:
    """Yield every training window once, laid out as (batch, channel, time)."""
    windows = torch.from_numpy(scaled).unfold(0, heat.lookback + heat.horizon, 1)
    every = heat.train_origins(heat.lookback)
    for at in range(0, len(every), _AT_ONCE):
        origins = every[at : at + _AT_ONCE]
        block = windows[origins - heat.lookback].transpose(1, 2)
        yield Batch(block[:, : heat.lookback], block[:, heat.lookback :], _labels(calendar, origins))


def _labels(calendar: Calendar, origins: Origins) -> torch.Tensor:
    """Return the classes of the last past row, as a model of divecast is told them."""
    return torch.from_numpy(calendar[origins - 1].astype(np.int64))
