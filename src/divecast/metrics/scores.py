"""Scores of many windows from a stream of batches, of which only sums per step and channel are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from divecast.data import Backend, to_frame
from divecast.data.tables.frames import default_backend
from divecast.errors import DataError
from divecast.metrics.forecast import check_levels, pinball

Floats = NDArray[np.float64]

# Variances below this share of the sum of squares are rounding errors of the shifted sums.
_NO_VARIANCE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class ForecastScores:
    """Scores of a forecast by step, with a last row over all steps.

    Every array is (horizon + 1,). Scores without their input (quantiles, the MASE scale) are NaN.

    Attributes:
        horizon: names of the rows: "1", "2" ... and "all".
        n: number of scored values.
        rrse: root relative squared error, with one average of the truth over all times and channels.
        corr: Pearson correlation, averaged over the channels.
        mae: mean absolute error, original units.
        mse: mean squared error, original units squared.
        mase: mean absolute error relative to the seasonal-naive error on the training part.
        crps: twice the mean pinball loss over the levels; see ``crps_quantiles`` for its bias.
        coverage: share of true values between the lowest and the highest quantile.
        width: mean distance of these two quantiles, original units.
        nominal: nominal coverage of these two quantiles.

    Example:
        >>> sums = ScoreSums(n_steps=1, shift=[0.0])
        >>> sums.update(truth=[[[1.0]], [[3.0]]], mean=[[[1.0]], [[2.0]]])
        >>> sums.result().overall()["mae"]
        0.5
    """

    horizon: tuple[str, ...]
    n: NDArray[np.int64]
    rrse: Floats
    corr: Floats
    mae: Floats
    mse: Floats
    mase: Floats
    crps: Floats
    coverage: Floats
    width: Floats
    nominal: float

    def table(self) -> dict[str, NDArray[np.generic]]:
        """Return the columns of ``frame``: ``horizon``, ``n`` and every score.

        Example:
            >>> sums = ScoreSums(n_steps=1, shift=[0.0])
            >>> sums.update(truth=[[[1.0]], [[3.0]]], mean=[[[1.0]], [[2.0]]])
            >>> list(sums.result().table())[:3]
            ['horizon', 'n', 'rrse']
        """
        columns = {part.name: np.asarray(getattr(self, part.name)) for part in fields(self)}
        del columns["nominal"]
        return columns

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return a table with one row per step and a row ``all`` over all steps.

        Args:
            backend: kind of table; by default pandas, polars or pyarrow, the first that is installed.

        Example:
            >>> sums = ScoreSums(n_steps=1, shift=[0.0])
            >>> sums.update(truth=[[[1.0]], [[3.0]]], mean=[[[1.0]], [[2.0]]])
            >>> sums.result().frame(backend="pyarrow").num_rows
            2
        """
        return to_frame(self.table(), backend or default_backend())

    def overall(self) -> dict[str, float]:
        """Return every score over all steps, by name.

        Example:
            >>> sums = ScoreSums(n_steps=1, shift=[0.0])
            >>> sums.update(truth=[[[1.0]], [[3.0]]], mean=[[[1.0]], [[2.0]]])
            >>> sums.result().overall()["mse"]
            0.5
        """
        return {name: float(column[-1]) for name, column in self.table().items() if name != "horizon"}


class ScoreSums:
    """Computes ``ForecastScores`` from a stream of batches.

    It needs memory for about 12 float64 arrays (horizon, channel) and a few copies of a batch, for any number of
    windows. Squares are summed about ``shift``, so that a small variance around a large level is not lost to rounding.

    Args:
        n_steps: length of the horizon.
        shift: (channel,) a value near each channel's level, such as its training mean; only affects precision.
        scale: (channel,) from ``seasonal_scale``, for MASE; channels where it is 0 or NaN are left out of MASE.
        levels: probabilities of the quantiles passed to ``update``, rising; empty for point forecasts.

    Raises:
        DataError: shapes or levels do not fit together.

    Example:
        >>> sums = ScoreSums(n_steps=1, shift=[0.0], levels=[0.05, 0.5, 0.95])
        >>> sums.update([[[1.0]]], mean=[[[1.5]]], quantiles=[[[[0.0]]], [[[1.5]]], [[[3.0]]]])
        >>> sums.result().overall()["coverage"]
        1.0
    """

    def __init__(
        self, n_steps: int, shift: ArrayLike, scale: ArrayLike | None = None, levels: Sequence[float] = ()
    ) -> None:
        """Start with empty sums."""
        self._shift = np.asarray(shift, dtype=np.float64)
        channels = self._shift.shape[0] if self._shift.ndim == 1 else -1
        step = np.full(max(channels, 0), np.nan) if scale is None else np.asarray(scale, dtype=np.float64)
        if channels < 1 or step.shape != (channels,) or not np.isfinite(self._shift).all():
            raise DataError(
                "shift must be finite and of shape (channel,), scale of the same shape",
                found=f"shift {self._shift.shape} and scale {step.shape}",
                hint="Replace missing values in {shift}",
                argument="shift",
            )
        if levels:
            check_levels(levels)
        self._scale = np.where(step > 0, step, np.nan)
        self._levels = tuple(levels)
        self._sums = _Sums.empty(n_steps, channels)

    def update(self, truth: ArrayLike, mean: ArrayLike, quantiles: ArrayLike | None = None) -> None:
        """Add a batch of windows.

        Args:
            truth: (window, horizon, channel), original units, NaN where not scored.
            mean: (window, horizon, channel), the forecast.
            quantiles: (level, window, horizon, channel); required if there are levels, else None.

        Raises:
            DataError: a shape does not fit, or a forecast is not finite where the truth is known.

        Example:
            >>> sums = ScoreSums(n_steps=1, shift=[0.0])
            >>> sums.update(truth=[[[1.0]], [[3.0]]], mean=[[[1.0]], [[2.0]]])
        """
        target, forecast = np.asarray(truth), np.asarray(mean)
        bounds = np.empty((0, *target.shape)) if quantiles is None else np.asarray(quantiles)
        self._check(target, forecast, bounds)
        seen = ~np.isnan(target)
        left = np.where(seen, target - self._shift, 0.0)
        right = np.where(seen, forecast - self._shift, 0.0)
        self._sums.add_points(seen, left, right)
        for i, level in enumerate(self._levels):
            bound = np.where(seen, bounds[i] - self._shift, 0.0)
            self._sums.add_quantile(left, bound, level)
        if self._levels:
            low, high = bounds[0], bounds[-1]
            width = np.where(seen, high.astype(np.float64) - low, 0.0)
            self._sums.add_interval((low <= target) & (target <= high), width)

    def result(self) -> ForecastScores:
        """Return the scores of all batches so far; more can be added afterwards.

        Example:
            >>> sums = ScoreSums(n_steps=1, shift=[0.0])
            >>> sums.update(truth=[[[1.0]], [[3.0]]], mean=[[[1.0]], [[2.0]]])
            >>> sums.result().horizon
            ('1', 'all')
        """
        sums = self._sums
        steps = sums.count.shape[0]
        rows = [sums.rows(slice(h, h + 1)) for h in range(steps)] + [sums.rows(slice(None))]
        levels = self._levels
        return ForecastScores(
            horizon=(*(str(h + 1) for h in range(steps)), "all"),
            n=np.array([row.count.sum() for row in rows], dtype=np.int64),
            rrse=np.array([_rrse(row, self._shift) for row in rows]),
            corr=np.array([_corr(row) for row in rows]),
            mae=np.array([_ratio(row.absolute.sum(), row.count.sum()) for row in rows]),
            mse=np.array([_ratio(row.squared.sum(), row.count.sum()) for row in rows]),
            mase=np.array([_mase(row, self._scale) for row in rows]),
            crps=np.array([_ratio(2.0 * row.pinball.sum(), len(levels) * row.count.sum()) for row in rows]),
            coverage=np.array([_ratio(row.inside.sum(), row.count.sum() * bool(levels)) for row in rows]),
            width=np.array([_ratio(row.width.sum(), row.count.sum() * bool(levels)) for row in rows]),
            nominal=levels[-1] - levels[0] if levels else float("nan"),
        )

    def _check(self, truth: NDArray[np.generic], mean: NDArray[np.generic], quantiles: NDArray[np.generic]) -> None:
        steps, channels = self._sums.count.shape
        if truth.ndim != 3 or truth.shape[1:] != (steps, channels) or mean.shape != truth.shape:
            expected = f"truth and mean of shape (window, {steps}, {channels})"
            raise DataError(expected=expected, found=f"{truth.shape} and {mean.shape}")
        if quantiles.shape != (len(self._levels), *truth.shape):
            expected = f"quantiles of shape {(len(self._levels), *truth.shape)} for the levels {self._levels}"
            raise DataError(expected=expected, found=str(quantiles.shape), argument="quantiles")
        _check_finite("mean", mean, truth)
        _check_finite("quantiles", quantiles, truth)


@dataclass(slots=True)
class _Sums:
    """Sums over the windows; every field is (horizon, channel), or (channel,) after steps are pooled."""

    count: Floats
    truth: Floats
    truth2: Floats
    mean: Floats
    mean2: Floats
    product: Floats
    absolute: Floats
    squared: Floats
    pinball: Floats
    inside: Floats
    width: Floats

    @classmethod
    def empty(cls, n_steps: int, n_channels: int) -> "_Sums":
        return cls(*np.zeros((len(fields(cls)), n_steps, n_channels)))

    def add_points(self, seen: NDArray[np.bool_], truth: Floats, mean: Floats) -> None:
        error = mean - truth
        self.count += seen.sum(axis=0)
        self.truth += truth.sum(axis=0)
        self.mean += mean.sum(axis=0)
        self.truth2 += _product(truth, truth)
        self.mean2 += _product(mean, mean)
        self.product += _product(truth, mean)
        self.absolute += np.abs(error).sum(axis=0)
        self.squared += _product(error, error)

    def add_quantile(self, truth: Floats, bound: Floats, level: float) -> None:
        self.pinball += pinball(truth, bound, level).sum(axis=0)

    def add_interval(self, inside: NDArray[np.bool_], width: Floats) -> None:
        self.inside += inside.sum(axis=0)
        self.width += width.sum(axis=0)

    def rows(self, steps: slice) -> "_Sums":
        """Pool the sums over ``steps``, each (channel,)."""
        return _Sums(*(getattr(self, part.name)[steps].sum(axis=0) for part in fields(self)))


def _product(left: Floats, right: Floats) -> Floats:
    total: Floats = np.einsum("whc,whc->hc", left, right)
    return total


def _ratio(total: float, count: float) -> float:
    return float(total / count) if count > 0 else float("nan")


def _variation(total: Floats, squares: Floats, count: Floats) -> Floats:
    """Return the sum of squares about the channel's mean, exactly 0 where it is lost to rounding."""
    about = squares - np.divide(total**2, count, out=np.zeros_like(total), where=count > 0)
    return np.where(about > _NO_VARIANCE * squares, about, 0.0)


def _rrse(row: _Sums, shift: Floats) -> float:
    count = row.count.sum()
    if count == 0:
        return float("nan")
    level = shift + np.divide(row.truth, row.count, out=np.zeros_like(shift), where=row.count > 0)
    centre = (row.count * level).sum() / count
    within = _variation(row.truth, row.truth2, row.count).sum()
    spread = within + (row.count * (level - centre) ** 2).sum()
    return float(np.sqrt(_ratio(row.squared.sum(), spread)))


def _corr(row: _Sums) -> float:
    truth = _variation(row.truth, row.truth2, row.count)
    mean = _variation(row.mean, row.mean2, row.count)
    kept = truth > 0
    if not kept.any():
        return float("nan")
    joint = row.product - np.divide(row.truth * row.mean, row.count, out=np.zeros_like(truth), where=row.count > 0)
    size = np.sqrt(truth * mean)
    pearson = np.divide(joint, size, out=np.zeros_like(joint), where=size > 0)
    return float(pearson[kept].mean())


def _mase(row: _Sums, scale: Floats) -> float:
    usable = ~np.isnan(scale)
    return _ratio((row.absolute[usable] / scale[usable]).sum(), row.count[usable].sum())


def _check_finite(name: str, forecast: NDArray[np.generic], truth: NDArray[np.generic]) -> None:
    bad = ~np.isfinite(forecast) & ~np.isnan(truth)
    if bad.any():
        window, step, channel = (int(i) for i in np.argwhere(bad)[0][-3:])
        first = f"window {window}, step {step + 1}, channel number {channel}"
        raise DataError(
            f"{name} has {int(bad.sum())} values that are not finite though the truth is known, the first at {first}",
            hint="Check the forecaster for NaN",
            argument=name,
        )
