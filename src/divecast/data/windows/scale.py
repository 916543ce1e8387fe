"""Scaling of channels by mean and standard deviation of the training part."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.names import listed
from divecast.data.parts import Part
from divecast.data.source import Source, Values
from divecast.data.sources.arrays import row_chunks
from divecast.errors import DataError, warn_data
from divecast.persistence.page_cache import drop_pages

Sums = NDArray[np.float64]

_MIN_STEPS = 50  # float32 steps per standard deviation, so that rounding errs by less than a hundredth of it


@dataclass(frozen=True, eq=False)
class Scale:
    """Centre and spread of every channel.

    Attributes:
        center: (channel,) float32, original units.
        spread: (channel,) float32, original units, above 0.
    """

    center: Values
    spread: Values

    def apply(self, array: Values) -> Values:
        """Scale (..., channel) from original units."""
        return (array - self.center) / self.spread

    def invert(self, array: Values) -> Values:
        """Bring scaled (..., channel) back to original units."""
        return array * self.spread + self.center


def fit_scale(source: Source, train: Part) -> Scale:
    """Mean and standard deviation of the observed training values, in float64 over chunks of rows.

    Args:
        source: Panel or recordings.
        train: the training part.

    Raises:
        DataError: a channel has no observed value in the training part, or is constant there.
    """
    n_channels = len(source.channels)
    count, mean, square = np.zeros((3, n_channels))
    low, high = np.full(n_channels, np.inf), np.full(n_channels, -np.inf)
    for rows in train.ranges():
        for part in row_chunks(rows.stop - rows.start, n_channels):
            chunk = source.values[rows.start + part.start : rows.start + part.stop]
            low, high = np.fmin(low, np.fmin.reduce(chunk)), np.fmax(high, np.fmax.reduce(chunk))
            count, mean, square = _merge((count, mean, square), _moments(chunk))
            drop_pages(source.values)
    _check_observed(source, count)
    spread = np.sqrt(square / count).astype(np.float32)
    # A spread below the smallest normal float32 cannot be divided by.
    _check_varying(source, low, np.where(spread < np.finfo(np.float32).tiny, low, high))
    scale = Scale(mean.astype(np.float32), spread)
    _report_rounded(source, scale)
    return scale


def _moments(chunk: Values) -> tuple[Sums, Sums, Sums]:
    """Count, mean and sum of squared deviations of each channel."""
    observed = ~np.isnan(chunk)
    count = observed.sum(axis=0).astype(np.float64)
    mean = np.sum(chunk, axis=0, where=observed, dtype=np.float64) / np.maximum(count, 1)
    deviation = np.subtract(chunk, mean, dtype=np.float64)
    return count, mean, np.sum(np.square(deviation, out=deviation), axis=0, where=observed)


def _merge(one: tuple[Sums, Sums, Sums], two: tuple[Sums, Sums, Sums]) -> tuple[Sums, Sums, Sums]:
    # Chan, Golub and LeVeque (1979): unlike sums of squares, merged deviations lose no digits.
    count = one[0] + two[0]
    difference = two[1] - one[1]
    share = two[0] / np.maximum(count, 1)
    return count, one[1] + difference * share, one[2] + two[2] + np.square(difference) * one[0] * share


def _check_observed(source: Source, count: Sums) -> None:
    empty = [name for name, n in zip(source.channels, count, strict=True) if n == 0]
    if empty:
        raise DataError(
            f"{plural(len(empty), 'channel')} without any value in the training part: {listed(empty)}",
            hint="Select the other ones with {channels}, or choose a {split} whose training part covers them",
        )


def _check_varying(source: Source, low: Sums, high: Sums) -> None:
    constant = [
        f"{name!r} (always {value:g} as float32)"
        for name, value, highest in zip(source.channels, low, high, strict=True)
        if value == highest
    ]
    if constant:
        raise DataError(
            f"{plural(len(constant), 'constant channel')} in the training part: {', '.join(constant[:8])}",
            hint="Select the other ones with {channels}",
        )


def _report_rounded(source: Source, scale: Scale) -> None:
    """Warn of channels that vary by few float32 steps at their level, as meter readings may."""
    coarse = scale.spread < _MIN_STEPS * np.spacing(np.abs(scale.center))
    if coarse.any():
        channel = int(np.flatnonzero(coarse)[0])
        warn_data(
            f"{plural(int(coarse.sum()), 'channel')} lost digits as float32, the first {source.channels[channel]!r}: "
            f"it varies by {scale.spread[channel]:g} around {scale.center[channel]:g}, where float32 has steps of "
            f"{np.spacing(np.abs(scale.center[channel])):g}",
            hint="Subtract a constant, or take the differences of a counter",
        )
