"""From the distributions of a network to values in original units: mean, quantiles and values of paths."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from divecast.inference.counts import Counts
from divecast.inference.dependence import Ints, PathDraws
from divecast.inference.fitted_model import FittedModel
from divecast.inference.results import Floats


@dataclass(frozen=True, eq=False, slots=True)
class Margins:
    """Distributions of the values of windows, without bounds; a value belongs to each standardised residual.

    Attributes:
        mean: (window, horizon, channel) original units.
        scale: (window, horizon, channel) original units, of channels that do not hold counts.
        wider: (window, horizon, channel) how often as wide as usual a distribution of counts is; None for 1.
        counts: distributions of counts.
    """

    mean: Floats
    scale: Floats
    wider: Floats | None
    counts: Counts

    @classmethod
    def of(cls, fitted: FittedModel, forecast: Any) -> "Margins":
        """Return the margins of distributions of a network.

        Args:
            fitted: the model, with the scale of the windows.
            forecast: their distributions, in scaled units.
        """
        center, spread = torch.from_numpy(fitted.scale.center), torch.from_numpy(fitted.scale.spread)
        mean = torch.addcmul(center, forecast.loc.cpu().contiguous(), spread)  # contiguous, as the results are
        scale = forecast.scale.cpu().contiguous() * spread
        wider = None if forecast.wider is None else forecast.wider.cpu().exp().expand_as(mean).numpy()
        return cls(mean.numpy(), scale.numpy(), wider, fitted.counts)

    def at(self, window: int) -> "Margins":
        """Return those of one window."""
        some = slice(window, window + 1)
        counts = self.counts
        if counts.size.ndim > 1:
            counts = Counts(counts.zeros[some], counts.size[some])
        return Margins(self.mean[some], self.scale[some], None if self.wider is None else self.wider[some], counts)

    def values(self, residuals: Floats) -> Floats:
        """Return the values at standardised residuals that broadcast to (..., window, horizon, channel)."""
        values: Floats = residuals * self.scale
        values += self.mean
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
            found: Floats = (truth - self.mean) / self.scale
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
