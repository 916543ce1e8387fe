"""Dependence of a forecast's errors over steps and series: an empirical copula of whole residual vectors.

A path takes its values from the calibrated quantiles, and their order among the paths from the standardised residuals
of one window of the validation part, at all its steps and series together. So the margins of the paths are the
quantiles, and their dependence is that of real errors (Clark et al. 2004, "The Schaake shuffle"; Schefzik et al. 2013,
"Ensemble copula coupling"; here with errors in place of observations).
"""

import math
import os
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.errors import ConfigError
from divecast.inference.adaptation import Adaptation
from divecast.inference.calibration import Calibration
from divecast.inference.results import Floats

Ints = NDArray[np.int64]

_MOST_VALUES, _LEAST_VECTORS = 4_000_000, 64  # residuals kept: 8 MB, or more for very many series
_ENOUGH = 60  # vectors at a phase; if there are fewer, those of near phases join
_TINY = 6e4  # the largest float16, nearly


@dataclass(frozen=True, eq=False, slots=True)
class Dependence:
    """Residual vectors of windows of the validation part.

    Attributes:
        errors: (vector, horizon, channel) float16 standardised residuals; only their order counts.
        phases: (vector,) int64 phase of the window's first step; see ``divecast.data.time.phase``.
        n_phases: number of phases.
    """

    errors: Tensor
    phases: Tensor
    n_phases: int

    @classmethod
    def of(cls, residuals: Tensor, phases: Tensor, n_phases: int, seed: int) -> "Dependence":
        """Keep a random part of the residuals.

        Args:
            residuals: (window, horizon, channel) standardised, NaN where not observed.
            phases: (window,) int64 phase of each window's first step.
            n_phases: number of phases.
            seed: of the draw.
        """
        seen = (~residuals.isnan()).flatten(1).float().mean(1) > 0.5
        known = torch.nonzero(seen if bool(seen.any()) else torch.ones_like(seen))[:, 0]
        most = max(_LEAST_VECTORS, _MOST_VALUES // (residuals.shape[1] * residuals.shape[2]))
        drawn = known[torch.randperm(len(known), generator=torch.Generator().manual_seed(seed))[:most].sort().values]
        errors = _completed(residuals[drawn]).clamp(-_TINY, _TINY).half()
        return cls(errors, phases[drawn], n_phases)

    @classmethod
    def none(cls, horizon: int, n_channels: int) -> "Dependence":
        """Return that of a model that is not calibrated: no vector."""
        return cls(torch.empty(0, horizon, n_channels, dtype=torch.float16), torch.empty(0, dtype=torch.int64), 1)

    def likely(self, phase: int) -> Tensor:
        """Return the numbers of the vectors that start at a phase, or next to it if they are few."""
        apart = (self.phases - phase).abs()
        apart = torch.minimum(apart, self.n_phases - apart)
        nearest = int(apart.sort().values[min(_ENOUGH, len(apart)) - 1])
        return torch.nonzero(apart <= nearest)[:, 0]

    def ranks(self, vectors: Tensor) -> Ints:
        """Return the rank of each residual among the chosen vectors, (vector, horizon, channel), from 0."""
        order = self.errors[vectors].float().argsort(0)
        places = torch.arange(len(vectors))[:, None, None].expand(order.shape)
        ranks: Ints = torch.empty_like(order).scatter_(0, order, places).numpy()
        return ranks


class PathDraws:
    """Draws of paths; what windows at the same phase share is computed once.

    Args:
        dependence: whose errors the paths follow.
        calibration: quantiles of the standardised residuals.
        n_paths: number of paths.
        seed: of the draws; each window has its own, by its origin.
        adaptation: levels that observed values have moved, if there are some.
    """

    def __init__(
        self,
        dependence: Dependence,
        calibration: Calibration,
        n_paths: int,
        seed: int,
        adaptation: Adaptation | None = None,
    ) -> None:
        self._dependence, self._calibration, self._seed = dependence, calibration, seed
        self._adaptation, self._residuals = adaptation, dict[int, Floats]()
        self.n_paths = n_paths
        self._ranks: tuple[int, Ints] | None = None

    def of(self, origin: int, phase: int) -> Floats:
        """Return standardised residuals of the paths of a window, (path, horizon, channel).

        Each of the likely vectors is taken once before one is taken again, and each time from another part of its
        share of the levels.

        Args:
            origin: row of the window's first step.
            phase: phase of that row.
        """
        ranks, random = self._ranks_at(phase), np.random.default_rng([self._seed, origin])
        n_vectors, n_turns = len(ranks), -(-self.n_paths // len(ranks))
        vectors = np.stack([random.permutation(n_vectors) for _ in range(n_turns)])
        parts = random.permuted(np.tile(np.arange(n_turns), (n_vectors, 1)), axis=1)
        taken = vectors.ravel()[: self.n_paths]
        part = parts[vectors, np.arange(n_turns)[:, None]].ravel()[: self.n_paths]
        residuals, step = self._residuals_at(n_vectors * n_turns), np.arange(ranks.shape[1])[:, None]
        channel = np.arange(ranks.shape[2]) if residuals.shape[2] > 1 else 0
        found: Floats = residuals[ranks[taken] * n_turns + part[:, None, None], step, channel]
        return found

    def _residuals_at(self, n_levels: int) -> Floats:
        """Return the quantiles at so many levels, (level, horizon, channel), or (level, horizon, 1) of all alike."""
        if n_levels not in self._residuals:
            levels = (np.arange(n_levels) + 0.5) / n_levels
            if self._adaptation is None:
                self._residuals[n_levels] = self._calibration.residuals_at(levels)[..., None]
            else:
                self._residuals[n_levels] = self._adaptation.quantiles(levels, self._calibration).astype(np.float32)
        return self._residuals[n_levels]

    def _ranks_at(self, phase: int) -> Ints:
        if self._ranks is None or self._ranks[0] != phase:
            self._ranks = phase, self._dependence.ranks(self._dependence.likely(phase))
        return self._ranks[1]


def check_paths_fit(n_paths: int, shape: tuple[int, int, int]) -> None:
    """Refuse paths that do not fit into half of the memory of the machine.

    Args:
        n_paths: paths per window.
        shape: windows, horizon and channels.

    Raises:
        ConfigError: they do not fit.
    """
    size, memory = 4 * n_paths * math.prod(shape), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > memory / 2:
        raise ConfigError(
            f"{n_paths} paths of {' x '.join(map(str, shape))} windows, steps and series take {size / 2**30:.3g} GiB, "
            f"more than half of the memory of this machine ({memory / 2**30:.3g} GiB)",
            hint="Choose a smaller {n_paths} or fewer windows, or use forecast_batches",
            argument="n_paths",
        )


def _completed(residuals: Tensor) -> Tensor:
    """Fill missing residuals: by the mean of the other steps of the series, else of the other series, else 0."""
    by_series = residuals.nanmean(1, keepdim=True)
    filled = torch.where(residuals.isnan(), by_series, residuals)
    return torch.where(filled.isnan(), filled.flatten(1).nanmean(1)[:, None, None], filled).nan_to_num()
