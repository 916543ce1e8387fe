"""From the distributions of a network to values in original units: mean, quantiles and values of paths."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from divecast.data import Scale
from divecast.inference.calibration import Calibration
from divecast.inference.counts import Counts
from divecast.inference.dependence import Ints, PathDraws
from divecast.inference.fitted_model import FittedModel
from divecast.inference.results import Floats

_FOR_MEAN = (np.arange(100) + 0.5) / 100  # levels of the quantiles whose average is the mean


@dataclass(frozen=True, eq=False, slots=True)
class Margins:
    """Distributions of the values of windows, without bounds; a value belongs to each standardised residual.

    Attributes:
        mean: (window, horizon, channel) original units.
        center: (window, horizon, channel) value of the residual 0, in original units or powers or logarithms of them.
        scale: (window, horizon, channel) in the same, of channels that do not hold counts.
        units: what brings powers or logarithms to original units.
        counts: distributions of counts.
        wider: (window, horizon, channel) how often as wide as usual a distribution of counts is; None for 1.
    """

    mean: Floats
    center: Floats
    scale: Floats
    units: Scale
    counts: Counts
    wider: Floats | None = None

    @classmethod
    def of(cls, fitted: FittedModel, forecast: Any) -> "Margins":
        """Return the margins of distributions of a network.

        Args:
            fitted: the model, with the scale of the windows.
            forecast: their distributions, in scaled units.
        """
        wider = None if forecast.wider is None else forecast.wider.cpu().float().exp().expand_as(forecast.loc).numpy()
        location, scale = (each.cpu().contiguous() for each in (forecast.loc, forecast.scale))  # as the results are
        return cls.scaled(fitted.scale, location, scale, fitted.calibration, fitted.counts, wider)

    @classmethod
    def scaled(
        cls,
        units: Scale,
        location: Tensor,
        scale: Tensor,
        calibration: Calibration,
        counts: Counts,
        wider: Floats | None = None,
    ) -> "Margins":
        """Return the margins of locations and scales, (window, horizon, channel), in scaled units."""
        spread = torch.from_numpy(units.spread)
        center = torch.addcmul(torch.from_numpy(units.center), location, spread).numpy()
        wide = (scale * spread).numpy()
        if units.powers is None:
            return cls(center, center, wide, units, counts, wider)
        mean = np.zeros(center.shape, np.float32)
        for residual in calibration.residuals_at(_FOR_MEAN):
            mean += units.unmapped(center + wide * residual[:, None]) / len(_FOR_MEAN)
        changed = np.broadcast_to(units.powers.changed, mean.shape)
        return cls(np.where(changed, mean, center), center, wide, units, counts, wider)

    def at(self, window: int) -> "Margins":
        """Return those of one window."""
        some, counts, units = slice(window, window + 1), self.counts, self.units
        if counts.size.ndim > 1:
            counts = Counts(counts.zeros[some], counts.size[some])
        if units.center.ndim > 1:
            powers = None if units.powers is None else units.powers[some]
            units = Scale(units.center[some], units.spread[some], powers=powers)
        wider = None if self.wider is None else self.wider[some]
        return Margins(self.mean[some], self.center[some], self.scale[some], units, counts, wider)

    def values(self, residuals: Floats) -> Floats:
        """Return the values at standardised residuals that broadcast to (..., window, horizon, channel)."""
        values: Floats = residuals * self.scale
        values += self.center
        values = self.units.unmapped(values)
        if not self.counts.there_are:
            return values
        counts = self.counts.quantiles(self.mean, residuals if self.wider is None else residuals * self.wider)
        return np.where(np.isnan(counts), values, counts)

    def residuals(self, truth: Floats, seed: int) -> Floats:
        """Return the standardised residuals of what happened, (window, horizon, channel), NaN where not known.

        Args:
            truth: (window, horizon, channel) original units.
            seed: of the draws where a distribution of counts has a step.
        """
        with np.errstate(invalid="ignore"):
            found: Floats = (self.units.mapped(truth) - self.center) / self.scale
        if not self.counts.there_are:
            return found
        scores = self.counts.scores(self.mean, truth, seed)
        scores = scores if self.wider is None else scores / self.wider
        return np.where(np.isnan(scores), found, scores)


def drawn_paths(draws: PathDraws, origins: Ints, phases: Ints, margins: Margins) -> Floats:
    """Return paths of windows, (path, window, horizon, channel), in original units.

    Args:
        draws: draws of standardised residuals.
        origins: (window,) row of each window's first step.
        phases: (window,) phase of that row.
        margins: distributions of the windows.
    """
    paths = np.empty((draws.n_paths, *margins.mean.shape), np.float32)
    if not draws.n_paths:
        return paths
    for window, (origin, phase) in enumerate(zip(origins.tolist(), phases.tolist(), strict=True)):
        paths[:, window : window + 1] = margins.at(window).values(draws.of(origin, phase)[:, None])
    return paths
