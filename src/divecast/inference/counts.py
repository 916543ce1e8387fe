"""Series of counts: a negative binomial distribution around the mean, some of it moved to 0.

A count of mean m is 0 with the probability ``zeros``, and else negative binomial with mean m / (1 - zeros) and variance
mean + mean^2 / ``size``. Standardised residuals are normal scores of this distribution, so they are calibrated, and
sample paths drawn, as those of other series.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import Part, Source, Windows
from divecast.data.sources.arrays import row_chunks
from divecast.data.sources.series_rows import SeriesRows
from divecast.inference.results import Floats
from divecast.persistence.page_cache import drop_pages

_MOST = 1000.0  # 99 of 100 values of a series of low counts are at most so large
_SINGLE, _GROWTH = 128, 1.01  # counts up to the first have a bin of their own; then bins grow by the second
_LEAST_MEAN = 1e-3
_AT_ONCE = 4_000_000  # probabilities
_FURTHEST = 4.75  # of a normal score; beyond, float64 rounds probabilities near 1


@dataclass(frozen=True, eq=False, slots=True)
class Counts:
    """Parameters of the distributions of counts, by channel, or by series of an independent model.

    Attributes:
        zeros: (channel,) probability of a 0 beside those of the negative binomial, at least 0 and below 1.
        size: (channel,) of the negative binomial, above 0; NaN for a channel that does not hold counts.
    """

    zeros: Floats
    size: Floats

    @classmethod
    def none(cls, n: int) -> "Counts":
        """Return those of channels that hold no counts."""
        return cls(np.zeros(n, np.float32), np.full(n, np.nan, np.float32))

    @property
    def known(self) -> NDArray[np.bool_]:
        """(channel,) whether a channel holds counts."""
        known: NDArray[np.bool_] = ~np.isnan(self.size)
        return known

    @property
    def there_are(self) -> bool:
        """Whether a channel holds counts."""
        return bool(self.known.any())

    def of_windows(self, windows: Windows, series: tuple[str, ...]) -> "Counts":
        """Return those of windows of independent series, (window, 1, 1); a new series has the median of the others.

        Args:
            windows: whose.
            series: names of the series that the model knows.
        """
        place = {name: number for number, name in enumerate(series)}
        places = np.array([place.get(name, -1) for name in windows.source.names], np.int64)[windows.segments]
        joined = (np.append(own, other) for own, other in zip((self.zeros, self.size), self._usual, strict=True))
        return Counts(*(each[places][:, None, None].astype(np.float32) for each in joined))

    def of_new(self, n: int) -> "Counts":
        """Return those of series that the model does not know: the median, if all known ones hold counts."""
        zeros, size = self._usual
        return Counts(np.full(n, zeros, np.float32), np.full(n, size, np.float32))

    @property
    def _usual(self) -> tuple[float, float]:
        if not self.known.all():
            return 0.0, math.nan
        return float(np.median(self.zeros)), float(np.median(self.size))

    def quantiles(self, mean: Floats, scores: Floats) -> Floats:
        """Return counts, (..., window, horizon, channel), NaN of other channels.

        Args:
            mean: (window, horizon, channel) of the forecasts, original units.
            scores: (..., window, horizon, channel) normal scores.
        """
        found = np.full(np.broadcast_shapes(scores.shape, mean.shape), np.nan, np.float32)
        for at, bins in self._bins(mean):
            some = (..., at, slice(None), slice(None))
            found[some] = bins.counts(np.broadcast_to(scores, found.shape)[some])
        return found

    def scores(self, mean: Floats, counts: Floats, seed: int) -> Floats:
        """Return the normal scores of counts; where the distribution has a step, one of the step is drawn.

        Args:
            mean: (window, horizon, channel) of the forecasts, original units.
            counts: (window, horizon, channel) what happened; NaN where not known.
            seed: of the draws.
        """
        found, draw = np.full(mean.shape, np.nan, np.float32), np.random.default_rng(seed)
        for at, bins in self._bins(mean):
            below, up_to = bins.shares(counts[at])
            share = torch.from_numpy(below + (up_to - below) * draw.random(below.shape))
            found[at] = torch.special.ndtri(share.double()).clamp(-_FURTHEST, _FURTHEST).numpy()
        return np.where(np.isnan(counts), np.float32(np.nan), found)

    def _bins(self, mean: Floats) -> "list[tuple[slice, _Bins]]":
        """Return bins of some windows at a time, which need little memory."""
        if not mean.size:
            return []
        inflated = np.maximum(mean, _LEAST_MEAN).astype(np.float64) / (1.0 - self.zeros)
        spread = np.sqrt(inflated + np.square(inflated) / np.nan_to_num(self.size, nan=1.0))
        edges = bin_edges(float(np.nanmax(inflated + 12.0 * spread)) if np.isfinite(inflated).any() else 1.0)
        n = max(1, _AT_ONCE // (len(edges) * mean[0].size))
        parts = [slice(first, first + n) for first in range(0, len(mean), n)]
        each = self.size.ndim > 1

        def own(part: slice) -> Counts:
            return Counts(self.zeros[part], self.size[part]) if each else self

        return [(part, _Bins.of(own(part), inflated[part], edges)) for part in parts]


def bin_edges(largest: float) -> NDArray[np.int64]:
    """Return the first counts of bins, and the one after the last: 0, 1, 2 ..., and further ones in growing steps.

    Args:
        largest: count that they have to reach.
    """
    edges, last = list(range(_SINGLE + 1)), _SINGLE
    while last < min(largest, 1e9):
        last = math.ceil(last * _GROWTH)
        edges.append(last)
    return np.array(edges)


@dataclass(frozen=True, eq=False, slots=True)
class _Bins:
    """Distribution functions on bins of counts.

    Attributes:
        edges: (bin + 1,) first counts of the bins, and the one after the last.
        up_to: (window, horizon, channel, bin) float32 probability of the counts up to the end of each bin.
    """

    edges: Tensor
    up_to: Tensor

    @classmethod
    def of(cls, counts: Counts, inflated: NDArray[np.float64], edges: NDArray[np.int64]) -> "_Bins":
        size = torch.from_numpy(counts.size.astype(np.float64))[..., None]
        zeros = torch.from_numpy(counts.zeros.astype(np.float64))[..., None]
        first, width = torch.from_numpy(edges[:-1]).double(), torch.from_numpy(np.diff(edges)).double()
        mean = torch.from_numpy(inflated)[..., None]
        count = first + 0.5 * (width - 1.0)
        known = torch.lgamma(count + size) - torch.lgamma(size) - torch.lgamma(count + 1.0) + width.log()
        log = torch.addcmul(known.float(), count.float(), (mean / (size + mean)).log().float())
        up_to = log.add_((size * (size / (size + mean)).log()).float()).exp_().cumsum(-1)
        up_to = up_to.mul_((1.0 - zeros).float() / up_to[..., -1:].clone()).add_(zeros.float())
        return cls(torch.from_numpy(edges), up_to)

    def counts(self, scores: Floats) -> Floats:
        """Return the counts at normal scores, (..., window, horizon, channel)."""
        shape, n_bins = scores.shape, self.up_to.shape[-1]
        cells = self.up_to.shape[:-1]
        share = torch.special.ndtr(torch.from_numpy(scores.astype(np.float32))).reshape(-1, *cells).movedim(0, -1)
        place = torch.searchsorted(self.up_to, share.contiguous()).clamp(max=n_bins - 1)
        first, width = self.edges[place], self.edges[place + 1] - self.edges[place]
        inside = (share - self._below(place)) / (self.up_to.gather(-1, place) - self._below(place)).clamp(min=1e-9)
        count = first + (inside.clamp(0.0, 1.0) * width).floor().clamp(max=width - 1)
        found: Floats = count.movedim(-1, 0).reshape(shape).float().numpy()
        return np.where(np.isnan(self.up_to[..., -1].numpy()), np.float32(np.nan), found)

    def shares(self, counts: Floats) -> tuple[Floats, Floats]:
        """Return the probability of what is below counts, (window, horizon, channel), and of what is up to them."""
        count = torch.from_numpy(np.nan_to_num(counts)).round().long().clamp(0, int(self.edges[-1]) - 1)
        place = torch.searchsorted(self.edges, count, right=True) - 1
        below, up_to = self._below(place[..., None])[..., 0], self.up_to.gather(-1, place[..., None])[..., 0]
        width, inside = self.edges[place + 1] - self.edges[place], count - self.edges[place]
        step = (up_to - below) / width
        return (below + inside * step).numpy(), (below + (inside + 1) * step).numpy()

    def _below(self, place: Tensor) -> Tensor:
        """Return the probability of what is below bins."""
        return torch.where(place > 0, self.up_to.gather(-1, (place - 1).clamp(min=0)), 0.0)


def low_counts(source: Source, train: Part, most: float = _MOST) -> NDArray[np.bool_]:
    """Return whether each channel, or each of independent series, holds low counts: whole numbers from 0 on.

    Args:
        source: the data.
        train: the training part, which decides.
        most: what 99 of 100 values do not exceed.
    """
    n = len(train.start) if isinstance(source, SeriesRows) else len(source.channels)
    known, high, whole = np.zeros(n, np.int64), np.zeros(n, np.int64), np.ones(n, np.bool_)
    for segment, (start, stop) in enumerate(zip(train.start.tolist(), train.stop.tolist(), strict=True)):
        place = slice(segment, segment + 1) if isinstance(source, SeriesRows) else slice(None)
        for part in row_chunks(max(0, stop - start), len(source.channels)):
            chunk = source.values[start + part.start : start + part.stop]
            there = ~np.isnan(chunk)
            known[place] += there.sum(0)
            high[place] += (chunk > most).sum(0)
            whole[place] &= (~there | ((chunk >= 0.0) & (chunk == np.rint(chunk)))).all(0)
            drop_pages(source.values)
    return whole & (known > 0) & (100 * high <= known)
