"""Windows in the form that the models of neuralforecast read."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False, slots=True)
class Feed:
    """Rows to cut windows from.

    Attributes:
        values: (row, series) standardised.
        known: (row, feature) the calendar, or no columns.
        lookback: rows before an origin.
        horizon: rows from it on.
        mixes: whether a window has all series, or one.
    """

    values: Tensor
    known: Tensor
    lookback: int
    horizon: int
    mixes: bool

    def inputs(self, origins: Tensor, series: Tensor) -> dict[str, Tensor | None]:
        """Return what a model reads.

        Args:
            origins: (window,).
            series: (window,) whose past it is, where the model does not mix them.

        Returns:
            ``insample_y`` (window, lookback, series), ``futr_exog`` (window, feature, lookback + horizon, series) or,
            of one series, (window, lookback + horizon, feature); the other inputs of neuralforecast are not there.
        """
        rows = origins[:, None] + torch.arange(-self.lookback, 0)
        past = self.values[rows] if self.mixes else self.values[rows, series[:, None]].unsqueeze(2)
        future = self._known(origins, past.shape[2]) if self.known.shape[1] else None
        return {
            "insample_y": past,
            "insample_mask": torch.ones_like(past),
            "futr_exog": future,
            "hist_exog": None,
            "stat_exog": None,
        }

    def targets(self, origins: Tensor, series: Tensor) -> Tensor:
        """Return (window, horizon, series), or (window, horizon, 1) of one."""
        rows = origins[:, None] + torch.arange(self.horizon)
        return self.values[rows] if self.mixes else self.values[rows, series[:, None]].unsqueeze(2)

    def _known(self, origins: Tensor, n_series: int) -> Tensor:
        rows = origins[:, None] + torch.arange(-self.lookback, self.horizon)
        features = self.known[rows]
        return features.transpose(1, 2).unsqueeze(3).expand(-1, -1, -1, n_series) if self.mixes else features
