"""Fit of ``Recalibration`` from the errors of a trained forecaster on windows of the validation part.

Each number is drawn towards what it is on average, by how much it differs between blocks of the windows: what changes
from block to block says little of the next one (empirical Bayes, James and Stein 1961).
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from divecast.model.recalibration import N_KNOTS, Recalibration, rising

_MOST_VALUES, _ROWS_FOR_LEVELS = 2_000_000, 20_000  # errors; more would not change a ratio
_BLOCKS = 4
_AS_MANY = 20.0  # a ratio counts half where it is the mean of so many windows
_LEAST, _MOST = 0.02, 20.0  # of a ratio


@dataclass(frozen=True, eq=False, slots=True)
class Errors:
    """Errors of the forecasts of windows, in order of time, in scaled units.

    Attributes:
        values: (window, horizon, channel) true value minus mean, NaN where not observed.
        mean: (window, horizon, channel) of the forecasts.
        scale: (window, horizon, channel) of the forecasts.
        phases: (window, horizon) int64 phase of each target row, or None.
    """

    values: Tensor
    mean: Tensor
    scale: Tensor
    phases: Tensor | None

    def at(self, windows: Tensor | slice) -> "Errors":
        """Return those of some windows."""
        phases = None if self.phases is None else self.phases[windows]
        return Errors(self.values[windows], self.mean[windows], self.scale[windows], phases)

    def standardised(self, by: Recalibration) -> Tensor:
        """Return the errors of the shifted mean in units of the scale times the factor."""
        mean, factor = by(self.mean, self.phases)
        standard: Tensor = (self.values - (mean - self.mean)) / (self.scale * factor.exp())
        return standard


@torch.no_grad()
def fit_recalibration(errors: Errors, n_phases: int, share_of_year: float) -> Recalibration:
    """Return the shift by phase, and the factors by channel and phase, and of what is left, by level.

    Args:
        errors: of windows in order of time.
        n_phases: number of phases.
        share_of_year: share of a year that the windows span, at most 1. The spread of a channel changes with the
            season, so its own factor counts by this share.
    """
    errors = errors.at(slice(None, None, max(1, errors.values.numel() // _MOST_VALUES)))
    n_channels = errors.values.shape[2]
    found = Recalibration(n_phases, n_channels, errors.values.shape[1])
    told_apart = errors.phases is not None and n_phases > 1
    if errors.phases is not None and told_apart:
        found.shift.copy_(_shift(errors.values, errors.phases, n_phases))
        errors = replace(errors, values=errors.values - found.shift[errors.phases])
    size = (errors.values / errors.scale).abs()
    own = share_of_year * _own_factors(size)
    size = size * (-own).exp()
    if errors.phases is not None and told_apart:
        found.by_phase.copy_(_log_ratios(size, errors.phases[:, :, None].expand(size.shape), n_phases))
        size = size * (-found.by_phase[errors.phases]).exp()
    bins, knots = _levels(errors.mean)
    found.knots.copy_(knots)
    found.by_level.copy_(_log_ratios(size, bins, N_KNOTS) + own)
    return found


def folds(n_windows: int, n_folds: int = 2, n_blocks: int = 10) -> Tensor:
    """Return the fold of each window, (window,): blocks of neighbours in turn."""
    return torch.arange(n_windows) * n_blocks // max(1, n_windows) % n_folds


def _shift(values: Tensor, phases: Tensor, n_phases: int) -> Tensor:
    """Return the mean error by phase and channel, drawn towards 0."""
    group = phases[:, :, None].expand(values.shape)
    blocks = [_means(part, at, n_phases) for part, at in _in_blocks(values, group)]
    return _drawn(torch.stack(blocks))


def _own_factors(size: Tensor) -> Tensor:
    """Return the log of each channel's size over that of all, (channel,), drawn towards 0."""
    blocks = []
    for (block,) in _in_blocks(size):
        log = block.nanmean((0, 1)).clamp(min=1e-6).log()
        blocks.append(log - log.nanmean())
    return _drawn(torch.stack(blocks)).clamp(np.log(_LEAST), np.log(_MOST))


def _in_blocks(*arrays: Tensor) -> list[tuple[Tensor, ...]]:
    return list(zip(*(array.tensor_split(min(_BLOCKS, len(array))) for array in arrays), strict=True))


def _drawn(blocks: Tensor) -> Tensor:
    """Return the mean of (block, ...) numbers, times the share of its power that is not the blocks' variance."""
    mean = blocks.nanmean(0)
    noise = (blocks - mean).square().nansum(0) / max(1, len(blocks) * (len(blocks) - 1))
    kept = 1.0 - noise[~mean.isnan()].mean() / mean.square().nanmean().clamp(min=1e-12)
    share = float(kept.nan_to_num().clamp(0.0, 1.0)) if len(blocks) > 1 else 0.0
    drawn: Tensor = share * mean.nan_to_num()
    return drawn


def _levels(mean: Tensor) -> tuple[Tensor, Tensor]:
    """Return the bin of each mean, (window, horizon, channel), and the middle of each, (knot, channel)."""
    some = mean.flatten(0, 1)[:: max(1, mean[..., 0].numel() // _ROWS_FOR_LEVELS)]
    edges = torch.from_numpy(np.quantile(some.numpy(), np.linspace(0.0, 1.0, N_KNOTS + 1), axis=0)).float()
    bins = torch.zeros_like(mean, dtype=torch.int64)
    for edge in edges[1:-1]:
        bins += mean > edge
    return bins, rising(0.5 * (edges[1:] + edges[:-1]))


def _means(values: Tensor, group: Tensor, n_groups: int) -> Tensor:
    """Return the mean by group and channel, (group, channel) float32; NaN where there is no value."""
    total, count = _sums(values, group, n_groups)
    return (total / count).float()


def _log_ratios(size: Tensor, group: Tensor, n_groups: int) -> Tensor:
    """Return the log ratio of each group's mean size to that of its channel, (group, channel).

    A ratio is drawn towards that of the group in all channels, and this towards 1.
    """
    total, count = _sums(size, group, n_groups)
    usual = total.sum(0) / count.sum(0).clamp(min=1.0)
    ratio = total / count.clamp(min=1.0) / usual.clamp(min=1e-12)
    n_windows = count / size.shape[1]
    pooled = ((ratio * n_windows).sum(1) + _AS_MANY) / (n_windows.sum(1) + _AS_MANY)
    drawn = (ratio * n_windows + pooled[:, None] * _AS_MANY) / (n_windows + _AS_MANY)
    logs: Tensor = drawn.clamp(_LEAST, _MOST).log().float()
    return logs


def _sums(values: Tensor, group: Tensor, n_groups: int) -> tuple[Tensor, Tensor]:
    """Return sum and number of the known values by group and channel, (group, channel) float64 each."""
    n_channels = values.shape[2]
    place = (group * n_channels + torch.arange(n_channels)).flatten()
    both = torch.zeros(2, n_groups * n_channels, dtype=torch.float64)
    both[0].index_add_(0, place, values.nan_to_num().flatten().double())
    both[1].index_add_(0, place, (~values.isnan()).flatten().double())
    total, count = both.view(2, n_groups, n_channels)
    return total, count
