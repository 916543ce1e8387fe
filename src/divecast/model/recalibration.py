"""What the validation part adds to a trained forecaster: a shift of the mean, and how the spread differs.

The network widens a window as a whole, and the likelihood has a scale by step. But errors at noon are larger than at
night, and those of a full road larger than those of an empty one, at whatever step of the horizon they come.
"""

import torch
from torch import Tensor, nn

N_KNOTS = 6
"""Levels between which the factor on the scale is interpolated; beyond the outermost it stays."""

N_AGES = 5
"""Ages of the last value of a channel between which another factor is interpolated; the first is 0."""


_LEAST_APART = 1e-4  # of two levels, scaled units
_LEAST_SHARE_APART = 1e-6  # the same as a share of the larger level: eight times what float32 tells apart


class Recalibration(nn.Module):
    """A shift of the mean and a log factor on the scale, both 0 until they are fitted (``fit/recalibrate.py``).

    Args:
        n_phases: times of the day, week or year that are told apart; 1 for none.
        n_channels: channels of the window.
        horizon: steps ahead.
    """

    shift: Tensor
    by_phase: Tensor
    knots: Tensor
    by_level: Tensor
    ages: Tensor
    by_age: Tensor

    def __init__(self, n_phases: int, n_channels: int, horizon: int) -> None:
        super().__init__()
        self.register_buffer("shift", torch.zeros(n_phases, n_channels))
        self.register_buffer("by_phase", torch.zeros(n_phases, n_channels))
        self.register_buffer("knots", torch.arange(float(N_KNOTS))[:, None].repeat(1, n_channels))
        self.register_buffer("by_level", torch.zeros(N_KNOTS, n_channels))
        self.register_buffer("ages", torch.arange(float(N_AGES)))
        self.register_buffer("by_age", torch.zeros(N_AGES, horizon))

    def forward(self, mean: Tensor, phases: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the shifted mean and the log factor, (batch, horizon, channel) each.

        Args:
            mean: (batch, horizon, channel) of the forecast, scaled units.
            phases: (batch, horizon) int64 phase of each target row; without it, means are not shifted.
        """
        if phases is not None:
            mean = mean + self.shift[phases]
        low, high = (each[:, None, None] for each in (self.knots[:-1], self.knots[1:]))  # of the pieces between
        rise = self.by_level.diff(dim=0)[:, None, None] / (high - low)
        within = torch.maximum(torch.minimum(mean, high), low) - low
        factor = self.by_level[0] + (within * rise).sum(0)
        return mean, factor if phases is None else factor + self.by_phase[phases]

    def for_age(self, x: Tensor) -> Tensor:
        """Return the log factor of a channel whose last values are missing, (batch, horizon, channel).

        Args:
            x: (batch, time, channel) window, NaN where missing.
        """
        n_steps = x.shape[1]
        place = torch.arange(1.0, n_steps + 1.0, device=x.device)[:, None]
        age = n_steps - torch.where(torch.isnan(x), 0.0, place).amax(1)  # (batch, channel) rows since the last value
        at, knots = torch.log1p(age)[:, None], torch.log1p(self.ages)
        rise = self.by_age.diff(dim=0) / knots.diff(dim=0)[:, None]
        factor = self.by_age[0][:, None].expand(len(x), -1, x.shape[2])
        for low, high, slope in zip(knots, knots[1:], rise, strict=False):
            factor = torch.addcmul(factor, (torch.minimum(at, high) - low).clamp(min=0.0), slope[:, None])
        return factor


def rising(levels: Tensor) -> Tensor:
    """Return levels that do not fall, (knot, channel), so far apart that each is above the one before in float32."""
    apart = (_LEAST_SHARE_APART * levels.abs().amax(0)).clamp(min=_LEAST_APART)
    return levels + apart * torch.arange(len(levels), device=levels.device)[:, None]
