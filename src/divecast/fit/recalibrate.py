"""Fit of ``Recalibration`` from the errors of a trained forecaster on windows of the validation part.

Each number is drawn towards what it is on average, by how much it differs between blocks of target rows: what changes
from block to block says little of the next one (empirical Bayes, James and Stein 1961). A block is as long as a horizon
at least, since the errors of one forecast agree.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from divecast.model.recalibration import N_KNOTS, Recalibration, rising

_VALUES_AT_ONCE = 1_000_000
_MOST_VALUES, _ROWS_FOR_LEVELS = 2_000_000, 20_000  # errors; more would not change a ratio
_BLOCKS, _BLOCKS_OF_FOLDS = 4, 10
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
        origins: (window,) int64 first target row of each window.
    """

    values: Tensor
    mean: Tensor
    scale: Tensor
    phases: Tensor | None
    origins: Tensor

    def at(self, windows: Tensor | slice) -> "Errors":
        """Return those of some windows."""
        phases = None if self.phases is None else self.phases[windows]
        return Errors(self.values[windows], self.mean[windows], self.scale[windows], phases, self.origins[windows])

    def without(self, cells: Tensor) -> "Errors":
        """Return the same errors, but those of target rows ``cells``, (window, horizon) bool."""
        return replace(self, values=self.values.masked_fill(cells[:, :, None], torch.nan))

    def blocks(self, most: int) -> tuple[Tensor, int]:
        """Return the block of each target row, (window, horizon) int64, and the number of blocks, at most ``most``."""
        horizon = self.values.shape[1]
        rows = self.origins[:, None] + torch.arange(horizon)
        there = rows[~self.values.isnan().all(2)]
        if not there.numel():
            return torch.zeros_like(rows), 1
        first, n_rows = int(there.min()), int(there.max() - there.min()) + 1
        n_blocks = max(1, min(most, n_rows // horizon))
        return ((rows - first) * n_blocks // n_rows).clamp(0, n_blocks - 1), n_blocks

    def standardised(self, by: Recalibration) -> Tensor:
        """Return the errors of the shifted mean in units of the scale times the factor."""
        at_once = max(1, _VALUES_AT_ONCE // max(1, self.values[:1].numel()))  # knots by values take much memory
        return torch.cat(
            [self.at(slice(i, i + at_once))._standardised(by) for i in range(0, len(self.values), at_once)]
        )

    def _standardised(self, by: Recalibration) -> Tensor:
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
    n_channels, (block, n_blocks) = errors.values.shape[2], errors.blocks(_BLOCKS)
    found = Recalibration(n_phases, n_channels, errors.values.shape[1])
    told_apart = errors.phases is not None and n_phases > 1
    if errors.phases is not None and told_apart:
        found.shift.copy_(_drawn(_means_by_block(errors.values, errors.phases, n_phases, block, n_blocks)))
        errors = replace(errors, values=errors.values - found.shift[errors.phases])
    size = (errors.values / errors.scale).abs()
    own = share_of_year * _own_factors(_means_by_block(size, torch.zeros_like(block), 1, block, n_blocks)[:, 0])
    size = size * (-own).exp()
    if errors.phases is not None and told_apart:
        found.by_phase.copy_(_log_ratios(size, errors.phases[:, :, None].expand(size.shape), n_phases))
        size = size * (-found.by_phase[errors.phases]).exp()
    bins, knots = _levels(errors.mean)
    found.knots.copy_(knots)
    found.by_level.copy_(_log_ratios(size, bins, N_KNOTS) + own)
    return found


def folds(errors: Errors) -> Tensor:
    """Return the fold of each target row, (window, horizon), 0 or 1: blocks of neighbours in turn."""
    block, _ = errors.blocks(_BLOCKS_OF_FOLDS)
    return block % 2


def window_folds(n_windows: int) -> Tensor:
    """Return the fold of each window, (window,), 0 or 1: blocks of neighbours in turn."""
    return torch.arange(n_windows) * _BLOCKS_OF_FOLDS // max(1, n_windows) % 2


def _own_factors(size: Tensor) -> Tensor:
    """Return the log of each channel's size over that of all, (channel,), drawn towards 0; sizes (block, channel)."""
    log = size.clamp(min=1e-6).log()
    return _drawn(log - log.nanmean(1, keepdim=True)).clamp(np.log(_LEAST), np.log(_MOST))


def _drawn(blocks: Tensor) -> Tensor:
    """Return the mean of (block, ...) numbers, times the share of its power that is not the blocks' variance."""
    mean, n = blocks.nanmean(0), (~blocks.isnan()).sum(0)
    several = n > 1  # of others, nothing is known of the variance
    noise = ((blocks - mean).square().nansum(0) / (n * (n - 1)))[several]
    kept = 1.0 - noise.mean() / mean[several].square().mean().clamp(min=1e-12)
    drawn: Tensor = kept.nan_to_num().clamp(0.0, 1.0) * mean.nan_to_num()
    return drawn


def _levels(mean: Tensor) -> tuple[Tensor, Tensor]:
    """Return the bin of each mean, (window, horizon, channel), and the middle of each, (knot, channel)."""
    some = mean.flatten(0, 1)[:: max(1, mean[..., 0].numel() // _ROWS_FOR_LEVELS)]
    edges = torch.from_numpy(np.quantile(some.numpy(), np.linspace(0.0, 1.0, N_KNOTS + 1), axis=0)).float()
    bins = torch.zeros_like(mean, dtype=torch.int64)
    for edge in edges[1:-1]:
        bins += mean > edge
    return bins, rising(0.5 * (edges[1:] + edges[:-1]))


def _means_by_block(values: Tensor, group: Tensor, n_groups: int, block: Tensor, n_blocks: int) -> Tensor:
    """Return the mean by block, group and channel, (block, group, channel) float32; NaN where there is no value.

    Args:
        values: (window, horizon, channel), NaN where there is none.
        group: (window, horizon) numbers of groups.
        n_groups: number of groups.
        block: (window, horizon) numbers of blocks.
        n_blocks: number of blocks.
    """
    place = (block * n_groups + group)[:, :, None].expand(values.shape)
    total, count = _sums(values, place, n_blocks * n_groups)
    return (total / count).float().view(n_blocks, n_groups, -1)


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
