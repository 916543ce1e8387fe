"""Scores of forecasts as plain functions, in the units of the truth; NaN in the truth means *not scored*.

Truth and forecast are arrays (..., channel), for example (window, horizon, channel); all axes before the channel are
pooled. Sums run in float64. ``metrics.scores.ScoreSums`` gives the same numbers from a stream of batches. A score of
which nothing can be computed (no scored value, no variance) is NaN.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from divecast.errors import DataError
from divecast.persistence.page_cache import drop_pages

_ROWS_AT_ONCE, _VALUES_AT_ONCE = 65_536, 1 << 22


def rrse(truth: ArrayLike, mean: ArrayLike) -> float:
    """Root relative squared error, ``sqrt(sum (mean - truth)^2) / sqrt(sum (truth - average)^2)``.

    The LSTNet convention (Lai et al., 2018): unscaled values and *one* average of the truth over all times and
    series, so that series of a large size weigh most.

    Args:
        truth: (..., channel), original units, NaN where not scored.
        mean: (..., channel), the forecast.

    Raises:
        DataError: shapes differ, or the forecast is not a number where the truth is known.
    """
    target, forecast = _scored_pair(truth, mean)
    spread = ((target - target.mean()) ** 2).sum() if target.size else 0.0
    return float(np.sqrt(((forecast - target) ** 2).sum() / spread)) if spread > 0 else float("nan")


def corr(truth: ArrayLike, mean: ArrayLike) -> float:
    """Average over the channels of the Pearson correlation between forecast and truth (LSTNet's CORR).

    Channels whose truth has no variance are left out. A forecast without variance counts as correlation 0; LSTNet's
    code divides by zero there, and leaving such channels out would reward a constant forecast.

    Args:
        truth: (..., channel), NaN where not scored.
        mean: (..., channel), the forecast.

    Raises:
        DataError: as in ``rrse``.
    """
    target, forecast = _matched(truth, mean)
    pairs = zip(_channel_rows(target), _channel_rows(forecast), strict=True)
    found = [_pearson(t[~np.isnan(t)], f[~np.isnan(t)]) for t, f in pairs]
    kept = [value for value in found if value is not None]
    return float(np.mean(kept)) if kept else float("nan")


def mae(truth: ArrayLike, mean: ArrayLike) -> float:
    """Mean absolute error over every scored value; arguments and errors as in ``rrse``."""
    target, forecast = _scored_pair(truth, mean)
    return _average(np.abs(forecast - target))


def mse(truth: ArrayLike, mean: ArrayLike) -> float:
    """Mean squared error over every scored value; arguments and errors as in ``rrse``."""
    target, forecast = _scored_pair(truth, mean)
    return _average((forecast - target) ** 2)


def mase(truth: ArrayLike, mean: ArrayLike, scale: ArrayLike) -> float:
    """Mean absolute scaled error: ``|mean - truth| / scale`` of the channel, averaged over every scored value.

    Args:
        truth: (..., channel), NaN where not scored.
        mean: (..., channel), the forecast.
        scale: (channel,) from ``seasonal_scale``; channels where it is 0 or NaN are left out.

    Raises:
        DataError: as in ``rrse``.
    """
    target, forecast = _matched(truth, mean)
    step = np.asarray(scale, dtype=np.float64)
    usable = np.where(step > 0, step, np.nan)
    ratio = np.abs(forecast - target) / usable
    return _average(ratio[~np.isnan(ratio)])


def crps_quantiles(truth: ArrayLike, quantiles: ArrayLike, levels: Sequence[float]) -> float:
    """Continuous ranked probability score from quantiles: twice the average pinball loss over ``levels``.

    The CRPS is twice the integral of the pinball loss over all levels from 0 to 1; the plain average over a few
    levels is biased, the more so the fewer they are. Pinball is smallest in the tails, so levels that leave the tails
    out read too high: for a true normal forecast by 22 % with levels .25/.5/.75, by 10 % with .1, .2 ... .9, by 5 %
    with .05, .10 ... .95 and by 1 % with .01, .02 ... .99; where the tails prevail it reads too low, by 28 % with
    .05/.5/.95. So compare models on the same levels only.

    Args:
        truth: (..., channel), NaN where not scored.
        quantiles: (level, ..., channel), in the order of ``levels``.
        levels: probabilities, strictly between 0 and 1 and rising.

    Raises:
        DataError: shapes or levels do not fit, or a quantile is not a number where the truth is known.
    """
    check_levels(levels)
    target, bounds = _matched(truth, quantiles, n_levels=len(levels))
    losses = [pinball(target, bound, level) for bound, level in zip(bounds, levels, strict=True)]
    return 2.0 * float(np.mean([_average(loss[~np.isnan(loss)]) for loss in losses]))


def coverage(truth: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Share of the scored values inside ``[lower, upper]``, ends included.

    Args:
        truth: (..., channel), NaN where not scored.
        lower: (..., channel).
        upper: (..., channel).

    Raises:
        DataError: as in ``rrse``.
    """
    target, low = _scored_pair(truth, lower)
    high = _scored_pair(truth, upper)[1]
    return _average((low <= target) & (target <= high))


def interval_width(truth: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Average width ``upper - lower`` over the scored values; arguments and errors as in ``coverage``."""
    return _average(_scored_pair(truth, upper)[1] - _scored_pair(truth, lower)[1])


def seasonal_scale(values: NDArray[np.floating], period: int) -> NDArray[np.float64]:
    """Mean absolute error of the seasonal-naive forecast on ``values``: the unit of MASE.

    Args:
        values: (row, channel) of the training part, original units, NaN where missing; may be memory-mapped, it is
            read in chunks. One run of rows without a break: call it once per recording.
        period: rows in a season, such as 24 for hours of a day; 1 gives the last-value error.

    Returns:
        (channel,) mean of ``|values[t] - values[t - period]|`` where both are known; NaN where there is no such pair.

    Raises:
        DataError: ``period`` is below 1, or no longer than the data.
    """
    rows = len(values)
    if not 1 <= period < rows:
        raise DataError(
            f"period must be between 1 and the number of training rows less one, got {period} with {rows} rows; "
            "give a shorter period or more training rows"
        )
    total, count = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    at_once = max(1, min(_ROWS_AT_ONCE, _VALUES_AT_ONCE // values.shape[1]))
    for first in range(period, rows, at_once):
        last = min(first + at_once, rows)
        step = np.abs(values[first:last].astype(np.float64) - values[first - period : last - period])
        total += np.nansum(step, axis=0)
        count += (~np.isnan(step)).sum(axis=0)
        drop_pages(values)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def pinball(truth: NDArray[np.float64], quantile: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Pinball loss of each value, ``max(level * e, (level - 1) * e)`` with ``e = truth - quantile``."""
    error = truth - quantile
    return np.maximum(level * error, (level - 1.0) * error)


def check_levels(levels: Sequence[float]) -> None:
    """Check that quantile levels rise strictly inside (0, 1).

    Raises:
        DataError: they do not.
    """
    rising = all(low < high for low, high in pairwise(levels))
    if not levels or not rising or not (levels[0] > 0.0 and levels[-1] < 1.0):
        raise DataError(f"levels must rise strictly and lie between 0 and 1, such as (0.05, 0.5, 0.95), got {levels}")


def _matched(
    truth: ArrayLike, forecast: ArrayLike, n_levels: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    target = np.asarray(truth, dtype=np.float64)
    given = np.asarray(forecast, dtype=np.float64)
    expected = target.shape if n_levels is None else (n_levels, *target.shape)
    if given.shape != expected or target.ndim == 0:
        raise DataError(f"expected a forecast of shape {expected}, as the truth, got {given.shape}")
    unknown = ~np.isfinite(given) & ~np.isnan(target)
    if unknown.any():
        first = tuple(int(i) for i in np.argwhere(unknown)[0])
        raise DataError(
            f"the forecast must be finite where the truth is known, got {int(unknown.sum())} values that are not, "
            f"the first at index {first}; check the model's input and training for NaN"
        )
    return target, given


def _scored_pair(truth: ArrayLike, forecast: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    target, given = _matched(truth, forecast)
    seen = ~np.isnan(target)
    return target[seen], given[seen]


def _channel_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.reshape(-1, values.shape[-1]).T


def _pearson(truth: NDArray[np.float64], forecast: NDArray[np.float64]) -> float | None:
    if truth.size == 0 or np.ptp(truth) == 0:
        return None
    if np.ptp(forecast) == 0:
        return 0.0
    left, right = truth - truth.mean(), forecast - forecast.mean()
    return float((left * right).sum() / np.sqrt((left**2).sum() * (right**2).sum()))


def _average(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if values.size else float("nan")
