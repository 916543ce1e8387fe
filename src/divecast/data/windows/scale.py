"""Scaling of channels by mean and standard deviation of the training part."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.parts import Part
from divecast.data.source import Source, Values
from divecast.data.sources.arrays import row_chunks
from divecast.errors import DataError, warn_data
from divecast.persistence.page_cache import drop_pages

Sums = NDArray[np.float64]

_LEAST_STEPS = 50  # of float32 in a standard deviation: rounding then errs by less than a hundredth of one


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
        train: The training part.

    Returns:
        The scale.

    Raises:
        DataError: A channel has no observed value in the training part, or the same one throughout.
    """
    n_channels = len(source.channels)
    count, mean, square = np.zeros((3, n_channels))
    low, high = np.full(n_channels, np.inf), np.full(n_channels, -np.inf)
    for whole in train.ranges():
        for part in row_chunks(whole.stop - whole.start, n_channels):
            chunk = source.values[whole.start + part.start : whole.start + part.stop]
            low, high = np.fmin(low, np.fmin.reduce(chunk)), np.fmax(high, np.fmax.reduce(chunk))
            count, mean, square = _merge((count, mean, square), _moments(chunk))
            drop_pages(source.values)
    _refuse_empty(source, count)
    spread = np.sqrt(square / count).astype(np.float32)
    # A spread below the smallest normal float32 cannot be divided by.
    _refuse_constant(source, low, np.where(spread < np.finfo(np.float32).tiny, low, high))
    scale = Scale(mean.astype(np.float32), spread)
    _report_rounded(source, scale)
    return scale


def _moments(chunk: Values) -> tuple[Sums, Sums, Sums]:
    """Count, mean and sum of squared deviations of each channel."""
    seen = ~np.isnan(chunk)
    count = seen.sum(axis=0).astype(np.float64)
    mean = np.sum(chunk, axis=0, where=seen, dtype=np.float64) / np.maximum(count, 1)
    away = np.subtract(chunk, mean, dtype=np.float64)
    return count, mean, np.sum(np.square(away, out=away), axis=0, where=seen)


def _merge(one: tuple[Sums, Sums, Sums], two: tuple[Sums, Sums, Sums]) -> tuple[Sums, Sums, Sums]:
    # Chan, Golub and LeVeque (1979): merging deviations loses no digits, unlike sums of squares.
    count = one[0] + two[0]
    away = two[1] - one[1]
    share = two[0] / np.maximum(count, 1)
    return count, one[1] + away * share, one[2] + two[2] + np.square(away) * one[0] * share


def _refuse_empty(source: Source, count: Sums) -> None:
    empty = [name for name, n in zip(source.channels, count, strict=True) if n == 0]
    if empty:
        raise DataError(
            f"expected values of every channel in the training part, {len(empty)} have none: {empty[:8]}; leave "
            "them out with select(channels), or choose a split whose training part covers them"
        )


def _refuse_constant(source: Source, low: Sums, high: Sums) -> None:
    flat = [
        f"{name!r} (always {at:g} as float32)"
        for name, at, to in zip(source.channels, low, high, strict=True)
        if at == to
    ]
    if flat:
        raise DataError(
            f"Constant channels in the training part, {len(flat)} in all: {', '.join(flat[:8])}",
            hint="Leave them out of {channels}",
            argument="channels",
        )


def _report_rounded(source: Source, scale: Scale) -> None:
    """Warn of channels that vary by few of the steps that float32 has at their level, as meter readings may."""
    coarse = scale.spread < _LEAST_STEPS * np.spacing(np.abs(scale.center))
    if coarse.any():
        at = int(np.flatnonzero(coarse)[0])
        warn_data(
            f"{plural(int(coarse.sum()), 'channel')} lost digits as float32, first {source.channels[at]!r}, which "
            f"varies by {scale.spread[at]:g} about {scale.center[at]:g}, where float32 has steps of "
            f"{np.spacing(np.abs(scale.center[at])):g}; take a constant off, or the differences of a counter"
        )
