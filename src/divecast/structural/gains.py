"""Gains of the Kalman filter of structural models, which are the same for all series.

They depend on the number of values before alone, not on the values, as long as none is missing. A missing value is
taken as expected, which leaves the state as it is and the gains a little too small after a gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.structural.models import StructuralModel

Doubles = NDArray[np.float64]

# Variances before the first value, in units of that of the noise and the level together (our choice).
_LEVEL, _SLOPE, _SEASON = 1e4, 1.0, 30.0
_STEADY_AFTER = 40  # seasons, and at least this many steps in all
_LEAST_STEPS = 240


@dataclass(frozen=True, eq=False, slots=True)
class Gains:
    """Gains of some models.

    Attributes:
        season: steps per season; 1 for none.
        damping: (model,) factor on the slope at each step.
        gain: (step, state, model) float32; the states are level, slope, and the season by phase from the first value.
        variance: (step, model) of the errors one step ahead, in units of the noise and the level together.
    """

    season: int
    damping: Doubles
    gain: NDArray[np.float32]
    variance: Doubles

    @classmethod
    def of(cls, models: Sequence[StructuralModel], season: int, n_steps: int) -> "Gains":
        """Compute the gains of the first steps; those after many steps are those of the season before.

        Args:
            models: the models.
            season: steps per season; 1 for none.
            n_steps: values of the longest series.
        """
        most = season * max(_STEADY_AFTER, -(-_LEAST_STEPS // season))
        length, n_states = min(n_steps + 1, most), 2 + season
        level, damping, slope, returns, seasonal, moving = (
            np.array([getattr(model, name) for model in models], dtype=np.float64)
            for name in ("level", "damping", "slope", "returns", "seasonal", "season")
        )
        noise, has_slope = 1.0 / (1.0 + level), (damping > 0.0) * (1.0 - returns)
        apart = np.eye(season) - 1.0 / season  # what sums to zero over a season
        against = np.stack([np.ones(len(models)), -returns * (1.0 - damping) / np.maximum(damping, 0.5)], axis=1)
        steps = (level * noise)[:, None, None] * against[:, :, None] * against[:, None, :]
        steps[:, 1, 1] += slope
        state = np.zeros((len(models), n_states, n_states))
        state[:, :2, :2] = (returns / (1.0 - np.square(damping) * returns))[:, None, None] * steps
        state[:, 0, 0] += _LEVEL
        state[:, 1, 1] += _SLOPE * has_slope
        state[:, 2:, 2:] = _SEASON * seasonal[:, None, None] * apart
        gain, variance = np.empty((length, n_states, len(models)), np.float32), np.empty((length, len(models)))
        for step in range(length):
            if step:
                state[:, 0] += damping[:, None] * state[:, 1]
                state[:, :, 0] += damping[:, None] * state[:, :, 1]
                state[:, 1] *= damping[:, None]
                state[:, :, 1] *= damping[:, None]
                state[:, :2, :2] += steps
                state[:, 2:, 2:] += (seasonal * moving)[:, None, None] * apart
            at = 2 + step % season
            to_value = state[:, :, 0] + state[:, :, at]
            variance[step] = to_value[:, 0] + to_value[:, at] + noise
            own = to_value / variance[step][:, None]
            state -= own[:, :, None] * to_value[:, None, :]
            gain[step] = own.T
        return cls(season, damping, gain, variance)

    def place(self, step: int) -> int:
        """Return the step whose gains count at a step."""
        n_steps = len(self.gain)
        return step if step < n_steps else n_steps - self.season + (step - n_steps) % self.season

    def spread_ahead(self, step: int, horizon: int) -> Doubles:
        """Return the variances of the forecasts before a step, (model, horizon), in units of the noise and the level.

        That of the error one step ahead, and what the errors before would have moved the state by (Hyndman et al.
        2008, "Forecasting with exponential smoothing", chapter 6), with the gains of this step.
        """
        ahead = np.arange(1, horizon)
        gain = self.gain[self.place(step)].astype(np.float64)
        slope = np.cumsum(self.damping[:, None] ** ahead, axis=1)
        phase = 2 + (step + ahead) % self.season
        moved = gain[0][:, None] + gain[1][:, None] * slope + gain[phase].T
        sums = np.cumsum(np.square(moved), axis=1)
        ahead_of_first: Doubles = self.variance[self.place(step)][:, None] * (1.0 + np.pad(sums, ((0, 0), (1, 0))))
        return ahead_of_first
