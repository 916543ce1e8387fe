"""What the validation part adds to a trained forecaster: a shift of the mean, and how the spread differs.

The network widens a window as a whole, and the likelihood has a scale by step. But errors at noon are larger than at
night, and those of a full road larger than those of an empty one, at whatever step of the horizon they come.
"""

import torch
from torch import Tensor, nn

N_KNOTS = 6
"""Levels between which the factor on the scale is interpolated; beyond the outermost it stays."""


class Recalibration(nn.Module):
    """A shift of the mean and a log factor on the scale, both 0 until they are fitted (``fit/recalibrate.py``).

    Args:
        n_phases: times of the day, week or year that are told apart; 1 for none.
        n_channels: channels of the window.
    """

    shift: Tensor
    by_phase: Tensor
    knots: Tensor
    by_level: Tensor

    def __init__(self, n_phases: int, n_channels: int) -> None:
        super().__init__()
        self.register_buffer("shift", torch.zeros(n_phases, n_channels))
        self.register_buffer("by_phase", torch.zeros(n_phases, n_channels))
        self.register_buffer("knots", torch.arange(float(N_KNOTS))[:, None].repeat(1, n_channels))
        self.register_buffer("by_level", torch.zeros(N_KNOTS, n_channels))

    def forward(self, mean: Tensor, phases: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the shifted mean and the log factor, (batch, horizon, channel) each.

        Args:
            mean: (batch, horizon, channel) of the forecast, scaled units.
            phases: (batch, horizon) int64 phase of each target row; without it, means are not shifted.
        """
        if phases is not None:
            mean = mean + self.shift[phases]
        rise = self.by_level.diff(dim=0) / self.knots.diff(dim=0)
        factor = self.by_level[0].expand(mean.shape)
        for low, high, slope in zip(self.knots, self.knots[1:], rise, strict=False):
            factor = torch.addcmul(factor, torch.minimum(mean, high).sub(low).clamp_(min=0.0), slope)
        return mean, factor if phases is None else factor + self.by_phase[phases]
