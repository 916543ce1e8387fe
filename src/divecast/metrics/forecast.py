"""Scores of forecasts as functions of arrays.

Truth and forecast are arrays (..., channel), for example (window, horizon, channel), in the same units; all axes before
the channel are pooled. Values whose truth is NaN are not scored. Sums are in float64. ``ScoreSums`` computes the same
scores from a stream of batches. A score that is not defined (no scored value, no variance) is NaN.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from divecast.errors import DataError
from divecast.persistence.page_cache import drop_pages

_ROWS_AT_ONCE, _VALUES_AT_ONCE = 65_536, 1 << 22


def rrse(truth: ArrayLike, mean: ArrayLike) -> float:
    """Return the root relative squared error, ``sqrt(sum (mean - truth)^2) / sqrt(sum (truth - average)^2)``.

    As in LSTNet (Lai et al. 2018): original units, and *one* average of the truth over all times and channels, so that
    channels of large values weigh most.

    Args:
        truth: (..., channel), original units, NaN where not scored.
        mean: (..., channel), the forecast.

    Raises:
        DataError: shapes differ, or the forecast is not finite where the truth is known.

    Example:
        >>> rrse([[1.0], [3.0]], [[1.0], [2.0]])
        0.7071067811865476
    """
    target, forecast = _scored_pair(truth, mean)
    spread = ((target - target.mean()) ** 2).sum() if target.size else 0.0
    return float(np.sqrt(((forecast - target) ** 2).sum() / spread)) if spread > 0 else float("nan")


def corr(truth: ArrayLike, mean: ArrayLike) -> float:
    """Return the Pearson correlation of forecast and truth, averaged over the channels (LSTNet's CORR).

    Channels whose truth has no variance are left out. A forecast without variance has correlation 0; LSTNet's code
    divides by zero there, and leaving such channels out would favour constant forecasts.

    Args:
        truth: (..., channel), NaN where not scored.
        mean: (..., channel), the forecast.

    Raises:
        DataError: as in ``rrse``.

    Example:
        >>> round(corr([[1.0], [2.0], [3.0]], [[2.0], [4.0], [6.0]]), 6)
        1.0
    """
    target, forecast = _matched(truth, mean)
    pairs = zip(_channel_rows(target), _channel_rows(forecast), strict=True)
    by_channel = [_pearson(t[~np.isnan(t)], f[~np.isnan(t)]) for t, f in pairs]
    kept = [value for value in by_channel if value is not None]
    return float(np.mean(kept)) if kept else float("nan")


def mae(truth: ArrayLike, mean: ArrayLike) -> float:
    """Return the mean absolute error over all scored values; arguments and errors as in ``rrse``.

    Example:
        >>> mae([[1.0], [3.0]], [[1.0], [2.0]])
        0.5
    """
    target, forecast = _scored_pair(truth, mean)
    return _average(np.abs(forecast - target))


def mse(truth: ArrayLike, mean: ArrayLike) -> float:
    """Return the mean squared error over all scored values; arguments and errors as in ``rrse``.

    Example:
        >>> mse([[1.0], [3.0]], [[1.0], [1.0]])
        2.0
    """
    target, forecast = _scored_pair(truth, mean)
    return _average((forecast - target) ** 2)


def mase(truth: ArrayLike, mean: ArrayLike, scale: ArrayLike) -> float:
    """Return the mean absolute scaled error, ``|mean - truth| / scale``, over all scored values.

    Args:
        truth: (..., channel), NaN where not scored.
        mean: (..., channel), the forecast.
        scale: (channel,) from ``seasonal_scale``; channels where it is 0 or NaN are left out.

    Raises:
        DataError: as in ``rrse``.

    Example:
        >>> mase([[1.0], [3.0]], [[1.0], [2.0]], scale=[2.0])
        0.25
    """
    target, forecast = _matched(truth, mean)
    step = np.asarray(scale, dtype=np.float64)
    usable = np.where(step > 0, step, np.nan)
    ratio = np.abs(forecast - target) / usable
    return _average(ratio[~np.isnan(ratio)])


def crps_quantiles(truth: ArrayLike, quantiles: ArrayLike, levels: Sequence[float]) -> float:
    """Return the continuous ranked probability score from quantiles: twice the mean pinball loss over ``levels``.

    The CRPS is twice the integral of the pinball loss over all levels from 0 to 1, and the mean over a few levels is
    biased. The pinball loss is smallest in the tails, so levels without the tails give a score that is too high: for a
    correct normal forecast by 22 % with levels .25/.5/.75, by 10 % with .1, .2 ... .9, by 5 % with .05, .10 ... .95 and
    by 1 % with .01, .02 ... .99. Levels mostly in the tails give a score that is too low, by 28 % with .05/.5/.95. So
    compare models on the same levels only.

    Args:
        truth: (..., channel), NaN where not scored.
        quantiles: (level, ..., channel), in the order of ``levels``.
        levels: probabilities of the quantiles, strictly between 0 and 1 and rising.

    Raises:
        DataError: shapes or levels do not fit, or a quantile is not finite where the truth is known.

    Example:
        >>> crps_quantiles([[1.0]], [[[0.0]], [[1.0]], [[3.0]]], levels=[0.25, 0.5, 0.75])
        0.5
    """
    check_levels(levels)
    target, bounds = _matched(truth, quantiles, n_levels=len(levels))
    losses = [pinball(target, bound, level) for bound, level in zip(bounds, levels, strict=True)]
    return 2.0 * float(np.mean([_average(loss[~np.isnan(loss)]) for loss in losses]))


def coverage(truth: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Return the share of the scored values inside ``[lower, upper]``, ends included.

    Args:
        truth: (..., channel), NaN where not scored.
        lower: (..., channel), lower ends of the intervals.
        upper: (..., channel), upper ends.

    Raises:
        DataError: as in ``rrse``.

    Example:
        >>> coverage([[1.0], [3.0]], [[0.0], [0.0]], [[2.0], [2.0]])
        0.5
    """
    target, low = _scored_pair(truth, lower)
    high = _scored_pair(truth, upper)[1]
    return _average((low <= target) & (target <= high))


def interval_width(truth: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Return the mean of ``upper - lower`` over the scored values; arguments and errors as in ``coverage``.

    Example:
        >>> interval_width([[1.0], [3.0]], [[0.0], [0.0]], [[2.0], [4.0]])
        3.0
    """
    return _average(_scored_pair(truth, upper)[1] - _scored_pair(truth, lower)[1])


def seasonal_scale(values: NDArray[np.floating], period: int) -> NDArray[np.float64]:
    """Return the mean absolute error of the seasonal-naive forecast on ``values``: the unit of MASE.

    Args:
        values: (row, channel) of the training part, original units, NaN where missing; read in chunks, so it may be
            memory-mapped. Rows must be consecutive: call it once per recording.
        period: rows per season, such as 24 for hourly data; 1 gives the error of the last-value forecast.

    Returns:
        (channel,) mean of ``|values[t] - values[t - period]|`` where both are known; NaN where there is no such pair.

    Raises:
        DataError: ``period`` is below 1, or not shorter than the data.

    Example:
        >>> seasonal_scale(np.array([[1.0], [2.0], [4.0]]), period=1)
        array([1.5])
    """
    rows = len(values)
    if not 1 <= period < rows:
        raise DataError(
            "The period must be between 1 and the number of training rows - 1",
            found=f"period={period} with {rows} rows",
            hint="Use a shorter {period} or more training rows",
            argument="period",
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


def pinball(truth: NDArray[Any], quantile: NDArray[Any], level: float | NDArray[Any]) -> NDArray[Any]:
    """Return the pinball loss of each value, ``max(level * e, (level - 1) * e)`` with ``e = truth - quantile``."""
    error = truth - quantile
    loss: NDArray[Any] = np.maximum(level * error, (level - 1.0) * error)
    return loss


def check_levels(levels: Sequence[float]) -> None:
    """Check that quantile levels rise strictly and lie between 0 and 1.

    Raises:
        DataError: they do not.
    """
    rising = all(low < high for low, high in pairwise(levels))
    if not levels or not rising or not (levels[0] > 0.0 and levels[-1] < 1.0):
        expected = "levels that rise strictly between 0 and 1, such as (0.05, 0.5, 0.95)"
        raise DataError(expected=expected, found=str(levels), argument="levels")


def _matched(
    truth: ArrayLike, forecast: ArrayLike, n_levels: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    target = np.asarray(truth, dtype=np.float64)
    values = np.asarray(forecast, dtype=np.float64)
    expected = target.shape if n_levels is None else (n_levels, *target.shape)
    if values.shape != expected or target.ndim == 0:
        raise DataError(expected=f"a forecast of shape {expected}, as the truth", found=str(values.shape))
    unknown = ~np.isfinite(values) & ~np.isnan(target)
    if unknown.any():
        first = tuple(int(i) for i in np.argwhere(unknown)[0])
        n_unknown = int(unknown.sum())
        raise DataError(
            f"The forecast has {n_unknown} values that are not finite though the truth is known, the first at {first}",
            hint="Check the forecaster for NaN",
        )
    return target, values


def _scored_pair(truth: ArrayLike, forecast: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    target, values = _matched(truth, forecast)
    seen = ~np.isnan(target)
    return target[seen], values[seen]


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
