"""Scaling of channels by mean and standard deviation of the training part.

A channel that does not vary there, or has no value, has no scale: it cannot be learned from, and is missing (NaN) in
all scaled windows, so that it does not disturb the others.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.parts import Part
from divecast.data.source import Source, Values
from divecast.data.sources.arrays import row_chunks
from divecast.data.windows.powers import Powers
from divecast.errors import DataError, warn_data
from divecast.persistence.page_cache import drop_pages

Sums = NDArray[np.float64]
Unlearnable = Literal["plain", "drop"]

_MIN_STEPS = 50  # float32 steps per standard deviation, so that rounding errs by less than a hundredth of it


@dataclass(frozen=True, eq=False)
class Scale:
    """Centre and spread of every channel.

    Attributes:
        center: (channel,) float32, original units; NaN where the channel cannot be learned from.
        spread: (channel,) float32, original units, above 0; NaN where the center is.
        powers: maps of the channels before, so that center and spread are those of powers or logarithms; None for none.
    """

    center: Values
    spread: Values
    powers: Powers | None = field(default=None, kw_only=True)

    @property
    def learned(self) -> NDArray[np.bool_]:
        """(channel,) whether the channel can be learned from."""
        known: NDArray[np.bool_] = ~np.isnan(self.center)
        return known

    def kept(self) -> "Scale":
        """The scale as a fitted model keeps it, without data."""
        return self

    def of(self, channels: NDArray[np.bool_] | slice) -> "Scale":
        """The scale of some channels, by a mask or a slice."""
        powers = None if self.powers is None else self.powers[..., channels]
        return Scale(self.center[..., channels], self.spread[..., channels], powers=powers)

    def at(self, origins: NDArray[np.int64], segments: NDArray[np.int64]) -> "Scale":  # noqa: ARG002  as in OwnScale
        """The scale of windows, here that of all.

        Args:
            origins: (window,) rows of the first future step.
            segments: (window,) their segments.
        """
        return self

    def of_rows(self, rows: NDArray[np.int64]) -> "Scale":  # noqa: ARG002  as in OwnScale
        """The scale of rows, here that of all."""
        return self

    def apply(self, array: Values) -> Values:
        """Scale (..., channel) from original units."""
        return (self.mapped(array) - self.center) / self.spread

    def invert(self, array: Values) -> Values:
        """Bring scaled (..., channel) back to original units."""
        return self.unmapped(array * self.spread + self.center)

    def mapped(self, array: Values) -> Values:
        """Return powers or logarithms of (..., channel), or the array itself."""
        return array if self.powers is None else self.powers.forward(array)

    def unmapped(self, array: Values) -> Values:
        """Return original units of powers or logarithms, (..., channel), or the array itself."""
        return array if self.powers is None else self.powers.backward(array)

    @property
    def unit(self) -> Values:
        """(channel,) about the spread in original units."""
        if self.powers is None:
            return self.spread
        high, low = (self.powers.backward(self.center + side * self.spread) for side in (0.5, -0.5))
        unit: Values = np.maximum(high - low, np.finfo(np.float32).tiny)
        return unit


def fit_scale(
    source: Source,
    train: Part,
    unlearnable: Unlearnable = "plain",
    among: NDArray[np.bool_] | None = None,
    powers: Powers | None = None,
) -> Scale:
    """Mean and standard deviation of the observed training values, in float64 over chunks of rows.

    Channels without a value in the training part, or constant there, get none and are named in a DataWarning.

    Args:
        source: Panel or recordings.
        train: the training part.
        unlearnable: what the warning says of those channels: forecast by a plain rule, or left out.
        among: (channel,) channels that may have a scale, without a warning of the others; None for all.
        powers: maps of the channels before; None for none.

    Raises:
        DataError: no channel can be learned from.
    """
    n_channels = len(source.channels)
    count, mean, square = np.zeros((3, n_channels))
    low, high = np.full(n_channels, np.inf), np.full(n_channels, -np.inf)
    for rows in train.ranges():
        for part in row_chunks(rows.stop - rows.start, n_channels):
            chunk = source.values[rows.start + part.start : rows.start + part.stop]
            chunk = chunk if powers is None else powers.forward(chunk)
            low, high = np.fmin(low, np.fmin.reduce(chunk)), np.fmax(high, np.fmax.reduce(chunk))
            count, mean, square = _merge((count, mean, square), _moments(chunk))
            drop_pages(source.values)
    spread = np.sqrt(square / np.maximum(count, 1)).astype(np.float32)
    # A spread below the smallest normal float32 cannot be divided by.
    varies = (low < high) & (spread >= np.finfo(np.float32).tiny)
    if among is not None:
        varies &= among
    else:
        _report_unlearnable(source, np.where(count, low, np.nan), varies, unlearnable)
    center = np.where(varies, mean, np.nan).astype(np.float32)
    scale = Scale(center, np.where(varies, spread, np.float32(np.nan)), powers=powers)
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


def _report_unlearnable(source: Source, value: Sums, varies: NDArray[np.bool_], unlearnable: Unlearnable) -> None:
    """Warn of channels that have no value, (channel,) NaN, or a single one in the training part; refuse if all do."""
    if varies.all():
        return
    each = [
        f"{source.channels[channel]!r} ({'no value' if np.isnan(value[channel]) else f'always {value[channel]:g}'})"
        for channel in np.flatnonzero(~varies)
    ]
    named = f"{', '.join(each[:8])}{', ...' if len(each) > 8 else ''}"
    if not varies.any():
        raise DataError(
            f"No series can be learned from, since none varies in the training part: {named}",
            hint="Choose a {split} whose training part has values, or other {channels}",
        )
    verb, does = ("is", "it does") if len(each) == 1 else ("are", "they do")
    fate = "left out" if unlearnable == "drop" else "forecast by the last values of the look-back alone"
    warn_data(
        f"{len(each)} of {plural(len(varies), 'series')} cannot be learned from, since {does} not vary in the training "
        f"part, and {verb} {fate}: {named}",
        hint=None if unlearnable == "drop" else 'Pass "drop" as {unlearnable} to leave them out',
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
