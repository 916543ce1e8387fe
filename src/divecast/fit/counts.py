"""Fit of the distributions of counts on the validation part, and whether they pay there."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.config import CountsUse
from divecast.fit.recalibrate import window_folds
from divecast.inference.calibration import Calibration
from divecast.inference.counts import Counts
from divecast.inference.results import Floats
from divecast.metrics.forecast import pinball

_ZEROS = np.round(np.arange(0.0, 0.95, 0.1), 1)
_SIZES = np.exp(np.linspace(-2.5, 6.0, 18))
_MOST_VALUES, _TO_CHOOSE, _LEAST_WINDOWS = 200_000, 60_000, 64  # more would not change a parameter, or the choice
_AS_MANY = 10.0  # rows of a channel, as which what all channels say together counts
_LEAST_MEAN = 1e-3
_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95)  # at which losses are compared

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """Forecasts of windows of the validation part, and what happened; original units.

    Attributes:
        mean: (window, horizon, channel).
        truth: (window, horizon, channel), NaN where not observed.
        scale: (window, horizon, channel) of the location-scale family.
        residuals: (window, horizon, channel) standardised by it.
        group: (window, channel) numbers of the channels, or of the series of an independent model.
    """

    mean: Floats
    truth: Floats
    scale: Floats
    residuals: Floats
    group: NDArray[np.int64]

    def at(self, windows: NDArray[np.bool_] | NDArray[np.int64]) -> "Seen":
        """Return some windows."""
        return Seen(*(getattr(self, name)[windows] for name in ("mean", "truth", "scale", "residuals", "group")))

    def of_channels(self, channels: NDArray[np.bool_]) -> "Seen":
        """Return some channels, (channel,)."""
        names = ("mean", "truth", "scale", "residuals")
        values = {name: np.ascontiguousarray(getattr(self, name)[..., channels]) for name in names}
        return Seen(**values, group=self.group[:, channels])


def fit_counts(seen: Seen, candidates: NDArray[np.bool_], use: CountsUse, seed: int) -> Counts:
    """Return the distributions of the candidates, or none where these do not pay.

    Args:
        seen: windows in order of time.
        candidates: (group,) channels or series that hold low counts.
        use: whether to.
        seed: of draws.
    """
    none = Counts.none(len(candidates))
    if use == "never" or not candidates.any():
        return none
    if use == "auto" and not _pay(seen, candidates, seed):
        return none
    return most_likely(seen, candidates)


def thinned(n_windows: int, n_values: int, most: int = _MOST_VALUES) -> NDArray[np.int64]:
    """Return the numbers of windows, evenly apart, that have ``most`` values together, of ``n_values`` each."""
    n_kept = min(n_windows, max(_LEAST_WINDOWS, most // n_values))
    return np.linspace(0, n_windows - 1, n_kept).astype(np.int64)


def most_likely(seen: Seen, candidates: NDArray[np.bool_]) -> Counts:
    """Return the most likely parameters of each candidate, drawn towards those of all together."""
    truth, group = seen.truth, np.broadcast_to(seen.group[:, None], seen.truth.shape)
    known = ~np.isnan(truth) & candidates[group]
    count, mean = (each[known].astype(np.float64) for each in (np.rint(truth), seen.mean))
    mean = np.maximum(mean, _LEAST_MEAN)
    of, n = group[known], len(candidates)
    likelihood = np.empty((len(_ZEROS), len(_SIZES), n))
    for at, size in enumerate(_SIZES):
        factor = (torch.lgamma(torch.from_numpy(count + size)) - torch.lgamma(torch.from_numpy(count + 1.0))).numpy()
        factor -= math.lgamma(size)
        for also, zeros in enumerate(_ZEROS):
            inflated = mean / (1 - zeros)
            log = factor + count * np.log(inflated / (size + inflated)) + size * np.log(size / (size + inflated))
            likelihood[also, at] = np.bincount(of, _with_zeros(log, count == 0.0, zeros), n)
    n_values = np.bincount(of, minlength=n)
    pooled = likelihood.sum(2, keepdims=True) / max(1, n_values.sum())
    n_rows = np.bincount(seen.group.ravel(), minlength=n)  # about: most windows overlap
    own = likelihood / np.maximum(n_values, 1) * n_rows + _AS_MANY * pooled
    best = own.reshape(-1, n).argmax(0)
    zeros, size = _ZEROS[best // len(_SIZES)], _SIZES[best % len(_SIZES)]
    return Counts(zeros.astype(np.float32), np.where(candidates, size, np.nan).astype(np.float32))


def _with_zeros(log: Doubles, is_zero: NDArray[np.bool_], zeros: float) -> Doubles:
    """Return log-probabilities of counts with additional zeros."""
    if zeros == 0.0:
        return log
    mixed: Doubles = np.log1p(-zeros) + log
    mixed[is_zero] = np.logaddexp(np.log(zeros), mixed[is_zero])
    return mixed


def scores_of(seen: Seen, counts: Counts, seed: int) -> Floats:
    """Return residuals, (window, horizon, channel): normal scores of what holds counts, others as they are."""
    known = counts.known[seen.group]
    columns: NDArray[np.bool_] = np.any(known, axis=0)
    if not columns.any():
        return seen.residuals
    counted, scores = seen.of_channels(columns), seen.residuals.copy()
    found = _by_window(counts, counted.group).scores(counted.mean, counted.truth, seed)
    scores[..., columns] = np.where(known[:, None, columns], found, counted.residuals)
    return scores


def _by_window(counts: Counts, group: NDArray[np.int64]) -> Counts:
    """Return the parameters of each window and channel, (window, 1, channel)."""
    return Counts(counts.zeros[group][:, None], counts.size[group][:, None])


def _pay(seen: Seen, candidates: NDArray[np.bool_], seed: int) -> bool:
    """Return whether the quantiles of counts have a lower loss in blocks of windows, fitted on the other ones."""
    seen = seen.at(thinned(len(seen.truth), seen.truth[0].size, _TO_CHOOSE))
    fold, gain = window_folds(len(seen.truth)).numpy(), 0.0
    held = candidates[seen.group][:, None] & ~np.isnan(seen.truth)
    for number in np.unique(fold):
        inside = fold == number
        before, now = seen.at(~inside if (~inside).any() else inside), seen.at(inside)
        counts = most_likely(before, candidates)
        plain = Calibration.of(torch.from_numpy(before.residuals)).at(_LEVELS).numpy()
        scores = Calibration.of(torch.from_numpy(scores_of(before, counts, seed))).at(_LEVELS).numpy()
        usual = np.maximum(now.mean + now.scale * plain[:, None, :, None], 0.0)
        of_counts = _by_window(counts, now.group).quantiles(now.mean, scores[:, None, :, None])
        unit = np.nanmean(np.where(held[inside], now.truth, np.nan)) if held[inside].any() else 1.0
        for level, one, two in zip(_LEVELS, usual, of_counts, strict=True):
            losses = [pinball(now.truth, each, level)[held[inside]].sum() for each in (one, two)]
            gain += (losses[0] - losses[1]) / max(unit, _LEAST_MEAN)
    return bool(gain > 0.0)
